"""Filling the index from nothing, beside the old one and renamed into place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress

from akislog.errors import AkislogError
from akislog.store.index import schema
from akislog.store.index.place import discard, in_memory, open_filling, seal
from akislog.store.index.read import Paths, Wanted, insert
from akislog.store.index.scan import Changes, Scan, compare
from akislog.store.processes import processors

FEW = 300
"""Up to so many files one process is faster than starting others."""

Progress = Callable[[int, int], object]
"""Is told how many files were read just now, and of how many."""


class Unfit(AkislogError):
    """SQLite cannot take the name of a file or folder; the message says which."""

    @classmethod
    def named(cls, error: UnicodeEncodeError, root: str) -> Unfit:
        """What this error means where the names of files begin with ``root``."""
        return cls(f"{os.path.join(root, error.object)!a} is no name in Unicode, which SQL needs; rename it")


def build(path: str, scan: Scan, progress: Progress, *, words: bool) -> None:
    """Make the index of what ``scan`` saw; the old one stays until the new one is whole. The caller holds the lock.

    ``words`` says whether a search is to be answered. Unfit, OSError and sqlite3.Error tell what was in the way.
    """
    discard(path, keep=path)
    beside = f"{path[:-3]}.{os.getpid()}.tmp"
    try:
        _fill(beside, scan, progress, words)
        discard(path, keep=beside)
        os.replace(beside, path)
    except UnicodeEncodeError as error:
        raise Unfit.named(error, scan.root) from None
    finally:
        if os.path.exists(beside):
            os.remove(beside)
    seal(path)


def tables(root: str) -> sqlite3.Connection:
    """The tables of a folder in memory, for one question. Unfit or sqlite3.Error tell what was in the way."""
    scan = Scan(root)
    if scan.count > FEW:
        from tempfile import TemporaryDirectory

        with suppress(OSError, sqlite3.Error, Unfit), TemporaryDirectory(prefix="akislog-") as folder:
            return _in_memory(scan, os.path.join(folder, "part"))
    return _in_memory(scan, "")  # where there is no room for files, one process needs none


def add(connection: sqlite3.Connection, wanted: Wanted, paths: Paths, progress: Progress, parts: str) -> None:
    """Add what is wanted of files to the tables. Where ``parts`` is given, with which the names of files may begin that
    several processes make, what is open of a transaction is committed on the way."""
    jobs = processors() if parts and len(paths) > FEW else 1
    if jobs > 1:
        from akislog.store.index.parts import fill

        filled = fill(connection, wanted, paths, jobs, parts)
    else:
        filled = (some for _, some in insert(connection, wanted, paths))
    with closing(filled):
        for some in filled:
            progress(some, len(paths))


def put_stamps(connection: sqlite3.Connection, changes: Changes) -> None:
    """Keep the stamps that a scan saw."""
    for folder, length in changes.lengths.items():
        connection.execute("delete from stamps where folder = ? and n >= ?", (folder, length))
    empty = [(folder, 0, b"") for folder, length in changes.lengths.items() if length == 0]  # is known too
    # SQLite before 3.35 has to be told which key.
    putting = "insert into stamps values (?, ?, ?) on conflict (folder, n) do update set piece = excluded.piece"
    connection.executemany(putting, [*changes.pieces, *empty])


def put_left_out(connection: sqlite3.Connection, scan: Scan) -> None:
    """Keep what a scan left out."""
    connection.execute("delete from skipped")
    connection.executemany("insert into skipped values (?, ?, ?)", scan.skipped)


def _fill(path: str, scan: Scan, progress: Progress, words: bool) -> None:
    """Make the tables in a file, which is on disk then; with words they are packed."""
    filled = f"{path}.all" if words else path
    connection = open_filling(filled)
    try:
        _make(connection, scan, progress, words, f"{path}.part")
        if words:
            connection.execute("vacuum into ?", (path,))
    finally:
        connection.close()
        if words and os.path.exists(filled):
            os.remove(filled)
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(connection: sqlite3.Connection, scan: Scan, progress: Progress, words: bool, parts: str) -> None:
    connection.execute("begin")
    for statement in schema.ddl(words=words):
        connection.execute(statement)
    changes = compare(scan, {})
    paths = sorted(changes.changed)  # rows that lie as they are asked for are found sooner
    young = frozenset(path for path in paths if scan.is_young(changes.changed[path]))
    add(connection, Wanted(scan.root, young, words=words), [*enumerate(paths, 1)], progress, parts)
    put_stamps(connection, changes)
    put_left_out(connection, scan)
    root = os.fsencode(os.path.realpath(scan.root))
    token = os.urandom(16)  # tells this index from every other
    worded = len(paths) if words else -1
    known = {"root": root, "token": token, "next": len(paths) + 1, "worded": worded, "stale": 0, "settled": 0}
    connection.executemany("insert into meta values (?, ?)", known.items())
    for statement in schema.completion():
        connection.execute(statement)
    connection.execute("commit")


def _in_memory(scan: Scan, parts: str) -> sqlite3.Connection:
    connection = in_memory()
    try:
        _make(connection, scan, lambda _, __: None, True, parts)
    except UnicodeEncodeError as error:
        raise Unfit.named(error, scan.root) from None
    return connection
