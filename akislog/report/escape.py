"""The one way out for text: what a terminal would obey or a person could not see leaves as its escape."""

from __future__ import annotations

import re

# C0 without tab and line feed, DEL, C1, zero-width and bidirectional marks, separators, surrogates, BOM, tags.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def safe(text: str) -> str:
    """``text`` with nothing in it that moves a cursor, changes a colour or hides; line feeds and tabs stay."""
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
