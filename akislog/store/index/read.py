"""Logs read for the index: files become rows of its tables."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from akislog.core import search
from akislog.core.finding import Finding
from akislog.store.documents import read_document
from akislog.store.index import schema
from akislog.store.index.filling import rows_of

if TYPE_CHECKING:
    from akislog.text.document import Document

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
    document = read_document(Path(wanted.root, path))
    rows = _rows(log, path, document) if wanted.rows else {}
    if wanted.words and document.log is not None:
        rows["words"] = [[log, words(_texts(document.split.body, document.log.record))]]
    if path in wanted.young:
        rows["young"] = [[path, digest(document)]]
    return rows


def digest(document: Document) -> bytes:
    """What the bytes of a file are known by; of a file that could not be read, of nothing."""
    from hashlib import blake2b

    return blake2b(document.split.join(), digest_size=16).digest()


def _rows(log: int, path: str, document: Document) -> schema.Rows:
    """The rows of one file, by table."""
    if document.log is None:
        rows: schema.Rows = {"unread": [[log, path]]}
    else:
        rows = rows_of(log, path, document.log.record)
    if document.findings:
        rows["findings"] = [[log, n, *_finding(path, one)] for n, one in enumerate(document.findings)]
    return rows


def _finding(path: str, finding: Finding) -> list[Any]:
    told = finding._asdict() | {"path": path, "expected": json.dumps(finding.expected)}
    return [told[name] for name in schema.FINDING]


def _texts(body: bytes, record: Mapping[str, Any]) -> list[str]:
    texts = [body.decode("utf-8", "replace")]
    _gather(record, texts)
    return texts


def _gather(value: Any, texts: list[str]) -> None:
    """Add every text in a JSON value; how deep it is nested has a limit of the reader."""
    for one in value.values() if value.__class__ is dict else value:
        if one.__class__ is str:
            texts.append(one)
        elif one.__class__ is dict or one.__class__ is list:
            _gather(one, texts)


def words(texts: Sequence[str]) -> str:
    """What the index keeps of the words of a log: each of them once and, of one that comes again, ``word=2`` too, with
    how often it does; no word that is asked for has the sign in it."""
    counted = Counter(search.words("\n".join(texts)))
    again = _AGAIN
    if counted and max(counted.values()) >= len(again):
        again = [f"{schema.AGAIN}{number}" for number in range(max(counted.values()))]
    return " ".join([*counted, *[word + again[number - 1] for word, number in counted.items() if number > 1]])


_AGAIN = [f"{schema.AGAIN}{number}" for number in range(1000)]
