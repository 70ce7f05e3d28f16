"""The library's one edge: here the clock, randomness, the environment and the project are handed to a session."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from akislog import __version__
from akislog.core.ids import safe_id, session_id, slug
from akislog.core.session import Session
from akislog.core.task import UNKNOWN_AGENT
from akislog.core.values import require_text, timestamp
from akislog.errors import (
    AkislogError,
    AlreadyFinished,
    DurabilityUnconfirmed,
    InvalidValue,
    NoCurrentSession,
    PublishError,
)
from akislog.store.git import head
from akislog.store.project import Project, find_project
from akislog.store.writer import Written, prepare, rescue, rescue_events, write
from akislog.text.clean import cleaner
from akislog.text.redact import Redactor

WRITER = f"akislog {__version__}"

_current: ContextVar[Session | None] = ContextVar("akislog_session", default=None)


def now() -> str:
    """The present time in UTC, whole seconds."""
    return timestamp(datetime.now(timezone.utc))


class LiveSession(Session):
    """A session that knows its project: it publishes its log when its block is left, or by ``publish()``."""

    def __init__(self, project: Project, environment: Mapping[str, str]) -> None:
        super().__init__(clock=now, clean=cleaner(project.config.text, environment))
        self.project = project
        self.written: Written | None = None
        self._redact = Redactor(environment).redact
        self.outer: Session | None = None  # the current one before, and again afterwards

    def cleaned(self, title: str) -> str:
        """A title as it will be recorded: its slug is in the name of the log, where no secret may be."""
        return self._clean("title", title)[0]

    def publish(self, outcome: str = "completed", **facts: Any) -> Written:
        """END: record it, unless it was recorded, and write the log. Called again, it tries again or says where it is.

        Raises AlreadyFinished and PublishError; the session is whole then, and the log is kept in the state folder.
        """
        with self._lock:
            if not self.ended:
                self.end(outcome, **{"head_commit": head(self.project.root).commit or None, **facts})
            try:
                rendered = prepare(self.finish().record, self._redact)
            except AkislogError as error:
                rescue_events(self.project, self.id, self.events, error)
                raise
            try:
                self.written = write(self.project, rendered)
            except (AlreadyFinished, DurabilityUnconfirmed):
                raise
            except PublishError as error:
                raise rescue(self.project, rendered, error) from error
            return self.written

    def __enter__(self) -> LiveSession:
        self._signals = _Signals()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._signals.hold()
        _current.set(self.outer)
        try:
            self.publish(_outcome(error))
        except AkislogError as failure:
            if error is None:
                raise
            # What went wrong in the block comes first; what went wrong here is told as its context.
            failure.__context__ = failure.__cause__ = None
            _end_with(error, failure)
        finally:
            asked = self._signals.release()
        if asked and not isinstance(error, (KeyboardInterrupt, _Terminated)):
            _leave(asked)


class _Terminated(SystemExit):
    """A signal asked the process to end."""


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated(128 + number)


class _Signals:
    """SIGTERM and SIGHUP leave the block instead of killing the process: only in the main thread, only where nobody
    else handles them, and only as long as the block runs. While END runs, they and Ctrl-C wait until it is through;
    a second Ctrl-C breaks it off."""

    _ending = 0  # ENDs that run in the main thread: a process has one set of handlers, its sessions share them
    _asked = 0  # the signal that waits

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._main = _in_main_thread()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
            if number is not None and self._main and signal.getsignal(number) is signal.SIG_DFL:
                self._take(number)

    def _take(self, number: int) -> None:
        self._before[number] = signal.getsignal(number)
        signal.signal(number, self._came)

    @staticmethod
    def _came(number: int, _frame: FrameType | None) -> None:
        again = _Signals._asked == number == signal.SIGINT
        if not _Signals._ending or again:
            _leave(number)
        _Signals._asked = number

    def hold(self) -> None:
        """END begins."""
        self._main = self._main and _in_main_thread()
        if self._main:
            _Signals._ending += 1
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self._take(signal.SIGINT)

    def release(self) -> int:
        """END is over: back to how it was, and the signal that came meanwhile, or 0."""
        if not self._main:
            return 0
        for number, handler in self._before.items():
            signal.signal(number, handler)
        _Signals._ending -= 1
        asked, _Signals._asked = _Signals._asked, 0
        return asked


def _end_with(error: BaseException, failure: BaseException) -> None:
    """Put ``failure`` at the end of the exceptions that are told with ``error``."""
    told: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in told:
        told.append(following)
        following = following.__cause__ if following.__suppress_context__ else following.__context__
    told[-1].__context__, told[-1].__suppress_context__ = failure, False


def _outcome(error: BaseException | None) -> str:
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "completed"
    return "interrupted" if isinstance(error, (KeyboardInterrupt, _Terminated)) else "failed"


def session(
    title: str,
    *,
    root: str | os.PathLike[str] | None = None,
    directory: str | None = None,
    id: str | None = None,
    at: str | datetime | None = None,
    **facts: Any,
) -> LiveSession:
    """Start a session and make it the current one.

    ``facts``: agent, complexity, domain, summary, purpose, continues, parent, metadata, … ``root`` is where the
    project is looked for (default: the present folder), ``directory`` another folder for the log.
    Used in a ``with`` block it ends with the block: an exception makes it failed, Ctrl-C interrupted.
    """
    require_text(title, "title")
    project = find_project(Path(root or os.curdir), os.environ, directory)
    live = LiveSession(project, os.environ)
    started = timestamp(at) if at is not None else now()
    if id is not None and not safe_id(id):
        raise InvalidValue(
            f"session id {id!r} must be at most 120 of A-Z a-z 0-9 . _ - and begin with a letter or digit"
        )
    here = head(project.root)
    known = {
        "agent": project.config.agent or UNKNOWN_AGENT,
        "utc_offset": _utc_offset(started),
        "branch": here.branch or None,
        "base_commit": here.commit or None,
        "writer": WRITER,
    }
    made = id or session_id(started, slug(live.cleaned(title)), secrets.token_hex(4))
    live.begin(made, title, started, **{**known, **facts})
    live.outer = _current.get()
    _current.set(live)
    return live


def _utc_offset(moment: str) -> str:
    local = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone()
    return local.isoformat()[-6:]


def current() -> Session:
    """The current session: the one that was started last in this thread or task, or that was bound."""
    found = _current.get()
    if found is None or found.ended:
        raise NoCurrentSession(
            "there is no current session; start one with akislog.session(title), or bind one: akislog.bind(session)"
        )
    return found


@contextmanager
def bind(session: Session) -> Iterator[Session]:
    """Make ``session`` the current one within the block, in this thread or task."""
    token = _current.set(session)
    try:
        yield session
    finally:
        _current.reset(token)
