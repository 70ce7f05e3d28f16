"""The two forms of rows for other programs that are hot: tab-separated, and one value a line.

This module is on the way of the hot query and imports the lightest parts only.
"""

from __future__ import annotations

from akislog.report.escape import safe

TYPE_CHECKING = False  # known to type checkers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

_TSV = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def tsv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Columns with tabs between them; a tab, line break or backslash in a text is written with a backslash."""
    yield "\t".join(columns) + "\n"
    for row in rows:
        yield "\t".join([_cell(row.get(column)) for column in columns]) + "\n"


def values(column: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What stands in a column, a line for each value and each once."""
    held = (row.get(column) for row in rows)
    singles = (one for value in held for one in (value if isinstance(value, list) else (value,)))
    for text in dict.fromkeys(text_of(one) for one in singles if one is not None):
        yield _cell(text) + "\n"


def text_of(value: Any) -> str:
    """A JSON value in a cell: text as it is, a list of scalars with commas, anything deeper as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value):
        return ", ".join(text_of(one) for one in value)
    if value.__class__ is int:
        return repr(value)
    import json

    return json.dumps(value, ensure_ascii=False)


def _cell(value: Any) -> str:
    text = text_of(value)
    return safe(text if text.isprintable() and "\\" not in text else text.translate(_TSV))
