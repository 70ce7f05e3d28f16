"""How wide text is on a terminal, where some characters take two columns and some none."""

from __future__ import annotations

import unicodedata


def width(text: str) -> int:
    """Columns that ``text`` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int) -> str:
    """``text``, or so much of it as fits with an ellipsis at its end."""
    if width(text) <= columns:
        return text
    kept, taken = [], 0
    for char in text:
        taken += _columns(char)
        if taken > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def cut_before(text: str, columns: int) -> str:
    """``text``, or so much of its end as fits after an ellipsis."""
    return text if width(text) <= columns else cut(text[::-1], columns)[::-1]


def padded(text: str, columns: int) -> str:
    """``text`` with blanks up to so many columns."""
    return text + " " * (columns - width(text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
