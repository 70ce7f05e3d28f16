"""Logs read whole for the index: those that are not laid out as akislog lays them out, and all whose words are wanted.

Most rows come from ``direct``; who updates an index has no need of this module then, nor of the readers behind it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from akislog.core import search
from akislog.core.finding import Finding
from akislog.store.documents import read_document
from akislog.store.index import schema
from akislog.store.index.filling import rows_of
from akislog.text.document import Document


def read(root: str, path: str) -> Document:
    """The document of a file below a folder."""
    return read_document(Path(root, path))


def digest(document: Document) -> bytes:
    """What the bytes of a file are known by; of a file that could not be read, of nothing."""
    return blake2b(document.split.join(), digest_size=16).digest()


def rows(log: int, path: str, document: Document) -> schema.Rows:
    """The rows of one file, by table."""
    if document.log is None:
        found: schema.Rows = {"unread": [[log, path]]}
    else:
        found = rows_of(log, path, document.log.record)
    if document.findings:
        found["findings"] = [[log, n, *_finding(path, one)] for n, one in enumerate(document.findings)]
    return found


def _finding(path: str, finding: Finding) -> list[Any]:
    told = finding._asdict() | {"path": path, "expected": json.dumps(finding.expected)}
    return [told[name] for name in schema.FINDING]


def texts(body: bytes, record: Mapping[str, Any]) -> list[str]:
    """Every text of a log: its body, and what stands in its record."""
    found = [body.decode("utf-8", "replace")]
    _gather(record, found)
    return found


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
