"""Pieces of a front matter, and the cells of the index that each fills.

A piece is an item of a list with what follows it, or a section without its items. It is told by its lines without their
strings and longer numbers; few pieces differ in that. One that is new is put together from its lines, each of which
knows by itself what it says (``lines``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from akislog.store.index import lines
from akislog.store.index.filling import EMPTY
from akislog.store.index.lines import ALWAYS_THERE, RECORD, Cells, Columns, Form, Line, Odd, Place
from akislog.store.index.values import Store
from akislog.text.layout import NUMBER

PIECES = re.compile(r"\n(?! +[^ -])")
"""Between two pieces: the end of a line, but not before a key in a section or an entry, nor before an element."""

_REMEMBERED = 1 << 20  # characters of pieces of a kind
_LONGEST = 4000  # characters of one that is remembered; longer ones hardly come again
_NUMBERS = re.compile(
    r": ([1-9][0-9]{1,8}|(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6})(?=[,\]}\n]|\Z)"
)  # of one digit come again


class Fill(NamedTuple):
    """The cells of one row: what is always the same, and for others the number of the string or the number in the piece
    that belongs there. ``row`` is a new one of a table, with the constants, and the place in it of its number in the
    list; None is that of the record."""

    table: str
    row: Sequence[Any] | None
    number: int
    constants: Sequence[tuple[int, Any]]
    texts: Sequence[tuple[int, int]]
    held: Sequence[tuple[int, int, Store]]
    numbers: Sequence[tuple[int, int]]
    forms: Sequence[tuple[int, Form]]
    wholes: Sequence[Whole]


class Whole(NamedTuple):
    """A line that is read whole, with its first string and number in the piece, and how many numbers it has."""

    columns: Columns
    section: str
    line: str
    string: int
    number: int
    numbers: int


class Piece(NamedTuple):
    """What a piece fills, how many strings it has, the first and last of the ranks of its keys in a record, how many of
    these are always there, what is known of items that may follow, and whether one has to."""

    fills: Sequence[Fill]
    strings: int
    first: int
    last: int
    always: int
    items: Known | None
    opens: bool


class Known:
    """The pieces that may begin in a place, by their text without strings and longer numbers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.pieces: dict[str, Piece] = {}
        self.kept = 0

    def find(self, text: str, new: Callable[[], object]) -> tuple[Piece, Sequence[str]]:
        """A piece that is not known as it stands, and its longer numbers. ``new`` is called for every line that is
        new. Odd if something is."""
        parts = _NUMBERS.split(text)
        numbers = parts[1::2]
        if numbers:
            text = f": {NUMBER}".join(parts[::2])
        piece = self.pieces.get(text)
        if piece is None:
            piece = _put_together(text, self.place, new)
            if len(text) <= _LONGEST:
                self.kept += len(text)
                if self.kept > _REMEMBERED:
                    self.kept = len(text)
                    self.pieces.clear()
                self.pieces[text] = piece
        return piece, numbers


class _Row:
    """What is gathered for one row: a new one of a table, or that of the record."""

    def __init__(self, table: str = "", lead: Sequence[Any] | None = None) -> None:
        self.table = table
        self.lead = lead
        self.constants: list[tuple[int, Any]] = []
        self.texts: list[tuple[int, int]] = []
        self.held: list[tuple[int, int, Store]] = []
        self.numbers: list[tuple[int, int]] = []
        self.forms: list[tuple[int, Form]] = []
        self.wholes: list[Whole] = []

    def add(self, line: Line, string: int, number: int) -> None:
        """Add the cells of a line, of whose strings and numbers the first are these of the piece."""
        kind, _, what, _, _, numbers = line
        if kind == lines.TEXT:
            self.texts.append((what, string))
        elif kind == lines.HELD:
            place, store = what
            self.held.append((place, string, store))
        elif kind == lines.CONSTANT:
            self.constants.append(what)
        elif kind == lines.CELLS:
            self.add_cells(what, string, number)
        elif kind == lines.WHOLE:
            columns, section, told = what
            self.wholes.append(Whole(columns, section, told, string, number, numbers))

    def add_cells(self, cells: Cells, string: int, number: int) -> None:
        self.constants += cells.constants
        self.texts += [(place, string + slot) for place, slot in cells.texts]
        self.held += [(place, string + slot, store) for place, slot, store in cells.held]
        self.numbers += [(place, number + slot) for place, slot in cells.numbers]
        self.forms += [(place, _moved(form, string, number)) for place, form in cells.forms]

    def fill(self) -> Fill:
        forms = [(place, (text, _run(slots))) for place, (text, slots) in self.forms]
        found = self.texts, self.held, self.numbers, forms, self.wholes
        if self.lead is None:
            return Fill("", None, 0, self.constants, *found)
        row = [*self.lead, *EMPTY[self.table]]
        for place, value in self.constants:
            row[place] = value
        return Fill(self.table, row, len(self.lead) - 1, (), *found)


def _run(slots: Sequence[int]) -> Sequence[int]:
    """The same as a range, if they are one of strings."""
    run = range(slots[0], slots[0] + len(slots)) if slots and slots[0] >= 0 else ()
    return run if tuple(run) == slots else slots


def _moved(form: Form, string: int, number: int) -> Form:
    text, slots = form
    return text, tuple([slot + string if slot >= 0 else slot - number for slot in slots])


def _put_together(text: str, place: Place, new: Callable[[], object]) -> Piece:
    row = record = _Row()
    rows: list[_Row] = []
    ranks = [0]
    elements: list[Form] = []
    last = at = string = number = 0
    for told in text.split("\n"):
        line = place.known.get(told)
        if line is None:
            new()
            line = place.find(told)
        kind, rank, what, place, strings, numbers = line
        if rank and rank <= (ranks[-1] if rank >= RECORD else last):
            raise Odd
        if rank >= RECORD:
            ranks.append(rank)
            row = record
        elif rank:
            last = rank
        if kind == lines.ITEM:
            table, lead, cells, last = what
            row = _Row(table, lead)
            rows.append(row)
            row.add_cells(cells, string, number)
        elif kind == lines.BEGINS:
            elements, at = [], what
        elif kind in (lines.GOES_ON, lines.ENDS):
            elements.append(_moved(what, string, number))
            if kind == lines.ENDS:
                row.forms.append((at, _joined(elements)))
        else:
            row.add(line, string, number)
        string += strings
        number += numbers
    if not place.may_end:
        raise Odd
    fills = [one.fill() for one in (*rows, record) if one is not record or ranks[1:]]
    always = sum([rank in ALWAYS_THERE for rank in ranks])
    first = ranks[1] if ranks[1:] else 0
    return Piece(fills, string, first, ranks[-1], always, _ITEMS.get(place.items), place.opens)


def _joined(elements: Sequence[Form]) -> Form:
    """The JSON of a list of these elements."""
    text = ",".join([form[0] for form in elements])
    return f"[{text}]", tuple([slot for form in elements for slot in form[1]])


SECTIONS = Known(lines.TOP)
"""Pieces that begin in the first column."""

_ITEMS = {name: Known(place) for name, place in lines.LISTS.items()}
