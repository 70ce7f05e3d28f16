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

    def claims(self, records: Sequence[Mapping[str, Any]]) -> bool:
        return bool(self._module().claims(records))

    def read(self, transcript: Transcript, settings: Settings) -> Imported:
        imported: Imported = self._module().read(transcript, settings)
        return imported

    def _module(self) -> Any:
        return import_module(f"akislog.exchange.{self.NAME.replace('-', '_')}")


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
    lines, held, met = iter(transcript.lines), list[bytes](), list[dict[str, Any]]()
    for line in islice(lines, HEAD):
        held.append(line)
        record = decoded(line)
        if isinstance(record, dict):
            met.append(record)
            name = detect(met)
            if name is not None:
                following = next(lines, b"")
                whole = record if len(held) == 1 and not following else None
                source = replace(transcript, lines=chain(held, [following], lines), whole=whole)
                return IMPORTERS[name].read(source, settings)
    whole = decoded(_joined(chain(held, lines)))
    name = detect([whole]) if isinstance(whole, dict) else None
    if name is None:
        raise Unreadable(f"{transcript.name}: not a transcript of an agent that is known, or it is cut; leave it out")
    return IMPORTERS[name].read(replace(transcript, lines=(), whole=whole), settings)


def _joined(lines: Iterable[bytes]) -> bytes:
    """The lines as one text; nothing where that would be too long to be decoded."""
    held, size = [], 0
    for line in lines:
        size += len(line)
        if size > LINE_LIMIT:
            return b""
        held.append(line)
    return b"".join(held)
