"""A to-do list by one function, for agents that know ``manage_todo_list``, on the current session.

The actions are add, start, complete, delegate and list; ``build_delegation_chain`` tells where a task comes from.
A task always has an id (a UUID unless one is given), always knows its parent, and keeps what came back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from akislog.api import current
from akislog.core.recorder import refuse_reserved
from akislog.core.session import Session
from akislog.core.task import AFTER_DELEGATION, GLYPHS
from akislog.core.values import portable, require_word_of
from akislog.errors import InvalidValue, UnknownId, UsageError

ROOT_AGENT = "AKIS"
Todo = dict[str, Any]

_TIMES = ("created_at", "started_at", "completed_at")
_ARGUMENTS = frozenset({"description", "parent", "at"})  # said in another way here
_CONTEXT = ("delegation_depth", "delegation_chain", "parent_agent")  # what follows from the links is never trusted


def manage_todo_list(
    action: str,
    task: str | None = None,
    task_id: str | None = None,
    result: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Todo | list[Todo]:
    """Add, start, complete, delegate or list tasks of the current session; gives the task, or all of them.

    Raises NoCurrentSession, UsageError (what the call lacks) and the errors of the session's verbs.
    """
    session = current()
    if not isinstance(metadata, (Mapping, type(None))):
        raise UsageError(f"metadata must be a mapping of fields, not {metadata!r}")
    given = {key: value for key, value in (metadata or {}).items() if key not in _CONTEXT}
    with session.lock:  # the answer tells of the moment of the change
        return _act(session, action, task, task_id, result, given)


def _act(
    session: Session, action: str, task: str | None, task_id: str | None, result: str, given: dict[str, Any]
) -> Todo | list[Todo]:
    if action == "list":
        return todos(session)
    if action == "add":
        return _todo(session, _add(session, task, given))
    if action not in ("start", "complete", "delegate"):
        raise UsageError(f"action must be add, start, complete, delegate or list, not {action!r}")
    if not task_id:
        raise UsageError(f'{action} needs task_id; manage_todo_list(action="list") shows the ids')
    if action == "start":
        session.move(task_id, "working", force=bool(given.get("force")), at=given.get("started_at"))
    elif action == "complete":
        _complete(session, task_id, result, given)
    else:
        _delegate(session, task_id, given)
    return _todo(session, task_id)


def _add(session: Session, task: str | None, given: dict[str, Any]) -> str:
    if not task:
        raise UsageError('add needs task, the text of the task: manage_todo_list(action="add", task="…")')
    fields = {key: value for key, value in given.items() if key not in _TIMES}
    refuse_reserved(fields, _ARGUMENTS, "a task")
    handle = session.task(
        task,
        id=fields.pop("id", None) or str(uuid.uuid4()),
        parent=fields.pop("parent_task_id", None) or None,
        at=given.get("created_at"),
        **fields,
    )
    return handle.id


def _complete(session: Session, task_id: str, result: str, given: dict[str, Any]) -> None:
    """Close the task; if it is out with an agent, what came back closes that delegation too."""
    status = require_word_of(given.get("status", "success"), tuple(AFTER_DELEGATION), "status")
    returned = {key: given[key] for key in ("artifacts", "tokens_used") if given.get(key) is not None}
    at = given.get("completed_at")
    running = _running(session, task_id)
    if running is None:
        session.move(task_id, AFTER_DELEGATION[status], result=result, at=at, **returned)
    else:
        if not result:
            raise InvalidValue(f"task {task_id} was delegated; complete it with result=, what the agent returned")
        session.close_delegation(running, status, result, subtasks=given.get("subtasks"), at=at, **returned)


def _running(session: Session, task_id: str) -> str | None:
    for delegation_id, delegation in session.state["delegations"].items():
        if delegation["task_id"] == task_id and delegation["status"] == "running":
            return str(delegation_id)
    return None


def _delegate(session: Session, task_id: str, given: dict[str, Any]) -> None:
    agent = given.get("assigned_to") or given.get("agent")
    if not agent:
        raise UsageError('delegate needs the agent: metadata={"assigned_to": "code"}')
    options = ("prompt", "reason", "files_allowed", "skill_required", "session", "force")
    session.delegate(
        task_id,
        agent,
        **{key: given[key] for key in options if given.get(key) is not None},
        at=given.get("started_at"),
    )


def todos(session: Session) -> list[Todo]:
    """All tasks as to-dos, in the order of the tree."""
    with session.lock:
        links = _links(session)
        return [_todo(session, task.id, links) for task, _ in session.tree()]


def _todo(session: Session, task_id: str, links: list[Todo] | None = None) -> Todo:
    """One task as a to-do: its fields, its glyph as ``status``, its text as ``task``, depth and chain worked out."""
    session.get(task_id)
    fields = portable(session.state["tasks"][task_id])  # a copy
    chain = build_delegation_chain(task_id, links or _links(session))
    return {
        **{key: value for key, value in fields.items() if key != "description"},
        "task": fields.get("description", ""),
        "status": GLYPHS[fields["status"]],
        "state": fields["status"],
        "assigned_to": fields.get("assigned_to", session.agent),
        "delegation_depth": chain[-1]["depth"],
        "delegation_chain": chain,
    }


def _links(session: Session) -> list[Todo]:
    depths = {link["task_id"]: link["depth"] for one in session.state["tasks"] for link in session.chain(one)}
    return [
        {
            "id": task_id,
            "task": task.get("description", ""),
            "assigned_to": task.get("assigned_to", session.agent),
            "delegation_depth": depths[task_id],
            "parent_task_id": task.get("parent_task_id"),
        }
        for task_id, task in session.state["tasks"].items()
    ]


def build_delegation_chain(task_id: str, todos: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The path from the root to this task, root first: id, text, agent and depth of each.

    Raises UnknownId where a task or a parent is not in ``todos``, InvalidValue where parents go in a circle.
    """
    by_id = {todo["id"]: todo for todo in todos}
    chain: list[dict[str, Any]] = []
    current_id: str | None = task_id
    while current_id:
        todo = by_id.get(current_id)
        if todo is None:
            raise UnknownId(f"the chain of {task_id} is broken: no task {current_id!r} in the list")
        if len(chain) >= len(by_id):
            raise InvalidValue(f"the parents of {task_id} go in a circle")
        chain.insert(
            0,
            {
                "task_id": todo["id"],
                "task": todo["task"],
                "agent": todo.get("assigned_to", ROOT_AGENT),
                "depth": todo.get("delegation_depth", 0),
            },
        )
        current_id = todo.get("parent_task_id")
    return chain
