"""The few error types. Each carries the exit code its command ends with; every message says what to do next."""

from __future__ import annotations

TYPE_CHECKING = False  # known to type checkers; typing itself would cost more than everything else here

if TYPE_CHECKING:
    from akislog.core.finding import Finding


class AkislogError(Exception):
    """Anything akislog refuses or cannot do. Commands print it and end with ``exit_code``."""

    exit_code = 1


class UsageError(AkislogError):
    """Wrong arguments, configuration or query: said before any document is read."""

    exit_code = 2


class QueryError(UsageError):
    """A query that cannot be read: wrong syntax, or a field that does not exist.

    ``text`` is the query, ``at`` where in it the trouble begins and ``width`` how far it goes, in code points.
    """

    def __init__(self, message: str, text: str = "", at: int = 0, width: int = 1) -> None:
        self.reason, self.text, self.at, self.width = message, text, at, width
        said = _printable(message)
        super().__init__(f"{said}\n{_pointed(text, at, width)}" if text else said)


def _pointed(text: str, at: int, width: int) -> str:
    """The part of ``text`` round ``at``, with carets under it."""
    begin = max(0, at - 60)
    shown = text[begin : at + 60]
    carets = "^" * max(1, min(width, len(shown) - (at - begin)))
    return f"  {_printable(shown)}\n  {' ' * (at - begin)}{carets}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


class SessionError(AkislogError):
    """A verb that the session's present state does not allow. The session is left as it was."""


class IllegalMove(SessionError):
    """A change of status that is not among the legal moves."""


class UnknownId(SessionError):
    """A task, delegation or approval that this session does not hold."""


class DuplicateId(SessionError):
    """An id that this session already holds."""


class InvalidValue(SessionError):
    """A value that cannot be recorded: an id, time, status or number out of its domain."""


class DependencyCycle(SessionError):
    """Dependencies or parents that would lead back to their own start."""


class DependencyNotMet(SessionError):
    """A task that was started before everything it depends on was done."""


class AlreadyWorking(SessionError):
    """A second working leaf for one agent instance."""


class SessionClosed(SessionError):
    """A verb on a session that has ended."""


class NoCurrentSession(SessionError):
    """A call on the current session where there is none."""


class PublishError(AkislogError):
    """The log could not be put in its place. The session is whole and END can be tried again."""


class AlreadyFinished(PublishError):
    """The session's log exists with other content; ours was kept aside, nothing was overwritten."""


class DurabilityUnconfirmed(PublishError):
    """The log is in place, but the file system did not confirm that it will survive a power cut."""


class InvalidRecord(AkislogError):
    """A record that the published schema refuses; ``findings`` say where."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class RoundTripError(AkislogError):
    """The rendered log does not read back as the session: a bug in akislog, caught before publishing."""
