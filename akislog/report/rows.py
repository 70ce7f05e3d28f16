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
from akislog.report.width import cut, padded, width

Row = Mapping[str, Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # wide forms count too
_TSV = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_MD = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~&"})
_WIDEST = 60  # of a column on a terminal, before what is left over is shared out


class Table(NamedTuple):
    """What a query answered. ``rows`` may be read once; ``screen`` is how wide the terminal is, 0 where none is."""

    columns: Sequence[str]
    rows: Iterable[Row]
    screen: int = 0


def as_table(table: Table) -> Iterator[str]:
    """Aligned columns; on a terminal they are cut to fit."""
    body = [[_shown(row.get(column)) for column in table.columns] for row in table.rows]
    if not body:
        return
    lines = [[column.upper() for column in table.columns], *body]
    widths = [max(width(line[number]) for line in lines) for number in range(len(table.columns))]
    if table.screen:
        widths = _fitting(widths, table.screen)
    for line in lines:
        cells = [padded(cut(cell, wide), wide) for cell, wide in zip(line, widths, strict=True)]
        yield "  ".join(cells).rstrip() + "\n"


def as_tsv(table: Table) -> Iterator[str]:
    """Columns with tabs between them; a tab, line break or backslash in a text is written with a backslash."""
    yield "\t".join(table.columns) + "\n"
    for row in table.rows:
        yield "\t".join(safe(_text(row.get(column)).translate(_TSV)) for column in table.columns) + "\n"


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
    """What stands in the first column, each once: the paths of the logs, for other programs."""
    for path in dict.fromkeys(_text(row.get(table.columns[0])) for row in table.rows):
        yield safe(path.translate(_TSV)) + "\n"


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


def _text(value: Any) -> str:
    """A JSON value in a cell: text as it is, a list of scalars with commas, anything deeper as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value):
        return ", ".join(_text(one) for one in value)
    return json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    """The same on one line."""
    return safe(" ".join(_text(value).split()))


def _harmless(value: Any) -> str:
    text = safe(_text(value))
    formula = isinstance(value, (str, list)) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if formula else text


def _fitting(widths: Sequence[int], screen: int) -> list[int]:
    """Widths of columns that fit on the screen: the widest ones give way first."""
    room = max(screen - 2 * (len(widths) - 1), len(widths))
    fitted = [min(wide, _WIDEST) for wide in widths]
    for number in sorted(range(len(widths)), key=lambda one: -widths[one]):
        spare = room - (sum(fitted) - fitted[number])
        fitted[number] = max(min(widths[number], spare), min(fitted[number], 8))
    return fitted
