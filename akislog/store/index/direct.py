"""The rows of a log straight from the lines of its front matter, as akislog lays them out; of any other file, None.

It is a walk along the lines, of which ``lines`` knows what each says. What is not just as usual ends the walk, and the
log is read whole. ``filling.rows_of`` says what the rows are; these are the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from akislog.store.index import schema
from akislog.store.index.filling import EMPTY, named
from akislog.store.index.lines import (
    ALWAYS_THERE,
    BEGINS,
    CELLS,
    CONSTANT,
    ENDS,
    HELD,
    ITEM,
    OPENS,
    RECORD,
    TEXT,
    TOP,
    WHOLE,
    Cells,
    Columns,
    Form,
    Line,
    Odd,
    Place,
    column_of,
    read,
)
from akislog.store.index.values import encode, storing
from akislog.store.paths import Unreadable, read_regular
from akislog.text.frontmatter import FILE_LIMIT, Refused, checked, split
from akislog.text.layout import STRING, Apart, apart, restored

_MOST_NEW = 1000  # lines that are not known as they stand; a log with more of them is read sooner as a whole
_FORMAT = schema.LOG_AT["provenance", "format"][0]


def rows_of_file(log: int, path: str, file: str) -> schema.Rows | None:
    """The rows of a log in a file, by table. ``path`` is what it is called below the folder of the logs."""
    try:
        parts, missing = split(read_regular(file, FILE_LIMIT))
        return rows_of_text(log, path, checked(parts.yaml)) if missing is None else None
    except (Unreadable, Refused):
        return None


def rows_of_text(log: int, path: str, text: str) -> schema.Rows | None:
    """The rows of the log whose front matter this is, its control characters checked."""
    found = apart(text)
    if found is None or found.skeleton[-1:] != "\n":
        return None
    record: list[Any] = [None] * len(schema.LOG_KEPT)
    record[0], record[1] = log, path
    rows: schema.Rows = {"logs": [record]}
    try:
        _walk(found.skeleton[:-1].split("\n"), _strings(text, found), rows)
    except (Odd, ValueError):
        return None
    if record[_FORMAT] != 1:
        return None
    named(record, path)
    return rows


class _Strings(NamedTuple):
    """The strings of a text in their order: as they stand there, what they say, and how JSON writes that."""

    found: Sequence[str]
    texts: Sequence[str]
    written: Sequence[str]


def _strings(text: str, parts: Apart) -> _Strings:
    found = parts.pieces[1::2]
    if not parts.escaped and _is_plain(text, parts.skeleton):
        return _Strings(found, found, found)
    texts, written = [*found], [*found]
    odd = [number for number, one in enumerate(found) if "\\" in one or not one.isprintable()]
    together = '","'.join([found[number] for number in odd])
    for number, said in zip(odd, json.loads(f'["{restored(together)}"]'), strict=False):
        if "\0" in said:
            raise Odd
        texts[number], written[number] = said, encode(said)[1:-1]
    return _Strings(found, texts, written)


def _is_plain(text: str, skeleton: str) -> bool:
    """Whether no string of a text has a tab or ends a line; other controls were refused."""
    return not ("\t" in text or "\r" in text or text.count("\n") > skeleton.count("\n"))


def _walk(lines: Sequence[str], strings: _Strings, rows: schema.Rows) -> None:
    """Fill the rows."""
    record: Any = rows["logs"][0]
    texts, others = strings.texts, _Others(rows, strings)
    row, place = record, TOP
    at = last = before = always = 0
    for line in lines:
        numbers: Sequence[float] = ()
        known = place.known.get(line)
        if known is None:
            known, numbers = others.find(place, line)
        kind, rank, what, count, place = known
        if rank >= RECORD:
            if rank <= before:
                raise Odd
            before, row = rank, record
            always += rank in ALWAYS_THERE
        elif rank:
            if rank <= last:
                raise Odd
            last = rank
        if kind == TEXT:
            row[what] = texts[at]
        elif kind == HELD:
            row[what[0]] = what[1](texts[at])
        elif kind == CONSTANT:
            row[what[0]] = what[1]
        elif kind == CELLS:
            _fill(row, what, at, strings, numbers)
        else:
            row, last = others.take(known, row, last, line, at, numbers)
        at += count
    if always != len(ALWAYS_THERE):  # with the last of them, the provenance, a text may end
        raise Odd


class _Others:
    """What lines of the rarer kinds do to the rows."""

    def __init__(self, rows: schema.Rows, strings: _Strings) -> None:
        self.rows = rows
        self.strings = strings
        self.log = rows["logs"][0][0]
        self.number = 0  # of the next item
        self.elements: list[str] = []
        self.place = 0  # where these belong
        self.new = 0  # lines

    def find(self, place: Place, line: str) -> tuple[Line, Sequence[float]]:
        """What a line says that is not known as it stands."""
        self.new += 1
        if self.new > _MOST_NEW:
            raise Odd
        return place.find(line)

    def take(
        self, known: Line, row: list[Any], last: int, line: str, at: int, numbers: Sequence[float]
    ) -> tuple[list[Any], int]:
        """Take a line; the row that is being filled from now on, and the last place in it that is."""
        kind, _, what, count, _ = known
        if kind == ITEM:
            table, change, cells, last = what
            row = [self.log, *change, self.number, *EMPTY[table]]
            self.rows.setdefault(table, []).append(row)
            self.number += 1
            _fill(row, cells, at, self.strings, numbers)
        elif kind == BEGINS:
            self.elements, self.place = [], what
        elif kind == OPENS:
            self.number = 0
        elif kind == WHOLE:
            _fill_from(row, what, line, self.strings.found[at : at + count])
        else:
            self.elements.append(_said(what, at, self.strings.written, numbers))
            if kind == ENDS:
                row[self.place] = f"[{','.join(self.elements)}]"
        return row, last


def _fill(row: list[Any], cells: Cells, at: int, strings: _Strings, numbers: Sequence[float]) -> None:
    """Put the strings of a line, which begin at a number, and its numbers where they belong."""
    for place, value in cells.constants:
        row[place] = value
    for place, slot in cells.texts:
        row[place] = strings.texts[at + slot]
    for place, slot, store in cells.held:
        row[place] = store(strings.texts[at + slot])
    for place, slot in cells.numbers:
        row[place] = numbers[slot]
    for place, form in cells.forms:
        row[place] = _said(form, at, strings.written, numbers)


def _said(form: Form, at: int, written: Sequence[str], numbers: Sequence[float]) -> str:
    """A text of JSON with the strings and numbers of a line in it."""
    text, slots = form
    return text % tuple([written[at + slot] if slot >= 0 else repr(numbers[~slot]) for slot in slots])


def _fill_from(row: list[Any], what: tuple[Columns, str], line: str, strings: Sequence[str]) -> None:
    """Fill cells from a line that is read whole."""
    columns, section = what
    between = line.split(STRING)
    told = "".join([f'{piece}"{one}"' for piece, one in zip(between, strings, strict=False)]) + between[-1]
    said = read(restored(told).strip(" "))
    for key, value in (said[section] if section else said).items():
        place, column = column_of(columns, key)
        row[place] = storing(column)(value)
