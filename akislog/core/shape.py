"""The shape of a record: its sections, their fields in the order they are written, and the kind of each.

One table serves the recorder (what may be recorded), the renderer (order and quoting) and the typed views; a test
compares it with the published schema. Kinds: ``text`` is always quoted; ``name`` is a plain word; ``integer`` a whole
number, ``count`` one from 0 up; ``number`` any finite number from 0 up; ``flag`` true or false; ``time`` a UTC time
in whole seconds; ``offset`` an offset from UTC such as ``+01:00``; ``texts`` and ``names`` lists of these; ``map`` a
mapping of free keys; a key of WORDS one word of that closed list; any other kind names an entity of this table,
``[entity]`` a list of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from akislog.core.task import DELEGATION_STATUSES, STATUSES
from akislog.core.values import NUMBER_LIMIT, portable

Fields = Mapping[str, str]

OUTCOMES = ("completed", "failed", "abandoned", "interrupted")
COMPLEXITIES = ("simple", "medium", "complex")
ANSWERS = ("approved", "rejected", "expired", "cancelled")

WORDS: Mapping[str, tuple[str, ...]] = {
    "complexity": COMPLEXITIES,
    "outcome": OUTCOMES,
    "task_status": STATUSES,
    "delegation_status": DELEGATION_STATUSES,
    "group_status": ("running", "completed", "failed"),
    "answer": ANSWERS,
    "source": ("live", "transcript", "recovered", "converted"),
}

SHAPE: Mapping[str, Fields] = {
    "record": {
        "session": "session",
        "skills": "skills",
        "files": "files",
        "root_causes": "[root_cause]",
        "gotchas": "[gotcha]",
        "gates": "gates",
        "agents": "agents",
        "commands": "[command]",
        "tasks": "[task]",
        "delegations": "[delegation]",
        "parallel_groups": "[group]",
        "changes": "[change]",
        "commits": "[commit]",
        "pull_requests": "texts",
        "phases": "[phase]",
        "approvals": "[approval]",
        "errors": "[error]",
        "verification": "[verification]",
        "notes": "texts",
        "usage": "usage",
        "metadata": "map",
        "recovery": "recovery",
        "provenance": "provenance",
    },
    "session": {
        "id": "text",
        "date": "text",
        "complexity": "complexity",
        "domain": "name",
        "title": "text",
        "outcome": "outcome",
        "agent": "name",
        "started_at": "time",
        "ended_at": "time",
        "duration_minutes": "count",
        "active_minutes": "count",
        "utc_offset": "offset",
        "summary": "text",
        "purpose": "text",
        "branch": "text",
        "base_commit": "text",
        "head_commit": "text",
        "continues": "texts",
        "parent": "text",
    },
    "skills": {"loaded": "names", "suggested": "names"},
    "files": {"created": "[file]", "modified": "[file]", "deleted": "[file]", "types": "map"},
    "file": {"path": "text", "type": "name", "domain": "name"},
    "root_cause": {"problem": "text", "solution": "text", "skill": "name", "gate": "name"},
    "gotcha": {"pattern": "text", "warning": "text", "solution": "text", "applies_to": "names"},
    "gates": {"passed": "names", "violations": "[violation]"},
    "violation": {"gate": "name", "reason": "text", "recovered": "flag"},
    "agents": {"delegated": "[delegated]"},
    "delegated": {"name": "name", "task": "text", "result": "name"},
    "command": {
        "cmd": "text",
        "domain": "name",
        "success": "flag",
        "exit_code": "integer",
        "seconds": "number",
        "task": "text",
    },
    "task": {
        "id": "text",
        "description": "text",
        "status": "task_status",
        "assigned_to": "name",
        "delegation_depth": "count",
        "parent_task_id": "text",
        "dependencies": "texts",
        "parallel_group": "text",
        "skill": "name",
        "created_at": "time",
        "started_at": "time",
        "completed_at": "time",
        "forced": "flag",
        "reopened": "texts",
        "checklist": "[check]",
        "result": "text",
        "artifacts": "texts",
        "tokens_used": "count",
    },
    "check": {"item": "text", "done": "flag"},
    "delegation": {
        "id": "text",
        "task_id": "text",
        "agent": "name",
        "parent_agent": "name",
        "parent_task_id": "text",
        "delegation_depth": "count",
        "delegation_chain": "[link]",
        "skill_required": "name",
        "reason": "text",
        "files_allowed": "texts",
        "prompt": "text",
        "status": "delegation_status",
        "started_at": "time",
        "completed_at": "time",
        "result": "text",
        "artifacts": "texts",
        "tokens_used": "count",
        "subtasks": "subtasks",
        "session": "text",
    },
    "link": {"task_id": "text", "agent": "name", "depth": "count"},
    "subtasks": {"total": "count", "completed": "count"},
    "group": {"id": "text", "tasks": "texts", "status": "group_status"},
    "change": {"path": "text", "added": "count", "removed": "count", "task": "text"},
    "commit": {"sha": "text", "subject": "text"},
    "phase": {"from_phase": "name", "to_phase": "name", "at": "time"},
    "approval": {"asked_at": "time", "question": "text", "answer": "answer", "answered_at": "time"},
    "error": {"type": "name", "message": "text", "file": "text", "fixed": "flag", "root_cause": "text"},
    "verification": {"check": "text", "ok": "flag"},
    "usage": {
        "models": "texts",
        "input_tokens": "count",
        "output_tokens": "count",
        "cache_read_tokens": "count",
        "cache_write_tokens": "count",
        "interrupts": "count",
    },
    "recovery": {"cause": "name", "last_event_at": "time", "data_loss_seconds": "number"},
    "provenance": {
        "format": "count",
        "writer": "text",
        "source": "source",
        "host": "host",
        "inferred": "texts",
        "redactions": "count",
        "dropped": "map",
    },
    "host": {"agent": "name", "version": "text", "session_id": "text"},
}

ALWAYS: Mapping[str, tuple[str, ...]] = {
    "record": ("session", "skills", "files", "root_causes", "gotchas", "gates", "agents", "tasks", "provenance"),
    "skills": ("loaded", "suggested"),
    "files": ("modified", "types"),
    "gates": ("passed", "violations"),
    "agents": ("delegated",),
    "provenance": ("inferred", "dropped"),
}
"""Sections and fields that are written even where there is nothing in them."""


REQUIRED: Mapping[str, tuple[str, ...]] = {
    "session": ("id", "title"),
    "task": ("id", "description"),
    "check": ("item",),
    "delegation": ("id", "task_id", "agent"),
    "link": ("task_id",),
    "root_cause": ("problem",),
    "gotcha": ("pattern",),
    "violation": ("gate",),
    "command": ("cmd",),
    "phase": ("to_phase",),
    "approval": ("question",),
    "verification": ("check",),
    "commit": ("sha",),
}
"""Texts without which an entry says nothing."""

_FORMS: Mapping[str, str] = {
    "time": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z",
    "offset": r"[+-][0-9]{2}:[0-9]{2}",
}


def fits(value: Any, kind: str) -> bool:
    """Whether ``value`` is of this kind, its own entities included."""
    if kind in ("text", "name"):
        return isinstance(value, str)
    if kind in WORDS:
        return isinstance(value, str) and value in WORDS[kind]
    if kind in _FORMS:
        return isinstance(value, str) and _form(kind).fullmatch(value) is not None
    if kind in ("texts", "names"):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == "flag":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and _NUMBERS[kind](value)
    if kind.startswith("["):
        return isinstance(value, list) and all(fits(one, kind[1:-1]) for one in value)
    if not isinstance(value, dict):
        return False
    fields = SHAPE.get(kind, {})
    return whole(value, kind) and all(fits(one, fields[key]) for key, one in value.items() if key in fields)


@cache
def _form(kind: str) -> re.Pattern[str]:
    return re.compile(_FORMS[kind])  # on first use: a hook that checks one log has no use for it


_NUMBERS: Mapping[str, Callable[[float], bool]] = {
    "count": lambda value: isinstance(value, int) and 0 <= value < NUMBER_LIMIT,
    "integer": lambda value: isinstance(value, int) and abs(value) < NUMBER_LIMIT,
    "number": lambda value: value >= 0 and isinstance(portable(value), (int, float)),
}


def whole(values: Mapping[str, Any], entity: str) -> bool:
    """Whether everything is there without which an entry says nothing."""
    return all(values.get(key) for key in REQUIRED.get(entity, ()))


def fitting(values: Mapping[str, Any], entity: str) -> dict[str, Any]:
    """``values`` without nulls and without known fields of the wrong kind; unknown fields stay."""
    fields = SHAPE[entity]
    return {
        key: value
        for key, value in values.items()
        if value is not None and (key not in fields or fits(value, fields[key]))
    }
