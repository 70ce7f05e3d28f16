"""What the lines of a front matter say about rows of the index, where they are laid out as akislog lays them out.

What a line says depends on where it stands and on the line without its strings and its longer numbers. In that few
lines differ, so each is learnt once, by itself and with marks for what was taken out of it, and how it fills cells is
kept. A place says what has been before, so what may follow is learnt as well: keys in another order, or without one
that is always there, are Odd, and so is all that is not just as usual, such as a key that no schema knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from akislog.core.shape import ALWAYS, SHAPE
from akislog.store.index import schema, steps
from akislog.store.index.filling import EMPTY
from akislog.store.index.steps import Cells, Columns, Form, Log, Numbers, Odd, Row, column_of, read
from akislog.store.index.values import JSON, Column, encode, storing
from akislog.text.layout import A_NUMBER, NUMBER, REMEMBERED_LENGTH, STRING

_REMEMBERED = 16_384  # lines, in all places together
_MOST_NEW = 1000  # lines of a log that are learnt; one with more of them is read sooner as a whole
_MARK = re.compile(r"§([0-9]+)§|\b7777770([0-9]{2})\b")  # stands for a string, or for a number
_MOST_NUMBERS = 100  # for which there are marks
_NUMBERS = re.compile(rf": ({A_NUMBER})(?=[,\]}}]|\Z)")
_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9_]*):(?: (.+))?")

CONSTANT, TEXT, HELD, STEP, NUMBER_ALONE = range(5)
"""Kinds of lines: one cell with what is always the same, with a string, with what is made of a string; or a step. The
last one is a cell with a number, which is a constant as soon as it is known."""

Line = tuple[int, Any, Any, "Place"]
"""The kind of a line; the place of its cell, or the step; what is in the cell, what makes it of a string, or what the
step needs; where the next line stands."""


class Place(dict[str, Line]):
    """Where a line stands: what is known of lines there, and how another is learnt."""

    learnt = 0  # in all places, since a walk began
    remembered = 0  # in all places
    every: ClassVar[list[Place]] = []

    def __init__(self, learn: Callable[[str], Line]) -> None:
        self.learn = learn
        self.every.append(self)

    def __missing__(self, line: str) -> Line:
        key, _, value = line.rpartition(": ")
        if value.isdecimal() and 1 < len(value) < 10 and value[0] != "0" and value.isascii():
            shape, numbers = f"{key}: {NUMBER}", [value]  # as what follows would find, sooner
        else:
            parts = _NUMBERS.split(line)
            shape, numbers = f": {NUMBER}".join(parts[::2]), parts[1::2]
            if len("".join(numbers)) <= len(numbers):  # those of one digit come again
                return self._learnt(line)
        kind, cell, more, then = self.get(shape) or self._learnt(shape)
        if kind == NUMBER_ALONE:
            return CONSTANT, cell, _number(numbers[0]), then
        if kind != STEP:
            raise Odd
        return kind, cell, (more[0], [_number(one) for one in numbers]), then

    def _learnt(self, line: str) -> Line:
        Place.learnt += 1
        if Place.learnt > _MOST_NEW:
            raise Odd
        found = self.learn(line)
        if len(line) <= REMEMBERED_LENGTH:
            if Place.remembered >= _REMEMBERED:
                for place in self.every:
                    place.clear()
                Place.remembered = 0
            Place.remembered += 1
            self[line] = found
        return found


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


# --- the order of keys ------------------------------------------------------------------------------------------------

_RANKS: dict[tuple[str, ...], int] = {}
for _name, _kind in SHAPE["record"].items():
    for _path in [(_name,), *((_name, _one) for _one in SHAPE.get(_kind, ()))]:
        _RANKS[_path] = len(_RANKS) + 1

_ALWAYS_THERE = sorted(
    {_RANKS[(key,)] for key in ALWAYS["record"]}
    | {_RANKS[section, key] for section, key in schema.INNER_LISTS if key in ALWAYS[section]}
)  # even where nothing is in it: see ``schema.usual``


def _rank(after: int, *keys: str) -> int:
    """The rank of a key that stands after another: it passes over none that is always there."""
    rank = _RANKS.get(keys, 0)
    if rank <= after or any(after < one < rank for one in _ALWAYS_THERE):
        raise Odd
    return rank


# --- a line that is new -----------------------------------------------------------------------------------------------


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


def _filled(columns: Columns, said: Mapping[str, Any]) -> tuple[list[Any], ...]:
    """How a line fills cells that says this with marks for its strings and numbers: see ``steps.Cells``."""
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
    return made


def _cells(made: tuple[list[Any], ...], strings: int) -> Cells:
    constants, texts, *rarer = map(tuple, made)
    return strings, constants, texts, (rarer[0], rarer[1], rarer[2]) if any(rarer) else None


def _learnt(line: str, columns: Columns, then: Place, section: str = "") -> Line:
    """A line with one entry, whose value is that of a column or, for a ``section``, those of several."""
    strings = line.count(STRING)
    if f"{STRING}:" in line:  # whether a key is given twice, one sees only with them
        return STEP, steps.whole, ((strings, columns, section, line), ()), then
    said = read(_marked(line.strip(" ")))
    if section:
        said = said[section]
        if said.__class__ is not dict or not said:
            raise Odd
    made = _filled(columns, said)
    constants, texts, held, numbers, _ = made
    if len(said) == 1:
        if constants and not strings:
            return CONSTANT, *constants[0], then
        if texts and strings == 1:
            return TEXT, texts[0][0], None, then
        if held and strings == 1:
            return HELD, held[0][0], held[0][2], then
        if numbers and not strings:
            return NUMBER_ALONE, numbers[0][0], None, then
    return STEP, steps.cells, (_cells(made, strings), ()), then


def _entry(line: str) -> tuple[str, str | None]:
    """The key of a line, and what is behind it."""
    found = _ENTRY.fullmatch(line)
    if found is None:
        raise Odd
    return found[1], found[2]


def _empty(value: str, rank: int, then: Place) -> Line:
    """A list in which nothing is, and that is always there."""
    if value != "[]" or rank not in _ALWAYS_THERE:
        raise Odd
    return STEP, steps.opens, ("", ()), then


# --- where lines stand ------------------------------------------------------------------------------------------------


@cache
def top(after: int) -> Place:
    """The first column, behind a key of the record; 0 is the beginning."""
    return Place(lambda line: _key(line, after))


@cache
def _section(name: str, after: int, *, fresh: bool = False) -> Place:
    """Inside a section that has a line for each of its keys, behind one of them or, where it is fresh, all of them."""
    learn = _inner_key if fresh else _inner_or_key
    return Place(lambda line: learn(name, line, after))


@cache
def _list(key: str, section: str = "") -> _List:
    return _List(key, section)


def _key(line: str, after: int) -> Line:
    """A key of the record."""
    key, value = _entry(line)
    rank = _rank(after, key)
    if value is None:
        if (key,) in schema.LISTS:
            return _list(key).opened
        if key not in schema.SECTIONS:
            raise Odd
        return STEP, steps.opens, ("", ()), _section(key, rank, fresh=True)
    if (key,) in schema.LISTS:
        return _empty(value, rank, top(rank))
    if key in schema.SECTIONS:
        return _learnt(line, _SECTIONS[key], top(rank), key)
    return _learnt(line, _RECORDS, top(rank))


def _inner_or_key(section: str, line: str, after: int) -> Line:
    return _inner_key(section, line, after) if line[:1] == " " else _key(line, after)


def _inner_key(section: str, line: str, after: int) -> Line:
    """A key of a section."""
    if line[:2] != "  ":
        raise Odd
    key, value = _entry(line[2:])
    rank = _rank(after, section, key)
    if (section, key) in schema.LISTS:
        return _list(key, section).opened if value is None else _empty(value, rank, _section(section, rank))
    if value is None:
        raise Odd
    return _learnt(line, _SECTIONS[section], _section(section, rank))


class _List:
    """A list of entries: of the record or of a ``section``."""

    def __init__(self, key: str, section: str) -> None:
        self.section = section
        self.rank = _RANKS[(section, key) if section else (key,)]
        self.table = schema.TABLES[schema.LISTS[(section, key) if section else (key,)][0]]
        self.lead = (key,) if self.table.name == "files" else ()
        self.margin = "    " if section else "  "
        self.after = Place(self.next)  # an item that is a line
        self.behind: dict[int, Place] = {}
        self.elements: dict[int, Place] = {}
        self.opened: Line = STEP, steps.opens, (self.table.name, ()), Place(self.item)

    def inside(self, last: int) -> Place:
        """In an item, behind the key with this place in its row."""
        if last not in self.behind:
            self.behind[last] = Place(lambda line: self.line(line, last))
        return self.behind[last]

    def item(self, line: str) -> Line:
        """The first line of an item, or the only one."""
        if not line.startswith(f"{self.margin}- ") or f"{STRING}:" in line:
            raise Odd
        told = line[len(self.margin) + 2 :]
        alone = told[:1] == "{"
        said = read(_marked(f"item: {told}"))["item"] if alone else read(_marked(told))
        if not said:
            raise Odd
        held = _cells(_filled(self.table.at, said), line.count(STRING))
        last = self.table.at[next(reversed(said))][0]
        what = (self.lead, EMPTY[self.table.name], held)
        return STEP, steps.item, (what, ()), self.after if alone else self.inside(last)

    def next(self, line: str) -> Line:
        """An item, or what comes after the list."""
        if line.startswith(f"{self.margin}- "):
            return self.item(line)
        found = _inner_or_key(self.section, line, self.rank) if self.section else _key(line, self.rank)
        return STEP, _left, (found, ()), found[3]

    def line(self, line: str, last: int) -> Line:
        """A line after the first of an item."""
        inner = f"{self.margin}  "
        if not line.startswith(inner):
            return self.next(line)
        key, value = _entry(line[len(inner) :])
        place, column = column_of(self.table.at, key)
        if value is None or place <= last:
            raise Odd
        if value != "[":
            return _learnt(line, self.table.at, self.inside(place))
        if column.kind is not JSON or (column.entity and column.entity[0] != "["):
            raise Odd
        if place not in self.elements:
            self.elements[place] = Place(lambda line: self.element(line, place, column))
        return STEP, steps.begins, (None, ()), self.elements[place]

    def element(self, line: str, place: int, column: Column) -> Line:
        """A line of a value that has one for each of its elements."""
        told = line.removeprefix(f"{self.margin}    ")
        if told == line or not told or told[-1] not in ",]" or f"{STRING}:" in line:
            raise Odd
        said = read(_marked(f"list: [{told[:-1]}]"))["list"]
        text = storing(column)(said)
        if not said or not isinstance(text, str) or (column.entity and text[1] != "["):
            raise Odd
        last, then = (place, self.inside(place)) if told[-1] == "]" else (0, self.elements[place])
        return STEP, steps.element, ((line.count(STRING), _form(text[1:-1]), last), ()), then


def _left(log: Log, _: Row, at: int, line: Line, numbers: Numbers) -> tuple[Row, int]:
    """A line behind a list: the record's row is filled again."""
    kind, cell, more, _then = line
    row, texts = log.record, log.strings.texts
    if kind == STEP:
        return cell(log, row, at, more[0], numbers)  # type: ignore[no-any-return]
    row[cell] = numbers[0] if kind == NUMBER_ALONE else more if kind == CONSTANT else texts[at]
    if kind == HELD:
        row[cell] = more(texts[at])
    return row, at + (kind in (TEXT, HELD))


_RECORDS: Columns = {keys[0]: found for keys, found in schema.LOG_AT.items() if not keys[1:]}
_SECTIONS: Mapping[str, Columns] = {
    name: {keys[1]: found for keys, found in schema.LOG_AT.items() if keys[0] == name and keys[1:]}
    for name in schema.SECTIONS
}
