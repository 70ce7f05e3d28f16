"""Why a file is as it is: what every session, task and lesson had to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from akislog.core.log import WorkflowLog
from akislog.core.rows import log_id

_SHORTEST_NAME = 4  # shorter file names are ordinary words of a text


class Touch(NamedTuple):
    """One thing that had to do with a file: created, modified, deleted, returned, error, gotcha or root cause.

    The last two name the file in their text. ``address`` is that of the task where one is known, else of the log.
    """

    date: str
    what: str
    address: str
    text: str
    file: str
    path: str


def touches(logs: Iterable[WorkflowLog], asked: str) -> list[Touch]:
    """Everything that had to do with a file or folder, newest first.

    ``asked`` is a path, or its last parts: ``auth.py`` means every file of that name, ``app/api`` all that is in it.
    """
    wanted = _Wanted(asked)
    dated = [(log.session.started_at or log.session.date, log) for log in logs]
    dated.sort(key=lambda one: (one[0], one[1].path or ""), reverse=True)
    return [touch for _, log in dated for touch in _of(log, wanted)]


class _Wanted:
    def __init__(self, asked: str) -> None:
        self.path = asked.replace("\\", "/").removeprefix("./").strip("/")
        name = self.path.rpartition("/")[2]
        told = rf"(?<![\w./-]){re.escape(name)}(?![\w-])|(?<=/){re.escape(name)}(?![\w-])"
        self._told = re.compile(told, re.IGNORECASE) if len(name) >= _SHORTEST_NAME else None

    def is_path(self, path: str) -> bool:
        """Whether this is what was asked for, lies in it, or ends with it."""
        if not self.path or not path:
            return False
        around = f"/{path.strip('/')}/"
        return f"/{self.path}/" in around

    def among(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths that were asked for."""
        return [path for path in paths if self.is_path(path)]

    def is_named_in(self, *texts: str) -> bool:
        """Whether a text names the file."""
        return self._told is not None and any(self._told.search(text) for text in texts if text)


def _of(log: WorkflowLog, wanted: _Wanted) -> Iterator[Touch]:
    date, session = log.session.date or log.session.started_at[:10], log_id(log)
    for what, task, text, file in chain(_changes(log, wanted), _work(log, wanted), _lessons(log, wanted)):
        yield Touch(date, what, f"{session}#{task}" if task else session, text, file, log.path or "")


_Found = tuple[str, str, str, str]
"""What happened, the id of the task, a text about it, and the file."""


def _changes(log: WorkflowLog, wanted: _Wanted) -> Iterator[_Found]:
    changed_by = {change.path: change.task for change in log.changes}
    files = (("created", log.files.created), ("modified", log.files.modified), ("deleted", log.files.deleted))
    for what, file in ((what, file) for what, listed in files for file in listed):
        if wanted.is_path(file.path):
            task_id = changed_by.get(file.path, "")
            yield what, task_id, _description(log, task_id) or log.session.title, file.path


def _work(log: WorkflowLog, wanted: _Wanted) -> Iterator[_Found]:
    """What tasks and delegations gave back; a delegation tells of its task once."""
    told = set()
    for task in log.tasks:
        for path in wanted.among(task.artifacts):
            told.add((task.id, path))
            yield "returned", task.id, task.description, path
    for one in log.delegations:
        for path in wanted.among(one.artifacts):
            if (one.task_id, path) not in told:
                yield "returned", one.task_id, one.result or _description(log, one.task_id), path


def _lessons(log: WorkflowLog, wanted: _Wanted) -> Iterator[_Found]:
    for error in log.errors:
        if wanted.is_path(error.file):
            yield "error", "", error.message or error.type, error.file
    for gotcha in log.gotchas:
        if wanted.is_named_in(gotcha.pattern, gotcha.warning, gotcha.solution):
            yield "gotcha", "", _lesson(gotcha.pattern, gotcha.solution), wanted.path
    for cause in log.root_causes:
        if wanted.is_named_in(cause.problem, cause.solution):
            yield "root cause", "", _lesson(cause.problem, cause.solution), wanted.path


def _description(log: WorkflowLog, task_id: str) -> str:
    task = log.task(task_id) if task_id else None
    return task.description if task else ""


def _lesson(problem: str, solution: str) -> str:
    return f"{problem} → {solution}" if solution else problem
