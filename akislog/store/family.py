"""The logs of a corpus as a family: who was begun for whom, who continues whom. Read once, when first asked."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from akislog.core.lineage import Lineage, lineage, names, splits
from akislog.core.log import WorkflowLog
from akislog.core.rows import log_id
from akislog.store.corpus import Corpus
from akislog.store.documents import NoSuchLog

_MOST_NAMED = 10  # of the logs that share an id


class CorpusFamily:
    """A family made by reading all logs of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def lineage(self, address: str) -> Lineage:
        """The lineage of an address. Raises NoSuchLog where no log, or more than one, answers to it."""
        named = next((one for one, _ in splits(address) if self.answering(one)), address)
        alike = self.answering(named)
        if len(alike) > 1:
            listed = "\n  ".join(log.path or "" for log in alike[:_MOST_NAMED])
            raise NoSuchLog(f"{len(alike)} logs answer to {named!r}; give the path of one of them:\n  {listed}")
        found = lineage(address, self)
        if found is None:
            raise NoSuchLog(self._why_not(address))
        return found

    def log(self, session_id: str) -> WorkflowLog | None:
        """The log with this path or id, or whose id ends with these 8 characters; the first where several have it."""
        return next(iter(self.answering(session_id)), None)

    def answering(self, session_id: str) -> list[WorkflowLog]:
        """Every log that answers to a path, an id or the last 8 characters of one, in the order of paths.

        A path, and then a whole id, goes before what only ends alike.
        """
        at_path = self._paths.get(str(Path(session_id)))
        if at_path:
            return [at_path]
        alike = [one for one in self._ending(session_id) if names(session_id, log_id(one))]
        return [one for one in alike if log_id(one).lower() == session_id.lower()] or alike

    def shared(self, found: Lineage) -> dict[str, list[str]]:
        """By id, the paths of the logs that share it, for the sessions of a lineage: which one is meant is a guess."""
        nodes = (*found.chain, *found.below)
        sessions = dict.fromkeys(one for node in nodes for one in (node.address, node.address.rpartition("#")[0]))
        alike = {one: [log.path or "" for log in self._ending(one) if log_id(log) == one] for one in sessions}
        return {one: paths for one, paths in alike.items() if len(paths) > 1}

    def begun_for(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs whose ``session.parent`` lies in this session."""
        return self._naming(self._begun, session_id)

    def handed_over_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs of which a delegation names this session."""
        return self._naming(self._handed, session_id)

    def continued_by(self, session_id: str) -> Iterable[WorkflowLog]:
        """The logs that continue this session."""
        return self._naming(self._continued, session_id)

    def _why_not(self, address: str) -> str:
        """Why no log holds an address, and what to type instead."""
        for session_id, task_id in splits(address):
            log = self.log(session_id)
            if log is not None:
                ids = ", ".join(task.id for task in log.tasks[:20]) or "none"
                return f"{log_id(log)} has no task {task_id!r}; its tasks are: {ids}"
        named = address.partition("#")[0] or address
        return f"no log has the id {named!r}; give its id, the last 8 characters of it, or its path"

    @cached_property
    def _logs(self) -> dict[str, list[WorkflowLog]]:
        """All logs by the last 8 characters of their ids: what a full id and its short form have in common."""
        found: dict[str, list[WorkflowLog]] = {}
        for log in self._corpus.logs():
            found.setdefault(_end(log_id(log)), []).append(log)
        return found

    @cached_property
    def _paths(self) -> dict[str, WorkflowLog]:
        return {log.path: log for log in self._all() if log.path}

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
