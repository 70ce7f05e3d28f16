"""The one way out for text: what a terminal would obey or a person could not see leaves as its escape.

This module is on the way of the hot query: patterns are loaded only where there is something to be escaped.
"""

from __future__ import annotations

TYPE_CHECKING = False  # known to type checkers

if TYPE_CHECKING:
    import re

# C0 without tab and line feed, DEL, C1, zero-width and bidirectional marks, separators, surrogates, BOM, tags.
_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def safe(text: str) -> str:
    """``text`` with nothing in it that moves a cursor, changes a colour or hides; line feeds and tabs stay."""
    if text.isprintable() and (text.isascii() or _is_shown(text)):
        return text
    import re

    return re.sub(_UNSAFE, _escape, text)


def _is_shown(text: str) -> bool:
    """Whether nothing hides in a text that Python calls printable: replacement marks and variation selectors may."""
    return max(text) < "\U000e0000" and "\ufffc" not in text and "\ufffd" not in text


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
