"""The logs of a corpus as a family: who was begun for whom, who continues whom. Read once, when first asked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from akislog.core.lineage import names
from akislog.core.log import WorkflowLog
from akislog.core.rows import log_id
from akislog.store.corpus import Corpus


class CorpusFamily:
    """A family made by reading all logs of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def log(self, session_id: str) -> WorkflowLog | None:
        """The log with this id, or whose id ends with these 8 characters; the first where several have it."""
        return next((one for one in self._ending(session_id) if names(session_id, log_id(one))), None)

    def begun_for(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs whose ``session.parent`` lies in this session."""
        return self._naming(self._begun, session_id)

    def handed_over_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs of which a delegation names this session."""
        return self._naming(self._handed, session_id)

    def continued_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs that continue this session."""
        return self._naming(self._continued, session_id)

    def why_not(self, address: str) -> str:
        """Why no log holds an address, and what to type instead."""
        session_id, _, task_id = address.partition("#")
        log = self.log(session_id)
        if log is None:
            return f"no log has the id {session_id!r}; give its id, or the last 8 characters of it"
        ids = ", ".join(task.id for task in log.tasks[:20]) or "none"
        return f"{log_id(log)} has no task {task_id!r}; its tasks are: {ids}"

    @cached_property
    def _logs(self) -> dict[str, list[WorkflowLog]]:
        """All logs by the last 8 characters of their ids: what a full id and its short form have in common."""
        found: dict[str, list[WorkflowLog]] = {}
        for log in self._corpus.logs():
            found.setdefault(_end(log_id(log)), []).append(log)
        return found

    def _all(self) -> Iterable[WorkflowLog]:
        return (log for logs in self._logs.values() for log in logs)

    def _ending(self, session_id: str) -> list[WorkflowLog]:
        return self._logs.get(_end(session_id), [])

    @cached_property
    def _begun(self) -> _Links:
        return _links((log, [log.session.parent.partition("#")[0]]) for log in self._all() if log.session.parent)

    @cached_property
    def _handed(self) -> _Links:
        return _links((log, [one.session for one in log.delegations if one.session]) for log in self._all())

    @cached_property
    def _continued(self) -> _Links:
        return _links((log, log.session.continues) for log in self._all())

    @staticmethod
    def _naming(links: _Links, session_id: str) -> list[WorkflowLog]:
        return [log for name, log in links.get(_end(session_id), ()) if names(name, session_id)]


_Links = dict[str, list[tuple[str, WorkflowLog]]]


def _links(named: Iterable[tuple[WorkflowLog, list[str]]]) -> _Links:
    found: _Links = {}
    for log, sessions in named:
        for session in dict.fromkeys(sessions):
            found.setdefault(_end(session), []).append((session, log))
    return found


def _end(session_id: str) -> str:
    return session_id[-8:].lower()
