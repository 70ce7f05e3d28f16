"""The index: a disposable SQLite database in the state folder, one for each folder of logs.

A corpus with an index gives the same answers as one without, sooner. Whatever is wrong with the index costs time and a
note, never an answer: what is missing, older or damaged is made anew, and where that cannot be, the files are read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date, tzinfo
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from akislog.core import search
from akislog.core.fields import SOURCES
from akislog.core.log import WorkflowLog
from akislog.core.query import Filter
from akislog.core.rows import Row, column
from akislog.store.corpus import Corpus, Hit, OnError, Query, best
from akislog.store.index.build import Progress, build
from akislog.store.index.current import PATIENCE, Note, Opening
from akislog.store.index.hits import expression, hits, ranking
from akislog.store.index.place import (
    Connection,
    Damaged,
    connect,
    database,
    discard,
)
from akislog.store.index.plan import forget
from akislog.store.index.rows import Reader
from akislog.store.index.scan import Scan
from akislog.store.index.update import compared, wordless
from akislog.store.locks import lock
from akislog.store.project import open_state


class Status(NamedTuple):
    """What is known of an index: where it lies, whether it is there and whole, its bytes, how many logs are in it, how
    many files there are, and how many of them have changed since."""

    path: str
    there: bool
    whole: bool
    bytes: int
    logs: int
    files: int
    changed: int


class Indexed(Corpus):
    """A corpus that is one folder and is answered from its index.

    ``index`` is its file. ``needs`` are the sections of a record that the rows' user looks at; None is all.
    """

    needs: Collection[str] | None = None

    def __init__(
        self,
        folder: str | os.PathLike[str],
        connection: Connection,
        path: str,
        note: Note,
        *,
        on_error: OnError = "warn",
        today: date | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(folder, on_error=on_error, today=today, zone=zone)
        self.connection = connection
        self._reader = Reader(connection, os.fspath(self.roots[0]))
        self.index = path
        self._note = note

    def close(self) -> None:
        """Let go of the index; until then whoever changes it has to work on a copy."""
        self.connection.close()

    def __del__(self) -> None:
        # SQLite's connections refer to themselves and would wait for the collector.
        with suppress(Exception):  # in another thread it cannot be closed
            self.connection.close()

    def logs(self) -> Iterator[WorkflowLog]:
        """Every log that could be read; what an older log said in other words (``kept``) is not in the index."""
        return (row.log for row in self.rows())

    __iter__ = logs

    def count(self, source: str = "logs", query: Query = "") -> int:
        """How many rows match."""
        wanted = self.filter(query, source)
        if source == "findings":
            return sum(1 for _ in self.rows(source, wanted))
        try:
            self._tell_untold(self.connection)
            return self._reader.count(wanted)
        except sqlite3.Error as error:
            self._lost(error)
            return sum(1 for _ in super()._rows(source, wanted))

    def counts(self) -> dict[str, int]:
        """How many rows each source has but ``findings``, and how many files were ``unread``."""
        found = {source: self.count(source) for source in SOURCES if source != "findings"}
        return {**found, "unread": len(self.findings)}

    def _rows(self, source: str, wanted: Filter) -> Iterator[Row]:
        return self._safely(
            lambda: self._reader.rows(wanted, self.needs), lambda: super(Indexed, self)._rows(source, wanted)
        )

    def _hits(
        self, searched: tuple[search.Term, ...], columns: tuple[str, ...], wanted: Filter, limit: int
    ) -> list[Hit]:
        try:
            if wordless(self.connection):
                return super()._hits(searched, columns, wanted, limit)
            ranked = ranking(self._reader, searched, wanted, limit) if columns == search.COLUMNS else None
            if ranked is not None:
                self._tell_untold(self.connection)
                return hits(self._reader, ranked, searched, self.needs)
        except sqlite3.Error:
            pass  # the next who asks will be told
        words = " AND ".join(map(expression, searched))
        found = self._safely(
            lambda: self._reader.rows(wanted, None, words), lambda: super(Indexed, self)._rows("logs", wanted)
        )
        return best(found, searched, columns, limit)

    def _safely(self, indexed: Callable[[], Iterator[Row]], files: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        """Rows from the index; should it fail on the way, the rest of the same rows from the files."""
        given = 0
        try:
            self._tell_untold(self.connection)
            for row in indexed():
                yield row
                given += 1
        except sqlite3.Error as error:
            self._lost(error)
            yield from islice(files(), given, None)

    def _tables(self) -> sqlite3.Connection:
        with suppress(sqlite3.Error, OSError, Damaged):
            connection = connect(self.index, str(self.roots[0]))
            if not wordless(connection):
                return connection
        return super()._tables()

    def _lost(self, error: sqlite3.Error) -> None:
        self._note(f"the index failed ({error}); the rest of the answer is made from the files")


def needed(source: str, names: Iterable[str]) -> set[str]:
    """The sections of a record in which these columns of a source lie."""
    fields = [column(name.removeprefix("-"), source).field for name in names]
    return {field.steps[0] for field in fields if field.of == "log"}


def opened(
    folder: str | os.PathLike[str],
    state: Path,
    note: Note,
    *,
    trusted: bool = False,
    words: bool = False,
    progress: Progress = lambda _, __: None,
    scan: Scan | None = None,
    on_error: OnError = "warn",
    today: date | None = None,
    zone: tzinfo | None = None,
) -> Corpus:
    """The corpus of a folder, with its index if it has one or is to have one.

    ``trusted`` takes the index as it is, without a look at the files; ``words`` says that it has to answer a search;
    ``scan`` is what a look just now saw. ``note`` is told why an answer will take longer.
    """
    opening, connection = Opening(os.fspath(folder), os.fspath(state), note, progress, scan, words), None
    if os.path.isdir(folder):
        connection = opening.connection(trusted)
    if connection is None:
        return Corpus(folder, on_error=on_error, today=today, zone=zone)
    return Indexed(folder, connection, opening.path, note, on_error=on_error, today=today, zone=zone)


def rebuild(folder: str, state: Path, progress: Progress) -> Status:
    """Make the index of a folder anew, however few files there are. AkislogError, OSError or sqlite3.Error if not."""
    path = database(os.fspath(open_state(state)), folder)
    with lock(f"{path[:-3]}.lock", wait=PATIENCE):
        build(path, Scan(folder), progress, words=True)
    return status(folder, state)


def clear(folder: str, state: Path) -> bool:
    """Delete the index of a folder; whether there was one."""
    path = database(os.fspath(state), folder)
    if not os.path.isdir(state):
        return False
    there = os.path.exists(path)
    with lock(f"{path[:-3]}.lock", wait=PATIENCE):
        discard(path)
    forget(os.fspath(state))
    return there


def status(folder: str, state: Path) -> Status:
    """What is known of the index of a folder."""
    path, scan = database(os.fspath(state), folder), Scan(folder)
    there, size = os.path.exists(path), 0
    try:
        connection = connect(path, folder)
    except (sqlite3.Error, OSError, Damaged):
        size = os.path.getsize(path) if there else 0
        return Status(path, there, False, size, 0, scan.count, scan.count)
    try:
        size = os.path.getsize(path)
        logs = connection.execute("select count(*) from logs").fetchone()[0]
        found = compared(connection, scan)
    finally:
        connection.close()
    changed = len(found.changes.changed) + len(found.changes.gone) + len(found.altered)
    return Status(path, True, True, size, logs, scan.count, changed)
