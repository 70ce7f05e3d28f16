"""The rows of a log straight from the lines of its front matter, as akislog lays them out; of any other file, None.

It is a walk along the lines, of which ``lines`` knows what each says. What is not just as usual ends the walk, and the
log is read whole. ``filling.rows_of`` says what the rows are; these are the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from akislog.store.index import schema
from akislog.store.index.filling import named
from akislog.store.index.lines import ALWAYS_THERE, Form, Odd, column_of, read
from akislog.store.index.pieces import PIECES, SECTIONS, Fill, Whole
from akislog.store.index.values import encode, storing
from akislog.store.paths import Unreadable, read_regular
from akislog.text.frontmatter import FILE_LIMIT, Refused, checked, split
from akislog.text.layout import NUMBER, STRING, Apart, apart, restored

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
        _walk(found.skeleton[:-1], _strings(text, found), rows)
    except (Odd, ValueError):
        return None
    if record[_FORMAT] != 1:
        return None
    named(record, path)
    return rows


class _Strings(NamedTuple):
    """The strings of a text in their order: as they stand there, what they say, and how JSON writes that."""

    found: tuple[str, ...]
    texts: Sequence[str]
    written: tuple[str, ...]


def _strings(text: str, parts: Apart) -> _Strings:
    found = tuple(parts.pieces[1::2])
    if not parts.escaped and _is_plain(text, parts.skeleton):
        return _Strings(found, found, found)
    texts, written = [*found], [*found]
    for number, one in enumerate(found):
        if not one.isprintable() or "\\" in one:
            texts[number] = said = json.loads(f'"{restored(one)}"')
            if "\0" in said:
                raise Odd
            written[number] = encode(said)[1:-1]
    return _Strings(found, texts, tuple(written))


def _is_plain(text: str, skeleton: str) -> bool:
    """Whether no string of a text has a tab or ends a line; other controls were refused."""
    return not ("\t" in text or "\r" in text or text.count("\n") > skeleton.count("\n"))


def _walk(skeleton: str, strings: _Strings, rows: schema.Rows) -> None:
    """Fill the rows."""
    record: Any = rows["logs"][0]
    log, new = record[0], _Limit()
    at = number = before = always = 0
    items, opens = None, False
    for text in PIECES.split(skeleton):
        if text[:1] == " ":
            known = items
        else:
            known = None if opens else SECTIONS
            number = 0
        if known is None:
            raise Odd
        numbers: Sequence[str] = ()
        piece = known.pieces.get(text)
        if piece is None:
            piece, numbers = known.find(text, new)
        fills, count, first, last, more, items, opens = piece
        if first:
            if first <= before:
                raise Odd
            before, always = last, always + more
        for fill in fills:
            row = record
            if fill.row is not None:
                row = [*fill.row]
                row[0], row[fill.number] = log, number
                number += 1
                rows.setdefault(fill.table, []).append(row)
            _fill(row, fill, at, strings, numbers)
        if opens:
            number = 0
        at += count
    if opens or always != len(ALWAYS_THERE):  # with the last of them, the provenance, a text may end
        raise Odd


class _Limit:
    """Counts the lines of a text that are new. Odd where there are too many."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count > _MOST_NEW:
            raise Odd


def _fill(row: list[Any], fill: Fill, at: int, strings: _Strings, numbers: Sequence[str]) -> None:
    """Put the strings of a piece, which begin at a number, and its numbers where they belong."""
    _, _, _, constants, its_texts, held, its_numbers, forms, wholes = fill
    texts = strings.texts
    for place, value in constants:
        row[place] = value
    for place, slot in its_texts:
        row[place] = texts[at + slot]
    for place, slot, store in held:
        row[place] = store(texts[at + slot])
    for place, slot in its_numbers:
        row[place] = _number(numbers[slot])
    for place, form in forms:
        row[place] = _said(form, at, strings.written, numbers)
    for whole in wholes:
        _fill_from(row, whole, at, strings.found, numbers)


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _said(form: Form, at: int, written: Sequence[str], numbers: Sequence[str]) -> str:
    """A text of JSON with strings and numbers in it."""
    text, slots = form
    if isinstance(slots, range):
        return text % written[at + slots.start : at + slots.stop]
    return text % tuple([written[at + slot] if slot >= 0 else repr(_number(numbers[~slot])) for slot in slots])


def _fill_from(row: list[Any], whole: Whole, at: int, strings: Sequence[str], numbers: Sequence[str]) -> None:
    """Fill cells from a line that is read whole."""
    line = whole.line
    for number in numbers[whole.number : whole.number + whole.numbers]:
        line = line.replace(NUMBER, number, 1)
    between = line.split(STRING)
    some = strings[at + whole.string :]
    told = "".join([f'{piece}"{one}"' for piece, one in zip(between[:-1], some)]) + between[-1]  # noqa: B905
    said = read(restored(told).strip(" "))
    for key, value in (said[whole.section] if whole.section else said).items():
        place, column = column_of(whole.columns, key)
        row[place] = storing(column)(value)
