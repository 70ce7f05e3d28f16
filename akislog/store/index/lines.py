"""What the lines of a front matter say about rows of the index, where they are laid out as akislog lays them out.

What a line says depends on where it stands and on the line without its strings and its longer numbers. In that few
lines differ, so each is read once, by itself and with marks for what was taken out of it, and how it fills cells is
kept. What is not just as usual, such as a key that no schema knows, is Odd.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from akislog.core.shape import ALWAYS, SHAPE
from akislog.store.index import schema
from akislog.store.index.values import JSON, Column, Store, encode, storing
from akislog.text.layout import A_NUMBER, NUMBER, REMEMBERED_LENGTH, STRING, values

_REMEMBERED = 2048  # lines in a place
_MARK = re.compile(r"§([0-9]+)§|\b7777770([0-9]{2})\b")  # stands for a string, or for a number
_MOST_NUMBERS = 100  # for which there are marks
_NUMBERS = re.compile(rf": ({A_NUMBER})(?=[,\]}}]|\Z)")
_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9_]*):(?: (.+))?")

TEXT, HELD, CONSTANT, CELLS, ITEM, BEGINS, GOES_ON, ENDS, WHOLE, OPENS = range(10)
"""Kinds of lines: one cell with a string, with what is made of a string, with what is always the same; several cells;
an item of a list; a value that has a line for each of its elements; several cells of a line that is read whole; a
section or a list."""

RECORD = 1000
"""Ranks of the keys of a record and its sections begin here; those of an entry are the places in its row."""

Columns = Mapping[str, tuple[int, Column]]
Form = tuple[str, tuple[int, ...]]
"""A text of JSON as a format, with the numbers of the strings that stand there; ~n is the number n of the line."""


class Odd(Exception):
    """Something is not as usual."""


class Line(NamedTuple):
    """What a line says: its kind and what belongs to that, its rank among the keys of a record or an entry, or 0; how
    many strings it has, and where the next one stands."""

    kind: int
    rank: int
    what: Any
    strings: int
    then: Place


class Cells(NamedTuple):
    """Cells of a row by their places, with the numbers of the strings and of the numbers of the line."""

    constants: tuple[tuple[int, Any], ...]
    texts: tuple[tuple[int, int], ...]
    held: tuple[tuple[int, int, Store], ...]
    numbers: tuple[tuple[int, int], ...]
    forms: tuple[tuple[int, Form], ...]


class Place:
    """Where a line stands: what is known of lines there, and how another is learnt."""

    def __init__(self, learn: Callable[[str], Line]) -> None:
        self.known: dict[str, Line] = {}
        self.learn = learn

    def find(self, line: str) -> tuple[Line, Sequence[float]]:
        """What a line says that is not known as it stands, and the numbers that were taken out of it."""
        parts = _NUMBERS.split(line)
        numbers = parts[1::2]
        if len("".join(numbers)) > len(numbers):
            line = f": {NUMBER}".join(parts[::2])
        else:  # numbers of one digit come again
            numbers = []
        known = self.known.get(line)
        if known is None:
            known = self.learn(line)
            if len(line) <= REMEMBERED_LENGTH:
                if len(self.known) >= _REMEMBERED:
                    self.known.clear()
                self.known[line] = known
        return known, [float(one) if "." in one else int(one) for one in numbers]


_RANKS: dict[tuple[str, ...], int] = {}
for _key, _kind in SHAPE["record"].items():
    for _steps in [(_key,), *((_key, _one) for _one in SHAPE.get(_kind, ()))]:
        _RANKS[_steps] = RECORD + len(_RANKS)

ALWAYS_THERE = {_RANKS[(key,)] for key in ALWAYS["record"]} | {
    _RANKS[section, key] for section, key in schema.INNER_LISTS if key in ALWAYS[section]
}
"""What is there even where nothing is in it: see ``schema.usual``."""


# --- a line that is new -----------------------------------------------------------------------------------------------


def read(line: str) -> dict[str, Any]:
    """What a line says by itself."""
    read = values(f"{line}\n")
    if read is None:
        raise Odd
    return read


def _marked(line: str) -> str:
    """A line with marks for its strings and numbers."""
    if "7777770" in line or line.count(NUMBER) > _MOST_NUMBERS:
        raise Odd
    first, *rest = line.split(STRING)
    line = "".join([first, *(f'"§{number}§"{piece}' for number, piece in enumerate(rest))])
    first, *rest = line.split(NUMBER)
    return "".join([first, *(f"7777770{number:02}{piece}" for number, piece in enumerate(rest))])


def _form(text: str) -> Form:
    """A text of JSON with marks in it as a format."""
    slots = tuple(int(found[1]) if found[1] else ~int(found[2]) for found in _MARK.finditer(text))
    return _MARK.sub("%s", text), slots  # there is no % outside of strings


def column_of(columns: Columns, key: str) -> tuple[int, Column]:
    """The place of a key in a row, and its column."""
    if key not in columns:
        raise Odd
    return columns[key]


def _cells(columns: Columns, said: Mapping[str, Any]) -> Cells:
    """How a line fills cells that says this with marks for its strings and numbers."""
    made: tuple[list[Any], ...] = [], [], [], [], []
    constants, texts, held, numbers, forms = made
    last = 0
    for key, value in said.items():
        place, column = column_of(columns, key)
        if place <= last:
            raise Odd
        last, store = place, storing(column)
        cell = store(value)
        told = value if isinstance(value, str) else encode(value)
        mark = _MARK.fullmatch(told)
        if not _MARK.search(told):
            constants.append((place, cell))
        elif column.kind is JSON and isinstance(cell, str):
            forms.append((place, _form(cell)))
        elif mark is None or (mark[2] and cell != value):
            raise Odd
        elif mark[2]:
            numbers.append((place, int(mark[2])))
        elif cell == value:
            texts.append((place, int(mark[1])))
        else:
            held.append((place, int(mark[1]), store))
    return Cells(*map(tuple, made))


def _learnt(line: str, rank: int, columns: Columns, then: Place, section: str = "") -> Line:
    """A line with one entry, whose value is that of a column or, for a ``section``, those of several."""
    strings = line.count(STRING)
    if f"{STRING}:" in line:  # whether a key is given twice, one sees only with them
        return Line(WHOLE, rank, (columns, section), strings, then)
    said = read(_marked(line.strip(" ")))
    if section:
        said = said[section]
        if said.__class__ is not dict or not said:
            raise Odd
    cells = _cells(columns, said)
    if len(said) == 1:
        if cells.constants and not strings:
            return Line(CONSTANT, rank, cells.constants[0], 0, then)
        if cells.texts and strings == 1:
            return Line(TEXT, rank, cells.texts[0][0], 1, then)
        if cells.held and strings == 1:
            return Line(HELD, rank, cells.held[0][::2], 1, then)
    return Line(CELLS, rank, cells, strings, then)


def _entry(line: str) -> tuple[str, str | None]:
    """The key of a line, and what is behind it."""
    found = _ENTRY.fullmatch(line)
    if found is None:
        raise Odd
    return found[1], found[2]


def _rank(*steps: str) -> int:
    if steps not in _RANKS:
        raise Odd
    return _RANKS[steps]


# --- where lines stand ------------------------------------------------------------------------------------------------


def _top(line: str) -> Line:
    """A line at the first column."""
    key, value = _entry(line)
    rank = _rank(key)
    if value is None:
        return Line(OPENS, rank, None, 0, _below(key))
    if (key,) in schema.LISTS:
        return _empty(value, rank, TOP)
    if key in schema.SECTIONS:
        return _learnt(line, rank, _SECTIONS[key], TOP, key)
    return _learnt(line, rank, _RECORDS, TOP)


def _below(key: str) -> Place:
    """Where the first line of a section or a list stands."""
    if key not in _BELOW:
        raise Odd
    return _BELOW[key]


def _empty(value: str, rank: int, then: Place) -> Line:
    """A list in which nothing is, and that is always there."""
    if value != "[]" or rank not in ALWAYS_THERE:
        raise Odd
    return Line(OPENS, rank, None, 0, then)


class _Section:
    """A section that has a line for each of its keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fresh = Place(self.key)
        self.inside = Place(self.line)
        self.lists = {key: _List(key, self) for section, key in schema.INNER_LISTS if section == name}

    def line(self, line: str) -> Line:
        return self.key(line) if line[:1] == " " else _top(line)

    def key(self, line: str) -> Line:
        if line[:2] != "  ":
            raise Odd
        key, value = _entry(line[2:])
        rank = _rank(self.name, key)
        if key in self.lists:
            if value is not None:
                return _empty(value, rank, self.inside)
            return Line(OPENS, rank, None, 0, self.lists[key].fresh)
        if value is None:
            raise Odd
        return _learnt(line, rank, _SECTIONS[self.name], self.inside)


class _List:
    """A list of entries: of the record or, of one ``within`` a section, of that."""

    def __init__(self, key: str, within: _Section | None = None) -> None:
        self.table = schema.TABLES[schema.LISTS[(within.name, key) if within else (key,)][0]]
        self.change = (key,) if self.table.name == "files" else ()
        self.margin = "    " if within else "  "
        self.leave = within.line if within else _top
        self.fresh = Place(self.item)
        self.inside = Place(self.line)
        self.after = Place(self.next)  # an item that is a line
        self.elements: dict[str, Place] = {}

    def item(self, line: str) -> Line:
        """The first line of an item, or the only one."""
        if not line.startswith(f"{self.margin}- ") or f"{STRING}:" in line:
            raise Odd
        told = line[len(self.margin) + 2 :]
        if told[:1] == "{":
            said, then = read(_marked(f"item: {told}"))["item"], self.after
        else:
            said, then = read(_marked(told)), self.inside
        if not said:
            raise Odd
        cells, last = _cells(self.table.at, said), self.table.at[next(reversed(said))][0]
        return Line(ITEM, 0, (self.table.name, self.change, cells, last), line.count(STRING), then)

    def next(self, line: str) -> Line:
        """An item, or what comes after the list."""
        return self.item(line) if line.startswith(f"{self.margin}- ") else self.leave(line)

    def line(self, line: str) -> Line:
        """A line after the first of an item."""
        inner = f"{self.margin}  "
        if not line.startswith(inner):
            return self.next(line)
        key, value = _entry(line[len(inner) :])
        place, column = column_of(self.table.at, key)
        if value is None:
            raise Odd
        if value != "[":
            return _learnt(line, place, self.table.at, self.inside)
        if column.kind is not JSON or (column.entity and column.entity[0] != "["):
            raise Odd
        if key not in self.elements:
            self.elements[key] = Place(lambda line: self.element(line, key, column))
        return Line(BEGINS, place, place, 0, self.elements[key])

    def element(self, line: str, key: str, column: Column) -> Line:
        """A line of a value that has one for each of its elements."""
        told = line.removeprefix(f"{self.margin}    ")
        if told == line or not told or told[-1] not in ",]" or f"{STRING}:" in line:
            raise Odd
        said = read(_marked(f"list: [{told[:-1]}]"))["list"]
        text = storing(column)(said)
        if not said or not isinstance(text, str) or (column.entity and text[1] != "["):
            raise Odd
        kind, then = (ENDS, self.inside) if told[-1] == "]" else (GOES_ON, self.elements[key])
        return Line(kind, 0, _form(text[1:-1]), line.count(STRING), then)


_RECORDS: Columns = {steps[0]: found for steps, found in schema.LOG_AT.items() if not steps[1:]}
_SECTIONS: Mapping[str, Columns] = {
    name: {steps[1]: found for steps, found in schema.LOG_AT.items() if steps[0] == name and steps[1:]}
    for name in schema.SECTIONS
}
TOP = Place(_top)
_BELOW = {
    **{name: _Section(name).fresh for name in schema.SECTIONS},
    **{steps[0]: _List(steps[0]).fresh for steps in schema.LISTS if not steps[1:]},
}
