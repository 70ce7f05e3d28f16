"""Where values stand in the text of a front matter: line and column for a JSON pointer.

A document can hold tens of thousands of findings, so each is found without walking or counting from the start again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

Places = list[Any]
"""Where a collection and what is in it begin, in characters from the start of the text: first its own place, then for
every key and every value theirs, in order; in the place of a collection stands its own list."""

_BREAK = "\r\n|\n|\r"
_DOUBLE = r'(?s)"(?:[^"\\]|\\.)*"'
_SINGLE = "'(?:[^']|'')*'"
_PLAIN = r"(?m)(?:(?!\s*(?:$|:\s|:$|\s#)).)+"
_PLAIN_IN_FLOW = r"(?m)(?:(?!\s*(?:$|[,\[\]{}]|:\s|:$|\s#)).)+"


class Span(NamedTuple):
    """Where something stands in a file: lines and columns from 1, the end behind its last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Found(NamedTuple):
    """Where a step led: its key, its value, the places inside, the collection around, and whether it was the last."""

    key: int
    value: int
    places: Any
    around: int
    found: bool


class Finder:
    """Finds places in one text. It keeps what it has counted: use one for all pointers of a document."""

    def __init__(self, value: Any, places: Places | None, text: str) -> None:
        self._value, self._text = value, text
        self._places = places
        self._starts = _starts(text)
        self._keys: dict[int, dict[str, int]] = {}

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column in the file, from 1, of the value at a JSON pointer, or of what is nearest to it."""
        found = self._follow(pointer)
        if found is None:
            return 1, 1
        return self._point(found.value if found.found else found.key)

    def span(self, pointer: str) -> Span:
        """Where a person should look: at a scalar itself, at the key of a collection, or at what is nearest to it.

        The whole front matter is its opening line.
        """
        found = self._follow(pointer)
        if found is None:
            return Span(1, 1, 1, 4)
        start = found.value if found.found and not isinstance(found.places, list) else found.key
        inside_flow = self._text[found.around : found.around + 1] in ("[", "{")
        return Span(*self._point(start), *self._point(self._end(start, inside_flow)))

    def extent(self, pointer: str) -> tuple[int, int] | None:
        """Where the scalar at a JSON pointer begins and ends, in characters of the text; None for anything else."""
        found = self._follow(pointer)
        if found is None or not found.found or isinstance(found.places, list):
            return None
        inside_flow = self._text[found.around : found.around + 1] in ("[", "{")
        return found.value, self._end(found.value, inside_flow)

    def key_extent(self, pointer: str) -> tuple[int, int] | None:
        """Where the key of the value at a JSON pointer begins and ends, as ``extent``; None for what has no key."""
        found = self._follow(pointer)
        if found is None or not found.found or found.key == found.value:
            return None
        inside_flow = self._text[found.around : found.around + 1] in ("[", "{")
        return found.key, self._end(found.key, inside_flow)

    def _follow(self, pointer: str) -> Found | None:
        """The value at a pointer or the last one on the way to it; None where not even the first step is there."""
        value, places, found = self._value, self._places, None
        for step in pointer.split("/")[1:]:
            child = self._child(value, places, step.replace("~1", "/").replace("~0", "~"))
            if child is None:
                return found._replace(found=False) if found else None
            around = _begin(places)
            key, value, places = child
            found = Found(key, _begin(places), places, around, True)
        return found

    def _point(self, place: int) -> tuple[int, int]:
        line = bisect_right(self._starts, place)
        return line + 1, place - self._starts[line - 1] + 1

    def _end(self, start: int, inside_flow: bool) -> int:
        """Where the scalar that begins at ``start`` ends; for a block scalar or a collection, its first sign."""
        sign = self._text[start : start + 1]
        form = {'"': _DOUBLE, "'": _SINGLE}.get(sign) or (_PLAIN_IN_FLOW if inside_flow else _PLAIN)
        if sign in ("[", "{", "|", ">"):
            return start + 1
        token = _compiled(form).match(self._text, start)
        return token.end() if token else start + len(sign)

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


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)  # on first use: most logs have no findings


def _starts(text: str) -> list[int]:
    """Where the lines of a text begin."""
    if "\r" in text:
        return [0, *(found.end() for found in re.finditer(_BREAK, text))]
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def _begin(places: Any) -> int:
    """Where a value begins: a scalar has one place, a collection a list that begins with its own."""
    place: int = places[0] if isinstance(places, list) else places
    return place
