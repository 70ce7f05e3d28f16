"""The contract of all importers, and whose transcript each sample is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from akislog.exchange import registry
from akislog.exchange.registry import IMPORTERS, detect, read
from akislog.exchange.transcript import Tally, Transcript, Unreadable, records
from tests.exchange.importing import FIXTURES, SETTINGS, opened, record_of, survives
from tests.paths import TRANSCRIPTS, need

HEAD = 20


def head(path: Path) -> list[dict[str, Any]]:
    """The first records of a transcript, as the command hands them to detection."""
    if path.suffix == ".json":
        return [json.loads(path.read_bytes())]
    return list(records(path.read_bytes().splitlines()[:HEAD], Tally()))


def samples() -> Iterator[Any]:
    """Every transcript of the shared samples and of our own fixtures, with the agent whose folder it is in.

    Left out are the ``*.meta.json`` files, which tell about a transcript and hold none. No file is left unclaimed.
    """
    for root in (TRANSCRIPTS, FIXTURES):
        for path in sorted(root.rglob("*.json*")) if root.exists() else ():
            if not path.name.endswith(".meta.json"):
                yield pytest.param(path, path.relative_to(root).parts[0], id=path.relative_to(root).as_posix())


@pytest.mark.parametrize(("path", "agent"), list(samples()))
def test_exactly_one_importer_claims_each_transcript(path: Path, agent: str) -> None:
    found = head(path)
    assert [name for name, importer in IMPORTERS.items() if importer.claims(found)] == [agent]
    assert detect(found) == agent


@pytest.mark.parametrize(("path", "agent"), list(samples()))
def test_every_transcript_is_read_by_what_it_holds(path: Path, agent: str) -> None:
    imported = read(opened(path), SETTINGS)
    record_of(imported)
    assert imported == IMPORTERS[agent].read(opened(path), SETTINGS)


def test_the_samples_are_there() -> None:
    need(TRANSCRIPTS)
    assert {param.values[1] for param in samples()} == set(IMPORTERS)


@pytest.mark.parametrize("name", IMPORTERS)
def test_an_importer_keeps_the_contract(name: str) -> None:
    importer = IMPORTERS[name]
    assert name == importer.NAME
    for odd in ([], [{}], [{"type": 3, "kind": [], "requests": {}, "steps": 0, "payload": None, "data": 1}]):
        assert importer.claims(odd) is False
    for data in (b"", b"no JSON", b'{"hello": "world"}'):
        with pytest.raises(Unreadable, match=r"some-file\.json"):
            importer.read(Transcript("some-file.json", [data]), SETTINGS)


@pytest.mark.parametrize("odd", [[], [{}], [{"hello": "world"}]])
def test_what_is_of_no_agent_is_of_none(odd: list[dict[str, Any]]) -> None:
    assert detect(odd) is None


@pytest.mark.parametrize("data", [b"", b"\n", b"{", b"[1]", b'{"hello": "world"}', b'{"a": 1}\n{"b": 2}\n' * 50])
def test_what_nobody_claims_cannot_be_read(data: bytes) -> None:
    with pytest.raises(Unreadable, match="odd-file"):
        read(Transcript("odd-file", data.splitlines(keepends=True)), SETTINGS)


HOSTILE = {
    "no UTF-8": b"\xff\xfe\x80 not text at all",
    "half a character": b'{"type":"user","message":{"content":"\xc3"}}',
    "a lone surrogate": b'{"type":"user","message":{"content":"\\ud800"}}',
    "10 MB": b'{"type":"user","message":{"content":"' + b"a" * 10_000_000 + b'"}}',
    "10 MB of no JSON": b"{" * 10_000_000,
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"type":' * 900 + b"1" + b"}" * 900,
    "deeper objects": b'{"type":' * 100_000 + b"1" + b"}" * 100_000,
    "a number without end": b'{"type":"user","timestamp":' + b"9" * 100_000 + b"}",
    "zeros": b"\0" * 100_000,
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("agent", IMPORTERS)
def test_a_hostile_line_among_the_records(agent: str, what: str) -> None:
    """First, in the middle and last: a log, or a refusal that names the file."""
    path = next(one for one in sorted((FIXTURES / agent).glob("*.json*")) if not one.name.endswith(".summary.json"))
    lines = path.read_bytes().splitlines(keepends=True)
    for at in (0, len(lines) // 2, len(lines)):
        changed = [*lines[:at], HOSTILE[what] + b"\n", *lines[at:]]
        if survives(registry, "odd-file", b"".join(changed)):
            assert path.suffix == ".jsonl"
