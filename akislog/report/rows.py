"""Rows of a query in the forms people, spreadsheets and programs read. Every form has the same columns.

A text in a cell cannot move a cursor, end its cell or row, or be run by a spreadsheet as a formula.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from akislog.report.escape import safe
from akislog.report.plain import text_of, tsv, values
from akislog.report.width import cut, cut_before, padded, width

Row = Mapping[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # wide forms count too
_MD = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~&"})
_NARROWEST = 8  # of a column on a terminal, if it is not narrower by itself
_TOLD_BY_THE_END = ("id", "address", "path", "file", "closed_by")  # what is cut at its beginning


class Table(NamedTuple):
    """What a query answered. ``rows`` may be read once; ``screen`` is how wide the terminal is, 0 where none is, and
    ``colour`` whether it may show some."""

    columns: Sequence[str]
    rows: Iterable[Row]
    screen: int = 0
    colour: bool = False


def as_table(table: Table) -> Iterator[str]:
    """Aligned columns under the last part of their names; on a terminal they are cut to fit."""
    body = [[_shown(row.get(column)) for column in table.columns] for row in table.rows]
    if not body:
        return
    lines = [_headings(table.columns), *body]
    widths = [max(width(line[number]) for line in lines) for number in range(len(table.columns))]
    if table.screen:
        widths = _fitting(widths, table.screen)
    shorten = [cut_before if _last(column) in _TOLD_BY_THE_END else cut for column in table.columns]
    for number, line in enumerate(lines):
        cells = [
            padded((shorter if number else cut)(cell, wide), wide)
            for cell, wide, shorter in zip(line, widths, shorten, strict=True)
        ]
        text = "  ".join(cells).rstrip()
        yield f"\x1b[1m{text}\x1b[0m\n" if table.colour and not number else f"{text}\n"


def as_tsv(table: Table) -> Iterator[str]:
    """Columns with tabs between them; a tab, line break or backslash in a text is written with a backslash."""
    return tsv(table.columns, table.rows)


def as_csv(table: Table) -> Iterator[str]:
    """RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_harmless(row.get(column)) for column in table.columns])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def as_json(table: Table) -> Iterator[str]:
    """A list of records; where there is none, ``[]``."""
    between = "[\n  "
    for line in as_jsonl(table):
        yield between + line.rstrip("\n")
        between = ",\n  "
    yield "[]\n" if between.startswith("[") else "\n]\n"


def as_jsonl(table: Table) -> Iterator[str]:
    """One record a line."""
    for row in table.rows:
        yield json.dumps({column: row.get(column) for column in table.columns}) + "\n"


def as_yaml(table: Table) -> Iterator[str]:
    """A list of records, as YAML that every version reads alike."""
    empty = True
    for row in table.rows:
        empty = False
        for number, column in enumerate(table.columns):
            value = safe(json.dumps(row.get(column), ensure_ascii=False))
            yield f"{'  ' if number else '- '}{safe(json.dumps(column, ensure_ascii=False))}: {value}\n"
    if empty:
        yield "[]\n"


def as_markdown(table: Table) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(column.translate(_MD) for column in table.columns)} |\n"
    yield f"|{'---|' * len(table.columns)}\n"
    for row in table.rows:
        yield f"| {' | '.join(_shown(row.get(column)).translate(_MD) for column in table.columns)} |\n"


def as_paths(table: Table) -> Iterator[str]:
    """What stands in the first column, a line for each value and each once: paths, for other programs."""
    return values(table.columns[0], table.rows)


FORMATS: Mapping[str, Callable[[Table], Iterator[str]]] = {
    "table": as_table,
    "tsv": as_tsv,
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_jsonl,
    "md": as_markdown,
    "paths": as_paths,
    "yaml": as_yaml,
}
"""Every form a query can answer in."""


def _shown(value: Any) -> str:
    """The same on one line."""
    return safe(" ".join(text_of(value).split()))


def _harmless(value: Any) -> str:
    text = safe(text_of(value))
    formula = isinstance(value, (str, list)) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if formula else text


def _last(column: str) -> str:
    return column.rpartition(".")[2]


def _headings(columns: Sequence[str]) -> list[str]:
    """The last parts of the names, or the whole ones where two end alike."""
    ends = [_last(column) for column in columns]
    return [(end if ends.count(end) == 1 else name).upper() for name, end in zip(columns, ends, strict=True)]


def _fitting(widths: Sequence[int], screen: int) -> list[int]:
    """Widths of columns that fit on the screen: the widest ones give way, and share alike in what is left."""
    room = screen - 2 * (len(widths) - 1)
    fitted = list(widths)
    for done, number in enumerate(sorted(range(len(widths)), key=widths.__getitem__)):
        share = max(room // (len(widths) - done), _NARROWEST)
        fitted[number] = min(widths[number], share)
        room -= fitted[number]
    return fitted
