"""Gemini CLI chats: real ones against plain counts of their records, documented shapes on fixtures of our own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from akislog.exchange import gemini_cli
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

OWN = FIXTURES / "gemini-cli"
PARENT = "0d5a0002-aaaa-4bbb-8ccc-000000000002"
REAL = ("agtrace/gemini_session.json", "entire/gemini_larger_2026-01.json", "entire/gemini_write_2026-01.json")
DRIFT = ("stage0/small.json", "stage0/large.json", "stage0/jsonl_v040.jsonl", "stage0/schema_drift.json")


def real(name: str) -> Path:
    return need(TRANSCRIPTS / "gemini-cli" / name)


@pytest.mark.parametrize("name", REAL)
def test_a_real_chat_agrees_with_its_records(name: str) -> None:
    chat = json.loads(real(name).read_text("utf-8"))
    imported, record = read(gemini_cli, real(name))
    calls = [call for message in chat["messages"] for call in message.get("toolCalls", ())]
    shell = [call for call in calls if call["name"] == "run_shell_command"]
    output = [call["result"][0]["functionResponse"]["response"].get("output", "") for call in shell]
    codes = [int(re.findall(r"^Exit Code: (\d+)$", one, re.M)[-1]) for one in output]
    assert [one["cmd"] for one in record.get("commands", [])] == [call["args"]["command"] for call in shell]
    assert [one["exit_code"] for one in record.get("commands", [])] == codes
    assert [one["success"] for one in record.get("commands", [])] == [code == 0 for code in codes]
    written = {call["args"]["file_path"] for call in calls if call["name"] in ("write_file", "replace")}
    assert {one["path"] for kind in ("created", "modified") for one in record["files"].get(kind, [])} == written
    tokens = [message["tokens"] for message in chat["messages"] if message.get("tokens")]
    used = record["usage"]
    assert used["cache_read_tokens"] == sum(one["cached"] for one in tokens)
    assert used["input_tokens"] == sum(one["input"] - one["cached"] for one in tokens)
    total = used["input_tokens"] + used["output_tokens"] + used["cache_read_tokens"]
    assert total == sum(one["total"] for one in tokens)
    assert used["models"] == sorted({message["model"] for message in chat["messages"] if "model" in message})
    assert record["session"]["title"] == chat["messages"][0]["content"][:100]
    assert record["session"]["started_at"] == chat["startTime"][:19] + "Z"
    assert record["session"]["ended_at"] == chat["lastUpdated"][:19] + "Z"
    assert imported.host_id == chat["sessionId"] == record["provenance"]["host"]["session_id"]
    assert (imported.skipped, imported.bad_lines) == ({}, 0)


def test_a_new_file_is_told_from_an_overwritten_one() -> None:
    _, new = read(gemini_cli, real("agtrace/gemini_session.json"))
    _, over = read(gemini_cli, real("entire/gemini_write_2026-01.json"))
    assert [one["path"] for one in new["files"]["created"]] == ["myapp/hoge.py"]
    assert new["changes"] == [{"path": "myapp/hoge.py", "added": 1, "removed": 0}]
    assert [one["path"] for one in over["files"]["modified"]] == ["test-gemini.txt"]
    assert "changes" not in over, "what an overwritten file held before is not told"


@pytest.mark.parametrize("name", DRIFT)
def test_other_shapes_make_a_log(name: str) -> None:
    imported, record = read(gemini_cli, real(name))
    assert record["session"]["agent"] == "gemini-cli"
    assert (imported.skipped, imported.bad_lines) == ({}, 0)


def test_shell_results_with_written_out_line_ends() -> None:
    _, record = read(gemini_cli, real("stage0/large.json"))
    assert [(one["exit_code"], one["success"]) for one in record["commands"]] == [(0, True), (1, False)]
    assert record["usage"]["interrupts"] == 1


def test_jsonl_of_today() -> None:
    _, record = read(gemini_cli, real("stage0/jsonl_v040.jsonl"))
    assert record["commands"] == [{"cmd": "ls -F", "success": True}]
    assert record["usage"]["input_tokens"] == 11855 + 12069 - 11502


# -- documented shapes --------------------------------------------------------------------------------------


@pytest.fixture(name="lighthouse", scope="module")
def _lighthouse() -> Any:
    return read(gemini_cli, OWN / "lighthouse.jsonl")[1]


def test_title_phases_skills_and_outcome(lighthouse: Any) -> None:
    assert lighthouse["session"]["title"] == "A lighthouse with a turning lamp"
    assert "session.title" not in lighthouse["provenance"]["inferred"]
    assert "session.outcome" in lighthouse["provenance"]["inferred"]
    assert [one["to_phase"] for one in lighthouse["phases"]] == ["planning", "executing"]
    assert lighthouse["skills"]["loaded"] == ["masonry"]


def test_todos_by_content_with_their_times(lighthouse: Any) -> None:
    told = [(one["description"], one["status"], one.get("completed_at", "")[11:19]) for one in lighthouse["tasks"]]
    assert told == [
        ("Draw the lighthouse", "done", "09:03:00"),
        ("Light the lamp", "done", "09:20:31"),
        ("Ring the bell", "cancelled", "09:03:00"),
    ]
    assert lighthouse["tasks"][1]["started_at"] == "2026-06-01T09:03:00Z"


def test_edits_commands_and_refusals(lighthouse: Any) -> None:
    assert lighthouse["files"]["created"][0]["path"] == "tower/plan.txt"
    assert lighthouse["changes"] == [
        {"path": "tower/plan.txt", "added": 4, "removed": 0},
        {"path": "tower/lamp.py", "added": 2, "removed": 1},
    ]
    assert [(one["cmd"], one.get("exit_code"), one["success"]) for one in lighthouse["commands"]] == [
        ("python -m lamp --test", 3, False),
        ("git commit -m 'Light the lamp'", None, True),
    ]
    assert lighthouse["commits"] == [{"sha": "1a2b3c4", "subject": "Light the lamp"}]
    asked = lighthouse["approvals"][0]
    assert (asked["question"], asked["answer"]) == ("run_shell_command: git push --force", "cancelled")
    assert [one["type"] for one in lighthouse["errors"]] == ["tool_error", "error"]


def test_a_rewritten_message_counts_once_and_a_rewound_one_not_at_all(lighthouse: Any) -> None:
    assert lighthouse["usage"] == {
        "models": ["gemini-3-pro", "gemini-3-flash"],
        "input_tokens": 600 + 5 + 500 + 300,
        "output_tokens": 80 + 120 + 10,
        "cache_read_tokens": 1900,
        "interrupts": 1,
    }
    assert lighthouse["metadata"] == {"rewound_messages": 2}
    assert "tower/green.txt" not in str(lighthouse)


def test_long_pauses_are_no_activity(lighthouse: Any) -> None:
    session = lighthouse["session"]
    assert (session["duration_minutes"], session["active_minutes"]) == (21, 9)


def test_unknown_records_are_counted() -> None:
    imported, _ = read(gemini_cli, OWN / "lighthouse.jsonl")
    assert imported.skipped == {"hologram": 1}


def test_sub_agents_are_folded_in_and_stand_alone() -> None:
    children = sorted((OWN / PARENT).iterdir())
    imported, record = read(gemini_cli, OWN / "agents.jsonl", *children)
    told = {one["agent"]: (one["status"], one.get("result"), one.get("tokens_used")) for one in record["delegations"]}
    assert told == {
        "keeper": ("success", "Seven ships", 550),
        "painter": ("failure", "no paint", None),
        "sleeper": ("running", None, None),
        "subagent": ("success", "Mended", 55),
    }
    keeper = record["delegations"][0]
    assert (keeper["started_at"], keeper["completed_at"]) == ("2026-06-01T09:00:10Z", "2026-06-01T09:05:00Z")
    assert (keeper["prompt"], keeper["artifacts"]) == ("Count the ships that pass", ["ships.txt"])
    assert record["commands"] == [{"cmd": "wc -l ships.txt", "success": True, "task": keeper["task_id"]}]
    sea = next(one for one in record["tasks"] if one["description"] == "Look at the sea")
    assert (sea["parent_task_id"], sea["assigned_to"], sea["status"]) == (keeper["task_id"], "keeper", "done")
    total = sum(record["usage"][key] for key in ("input_tokens", "output_tokens", "cache_read_tokens"))
    assert total == 110 + 550 + 55
    alone = [record_of(child) for child in imported.children]
    assert [one["session"]["title"] for one in alone] == ["Count the ships that pass", "Mend the fence"]
    assert alone[0]["files"]["created"][0]["path"] == "ships.txt"


def test_a_companion_among_the_sub_agents_does_no_harm() -> None:
    children = {"notes.json": [b"{}"], "cut.jsonl": [b'{"sess']}
    transcript = Transcript("t", (OWN / "agents.jsonl").read_bytes().splitlines(), children)
    imported = gemini_cli.read(transcript, SETTINGS)
    assert imported.skipped == {"transcript of a sub-agent that cannot be read": 2}


def test_the_task_tracker_is_a_list_too() -> None:
    def call(name: str, args: dict[str, str], result: str) -> dict[str, Any]:
        parts = [{"functionResponse": {"response": {"output": result}}}]
        return {"id": result, "name": name, "args": args, "status": "success", "result": parts}

    calls = [
        call("tracker_create_task", {"title": "Dig", "type": "task"}, "Created task a1b2c3: Dig"),
        call("tracker_create_task", {"title": "Fill", "type": "task"}, "Created task d4e5f6: Fill"),
        call("tracker_update_task", {"id": "a1b2c3", "status": "closed"}, "Updated task a1b2c3"),
    ]
    chat = {"sessionId": "s", "projectHash": "p", "startTime": "2026-06-01T09:00:00Z"}
    message = {"id": "m", "type": "gemini", "timestamp": "2026-06-01T09:00:01Z", "content": "", "toolCalls": calls}
    record = record_of(gemini_cli.read(Transcript("t", lines_of([chat, message]).splitlines()), SETTINGS))
    assert [(one["id"], one["status"]) for one in record["tasks"]] == [("a1b2c3", "done"), ("d4e5f6", "pending")]


# -- what may go wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["entire/gemini_larger_2026-01.json", "stage0/jsonl_v040.jsonl"])
def test_truncation(name: str) -> None:
    data = real(name).read_bytes()
    whole = [survives(gemini_cli, "torn.json", piece) for piece in truncated(data, 200)]
    assert any(whole) == name.endswith("l"), "of one JSON object a part says nothing, of JSONL the lines before it do"


def test_a_torn_last_line_is_counted() -> None:
    data = (OWN / "lighthouse.jsonl").read_bytes()
    imported = gemini_cli.read(Transcript("t", data[:-9].splitlines(keepends=True)), SETTINGS)
    assert imported.bad_lines == 1


def test_wrong_types_anywhere() -> None:
    records = loaded(OWN / "lighthouse.jsonl")
    for changed in mutated(records, 300):
        survives(gemini_cli, "odd.jsonl", lines_of(changed))


def test_wrong_types_in_every_field() -> None:
    records = loaded(OWN / "lighthouse.jsonl")
    for changed in every_field(records):
        survives(gemini_cli, "odd.jsonl", lines_of(changed))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[]", b"3", b'{"a": 1}', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5000])
def test_what_is_no_chat_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"no\.json"):
        gemini_cli.read(Transcript("no.json", [data]), SETTINGS)


def test_paths_and_texts_go_through_the_settings() -> None:
    settings = Settings("w", clean=lambda _, text: (text.replace("ships", "▇"), text.count("ships")), root="/srv/light")
    child = OWN / PARENT / "keeper-1.jsonl"
    imported = gemini_cli.read(opened(OWN / "agents.jsonl", child), settings)
    assert "ships" not in json.dumps(imported.events)
    assert record_of(imported)["provenance"]["redactions"] > 0
