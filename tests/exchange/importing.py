"""How the tests of importers import: whole files, torn files, and files with values of the wrong types."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from akislog.checks.registry import run
from akislog.core.session import Session
from akislog.errors import AkislogError
from akislog.exchange.transcript import Imported, Settings, Transcript
from akislog.text.document import parse, render

FIXTURES = Path(__file__).parents[1] / "fixtures" / "transcripts"
SETTINGS = Settings("akislog test")
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    "",
    "2026",
    "\ud800",
    [],
    [[]],
    [{}],
    {},
    {"id": {}},
    "x" * 3000,
)


def opened(path: Path, *children: Path, modified: str = "") -> Transcript:
    """A transcript as the command opens it: by lines."""
    below = {child.name: child.read_bytes().splitlines(keepends=True) for child in children}
    return Transcript(path.name, path.read_bytes().splitlines(keepends=True), below, modified)


def read(importer: ModuleType, path: Path, *children: Path, settings: Settings = SETTINGS) -> tuple[Imported, Any]:
    """Import a file and finish its session: twice the same, nothing unplaced, and the log reads back as it was."""
    imported = importer.read(opened(path, *children), settings)
    assert importer.read(opened(path, *children), settings) == imported
    return imported, record_of(imported)


def record_of(imported: Imported) -> Any:
    """The record of an import, once it is known to be sound."""
    session = Session.replay(imported.events)
    assert session.state["unplaced"] == [], session.state["unplaced"]
    assert [event["seq"] for event in imported.events] == list(range(1, len(imported.events) + 1))
    record = session.finish().record
    document = parse(render(record))
    assert document.log is not None
    assert (document.log.record, document.findings) == (record, ())
    assert [finding for finding in run(record) if finding.severity == "error"] == []
    return record


def survives(importer: ModuleType, name: str, data: bytes) -> bool:
    """Import anything: a sound log (True) or a named error with the file in it (False); never another exception."""
    try:
        imported = importer.read(Transcript(name, data.splitlines(keepends=True)), SETTINGS)
    except AkislogError as error:
        said = str(error)
    else:
        record_of(imported)
        return True
    assert name in said
    return False


def truncated(data: bytes, times: int, seed: int = 20260601) -> Iterator[bytes]:
    """``data`` cut off at so many places."""
    places = random.Random(seed)
    for _ in range(times):
        yield data[: places.randrange(len(data))]


def mutated(value: Any, times: int, seed: int = 20260601) -> Iterator[Any]:
    """Copies of a JSON value with a few values anywhere in it replaced by ones of other types."""
    chance = random.Random(seed)
    for _ in range(times):
        changed = copy.deepcopy(value)
        for _ in range(chance.randint(1, 4)):
            places = list(_places(changed))
            holder, key = chance.choice(places)
            holder[key] = copy.deepcopy(chance.choice(WRONG))
        yield changed


def every_field(value: Any) -> Iterator[Any]:
    """Copies of a JSON value in which all fields of one name hold the same wrong value, for every name."""
    for name in sorted({key for _, key in _places(value) if isinstance(key, str)}):
        for wrong in WRONG:
            changed = copy.deepcopy(value)
            for holder, key in list(_places(changed)):
                if key == name:
                    holder[key] = copy.deepcopy(wrong)
            yield changed


def lines_of(values: list[Any]) -> bytes:
    """JSONL."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def loaded(path: Path) -> list[Any]:
    """The JSON values of a file: one of a .json, those of all lines of a .jsonl."""
    text = path.read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in entries:
        yield value, key
        yield from _places(one)
