"""Filling the index: from nothing, beside the old one and renamed into place; or what has changed, in place.

The words of a log are added when somebody searches. A log that is read again gets a new number; the words of its old
one stay behind, lead nowhere, and go when the index is next made from nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import NamedTuple

from akislog.store.index import schema
from akislog.store.index.place import boot, discard, in_memory, is_sealed, open_filling, open_writing, seal, unseal
from akislog.store.index.read import Paths, Wanted, digest, insert
from akislog.store.index.scan import Changes, Scan, compare, known_pieces
from akislog.store.index.stamps import Stamp, stamps
from akislog.store.processes import processors

_FEW = 300  # up to so many files one process is faster than starting others
_SHORT = 0.2  # seconds to wait for those who read

Progress = Callable[[int, int], object]
"""Is told how many files were read just now, and of how many."""


class Unfit(Exception):
    """The corpus cannot be indexed; the message says why."""


class State(NamedTuple):
    """How an index compares with a scan: ``changes`` by stamps, ``altered`` files that were young when they were read
    and are others now, ``ripe`` ones that are the same and young no more, whether the same was left out, and how many
    logs it has without the words that a search needs; ``stale`` files were read again or went since it was made."""

    changes: Changes
    altered: list[str]
    ripe: list[str]
    same_left_out: bool = False
    wordless: int = 0
    stale: int = 0

    @property
    def anew(self) -> int:
        """How many files are to be read."""
        return len(self.changes.changed) + len(self.altered)

    @property
    def current(self) -> bool:
        """Whether the index says what the files say."""
        return not self.changes and not self.altered and self.same_left_out


def compared(connection: sqlite3.Connection, scan: Scan) -> State:
    """How an index compares with what is there."""
    left_out = connection.execute("select path, why, severity from skipped").fetchall()
    changes, same_left_out = compare(scan, known_pieces(connection)), sorted(left_out) == sorted(scan.skipped)
    state = State(changes, [], [], same_left_out, wordless(connection), _number(connection, "stale"))
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
    beside = f"{path[:-3]}.{os.getpid()}.tmp"
    try:
        _fill(beside, scan, progress, words)
        discard(path, keep=beside)
        os.replace(beside, path)
    except UnicodeEncodeError:
        raise Unfit("a file in it has a name that is no Unicode") from None
    finally:
        if os.path.exists(beside):
            os.remove(beside)
    seal(path)


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
    root = os.fsencode(os.path.realpath(scan.root))
    token = os.urandom(16)  # tells this index from every other
    known = (("root", root), ("next", 1), ("worded", -1), ("stale", 0), ("token", token))
    connection.executemany("insert into meta values (?, ?)", known)
    _apply(connection, scan, State(compare(scan, {}), [], []), progress, words, parts)
    for statement in schema.completion():
        connection.execute(statement)
    connection.execute("commit")


def tables(root: str) -> sqlite3.Connection:
    """The tables of a folder in memory, for one question."""
    scan = Scan(root)
    if scan.count > _FEW:
        from tempfile import TemporaryDirectory

        with suppress(OSError, sqlite3.Error, UnicodeError), TemporaryDirectory(prefix="akislog-") as folder:
            return _in_memory(scan, os.path.join(folder, "part"))
    return _in_memory(scan, "")  # where there is no room for files, one process needs none


def _in_memory(scan: Scan, parts: str) -> sqlite3.Connection:
    connection = in_memory()
    _make(connection, scan, lambda _, __: None, True, parts)
    return connection


def wordless(connection: sqlite3.Connection) -> int:
    """How many logs of an index, or more, have no words in it; a search can be answered where none has."""
    (last,) = connection.execute("select coalesce(max(log), 0) from logs").fetchone()
    return max(0, int(last) - _number(connection, "worded"))


def update(path: str, scan: Scan, progress: Progress, known: State | None = None, *, words: bool = False) -> bool:
    """Bring a sealed index to what ``scan`` saw; False if it is better made anew. The caller holds the lock.

    ``known`` is how it compares with that, if it is known already; ``words`` says whether a search is to be answered
    from now on. While somebody reads it, or where it takes long, a copy is changed and takes its place.
    """
    if known is None:
        with closing(sqlite3.connect(path)) as connection:
            known = compared(connection, scan)
    known = known._replace(stale=known.stale + known.anew + len(known.changes.gone))
    if known.stale > max(1000, scan.count // 4):
        return False
    if known.anew + known.wordless * words > max(_FEW, scan.count // 50):
        _update_copy(path, scan, progress, known, words, pack=True)
    else:
        try:
            _update(path, scan, progress, known, words)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            _update_copy(path, scan, progress, known, words)
    seal(path, until=boot())
    return True


def _update_copy(path: str, scan: Scan, progress: Progress, known: State, words: bool, *, pack: bool = False) -> None:
    """Update a copy of the index, which takes its place; ``pack`` takes unused space away, which takes longer."""
    discard(path, keep=path)
    beside = f"{path[:-3]}.{os.getpid()}.tmp"
    try:
        # Not copied as a file: closing it would drop the locks of this process's own readers.
        with closing(sqlite3.connect(path)) as source:
            if pack:
                source.execute("vacuum into ?", (beside,))
            else:
                with closing(sqlite3.connect(beside)) as copy:
                    source.backup(copy)
        _update(beside, scan, progress, known, words, f"{beside}.part")
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.remove(beside)


def _update(path: str, scan: Scan, progress: Progress, known: State, words: bool, parts: str = "") -> None:
    connection = open_writing(path, _SHORT)
    try:
        connection.execute("begin exclusive")
        if is_sealed(path):  # and no copy
            unseal(path)
        _put(connection, "stale", known.stale)
        _apply(connection, scan, known, progress, words and not known.wordless, parts)
        if words and known.wordless:
            _add_words(connection, scan.root, progress, parts)
        connection.execute("commit")
    except UnicodeEncodeError:
        raise Unfit("a file in it has a name that is no Unicode") from None
    finally:
        connection.close()  # what was not committed is undone


def _apply(
    connection: sqlite3.Connection, scan: Scan, state: State, progress: Progress, words: bool, parts: str
) -> None:
    """Write what has changed, and the stamps; with ``words`` where no other log is without."""
    changes = state.changes
    paths = [*sorted(changes.changed), *state.altered]  # rows that lie as they are asked for are found sooner
    first = _number(connection, "next")
    if first > 1:  # there is something to be deleted
        _delete(connection, [*paths, *changes.gone, *state.ripe], [*paths, *changes.gone])
    found = {**changes.changed, **_stamps_by_name(scan, state.altered)}
    young = frozenset(path for path, stamp in found.items() if scan.is_young(stamp))
    _add(connection, Wanted(scan.root, young, words=words), [*enumerate(paths, first)], progress, parts)
    _put(connection, "next", first + len(paths))
    if words:
        _put(connection, "worded", first + len(paths) - 1)
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


def _add_words(connection: sqlite3.Connection, root: str, progress: Progress, parts: str) -> None:
    """Add the words of the logs that have none in the index, which are the last ones."""
    last = _number(connection, "worded")
    if last < 0:
        for statement in schema.words_ddl():
            connection.execute(statement)
    logs = connection.execute("select log, path from logs where log > ? order by log", (last,)).fetchall()
    _add(connection, Wanted(root, rows=False, words=True), logs, progress, parts)
    _put(connection, "worded", _number(connection, "next") - 1)


def _add(connection: sqlite3.Connection, wanted: Wanted, paths: Paths, progress: Progress, parts: str) -> None:
    """Add what is wanted of files to the tables. Where ``parts`` is given, with which the names of files may begin that
    several processes make, what is open of a transaction is committed on the way."""
    jobs = processors() if parts and len(paths) > _FEW else 1
    if jobs > 1:
        from akislog.store.index.parts import fill

        filled = fill(connection, wanted, paths, jobs, parts)
    else:
        filled = (some for _, some in insert(connection, wanted, paths))
    with closing(filled):
        for some in filled:
            progress(some, len(paths))


def _stamps_by_name(scan: Scan, paths: Sequence[str]) -> dict[str, Stamp]:
    """The stamps of some files by their paths; those of files that are gone are not there."""
    folders = {path[: path.rfind("/") + 1] for path in paths}
    found = {
        folder + one[0]: one for folder in folders for piece in scan.folders.get(folder, ()) for one in stamps(piece)
    }
    return {path: found[path] for path in paths if path in found}


def _put(connection: sqlite3.Connection, key: str, number: int) -> None:
    connection.execute("update meta set value = ? where key = ?", (number, key))


def _number(connection: sqlite3.Connection, key: str) -> int:
    return int(connection.execute("select value from meta where key = ?", (key,)).fetchone()[0])
