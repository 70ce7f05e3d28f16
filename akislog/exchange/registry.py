"""The agents whose transcripts can be read: one entry each, found by what a transcript holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import chain, islice
from typing import Any, Protocol

from akislog.exchange.transcript import LINE_LIMIT, Imported, Settings, Transcript, Unreadable, decoded

HEAD = 20  # records by which a transcript is known


class Importer(Protocol):
    """What a module must have to read one agent's transcripts."""

    NAME: str

    def claims(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Whether these, the first records of a transcript, are of this agent. One JSON object is one record."""

    def read(self, transcript: Transcript, settings: Settings) -> Imported:
        """The session in a transcript. Raises Unreadable where there is none."""


class _Late:
    """An importer whose module is imported at its first use."""

    def __init__(self, name: str) -> None:
        self.NAME = name
        self._imported: Any = None

    def claims(self, records: Sequence[Mapping[str, Any]]) -> bool:
        return bool(self._module().claims(records))

    def read(self, transcript: Transcript, settings: Settings) -> Imported:
        imported: Imported = self._module().read(transcript, settings)
        return imported

    def _module(self) -> Any:
        if self._imported is None:
            self._imported = import_module(f"akislog.exchange.{self.NAME.replace('-', '_')}")
        return self._imported


IMPORTERS: Mapping[str, Importer] = {
    "claude-code": _Late("claude-code"),
    "codex": _Late("codex"),
    "copilot-cli": _Late("copilot-cli"),
    "gemini-cli": _Late("gemini-cli"),
    "vscode-copilot": _Late("vscode-copilot"),
    "atif": _Late("atif"),
}


def detect(records: Sequence[Mapping[str, Any]]) -> str | None:
    """The agent whose records these are, by name; None for those of no agent that is known."""
    return next((name for name, importer in IMPORTERS.items() if importer.claims(records)), None)


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of a transcript, whichever agent's it is. Raises Unreadable where it is of no agent known."""
    is_object = transcript.data is not None and transcript.name.endswith(".json")  # most of these are one
    found = (_by_object(transcript) if is_object else None) or _by_lines(transcript)
    if found is None:
        raise Unreadable(f"{transcript.name}: not a transcript of an agent that is known, or it is cut; leave it out")
    name, source = found
    return IMPORTERS[name].read(source, settings)


def _by_lines(transcript: Transcript) -> tuple[str, Transcript] | None:
    """The agent whose records the first lines are, and the transcript to read; None where it is nobody's."""
    lines, held, met = iter(transcript.lines), list[bytes](), list[dict[str, Any]]()
    for line in islice(lines, HEAD):
        held.append(line)
        record = decoded(line) if line.rstrip(b" \t\r\n").endswith(b"}") else None
        if isinstance(record, dict):
            met.append(record)
            name = detect(met)
            if name is not None:
                following = next(lines, b"")
                whole = record if len(held) == 1 and not following else None
                return name, replace(transcript, lines=chain(held, [following], lines), whole=whole)
    return _by_object(transcript, chain(held, lines))


def _by_object(transcript: Transcript, lines: Iterable[bytes] = ()) -> tuple[str, Transcript] | None:
    """The same for a transcript that is one JSON object: of its bytes or, where they are not at hand, its lines."""
    whole = decoded(transcript.data() if transcript.data else _joined(lines))
    name = detect([whole]) if isinstance(whole, dict) else None
    return None if name is None else (name, replace(transcript, lines=(), whole=whole))


def _joined(lines: Iterable[bytes]) -> bytes:
    """The lines as one text; nothing where that would be too long to be decoded."""
    held, size = [], 0
    for line in lines:
        size += len(line)
        if size > LINE_LIMIT:
            return b""
        held.append(line)
    return b"".join(held)
