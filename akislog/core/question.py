"""A question to a corpus: which rows, in which order, what of them. The same answer from files and from an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from akislog.core.rows import Row, column, group, sort

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
    round), no more than ``limit`` where it is not 0. With ``group_by`` they are counted in groups, with ``counted`` all
    together."""

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
        if self.counted:
            return ("count",)
        if self.group_by:
            return (*self.group_by, "count")
        return self.select or DEFAULT_COLUMNS[self.source]


def answer(question: Question, rows: Iterable[Row]) -> Iterator[Mapping[str, Any]]:
    """The answer from the rows that match. Raises QueryError, before a row is read, for a column there is not."""
    if question.counted:
        return iter([{"count": sum(1 for _ in rows)}])
    wanted = [column(name, question.source) for name in question.group_by or question.columns]
    for name in question.sort:
        column(name.removeprefix("-"), question.source)
    if question.group_by:
        return _groups(question, rows, wanted)
    return _rows(question, rows, wanted)


def _groups(question: Question, rows: Iterable[Row], wanted: list[Any]) -> Iterator[Mapping[str, Any]]:
    for number, one in enumerate(group(rows, wanted)):
        if not question.limit or number < question.limit:
            yield {**dict(zip(question.group_by, one.key, strict=True)), "count": len(one.rows)}


def _rows(question: Question, rows: Iterable[Row], wanted: list[Any]) -> Iterator[Mapping[str, Any]]:
    ordered = sort(rows, question.sort, question.source) if question.sort else rows
    for number, row in enumerate(ordered):
        if question.limit and number >= question.limit:
            return
        yield {one.name: one.value(row) for one in wanted}
