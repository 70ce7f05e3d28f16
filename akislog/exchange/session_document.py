"""A session document (JSON or YAML: the front matter's structure, most of it optional) as the events of a session.

This is END for any language: what is missing is computed as it would have been for a live session.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from akislog.core.cleaning import Clean, cleaned, keep
from akislog.core.events import Event
from akislog.core.ids import session_id, slug
from akislog.core.shape import SHAPE
from akislog.core.values import timestamp
from akislog.text.legacy.front import normalise

_ACTIONS = ("created", "modified", "deleted")
_LISTED = (
    ("root_causes", "root_cause"),
    ("gotchas", "gotcha"),
    ("commands", "command"),
    ("errors", "error"),
    ("verification", "verification"),
    ("phases", "phase"),
)


def digest(document: Mapping[str, Any]) -> str:
    """The 8 hex digits of a document without an id: the same document always has the same ones."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def events(document: Mapping[str, Any], *, now: str, writer: str, clean: Clean = keep) -> list[Event]:
    """The events of the session that ``document`` tells of. ``now`` stands for times that it does not give.

    The document must have passed the schema ``session-document``; older shapes are taken as the reader takes them.
    """
    record = normalise(document).record
    session = dict(record.get("session") or {})
    started = timestamp(session.pop("started_at", None) or session.get("ended_at") or now)
    ended = timestamp(session.pop("ended_at", None) or max(now, started))
    session.setdefault("id", session_id(started, slug(clean("title", str(session["title"]))[0]), digest(document)))
    for key in ("date", "duration_minutes"):
        session.pop(key, None)
    outcome = session.pop("outcome", "completed")
    provenance = record.get("provenance") or {}
    start = {**session, "writer": writer, "source": provenance.get("source", "live"), "host": provenance.get("host")}
    start["inferred"] = provenance.get("inferred")
    for key in ("commits", "pull_requests", "metadata", "recovery"):
        start[key] = record.get(key)
    start["more"] = _more(record)
    told = [(started, "session.start", start), *_body(record, started), (ended, "session.end", {"outcome": outcome})]
    return list(_numbered(told, clean))


def _more(record: Mapping[str, Any]) -> dict[str, Any]:
    """What no event tells of: sections and fields that the format does not know, and a bare list of agents."""
    more = {key: value for key, value in record.items() if key not in SHAPE["record"]}
    for section in ("skills", "files", "gates", "agents", "provenance"):
        given = record.get(section) or {}
        unknown = {key: value for key, value in given.items() if key not in SHAPE[section]}
        if section == "agents" and not record.get("delegations") and given.get("delegated"):
            unknown["delegated"] = given["delegated"]
        if unknown:
            more[section] = unknown
    return more


def _numbered(told: list[tuple[str, str, dict[str, Any]]], clean: Clean) -> Iterator[Event]:
    for number, (at, op, fields) in enumerate(told, 1):
        made, redacted = cleaned(fields, clean)
        yield {"seq": number, "at": at, "op": op, **made, **({"redacted": redacted} if redacted else {})}


def _body(record: Mapping[str, Any], started: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Everything between start and end; order inside a section is kept."""
    for kind in ("loaded", "suggested"):
        for name in (record.get("skills") or {}).get(kind) or []:
            yield started, "skill", {"name": name, "kind": kind}
    yield from _files(record, started)
    for section, op in _LISTED:
        for entry in record.get(section) or []:
            yield started, op, dict(entry)
    gates = record.get("gates") or {}
    for gate in gates.get("passed") or []:
        yield started, "gate", {"gate": gate, "passed": True}
    for violation in gates.get("violations") or []:
        yield started, "gate", {**violation, "passed": False}
    yield from _work(record, started)
    for number, approval in enumerate(record.get("approvals") or [], 1):
        asked = approval.get("asked_at") or started
        yield asked, "approval.ask", {"id": f"a{number}", "question": approval.get("question")}
        if approval.get("answer"):
            answered = approval.get("answered_at") or asked
            yield answered, "approval.answer", {"id": f"a{number}", "answer": approval["answer"]}
    for text in record.get("notes") or []:
        yield started, "note", {"text": text}
    if record.get("usage"):
        yield started, "usage", dict(record["usage"])


def _files(record: Mapping[str, Any], started: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    changes = {one.get("path"): one for one in record.get("changes") or [] if not one.get("task")}
    listed = set()
    for action in _ACTIONS:
        for file in (record.get("files") or {}).get(action) or []:
            listed.add(file.get("path"))
            counts = {key: changes.get(file.get("path"), {}).get(key) for key in ("added", "removed")}
            yield started, "file", {**file, **counts, "action": action}
    for change in record.get("changes") or []:
        if change.get("task") or change.get("path") not in listed:
            yield started, "file", {**change, "action": "modified"}


def _work(record: Mapping[str, Any], started: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Tasks, then delegations, then what the document says of a delegated task beyond its delegation."""
    tasks = record.get("tasks") or []
    for task in tasks:
        yield task.get("created_at") or task.get("started_at") or started, "task.add", dict(task)
    for number, delegation in enumerate(record.get("delegations") or [], 1):
        delegation = {"id": f"d{number}", **delegation}
        opened = delegation.get("started_at") or started
        told = {key: value for key, value in delegation.items() if key not in ("status", "completed_at")}
        yield opened, "delegation.open", told
        status = delegation.get("status", "running")
        if status != "running":
            returned = {key: delegation.get(key) for key in ("result", "artifacts", "tokens_used")}
            closed = delegation.get("completed_at") or opened
            yield closed, "delegation.close", {"id": delegation.get("id"), "status": status, **returned}
    handed_over = {one.get("task_id") for one in record.get("delegations") or []}
    for task in tasks:
        if task.get("id") in handed_over and task.get("status"):
            at = task.get("completed_at") or task.get("started_at") or started
            yield at, "task.status", {"id": task["id"], "status": task["status"], "result": task.get("result")}
    for group in record.get("parallel_groups") or []:
        yield started, "group.add", {"id": group.get("id"), "tasks": group.get("tasks")}
