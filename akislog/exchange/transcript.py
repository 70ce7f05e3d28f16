"""What an importer is handed and what it gives back: lines of a transcript in, events of a session out.

An importer is a module with ``NAME``, ``claims(records)`` and ``read(transcript, settings)``; ``registry.py`` lists
them. It opens nothing itself, skips and counts what it does not know, and leaves out what cannot be known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any

from akislog.core.cleaning import Clean, cleaned, keep
from akislog.core.events import Event
from akislog.core.ids import session_id, slug
from akislog.core.paths import log_path
from akislog.core.values import timestamp
from akislog.errors import AkislogError, InvalidValue

LINE_LIMIT = 64 * 1024 * 1024
TITLE_WIDTH = 100

_BLANKS = " \t\r\n"

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # json.loads without its looks before and after


class Unreadable(AkislogError):
    """A transcript in which nothing can be read. The message names the file, the cause and the next step."""


@dataclass(frozen=True)
class Transcript:
    """One transcript, opened by the caller. ``children`` are the transcripts of its sub-agents, by file name; their
    lines may be gone through more than once.

    ``modified`` is when the file was last written, an ISO time: all there is where a transcript holds no time.
    ``data`` gives all its bytes at once, which many short lines are slow to be put together to. ``whole`` is what is
    in it, where it is one JSON object and was decoded already.
    """

    name: str
    lines: Iterable[bytes]
    children: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    modified: str = ""
    data: Callable[[], bytes] | None = None
    whole: dict[str, Any] | None = None


@dataclass(frozen=True)
class Settings:
    """What the edge settles for all importers: cleaning, the writer's name, and the folders paths are told from.

    ``separate``: sub-agents' sessions are wanted by themselves too, as ``Imported.children``.
    """

    writer: str
    clean: Clean = keep
    root: str = ""
    home: str = ""
    separate: bool = True


@dataclass(frozen=True)
class Imported:
    """A session from a transcript. ``skipped`` counts records of unknown type, ``bad_lines`` what was no JSON."""

    agent: str
    host_id: str
    events: tuple[Event, ...]
    skipped: Mapping[str, int]
    bad_lines: int
    children: tuple[Imported, ...] = ()


@dataclass
class Tally:
    """What was met while reading and not used."""

    skipped: Counter[str] = field(default_factory=Counter)
    bad_lines: int = 0

    def skip(self, kind: object) -> None:
        """Count one record of a type that is not known."""
        self.skipped[kind if isinstance(kind, str) else type(kind).__name__] += 1


def records(lines: Iterable[bytes], tally: Tally) -> Iterator[dict[str, Any]]:
    """The JSON objects of a JSONL transcript; a line that is none (torn, too long, too deep) is counted."""
    for line in lines:
        value = decoded(line)
        if isinstance(value, dict):
            yield value
        elif line.strip(b" \t\r\n\0"):
            tally.bad_lines += 1


def decoded(data: bytes) -> Any:
    """The JSON value of ``data``; None where it is no JSON, too long or too deep."""
    if len(data) > LINE_LIMIT:
        return None
    compiled = compiled_decoder()
    if compiled is not None:
        try:
            return compiled(data)
        except Exception:
            pass  # its refusals are of many types; NaN, lone surrogates and broken UTF-8 are read below
    text = data.decode("utf-8", "replace")
    if text[:1] in _BLANKS:
        text = text.lstrip(_BLANKS)
    try:
        value, end = _scan(text, 0)
    except (StopIteration, ValueError, RecursionError):
        return None
    return value if text[end:] in ("", "\n") or not text[end:].strip(_BLANKS) else None


@cache
def compiled_decoder() -> Callable[[bytes], Any] | None:
    """The decoder of msgspec, where that is installed: what it takes it gives the same value as the standard library,
    in less than half the time."""
    try:
        decode: Callable[[bytes], Any] = import_module("msgspec.json").Decoder().decode
    except ImportError:
        return None
    return decode


def document(
    transcript: Transcript, claims: Callable[[Sequence[Mapping[str, Any]]], bool], tally: Tally
) -> list[dict[str, Any]]:
    """The records of a transcript that is JSONL or one JSON object (which is then the only record).

    Raises Unreadable where it is neither, or not what ``claims`` asks for.
    """
    name, first = transcript.name, transcript.whole
    held = [] if first else [line for line in transcript.lines if line.strip(b" \t\r\n\0")]
    first = decoded(held[0]) if held else first
    if not isinstance(first, dict):
        first = decoded(b"".join(held)) if held else None
        held = held if first is None else []
    found = [first, *records(held[1:], tally)] if isinstance(first, dict) else list(records(held, tally))
    if claims(found):
        return found
    if found and isinstance(first, dict):
        raise Unreadable(f"{name}: no transcript of this agent; leave --agent out, and its kind is found by content")
    raise Unreadable(f"{name}: no whole JSON, the file may be cut or still being written; import it again later")


def children(
    transcript: Transcript, claims: Callable[[Sequence[Mapping[str, Any]]], bool], tally: Tally
) -> dict[str, list[dict[str, Any]]]:
    """The records of the sub-agents' transcripts by file name; one that cannot be read is counted."""

    def readable(name: str, lines: Iterable[bytes]) -> list[dict[str, Any]]:
        try:
            return document(Transcript(name, lines), claims, tally)
        except Unreadable:
            tally.skip("transcript of a sub-agent that cannot be read")
            return []

    every = {name: readable(name, lines) for name, lines in transcript.children.items()}
    return {name: found for name, found in every.items() if found}


class Timeline:
    """Collects what happened in any order and gives the events in time order, cleaned and numbered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._entries: list[tuple[str, int, Event]] = []
        self._now = ""
        self._paths: dict[tuple[str, str], str] = {}

    def add(self, at: object, op: str, **fields: Any) -> None:
        """Note one event. ``at`` is an ISO time as the transcript has it; anything else means: when the last was."""
        moment = at if isinstance(at, str) and at[:4].isdigit() and len(at) >= 19 else self._now
        self._now = moment
        self._entries.append((moment, len(self._entries), {"op": op, **fields}))

    def path(self, path: str, root: str = "") -> str:
        """A path as a log says it. It is cleaned while it is whole: of one outside the project only the end is told."""
        known = self._paths.get((path, root))
        if known is None:
            cleaned_path = self.settings.clean("path", path)[0]
            known = log_path(cleaned_path, self.settings.root or root, self.settings.home)
            self._paths[path, root] = known
        return known

    def events(
        self,
        *,
        agent: str,
        host_id: str,
        title: str,
        started: str,
        ended: str,
        start: Mapping[str, Any],
        end: Mapping[str, Any],
    ) -> tuple[Event, ...]:
        """All events, between a session.start with ``start`` and a session.end with ``end``.

        The session's id comes from the agent's own session id, so that importing twice gives one log.
        """
        first, last = timestamp(started), timestamp(ended)
        clean_title = self.settings.clean("title", title)[0][:TITLE_WIDTH].strip() or "Session"
        name = session_id(
            first, slug(clean_title), sha256(f"{agent}\n{host_id}".encode("utf-8", "replace")).hexdigest()[:8]
        )
        opening = {"op": "session.start", "id": name, "title": clean_title, "source": "transcript"}
        opening |= {"writer": self.settings.writer, **start}
        entries = [(first, opening), *((_when(at, first), event) for at, _, event in sorted(self._entries))]
        entries.append((max(last, first), {"op": "session.end", **end}))
        return tuple(self._numbered(entries))

    def _numbered(self, entries: Iterable[tuple[str, Event]]) -> Iterator[Event]:
        for number, (at, event) in enumerate(entries, 1):
            fields, redacted = cleaned(event, self.settings.clean)
            made = {"seq": number, "at": at, **fields}
            if redacted:
                made["redacted"] = redacted
            yield made


def _when(at: str, first: str) -> str:
    try:
        if at[10:11] == "T" and at[16:17] == ":" and at.endswith("Z"):  # what transcripts hold: no need to look further
            return datetime.fromisoformat(at[:19]).isoformat() + "Z"
        return timestamp(at)
    except (InvalidValue, ValueError):
        return first
