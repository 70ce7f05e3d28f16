"""Where values stand in the text of a front matter: line and column for a JSON pointer.

A document can hold tens of thousands of findings, so each is found without walking or counting from the start again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

Places = list[Any]
"""Where a collection and what is in it begin, in characters from the start of the text: first its own place, then for
every key and every value theirs, in order; in the place of a collection stands its own list."""

_BREAK = re.compile("\r\n|\n|\r")


class Finder:
    """Finds places in one text. It keeps what it has counted: use one for all pointers of a document."""

    def __init__(self, value: Any, places: Places | None, text: str) -> None:
        self._value = value
        self._places = places
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._keys: dict[int, dict[str, int]] = {}

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column in the file, from 1, of the value at a JSON pointer, or of what is nearest to it."""
        value, places, place = self._value, self._places, None
        for step in pointer.split("/")[1:]:
            found = self._child(value, places, step.replace("~1", "/").replace("~0", "~"))
            if found is None:
                break
            place, value, places = found
        else:
            place = _begin(places) if pointer else None
        if place is None:
            return 1, 1
        line = bisect_right(self._starts, place)
        return line + 1, place - self._starts[line - 1] + 1

    def _child(self, value: Any, places: Any, step: str) -> tuple[int, Any, Any] | None:
        """Of one step below ``value``: where its key (in a list the item) begins, its value, that one's places."""
        if isinstance(value, dict) and step in value:
            number = self._number(value, step)
            return places[number], value[step], places[number + 1]
        if isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
            inner = places[1 + int(step)]
            return _begin(inner), value[int(step)], inner
        return None

    def _number(self, value: dict[str, Any], key: str) -> int:
        """Where in the places of a mapping those of a key begin."""
        numbers = self._keys.get(id(value))
        if numbers is None:
            numbers = self._keys[id(value)] = {one: 1 + 2 * number for number, one in enumerate(value)}
        return numbers[key]


def _begin(places: Any) -> int:
    """Where a value begins: a scalar has one place, a collection a list that begins with its own."""
    place: int = places[0] if isinstance(places, list) else places
    return place
