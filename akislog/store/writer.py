"""END: the one writer. A record goes in, one file appears in the folder of the logs, or nothing does.

Everything about the content is settled before the disk is touched: fitted to the limits, rendered, searched once more
for secrets, checked against the schema and the rules, read back and compared. Then it is published, create-only.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from akislog.checks.registry import run as check_rules
from akislog.checks.schema import check_schema
from akislog.core.cleaning import cleaned
from akislog.core.finding import Finding
from akislog.core.ids import safe_id
from akislog.core.log import WorkflowLog
from akislog.errors import (
    AkislogError,
    AlreadyFinished,
    DurabilityUnconfirmed,
    InvalidRecord,
    InvalidValue,
    PublishError,
    RoundTripError,
)
from akislog.store.files import NameTaken, publish, replace
from akislog.store.paths import Unreadable, read_regular
from akislog.store.project import Project, open_state
from akislog.text.document import parse, reads_back, render
from akislog.text.fit import FIT_LIMIT, fit
from akislog.text.frontmatter import FILE_LIMIT

Record = Mapping[str, Any]
Tripwire = Callable[[str], tuple[str, int]]


class Rendered(NamedTuple):
    """A log as it will be written. ``caught`` counts secrets that only the last search found."""

    record: Record
    data: bytes
    findings: tuple[Finding, ...]
    caught: int


class Written(NamedTuple):
    """A log that stands in its place. ``created`` is False where the same log stood there already."""

    path: Path
    created: bool
    durable: bool
    rendered: Rendered


def prepare(record: Record, redact: Tripwire, template: str | None = None) -> Rendered:
    """Everything that can go wrong with the content of a finished session, before anything is written.

    Raises InvalidRecord where the schema refuses the record, RoundTripError where it would not read back.
    """
    name = record.get("session", {}).get("id", "")
    if not safe_id(name):
        raise InvalidValue(f"session id {name!r} cannot be a file name; use letters, digits and . _ -, at most 120")
    fitted, text = record, render(record, template, in_order=True)
    if len(text) * 4 > FIT_LIMIT and len(text.encode()) > FIT_LIMIT:  # most logs are far from it, bodies and all
        fitted = fit(record)
        text = render(fitted, template, in_order=True)
    # The body says nothing that the front matter does not say, unless somebody else's template made it.
    caught = redact(text if template else text[: text.index("\n---\n", 4)])[1]
    if caught:
        fitted, caught = _without_secrets(fitted, redact)
        text = render(fitted, template, in_order=True)
    refused = check_schema(fitted)
    if refused:
        raise InvalidRecord(f"session {name}: {refused[0].pointer or '/'}: {refused[0].message}", tuple(refused))
    data = text.encode()
    if not reads_back(data, fitted):
        raise RoundTripError(f"session {name}: the log would not read back as it was recorded; please report this")
    return Rendered(fitted, data, tuple(check_rules(fitted, f"{name}.md", valid=True)), caught)


def _without_secrets(record: Record, redact: Tripwire) -> tuple[dict[str, Any], int]:
    """The record with every secret replaced that its recording let through, and counted."""
    identity = {key: record["session"][key] for key in ("id", "date", "started_at")}
    safe, count = cleaned(record, lambda _key, text: redact(text))
    provenance = dict(record["provenance"])
    provenance["redactions"] = provenance.get("redactions", 0) + count
    return {**record, **safe, "session": {**safe["session"], **identity}, "provenance": provenance}, count


def write(project: Project, rendered: Rendered, *, continuing: bool = False) -> Written:
    """Publish a log under its id. The same log there already is success.

    ``continuing``: the session has gone on since its log was written; that log may be replaced, but only while it is
    exactly what akislog wrote and the new record extends it. Raises AlreadyFinished where other content has the name
    (ours is then kept in the state folder under ``conflicts/``, except when ``continuing``: the caller has it still),
    and PublishError for what the disk refuses.
    """
    name = f"{rendered.record['session']['id']}.md"
    relative = name if project.config.dir == "." else f"{project.config.dir}/{name}"
    spare = spare_folder(project)
    try:
        _refuse_twin(project.logs, name)
        placed = publish(project.root, relative, rendered.data, spare=spare)
    except NameTaken as taken:
        digest = replaceable(taken.path, rendered.record) if continuing else None
        if digest is None:
            where = "" if continuing else f". Ours is in {keep_aside(project, 'conflicts', name, rendered.data)}"
            message = f"{taken.path}: this session has a log already, with other content; it was left as it is{where}"
            raise AlreadyFinished(message) from None
        placed = replace(project.root, relative, rendered.data, expected=digest, spare=spare)
    return Written(placed.path, placed.created, placed.durable, rendered)


def spare_folder(project: Project) -> Path:
    """A folder for what publishing may need beside the log; without a state folder, that of the logs itself."""
    try:
        return open_state(project.state)
    except PublishError:
        if os.access(project.logs, os.W_OK):
            return project.logs
        raise


def _refuse_twin(folder: Path, name: str) -> None:
    """NameTaken where the same id is there in another case: some file systems could not hold both."""
    try:
        present = os.listdir(folder)
    except OSError:
        return  # no folder yet, or publishing will say what is wrong with it
    for other in present:
        if other != name and other.lower() == name.lower():
            raise NameTaken(folder / other, "this id in another case")


def replaceable(path: Path, record: Record) -> str | None:
    """The digest of a log that this record may replace; None where it may not."""
    try:
        data = read_regular(path, FILE_LIMIT)
    except Unreadable:
        return None
    log = parse(data).log
    if log is None or not extends(record, log.record):
        return None
    if render(log.record).encode() != data.replace(b"\r\n", b"\n"):
        return None  # somebody has edited it
    return hashlib.sha256(data).hexdigest()


def extends(new: Record, old: Record) -> bool:
    """Whether ``new`` is the same session as ``old``, gone on: nothing that was recorded is gone."""
    now, then = new.get("session", {}), old.get("session", {})
    if any(now.get(key) != then.get(key) for key in ("id", "started_at")) or now["ended_at"] < then.get("ended_at", ""):
        return False
    return not _told(old) - _told(new)


# By what an entry of each list is known again.
_KNOWN_BY = {
    "root_causes": "problem",
    "gotchas": "pattern",
    "commands": "cmd",
    "tasks": "id",
    "delegations": "id",
    "parallel_groups": "id",
    "changes": "path",
    "commits": "sha",
    "phases": "to_phase",
    "approvals": "question",
    "errors": "message",
    "verification": "check",
}


def _told(record: Record) -> Counter[tuple[str, ...]]:
    """Everything that a record tells of, as what it is known by."""
    log = WorkflowLog(record)
    told: list[tuple[str, ...]] = [
        (section, str(entry.get(key))) for section, key in _KNOWN_BY.items() for entry in record.get(section, [])
    ]
    told += [("check", task.id, check.item) for task in log.tasks for check in task.checklist]
    told += [("file", file.path) for file in (*log.files.created, *log.files.modified, *log.files.deleted)]
    told += [("violation", violation.gate) for violation in log.gates.violations]
    texts = {
        "notes": log.notes,
        "pull_requests": log.pull_requests,
        "passed": log.gates.passed,
        "loaded": log.skills.loaded,
        "suggested": log.skills.suggested,
    }
    return Counter([*told, *((name, text) for name, listed in texts.items() for text in listed)])


def keep_aside(project: Project, place: str, name: str, data: bytes) -> Path:
    """Keep bytes that could not be published in the state folder, under a name of their own."""
    digest = hashlib.sha256(data).hexdigest()[:8]
    stem, dot, suffix = name.rpartition(".")
    state = open_state(project.state)
    return publish(state, f"{place}/{stem}.{digest}{dot}{suffix}", data, spare=state, private=True).path


def rescue(project: Project, rendered: Rendered, error: PublishError) -> PublishError:
    """The same error, its message ending with where the log was kept instead, if it could be kept at all."""
    if isinstance(error, (AlreadyFinished, DurabilityUnconfirmed)):
        return error
    name = f"{rendered.record['session']['id']}.md"
    return PublishError(f"{error}. {_kept(project, name, rendered.data)}")


def rescue_events(
    project: Project, session_id: str, events: Sequence[Mapping[str, Any]], error: AkislogError
) -> AkislogError:
    """The same error for a session that could not be made a log: its events are kept, from which it can be replayed."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    name = f"{session_id if safe_id(session_id) else 'session'}.jsonl"
    error.args = (f"{error}. {_kept(project, name, lines.encode())}",)
    return error


def _kept(project: Project, name: str, data: bytes) -> str:
    try:
        return f"It is kept in {keep_aside(project, 'unpublished', name, data)}"
    except PublishError as second:
        return f"It could not be kept aside either: {second}"
