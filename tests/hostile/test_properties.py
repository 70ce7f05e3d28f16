"""Random bytes and damaged documents through reader, `write` and `import`: findings or named errors, nothing else."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akislog.checks.registry import run as check
from akislog.cli import app
from akislog.core.session import Session
from akislog.errors import AkislogError
from akislog.exchange import registry
from akislog.exchange.transcript import Settings, Transcript
from akislog.report.tree import tree
from akislog.resources import example_logs
from akislog.store.writer import prepare
from akislog.text.clean import cleaner
from akislog.text.document import parse, render
from akislog.text.redact import Redactor
from tests.exchange.importing import FIXTURES
from tests.hostile.attacks import CONTROLS
from tests.sessions import NASTY, json_values

EXAMPLES = [path.read_bytes() for path in sorted(example_logs().glob("*.md"))]
TRANSCRIPTS = [path.read_bytes()[:20_000] for path in sorted(FIXTURES.rglob("*.json*"))]
TOKENS = [one.encode("utf-8", "surrogatepass") for one in (*NASTY, *CONTROLS)]
TOKENS += [
    b"---\n",
    b"\n---\n",
    b"- ",
    b": ",
    b"  ",
    b"\t",
    b"&a ",
    b"*a",
    b"!!x ",
    b"<<: ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\xff",
]
TOKENS += [
    b'"',
    b"'",
    b"\\",
    b"\r",
    b"null",
    b"1e999",
    b"-1",
    b"\n\n",
    b"| ",
    b"> ",
    b"# ",
    b"\xef\xbb\xbf",
    b"tasks:\n",
    b"[]",
]


def damaged(data: bytes, seed: int) -> bytes:
    """``data`` with pieces cut out, put in, doubled and moved."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 2, 8, 40, 400)))
        way = chance.randrange(5)
        piece = chance.choice(TOKENS) if way else bytes([chance.randrange(256)])
        if way < 3:
            data = data[:at] + piece + data[at if way else to :]
        elif way == 3:
            data = data[:at] + data[to:]
        else:
            there = chance.randrange(len(data) + 1)
            data = data[:there] + data[at:to] + data[there:]
    return data


SEEDS = st.integers(0, 2**48)
FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join),
    st.lists(st.sampled_from(TOKENS), max_size=30).map(lambda parts: b"---\n" + b"".join(parts) + b"\n---\n"),
    st.builds(damaged, st.sampled_from(EXAMPLES), SEEDS),
)


@given(data=FILES)
def test_any_file_is_read_checked_and_shown(data: bytes) -> None:
    document = parse(data, "x.md")
    assert document.split.join() == data
    assert document.log is not None or document.findings
    for finding in document.findings:
        assert finding.code.startswith("AKL")
        assert finding.line is None or finding.line >= 1
        assert finding.column is None or finding.column >= 1
    if document.log is not None:
        check(document.log.record, "x.md")
        tree(document.log)
        render(document.log.record)


NAMES = (
    "session",
    "tasks",
    "delegations",
    "files",
    "gotchas",
    "metadata",
    "commands",
    "id",
    "title",
    "status",
    "started_at",
)
SESSIONS = st.builds(
    lambda session, rest: {**rest, "session": {"title": "x", **session} if isinstance(session, dict) else session},
    st.one_of(st.dictionaries(st.sampled_from(NAMES), json_values(), max_size=3), json_values()),
    st.dictionaries(st.sampled_from(NAMES), json_values(), max_size=3),
)
DOCUMENTS = st.one_of(
    SESSIONS.map(lambda value: json.dumps(value).encode()),
    st.builds(lambda value, seed: damaged(json.dumps(value).encode(), seed), SESSIONS, SEEDS),
    FILES,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / ".akislog.toml").touch()
    return folder


def ran(arguments: list[str], project: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        patch.chdir(project)
        patch.setenv("HOME", str(project / "home"))
        patch.delenv("AKISLOG_STATE", raising=False)
        return app.run(arguments)


_ONE_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@given(data=DOCUMENTS)
@_ONE_PLACE
def test_any_document_is_written_or_refused(data: bytes, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "d.json").write_bytes(data)
    before = set((project / "log").rglob("*.md"))
    code = ran(["write", "d.json"], project, monkeypatch)
    made = set((project / "log").rglob("*.md")) - before
    assert code in (0, 1, 2)
    assert len(made) <= (code == 0)
    for path in made:
        document = parse(path.read_bytes())
        assert document.log is not None
        assert (render(document.log.record), document.findings) == (path.read_text("utf-8"), ())


RECORDS = st.one_of(
    st.binary(max_size=200),
    st.builds(damaged, st.sampled_from(TRANSCRIPTS), SEEDS),
    st.lists(
        st.dictionaries(st.sampled_from(["type", "message", "payload", "sessionId", "timestamp"]), json_values()),
        max_size=4,
    ).map(lambda values: b"".join(json.dumps(value).encode() + b"\n" for value in values)),
)
_SETTINGS = Settings("akislog test", cleaner("full", {}), "/work", "/home/x")
_REDACT = Redactor({}).redact


@given(data=RECORDS, child=RECORDS)
def test_any_transcript_is_imported_or_refused(data: bytes, child: bytes) -> None:
    lines = data.splitlines(keepends=True)
    below = {"agent-a11.jsonl": child.splitlines(keepends=True)}
    try:
        imported = registry.read(Transcript("t.jsonl", lines, below), _SETTINGS)
    except AkislogError as error:
        told, imported = str(error), None
    if imported is None:
        assert "t.jsonl" in told
        return
    for one in (imported, *imported.children):
        prepare(Session.replay(one.events).finish().record, _REDACT)


@given(data=RECORDS)
@_ONE_PLACE
def test_any_transcript_through_the_command(data: bytes, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "t.jsonl").write_bytes(data)
    assert ran(["import", "t.jsonl"], project, monkeypatch) in (0, 1)


@given(value=json_values())
def test_any_value_can_be_a_record_of_any_agent(value: Any) -> None:
    for importer in registry.IMPORTERS.values():
        importer.claims([value] if isinstance(value, dict) else [])
