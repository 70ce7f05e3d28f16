"""The rules about logs beside each other and beside git's history. One rule is one function.

They work on facts, a few words kept of each log, so that a hundred thousand logs fit into memory. Ids are compared
without case; a session answers to its id and to the 8 hex digits at its end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from akislog.checks.reading import Problem, Reading
from akislog.checks.wording import closest, shown

_SHORT = r"(?:^|_)([0-9a-f]{8})$"
_MOST_SUGGESTIONS = 50  # looking for a near miss is slow, and a corpus may lack thousands of logs


class Facts(NamedTuple):
    """What other logs and git's history are compared with. Lists are kept as one text, a line per entry.

    ``tasks`` holds task ids, ``files`` the number of a file in the log, its list and its path; ``delegated`` pairs
    the pointer of a delegation with the session it names. ``current`` is False for logs of an older format.
    """

    path: str
    id: str = ""
    tasks: str = ""
    files: str = ""
    continues: tuple[str, ...] = ()
    parent: str = ""
    delegated: tuple[tuple[str, str], ...] = ()


Found = Iterator[tuple[str, Problem]]
"""Problems, each with the path of the log that has it."""


def facts_of(log: Reading) -> Facts:
    """The facts of one log."""
    session, files = log.session, log.part("files", "files").raw
    listed = [
        f"{key}/{number} {one['path']}"
        for key in ("created", "modified", "deleted")
        if isinstance(files.get(key), list)
        for number, one in enumerate(files[key])
        if isinstance(one, dict) and isinstance(one.get("path"), str)
    ]
    return Facts(
        log.path or "",
        session["id"] or "",
        "\n".join(log.by_id),
        "\n".join(listed),
        tuple(session["continues"] or ()),
        session["parent"] or "",
        tuple((one.pointer, one["session"]) for one in log.delegations if one["session"]),
    )


def repeated_ids(logs: Sequence[Facts]) -> Found:
    """Two logs of one session id."""
    first: dict[str, str] = {}
    for log in logs:
        if log.id and first.setdefault(log.id.lower(), log.path) != log.path:
            message = f"session id {shown(log.id)} is used again; {first[log.id.lower()]} has it first"
            yield log.path, Problem("/session/id", message, "give each log an id of its own, with its time", log.id)


def unknown_continues(logs: Sequence[Facts]) -> Found:
    """A log that goes on with one that is not there."""
    known = _Known(logs)
    for log in logs:
        for number, address in enumerate(log.continues):
            for problem in known.missing(log, f"/session/continues/{number}", "continues", address):
                yield log.path, problem


def unknown_parent_session(logs: Sequence[Facts]) -> Found:
    """A parent that names no log, or no task of the log it names."""
    known = _Known(logs)
    for log in logs:
        if log.parent:
            for problem in known.missing(log, "/session/parent", "parent", log.parent):
                yield log.path, problem


def unknown_delegated_session(logs: Sequence[Facts]) -> Found:
    """A delegation whose own session is not there."""
    known = _Known(logs)
    for log in logs:
        for pointer, address in log.delegated:
            for problem in known.missing(log, f"{pointer}/session", "session", address):
                yield log.path, problem


def not_in_commit(log: Facts, names: Collection[str] | None) -> Iterator[Problem]:
    """A file listed in a log but absent from the commit that added the log. ``names`` are those in the commit."""
    if names is None:
        return
    for line in log.files.split("\n") if log.files else ():
        place, _, path = line.partition(" ")
        name = path.removeprefix("./")
        if name not in names and name and not name.startswith(("/", "~", "<", "../")) and place.count("/") == 1:
            message = f"{shown(path)} is listed, but the commit that added this log does not touch it"
            yield Problem(f"/files/{place}/path", message, "commit a log together with its files", path)


def unknown_history(log: Facts, names: Collection[str] | None) -> Iterator[Problem]:
    """A log of which git does not know the commit that added it."""
    if names is None and log.files:
        message = "git does not know which commit added this log, so its files cannot be compared"
        yield Problem("", message, "commit the log, or fetch the whole history: git fetch --unshallow")


class _Known:
    """The logs there are, by what they answer to; only as much is looked up as addresses ask for."""

    def __init__(self, logs: Sequence[Facts]) -> None:
        self._logs: dict[str, list[Facts]] = {}
        self._suggestions = 0
        for log in logs:
            name = log.id.lower()
            self._logs.setdefault(name, []).append(log)
            short = re.search(_SHORT, name)
            if short and short[1] != name:
                self._logs.setdefault(short[1], []).append(log)
        self._logs.pop("", None)

    def missing(self, log: Facts, pointer: str, field: str, address: str) -> Iterator[Problem]:
        """What is wrong with the address in a field of ``log``: no such log, no such task, or the log itself."""
        name, _, task_id = address.partition("#")
        found = self._logs.get(name.lower(), [])
        if not found:
            yield Problem(pointer, f"{field} names no log {shown(name)}", self._near(name), address)
        elif all(one is log for one in found):
            yield Problem(pointer, f"{field} names this very log", "", address)
        elif task_id and not any(task_id in one.tasks.split("\n") for one in found):
            message = f"{field} names no task {shown(task_id)} of {shown(found[0].id)}"
            yield Problem(pointer, message, "", address)

    def _near(self, name: str) -> str:
        self._suggestions += 1
        if self._suggestions > _MOST_SUGGESTIONS:
            return ""
        near = closest(name.lower(), self._logs, 0.8)
        return f"did you mean {shown(near)}?" if near else "check the whole folder that holds the log"
