"""What a plain scalar means here: docs/format.md §5."""

from __future__ import annotations

import re

WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_START_OF_NUMBER = frozenset("-0123456789")


def scalar(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar: true, false, null, a JSON number of at most 15 digits, else text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _START_OF_NUMBER:
        return text
    number = _NUMBER.fullmatch(text)
    if number is None or len(text) > 32:
        return text
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("-0")
    if len(digits) > 15:
        return text
    if number[1] is None and "e" not in text and "E" not in text:
        return int(text)
    value = float(text)
    return value if abs(value) != float("inf") else text
