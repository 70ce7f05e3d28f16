"""Logs read for the index: files become rows of its tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from akislog.store.index import schema

_BATCH = 32  # a batch that fits into the caches of a processor takes a tenth less time


Paths = Sequence[tuple[int, str]]
"""Files by their numbers."""

INTO = {"words": "words (rowid, text)"}
"""What stands behind ``insert into`` where that is not just the name: the number of a row of the words."""


class Wanted(NamedTuple):
    """What is wanted of files below a folder: the rows of their records, their words, or both; which are young."""

    root: str
    young: frozenset[str] = frozenset()
    rows: bool = True
    words: bool = False


def insert(connection: sqlite3.Connection, wanted: Wanted, paths: Paths) -> Iterator[tuple[Iterable[str], int]]:
    """Add what is wanted of files to the tables; some at a time, the names of these tables and how many files."""
    for at in range(0, len(paths), _BATCH):
        some = paths[at : at + _BATCH]
        tables: schema.Rows = {}
        for log, path in some:
            for name, rows in rows_wanted(wanted, log, path).items():
                tables.setdefault(name, []).extend(rows)
        put(connection, tables)
        yield tables, len(some)


def put(connection: sqlite3.Connection, tables: schema.Rows) -> None:
    """Add rows to tables."""
    for name, rows in tables.items():
        if rows:
            values = ",".join("?" * len(rows[0]))
            connection.executemany(f"insert into {INTO.get(name, name)} values ({values})", rows)


def rows_wanted(wanted: Wanted, log: int, path: str) -> schema.Rows:
    """What is wanted of a file."""
    rows = _read(wanted, log, path)
    if "logs" in rows:
        rows["logs"][0][schema.FILLED] = schema.filled(rows)
    return rows


def _read(wanted: Wanted, log: int, path: str) -> schema.Rows:
    from akislog.store.index.direct import rows_of_file  # an index answers without the readers

    if not wanted.words and path not in wanted.young:
        found = rows_of_file(log, path, os.path.join(wanted.root, path))
        if found is not None:
            return found
    from akislog.store.index import whole  # few are read so once there is an index

    document = whole.read(wanted.root, path)
    rows = whole.rows(log, path, document) if wanted.rows else {}
    if wanted.words and document.log is not None:
        rows["words"] = [[log, whole.words(whole.texts(document.split.body, document.log.record))]]
    if path in wanted.young:
        rows["young"] = [[path, whole.digest(document)]]
    return rows
