"""From a session's state to its record: what was recorded, and everything that follows from it.

Derived here and nowhere else: depths, chains, durations, file types, the delegated agents in three words, the state of
parallel groups and the counts of sub-tasks. ``record_of`` is pure and total.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akislog.core import task as graph
from akislog.core.shape import ALWAYS, SHAPE, fits, fitting
from akislog.core.values import minutes_between, portable, word

State = Mapping[str, Any]
Record = dict[str, Any]

# What the session's events carry that stands in other sections of the record.
_ELSEWHERE = ("writer", "source", "host", "inferred", "commits", "pull_requests", "metadata", "recovery", "more")


def record_of(state: State) -> Record:
    """The record of a session in this state. One that has not ended counts as interrupted at its last event."""
    session, inferred = _session(state)
    tasks = _tasks(state)
    delegations = _delegations(state, tasks, str(session.get("agent", graph.UNKNOWN_AGENT)))
    files = _files(state["files"])
    whole = {
        "session": session,
        "skills": state["skills"],
        "files": files,
        "root_causes": state["root_causes"],
        "gotchas": state["gotchas"],
        "gates": state["gates"],
        "agents": {"delegated": [_in_three_words(one, state["tasks"]) for one in delegations]},
        "commands": state["commands"],
        "tasks": tasks,
        "delegations": delegations,
        "parallel_groups": _groups(state),
        "changes": list(state["changes"].values()),
        "commits": state["session"].get("commits"),
        "pull_requests": state["session"].get("pull_requests"),
        "phases": state["phases"],
        "approvals": list(state["approvals"].values()),
        "errors": state["errors"],
        "verification": state["verification"],
        "notes": state["notes"],
        "usage": state["usage"],
        "metadata": state["session"].get("metadata"),
        "recovery": state["session"].get("recovery"),
        "provenance": _provenance(state, inferred),
    }
    _add(whole, state["session"].get("more") or {})
    return ordered(portable(whole), "record")


def _add(whole: Record, more: Mapping[str, Any]) -> None:
    """Put in what a document had beyond the sections of the format, and the fields beyond those of a section."""
    for key, value in more.items():
        there, kind = whole.get(key), SHAPE["record"].get(key)
        if kind is not None and not fits(value, kind):
            continue
        whole[key] = {**there, **value} if isinstance(there, dict) and isinstance(value, dict) else there or value


def ordered(values: Mapping[str, Any], entity: str) -> Record:
    """``values`` in the order of the format, known fields first and without those that hold nothing.

    Fields of ALWAYS are there in any case; a ``false``, a ``0`` and the keys of free mappings are something.
    """
    fields, always = SHAPE[entity], ALWAYS.get(entity, ())
    result: Record = {}
    for key, kind in fields.items():
        value = values.get(key)
        if isinstance(value, (dict, list)):
            value = _in_order(value, kind)
        if value or value == 0:
            result[key] = value
        elif key in always:
            result[key] = _nothing(kind) if value is None else value
    for key, value in values.items():
        if key not in fields and (value or value == 0):
            result[key] = value
    return result


def _in_order(value: Any, kind: str) -> Any:
    if kind in SHAPE and isinstance(value, dict):
        return ordered(value, kind)
    if kind.startswith("[") and isinstance(value, list):
        return [ordered(one, kind[1:-1]) if isinstance(one, dict) else one for one in value]
    return value


def _nothing(kind: str) -> Any:
    return [] if kind.startswith("[") or kind in ("texts", "names") else ordered({}, kind) if kind in SHAPE else {}


def _session(state: State) -> tuple[Record, list[str]]:
    """The session section, and the paths of what in it was guessed."""
    given = state["session"]
    inferred = [one for one in given.get("inferred") or [] if isinstance(one, str)]
    session = fitting({key: value for key, value in given.items() if key not in _ELSEWHERE}, "session")
    for key, value in (("outcome", "interrupted"), ("ended_at", state["last_at"])):
        if key not in session and value is not None:
            session[key] = value
            inferred.append(f"session.{key}")
    if "complexity" not in session:
        number = len(state["tasks"])
        session["complexity"] = "simple" if number <= 2 else "medium" if number <= 5 else "complex"
        inferred.append("session.complexity")
    session["domain"] = word(str(session.get("domain", "unspecified")))
    if "started_at" in session:
        session["date"] = session["started_at"][:10]
        session["duration_minutes"] = minutes_between(session["started_at"], session.get("ended_at"))
    return session, list(dict.fromkeys(inferred))


def _tasks(state: State) -> list[Record]:
    tasks = state["tasks"]
    known = {"assigned_to": state["session"]["agent"]} if "agent" in state["session"] else {}
    depths = graph.depths(tasks, _handed_over(state))
    return [{**known, **tasks[task_id], "delegation_depth": depths[task_id]} for task_id, _ in graph.preorder(tasks)]


def _handed_over(state: State) -> set[str]:
    return {one["task_id"] for one in state["delegations"].values()}


def _delegations(state: State, tasks: list[Record], root_agent: str) -> list[Record]:
    by_id = {task["id"]: task for task in tasks}
    below = graph.children(by_id)
    handed_over = _handed_over(state)
    finished = []
    for delegation in state["delegations"].values():
        task = by_id[delegation["task_id"]]
        chain = graph.chain(task["id"], by_id, handed_over, root_agent)
        subtasks = [by_id[one]["status"] for one in below.get(task["id"], [])]
        counted = {"subtasks": {"total": len(subtasks), "completed": subtasks.count("done")}} if subtasks else {}
        parent = graph.parent_of(task, by_id)
        finished.append(
            {
                "parent_agent": by_id[parent].get("assigned_to", root_agent) if parent else root_agent,
                **counted,
                **delegation,
                "parent_task_id": parent,
                "delegation_depth": chain[-1]["depth"],
                "delegation_chain": chain,
            }
        )
    return finished


def _in_three_words(delegation: Record, tasks: graph.TaskMap) -> Record:
    description = tasks[delegation["task_id"]].get("description", delegation["task_id"])
    return {"name": delegation.get("agent", graph.UNKNOWN_AGENT), "task": description, "result": delegation["status"]}


def _groups(state: State) -> list[Record]:
    members: dict[str, list[str]] = {key: list(value) for key, value in state["groups"].items()}
    for task_id, task in state["tasks"].items():
        group = task.get("parallel_group")
        if group and task_id not in members.setdefault(group, []):
            members[group].append(task_id)
    return [
        {"id": group_id, "tasks": ids, "status": _group_status([_status(state, one) for one in ids])}
        for group_id, ids in members.items()
    ]


def _status(state: State, task_id: str) -> str | None:
    task: Mapping[str, Any] = state["tasks"].get(task_id, {})
    return task.get("status")


def _group_status(statuses: list[str | None]) -> str:
    if any(status not in graph.FINAL for status in statuses):
        return "running"
    return "completed" if all(status in ("done", "cancelled") for status in statuses) else "failed"


def _files(files: Mapping[str, Mapping[str, Any]]) -> Record:
    listed: Record = {"created": [], "modified": [], "deleted": [], "types": {}}
    for path, file in files.items():
        kind = word(file["type"], "file")
        listed[file["action"]].append({"path": path, "type": kind, "domain": file["domain"] or _domain(path)})
        listed["types"][kind] = listed["types"].get(kind, 0) + 1
    return listed


def _domain(path: str) -> str:
    """The domain of a file that was given none: its top folder, or ``root``."""
    folder, slash, _ = path.removeprefix("./").lstrip("/~").partition("/")
    return word(folder, "root") if slash else "root"


def _provenance(state: State, inferred: list[str]) -> Record:
    given = state["session"]
    return {
        "format": 1,
        "writer": given.get("writer"),
        "source": given.get("source", "live"),
        "host": given.get("host"),
        "inferred": inferred,
        "redactions": state["redactions"],
        "dropped": {},
    }
