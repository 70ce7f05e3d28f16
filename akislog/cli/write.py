"""``akislog write``: END for any language."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from akislog.api import WRITER, now
from akislog.checks.schema import check_with
from akislog.cli.arguments import choose
from akislog.cli.output import complain, say
from akislog.core.cleaning import cleaned
from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.core.session import Session
from akislog.errors import InvalidRecord, PublishError, UsageError
from akislog.exchange import session_document
from akislog.report.findings import line
from akislog.resources import schema
from akislog.store.corpus import Corpus
from akislog.store.documents import NoSuchLog
from akislog.store.paths import Unreadable, read_regular
from akislog.store.project import Project, find_project
from akislog.store.writer import Rendered, prepare, rescue, write
from akislog.text.clean import cleaner
from akislog.text.frontmatter import DEPTH_LIMIT, FILE_LIMIT, load, split
from akislog.text.redact import Redactor


def write_document(source: str, directory: str | None, dry_run: bool, template: Path | None, form: str) -> None:
    """Read a session document, make its log, print its path."""
    choose(form, ("path", "json"), "--format")
    project = find_project(Path.cwd(), os.environ, directory)
    document = _document(source, project.config.agent)
    present = None if dry_run else _already_written(project, document)
    if present is not None and "id" not in document["session"]:
        return _tell(form, Path(str(present.path)), created=False, findings=[])
    # The log of a document that has an id, but no times, holds the time of the first call.
    moment = (present.session.ended_at if present else "") or now()
    record = _record(document, moment, project, source)
    rendered = prepare(record, Redactor(os.environ).redact, _template(template))
    if dry_run:
        return say(rendered.data.decode().rstrip("\n"))
    return _publish(project, rendered, form)


def _record(document: dict[str, Any], moment: str, project: Project, name: str) -> Mapping[str, Any]:
    """The record of a document. InvalidRecord where some of it would be lost."""
    clean = cleaner(project.config.text, os.environ)
    session = Session.replay(session_document.events(document, now=moment, writer=WRITER, clean=clean))
    for event in session.state["unplaced"]:
        told = ", ".join(f"{key}={event[key]!r}" for key in ("id", "task_id", "path", "name") if key in event)
        where = "standard input" if name == "-" else name
        raise InvalidRecord(f"{where}: {event['op']} ({told}) has no place: its id is taken, or its task not there")
    return session.finish().record


def _publish(project: Project, rendered: Rendered, form: str) -> None:
    try:
        written = write(project, rendered)
    except PublishError as error:
        raise rescue(project, rendered, error) from error
    findings = _of(rendered.findings, str(written.path))
    for finding in findings:
        complain(line(finding))
    _tell(form, written.path, written.created, [finding._asdict() for finding in findings])


def _tell(form: str, path: Path, created: bool, findings: list[dict[str, Any]]) -> None:
    if form == "path":
        return say(str(path))
    return say(json.dumps({"version": 1, "path": str(path), "created": created, "findings": findings}))


def _document(source: str, agent: str) -> dict[str, Any]:
    """The document as a mapping that passed its schema; named errors for anything else. ``agent`` is the default."""
    name = "standard input" if source == "-" else source
    data = sys.stdin.buffer.read(FILE_LIMIT + 1) if source == "-" else _file(source)
    if len(data) > FILE_LIMIT:
        raise UsageError(f"{name}: larger than {FILE_LIMIT} bytes")
    value = _json(data, name) if data.lstrip()[:1] == b"{" else _yaml(data, name)
    findings = check_with(json.loads(schema("session-document")), value)
    if findings:
        # Told of the document without its secrets: findings quote what they refuse, cut short.
        redact = Redactor(os.environ).redact_value
        findings = check_with(json.loads(schema("session-document")), cleaned(value, redact)[0]) or findings
        raise InvalidRecord(f"{name}: not a session document; see akislog schema session-document", _of(findings, name))
    return {**value, "session": {"agent": agent, **value["session"]}} if agent else value


def _of(findings: Iterable[Finding], name: str) -> tuple[Finding, ...]:
    return tuple(finding._replace(path=name) for finding in findings)


def _file(source: str) -> bytes:
    try:
        return read_regular(Path(source), FILE_LIMIT)
    except Unreadable as error:
        raise UsageError(f"{error}; give the path of a JSON or YAML file, or - for standard input") from None


def _json(data: bytes, name: str) -> dict[str, Any]:
    """Strict JSON: UTF-8, no duplicate keys, no NaN; so that nothing of it is lost unseen."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = next(key for key in found if [one for one, _ in pairs].count(key) > 1)
            raise ValueError(f"the key {twice!r} is given twice")
        return found

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON number")

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"{name}: not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise InvalidRecord(f"{name}: nested too deeply") from None
    except ValueError as error:
        raise InvalidRecord(f"{name}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidRecord(f"{name}: a session document is a JSON object")
    if _deeper(value, DEPTH_LIMIT):  # how deep json itself can go differs between versions of Python
        raise InvalidRecord(f"{name}: nested too deeply, more than {DEPTH_LIMIT} levels")
    return value


def _deeper(value: Any, limit: int) -> bool:
    """Whether maps and lists are nested deeper than this. Level by level: no depth can exhaust the stack."""
    level = [value]
    for _ in range(limit):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [one for box in inner for one in box]
    return any(isinstance(one, (dict, list)) for one in level)


def _yaml(data: bytes, name: str) -> dict[str, Any]:
    """YAML by the profile of front matter; a document may also stand between lines ``---``."""
    parts, missing = split(data)
    front = load(data if missing else parts.yaml)
    if front.value is None:
        shift = 1 if missing else 0  # positions count from the opening line, which a bare document has not
        moved = tuple(one._replace(path=name, line=(one.line or 1) - shift) for one in front.findings)
        raise InvalidRecord(f"{name}: cannot be read as YAML", moved)
    return front.value


def _template(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the template cannot be read: {error}") from None


def _already_written(project: Project, document: dict[str, Any]) -> WorkflowLog | None:
    """The log of this very document, or of the session it names, if there is one."""
    named = document["session"].get("id")
    if not project.logs.is_dir():
        return None
    try:
        log = Corpus(project.logs).get(named or session_document.digest(document)).log
    except NoSuchLog:
        return None
    return None if log is None or (named and log.session.id != named) else log
