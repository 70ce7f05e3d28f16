"""Rows: a log, or one entry of one of its lists, as what a query sees; and choosing, ordering and grouping rows.

A row holds what it is made of and copies nothing. Everything here gives the same result whichever way the rows were
found, so that an index may find them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from akislog.core.fields import FILE_CHANGES, FINDING, Field, resolve
from akislog.core.finding import Finding
from akislog.core.log import Command, Delegation, Error, File, Gotcha, RootCause, Task, WorkflowLog
from akislog.core.order import group_keys, group_values, leaves, sort_key
from akislog.core.query_syntax import parse_path
from akislog.core.view import View
from akislog.errors import QueryError

MISSING: Final = type("Missing", (), {"__repr__": lambda _: "MISSING", "__bool__": lambda _: False})()
"""What a mapping holds under a key that it does not have: neither null nor an empty text or list."""

_VIEWS: Mapping[str, type[View]] = {
    "tasks": Task,
    "delegations": Delegation,
    "gotchas": Gotcha,
    "root_causes": RootCause,
    "files": File,
    "commands": Command,
    "errors": Error,
}


class Row:
    """One row. ``own`` is the entry itself (for logs the record), ``log`` the log that holds it."""

    __slots__ = ("_body", "_place", "log", "own", "record", "source")

    def __init__(
        self,
        source: str,
        own: Mapping[str, Any],
        log: WorkflowLog,
        place: tuple[str, int] | None = None,
        body: str | Callable[[], str] = "",
    ) -> None:
        self.source = source
        self.own = own
        self.log = log
        self.record = log.record
        self._place = place
        self._body = body

    def __repr__(self) -> str:
        return f"Row({self.source!r}, {self.address!r}, {dict(self.own)!r})"

    def __getitem__(self, name: str) -> Any:
        """The value of a field by its name in a query; a list where there may be many, None where there is none."""
        return column(name, self.source).value(self)

    @property
    def view(self) -> View:
        """The row as a typed view: a Task, a Gotcha, …; for logs the log, for findings a plain view."""
        return self.log if self.source == "logs" else _VIEWS.get(self.source, View)(self.own)

    @property
    def path(self) -> str:
        """Where the log was read from."""
        return self.log.path or ""

    @property
    def name(self) -> str:
        """The name of the log's file."""
        return self.path.replace("\\", "/").rpartition("/")[2]

    @property
    def id(self) -> str:
        """The log's id; for older logs without one the name of the file."""
        return log_id(self.log)

    @property
    def body(self) -> str:
        """The Markdown of the log, below its front matter."""
        return self._body if isinstance(self._body, str) else self._body()

    @property
    def pointer(self) -> str:
        """The JSON pointer of the row inside the record; ``""`` for a log."""
        if self.source == "findings":
            return str(self.own.get("pointer", ""))
        return "" if self._place is None else f"{self._place[0]}/{self._place[1]}"

    @property
    def address(self) -> str:
        """How to name the row: ``<id>`` for a log, ``<id>#<task id>`` for a task, ``<id>#<pointer>`` for the rest."""
        task = self.own.get("id") if self.source == "tasks" else None
        part = task if isinstance(task, str) and task else self.pointer
        return f"{self.id}#{part}" if part else self.id

    def to_dict(self) -> dict[str, Any]:
        """The row as a plain dict: its own fields after ``address`` and, under ``log``, the log's path."""
        return {"log": self.path, "address": self.address, **self.own}


def log_id(log: WorkflowLog) -> str:
    """The id of a log; for older logs without one the name of the file, without its suffix."""
    found = log.session.id
    return found or (log.path or "").replace("\\", "/").rpartition("/")[2].removesuffix(".md")


def rows(
    log: WorkflowLog, source: str = "logs", *, body: str | Callable[[], str] = "", findings: Iterable[Finding] = ()
) -> Iterator[Row]:
    """The rows of one log. Entries that are no mappings are none. ``findings`` are for the source of that name."""
    if source == "logs":
        yield Row(source, log.record, log, None, body)
    elif source == "files":
        held = log.record.get("files")
        files = held if isinstance(held, dict) else {}
        for change in FILE_CHANGES:
            for index, entry in _entries(files.get(change)):
                yield Row(source, {**entry, "change": change}, log, (f"/files/{change}", index), body)
    elif source == "findings":
        for finding in findings:
            own = {name: getattr(finding, name) for name in FINDING}
            yield Row(source, {**own, "expected": list(finding.expected)}, log, None, body)
    else:
        for index, entry in _entries(log.record.get(source)):
            yield Row(source, entry, log, (f"/{source}", index), body)


def _entries(values: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(values, list):
        for index, entry in enumerate(values):
            if isinstance(entry, dict):
                yield index, entry


# --- fields of rows ---------------------------------------------------------------------------------------------------


class Column(NamedTuple):
    """A field as it is read from rows. ``steps`` are those of the field, with the list indexes that were asked for."""

    name: str
    field: Field
    steps: tuple[str | int, ...]
    found: Callable[[Row], Sequence[Any]]
    many: bool

    def value(self, row: Row) -> Any:
        """What a row has in this column: a list where there may be many, None where there is nothing."""
        present = [one for one in self.found(row) if one is not MISSING]
        if self.many:
            return [leaf for one in present for leaf in (one if isinstance(one, list) else (one,))]
        return present if len(present) > 1 else present[0] if present else None

    def leaves(self, row: Row) -> list[Any]:
        """Every single value of a row in this column; lists are taken apart, MISSING is none."""
        return leaves(self.value(row))


def column(name: str, source: str = "logs") -> Column:
    """The column of this name. Raises QueryError."""
    path = parse_path(name)
    field = resolve(path, source)
    steps = indexed(field, path)
    return Column(name, field, steps, reader(field, steps), _many(field, steps))


def indexed(field: Field, path: Sequence[str | int]) -> tuple[str | int, ...]:
    """The steps of a field with the list indexes of ``path``, by which the field was found."""
    steps: list[str | int] = []
    names = list(field.steps)
    for step in reversed(path):
        if isinstance(step, int):
            steps.append(step)
        elif names:
            steps.append(names.pop())
        elif steps and isinstance(steps[-1], int):
            break
    if steps and isinstance(steps[-1], int):
        raise QueryError(f"{field.name!r} is one row here; write log. before it to count among those of the log")
    return (*names, *reversed(steps))


def _many(field: Field, steps: Sequence[str | int]) -> bool:
    """Whether a list stays that no index picks from."""
    names = 0
    lists = set(field.lists)
    for step in steps:
        if isinstance(step, int):
            lists.discard(names - 1)
        else:
            names += 1
    return bool(lists)


def reader(field: Field, steps: Sequence[str | int]) -> Callable[[Row], Sequence[Any]]:
    """A function that finds what a row has at the end of a path: none, one, or one for each entry on the way.

    MISSING stands for a mapping that does not have the last key; what is no mapping is passed over.
    """
    if field.of == "file":
        return {
            "path": lambda row: (row.path,),
            "name": lambda row: (row.name,),
            "id": lambda row: (row.id,),
            "address": lambda row: (row.address,),
            "body": lambda row: (row.body,),
        }[field.steps[0]]
    path = tuple(steps)
    if field.of == "row":
        return _own(field.steps[0]) if len(path) == 1 else lambda row: walk(row.own, path)
    quick = _section(path[0], path[1]) if len(path) == 2 else None
    return quick or (lambda row: walk(row.record, path))


def _own(key: str) -> Callable[[Row], Sequence[Any]]:
    return lambda row: (row.own.get(key, MISSING),)


def _section(section: str | int, key: str | int) -> Callable[[Row], Sequence[Any]] | None:
    """What ``walk`` finds at the end of two keys, for the paths that are asked for most."""
    if isinstance(section, int) or isinstance(key, int):
        return None

    def found(row: Row) -> Sequence[Any]:
        held = row.record.get(section)
        if isinstance(held, dict):
            return (held.get(key, MISSING),)
        return [one.get(key, MISSING) for one in held if isinstance(one, dict)] if isinstance(held, list) else ()

    return found


def walk(start: Any, path: Sequence[str | int]) -> list[Any]:
    """The values at the end of a path, through lists to each of their entries."""
    found = [start]
    for number, step in enumerate(path, 1):
        otherwise = () if number < len(path) else (MISSING,)
        found = list(_at_index(found, step) if isinstance(step, int) else _at_key(found, step, otherwise))
    return found


def _at_key(values: Sequence[Any], key: str, otherwise: tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                if key in one:
                    yield one[key]
                else:
                    yield from otherwise


def _at_index(values: Sequence[Any], index: int) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]


# --- choosing, ordering, grouping -----------------------------------------------------------------------------------


def select(found: Iterable[Row], columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
    """The values of some columns, row by row."""
    return (tuple(column.value(row) for column in columns) for row in found)


def sort(found: Iterable[Row], keys: Sequence[str], source: str = "logs") -> list[Row]:
    """Rows in the order of these columns, then of their paths. ``-`` before a name turns its order round.

    What has no value stands last, turned round first; of many values the smallest counts, turned round the largest.
    Numbers stand before text, text in the order of its code points. Raises QueryError.
    """
    columns = [(column(name.removeprefix("-"), source), name.startswith("-")) for name in keys]
    ordered = sorted(found, key=lambda row: row.path)
    for one, turned in reversed(columns):
        ordered.sort(key=lambda row, one=one, turned=turned: sort_key(one.leaves(row), turned), reverse=turned)  # type: ignore[misc]
    return ordered


class Group(NamedTuple):
    """Rows that are equal in some columns."""

    key: tuple[Any, ...]
    rows: list[Row]


def group(found: Iterable[Row], columns: Sequence[Column]) -> list[Group]:
    """Rows by their values in some columns, in the order of these; a row with many values stands in many groups.

    What has no value is None and comes last.
    """
    groups: dict[tuple[tuple[int, Any], ...], list[Row]] = {}
    for row in found:
        for key in group_keys([column.leaves(row) for column in columns]):
            groups.setdefault(key, []).append(row)
    return [Group(group_values(key), groups[key]) for key in sorted(groups)]
