"""What stands in the folders of a corpus, and whether it is what it was when it was indexed.

Of every file the index keeps name, inode, size, and the times of change of content and inode in nanoseconds: a changed
file differs in one of them, unless it was changed within the clock's granularity of the moment it was read. Such files
are *young*: beside their stamp stands the digest of their bytes, which are read again until they are old enough.
"""

from __future__ import annotations

import os
import time
from itertools import zip_longest

from akislog.store.index.stamps import pieces, stamps

TYPE_CHECKING = False  # known to type checkers: the hot query comes here

if TYPE_CHECKING:
    import sqlite3

    from akislog.store.index.stamps import Names, Stamp

YOUNG = 2_000_000_000
"""Nanoseconds within which a change may not show in the times of a file: those of FAT have two seconds."""

Skipped = tuple[str, str, str]  # path, why, severity


class Scan:
    """The files below a folder: by folder (``""`` for the uppermost, else with ``/`` at its end) their stamps in
    pieces, in the order the system tells them, and how many they are. ``skipped`` is what is left out, and why; ``at``
    the time before the first look."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.at = time.time_ns()
        self.folders: dict[str, list[bytes]] = {}
        self.skipped: list[Skipped] = []
        names: Names = {}
        waiting = [""]
        while waiting:
            waiting += self._folder(waiting.pop(), names)
        self.count = sum(map(len, names.values()))
        for folder, found in pieces(root, names).items():
            if isinstance(found, str):
                self._unreadable(folder, found)
            else:
                self.folders[folder] = found

    def is_young(self, stamp: Stamp) -> bool:
        """Whether a file may change again without its stamp changing."""
        return max(stamp[3], stamp[4]) > self.at - YOUNG

    def _folder(self, folder: str, names: Names) -> list[str]:
        """Find the logs in one folder; the folders in it, to be looked into."""
        logs: list[str] = []
        below: list[str] = []
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                for entry in entries:
                    name = entry.name
                    if name[-3:] == ".md" and entry.is_file(follow_symlinks=False):
                        if name[:6].upper() != "README":
                            logs.append(name)
                    elif entry.is_symlink():
                        self.skipped.append((folder + name, "a symbolic link; it is not followed", "note"))
                    elif entry.is_dir():
                        if name.startswith("."):
                            self.skipped.append((folder + name, "a hidden folder", "note"))
                        else:
                            below.append(f"{folder}{name}/")
                    elif name.endswith(".md") and not name.upper().startswith("README"):
                        logs.append(name)  # no regular file: reading it is a finding
        except OSError as error:
            self._unreadable(folder, str(error.strerror))
            return []
        names[folder] = logs
        return below

    def _unreadable(self, folder: str, why: str) -> None:
        self.skipped.append((folder, f"cannot be read: {why}", "error"))


class Changes:
    """What of a scan differs from what was indexed: paths that are new or changed with their stamps, paths that are
    gone, and the pieces of stamps to be written (``folder``, number, bytes); of folders that are new or have another
    number of pieces, how many these are now, and -1 of those that are gone."""

    def __init__(self) -> None:
        self.changed: dict[str, Stamp] = {}
        self.gone: list[str] = []
        self.pieces: list[tuple[str, int, bytes]] = []
        self.lengths: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self.pieces or self.lengths)


def known_pieces(connection: sqlite3.Connection) -> dict[str, list[bytes]]:
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
        before, now = known.get(folder, []), scan.folders.get(folder, [])
        different = [n for n, pair in enumerate(zip_longest(before, now)) if pair[0] != pair[1]]
        if different:
            _compare_pieces(changes, folder, [(before[n : n + 1], now[n : n + 1]) for n in different])
            changes.pieces += [(folder, n, now[n]) for n in different if n < len(now)]
        if len(before) != len(now) or (folder in scan.folders) != (folder in known):
            changes.lengths[folder] = len(now) if folder in scan.folders else -1
    return changes


def _compare_pieces(changes: Changes, folder: str, pairs: list[tuple[list[bytes], list[bytes]]]) -> None:
    old: dict[str, Stamp] = {}
    new: dict[str, Stamp] = {}
    for before, now in pairs:
        for one, other in zip_longest(*(stamps(piece[0]) if piece else () for piece in (before, now))):
            if one != other:  # most stand where they stood
                if one:
                    old[one[0]] = one
                if other:
                    new[other[0]] = other
    changes.changed |= {folder + name: one for name, one in new.items() if old.get(name) != one}
    changes.gone += [folder + name for name in old if name not in new]
