"""The recorder: a session's memory, and the verbs for facts that need no judgement.

A verb checks its values, makes one event and applies it; a refusal leaves everything as it was. The clock and the
cleaning of text (redaction, cutting) are handed in. One lock around verb and event: tools call from threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from akislog.core import events as ev
from akislog.core.cleaning import Clean, cleaned, keep
from akislog.core.finish import record_of
from akislog.core.log import WorkflowLog
from akislog.core.shape import ANSWERS, COMPLEXITIES, OUTCOMES, SHAPE, fits
from akislog.core.task import UNKNOWN_AGENT
from akislog.core.values import (
    require_count,
    require_text,
    require_texts,
    require_word_of,
    timestamp,
)
from akislog.errors import DuplicateId, InvalidValue, SessionClosed, UnknownId

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Clock = Callable[[], str]
R = TypeVar("R", bound="Recorder")


_ENVELOPE = frozenset({"seq", "at", "op", "redacted"})
_RESERVED = _ENVELOPE | {"id", "started_at", "ended_at", "outcome"}


def refuse_reserved(fields: Mapping[str, Any], reserved: frozenset[str], what: str) -> None:
    """InvalidValue where ``fields`` hold what only a verb of its own may change."""
    found = sorted((reserved | _ENVELOPE) & fields.keys())
    if found:
        raise InvalidValue(f"{', '.join(found)} of {what} cannot be set like this; there are verbs for that")


_KINDS = {
    "name": "text",
    "texts": "a list of texts",
    "names": "a list of texts",
    "flag": "true or false",
    "count": "a whole number from 0 up",
    "integer": "a whole number",
    "number": "a number from 0 up",
    "offset": "an offset such as +01:00",
    "time": "a UTC time such as 2026-01-15T14:45:30Z",
    "map": "a mapping",
}
_DESCRIBED: Mapping[str, str] = {  # what the fields of an op are fields of
    **dict.fromkeys(("session.start", "session.set", "session.end"), "session"),
    **dict.fromkeys(("task.add", "task.set", "task.status"), "task"),
    **dict.fromkeys(("delegation.open", "delegation.close"), "delegation"),
    **dict.fromkeys(("approval.ask", "approval.answer"), "approval"),
    **{op: op for op in ("gotcha", "root_cause", "command", "error", "phase", "verification", "usage")},
    "file": "change",
    "gate": "violation",
}


def _require_kinds(op: str, fields: Mapping[str, Any]) -> None:
    """InvalidValue for a field whose value is not of its kind: ``apply`` would leave it out of the log."""
    kinds = SHAPE[_DESCRIBED[op]] if op in _DESCRIBED else {}
    for name, value in fields.items():
        if name in kinds and not fits(value, kinds[name]):
            raise InvalidValue(f"{op}: {name} cannot be {value!r}; it must be {_KINDS.get(kinds[name], kinds[name])}")


class Recorder:
    """A session in memory. ``clock`` gives the present time; ``clean`` maps (field, text) to (text, redactions)."""

    def __init__(self, *, clock: Clock | None = None, clean: Clean = keep) -> None:
        self._clock = clock
        self._clean = clean
        self._events: list[ev.Event] = []
        self._state = ev.new_state()
        self._lock = threading.RLock()

    @classmethod
    def replay(
        cls: type[R], events: Iterable[Mapping[str, Any]], *, clock: Clock | None = None, clean: Clean = keep
    ) -> R:
        """The session that these events make. Nothing is judged or changed; this is the constructor for all."""
        session = cls(clock=clock, clean=clean)
        for event in events:
            session.apply(event)
        return session

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take one ready-made event as it is: for importers and recovery."""
        with self._lock:
            self._events.append(dict(event))
            ev.apply(self._state, event)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorder) and (self._events, self._state) == (other._events, other._state)

    __hash__ = object.__hash__

    @property
    def events(self) -> tuple[ev.Event, ...]:
        """All events so far, oldest first."""
        return tuple(self._events)

    @property
    def state(self) -> ev.State:
        """The present state; read it, do not change it."""
        return self._state

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held within every verb; hold it to read several things of one moment while other threads work."""
        return self._lock

    @property
    def id(self) -> str:
        """The session's id, which is also the name of its log."""
        return str(self._state["session"].get("id", ""))

    @property
    def agent(self) -> str:
        """The root agent."""
        return str(self._state["session"].get("agent", UNKNOWN_AGENT))

    @property
    def ended(self) -> bool:
        """Whether END was recorded."""
        return "ended_at" in self._state["session"]

    def finish(self) -> WorkflowLog:
        """The session as a log: everything recorded, and everything that follows from it. Changes nothing."""
        with self._lock:
            return WorkflowLog(record_of(self._state))

    def _record(self, op: str, at: Any = None, **fields: Any) -> ev.Event:
        """Make one event of what is given (None, empty texts and lists are left out) and apply it."""
        if self.ended:
            raise SessionClosed(f"session {self.id} has ended; start another and let it continue this one")
        if at is None and self._clock is None:
            raise InvalidValue(f"{op}: this session has no clock; give at=")
        moment = timestamp(at if at is not None else self._clock())  # type: ignore[misc]
        made, redacted = cleaned(fields, self._clean)
        _require_kinds(op, made)
        event = {"seq": len(self._events) + 1, "at": moment, "op": op, **made}
        if redacted:
            event["redacted"] = redacted
        self.apply(event)
        return event

    # -- the session itself ---------------------------------------------------------------------------------

    def begin(self, session_id: str, title: str, at: Any = None, **facts: Any) -> None:
        """Record the start. ``facts`` are fields of ``session`` and ``provenance`` that are known by then."""
        if self._events:
            raise DuplicateId(f"session {self.id} has started already")
        self._record("session.start", at, id=session_id, title=require_text(title, "title"), **self._facts(facts))

    def set(self, at: Any = None, **facts: Any) -> None:
        """Record what has become known of the session: summary, branch, complexity, metadata, …"""
        with self._lock:
            self._record("session.set", at, **self._facts(facts))

    def end(self, outcome: str = "completed", *, at: Any = None, **facts: Any) -> None:
        """Record END. After it no verb is taken."""
        require_word_of(outcome, OUTCOMES, "outcome")
        with self._lock:
            self._record("session.end", at, outcome=outcome, **self._facts(facts))

    @staticmethod
    def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
        refuse_reserved(facts, _RESERVED, "a session")
        checked = dict(facts)
        if facts.get("complexity") is not None:
            require_word_of(facts["complexity"], COMPLEXITIES, "complexity")
        for key in ("title", "domain", "agent", "summary", "purpose", "branch", "parent"):
            if facts.get(key) not in (None, ""):
                require_text(facts[key], key)
        for key in ("continues", "inferred", "pull_requests"):
            if facts.get(key) is not None:
                checked[key] = require_texts(facts[key], key)
        for key in ("metadata", "host"):
            if facts.get(key) is not None and not isinstance(facts[key], Mapping):
                raise InvalidValue(f"{key} must be a mapping, not {facts[key]!r}")
        if facts.get("active_minutes") is not None:
            require_count(facts["active_minutes"], "active_minutes")
        return checked

    # -- facts ----------------------------------------------------------------------------------------------

    def gotcha(
        self, pattern: str, *, warning: str = "", solution: str = "", applies_to: Iterable[str] = (), at: Any = None
    ) -> None:
        """Record what the next session should beware of."""
        require_text(pattern, "pattern")
        skills = require_texts(applies_to, "applies_to")
        with self._lock:
            self._record("gotcha", at, pattern=pattern, warning=warning, solution=solution, applies_to=skills)

    def root_cause(self, problem: str, solution: str = "", *, skill: str = "", gate: str = "", at: Any = None) -> None:
        """Record why something was broken and what mended it."""
        require_text(problem, "problem")
        with self._lock:
            self._record("root_cause", at, problem=problem, solution=solution, skill=skill, gate=gate)

    def file(
        self,
        path: str,
        action: str = "modified",
        *,
        added: int | None = None,
        removed: int | None = None,
        domain: str = "",
        task: str | None = None,
        at: Any = None,
    ) -> None:
        """Record that a file was created, modified or deleted, with the lines it gained and lost."""
        require_text(path, "path")
        require_word_of(action, ("created", "modified", "deleted"), "action")
        for count, name in ((added, "added"), (removed, "removed")):
            if count is not None:
                require_count(count, name)
        with self._lock:
            fields = {"path": path.replace("\\", "/"), "action": action, "domain": domain, "task": self._known(task)}
            self._record("file", at, **fields, added=added, removed=removed)

    def command(
        self,
        cmd: str,
        *,
        exit_code: int | None = None,
        success: bool | None = None,
        seconds: float | None = None,
        domain: str = "",
        task: str | None = None,
        at: Any = None,
    ) -> None:
        """Record a command that was run. ``success`` follows from the exit code where it is not given."""
        require_text(cmd, "cmd")
        if success is None and exit_code is not None:
            success = exit_code == 0
        with self._lock:
            known = self._known(task)
            self._record(
                "command", at, cmd=cmd, domain=domain, success=success, exit_code=exit_code, seconds=seconds, task=known
            )

    def skill(self, name: str, *, suggested: bool = False, at: Any = None) -> None:
        """Record a skill that was loaded, or one that would have helped."""
        require_text(name, "skill")
        with self._lock:
            self._record("skill", at, name=name, kind="suggested" if suggested else "loaded")

    def gate(
        self, gate: str, passed: bool = True, *, reason: str = "", recovered: bool | None = None, at: Any = None
    ) -> None:
        """Record that a gate was passed or violated."""
        require_text(gate, "gate")
        with self._lock:
            self._record("gate", at, gate=gate, passed=bool(passed), reason=reason, recovered=recovered)

    def error(
        self,
        message: str,
        *,
        type: str = "",
        file: str = "",
        fixed: bool | None = None,
        root_cause: str = "",
        at: Any = None,
    ) -> None:
        """Record an error that was met."""
        require_text(message, "message")
        with self._lock:
            self._record("error", at, type=type, message=message, file=file, fixed=fixed, root_cause=root_cause)

    def phase(self, to_phase: str, *, at: Any = None) -> None:
        """Record that the session moved into another phase."""
        require_text(to_phase, "phase")
        with self._lock:
            self._record("phase", at, to_phase=to_phase)

    def ask(self, question: str, *, at: Any = None) -> str:
        """Record that a person was asked for approval; the id for ``answer``."""
        require_text(question, "question")
        with self._lock:
            approval_id = f"a{len(self._state['approvals']) + 1}"
            self._record("approval.ask", at, id=approval_id, question=question)
            return approval_id

    def answer(self, approval_id: str, answer: str, *, at: Any = None) -> None:
        """Record what was answered: approved, rejected, expired or cancelled."""
        require_word_of(answer, ANSWERS, "answer")
        with self._lock:
            if approval_id not in self._state["approvals"]:
                raise UnknownId(f"no approval {approval_id!r} was asked for; ask() gives the id")
            self._record("approval.answer", at, id=approval_id, answer=answer)

    def verify(self, check: str, ok: bool, *, at: Any = None) -> None:
        """Record a check and whether it held."""
        require_text(check, "check")
        with self._lock:
            self._record("verification", at, check=check, ok=bool(ok))

    def usage(self, *, models: Iterable[str] = (), at: Any = None, **counts: int) -> None:
        """Record tokens and interrupts; counts of several calls are added up."""
        names = require_texts(models, "models")
        for name, count in counts.items():
            require_count(count, name)
        with self._lock:
            self._record("usage", at, models=names, **counts)

    def note(self, text: str, *, at: Any = None) -> None:
        """Record a remark that fits nowhere else."""
        with self._lock:
            self._record("note", at, text=require_text(text, "note"))

    def commit(self, sha: str, subject: str = "", *, at: Any = None) -> None:
        """Record a commit that the session made."""
        require_text(sha, "sha")
        with self._lock:
            self._record("session.set", at, commits=[{"sha": sha, **({"subject": subject} if subject else {})}])

    def pull_request(self, url: str, *, at: Any = None) -> None:
        """Record a pull request that the session opened or worked on."""
        with self._lock:
            self._record("session.set", at, pull_requests=[require_text(url, "pull request")])

    def _known(self, task_id: str | None) -> str | None:
        """``task_id`` if this session has the task; else UnknownId with what there is."""
        if task_id is not None and task_id not in self._state["tasks"]:
            there = ", ".join(list(self._state["tasks"])[:10]) or "no tasks yet"
            raise UnknownId(f"no task {task_id!r} in session {self.id} ({there})")
        return task_id
