"""VS Code chats: real exports against plain counts of their records, documented shapes on a session of our own."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from akislog.exchange import vscode_copilot
from akislog.exchange.transcript import Settings, Tally, Transcript, Unreadable
from akislog.exchange.vscode_copilot.oplog import replayed
from tests.exchange.importing import (
    FIXTURES,
    SETTINGS,
    every_field,
    lines_of,
    loaded,
    mutated,
    read,
    record_of,
    survives,
    truncated,
)
from tests.paths import TRANSCRIPTS, need

OWN = FIXTURES / "vscode-copilot"
REAL = ("chat_mcp_success", "chat_mcp_error", "completed_chat", "in_progress_chat")


def real(name: str) -> Path:
    return need(TRANSCRIPTS / "vscode-copilot" / f"{name}.json")


@pytest.mark.parametrize("name", REAL)
def test_a_real_export_agrees_with_its_records(name: str) -> None:
    chat = json.loads(real(name).read_text("utf-8"))
    imported, record = read(vscode_copilot, real(name))
    (request,) = chat["requests"]
    started = datetime.fromtimestamp(request["timestamp"] // 1000, timezone.utc)
    took = request.get("result", {}).get("timings", {}).get("totalElapsed", 0)
    ended = datetime.fromtimestamp((request["timestamp"] + took) // 1000, timezone.utc)
    session = record["session"]
    assert session["title"] == request["message"]["text"][:100].strip()
    assert session["started_at"] == started.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert session["ended_at"] == ended.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert session["active_minutes"] == round(took / 60000)
    assert session["outcome"] == ("completed" if "result" in request else "interrupted")
    assert "session.outcome" in record["provenance"]["inferred"]
    assert record["usage"] == {"models": [request["modelId"]]}
    tools = [part for part in request["response"] if part.get("kind") == "toolInvocationSerialized"]
    asked = [tool for tool in tools if tool["isConfirmed"]["type"] == 4]
    assert [one["answer"] for one in record.get("approvals", [])] == ["approved" for _ in asked]
    failed = [
        tool for tool in tools if isinstance(tool.get("resultDetails"), dict) and tool["resultDetails"]["isError"]
    ]
    assert [one["message"].split(":")[0] for one in record.get("errors", [])] == [tool["toolId"] for tool in failed]
    assert record["provenance"]["host"] == {"agent": "vscode-copilot", "version": "0.31.3"}
    assert imported.host_id == request["requestId"]
    assert (imported.skipped, imported.bad_lines) == ({}, 0)


def test_an_export_that_has_gone_on_is_the_same_session() -> None:
    before, after = (read(vscode_copilot, real(name))[1] for name in ("in_progress_chat", "completed_chat"))
    assert before["session"]["id"] == after["session"]["id"]


# -- documented shapes --------------------------------------------------------------------------------------


@pytest.fixture(name="tower", scope="module")
def _tower() -> Any:
    return read(vscode_copilot, OWN / "tower.json")[1]


def test_session(tower: Any) -> None:
    session = tower["session"]
    assert (session["title"], session["outcome"], session["active_minutes"]) == ("The bell tower", "interrupted", 2)
    assert not {"session.title", "session.outcome"} & set(tower["provenance"]["inferred"])
    assert tower["provenance"]["host"]["session_id"] == "5ess0001-0000-4000-8000-000000000001"
    assert tower["usage"] == {"models": ["copilot/gpt-5", "gpt-5-mini"], "interrupts": 1}


def test_terminals_with_exit_code_and_duration(tower: Any) -> None:
    mason = tower["delegations"][0]["task_id"]
    assert tower["commands"] == [
        {"cmd": "make bricks", "success": True, "exit_code": 0, "seconds": 2.5},
        {"cmd": "make bell -k", "success": False, "exit_code": 2, "seconds": 0.1},
        {"cmd": "ls"},
        {"cmd": "lay 40", "success": True, "exit_code": 0, "seconds": 0.9, "task": mason},
    ]


def test_approvals_and_errors(tower: Any) -> None:
    assert [(one["question"], one["answer"]) for one in tower["approvals"]] == [
        ("run_in_terminal: rm -rf tower", "rejected"),
        ("run_in_terminal: ls", "approved"),
    ]
    assert tower["errors"] == [{"type": "tool_error", "message": "mcp_sea_tide: the tide table is wet"}]


def test_todos_keep_the_hosts_ids(tower: Any) -> None:
    told = {one["id"]: (one["description"], one["status"]) for one in tower["tasks"] if one["assigned_to"] != "mason"}
    assert told == {"1": ("Lay the bricks", "done"), "2": ("Hang the bell", "working")}


def test_a_sub_agent(tower: Any) -> None:
    (mason,) = tower["delegations"]
    assert (mason["agent"], mason["prompt"], mason["result"], mason["status"]) == (
        "mason",
        "Lay forty bricks",
        "Forty laid",
        "success",
    )
    assert [one["description"] for one in tower["tasks"] if one["id"] == mason["task_id"]] == ["Lay the wall"]


def test_files_by_applied_edits_and_successful_calls(tower: Any) -> None:
    files = {one["path"]: kind for kind in ("created", "modified") for one in tower["files"].get(kind, [])}
    assert files == {"src/bell.py": "created", "src/rope.py": "modified", "src/old.py": "modified"}
    assert tower["changes"] == [
        {"path": "src/bell.py", "added": 2, "removed": 0},
        {"path": "src/rope.py", "added": 2, "removed": 1},
    ]


def test_the_log_of_changes_gives_the_same_session() -> None:
    whole, whole_record = read(vscode_copilot, OWN / "tower.json")
    log, log_record = read(vscode_copilot, OWN / "tower.jsonl")
    assert log_record == whole_record
    assert (whole.skipped, log.skipped) == ({"hologram": 1}, {"hologram": 1, "change that fits nowhere": 1})


def test_changes_are_replayed_as_vs_code_does() -> None:
    entries: list[dict[str, Any]] = [
        {"kind": 0, "v": {"old": 1}},
        {"kind": 0, "v": {"a": [1, 2, 3], "b": {"c": 1}}},
        {"kind": 2, "k": ["a"], "i": 1, "v": [9]},
        {"kind": 2, "k": ["a"], "i": 5},
        {"kind": 1, "k": ["a", 0], "v": 7},
        {"kind": 1, "k": ["b", "d"], "v": []},
        {"kind": 2, "k": ["b", "d"], "v": ["x"]},
        {"kind": 3, "k": ["b", "c"]},
    ]
    tally = Tally()
    assert replayed(copy.deepcopy(entries), tally) == {"a": [7, 9], "b": {"d": ["x"]}}
    wrong: list[dict[str, Any]] = [
        {"kind": 1, "k": ["a", 99], "v": 0},
        {"kind": 1, "k": ["no", "no"], "v": 0},
        {"kind": 2, "k": ["b"], "v": [0]},
        {"kind": 1, "k": [], "v": 0},
        {"kind": True, "k": ["a"]},
        {"kind": 9, "k": ["a"]},
    ]
    assert replayed(entries + wrong, tally) == {"a": [7, 9], "b": {"d": ["x"]}}
    assert tally.skipped == {"change that fits nowhere": len(wrong)}


# -- what may go wrong --------------------------------------------------------------------------------------


def test_truncation() -> None:
    data = real("chat_mcp_error").read_bytes()
    assert not any(survives(vscode_copilot, "torn.json", piece) for piece in truncated(data, 200))
    log = (OWN / "tower.jsonl").read_bytes()
    assert any(survives(vscode_copilot, "torn.jsonl", piece) for piece in truncated(log, 200))


def test_wrong_types_anywhere() -> None:
    (chat,) = loaded(OWN / "tower.json")
    for changed in mutated(chat, 300):
        survives(vscode_copilot, "odd.json", json.dumps(changed).encode())
    for changed in mutated(loaded(OWN / "tower.jsonl"), 300):
        survives(vscode_copilot, "odd.jsonl", lines_of(changed))


def test_wrong_types_in_every_field() -> None:
    (chat,) = loaded(OWN / "tower.json")
    for changed in every_field(chat):
        survives(vscode_copilot, "odd.json", json.dumps(changed).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b'{"requests": []}', b'{"kind": 0, "v": {}}', b"\xff", b'{"a":' * 5000])
def test_what_is_no_chat_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"no\.json"):
        vscode_copilot.read(Transcript("no.json", [data]), SETTINGS)


def test_windows_paths_and_an_empty_session() -> None:
    chat = {"sessionId": "s", "creationDate": 1780304400000, "requests": [{"response": [_group("/c:/Users/p/x/a.py")]}]}
    settings = Settings("w", root="C:\\Users\\p\\x".replace("C", "c"))
    lines = json.dumps(chat).encode().splitlines()
    record = record_of(vscode_copilot.read(Transcript("t", lines), settings))
    assert [one["path"] for one in record["files"]["modified"]] == ["a.py"]
    empty = vscode_copilot.read(
        Transcript("t", [b'{"sessionId": "s", "requests": []}'], modified="2026-06-01T09:00:00Z"), SETTINGS
    )
    session = record_of(empty)["session"]
    assert (session["started_at"], session["title"], session["outcome"]) == (
        "2026-06-01T09:00:00Z",
        "Session",
        "interrupted",
    )


def _group(path: str) -> dict[str, Any]:
    return {"kind": "textEditGroup", "uri": {"$mid": 1, "path": path, "scheme": "file"}, "edits": []}
