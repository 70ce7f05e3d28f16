"""Filling the index: from nothing, beside the old one and renamed into place; or what has changed, in place.

Files are read by as many processes as there are processors; this one alone writes. The words of the logs are added
when somebody first searches. A log that is read again gets a new number; the words of its old one stay behind, lead
nowhere, and go when the index is next made from nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import NamedTuple

from akislog.store.index import schema
from akislog.store.index.place import boot, discard, in_memory, is_sealed, open_writing, seal, unseal
from akislog.store.index.read import digest, read_all
from akislog.store.index.scan import Changes, Scan, compare, known_pieces
from akislog.store.index.stamps import Stamp, stamps

_SHORT = 0.2  # seconds to wait for those who read
_PRAGMAS = (  # large pages: who goes through all logs asks the system less often
    "page_size = 16384",
    "journal_mode = off",
    "synchronous = off",
    "locking_mode = exclusive",
    "cache_size = -65536",
)

Progress = Callable[[int, int], object]
"""Is told how many files were read just now, and of how many."""


class Unfit(Exception):
    """The corpus cannot be indexed; the message says why."""


class State(NamedTuple):
    """How an index compares with a scan: ``changes`` by stamps, ``altered`` files that were young when they were read
    and are others now, ``ripe`` ones that are the same and young no more, whether the same was left out, and whether
    the index has the words that a search needs."""

    changes: Changes
    altered: list[str]
    ripe: list[str]
    same_left_out: bool = False
    words: bool = True

    @property
    def current(self) -> bool:
        """Whether the index says what the files say."""
        return not self.changes and not self.altered and self.same_left_out


def compared(connection: sqlite3.Connection, scan: Scan) -> State:
    """How an index compares with what is there."""
    left_out = connection.execute("select path, why, severity from skipped").fetchall()
    changes, same_left_out = compare(scan, known_pieces(connection)), sorted(left_out) == sorted(scan.skipped)
    state = State(changes, [], [], same_left_out, has_words(connection))
    known = dict(connection.execute("select path, digest from young"))
    if known:
        from pathlib import Path

        from akislog.store.documents import read_document

        passed = {*state.changes.changed, *state.changes.gone}
        found = _stamps_by_name(scan, [path for path in known if path not in passed])
        for path, stamp in found.items():
            if digest(read_document(Path(scan.root, path))) != known[path]:
                state.altered.append(path)
            elif not scan.is_young(stamp):
                state.ripe.append(path)
    return state


def build(path: str, root: str, progress: Progress, *, words: bool) -> None:
    """Make the index anew; the old one stays until the new one is whole. The caller holds the lock.

    ``words`` says whether a search is to be answered. Unfit, OSError and sqlite3.Error tell what was in the way.
    """
    scan = Scan(root)
    discard(path, keep=path)
    filled, beside = f"{path[:-3]}.{os.getpid()}.all", f"{path[:-3]}.{os.getpid()}.tmp"
    try:
        _fill(filled, beside, scan, progress, words)
        discard(path, keep=beside)
        os.replace(beside, path)
    except UnicodeEncodeError:
        raise Unfit("a file in it has a name that is no Unicode") from None
    finally:
        for one in (filled, beside):
            if os.path.exists(one):
                os.remove(one)
    seal(path)


def _fill(filled: str, packed: str, scan: Scan, progress: Progress, words: bool) -> None:
    """Make the tables in one file, and of it a second one without gaps, which is on disk then."""
    connection = open_writing(filled)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"pragma {pragma}")
        connection.execute("begin")
        _make(connection, scan, progress, words)
        connection.execute("commit")
        connection.execute("vacuum into ?", (packed,))
    finally:
        connection.close()
    descriptor = os.open(packed, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(connection: sqlite3.Connection, scan: Scan, progress: Progress, words: bool) -> None:
    for statement in schema.ddl(words=words):
        connection.execute(statement)
    root = os.fsencode(os.path.realpath(scan.root))
    token = os.urandom(16)  # tells this index from every other
    known = (("root", root), ("next", 1), ("stale", 0), ("token", token))
    connection.executemany("insert into meta values (?, ?)", known)
    _apply(connection, scan, State(compare(scan, {}), [], []), progress)
    for statement in schema.completion():
        connection.execute(statement)


def tables(root: str) -> sqlite3.Connection:
    """The tables of a folder in memory, for one question."""
    connection = in_memory()
    _make(connection, Scan(root), lambda _, __: None, words=True)
    return connection


def has_words(connection: sqlite3.Connection) -> bool:
    """Whether a search can be answered from an index."""
    return connection.execute("select 1 from sqlite_master where name = 'words'").fetchone() is not None


def update(path: str, scan: Scan, progress: Progress, known: State | None = None, *, words: bool = False) -> bool:
    """Bring a sealed index to what ``scan`` saw; False if it is better made anew. The caller holds the lock.

    ``known`` is how it compares with that, if it is known already; ``words`` says whether a search is to be answered
    from now on. While somebody reads it, or where it takes long, a copy is changed and takes its place.
    """
    if words and known and not known.words:
        done = _update_copy(path, scan, progress, known, words)
    else:
        try:
            done = _update(path, scan, progress, known, words)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            done = _update_copy(path, scan, progress, known, words)
    if done:
        seal(path, until=boot())
    return done


def _update_copy(path: str, scan: Scan, progress: Progress, known: State | None, words: bool) -> bool:
    beside = f"{path[:-3]}.{os.getpid()}.tmp"
    try:
        # Not copied as a file: closing it would drop the locks of this process's own readers.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(beside)) as copy:
            source.backup(copy)
        done = _update(beside, scan, progress, known, words)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.remove(beside)
    return done


def _update(path: str, scan: Scan, progress: Progress, known: State | None, words: bool) -> bool:
    connection = open_writing(path, _SHORT)
    try:
        connection.execute("begin exclusive")
        state = known or compared(connection, scan)
        anew = len(state.changes.changed) + len(state.altered)
        stale = _number(connection, "stale") + anew + len(state.changes.gone)
        if stale > max(1000, scan.count // 4):
            return False
        if is_sealed(path):  # and no copy
            unseal(path)
        connection.execute("update meta set value = ? where key = 'stale'", (stale,))
        _apply(connection, scan, state, progress)
        if words and not has_words(connection):
            _add_words(connection, scan.root, progress)
        connection.execute("commit")
    except UnicodeEncodeError:
        raise Unfit("a file in it has a name that is no Unicode") from None
    finally:
        connection.close()  # what was not committed is undone
    return True


def _apply(connection: sqlite3.Connection, scan: Scan, state: State, progress: Progress) -> None:
    """Write what has changed, and the stamps."""
    changes = state.changes
    paths = [*sorted(changes.changed), *state.altered]  # rows that lie as they are asked for are found sooner
    first = _number(connection, "next")
    if first > 1:  # there is something to be deleted
        _delete(connection, [*paths, *changes.gone, *state.ripe], [*paths, *changes.gone])
    found = {**changes.changed, **_stamps_by_name(scan, state.altered)}
    young = frozenset(path for path, stamp in found.items() if scan.is_young(stamp))
    files = read_all(scan.root, [*enumerate(paths, first)], young, words=has_words(connection))
    _insert(connection, files, len(paths), progress)
    connection.execute("update meta set value = ? where key = 'next'", (first + len(paths),))
    for folder, length in changes.lengths.items():
        connection.execute("delete from stamps where folder = ? and n >= ?", (folder, length))
        if length == 0:  # that a folder has nothing in it is known too
            changes.pieces.append((folder, 0, b""))
    connection.executemany("insert or replace into stamps values (?, ?, ?)", changes.pieces)
    connection.execute("delete from skipped")
    connection.executemany("insert into skipped values (?, ?, ?)", scan.skipped)


def _delete(connection: sqlite3.Connection, aged: Sequence[str], paths: Sequence[str]) -> None:
    """Forget the youth of some files, and the rows of others."""
    connection.executemany("delete from young where path = ?", ((path,) for path in aged))
    logs = []
    for path in paths:
        for table in ("logs", "unread"):
            logs += connection.execute(f"select log from {table} where path = ?", (path,)).fetchall()
    if logs:
        for table in ("logs", "unread", "findings", *schema.TABLES):
            connection.executemany(f"delete from {table} where log = ?", logs)


def _add_words(connection: sqlite3.Connection, root: str, progress: Progress) -> None:
    for statement in schema.words_ddl():
        connection.execute(statement)
    logs = connection.execute("select log, path from logs order by log").fetchall()
    _insert(connection, read_all(root, logs, rows=False), len(logs), progress)


def _insert(
    connection: sqlite3.Connection, files: Iterable[tuple[schema.Rows, int]], count: int, progress: Progress
) -> None:
    for tables, some in files:
        for name, rows in tables.items():
            columns = "(rowid, text)" if name == "words" else ""
            connection.executemany(f"insert into {name}{columns} values ({','.join('?' * len(rows[0]))})", rows)
        progress(some, count)


def _stamps_by_name(scan: Scan, paths: Sequence[str]) -> dict[str, Stamp]:
    """The stamps of some files by their paths; those of files that are gone are not there."""
    folders = {path[: path.rfind("/") + 1] for path in paths}
    found = {
        folder + one[0]: one for folder in folders for piece in scan.folders.get(folder, ()) for one in stamps(piece)
    }
    return {path: found[path] for path in paths if path in found}


def _number(connection: sqlite3.Connection, key: str) -> int:
    return int(connection.execute("select value from meta where key = ?", (key,)).fetchone()[0])
