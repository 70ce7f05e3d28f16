"""The made-up history of the import benchmark: the same each time, in the agents' layouts, and every session a log."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from akislog.exchange.transcript import Settings
from akislog.hosts.history import Importer, Outcome
from akislog.store import sources
from akislog.store.documents import read_document
from akislog.store.project import Config, Project
from akislog.text.clean import cleaner
from akislog.text.redact import Redactor
from benchmarks.transcripts import ROOT, write_history


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    write_history(folder, 1, 7)
    return folder


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sessions(home: Path) -> dict[str, list[Path]]:
    places = sources.Places(home, {})
    return {name: list(sources.LAYOUTS[name](places, Path(ROOT))) for name in ("claude-code", "codex")}


def imported(home: Path, folder: Path, *, separate: bool = False) -> list[Outcome]:
    settings = Settings("akislog test", cleaner(), ROOT, "/home/dev")
    project = Project(folder, folder / ".akislog", Config())
    paths = [path for found in sessions(home).values() for path in found]
    return list(Importer(project, settings, Redactor().redact, separate).run(paths))


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_the_same_seed_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    number = write_history(tmp_path, 1, 7)
    assert bytes_below(tmp_path) == bytes_below(home)
    assert number == sum(map(len, sessions(home).values()))
    write_history(tmp_path / "other", 1, 8)
    assert bytes_below(tmp_path / "other") != bytes_below(home)


def test_it_is_as_large_as_was_asked_for_and_of_both_agents(home: Path) -> None:
    assert 1e6 <= sum(map(len, bytes_below(home).values())) < 1.4e6
    counts = {name: len(found) for name, found in sessions(home).items()}
    assert counts["codex"]
    assert counts["claude-code"] >= 3 * counts["codex"]


def test_its_records_are_of_the_kinds_that_real_sessions_hold(home: Path) -> None:
    everything = [record for path in sessions(home)["claude-code"] for record in records(path)]
    kinds = Counter(record["type"] for record in everything)
    assert 0.2 < kinds["progress"] / kinds.total() < 0.42
    messages = Counter(record["message"]["id"] for record in everything if record["type"] == "assistant")
    assert max(messages.values()) >= 3
    tools = Counter(
        block["name"]
        for record in everything
        if record["type"] == "assistant"
        for block in record["message"]["content"]
        if block["type"] == "tool_use"
    )
    assert {"Bash", "Read", "Edit", "Write", "TodoWrite", "Task"} <= set(tools)
    assert any("structuredPatch" in record.get("toolUseResult", ()) for record in everything)
    assert list(home.rglob("subagents/agent-*.jsonl"))


def test_every_session_becomes_one_log_and_the_second_time_none(home: Path, tmp_path: Path) -> None:
    first = imported(home, tmp_path)
    assert {outcome.fate for outcome in first} == {"written"}, [outcome.problem for outcome in first]
    assert len({outcome.path for outcome in first}) == len(first)
    before = bytes_below(tmp_path)
    again = imported(home, tmp_path)
    assert {outcome.fate for outcome in again} == {"present"}
    assert [outcome.path for outcome in again] == [outcome.path for outcome in first]
    assert bytes_below(tmp_path) == before


def test_what_was_done_is_in_the_logs(home: Path, tmp_path: Path) -> None:
    logs = [read_document(path).log for path in (one.path for one in imported(home, tmp_path)) if path]
    told = [log.record for log in logs if log is not None]
    assert len(told) == len(logs)
    for section in ("tasks", "commands", "files", "usage"):
        assert sum(section in record for record in told) > len(told) / 2, section
    assert any(record.get("delegations") for record in told)
    assert any(command.get("exit_code") == 1 for record in told for command in record.get("commands", ()))


def test_sub_agents_alone_are_logs_of_their_own(home: Path, tmp_path: Path) -> None:
    alone = imported(home, tmp_path, separate=True)
    mains = sum(map(len, sessions(home).values()))
    assert len(alone) == mains + len(list(home.rglob("subagents/agent-*.jsonl")))
    assert {outcome.fate for outcome in alone} == {"written"}
