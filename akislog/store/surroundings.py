"""Everything but the logs that the answer to a command line depends on: where and when it is asked, and by whom.

Where two commands have the same surroundings, ``find_project`` finds the same for both, and a day means the same. It
asks the system for less than that would, and parses nothing. Imports the standard library's lightest parts only.
"""

from __future__ import annotations

import os
import stat
import time

TYPE_CHECKING = False  # known to type checkers: typing itself would cost more than everything else here

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATE_DIR = ".akislog"
"""The folder in a project's root where akislog keeps what is not finished, or can be made again."""

_ZONES = "/usr/share/zoneinfo"

_Stamp = tuple[int, int, int, int, int]


class Surroundings:
    """``text`` is the same where all is the same, ``name`` where the same is asked in the same folder; ``states`` are
    the folders that may be the state folder, the nearest first; ``youngest`` is when what is known by its times was
    last changed, in nanoseconds."""

    def __init__(self, name: str, text: str, states: Sequence[str], youngest: int) -> None:
        self.name = name
        self.text = text
        self.states = states
        self.youngest = youngest


def surroundings(arguments: Sequence[str], environment: Mapping[str, str]) -> Surroundings | None:
    """The surroundings of this process; None where only ``find_project`` can tell the state folder."""
    here = os.getcwd()
    start = os.path.realpath(here)
    marks, folders, root = _upwards(start)
    named = environment.get("AKISLOG_STATE")
    if named:
        states = [os.path.realpath(os.path.expanduser(named))]
    elif _may_share_state(root):
        return None
    else:
        states = [os.path.join(folder, STATE_DIR) for folder in folders]
    youngest = max((max(stamp[3], stamp[4]) for _, stamp in marks), default=0)
    name = repr((list(arguments), here))
    return Surroundings(name, repr((name, start, named, marks, root, _when(environment))), states, youngest)


def _upwards(start: str) -> tuple[list[tuple[str, _Stamp]], list[str], str]:
    """The files that say where a project begins, and may say more; the folders that may be its root; and the uppermost
    of these. Whether a ``pyproject.toml`` has anything for us is not known here, so all of them count."""
    marks: list[tuple[str, _Stamp]] = []
    folders: list[str] = []
    folder = start
    while True:
        own, shared = (_stamp(os.path.join(folder, name)) for name in (".akislog.toml", "pyproject.toml"))
        marks += [(folder, one) for one in (own, shared) if one is not None]
        if own is not None or os.path.exists(os.path.join(folder, ".git")):
            return marks, [*folders, folder], folder
        if shared is not None:
            folders.append(folder)
        above = os.path.dirname(folder)
        if above == folder:  # the folder itself is the root where none is marked
            return marks, [*folders, start], start
        folder = above


def _stamp(path: str) -> _Stamp | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _may_share_state(root: str) -> bool:
    """Whether the folder may be a worktree of a repository that lies elsewhere."""
    git = os.path.join(root, ".git")
    return (os.path.exists(git) and not os.path.isdir(git)) or os.path.exists(os.path.join(git, "commondir"))


def _when(environment: Mapping[str, str]) -> tuple[object, ...]:
    """The day, and what is known of the zone: its name, and the file that says what it is."""
    zone = environment.get("TZ")
    files = ["/etc/localtime", os.path.join(_ZONES, (zone or "").lstrip(":"))]
    stamps = [_stamp(file) for file in files]
    return time.localtime()[:3], zone, environment.get("TZDIR"), time.tzname, time.timezone, time.altzone, stamps
