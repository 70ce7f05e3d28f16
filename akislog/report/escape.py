"""The one way out for text: what a terminal would obey or a person could not see leaves as its escape."""

from __future__ import annotations

import re

# C0 without tab and line feed, DEL, C1, zero-width and bidirectional marks, separators, surrogates, BOM.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]"
)


def safe(text: str) -> str:
    """``text`` with nothing in it that moves a cursor, changes a colour or hides; line feeds and tabs stay."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
