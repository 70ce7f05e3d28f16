"""Codex CLI rollouts (``rollout-<time>-<thread>.jsonl``): with an envelope around each record, or bare as at first.

Tokens: Codex counts up over the session, so the last count is the sum. Its ``input_tokens`` hold what came from the
cache; a log's do not: they are the rest, and ``cache_read_tokens`` the part from the cache. What was written to the
cache, where told, stays in the input. Commands, patches and plans come from tool calls and their outputs, not from
what the agent says of them; edits made by a command cannot be seen. Tested on real sessions of the versions 0.40 and
0.66 and on scrubbed records of 0.146; spawned agents, unified exec, code mode and refusals from documentation only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from akislog.core.values import storable
from akislog.exchange.codex.rollout import ENVELOPES, Rollout
from akislog.exchange.shared.fields import Fields, mapping, text
from akislog.exchange.shared.story import DEEPEST, Story
from akislog.exchange.transcript import Imported, Settings, Tally, Transcript, Unreadable, records

NAME = "codex"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BEGINNING = 50  # records in which a rollout says what it is


@dataclass(frozen=True)
class Child:
    """The rollout of an agent that another one spawned, not read yet. ``meta`` is what it says of itself."""

    meta: Fields
    at: str
    lines: Iterable[bytes]


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these are records of a Codex rollout."""
    return any(_is_enveloped(record) or _is_bare_start(record) for record in records)


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of one rollout; those of its agents, from ``transcript.children``, are told within it.

    Raises Unreadable where the rollout holds no record.
    """
    imported = _read(transcript, settings)
    if imported is None:
        raise Unreadable(f"{transcript.name}: no record of a Codex session; the file may be cut, import it later")
    held = transcript.children if settings.separate else {}
    alone = (_read(Transcript(name, lines), settings) for name, lines in held.items())
    return replace(imported, children=tuple(one for one in alone if one is not None))


def _is_enveloped(record: Mapping[str, Any]) -> bool:
    kind = record.get("type")
    return isinstance(kind, str) and kind in ENVELOPES and isinstance(record.get("payload"), dict)


def _is_bare_start(record: Mapping[str, Any]) -> bool:
    return "type" not in record and "instructions" in record and bool(text(record, "id") and text(record, "timestamp"))


def _read(transcript: Transcript, settings: Settings) -> Imported | None:
    tally = Tally()
    story = Story(settings)
    rollout = Rollout(story, tally)
    rollout.take(transcript.lines)
    if not rollout.id and not rollout.span.first:
        return None
    below = _by_parent((_child(lines) for lines in transcript.children.values()), rollout.id)
    _tell_agents(rollout, below, tally)
    outcome, guessed = rollout.outcome()
    if guessed:
        story.add(rollout.span.last, "session.set", inferred=["session.outcome"])
    named = _ID.findall(transcript.name)
    return story.imported(
        transcript,
        tally,
        agent=NAME,
        host_id=storable(rollout.id) or (named[-1] if named else ""),
        version=text(rollout.meta, "cli_version"),
        title=rollout.title,
        outcome=outcome,
        active_minutes=rollout.active_minutes(),
        start=_start(rollout, settings),
    )


def _start(rollout: Rollout, settings: Settings) -> dict[str, Any]:
    git, cwd = mapping(rollout.meta, "git"), text(rollout.meta, "cwd")
    below = settings.root and cwd.startswith(f"{settings.root.rstrip('/')}/")
    known = {
        "originator": text(rollout.meta, "originator"),
        "forked_from": text(rollout.meta, "forked_from_id"),
        "cwd": rollout.story.timeline.path(cwd) if below else "",
    }
    return {
        "branch": text(git, "branch"),
        "base_commit": text(git, "commit_hash"),
        "metadata": {key: value for key, value in known.items() if value},
    }


# -- the agents' own rollouts -------------------------------------------------------------------------------


def _child(lines: Iterable[bytes]) -> Child:
    """What a child says of itself stands at its beginning, which is read again with the rest."""
    beginning = records(islice(lines, _BEGINNING), Tally())
    meta = next((one for one in beginning if one.get("type") == "session_meta"), {})
    return Child(mapping(meta, "payload"), text(meta, "timestamp"), lines)


def _by_parent(children: Iterable[Child], root: str) -> dict[str, list[Child]]:
    """Children by the thread that spawned them; those that lead to no other are children of the root."""
    below: dict[str, list[Child]] = {}
    for child in children:
        spawn = mapping(mapping(mapping(child.meta, "source"), "subagent"), "thread_spawn")
        parent = text(child.meta, "parent_thread_id") or text(spawn, "parent_thread_id")
        below.setdefault(parent or root, []).append(child)
    reached, wave = {root}, [root]
    while wave:
        wave = [text(child.meta, "id") for thread in wave for child in below.get(thread, [])]
        wave = [thread for thread in wave if thread not in reached]
        reached.update(wave)
    astray = [child for thread in below if thread not in reached for child in below[thread]]
    kept = {thread: found for thread, found in below.items() if thread in reached}
    return {**kept, root: [*kept.get(root, []), *astray]}


def _tell_agents(rollout: Rollout, below: dict[str, list[Child]], tally: Tally) -> None:
    """Tell what the agents of a session did, deepest first, and what came back from them."""
    for child in below.pop(rollout.id, []) if rollout.story.depth < DEEPEST else []:
        handed = rollout.agents.of(child.meta, child.at)
        own = Rollout(handed.story, tally)
        own.take(child.lines)
        _tell_agents(own, below, tally)
        if not handed.status:
            handed.told(own.span.last, own.delegation_status(), own.last_message or handed.result)
    for handed in rollout.agents.all:
        handed.story.close(handed.at, handed.status, handed.result)
