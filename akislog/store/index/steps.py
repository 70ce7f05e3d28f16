"""What the lines of a front matter do to the rows of a log; ``lines`` says which of them does what.

A step has the log, the row that is being filled, the number of the next string, what its line says, and the numbers
that were taken out of that. It gives the row that is being filled from now on, and the number of the next string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from akislog.store.index import schema
from akislog.store.index.values import NULL, Column, Store, storing
from akislog.text.layout import NUMBER, STRING, restored, values

Columns = Mapping[str, tuple[int, Column]]
Row = list[Any]
Numbers = Sequence[float]

Form = tuple[str, tuple[int, ...]]
"""A text of JSON as a format, with the numbers of the strings that stand there; ~n is the number n of the line."""

Cells = tuple[
    int,
    tuple[tuple[int, Any], ...],
    tuple[tuple[int, int], ...],
    tuple[tuple[tuple[int, int, Store], ...], tuple[tuple[int, int], ...], tuple[tuple[int, Form], ...]] | None,
]
"""How many strings a line has; cells by their places with what is always in them, and with the number of a string.
Rarer are cells with what is made of a string, with the number of a number, and with a form."""

Entry = tuple[Sequence[str], Sequence[float], Cells]
"""What stands in the row of an entry between the number of the log and its own, what behind that, and its cells."""


class Odd(Exception):
    """Something is not as usual."""


class Strings:
    """The strings of a text in their order: as they stand there, what they say, and how JSON writes that."""

    def __init__(self, found: Sequence[str], texts: Sequence[str], written: Sequence[str]) -> None:
        self.found = found
        self.texts = texts
        self.written = written


class Log:
    """A log of this number, and its rows as far as they are known."""

    def __init__(self, number: int, path: str, strings: Strings) -> None:
        self.number = number
        self.strings = strings
        self.record: Row = [NULL] * len(schema.LOG_KEPT)
        self.record[0], self.record[1] = number, path
        self.rows: schema.Rows = {"logs": [self.record]}
        self.items: list[Row] = []  # of the list that was opened last
        self.count = 0  # of its items
        self.elements: list[str] = []  # of a value that has a line for each


Step = Callable[[Log, Row, int, Any, Numbers], tuple[Row, int]]


def opens(log: Log, row: Row, at: int, table: str, _: Numbers) -> tuple[Row, int]:
    """A section or, where there is a table for its entries, a list."""
    if table:
        log.items = log.rows.setdefault(table, [])
        log.count = 0
    return row, at


def item(log: Log, _: Row, at: int, what: Entry, numbers: Numbers) -> tuple[Row, int]:
    """The beginning of an entry, or all of it."""
    lead, empty, held = what
    row = [log.number, *lead, log.count, *empty]
    log.items.append(row)
    log.count += 1
    return cells(log, row, at, held, numbers)


def cells(log: Log, row: Row, at: int, what: Cells, numbers: Numbers) -> tuple[Row, int]:
    """Several cells."""
    count, constants, texts, rarer = what
    for place, value in constants:
        row[place] = value
    if texts:
        said = log.strings.texts
        for place, slot in texts:
            row[place] = said[at + slot]
    if rarer:
        made, numbered, forms = rarer
        for place, slot, store in made:
            row[place] = store(log.strings.texts[at + slot])
        for place, slot in numbered:
            row[place] = numbers[slot]
        for place, form in forms:
            row[place] = _said(form, at, log.strings.written, numbers)
    return row, at + count


def begins(log: Log, row: Row, at: int, _: None, __: Numbers) -> tuple[Row, int]:
    """A value that has a line for each of its elements."""
    log.elements = []
    return row, at


def element(log: Log, row: Row, at: int, what: tuple[int, Form, int], numbers: Numbers) -> tuple[Row, int]:
    """One of them; the last one has the place of the value."""
    count, form, place = what
    log.elements.append(_said(form, at, log.strings.written, numbers))
    if place:
        row[place] = f"[{','.join(log.elements)}]"
    return row, at + count


def whole(log: Log, row: Row, at: int, what: tuple[int, Columns, str, str], numbers: Numbers) -> tuple[Row, int]:
    """A line that is read by itself, of a section if there is a name."""
    count, columns, section, line = what
    first, *rest = line.split(NUMBER)
    line = "".join([first, *(f"{number}{piece}" for number, piece in zip(numbers, rest, strict=True))])
    first, *rest = line.split(STRING)
    strings = log.strings.found[at : at + count]
    line = "".join([first, *(f'"{one}"{piece}' for one, piece in zip(strings, rest, strict=True))])
    said = read(restored(line).strip(" "))
    for key, value in (said[section] if section else said).items():
        place, column = column_of(columns, key)
        row[place] = storing(column)(value)
    return row, at + count


def _said(form: Form, at: int, written: Sequence[str], numbers: Numbers) -> str:
    """A text of JSON with the strings and numbers of a line in it."""
    text, slots = form
    return text % tuple([written[at + slot] if slot >= 0 else repr(numbers[~slot]) for slot in slots])


def read(line: str) -> dict[str, Any]:
    """What a line says by itself."""
    said = values(f"{line}\n")
    if said is None:
        raise Odd
    return said


def column_of(columns: Columns, key: str) -> tuple[int, Column]:
    """The place of a key in a row, and its column."""
    if key not in columns:
        raise Odd
    return columns[key]
