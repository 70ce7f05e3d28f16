"""Work that was left open when its session ended, and the later work that closed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from akislog.core.lineage import names
from akislog.core.log import Task, WorkflowLog
from akislog.core.rows import log_id
from akislog.core.task import FINAL


class Leftover(NamedTuple):
    """A task that was open at END. ``closed_by`` is the address of the work that closed it, empty where none did.

    ``how``: ``continued`` by a session that continues this one, ``handed over`` to a session begun for the task, or
    ``same words``: a later task of the same description, which is a guess.
    """

    date: str
    address: str
    status: str
    agent: str
    description: str
    closed_by: str
    closed_on: str
    how: str
    path: str


def leftovers(logs: Iterable[WorkflowLog]) -> list[Leftover]:
    """All work left open: what is still open first, then what was closed; each newest first."""
    ordered = sorted(logs, key=lambda log: (_start(log), log.path or ""))
    later = _Later(ordered)
    found = [one for number, log in enumerate(ordered) for one in _of(log, number, later)]
    found.reverse()
    return sorted(found, key=lambda one: bool(one.closed_by))


class _Done(NamedTuple):
    """A task that came to an end, and the number of its log in the order of time."""

    number: int
    address: str
    date: str


class _Later:
    """What came after: tasks that were done, by their words; sessions that continue another or were begun for it."""

    def __init__(self, logs: list[WorkflowLog]) -> None:
        self._logs = logs
        self._done: dict[str, list[_Done]] = {}
        self._continued: dict[str, list[int]] = {}
        self._begun: dict[str, list[int]] = {}
        for number, log in enumerate(logs):
            for task in log.tasks:
                if task.status == "done" and task.description:
                    ended = _Done(number, f"{log_id(log)}#{task.id}", _date(log))
                    self._done.setdefault(_words(task), []).append(ended)
            for before in log.session.continues:
                self._continued.setdefault(_short(before), []).append(number)
            if log.session.parent:
                self._begun.setdefault(_short(log.session.parent.partition("#")[0]), []).append(number)

    def closing(self, log: WorkflowLog, number: int, task: Task) -> tuple[str, str, str]:
        """Address, date and manner of what closed a task; empty texts where nothing did."""
        session = log_id(log)
        after = self._after(number)
        for one in after:
            for other in self._logs[one].tasks:
                if other.status in FINAL and (other.id == task.id or _words(other) == _words(task)):
                    return f"{log_id(self._logs[one])}#{other.id}", _date(self._logs[one]), "continued"
        for one in self._begun.get(_short(session), ()):
            parent, _, of_task = self._logs[one].session.parent.partition("#")
            done = self._logs[one].session.outcome == "completed"
            if of_task == task.id and names(parent, session) and done:
                return log_id(self._logs[one]), _date(self._logs[one]), "handed over"
        for ended in self._done.get(_words(task), ()):
            if ended.number > number:
                return ended.address, ended.date, "same words"
        return "", "", ""

    def _after(self, number: int) -> list[int]:
        """The logs that continue this one, and those that continue them."""
        found: dict[int, None] = {}
        waiting = [number]
        while waiting:
            session = log_id(self._logs[waiting.pop()])
            for one in self._continued.get(_short(session), ()):
                named = any(names(before, session) for before in self._logs[one].session.continues)
                if one != number and one not in found and named:
                    found[one] = None
                    waiting.append(one)
        return list(found)


def _of(log: WorkflowLog, number: int, later: _Later) -> Iterator[Leftover]:
    parents = {task.parent_task_id for task in log.tasks}
    for task in log.tasks:
        if task.status in FINAL or not task.status or (task.id in parents and task.status == "working"):
            continue  # a task that is working through its parts is told by them
        closed_by, closed_on, how = later.closing(log, number, task)
        agent = task.assigned_to or log.session.agent
        address = f"{log_id(log)}#{task.id}"
        yield Leftover(
            _date(log), address, task.status, agent, task.description, closed_by, closed_on, how, log.path or ""
        )


def _words(task: Task) -> str:
    return " ".join(task.description.casefold().split())


def _short(session_id: str) -> str:
    """What an id has in common with its short form: its last 8 characters."""
    return session_id[-8:].lower()


def _start(log: WorkflowLog) -> str:
    return log.session.started_at or log.session.date


def _date(log: WorkflowLog) -> str:
    return log.session.date or log.session.started_at[:10]
