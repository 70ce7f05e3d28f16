"""Where work comes from and what came of it: from a task up to its root and down again, across sessions.

Up: parent tasks, then the task of another session that this session was begun for (its ``parent``, or a delegation
that names it), then the session that it continues. Down: the same links read the other way. An address is a session's
id, or the last 8 characters of it, with ``#`` and a task's id behind it where a task is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from akislog.core import task as graph
from akislog.core.log import WorkflowLog
from akislog.core.rows import log_id


class Family(Protocol):
    """The logs that know each other. Ids are compared without case."""

    def log(self, session_id: str) -> WorkflowLog | None:
        """The log with this id, or whose id ends with these 8 characters."""

    def begun_for(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs whose ``session.parent`` lies in this session."""

    def handed_over_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs of which a delegation names this session."""

    def continued_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs that continue this session."""


class Node(NamedTuple):
    """A session or one of its tasks. ``link`` tells how it hangs on the node above: ``task``, ``delegated``,
    ``session``, ``continues``; empty at the root. ``missing``: it is named, but no log holds it."""

    address: str
    level: int
    link: str
    title: str = ""
    status: str = ""
    agent: str = ""
    missing: bool = False


class Lineage(NamedTuple):
    """The way from the root down to what was asked for, itself last, and all that is below it, in pre-order."""

    chain: tuple[Node, ...]
    below: tuple[Node, ...]


def lineage(address: str, family: Family) -> Lineage | None:
    """The lineage of a session or a task; None where no log holds it. A circle of links is cut where it closes."""
    walk = _Walk(family)
    place = walk.place(address)
    if isinstance(place, str):
        return None
    upwards = list(walk.upwards(place))[::-1]
    chain = tuple(node._replace(level=level) for level, node in enumerate(upwards))
    return Lineage(chain, tuple(walk.downwards(place, chain[-1].level)))


def names(name: str, session_id: str) -> bool:
    """Whether ``name`` is this session's id, or the last 8 characters of it; without regard to case."""
    name, session_id = name.lower(), session_id.lower()
    return bool(name) and (name == session_id or (len(name) == 8 and session_id.endswith(f"_{name}")))


def splits(address: str) -> Iterator[tuple[str, str]]:
    """The ways to read an address as a session's id and a task's: ids of older logs may hold any sign, ``#`` too."""
    yield address, ""
    at = address.rfind("#")
    while at > 0:
        yield address[:at], address[at + 1 :]
        at = address.rfind("#", 0, at)


class _Place(NamedTuple):
    """A log and the id of one of its tasks, empty for the session itself."""

    log: WorkflowLog
    task_id: str = ""


class _Inside:
    """What a walk asks a log again and again."""

    def __init__(self, log: WorkflowLog) -> None:
        self.log = log
        self.id = log_id(log)
        self.tasks = {task.id: task.record for task in reversed(log.tasks)}
        self.below = graph.children(dict(reversed(self.tasks.items())))
        self.delegated = {one.task_id for one in log.delegations}


class _Walk:
    def __init__(self, family: Family) -> None:
        self._family = family
        self._known: dict[int, _Inside] = {}

    def place(self, address: str) -> _Place | str:
        """The log and task of an address; the address itself where no log holds it."""
        for session_id, task_id in splits(address):
            log = self._family.log(session_id)
            if log is not None and (not task_id or log.task(task_id) is not None):
                return _Place(log, task_id)
        return address

    def upwards(self, place: _Place) -> Iterator[Node]:
        """From a place up to its root."""
        seen: set[str] = set()
        current: _Place | str | None = place
        while isinstance(current, _Place):
            above, link = self._above(current)
            node = self._node(current, link)
            if node.address in seen:
                return
            seen.add(node.address)
            yield node
            current = above
        if current is not None:
            yield Node(current, 0, "", missing=True)

    def downwards(self, place: _Place, level: int) -> Iterator[Node]:
        """Everything below a place, in pre-order; what stands in two places is followed in the first."""
        seen = {self._node(place, "").address}
        stack = [(one, level + 1, link) for one, link in self._below(place)][::-1]
        while stack:
            current, level, link = stack.pop()
            if isinstance(current, str):
                yield Node(current, level, link, missing=True)
                continue
            node = self._node(current, link)._replace(level=level)
            if node.address not in seen:
                seen.add(node.address)
                yield node
                stack += [(one, level + 1, link) for one, link in self._below(current)][::-1]

    def _inside(self, log: WorkflowLog) -> _Inside:
        known = self._known.get(id(log))
        if known is None:
            known = self._known[id(log)] = _Inside(log)
        return known

    def _above(self, place: _Place) -> tuple[_Place | str | None, str]:
        """What is above a place, as an address where no log holds it; and the link between the two."""
        log, task_id = place
        inside = self._inside(log)
        if task_id:
            parent = graph.parent_of(inside.tasks[task_id], inside.tasks)
            return _Place(log, parent or ""), "delegated" if task_id in inside.delegated else "task"
        if log.session.parent:
            return self.place(log.session.parent), "session"
        for other in self._family.handed_over_by(inside.id):
            for one in other.delegations:
                if names(one.session, inside.id):
                    return _Place(other, one.task_id if other.task(one.task_id) else ""), "session"
        if log.session.continues:
            return self.place(log.session.continues[0]), "continues"
        return None, ""

    def _below(self, place: _Place) -> list[tuple[_Place | str, str]]:
        log, task_id = place
        inside = self._inside(log)
        found: list[tuple[_Place | str, str]] = [
            (_Place(log, one), "delegated" if one in inside.delegated else "task")
            for one in inside.below.get(task_id or None, [])
        ]
        if task_id:
            handed = [one.session for one in log.delegations if one.task_id == task_id and one.session]
            found += [(self.place(one), "session") for one in handed]
        for other in self._family.begun_for(inside.id):
            if other.session.parent.partition("#")[2] == task_id:
                found.append((_Place(other), "session"))
        if not task_id:
            found += [(_Place(other), "continues") for other in self._family.continued_by(inside.id)]
        return found

    def _node(self, place: _Place, link: str) -> Node:
        log, task_id = place
        session_id = self._inside(log).id
        task = log.task(task_id) if task_id else None
        if task is None:
            session = log.session
            return Node(session_id, 0, link, session.title, session.outcome, session.agent)
        return Node(f"{session_id}#{task_id}", 0, link, task.description, task.status, task.assigned_to)
