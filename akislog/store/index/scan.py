"""What stands in the folders of a corpus, and whether it is what it was when it was indexed.

Of every file the index keeps name, inode, size, and the times of change of content and inode in nanoseconds: a changed
file differs in one of them, unless it was changed within the clock's granularity of the moment it was read. Such files
are *young*: beside their stamp stands the digest of their bytes, which are read again until they are old enough.
"""

from __future__ import annotations

import marshal
import os
import stat
import time

TYPE_CHECKING = False  # known to type checkers: the hot query comes here

if TYPE_CHECKING:
    import sqlite3

YOUNG = 2_000_000_000
"""Nanoseconds within which a change may not show in the times of a file: those of FAT have two seconds."""

_CHUNK = 256

Stamp = tuple[str, int, int, int, int]  # name, inode, size, and the times of content and inode in nanoseconds
Skipped = tuple[str, str, str]  # path, why, severity


class Scan:
    """The files below a folder: by folder (``""`` for the uppermost, else with ``/`` at its end) their stamps, in the
    order the system tells them. ``skipped`` is what is left out, and why; ``at`` the time before the first look."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.at = time.time_ns()
        self.folders: dict[str, list[Stamp]] = {}
        self.skipped: list[Skipped] = []
        waiting = [""]
        while waiting:
            waiting += self._folder(waiting.pop())

    @property
    def count(self) -> int:
        """How many files there are."""
        return sum(map(len, self.folders.values()))

    def is_young(self, stamp: Stamp) -> bool:
        """Whether a file may change again without its stamp changing."""
        return max(stamp[3], stamp[4]) > self.at - YOUNG

    def chunks(self, folder: str) -> list[bytes]:
        """The stamps of a folder as bytes, in pieces: the same bytes for the same stamps."""
        stamps = self.folders[folder]
        # Version 2 has no references, which would depend on who else holds a value.
        return [marshal.dumps(stamps[at : at + _CHUNK], 2) for at in range(0, len(stamps), _CHUNK)]

    def _folder(self, folder: str) -> list[str]:
        """Look into one folder; the folders in it, to be looked into."""
        stamps: list[Stamp] = []
        others: list[os.DirEntry[str]] = []
        path = os.path.join(self.root, folder) if folder else self.root
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    name = entry.name
                    if name[-3:] == ".md" and name[:6].upper() != "README":
                        found = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(found.st_mode):
                            stamps.append((name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
                            continue
                    if not entry.is_file(follow_symlinks=False):
                        others.append(entry)
        except OSError as error:
            self.skipped.append((folder, f"cannot be read: {error.strerror}", "error"))
            return []
        self.folders[folder] = stamps
        return self._others(folder, others)

    def _others(self, folder: str, others: list[os.DirEntry[str]]) -> list[str]:
        below = []
        for entry in others:
            path = folder + entry.name
            if entry.is_symlink():
                self.skipped.append((path, "a symbolic link; it is not followed", "note"))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name.startswith("."):
                    self.skipped.append((path, "a hidden folder", "note"))
                else:
                    below.append(path + "/")
            elif entry.name.endswith(".md") and not entry.name.upper().startswith("README"):
                found = entry.stat(follow_symlinks=False)  # no regular file: reading it is a finding
                self.folders.setdefault(folder, []).append(
                    (entry.name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                )
        return below


class Changes:
    """What of a scan differs from what was indexed: paths that are new or changed, paths that are gone, and the pieces
    of stamps to be written (``folder``, number, bytes), with how many pieces each folder has now."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.gone: list[str] = []
        self.pieces: list[tuple[str, int, bytes]] = []
        self.lengths: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self.pieces or self.lengths)


def stamps(connection: sqlite3.Connection) -> dict[str, list[bytes]]:
    """The stamps that an index keeps, by folder in pieces."""
    known: dict[str, list[bytes]] = {}
    for folder, piece in connection.execute("select folder, piece from stamps order by folder, n"):
        pieces = known.setdefault(folder, [])
        if piece:
            pieces.append(piece)
    return known


def compare(scan: Scan, known: dict[str, list[bytes]]) -> Changes:
    """The changes between the stamps of an index, by folder in pieces, and what is there now."""
    changes = Changes()
    for folder in {**known, **scan.folders}:
        before = known.get(folder, [])
        now = scan.chunks(folder) if folder in scan.folders else []
        if before != now or (folder in scan.folders) != (folder in known):
            _compare_folder(changes, folder, before, now, folder in scan.folders)
    return changes


def _compare_folder(changes: Changes, folder: str, before: list[bytes], now: list[bytes], there: bool) -> None:
    different = [n for n in range(max(len(before), len(now))) if before[n : n + 1] != now[n : n + 1]]
    old: dict[str, Stamp] = {one[0]: one for n in different if n < len(before) for one in marshal.loads(before[n])}
    new: dict[str, Stamp] = {one[0]: one for n in different if n < len(now) for one in marshal.loads(now[n])}
    changes.changed += [folder + name for name, one in new.items() if old.get(name) != one]
    changes.gone += [folder + name for name in old if name not in new]
    changes.pieces += [(folder, n, now[n]) for n in different if n < len(now)]
    changes.lengths[folder] = len(now) if there else -1
