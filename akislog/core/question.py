"""A question to a corpus: which rows, in which order, what of them. The same answer from files and from an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from akislog.core.order import sort_key
from akislog.core.rows import Column, Row, column, group, sort
from akislog.errors import QueryError

DEFAULT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "logs": ("session.date", "id", "session.complexity", "session.domain", "session.outcome", "session.title"),
    "tasks": ("session.date", "address", "status", "assigned_to", "description"),
    "delegations": ("session.date", "address", "agent", "status", "reason", "result"),
    "gotchas": ("session.date", "pattern", "solution", "applies_to", "path"),
    "root_causes": ("session.date", "problem", "solution", "skill", "path"),
    "files": ("session.date", "change", "path", "type", "log.path"),
    "commands": ("session.date", "success", "exit_code", "cmd", "log.path"),
    "errors": ("session.date", "type", "message", "fixed", "log.path"),
    "findings": ("path", "line", "severity", "code", "message"),
}
"""What a query shows of each source, where nothing was selected."""


class Question(NamedTuple):
    """What is asked: rows of a source for which all of ``where`` hold, in the order of ``sort`` (``-`` turns a column
    round), no more than ``limit`` where it is not 0. With ``group_by`` they are counted in groups, which may be sorted
    by ``count`` too; with ``counted`` all together."""

    source: str = "logs"
    where: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    limit: int = 0
    group_by: tuple[str, ...] = ()
    counted: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the answer."""
        if self.group_by:
            return (*self.group_by, "count")
        if self.counted:
            return ("count",)
        return self.select or DEFAULT_COLUMNS[self.source]


def answer(question: Question, rows: Iterable[Row]) -> Iterator[Mapping[str, Any]]:
    """The answer from the rows that match. Raises QueryError, before a row is read, for a column there is not."""
    columns = question.group_by or (() if question.counted else question.columns)
    wanted = [column(name, question.source) for name in columns]
    for name in (one.removeprefix("-") for one in question.sort):
        if not question.group_by:
            column(name, question.source)
        elif name not in question.columns:
            raise QueryError(f"groups are sorted by {' or '.join(question.columns)}, not by {name!r}")
    if question.group_by:
        found: Iterator[Mapping[str, Any]] = _groups(question, rows, wanted)
    elif question.counted:
        found = ({"count": sum(1 for _ in rows)} for _ in range(1))
    else:
        found = _rows(question, rows, wanted)
    return islice(found, question.limit or None)


def _rows(question: Question, rows: Iterable[Row], wanted: list[Column]) -> Iterator[Mapping[str, Any]]:
    for row in sort(rows, question.sort, question.source) if question.sort else rows:
        yield {one.name: one.value(row) for one in wanted}


def _groups(question: Question, rows: Iterable[Row], wanted: list[Column]) -> Iterator[Mapping[str, Any]]:
    found = [
        {**dict(zip(question.group_by, one.key, strict=True)), "count": len(one.rows)} for one in group(rows, wanted)
    ]
    for name in reversed(question.sort):
        turned = name.startswith("-")
        key = name.removeprefix("-")
        found.sort(key=lambda one, key=key, turned=turned: sort_key([one[key]], turned), reverse=turned)  # type: ignore[misc]
    yield from found
