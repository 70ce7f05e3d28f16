"""An older log as one of format 1: the same file with a front matter of today, its body as it was, byte for byte.

Nothing is lost: a value that the new record does not hold in the same words stands in ``provenance.original``, under
the JSON pointer that it had in the old front matter. The result passes ``check`` without an error, or there is none.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from akislog.checks.document import check_document
from akislog.checks.nodes import nodes
from akislog.checks.reading import Reading
from akislog.checks.registry import run
from akislog.checks.schema import check_schema
from akislog.core.finding import Finding
from akislog.core.finish import ordered
from akislog.core.values import portable
from akislog.text.document import Document, reads_back
from akislog.text.emit import front_matter
from akislog.text.frontmatter import FRONT_LIMIT, split
from akislog.text.migrate import NoDate, Record, completed, lost

_ROUNDS = 50
_COMMENT = re.compile(r"#[^\n\r]*")
_LINKS = ("AKL202", "AKL203", "AKL204", "AKL205", "AKL207")


class Migrated(NamedTuple):
    """A file of format 1: what of it was filled in, and the values it keeps as they were."""

    data: bytes
    inferred: tuple[str, ...]
    original: dict[str, Any]


class Left(NamedTuple):
    """A file that is left as it is, and why. ``fine`` where there is nothing to do."""

    why: str
    fine: bool = False


def migrate(document: Document, writer: str) -> Migrated | Left:
    """The file of ``document`` in format 1, as made by ``writer``; or why it is left as it is."""
    front = document.front.value
    stated = (front or {}).get("provenance")
    version = stated.get("format") if isinstance(stated, dict) else None
    if version == 1:
        return Left("it is of format 1 already", fine=True)
    if isinstance(version, int) and version > 1:
        return Left(f"it is of format {version}, which is newer than this akislog")
    if document.log is None:
        return Left(_why(document.findings[0]))
    try:
        record, inferred = completed(document)
    except NoDate:
        return Left("nothing says on which day it was; add session.date, or a date to its file name")
    settled = _settled(record, document.path or "")
    if settled is None:
        return Left("no record of format 1 can be made of it; see akislog check --strict")
    return _made(document, settled, inferred, writer)


def _made(document: Document, record: Record, inferred: list[str], writer: str) -> Migrated | Left:
    """The file for a record that is complete."""
    old = document.front.value
    given = record.get("provenance")
    provenance = dict(given) if isinstance(given, dict) else {}
    told = [one for one in provenance.get("inferred") or [] if one not in inferred]
    record["provenance"] = {
        **provenance, "format": 1, "writer": writer, "source": "converted", "inferred": [*told, *inferred],
    }  # fmt: skip
    kept = lost(old, record, ["provenance.format", "provenance.writer", "provenance.source", *inferred]) if old else {}
    if kept:
        earlier = provenance.get("original")
        record["provenance"]["original"] = {**earlier, **kept} if isinstance(earlier, dict) else kept
    said = _comments(document.front.text)
    if said:
        record["provenance"]["comments"] = said
    record = ordered(_numbers(record), "record")
    data = _file(document, record)
    if data is None or not reads_back(data, record):
        return Left(f"its front matter would not fit into {FRONT_LIMIT} bytes, or not read back; nothing was changed")
    errors = [one for one in check_document(data, document.path or "").findings if one.severity == "error"]
    return Left(_why(errors[0])) if errors else Migrated(data, tuple(inferred), kept)


def _file(document: Document, record: Record) -> bytes | None:
    """Front matter and body; the line ends of the front matter stay those of the file, a byte order mark goes."""
    parts = document.split
    ends = "\r\n" if (parts.opening or parts.body[: parts.body.find(b"\n") + 1]).endswith(b"\r\n") else "\n"
    text = f"---\n{front_matter(record, in_order=True)}---\n"
    data = text.replace("\n", ends).encode() + parts.body
    return data if split(data)[0].body == parts.body else None


def _comments(text: str) -> list[str]:
    """The comments of a front matter: no values, but somebody wrote them."""
    if "#" not in text:
        return []
    scalars = [(node.start.index, node.end.index) for node in nodes(text) if node.is_scalar]
    found: list[str] = []
    at = 0
    for start, end in [*sorted(scalars), (len(text), len(text))]:
        found += [one.strip() for one in _COMMENT.findall(text, at, start)] if start > at else []
        at = max(at, end)
    return found


def _why(finding: Finding) -> str:
    place = f"line {finding.line}: " if finding.line else ""
    return f"{place}{finding.code} {finding.message}; mend that first"


def _settled(record: Record, path: str) -> Record | None:
    """The record without what the format does not take: values of a wrong kind, and links that lead nowhere."""
    for _ in range(_ROUNDS):
        record = ordered(record, "record")
        wrong = check_schema({**record, "provenance": _plain(record)})
        wrong += [one for one in run(Reading(record, path)) if one.code in (*_LINKS, "AKL201", "AKL206")]
        if not wrong:
            return record
        before = json.dumps(record)
        for finding in sorted(wrong, key=lambda one: _steps(one.pointer), reverse=True):  # later items first
            _settle(record, finding)
        if json.dumps(record) == before:
            return None
    return None


def _plain(record: Record) -> Record:
    given = record.get("provenance")
    return {**(given if isinstance(given, dict) else {}), "format": 1}


def _settle(record: Record, finding: Finding) -> None:
    """Take away what is wrong; a computed number is put right, and an id that is there twice becomes another."""
    steps = [one.replace("~1", "/").replace("~0", "~") for one in finding.pointer.split("/")[1:]]
    if finding.code == "AKL207":
        steps = steps[:3]  # the whole chain: it follows from the tasks
    holder: Any = record
    for step in steps[:-1]:
        holder = _below(holder, step)
    key = _key(holder, steps[-1]) if steps else None
    if key is None:  # it is gone with what it stood in
        return
    if finding.code == "AKL206":
        holder[key] = int(finding.expected[0])
    elif finding.code == "AKL201":
        taken = {one["id"] for one in record[steps[0]] if isinstance(one, dict) and isinstance(one.get("id"), str)}
        holder[key] = next(name for n in range(2, len(taken) + 3) if (name := f"{holder[key][:56]}-{n}") not in taken)
    else:
        del holder[key]


def _below(holder: Any, step: str) -> Any:
    key = _key(holder, step)
    return None if key is None else holder[key]


def _key(holder: Any, step: str) -> Any:
    """The key or index that a step of a pointer is in ``holder``; None where there is none."""
    if isinstance(holder, list):
        return int(step) if step.isdecimal() and int(step) < len(holder) else None
    return step if isinstance(holder, dict) and step in holder else None


def _steps(pointer: str) -> tuple[tuple[int, str], ...]:
    """For sorting: numbers by their size."""
    return tuple((int(one) if re.fullmatch("[0-9]{1,9}", one) else -1, one) for one in pointer.split("/"))


def _numbers(value: Any) -> Any:
    """Numbers as every reader reads them; texts stay whole, however long."""
    if isinstance(value, dict):
        return {key: _numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    return portable(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
