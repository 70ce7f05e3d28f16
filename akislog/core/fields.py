"""What a query can ask for: every field of every row source, by name, with its kind; made from the shape of a record.

A row of ``logs`` is a log; a row of any other source is one entry of one list in a log. A name is looked up as a field
of the row first, then as one of the log that holds it; ``log.`` before a name means the log's. Keys that no schema
knows are reached as ``extra.KEY``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from akislog.core.shape import SHAPE, WORDS
from akislog.errors import QueryError

Path = Sequence[str | int]

SOURCES: Mapping[str, str] = {
    "logs": "record",
    "tasks": "task",
    "delegations": "delegation",
    "gotchas": "gotcha",
    "root_causes": "root_cause",
    "files": "file",
    "commands": "command",
    "errors": "error",
    "findings": "finding",
}
"""The row sources, each with the entity that one of its rows is."""

FILE_CHANGES = ("created", "modified", "deleted")

FINDING: Mapping[str, str] = {
    "code": "text",
    "severity": "severity",
    "message": "text",
    "path": "text",
    "line": "count",
    "column": "count",
    "pointer": "text",
    "hint": "text",
    "found": "text",
    "expected": "texts",
}
"""What a row of ``findings`` has."""

_KINDS: Mapping[str, tuple[str, bool]] = {  # of the shape: our kind, and whether there may be many
    "text": ("text", False),
    "name": ("text", False),
    "offset": ("text", False),
    "texts": ("text", True),
    "names": ("text", True),
    "integer": ("whole", False),
    "count": ("whole", False),
    "number": ("number", False),
    "flag": ("flag", False),
    "time": ("time", False),
    "map": ("map", False),
    "date": ("date", False),
}
# What the shape does not say: the date is a text there, and a file's and a finding's rows have fields of their own.
_OWN: Mapping[str, Mapping[str, str]] = {
    "session": {"date": "date"},
    "finding": FINDING,
}
_WORDS: Mapping[str, tuple[str, ...]] = {**WORDS, "severity": ("error", "warning", "note"), "change": FILE_CHANGES}
OF_FILE: Mapping[str, str] = {
    "path": "the log's path",
    "name": "the name of its file",
    "id": "its id",
    "address": "how to name the row: the log's id, # and the id of the task or the place of the entry",
    "body": "its Markdown below the front matter",
}
"""What a row has from the file of its log."""

OLD_NAMES: Mapping[str, Mapping[str, str]] = {
    "record": {"delegates": "delegations", "todos": "tasks"},
    "session": {
        "session_id": "id",
        "start_time": "started_at",
        "end_time": "ended_at",
        "updated_at": "ended_at",
        "root_agent": "agent",
        "duration": "duration_minutes",
    },
    "file": {"file": "path", "filename": "path", "name": "path"},
    "root_cause": {
        "issue": "problem",
        "error": "problem",
        "bug": "problem",
        "pattern": "problem",
        "fix": "solution",
    },
    "gotcha": {
        "problem": "pattern",
        "issue": "pattern",
        "error": "pattern",
        "bug": "pattern",
        "reason": "warning",
        "fix": "solution",
        "skills": "applies_to",
    },
    "violation": {"id": "gate", "name": "gate"},
    "delegated": {"agent": "name", "prompt": "task", "description": "task", "status": "result"},
    "command": {"command": "cmd", "task_id": "task"},
    "task": {
        "task_id": "id",
        "parent_id": "parent_task_id",
        "task": "description",
        "title": "description",
        "content": "description",
        "text": "description",
        "item": "description",
        "state": "status",
        "agent": "assigned_to",
        "start_time": "started_at",
        "end_time": "completed_at",
        "files": "artifacts",
        "depends_on": "dependencies",
        "depends": "dependencies",
        "deps": "dependencies",
        "parallel": "parallel_group",
    },
    "delegation": {
        "start_time": "started_at",
        "end_time": "completed_at",
        "agent_name": "agent",
        "name": "agent",
        "parent_id": "parent_task_id",
        "skill": "skill_required",
        "files": "artifacts",
    },
    "group": {"group_id": "id"},
    "change": {"file": "path"},
    "commit": {"hash": "sha", "message": "subject"},
    "verification": {"name": "check", "passed": "ok"},
}
"""By entity, the names that older logs have for a field, as reading them knows them; a query may use them too."""


class Field(NamedTuple):
    """A field of a row source.

    ``of`` says what ``steps`` start from: ``row``, the ``log`` that holds it, or the log's ``file``. Kinds are text,
    whole, number, flag, time, date, map, any (nothing is known of it) and part (a mapping with fields of its own).
    ``lists`` are the positions of steps whose value is a list; ``words`` the closed list a text is from.
    """

    name: str
    kind: str
    of: str
    steps: tuple[str, ...]
    lists: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def many(self) -> bool:
        """Whether there may be more than one value."""
        return bool(self.lists)


_tables: dict[tuple[str, str], dict[str, Field]] = {}


def fields(source: str) -> Mapping[str, Field]:
    """Every known field of a source by its name, the row's own first. Raises QueryError for an unknown source.

    A field of the log that has a name of the row's is listed under ``log.`` and its name.
    """
    own = own_fields(source)
    found = dict(own)
    for name, field in {**_of_file(), **_log_fields()}.items():
        hidden = name in own or (field.steps[0] == source and ".".join(field.steps[1:]) in own)
        name = f"log.{name}" if hidden else name
        found[name] = field._replace(name=name)
    return found


def resolve(name: str | Path, source: str = "logs") -> Field:
    """The field that a name means in a source; numbers among the steps (``tasks[0].status``) are passed over.

    A name that is not written out in full is a field of the row, else of the session, else the one field that ends
    like it. Raises QueryError, with the nearest name there is, for a name that means nothing or more than one thing.
    """
    path = name.split(".") if isinstance(name, str) else name
    steps = tuple(step for step in path if isinstance(step, str))
    own = own_fields(source)
    if steps[0] == "log" and len(steps) > 1:
        field = resolve(steps[1:], "logs")
        return field._replace(name=f"log.{field.name}")
    if steps[0] == "extra" and len(steps) > 1:
        return _extra(steps, own or _log_fields(), "row" if own else "log")
    within = steps[1:] if steps[0] == source and len(steps) > 1 else steps
    found = (
        _known(within, own)
        or (_of_file().get(steps[0]) if len(steps) == 1 else None)
        or _known(steps, _log_fields())
        or _known(_todays(within, SOURCES[source]), own)
        or _known(_todays(steps, "record"), _log_fields())
        or _ending(steps, own)
        or _known(_todays(("session", *steps), "record"), _log_fields())
        or _ending(steps, _log_fields())
    )
    if found is None:
        raise QueryError(_unknown(steps, fields(source)))
    return found


def _log_fields() -> Mapping[str, Field]:
    return _table("record", "log")


def own_fields(source: str) -> Mapping[str, Field]:
    """The fields that rows of a source have themselves; none for logs, whose fields are the log's.

    Raises QueryError for an unknown source.
    """
    if source not in SOURCES:
        raise QueryError(f"unknown source {source!r}{_suggested(source, SOURCES)}; there are {', '.join(SOURCES)}")
    return {} if source == "logs" else _table(SOURCES[source], "row")


def _of_file() -> Mapping[str, Field]:
    return {name: Field(name, "text", "file", (name,)) for name in OF_FILE}


def _table(entity: str, of: str) -> Mapping[str, Field]:
    if (entity, of) not in _tables:
        _tables[entity, of] = {field.name: field for field in _below(entity, of, (), ())}
    return _tables[entity, of]


def _below(entity: str, of: str, steps: tuple[str, ...], lists: tuple[int, ...]) -> Iterator[Field]:
    """The fields of an entity and of all that is below it."""
    for key, kind in _kinds(entity, of).items():
        path = (*steps, key)
        inner = kind.strip("[]")
        ours, many = ("text", False) if kind in _WORDS else _KINDS.get(kind, ("part", kind != inner))
        within = (*lists, len(steps)) if many else lists
        yield Field(".".join(path), ours, of, path, within, _WORDS.get(kind, ()))
        if ours == "part":
            yield from _below(inner, of, path, within)


def _kinds(entity: str, of: str = "log") -> Mapping[str, str]:
    derived = {"change": "change"} if (entity, of) == ("file", "row") else {}
    return {**SHAPE.get(entity, {}), **_OWN.get(entity, {}), **derived}


def _known(steps: tuple[str, ...], table: Mapping[str, Field]) -> Field | None:
    """The field with exactly these steps, or anything in a map of free keys."""
    for end in range(len(steps), 0, -1):
        found = table.get(".".join(steps[:end]))
        if found and end == len(steps):
            return found
        if found:
            return Field(".".join(steps), "any", found.of, steps, found.lists) if found.kind == "map" else None
    return None


def _todays(steps: tuple[str, ...], entity: str) -> tuple[str, ...]:
    """The steps with today's names for older ones."""
    today: list[str] = []
    for step in steps:
        known = _kinds(entity)
        new = step if step in known else OLD_NAMES.get(entity, {}).get(step, step)
        today.append(new)
        entity = known.get(new, "").strip("[]")
    return tuple(today)


def _ending(steps: tuple[str, ...], table: Mapping[str, Field]) -> Field | None:
    """The one field whose name ends with these steps."""
    name = ".".join(steps)
    ending = [field for field in table.values() if field.name.endswith(f".{name}")]
    if len(ending) > 1:
        names = ", ".join(field.name for field in ending[:8])
        raise QueryError(f"{name!r} may mean {len(ending)} fields: {names}; write the whole name")
    return ending[0] if ending else None


def _extra(steps: tuple[str, ...], table: Mapping[str, Field], of: str) -> Field:
    """A key that no schema knows. One that is known is not found there, so that each value has one name."""
    if _known(steps[1:], table):
        raise QueryError(f"{'.'.join(steps[1:])!r} is a known field; write it without extra.")
    return Field(".".join(steps), "any", of, steps[1:])


def _unknown(steps: tuple[str, ...], table: Mapping[str, Field]) -> str:
    name = ".".join(steps)
    last = {field.steps[-1]: field.name for field in reversed([*table.values()])}
    nearest = _nearest(name, table) or last.get(_nearest(name, last) or "") or last.get(_nearest(steps[-1], last) or "")
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    return f"unknown field {name!r}{hint} (a key that no schema knows is extra.KEY)"


def _suggested(word: str, known: Mapping[str, object]) -> str:
    nearest = _nearest(word, known)
    return f"; did you mean {nearest!r}?" if nearest else ""


def _nearest(word: str, known: Mapping[str, object]) -> str | None:
    from difflib import get_close_matches  # only where something is wrong

    return next(iter(get_close_matches(word, list(known), 1, 0.6)), None)
