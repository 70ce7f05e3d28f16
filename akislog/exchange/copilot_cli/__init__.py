"""Copilot CLI sessions: ``events.jsonl``, one event of the session a line.

Tokens are those the session's own account at its end gives, which sub-agents are part of. Its ``inputTokens`` hold
what came from the cache; a log's do not: they are the rest, and ``cache_read_tokens`` the part from the cache. Without
that account only the output tokens of the messages are known. Edits made by a command are seen where the account
names the file. The shapes are those of scrubbed records of 0.0.420 to 1.0.77 and of the published event types; no
unscrubbed session was at hand, and sub-agents, permissions, plan mode and to-dos are from documentation only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from akislog.core.values import storable
from akislog.exchange.copilot_cli.session import EVENTS, SessionEvents
from akislog.exchange.shared.fields import mapping, text
from akislog.exchange.shared.story import Story
from akislog.exchange.transcript import Imported, Settings, Tally, Transcript, Unreadable, records

NAME = "copilot-cli"

_OURS = re.compile(r"(?:session|assistant|tool|user|subagent|hook|permission)\.[a-z_]+|abort")


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these are events of a Copilot CLI session."""
    return any(_is_event(record) for record in records)


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of one event log; sub-agents are told within it. Raises Unreadable where it holds no event."""
    tally = Tally()
    story = Story(settings)
    session = SessionEvents(story, tally)
    session.take(records(transcript.lines, tally))
    if not session.known:
        raise Unreadable(f"{transcript.name}: no event of a Copilot CLI session; the file may be cut, import it later")
    outcome, guessed = session.outcome()
    if guessed:
        story.add(session.span.last, "session.set", inferred=["session.outcome"])
    return story.imported(
        transcript,
        tally,
        agent=NAME,
        host_id=storable(session.id) or _folder(transcript.name),
        version=session.version,
        title=session.title,
        outcome=outcome,
        active_minutes=session.span.minutes,
        start=session.start(),
    )


def _is_event(record: Mapping[str, Any]) -> bool:
    kind = text(record, "type")
    if not isinstance(record.get("data"), dict) or "id" not in record or not _OURS.fullmatch(kind):
        return False
    return kind in EVENTS or bool(text(mapping(record, "data"), "copilotVersion"))


def _folder(name: str) -> str:
    """The session's id as the file tells it: its folder, before there were folders its own name."""
    steps = name.replace("\\", "/").removesuffix("/events.jsonl").rstrip("/").split("/")
    return steps[-1].removesuffix(".jsonl") if steps[-1] != "events.jsonl" else ""
