"""Copilot CLI sessions: scrubbed records against plain counts, documented shapes on fixtures of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from akislog.exchange import copilot_cli
from akislog.exchange.copilot_cli.todos import TodoTable, checkboxes
from akislog.exchange.registry import detect
from akislog.exchange.transcript import Settings, Transcript, Unreadable
from tests.exchange.importing import (
    FIXTURES,
    SETTINGS,
    every_field,
    lines_of,
    loaded,
    mutated,
    opened,
    read,
    record_of,
    survives,
    truncated,
)
from tests.paths import TRANSCRIPTS, need

SCRUBBED = TRANSCRIPTS / "copilot-cli" / "stage0"
SESSIONS = [
    "small.jsonl",
    "large.jsonl",
    "schema_drift.jsonl",
    "subdir_v1/aaaabbbb-1111-2222-3333-ccccddddeeee/events.jsonl",
]
OWN = FIXTURES / "copilot-cli"
GARDEN = OWN / "garden.jsonl"


class Truth:
    """What an event log holds, counted without anything of the importer."""

    def __init__(self, path: Path) -> None:
        self.events = [(one["type"], one["data"], one["timestamp"]) for one in loaded(path)]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for found, data, _ in self.events if found == kind]

    def commands(self) -> list[str]:
        """Commands of calls that were begun, or came back, in the order they did."""
        asked = {
            request["toolCallId"]: request for data in self.of("assistant.message") for request in data["toolRequests"]
        } | {data["toolCallId"]: {**data, "name": data["toolName"]} for data in self.of("tool.execution_start")}
        done = [data["toolCallId"] for data in self.of("tool.execution_complete")]
        left = [data["toolCallId"] for data in self.of("tool.execution_start") if data["toolCallId"] not in done]
        calls = [asked[one] for one in [*done, *left] if one in asked and one != "[trimmed for fixture]"]
        return [one["arguments"]["command"] for one in calls if one["name"] in ("bash", "shell")]

    def times(self) -> list[str]:
        told = [self.of("session.start")[0]["startTime"], *(at for _, _, at in self.events)]
        return sorted(at[:19] + "Z" for at in told if at.startswith("20"))


@pytest.mark.parametrize("name", SESSIONS)
def test_scrubbed_sessions_agree_with_their_records(name: str) -> None:
    path = need(SCRUBBED / name)
    truth = Truth(path)
    imported, record = read(copilot_cli, path)
    start = truth.of("session.start")[0]
    assert (imported.host_id, imported.bad_lines, imported.skipped) == (start["sessionId"], 0, {})
    assert record["provenance"]["host"]["version"] == start["copilotVersion"]
    assert [one["cmd"] for one in record["commands"]] == truth.commands()
    session = record["session"]
    assert (session["started_at"], session["ended_at"]) == (truth.times()[0], truth.times()[-1])
    prompts = truth.of("user.message")
    assert session["title"] == (prompts[0]["content"] if prompts else "Session")
    assert record.get("usage", {}).get("interrupts", 0) == len(truth.of("abort"))
    if "context" in start:
        assert session["base_commit"] == start["context"]["headCommit"]
    assert record["files"]["modified"] == []


def test_tokens_of_scrubbed_sessions() -> None:
    usage = {name: read(copilot_cli, need(SCRUBBED / name))[1].get("usage") for name in SESSIONS}
    small = Truth(need(SCRUBBED / SESSIONS[0]))
    billed = {kind: one["tokenCount"] for kind, one in small.of("session.shutdown")[0]["tokenDetails"].items()}
    assert usage[SESSIONS[0]] == {
        "models": ["gpt-5-mini", "claude-haiku-4.5"],
        "input_tokens": billed["input"],
        "output_tokens": billed["output"],
        "cache_read_tokens": billed["cache_read"],
        "interrupts": 1,
    }
    metrics = Truth(need(SCRUBBED / SESSIONS[2])).of("session.shutdown")[0]["modelMetrics"]
    told = metrics["gpt-4.1"]["usage"]
    assert usage[SESSIONS[2]] == {
        "models": list(metrics),
        "input_tokens": told["inputTokens"] - told["cacheReadTokens"],
        "output_tokens": told["outputTokens"],
        "cache_read_tokens": told["cacheReadTokens"],
    }
    written = sum(one["outputTokens"] for one in Truth(need(SCRUBBED / SESSIONS[3])).of("assistant.message"))
    assert usage[SESSIONS[3]] == {"output_tokens": written}
    assert usage[SESSIONS[1]] == {"models": ["gpt-5"]}


def test_a_session_that_stops_in_a_command_was_interrupted() -> None:
    _, record = read(copilot_cli, need(SCRUBBED / SESSIONS[1]))
    assert record["session"]["outcome"] == "interrupted"
    assert "session.outcome" in record["provenance"]["inferred"]
    assert record["commands"][-1] == {"cmd": "echo hi"}


# -- documented shapes --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def garden() -> Any:
    return read(copilot_cli, GARDEN)[1]


def test_the_session_itself(garden: Any) -> None:
    session = garden["session"]
    assert session["title"] == "Water the tomatoes"
    assert session["summary"] == "The tomatoes are watered daily."
    assert session["outcome"] == "completed"
    assert "session.outcome" not in garden["provenance"]["inferred"]
    assert (session["branch"], session["base_commit"], session["head_commit"]) == ("water", "1" * 40, "2" * 40)
    assert garden["skills"]["loaded"] == ["watering"]
    assert [one["to_phase"] for one in garden["phases"]] == ["planning", "executing"]
    assert garden["errors"] == [{"type": "rate_limit", "message": "Slow down"}]
    assert garden["metadata"] == {"repository": "example/garden"}
    assert garden["commits"] == [{"sha": "abc1234", "subject": "Water at seven"}]
    assert copilot_cli.read(opened(GARDEN), SETTINGS).skipped == {"session.brand_new": 1}


def test_commands(garden: Any) -> None:
    assert [
        (one["cmd"], one.get("exit_code"), one.get("success"), one.get("seconds")) for one in garden["commands"]
    ] == [
        ("pytest -q", 1, False, 2.5),
        ("pytest -q tests/test_valve.py", 0, True, 1),
        ("git commit -qm 'Water at seven'", 0, True, 1),
        ("ls pumps", 0, True, 1),
    ]


def test_files(garden: Any) -> None:
    assert [one["path"] for one in garden["files"]["created"]] == ["app/valve.py", "pumps.md"]
    assert [one["path"] for one in garden["files"]["modified"]] == [
        "app/clock.py",
        "app/README.md",
        "app/generated.txt",
    ]
    assert [(one["path"], one["added"], one["removed"]) for one in garden["changes"]] == [
        ("app/valve.py", 2, 0),
        ("app/clock.py", 2, 1),
        ("app/README.md", 1, 0),
        ("pumps.md", 1, 0),
    ]


def test_todos(garden: Any) -> None:
    given = {one["task_id"] for one in garden["delegations"]}
    todos = {one["id"]: (one["description"], one["status"]) for one in garden["tasks"] if one["id"] not in given}
    assert todos == {
        "valve": ("Open the valve", "done"),
        "clock": ("Set the clock", "cancelled"),
        "hose": ("Roll up the hose", "paused"),
    }


def test_sub_agents(garden: Any) -> None:
    assert [
        (one["agent"], one["status"], one["prompt"], one.get("result"), one.get("tokens_used"))
        for one in garden["delegations"]
    ] == [
        ("explore", "success", "Where are the pumps?", "Two pumps, by the well.", 1500),
        ("task", "failure", "Run them", "no power", 50),
        ("explore", "success", "How deep?", "Two metres.", 300),
        ("general-purpose", "success", "Tell me when it rains", None, None),
    ]
    explore, measure = garden["delegations"][0], garden["delegations"][2]
    assert measure["parent_task_id"] == explore["task_id"]
    assert explore["artifacts"] == ["pumps.md"]
    assert [one["cmd"] for one in garden["commands"] if one.get("task") == explore["task_id"]] == ["ls pumps"]


def test_approvals(garden: Any) -> None:
    assert [(one["question"], one["answer"]) for one in garden["approvals"]] == [
        ("Water at seven", "approved"),
        ("rm -rf beds", "rejected"),
        ("git commit -qm 'Water at seven'", "approved"),
    ]
    assert "rm -rf beds" not in [one["cmd"] for one in garden["commands"]]


def test_the_account_at_the_end_is_the_usage(garden: Any) -> None:
    assert garden["usage"] == {
        "models": ["model-large", "model-small"],
        "input_tokens": 5000 - 3000 + 1000,
        "output_tokens": 400 + 60,
        "cache_read_tokens": 3000,
        "cache_write_tokens": 100,
        "interrupts": 1,
    }


def test_an_older_session() -> None:
    _, record = read(copilot_cli, OWN / "tidy.jsonl")
    assert record["session"]["outcome"] == "failed"
    assert record["errors"] == [{"type": "session_error", "message": "out of memory"}]
    assert [(one["description"], one["status"]) for one in record["tasks"]] == [
        ("Sort imports", "done"),
        ("Drop dead code", "pending"),
    ]
    assert [one["path"] for one in record["files"]["deleted"]] == ["b.py"]
    assert record["changes"] == [{"path": "a.py", "added": 1, "removed": 1}]
    assert record["commands"] == [{"cmd": "Get-ChildItem", "success": True, "seconds": 1}, {"cmd": "Start-Sleep 100"}]
    assert record["usage"]["input_tokens"] == 70 - 20


def test_paths_are_told_from_the_project() -> None:
    settings = Settings("akislog test", root="/home/someone/garden/app", home="/home/someone")
    _, record = read(copilot_cli, GARDEN, settings=settings)
    assert record["files"]["created"][0]["path"] == "valve.py"
    assert record["files"]["created"][1]["path"] == "~/garden/pumps.md"


def test_the_folder_stands_in_for_a_lost_id() -> None:
    lines = GARDEN.read_bytes().splitlines(keepends=True)[1:]
    for name in ("session-state/abc/events.jsonl", "history/abc.jsonl"):
        assert copilot_cli.read(Transcript(name, lines), SETTINGS).host_id == "abc"


# -- to-dos -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "items"),
    [
        (["INSERT INTO todos (id, title) VALUES ('a', 'A; (b), ''c''')"], [("a", "A; (b), 'c'", "pending")]),
        (["insert into todos values ('a','A','d','done'), ('b','B','d','x')"], [("a", "A", "done"), ("b", "B", "x")]),
        (["INSERT OR IGNORE INTO todos (id, title) VALUES ('a','A')"] * 2, [("a", "A", "pending")]),
        (["INSERT INTO todos (title) VALUES ('no id')"], []),
        (
            ["INSERT INTO todos (id, title) VALUES ('a','A'),('b','B')", "UPDATE todos SET status='done'"],
            [("a", "A", "done"), ("b", "B", "done")],
        ),
        (
            ["INSERT INTO todos (id, title) VALUES ('a','A')", "UPDATE todos SET status='done' WHERE id LIKE 'a%'"],
            [("a", "A", "pending")],
        ),
        (
            ["INSERT INTO todos (id, title) VALUES ('a','A')", "UPDATE todos SET id='z', title = 'B' WHERE id='a'"],
            [("a", "B", "pending")],
        ),
        (["INSERT INTO todos (id, title) VALUES ('a','A')", "DELETE FROM todos"], []),
        (
            ["INSERT INTO todos (id, title) VALUES ('a','A')", "DELETE FROM todos USING x", "SELECT * FROM todos"],
            [("a", "A", "pending")],
        ),
        (["INSERT INTO todos SELECT 1", "INSERT INTO todos VALUES (", "INSERT INTO todos VALUES ('"], []),
        (["UPDATE todos SET WHERE AND IN", "DELETE FROM todos WHERE ((", ";;;", "'" * 1001], []),
        (["INSERT INTO todos (id, title) VALUES ('a', 'x' || 'y')"], [("a", "a", "pending")]),
        (["-- INSERT INTO todos VALUES ('a','A')\n"], []),
    ],
)
def test_statements(queries: list[str], items: list[tuple[str, str, str]]) -> None:
    table = TodoTable()
    for query in queries:
        table.run(query)
    assert [(one.id, one.description, one.status) for one in table.items()] == items


def test_endless_statements_end() -> None:
    table = TodoTable()
    for query in ("(" * 100_000, "'" * 150_001, "INSERT INTO todos VALUES " + "('a'," * 30_000, "x" * 300_000):
        table.run(query)
    assert len(table.items()) <= 1


def test_checkboxes() -> None:
    assert [tuple(one)[1:] for one in checkboxes("# To do\n- [ ] a\n  * [x] b\n- [~] c\n- [-] d\n- [?] e\n-[ ] f")] == [
        ("a", "pending"),
        ("b", "completed"),
        ("c", "in_progress"),
        ("d", "cancelled"),
    ]


# -- any input ----------------------------------------------------------------------------------------------


def test_claims() -> None:
    for path in (*OWN.glob("*.jsonl"), *(need(SCRUBBED / name) for name in SESSIONS)):
        assert detect(loaded(path)[:50]) == "copilot-cli", path
    assert not copilot_cli.claims([])
    assert not copilot_cli.claims([{"type": "user.message", "id": "1"}, {"type": "user", "data": {}, "id": "1"}])


def test_torn_files() -> None:
    data = GARDEN.read_bytes()
    whole = [survives(copilot_cli, "torn.jsonl", piece) for piece in truncated(data, 200)]
    assert sum(whole) > 150
    with pytest.raises(Unreadable, match=r"empty\.jsonl: no event"):
        copilot_cli.read(Transcript("empty.jsonl", []), SETTINGS)


def test_torn_scrubbed_files() -> None:
    for piece in truncated(need(SCRUBBED / "small.jsonl").read_bytes(), 60):
        survives(copilot_cli, "torn.jsonl", piece)


def test_values_of_wrong_types() -> None:
    for changed in mutated(loaded(GARDEN) + loaded(OWN / "tidy.jsonl"), 200):
        survives(copilot_cli, "odd.jsonl", lines_of(changed))


def test_wrong_types_in_every_field() -> None:
    for name in ("garden", "tidy"):
        for changed in every_field(loaded(OWN / f"{name}.jsonl")):
            survives(copilot_cli, "odd.jsonl", lines_of(changed))


def test_agents_that_start_each_other_come_to_an_end() -> None:
    events: list[Any] = []
    for number in range(40):
        data = {"toolCallId": f"c{number}", "toolName": "task", "parentToolCallId": f"c{number - 1}"}
        data["arguments"] = {"prompt": "Deeper"}
        events += [("tool.execution_start", data), ("subagent.started", {"toolCallId": f"c{number}"})]
    events += [("subagent.completed", {"toolCallId": f"c{number}", "totalTokens": 1}) for number in range(40)]
    made = [
        {"type": kind, "data": data, "id": "x", "timestamp": "2026-01-01T00:00:00Z", "parentId": None}
        for kind, data in events
    ]
    lines = lines_of(made).splitlines(keepends=True)
    record = record_of(copilot_cli.read(Transcript("deep", lines), SETTINGS))
    assert len(record["delegations"]) == 40
