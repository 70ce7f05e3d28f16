"""A session is its events: what an event is, how one changes the state, and how a state comes from many.

An event is a flat JSON object ``{"seq", "at", "op", …}``. ``apply`` is total: it judges nothing and reads no clock;
an event it cannot place (an unknown op, an id that is not there) is kept in ``unplaced``, unknown fields stay with
what they describe, and a known field of the wrong kind is left out of the state (the event itself still holds it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from akislog.core import task as graph
from akislog.core.ids import safe_id
from akislog.core.shape import REQUIRED, fits, fitting, whole
from akislog.core.values import NUMBER_LIMIT, file_type, word

Event = dict[str, Any]
State = dict[str, Any]

_ENVELOPE = ("seq", "at", "op", "redacted")
_LISTS = ("continues", "commits", "pull_requests", "inferred")  # session.set and session.end add to these
_MAPS = ("metadata", "host", "recovery", "more")  # … and merge into these
_BESIDE = {  # what these events carry beyond the session section, and of what kind
    "commits": "[commit]",
    "pull_requests": "texts",
    "inferred": "texts",
    "metadata": "map",
    "host": "host",
    "recovery": "recovery",
    "more": "map",
    "writer": "text",
    "source": "source",
}
_LOCAL_ID = 64


def new_state() -> State:
    """The state before the first event."""
    return {
        "session": {},
        "skills": {"loaded": [], "suggested": []},
        "files": {},
        "root_causes": [],
        "gotchas": [],
        "gates": {"passed": [], "violations": []},
        "commands": [],
        "tasks": {},
        "delegations": {},
        "holders": {},  # of every task that was handed over, its latest delegation
        "groups": {},
        "changes": {},
        "phases": [],
        "approvals": {},
        "errors": [],
        "verification": [],
        "usage": {},
        "notes": [],
        "redactions": 0,
        "last_at": None,
        "unplaced": [],
    }


def replay(events: Iterable[Mapping[str, Any]]) -> State:
    """The state that these events make, from nothing."""
    state = new_state()
    for event in events:
        apply(state, event)
    return state


def apply(state: State, event: Mapping[str, Any]) -> None:
    """Fold one event into ``state``. The same state and event always give the same state."""
    op, at = event.get("op"), event.get("at")
    if fits(at, "time"):
        state["last_at"] = at
    redacted = event.get("redacted")
    if isinstance(redacted, int) and fits(redacted, "count"):
        state["redactions"] = _sum(state["redactions"], redacted)
    place = _PLACES.get(op) if isinstance(op, str) else None
    if place is None or not place(state, event):
        state["unplaced"].append(dict(event))


def _fields(event: Mapping[str, Any], entity: str, *without: str) -> dict[str, Any]:
    """The event's own fields as this entity can hold them: all but its envelope, and nothing empty that it needs."""
    own = {key: value for key, value in event.items() if key not in _ENVELOPE and key not in without}
    needed = REQUIRED.get(entity, ())
    return {key: value for key, value in fitting(own, entity).items() if value or key not in needed}


def _task_fields(event: Mapping[str, Any], *without: str) -> dict[str, Any]:
    """The fields of a task; its checklist is a copy, since items are ticked in place."""
    fields = _fields(event, "task", *without)
    if "checklist" in fields:
        fields["checklist"] = [dict(one) for one in fields["checklist"]]
    return fields


def _sum(present: int, more: int) -> int:
    return min(present + more, NUMBER_LIMIT - 1)


def _new_id(event: Mapping[str, Any], present: Mapping[str, Any]) -> str | None:
    """The id that the event gives to something new; None where it is taken or cannot stand in a log."""
    new = _text(event, "id")
    return new if new is not None and new not in present and safe_id(new, _LOCAL_ID) else None


def _text(event: Mapping[str, Any], key: str) -> str | None:
    value = event.get(key)
    return value if isinstance(value, str) and value else None


def _find(state: State, table: str, event: Mapping[str, Any], key: str = "id") -> dict[str, Any] | None:
    """The entry of ``table`` that the event names, or None."""
    name = _text(event, key)
    found: dict[str, Any] | None = None if name is None else state[table].get(name)
    return found


def _session(state: State, event: Mapping[str, Any]) -> bool:
    session = state["session"]
    for key, value in _fields(event, "session").items():
        present = session.get(key)
        if (key == "id" and present) or (key in _BESIDE and not fits(value, _BESIDE[key])):
            continue  # an id is given once
        if key in _LISTS:
            added = [one for one in value if key != "continues" or safe_id(one)]
            session[key] = [*(present or []), *(one for one in added if one not in (present or []))]
        elif key in _MAPS:
            session[key] = {**(present or {}), **value}
        else:
            session[key] = value
    return True


def _session_start(state: State, event: Mapping[str, Any]) -> bool:
    state["session"].setdefault("started_at", state["last_at"])
    return _session(state, event)


def _session_end(state: State, event: Mapping[str, Any]) -> bool:
    state["session"]["ended_at"] = state["last_at"]
    return _session(state, event)


def _task_add(state: State, event: Mapping[str, Any]) -> bool:
    task_id = _new_id(event, state["tasks"])
    if task_id is None:
        return False
    created = {"description": task_id, "status": "pending", "created_at": state["last_at"]}
    state["tasks"][task_id] = {**created, **_task_fields(event)}
    return True


def _task_set(state: State, event: Mapping[str, Any]) -> bool:
    task = _find(state, "tasks", event)
    if task is None:
        return False
    task.update(_task_fields(event, "id", "status"))
    return True


def _task_status(state: State, event: Mapping[str, Any]) -> bool:
    task, status = _find(state, "tasks", event), event.get("status")
    if task is None or status not in graph.STATUSES:
        return False
    reason = _text(event, "reason")
    if status in ("pending", "working", "delegated"):
        task.pop("result", None)  # what is taken up again has no result yet
        if status == "pending" and reason:
            task["reopened"] = [*task.get("reopened", []), reason]
    elif reason:
        task["result"] = reason
    task.update(_task_fields(event, "id", "reason"))
    _set_times(task, str(status), state["last_at"])
    return True


def _set_times(task: dict[str, Any], status: str, at: Any) -> None:
    if status in graph.FINAL:
        task["completed_at"] = at
        return
    task.pop("completed_at", None)
    if status in ("working", "delegated"):
        task.setdefault("started_at", at)


def _task_check(state: State, event: Mapping[str, Any]) -> bool:
    task, item = _find(state, "tasks", event), _text(event, "item")
    if task is None or item is None:
        return False
    done = event.get("done") is True
    checklist = task.setdefault("checklist", [])
    for one in checklist:
        if one.get("item") == item:
            one["done"] = done
            return True
    checklist.append({"item": item, "done": done})
    return True


def _delegation_open(state: State, event: Mapping[str, Any]) -> bool:
    delegation_id, task = _new_id(event, state["delegations"]), _find(state, "tasks", event, "task_id")
    if delegation_id is None or task is None:
        return False
    opened = {"agent": "agent", "status": "running", "started_at": state["last_at"]}
    delegation = {**opened, **_fields(event, "delegation", "forced")}
    if event.get("forced") is True:
        task["forced"] = True
    state["delegations"][delegation_id] = delegation
    state["holders"][delegation["task_id"]] = delegation_id
    task["status"] = "delegated"
    for key, taken in (("assigned_to", delegation.get("agent")), ("skill", delegation.get("skill_required"))):
        if taken and (key == "assigned_to" or key not in task):
            task[key] = taken
    _set_times(task, "delegated", state["last_at"])
    return True


def _delegation_close(state: State, event: Mapping[str, Any]) -> bool:
    delegation, status = _find(state, "delegations", event), event.get("status")
    if delegation is None or status not in graph.DELEGATION_STATUSES:
        return False
    closing = _fields(event, "delegation", "id", "task_id")
    delegation.update(closing)
    if status == "running":
        return True
    delegation["completed_at"] = state["last_at"]
    task = state["tasks"][delegation["task_id"]]
    for key in ("artifacts", "tokens_used"):
        if key in closing:
            task[key] = closing[key]
    holds = state["holders"].get(delegation["task_id"]) == event["id"]
    if holds and task["status"] == "delegated":  # it may have been taken back meanwhile
        task["status"] = graph.AFTER_DELEGATION[status]
        _set_times(task, task["status"], state["last_at"])
    return True


def _group_add(state: State, event: Mapping[str, Any]) -> bool:
    group_id, members = _text(event, "id"), event.get("tasks")
    if group_id is None or not safe_id(group_id, _LOCAL_ID) or not isinstance(members, list):
        return False
    present = state["groups"].setdefault(group_id, [])
    for member in members:
        if isinstance(member, str) and member not in present:
            present.append(member)
            if member in state["tasks"]:
                state["tasks"][member].setdefault("parallel_group", group_id)
    return True


def _file(state: State, event: Mapping[str, Any]) -> bool:
    path = _text(event, "path")
    if path is None:
        return False
    before = state["files"].get(path, {})
    action = event.get("action")
    if action not in ("created", "deleted") or (action == "created" and before.get("action") == "modified"):
        action = "created" if before.get("action") == "created" else "modified"
    kind = _text(event, "type") or before.get("type") or file_type(path)
    domain = _text(event, "domain") or before.get("domain")
    state["files"][path] = {"action": action, "type": kind, "domain": domain and word(domain)}
    _count_change(state["changes"], path, event)
    return True


def _count_change(changes: dict[Any, dict[str, Any]], path: str, event: Mapping[str, Any]) -> None:
    task, added, removed = (event.get(key) for key in ("task", "added", "removed"))
    if added is None and removed is None and not isinstance(task, str):
        return
    change = changes.setdefault((path, task if isinstance(task, str) else None), {"path": path})
    for key, count in (("added", added), ("removed", removed)):
        if isinstance(count, int) and fits(count, "count"):
            change[key] = _sum(change.get(key, 0), count)
    if isinstance(task, str):
        change["task"] = task


def _skill(state: State, event: Mapping[str, Any]) -> bool:
    name = _text(event, "name")
    kind = "suggested" if event.get("kind") == "suggested" else "loaded"
    if name is not None and name not in state["skills"][kind]:
        state["skills"][kind].append(name)
    return name is not None


def _gate(state: State, event: Mapping[str, Any]) -> bool:
    gate, gates = _text(event, "gate"), state["gates"]
    if gate is None:
        return False
    if event.get("passed") is False:
        gates["violations"].append(_fields(event, "violation", "passed"))
    elif gate not in gates["passed"]:
        gates["passed"].append(gate)
    return True


def _phase(state: State, event: Mapping[str, Any]) -> bool:
    to_phase = _text(event, "to_phase")
    if to_phase is None:
        return False
    phases = state["phases"]
    origin = phases[-1]["to_phase"] if phases else "initializing"
    phases.append({"from_phase": origin, **_fields(event, "phase"), "at": state["last_at"]})
    return True


def _approval_ask(state: State, event: Mapping[str, Any]) -> bool:
    approval_id, approval = _text(event, "id"), _fields(event, "approval", "id")
    if approval_id is None or approval_id in state["approvals"] or not whole(approval, "approval"):
        return False
    state["approvals"][approval_id] = {"asked_at": state["last_at"], **approval}
    return True


def _approval_answer(state: State, event: Mapping[str, Any]) -> bool:
    approval = _find(state, "approvals", event)
    if approval is None:
        return False
    approval.update(_fields(event, "approval", "id"), answered_at=state["last_at"])
    return True


def _usage(state: State, event: Mapping[str, Any]) -> bool:
    usage = state["usage"]
    for key, value in _fields(event, "usage").items():
        present = usage.get(key)
        if isinstance(value, list):
            known = present if isinstance(present, list) else []
            usage[key] = [*known, *(one for one in value if one not in known)]
        elif fits(value, "count") and fits(present, "count"):
            usage[key] = _sum(present, value)
        else:
            usage[key] = value
    return True


def _note(state: State, event: Mapping[str, Any]) -> bool:
    text = _text(event, "text")
    if text is not None:
        state["notes"].append(text)
    return text is not None


def _listed(table: str, entity: str) -> Callable[[State, Mapping[str, Any]], bool]:
    """An op that adds its fields to a list as they are."""

    def place(state: State, event: Mapping[str, Any]) -> bool:
        fields = _fields(event, entity)
        if whole(fields, entity):
            state[table].append(fields)
        return whole(fields, entity)

    return place


_PLACES: Mapping[str, Callable[[State, Mapping[str, Any]], bool]] = {
    "session.start": _session_start,
    "session.set": _session,
    "session.end": _session_end,
    "task.add": _task_add,
    "task.set": _task_set,
    "task.status": _task_status,
    "task.check": _task_check,
    "delegation.open": _delegation_open,
    "delegation.close": _delegation_close,
    "group.add": _group_add,
    "gotcha": _listed("gotchas", "gotcha"),
    "root_cause": _listed("root_causes", "root_cause"),
    "file": _file,
    "command": _listed("commands", "command"),
    "skill": _skill,
    "gate": _gate,
    "error": _listed("errors", "error"),
    "phase": _phase,
    "approval.ask": _approval_ask,
    "approval.answer": _approval_answer,
    "verification": _listed("verification", "verification"),
    "usage": _usage,
    "note": _note,
}
OPS = tuple(_PLACES)
