"""How findings speak of values: types in words, values on one short line, near misses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

_LONGEST = 60
_MOST_WORDS = 200


def kind(value: Any) -> str:
    """The type of a JSON value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a map" if isinstance(value, Mapping) else "a list"


def shown(value: Any) -> str:
    """A JSON value on one short line; of a map or list only its type."""
    if isinstance(value, str):
        return json.dumps(value if len(value) <= _LONGEST else value[:_LONGEST] + "…", ensure_ascii=False)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "a huge number" if isinstance(value, int) and abs(value) > 10**30 else repr(value)
    return kind(value)


def closest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """The one of ``words`` most like ``word``, or empty text. Long words and long lists are not searched through."""
    from difflib import get_close_matches

    if len(word) > _LONGEST:
        return ""
    near = get_close_matches(word, [one for one in islice(words, _MOST_WORDS) if len(one) <= _LONGEST], 1, cutoff)
    return near[0] if near else ""
