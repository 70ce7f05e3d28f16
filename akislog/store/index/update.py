"""Bringing an index to what the files say now: in place, or on a copy where somebody reads it or it takes long.

A log that is read again for a query keeps its number, and of its rows those change that say something else. The words
of a log are added when somebody searches. They cannot be taken out of the full-text table again: a log that has others
by then gets a new number, and the old words lead nowhere until the index is next made from nothing.
"""

from __future__ import annotations

import marshal
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

from akislog.store.index import schema
from akislog.store.index.build import FEW, Progress, Unfit, add, put_left_out, put_stamps
from akislog.store.index.place import (
    Connection,
    begin_reading,
    begin_writing,
    boot,
    connect,
    discard,
    open_changing,
    seal,
    unseal,
)
from akislog.store.index.read import Wanted, put, rows_wanted
from akislog.store.index.scan import Changes, Scan, compare, known_pieces
from akislog.store.index.stamps import Stamp, stamps
from akislog.store.index.values import NULL

_SHORT = 0.2  # seconds to wait for those who read


class State(NamedTuple):
    """How an index compares with a scan: ``changes`` by stamps, ``young`` files as they were read, ``altered`` ones of
    these that are others now and ``ripe`` ones that are the same and young no more, whether the same was left out, how
    many logs it has, or more, without the words that a search needs, and what it says of itself."""

    changes: Changes
    young: Mapping[str, bytes]
    altered: list[str]
    ripe: list[str]
    same_left_out: bool
    wordless: int
    meta: Mapping[str, Any]

    @property
    def anew(self) -> int:
        """How many files are to be read."""
        return len(self.changes.changed) + len(self.altered)

    @property
    def current(self) -> bool:
        """Whether the index says what the files say."""
        return not self.changes and not self.altered and self.same_left_out

    def is_worn(self, count: int) -> bool:
        """Whether so much has changed, of so many files, that the index is better made anew."""
        return self.stale > max(1000, count // 4)

    @property
    def stale(self) -> int:
        """How many files were read again or went since the index was made, those of now too."""
        stale: int = self.meta["stale"]
        return stale + self.anew + len(self.changes.gone)


def compared(connection: Connection, scan: Scan) -> State:
    """How an index compares with what is there."""
    left_out = connection.execute("select path, why, severity from skipped").fetchall()
    changes, same_left_out = compare(scan, known_pieces(connection)), sorted(left_out) == sorted(scan.skipped)
    known = dict(connection.execute("select path, digest from young"))
    state = State(changes, known, [], [], same_left_out, wordless(connection), connection.meta)
    if known:
        from akislog.store.index import whole

        passed = {*state.changes.changed, *state.changes.gone}
        found = _stamps_by_name(scan, [path for path in known if path not in passed])
        for path, stamp in found.items():
            if whole.digest(whole.read(scan.root, path)) != known[path]:
                state.altered.append(path)
            elif not scan.is_young(stamp):
                state.ripe.append(path)
    return state


def wordless(connection: Connection) -> int:
    """How many logs of an index, or more, have no words in it; a search can be answered where none has."""
    since: int = connection.meta["next"] - 1 - connection.meta["worded"]
    if connection.meta["worded"] < 0:
        return since
    return since + int(connection.execute("select count(*) from reworded").fetchone()[0])


def update(
    connection: Connection,
    scan: Scan,
    progress: Progress,
    known: State | None = None,
    *,
    words: bool = False,
) -> Connection | None:
    """Bring an index to what ``scan`` saw; a connection that reads it then, or None if it is better made anew.

    ``connection`` is to an index that is sealed, may write, and is no more to be used. ``known`` is how it compares
    with the scan, if that is known already; ``words`` says whether a search is to be answered from now on. The caller
    holds the lock. Unfit, OSError and sqlite3.Error tell what was in the way.
    """
    try:
        known = known or compared(connection, scan)
        if known.is_worn(scan.count):
            connection.close()
            return None
        long = known.anew + known.wordless * words > max(FEW, scan.count // 50)
        if not long and begin_writing(connection, _SHORT):
            unseal(connection)
            _change(connection, scan, progress, known, words)
            connection.sealed = seal(connection.path, until=boot())
            begin_reading(connection)
            return connection
    except BaseException:
        connection.close()  # what was not committed is undone
        raise
    path = connection.path
    connection.close()
    _update_copy(path, scan, progress, known, words, pack=long)
    return connect(path, scan.root)


def _update_copy(path: str, scan: Scan, progress: Progress, known: State, words: bool, *, pack: bool) -> None:
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
        with closing(open_changing(beside)) as copy:
            _change(copy, scan, progress, known, words, f"{beside}.part")
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.remove(beside)
    seal(path, until=boot())


def _change(
    connection: sqlite3.Connection, scan: Scan, progress: Progress, state: State, words: bool, parts: str = ""
) -> None:
    """Write what has changed, and commit it."""
    changes = state.changes
    stamped = {**changes.changed, **_stamps_by_name(scan, state.altered)}
    young = frozenset(path for path, stamp in stamped.items() if scan.is_young(stamp))
    wanted = Wanted(scan.root, young, words=words and not state.wordless)
    paths = [*sorted(changes.changed), *state.altered]
    last = state.meta["next"] - 1
    try:
        aged = [(path,) for path in (*paths, *changes.gone, *state.ripe) if path in state.young]
        if aged:
            connection.executemany("delete from young where path = ?", aged)
        _forget(connection, changes.gone)
        if parts and len(paths) > FEW:
            _forget(connection, paths)
            add(connection, wanted, [*enumerate(paths, last + 1)], progress, parts)
            last += len(paths)
        else:
            for path in paths:
                last = max(last, _read_again(connection, wanted, path, last + 1, state.meta["worded"]))
                progress(1, len(paths))
        put_stamps(connection, changes)
        if not state.same_left_out:
            put_left_out(connection, scan)
        if words and state.wordless:
            last = _add_words(connection, scan.root, state.meta["worded"], last, progress, parts)
        numbers = [(last + 1, "next"), (state.stale, "stale"), *([(last, "worded")] if words else [])]
        connection.executemany("update meta set value = ? where key = ?", numbers)
        connection.execute("commit")
    except UnicodeEncodeError as error:
        raise Unfit.named(error, scan.root) from None


_FIND = "select log, _filled, _beside from logs where path = ?"


def _forget(connection: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Delete the rows of some files."""
    for path in paths:
        found = connection.execute(_FIND, (path,)).fetchone()
        if found:
            held = ["reworded", *schema.tables_of(found[1])]
        else:
            found = connection.execute("select log from unread where path = ?", (path,)).fetchone()
            held = ["unread", "findings"]
        for table in held if found else ():
            connection.execute(f"delete from {table} where log = ?", found[:1])


def _read_again(connection: sqlite3.Connection, wanted: Wanted, path: str, number: int, worded: int) -> int:
    """Bring the rows of one file to what it says; its number, which is this one where it cannot keep its own. Those up
    to ``worded`` have words in the index."""
    found = None if wanted.words else connection.execute(_FIND, (path,)).fetchone()
    log: int = found[0] if found else number
    rows = rows_wanted(wanted, log, path)
    if not found or "logs" not in rows:
        _forget(connection, [path])
        put(connection, rows)
        return log
    if log <= worded:
        connection.execute("insert or ignore into reworded values (?)", (log,))
    put(connection, {"young": rows.pop("young", [])})
    filled, beside = rows["logs"][0][schema.FILLED : schema.BESIDE + 1]
    for name in ["tasks"] if found[1:] == (filled, beside) else schema.tables_of(found[1] | filled):
        _rewrite(connection, name, log, rows.get(name, ()))
    return log


def _rewrite(connection: sqlite3.Connection, name: str, log: int, rows: Iterable[Sequence[Any]]) -> None:
    """Change those rows of a log in a table that say something else now."""
    ways = _ways(name)
    before = connection.execute(ways.select, (log,)).fetchall()
    there = {row[: ways.lead]: row for row in before}
    for cells in rows:
        row = tuple([None if cell is NULL else cell for cell in cells])
        known = there.pop(row[: ways.lead], None)
        if known is None:
            connection.execute(ways.insert, row)
        elif not _same(known, row):
            others = [n for n in range(ways.lead, len(row)) if known[n] is not row[n] and not _same(known[n], row[n])]
            setting = ", ".join(f"{ways.columns[n]} = ?" for n in others)
            values = [*(row[n] for n in others), *row[: ways.lead]]
            connection.execute(f"update {name} set {setting} where {ways.where}", values)
    if there:
        connection.executemany(f"delete from {name} where {ways.where}", list(there))


class _Ways(NamedTuple):
    """Statements about the rows of a log in a table; its columns, and how many of them are its key."""

    select: str
    insert: str
    where: str
    columns: Sequence[str]
    lead: int


@cache
def _ways(name: str) -> _Ways:
    lead, columns = schema.OF_LOG[name]
    quoted = [f'"{one}"' for one in columns]
    return _Ways(
        f"select {', '.join(quoted)} from {name} where log = ?",
        f"insert into {name} values ({', '.join('?' * len(columns))})",
        " and ".join(f"{one} = ?" for one in quoted[:lead]),
        quoted,
        lead,
    )


def _same(one: Any, other: Any) -> bool:
    """Whether values are the same in kind too: 1 is not 1.0."""
    return marshal.dumps(one, 0) == marshal.dumps(other, 0)


def _add_words(
    connection: sqlite3.Connection, root: str, worded: int, last: int, progress: Progress, parts: str
) -> int:
    """Add the words of logs that have none in the index, or others; the last number of a log, which was ``last``. Those
    up to ``worded`` have some, unless nobody has searched yet."""
    if worded < 0:
        for statement in schema.words_ddl():
            connection.execute(statement)
    else:
        last = _renumber(connection, last)
    logs = connection.execute("select log, path from logs where log > ? order by log", (worded,)).fetchall()
    add(connection, Wanted(root, rows=False, words=True), logs, progress, parts)
    return last


def _renumber(connection: sqlite3.Connection, last: int) -> int:
    """Give new numbers to the logs that have other words than the index; the last one."""
    logs = connection.execute("select log, _filled from reworded join logs using (log)").fetchall()
    for number, (log, held) in enumerate(logs, last + 1):
        for table in schema.tables_of(held):
            connection.execute(f"update {table} set log = ? where log = ?", (number, log))
    connection.execute("delete from reworded")
    return last + len(logs)


def _stamps_by_name(scan: Scan, paths: Sequence[str]) -> Mapping[str, Stamp]:
    """The stamps of some files by their paths; those of files that are gone are not there."""
    folders = {path[: path.rfind("/") + 1] for path in paths}
    found = {
        folder + one[0]: one for folder in folders for piece in scan.folders.get(folder, ()) for one in stamps(piece)
    }
    return {path: found[path] for path in paths if path in found}
