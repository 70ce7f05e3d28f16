"""A project's past: transcripts that agents have kept become logs. Importing twice changes nothing.

A session that has gone on since its log was written replaces that log while nobody has touched it; an edited log
stays, and what came after it becomes a log of its own that says what it continues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from akislog.core.events import Event
from akislog.core.session import Session
from akislog.errors import AkislogError, AlreadyFinished
from akislog.exchange.registry import read as read_transcript
from akislog.exchange.transcript import Imported, Settings, Transcript
from akislog.store import sources
from akislog.store.documents import read_document
from akislog.store.project import Project
from akislog.store.writer import Rendered, prepare, replaceable, write

Fate = Literal["written", "continued", "present", "failed"]
Redact = Callable[[str], tuple[str, int]]


@dataclass(frozen=True)
class Outcome:
    """What became of one session. ``path`` is its log's, ``problem`` why there is none."""

    source: Path
    fate: Fate
    agent: str = ""
    title: str = ""
    started_at: str = ""
    path: Path | None = None
    skipped: Mapping[str, int] | None = None
    bad_lines: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Importer:
    """Imports transcripts into one project."""

    project: Project
    settings: Settings
    redact: Redact
    separate: bool = False
    dry_run: bool = False

    def run(self, paths: Iterable[Path]) -> Iterator[Outcome]:
        """Import each transcript; one that cannot be read is an outcome like the others."""
        known, seen = self._known(), sources.Seen()
        for path in paths:
            try:
                imported = self.read(path, seen)
            except AkislogError as error:
                yield Outcome(path, "failed", problem=str(error))
                continue
            for one in (imported, *(imported.children if self.separate else ())):
                yield self._place(path, one, known)

    def read(self, path: Path, seen: sources.Seen | None = None) -> Imported:
        """The session of a transcript. ``seen`` keeps what was found beside it for the next one."""
        settings = replace(self.settings, separate=self.separate)
        try:
            when = sources.modified(path).strftime("%Y-%m-%dT%H:%M:%SZ")
        except OSError:
            when = ""  # what is wrong with it is told when it is opened
        below, data = sources.children(path, seen), partial(sources.data, path)
        return read_transcript(Transcript(path.name, sources.lines(path), below, when, data), settings)

    def _known(self) -> dict[str, str]:
        """The logs that are there: the 8 hex digits of their ids to the whole ids."""
        logs = self.project.logs
        return {path.stem[-8:]: path.stem for path in logs.glob("*_????????.md")} if logs.is_dir() else {}

    def _place(self, source: Path, imported: Imported, known: dict[str, str]) -> Outcome:
        events = list(imported.events)
        start = events[0]
        told = Outcome(
            source,
            "failed",
            imported.agent,
            str(start.get("title", "")),
            str(start.get("at", "")),
            skipped=imported.skipped,
            bad_lines=imported.bad_lines,
        )
        try:
            return self._written(told, events, known)
        except AkislogError as error:
            return replace(told, problem=str(error))

    def _written(self, told: Outcome, events: list[Event], known: dict[str, str]) -> Outcome:
        """Write the log, or the continuation of the one that is there."""
        # The slug was fixed when the session was first written; a title that came later does not move the file.
        first = str(events[0]["id"])
        events[0] = {**events[0], "id": known.get(first[-8:], first)}
        try:
            return self._publish(told, events, known)
        except AlreadyFinished:
            path = self.project.logs / f"{events[0]['id']}.md"
            later = _continuation(events, path)
            if later is None:
                return replace(told, fate="present", path=path)
            later[0] = {**later[0], "id": known.get(str(later[0]["id"])[-8:], later[0]["id"])}
            return self._publish(told, later, known)

    def _publish(self, told: Outcome, events: Sequence[Event], known: dict[str, str]) -> Outcome:
        """Write one log, or with ``dry_run`` only say what would become of it. AlreadyFinished as in ``write``."""
        rendered = prepare(Session.replay(events).finish().record, self.redact)
        name = str(rendered.record["session"]["id"])
        path = self.project.logs / f"{name}.md"
        fate: Fate = "continued" if path.exists() else "written"
        if self.dry_run:
            return replace(told, fate=_foreseen(path, rendered, fate), path=path)
        written = write(self.project, rendered, continuing=True)
        known[name[-8:]] = name
        return replace(told, fate=fate if written.created else "present", path=written.path)


def _foreseen(path: Path, rendered: Rendered, fate: Fate) -> Fate:
    """What ``write`` would do."""
    if not path.exists():
        return "written"
    if path.read_bytes() == rendered.data:
        return "present"
    if replaceable(path, rendered.record) is None:
        raise AlreadyFinished(f"{path}: this session has a log already, with other content")
    return fate


def _continuation(events: Sequence[Event], path: Path) -> list[Event] | None:
    """The events after those of the log at ``path``, as a session of their own; None where nothing came after it."""
    log = read_document(path).log
    ended = log.session.ended_at if log is not None else ""
    rest = [event for event in events[1:-1] if event["at"] > ended]
    if log is None or not ended or not rest:
        return None
    first = str(events[0]["id"])
    began = rest[0]["at"]
    stem = f"{began[:10]}_{began[11:19].replace(':', '')}_{'_'.join(first.split('_')[2:-1])}"
    name = f"{stem}_{sha256(f'{first} {ended}'.encode()).hexdigest()[:8]}"
    start: Event = {**events[0], "id": name, "at": began, "continues": [first]}
    return [start, *_added(events, rest), events[-1]]


def _added(events: Sequence[Event], rest: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """Tasks that the later events speak of, as they were added; then the later events."""
    spoken = {
        event.get("task_id") or event.get("id") for event in rest if str(event["op"]).startswith(("task", "deleg"))
    }
    present = {event.get("id") for event in rest if event["op"] == "task.add"}
    for event in events:
        if event["op"] == "task.add" and event["id"] in spoken - present:
            yield {key: value for key, value in event.items() if key != "parent_task_id"}
    yield from rest
