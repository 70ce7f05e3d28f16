"""Places in a front matter of which few are asked for: only the part that holds a value is read with its places.

A part is a section, or one item of a section that is a list in block style, and is cut out by lines. Where the text
begins with a key at the first column, every key stands there: if as many lines begin with a sign as there are keys,
these lines begin the sections. The same holds for the items of a list and the lines that have a dash at their margin.
What is read of a part must be what was read of it in the whole. Wherever it is otherwise, the whole is read.
"""

from __future__ import annotations

import re
from typing import Any

from akislog.text.frontmatter import Front, load
from akislog.text.places import Finder, Found

_FEW = 12  # parts: to read more takes longer than to read the whole
_DASH = "  - "
_BEFORE_VALUE = re.compile(r":[ \n]*(?=[^# \n])")
# In the place of the number of an item: the whole section, or no more than where it and what is in it begin.
_WHOLE, _HEAD = -1, -2


def finder(front: Front) -> Finder:
    """What finds places in a front matter with the least work; make one for many."""
    known = front.value is None or front._places is not None
    return front.finder() if known else PartFinder(front)


class PartFinder(Finder):
    """Finds places as Finder does, for a front matter that was read without them."""

    def __init__(self, front: Front) -> None:
        super().__init__(front.value, None, front.text)
        self._front = front
        self._places: list[Any] = []
        self._sections: dict[str, tuple[int, int]] = {}
        self._read: set[tuple[str, int]] = set()
        self._all = not self._cut()
        if self._all:
            self._places = front.places or []

    def _follow(self, pointer: str) -> Found | None:
        part = None if self._all else self._part(pointer)
        if part is not None and part not in self._read:
            self._read.add(part)
            self._all = len(self._read) > _FEW or not self._take(*part)
            if self._all:
                self._places = self._front.places or []
        return super()._follow(pointer)

    def _cut(self) -> bool:
        """Find where the sections begin and end."""
        value, text = self._value, self._text
        if not value or "\r" in text or "\ufeff" in text or not (text[0].isalpha() or text[0] == '"'):
            return False
        begins = [at for at in self._starts if text[at : at + 1] not in ("", " ", "\n")]
        if len(begins) != len(value):
            return False
        self._sections = dict(zip(value, zip(begins, [*begins[1:], len(text)], strict=True), strict=True))
        self._places = [0] * (1 + 2 * len(value))
        return True

    def _part(self, pointer: str) -> tuple[str, int] | None:
        """The section that a pointer leads into, and the number of the item; None where it leads nowhere."""
        steps = pointer.split("/", 3)[1:]
        section = steps[0].replace("~1", "/").replace("~0", "~") if steps else ""
        if section not in self._sections:
            return None
        value = self._value[section]
        if len(steps) == 1 and isinstance(value, (dict, list)):
            return section, _HEAD
        if len(steps) == 1 or not isinstance(value, list) or not steps[1].isdecimal() or int(steps[1]) >= len(value):
            return section, _WHOLE
        return section, int(steps[1])

    def _take(self, section: str, item: int) -> bool:
        """Have the places in a part at hand; False where it cannot be told from the rest."""
        if item == _HEAD:
            return self._begin(section) or self._take_section(section)
        return self._take_section(section) if item == _WHOLE else self._take_item(section, item)

    def _begin(self, section: str) -> bool:
        start, _ = self._sections[section]
        value = _BEFORE_VALUE.match(self._text, start + len(section))
        if value is None or not self._text.startswith(section, start):
            return False
        self._section(section, start)[0] = value.end()
        return True

    def _take_section(self, section: str) -> bool:
        start, end = self._sections[section]
        found = self._alone(self._text[start:end], {section: self._value[section]})
        if found:
            number = self._number(self._value, section)
            self._places[number : number + 2] = found[1] + start, _shifted(found[2], start)
        return bool(found)

    def _take_item(self, section: str, item: int) -> bool:
        start, end = self._sections[section]
        value = self._value[section]
        first = self._text.find("\n", start) + 1
        dashes = [at for at in self._starts if first <= at < end and self._text.startswith(_DASH, at)]
        if not first or len(dashes) != len(value) or dashes[0] != first:
            return False
        item_end = [*dashes, end][item + 1]
        found = self._alone(self._text[start:first] + self._text[dashes[item] : item_end], {section: [value[item]]})
        if found:
            places = self._section(section, found[1] + start)
            places[0], places[1 + item] = first + 2, _shifted(found[2][1], dashes[item] - first + start)
        return bool(found)

    def _section(self, section: str, key: int) -> list[Any]:
        """The places in a section that is a collection, to be filled; its key begins at ``key``."""
        number = self._number(self._value, section)
        self._places[number] = key
        if not isinstance(self._places[number + 1], list):
            self._places[number + 1] = [0] * (1 + len(self._value[section]))
        places: list[Any] = self._places[number + 1]
        return places

    def _alone(self, text: str, value: Any) -> list[Any] | None:
        """The places of a part that is read alone, if it says what it should."""
        front = load(text.encode())
        return front.places if front.value == value else None


def _shifted(places: Any, by: int) -> Any:
    return [_shifted(one, by) for one in places] if isinstance(places, list) else places + by
