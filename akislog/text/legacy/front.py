"""Older logs read as today's record: their keys, words and shapes, as the format page, docs/format.md §7, lists them.

Nothing is judged and nothing is invented: a field that is missing stays missing, an unknown key stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from akislog.core.values import file_type
from akislog.text.legacy import words
from akislog.text.legacy.fields import (
    Normalised,
    Notes,
    Shape,
    child,
    items_of,
    read_items,
    read_map,
    read_texts,
)
from akislog.text.legacy.tasks import read_tasks

_NAMED_TASK = re.compile(r"(@?[A-Za-z_][A-Za-z0-9_.-]{0,63})\s*(?::|→|->|—)\s*(\S.*)", re.DOTALL)
_SHA = re.compile(r"([0-9a-f]{7,40})(?:[\s:–-]+(\S.*))?", re.DOTALL)

_TIMES = (("start_time", "started_at"), ("end_time", "completed_at"))


def _delegated(text: str) -> dict[str, Any]:
    found = _NAMED_TASK.fullmatch(text)
    return {"name": found[1], "task": found[2]} if found else {"name": text}


def _delegation(text: str) -> dict[str, Any]:
    found = _NAMED_TASK.fullmatch(text)
    return {"agent": found[1], "prompt": found[2]} if found else {"agent": text}


def _violation(text: str) -> dict[str, Any]:
    found = _NAMED_TASK.fullmatch(text)
    return {"gate": found[1], "reason": found[2]} if found else {"gate": text}


def _commit(text: str) -> dict[str, Any]:
    found = _SHA.fullmatch(text)
    if not found:
        return {"subject": text}
    return {"sha": found[1], "subject": found[2]} if found[2] else {"sha": found[1]}


def _verification(text: str) -> dict[str, Any]:
    status, rest, _ = words.leading_mark(text)
    ok = {"done": True, "failed": False}.get(status or "")
    return {"check": rest} if ok is None else {"check": rest, "ok": ok}


_SESSION = Shape(
    "session",
    aliases=(
        ("session_id", "id"),
        ("start_time", "started_at"),
        ("end_time", "ended_at"),
        ("updated_at", "ended_at"),
        ("root_agent", "agent"),
    ),
    words={"complexity": words.complexity, "domain": words.domain, "outcome": words.outcome},
    whole=False,
)

_LISTS: Mapping[str, Shape] = {
    "root_causes": Shape(
        "root cause",
        lambda text: {"problem": text},
        (("issue", "problem"), ("error", "problem"), ("bug", "problem"), ("pattern", "problem"), ("fix", "solution")),
        skills=frozenset({"skill"}),
    ),
    "gotchas": Shape(
        "gotcha",
        lambda text: {"pattern": text},
        (
            ("problem", "pattern"),
            ("issue", "pattern"),
            ("error", "pattern"),
            ("bug", "pattern"),
            ("reason", "warning"),
            ("fix", "solution"),
            ("skills", "applies_to"),
        ),
        lists=frozenset({"applies_to"}),
        skills=frozenset({"applies_to"}),
    ),
    "commands": Shape("command", lambda text: {"cmd": text}, (("command", "cmd"), ("task_id", "task"))),
    "delegations": Shape(
        "delegation",
        _delegation,
        (
            *_TIMES,
            ("agent_name", "agent"),
            ("name", "agent"),
            ("parent_id", "parent_task_id"),
            ("skill", "skill_required"),
            ("files", "artifacts"),
        ),
        lists=frozenset({"artifacts", "files_allowed"}),
        ids=frozenset({"id", "task_id", "parent_task_id"}),
        skills=frozenset({"skill_required"}),
        words={"status": words.result},
        whole=False,
    ),
    "parallel_groups": Shape(
        "parallel group",
        aliases=(("group_id", "id"),),
        lists=frozenset({"tasks"}),
        ids=frozenset({"id"}),
        words={"status": words.group},
    ),
    "changes": Shape("change", lambda text: {"path": text}, (("file", "path"),)),
    "commits": Shape("commit", _commit, (("hash", "sha"), ("message", "subject")), ids=frozenset({"sha"})),
    "phases": Shape("phase"),
    "approvals": Shape("approval"),
    "errors": Shape("error", lambda text: {"message": text}),
    "verification": Shape("check", _verification, (("name", "check"), ("passed", "ok"))),
}

_FILE = Shape(
    "file",
    lambda text: {"path": text, "type": file_type(text)},
    (("file", "path"), ("filename", "path"), ("name", "path")),
)
_PARTS: Mapping[str, Mapping[str, Shape]] = {
    "files": {"modified": _FILE, "created": _FILE, "deleted": _FILE},
    "gates": {"violations": Shape("violation", _violation, (("id", "gate"), ("name", "gate")))},
    "agents": {
        "delegated": Shape(
            "delegated agent",
            _delegated,
            (("agent", "name"), ("prompt", "task"), ("description", "task"), ("status", "result")),
            words={"result": words.result},
        )
    },
}
_NAMES: Mapping[str, tuple[str, ...]] = {"skills": ("loaded", "suggested"), "gates": ("passed",)}
_FIRST: Mapping[str, str] = {"skills": "loaded", "files": "modified", "gates": "passed", "agents": "delegated"}

_OLDER_LISTS: Mapping[str, tuple[str, ...]] = {"delegations": ("delegations", "delegates")}
_TASK_LISTS = ("tasks", "todos")
_SESSION_KEYS = (
    ("session_id", "id"),
    ("complexity", "complexity"),
    ("domain", "domain"),
    ("root_agent", "agent"),
    ("start_time", "started_at"),
    ("end_time", "ended_at"),
    ("updated_at", "ended_at"),
)


VALUES_LIMIT = 10_000
"""Values in the front matter of an older log: the largest known has some hundreds, and each may be a finding."""


def of_file(front: Mapping[str, Any]) -> Normalised:
    """The front matter of an older log as ``normalise`` reads it; one that holds too much is kept aside as a whole."""
    if not _holds_many(front):
        return normalise(front)
    notes = Notes()
    notes.too_much("", "", dict(front), VALUES_LIMIT)
    return notes.result({})


def normalise(front: Mapping[str, Any]) -> Normalised:
    """The front matter of any log as a record of today's shape.

    Total: of whatever shape the values are, nothing is raised. ``front`` is not changed; values that need no change
    are shared with it. Reading a record that was read before changes nothing.
    """
    notes = Notes()
    if not isinstance(front, Mapping):
        notes.unfit("", "", front, "the front matter")
        return notes.result({})
    record = dict(front)
    tasks = _take_lists(record, _TASK_LISTS, "tasks", "", notes)
    tasks += _session(record, notes)
    if tasks or "tasks" in record:
        record["tasks"] = read_tasks(tasks, notes)
    for name in _FIRST:
        if name in record:
            _section(record, name, notes)
    for name, shape in _LISTS.items():
        sources = _take_lists(record, _OLDER_LISTS.get(name, (name,)), name, "", notes, shape)
        if sources or name in record:
            record[name] = read_items(sources, f"/{name}", shape, notes)
    return notes.result(record)


def _holds_many(front: Mapping[str, Any]) -> bool:
    """Whether there are more values than an older log can have; those in collections count as well."""
    number, waiting = 0, list[Any]([front])
    while waiting and number <= VALUES_LIMIT:
        one = waiting.pop()
        held: Any = one.values() if isinstance(one, Mapping) else one
        number += len(held)
        waiting += [value for value in held if value.__class__ in (dict, list)]
    return number > VALUES_LIMIT


def _take_lists(
    holder: dict[str, Any], names: tuple[str, ...], to: str, base: str, notes: Notes, shape: Shape | None = None
) -> list[tuple[str, Any]]:
    """The items of the lists under ``names``, each with its pointer.

    A mapping that has keys of ``shape`` is a list of one. Older names leave ``holder``, and so does what is no list;
    today's name stays, so that the keys keep their order.
    """
    found: list[tuple[str, Any]] = []
    for name in names:
        if name not in holder:
            continue
        value, src = holder[name], child(base, name)
        single = shape is not None and isinstance(value, dict) and not _known(shape).isdisjoint(value)
        if isinstance(value, list):
            found += items_of(value, src)
        elif single:
            notes.reshaped(src, f"/{to}", value, "a list", f"a list of one {to}")
            found.append((src, value))
        elif value is not None:
            notes.unfit(src, src, value, f"a list of {to}")
        if (name != to or base) and (single or isinstance(value, list)):
            notes.older(src, f"an older place; read as /{to}")
        if name != to or base or not (single or isinstance(value, list)):
            del holder[name]
    return found


def _known(shape: Shape) -> set[str]:
    return {key for pair in shape.aliases for key in pair} | {"solution"}


def _session(record: dict[str, Any], notes: Notes) -> list[tuple[str, Any]]:
    """Read ``session`` in place, with the fields that once stood beside it; the task lists it held."""
    raw = record.get("session")
    if raw is not None and not isinstance(raw, dict):
        notes.unfit("/session", "/session", raw, "the session")
    session = dict(raw) if isinstance(raw, dict) else {}
    tasks = _take_lists(session, _TASK_LISTS, "tasks", "/session", notes)
    session = read_map(session, _SESSION, "/session", "/session", notes)
    session = _duration(_lift(record, session, notes), notes)
    rest = {key: value for key, value in record.items() if key != "session"}
    if session or isinstance(raw, dict):
        rest = {key: session if key == "session" else value for key, value in {"session": None, **record}.items()}
    record.clear()
    record.update(rest)
    return tasks


def _lift(record: dict[str, Any], session: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """``session`` with what stood beside it in ``record``, unless it has that field itself."""
    lifted: dict[str, Any] = {}
    for old, new in _SESSION_KEYS:
        value = record.get(old)
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            continue
        if session.get(new) is None and new not in lifted:
            notes.renamed(child("", old), child("/session", new), value, old, f"session.{new}")
            lifted[new] = record.pop(old)
            read = _SESSION.words.get(new)
            word = read(value) if read and isinstance(value, str) else None
            if word and word != value:
                lifted[new] = word
                notes.reworded(child("", old), child("/session", new), value, word)
    return {**session, **lifted} if lifted else session


def _duration(session: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """``session`` with ``duration_minutes`` from a length of time in words."""
    for key in ("duration_minutes", "duration"):
        value = session.get(key)
        if value is None or (key == "duration_minutes" and type(value) is int and value >= 0):
            continue
        src, to = f"/session/{key}", "/session/duration_minutes"
        minutes = words.minutes(value)
        taken = key == "duration" and session.get("duration_minutes") is not None
        if taken and minutes is not None:
            continue
        session = {name: one for name, one in session.items() if name != key}
        if minutes is None:
            notes.unfit(src, src, value, "a length of time")
            continue
        session["duration_minutes"] = minutes
        if key == "duration":
            notes.renamed(src, to, value, key, "duration_minutes")
        else:
            notes.reworded(src, to, value, minutes)
    return session


def _section(record: dict[str, Any], name: str, notes: Notes) -> None:
    """Read ``skills``, ``files``, ``gates`` or ``agents`` in place: a mapping of lists."""
    raw, first, base = record[name], _FIRST[name], f"/{name}"
    flat = isinstance(raw, (list, str))
    if flat:
        notes.reshaped(base, base, raw, name, f"{name}.{first}")
    elif not isinstance(raw, dict):
        del record[name]
        if raw is not None:
            notes.unfit(base, base, raw, f"a mapping of {name}")
        return
    section: dict[str, Any] = {first: raw} if flat else dict(raw)
    for key in _NAMES.get(name, ()):
        _names(section, key, base, base if flat else child(base, key), notes, skills=name == "skills")
    for key, shape in _PARTS.get(name, {}).items():
        _items(section, key, base, base if flat else child(base, key), shape, notes)
    record[name] = section


def _names(section: dict[str, Any], key: str, base: str, src: str, notes: Notes, skills: bool) -> None:
    value = section.get(key)
    if isinstance(value, (list, str)):
        section[key] = read_texts(value, src, child(base, key), notes, skills)
    elif value is not None:
        del section[key]
        notes.unfit(src, child(base, key), value, f"a list of names for {key}")


def _items(section: dict[str, Any], key: str, base: str, src: str, shape: Shape, notes: Notes) -> None:
    value, dst = section.get(key), child(base, key)
    if isinstance(value, str):
        section[key] = read_items([(src, value)], dst, shape, notes)
    elif isinstance(value, list):
        section[key] = read_items(items_of(value, src), dst, shape, notes)
    elif value is not None:
        del section[key]
        notes.unfit(src, dst, value, f"a list of {key}")
