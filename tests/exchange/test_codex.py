"""Codex rollouts: real ones against plain counts of their records, documented shapes on fixtures of our own."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from akislog.exchange import codex
from akislog.exchange.codex.output import Output, outcome, script_commands
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

REAL = TRANSCRIPTS / "codex"
OWN = FIXTURES / "codex"
SESSIONS = [
    "agentcmd/rollout-2025-09-25T09-49-46-01998190-fba6-7f40-9309-dc4e48c5844a.jsonl",
    "agentcmd/rollout-2025-09-25T15-12-14-019982b8-3422-79e0-8b3b-05abaf4f3c3e.jsonl",
    "agtrace/codex_session.jsonl",
]
TOOLS = OWN / "tools.jsonl"


class Truth:
    """What a rollout holds, counted without anything of the importer."""

    def __init__(self, path: Path) -> None:
        self.records = loaded(path)
        self.payloads = [record["payload"] for record in self.records]
        self.outputs = {
            one["call_id"]: one["output"] for one in self.payloads if str(one.get("type")).endswith("_call_output")
        }

    def commands(self) -> list[tuple[str, int | None, bool, float | None]]:
        found = []
        for call in self.payloads:
            if call.get("type") == "function_call" and call["name"] in ("shell", "shell_command"):
                asked = json.loads(call["arguments"])["command"]
                line = asked if isinstance(asked, str) else asked[2]
                found.append((line, *self._ending(self.outputs[call["call_id"]])))
        return found

    @staticmethod
    def _ending(output: str) -> tuple[int | None, bool, float | None]:
        if output.startswith("{"):
            metadata = json.loads(output)["metadata"]
            return metadata["exit_code"], metadata["exit_code"] == 0, metadata["duration_seconds"]
        if output.startswith("Exit code: "):
            code, wall = (line.split(": ")[1] for line in output.split("\n")[:2])
            return int(code), int(code) == 0, float(wall.split()[0])
        return None, False, None

    def plan(self) -> list[tuple[str, str]]:
        states = {"completed": "done", "in_progress": "working", "pending": "pending"}
        plans = [
            json.loads(one["arguments"])["plan"]
            for one in self.payloads
            if one.get("type") == "function_call" and one["name"] == "update_plan"
        ]
        return [(one["step"], states[one["status"]]) for one in plans[-1]] if plans else []

    def usage(self) -> dict[str, int]:
        counts = [one["info"] for one in self.payloads if one.get("type") == "token_count" and one["info"]]
        last = counts[-1]["total_token_usage"]
        return {
            "input_tokens": last["input_tokens"] - last["cached_input_tokens"],
            "output_tokens": last["output_tokens"],
            "cache_read_tokens": last["cached_input_tokens"],
        }

    def models(self) -> list[str]:
        return list(dict.fromkeys(record["payload"]["model"] for record in self.records if _is(record, "turn_context")))

    def times(self) -> list[datetime]:
        told = [self.records[0]["payload"]["timestamp"], *(record["timestamp"] for record in self.records)]
        return [datetime.fromisoformat(one.replace("Z", "+00:00")) for one in told]


def _is(record: dict[str, Any], kind: str) -> bool:
    return bool(record["type"] == kind)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_real_session_agrees_with_its_records(name: str) -> None:
    path = need(REAL / name)
    truth = Truth(path)
    imported, record = read(codex, path)
    told = [
        (one["cmd"], one.get("exit_code"), one.get("success"), one.get("seconds")) for one in record.get("commands", [])
    ]
    assert told == truth.commands()
    assert told
    assert [(task["description"], task["status"]) for task in record["tasks"]] == truth.plan()
    assert record["usage"] == {"models": truth.models(), **truth.usage()}
    first, last = min(truth.times()), max(truth.times())
    assert record["session"]["started_at"] == first.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert record["session"]["ended_at"] == last.strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = int((last.replace(microsecond=0) - first.replace(microsecond=0)).total_seconds())
    assert record["session"]["duration_minutes"] == (whole + 30) // 60
    gaps = [(later - before).total_seconds() for before, later in zip(truth.times(), truth.times()[1:], strict=False)]
    active = sum(min(max(gap, 0), 300) for gap in gaps)
    assert abs(record["session"]["active_minutes"] - active / 60) <= 0.55
    meta = truth.records[0]["payload"]
    assert (imported.host_id, imported.bad_lines, dict(imported.skipped)) == (meta["id"], 0, {})
    assert record["session"]["branch"] == meta["git"]["branch"]
    assert record["session"]["base_commit"] == meta["git"]["commit_hash"]
    assert record["provenance"]["host"] == {
        "agent": "codex",
        "version": meta["cli_version"],
        "session_id": meta["id"],
    }
    assert record["metadata"] == {"originator": meta["originator"]}


def test_failures_of_a_real_session() -> None:
    _, record = read(codex, need(REAL / SESSIONS[0]))
    failed = [one for one in record["commands"] if one["success"] is False]
    assert sorted(one.get("exit_code", -1) for one in failed) == [-1, 1, 1, 1]
    assert len(record["commands"]) == 81


def test_files_of_a_real_session() -> None:
    path = need(REAL / SESSIONS[2])
    _, record = read(codex, path)
    patches = [one["input"].split("\n") for one in Truth(path).payloads if one.get("name") == "apply_patch"]
    created = [line.removeprefix("*** Add File: ") for lines in patches for line in lines if "Add File" in line]
    assert [one["path"] for one in record["files"]["created"]] == created == ["myapp/hoge.py"]
    assert record["files"]["modified"] == []
    added = sum(line.startswith("+") for lines in patches for line in lines)
    assert record["changes"] == [{"path": "myapp/hoge.py", "added": added, "removed": 0}]


def test_titles_of_real_sessions_are_what_was_asked() -> None:
    for name in SESSIONS:
        path = need(REAL / name)
        _, record = read(codex, path)
        asked = next(one["message"] for one in Truth(path).payloads if one.get("type") == "user_message")
        asked = asked.split("## My request for Codex:")[-1].strip().split("\n")[0]
        assert record["session"]["title"] == asked[:100].strip()
        assert "session.title" in record["provenance"]["inferred"]


@pytest.mark.parametrize("name", ["small", "large", "schema_drift"])
def test_scrubbed_records_of_new_versions(name: str) -> None:
    path = need(REAL / "stage0" / f"{name}.jsonl")
    imported, record = read(codex, path)
    assert imported.bad_lines == 0
    expected = {
        "small": {},
        "large": {"response_item tool_call": 1, "response_item tool_result": 1},
        "schema_drift": {"NoneType": 2, "function_result": 1},
    }
    assert imported.skipped == expected[name]
    if name == "small":
        assert record["usage"]["interrupts"] == 1
        assert [one["name"] for one in record["agents"]["delegated"]].count("review") == 6


def test_a_review_of_another_rollout_is_a_delegation() -> None:
    parent = need(REAL / "agtrace" / "codex_parent_with_spawns.jsonl")
    child = need(REAL / "agtrace" / "codex_subagent_matched.jsonl")
    imported, record = read(codex, parent, child)
    assert [(one["agent"], one["status"], one["prompt"]) for one in record["delegations"]] == [
        ("review", "running", "Review the current code changes..."),
        ("review", "running", "Review the other changes..."),
    ]
    assert record["usage"]["models"] == ["gpt-5.1-codex-max"]
    assert [one.host_id for one in imported.children] == ["subagent-matched-001"]
    record_of(imported.children[0])


# -- documented shapes --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tools() -> Any:
    return read(codex, TOOLS)[1]


@pytest.fixture(scope="module")
def spawning() -> Any:
    return read(codex, OWN / "spawning.jsonl", OWN / "spawned-explorer.jsonl", OWN / "spawned-counter.jsonl")[1]


def test_commands_in_every_form(tools: Any) -> None:
    assert [
        (one["cmd"], one.get("exit_code"), one.get("success"), one.get("seconds")) for one in tools["commands"]
    ] == [
        ("cat /home/someone/.codex/skills/search-ui/SKILL.md", 0, True, 0.1),
        ("npm run build", 2, False, 19),
        ('npm test -- --grep "search box"', 1, False, 3.5),
        ("ls src", None, None, None),
        ("git status", None, None, None),
        ("make lint", 0, True, 2.5),
        ("sleep 30", 0, True, 31),
        ("no-such-tool '--x y'", None, False, None),
        ("pwd", None, True, None),
        ("git commit -qam 'Add the search box'", 0, True, 0.4),
        ("gh pr create --fill", 0, True, 2),
        ("npm run e2e", None, False, 3.2),
    ]


def test_patches_in_every_form(tools: Any) -> None:
    assert {key: [one["path"] for one in tools["files"][key]] for key in ("created", "modified", "deleted")} == {
        "created": ["web/src/b.ts", "web/src/c.ts", "web/src/search.css", "web/src/e.ts"],
        "modified": ["web/src/box.ts"],
        "deleted": ["web/src/a.ts", "web/src/d.ts", "web/src/box.css", "web/src/gone.css"],
    }
    assert [(one["path"], one["added"], one["removed"]) for one in tools["changes"]] == [
        ("web/src/box.ts", 2, 1),
        ("web/src/b.ts", 1, 1),
        ("web/src/c.ts", 3, 0),
        ("web/src/d.ts", 0, 1),
        ("web/src/search.css", 1, 1),
        ("web/src/e.ts", 1, 0),
    ]


def test_a_plan_is_the_tasks(tools: Any) -> None:
    assert [(one["description"], one["status"]) for one in tools["tasks"]] == [
        ("Look", "done"),
        ("Write", "done"),
        ("Dream", "cancelled"),
        ("Test", "working"),
    ]
    write = tools["tasks"][1]
    assert write["created_at"] == write["started_at"] < write["completed_at"]


def test_what_else_a_session_tells(tools: Any) -> None:
    session = tools["session"]
    assert (session["title"], session["outcome"], session["active_minutes"]) == ("Search box", "interrupted", 2)
    assert {"session.title", "session.outcome"}.isdisjoint(tools["provenance"]["inferred"])
    assert tools["skills"]["loaded"] == ["web-forms", "search-ui"]
    assert [(one["from_phase"], one["to_phase"]) for one in tools["phases"]] == [
        ("initializing", "planning"),
        ("planning", "executing"),
    ]
    assert [(one["question"], one["answer"]) for one in tools["approvals"]] == [
        ("Clean the build folder?", "rejected"),
        ("curl example.org", "rejected"),
    ]
    assert tools["approvals"][0]["asked_at"] < tools["approvals"][0]["answered_at"]
    assert tools["errors"] == [{"type": "response_stream_disconnected", "message": "stream disconnected"}]
    assert tools["commits"] == [{"sha": "1a2b3c4", "subject": "Add the search box"}]
    assert tools["pull_requests"] == ["https://github.com/example/shop/pull/12"]
    assert tools["usage"] == {
        "models": ["model-large"],
        "input_tokens": 60,
        "output_tokens": 10,
        "cache_read_tokens": 40,
        "interrupts": 1,
    }
    assert tools["metadata"]["forked_from"] == "0199bbbb-0000-7000-8000-00000000000f"


def test_unknown_records_are_counted() -> None:
    assert codex.read(opened(TOOLS), SETTINGS).skipped == {
        "brand_new_kind": 1,
        "response_item brand_new_item": 1,
        "event_msg brand_new_event": 1,
    }


def test_spawned_agents(spawning: Any) -> None:
    told = [
        (one["agent"], one["status"], one["prompt"], one.get("result"), one.get("tokens_used"))
        for one in spawning["delegations"]
    ]
    assert told == [
        ("explorer", "success", "Find every place that rounds a price", "Three places: cart, invoice, refund.", 2420),
        ("default", "failure", "Look at the tax tables", "Agent depth limit reached. Solve the task yourself.", None),
        ("default", "failure", "Check the taxes", "the tables were not readable", None),
        ("worker", "running", "Wait for the market to open", None, None),
        ("worker", "partial", "Draw a chart", None, None),
        ("counter", "success", "Count the lines", "Nine lines.", 320),
    ]
    explorer, counter = spawning["delegations"][0], spawning["delegations"][-1]
    assert explorer["completed_at"] == "2026-05-04T09:00:55Z"
    assert explorer["artifacts"] == ["notes/rounding.md"]
    assert explorer["subtasks"] == {"total": 3, "completed": 2}
    assert counter["parent_task_id"] == explorer["task_id"]
    assert [link["agent"] for link in counter["delegation_chain"]] == ["explorer", "counter"]


def test_what_agents_did_is_part_of_the_session(spawning: Any) -> None:
    tasks = {one["agent"]: one["task_id"] for one in spawning["delegations"]}
    assert [(one["cmd"], one["task"]) for one in spawning["commands"]] == [
        ("rg -n round src", tasks["explorer"]),
        ("wc -l src/cart.py", tasks["counter"]),
    ]
    assert spawning["changes"] == [{"path": "notes/rounding.md", "added": 2, "removed": 0, "task": tasks["explorer"]}]
    assert spawning["usage"] == {
        "models": ["model-large", "model-small", "model-tiny"],
        "input_tokens": 3000 + 500 + 300,
        "output_tokens": 400 + 100 + 20,
        "cache_read_tokens": 6000 + 1500,
        "cache_write_tokens": 500,
    }
    assert spawning["session"]["outcome"] == "completed"
    assert spawning["session"]["active_minutes"] == 3
    assert "phases" not in spawning


def test_agents_have_logs_of_their_own() -> None:
    imported, _ = read(codex, OWN / "spawning.jsonl", OWN / "spawned-explorer.jsonl", OWN / "spawned-counter.jsonl")
    explorer, counter = (record_of(one) for one in imported.children)
    assert [one["description"] for one in explorer["tasks"]] == ["Search", "Report", "Count the lines"]
    assert counter["session"]["outcome"] == "completed"
    assert explorer["provenance"]["host"]["session_id"] == "0199aaaa-0000-7000-8000-000000000002"


def test_agents_without_a_word_of_them_in_the_session() -> None:
    _, record = read(codex, OWN / "bare.jsonl", OWN / "spawned-counter.jsonl")
    assert [(one["agent"], one["status"], one["result"]) for one in record["delegations"]] == [
        ("counter", "success", "Nine lines.")
    ]


def test_agents_that_name_each_other_as_parents_come_to_an_end() -> None:
    children = {}
    for mine, parent in (("a", "b"), ("b", "a"), ("c", "c")):
        meta = {"type": "session_meta", "timestamp": "2026-01-01T00:00:00Z", "payload": {"id": mine}}
        meta["payload"]["parent_thread_id"] = parent  # type: ignore[index]
        children[mine] = lines_of([meta]).splitlines(keepends=True)
    lines = OWN.joinpath("bare.jsonl").read_bytes().splitlines(keepends=True)
    record = record_of(codex.read(Transcript("rollout", lines, children), SETTINGS))
    assert len(record["delegations"]) == 3


def test_reviews() -> None:
    _, record = read(codex, OWN / "review.jsonl")
    assert [(one["agent"], one["status"], one.get("result")) for one in record["delegations"]] == [
        ("review", "success", "Nothing to object."),
        ("review", "partial", None),
    ]
    assert [one["description"] for one in record["tasks"]] == ["Review current changes", "Review the last commit"]


def test_the_bare_form() -> None:
    imported, record = read(codex, OWN / "bare.jsonl")
    assert imported.host_id == "0197cccc-0000-7000-8000-000000000001"
    assert imported.skipped == {}
    assert record["session"]["title"] == "Say hello"
    assert record["commands"] == [{"cmd": "echo hello", "success": True, "exit_code": 0, "seconds": 0.1}]
    assert record["session"]["started_at"] == record["session"]["ended_at"] == "2025-06-10T12:00:00Z"


def test_paths_are_told_from_the_project() -> None:
    settings = Settings("akislog test", root="/home/someone/shop/web", home="/home/someone")
    _, record = read(codex, TOOLS, settings=settings)
    assert record["files"]["modified"][0]["path"] == "src/box.ts"
    below = Settings("akislog test", root="/home/someone", home="/home/someone")
    assert read(codex, TOOLS, settings=below)[1]["metadata"]["cwd"] == "shop"


def test_the_file_name_stands_in_for_a_lost_id() -> None:
    lines = TOOLS.read_bytes().splitlines(keepends=True)[1:]
    name = "rollout-2026-06-01T08-00-00-0199bbbb-0000-7000-8000-000000000001.jsonl"
    assert codex.read(Transcript(name, lines), SETTINGS).host_id == "0199bbbb-0000-7000-8000-000000000001"


# -- outputs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        ('{"output":"x","metadata":{"exit_code":3,"duration_seconds":1.5}}', Output(3, 1.5, False)),
        ('{"metadata":{"exit_code":0,"duration_seconds":2},"output":"x"}', Output(0, 2.0, True)),
        ({"output": "x", "metadata": {"exit_code": -9}}, Output(-9, None, False)),
        ("Exit code: 0\nWall time: 0.5 seconds\nOutput:\nExit code: 7\n", Output(0, 0.5, True)),
        ("Chunk ID: a\nWall time: 1.0000 seconds\nProcess exited with code 2\nOutput:\n", Output(2, 1.0, False)),
        ("Wall time: 1.0 seconds\nProcess running with session ID 9\nOutput:\n", Output(None, 1.0, None, "9")),
        ([{"type": "input_text", "text": "Exit code: 1\nWall time: 0 seconds\nOutput:\n"}], Output(1, 0.0, False)),
        ("nothing that is known\nExit code: 1\n", Output()),
        ({"content": "done", "success": False}, Output(success=False)),
        ("aborted by user after 12.5s", Output(None, 12.5, False)),
        ("exec command rejected by user", Output(refused=True)),
        ("execution error: gone", Output(success=False)),
        (None, Output()),
        ("{" * 100_000, Output()),
    ],
)
def test_outputs(value: Any, ending: Output) -> None:
    assert outcome(value) == ending


def test_commands_of_scripts() -> None:
    assert script_commands(
        "tools.exec_command({cmd: 'a \\'b\\'', x: 1}); tools.exec_command({\"cmd\":\"c\\u0041\"})"
    ) == [
        "a 'b'",
        "cA",
    ]
    assert script_commands("tools.exec_command({cmd: name})") == []
    assert script_commands("const cmd = 'no call'") == []
    assert script_commands("exec_command " + "cmd:'" * 15_001) == ["cmd:"] * 7_500
    assert len(script_commands("exec_command " + "cmd:'x'" * 1_000_000)) < 20_000


# -- any input ----------------------------------------------------------------------------------------------


def test_claims() -> None:
    for path in (*OWN.glob("*.jsonl"), need(REAL / SESSIONS[0]), need(REAL / "stage0" / "schema_drift.jsonl")):
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        assert detect(records[:50]) == "codex", path
    assert not codex.claims([])
    assert not codex.claims([{"type": "session_meta"}, {"payload": {}}, {"type": [], "payload": {}}])


def test_torn_files() -> None:
    data = TOOLS.read_bytes()
    whole = [survives(codex, "torn.jsonl", piece) for piece in truncated(data, 200)]
    assert sum(whole) > 150
    assert codex.read(Transcript("t", data[:-20].splitlines(keepends=True)), SETTINGS).bad_lines == 1
    with pytest.raises(Unreadable, match=r"empty\.jsonl: no record"):
        codex.read(Transcript("empty.jsonl", []), SETTINGS)


def test_lines_told_by_their_head_alone_change_nothing() -> None:
    """Some lines are not parsed; written with spaces, all of them are."""
    for path in (*(need(REAL / name) for name in SESSIONS), TOOLS, OWN / "spawning.jsonl"):
        spaced = lines_of(loaded(path)).splitlines(keepends=True)
        assert codex.read(Transcript(path.name, spaced), SETTINGS) == codex.read(opened(path), SETTINGS)


def test_torn_real_files() -> None:
    for name in SESSIONS[1:]:
        for piece in truncated(need(REAL / name).read_bytes(), 40):
            survives(codex, "torn.jsonl", piece)


def test_values_of_wrong_types() -> None:
    records = loaded(TOOLS) + loaded(OWN / "spawning.jsonl")
    for changed in mutated(records, 150):
        survives(codex, "odd.jsonl", lines_of(changed))
        survives(codex, "odd.jsonl", lines_of(changed).replace(b'": ', b'":').replace(b', "', b',"'))


def test_wrong_types_in_every_field() -> None:
    for name in ("tools", "spawning", "review", "bare"):
        for changed in every_field(loaded(OWN / f"{name}.jsonl")):
            survives(codex, "odd.jsonl", lines_of(changed))


def test_wrong_types_inside_arguments_and_outputs() -> None:
    records = loaded(TOOLS) + loaded(OWN / "spawning.jsonl")
    unpacked = [_unpacked(record) for record in records]
    for changed in mutated(unpacked, 150, seed=7):
        survives(codex, "odd.jsonl", lines_of([_packed(record) for record in changed]))


def _unpacked(record: Any) -> Any:
    payload = dict(record["payload"])
    for key in ("arguments", "output"):
        if isinstance(payload.get(key), str) and payload[key].startswith("{"):
            payload[key] = {"json": json.loads(payload[key])}
    return {**record, "payload": payload}


def _packed(record: Any) -> Any:
    payload = record.get("payload") if isinstance(record, dict) else None
    for key in ("arguments", "output") if isinstance(payload, dict) else ():
        if isinstance(payload.get(key), dict) and "json" in payload[key]:
            payload[key] = json.dumps(payload[key]["json"])
    return record
