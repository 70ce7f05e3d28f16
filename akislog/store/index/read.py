"""Logs read for the index: files become rows, in other processes where there are many."""

from __future__ import annotations

import json
import marshal
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
_FEW = 300  # up to so many files one process is faster than starting others


class Task(NamedTuple):
    """Files to be read: their numbers with their paths below a folder, which are young, and what is wanted of them."""

    root: str
    paths: Sequence[tuple[int, str]]
    young: frozenset[str]
    rows: bool
    words: bool


def read_all(
    root: str,
    paths: Sequence[tuple[int, str]],
    young: frozenset[str] = frozenset(),
    *,
    rows: bool = True,
    words: bool = True,
) -> Iterator[tuple[schema.Rows, int]]:
    """The rows of the files by table, some files at a time, and how many these were: those of their records, those of
    their words, or both. Every path has its number before it."""
    tasks = []
    for at in range(0, len(paths), _BATCH):
        part = paths[at : at + _BATCH]
        tasks.append(Task(root, part, young.intersection([path for _, path in part]), rows, words))
    from akislog.store.index import direct  # noqa: F401 - here rather than in every process

    jobs = min(_processors(), len(tasks))
    made = map(_read, tasks) if jobs < 2 or len(paths) <= _FEW else _side_by_side(tasks, jobs)
    return map(marshal.loads, made)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _side_by_side(tasks: Sequence[Task], jobs: int) -> Iterator[bytes]:
    import multiprocessing

    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in ways else "spawn")
    with context.Pool(jobs, _begin) as pool:
        yield from pool.imap(_read, tasks)


def _begin() -> None:
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the pool
    gc.freeze()
    gc.disable()  # what is read refers to itself in no way


def _read(task: Task) -> bytes:
    tables: schema.Rows = {}
    for log, path in task.paths:
        for name, rows in _rows_of(task, log, path).items():
            tables.setdefault(name, []).extend(rows)
    return marshal.dumps((tables, len(task.paths)))


def _rows_of(task: Task, log: int, path: str) -> schema.Rows:
    """What is wanted of a file."""
    from akislog.store.index.direct import rows_of_file  # an index answers without the readers

    if not task.words and path not in task.young:
        found = rows_of_file(log, path, os.path.join(task.root, path))
        if found is not None:
            return found
    document = read_document(Path(task.root, path))
    rows = _rows(log, path, document) if task.rows else {}
    if task.words and document.log is not None:
        rows["words"] = [[log, words(_texts(document.split.body, document.log.record))]]
    if path in task.young:
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
