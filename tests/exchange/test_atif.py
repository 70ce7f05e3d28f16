"""ATIF trajectories: a real one against plain counts of its steps, documented shapes on fixtures of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from akislog.exchange import atif
from akislog.exchange.transcript import Settings, Transcript, Unreadable
from tests.exchange.importing import (
    FIXTURES,
    SETTINGS,
    every_field,
    loaded,
    mutated,
    opened,
    read,
    record_of,
    survives,
    truncated,
)
from tests.paths import TRANSCRIPTS, need

OWN = FIXTURES / "atif"
HILLS = Settings("akislog test", root="/srv/map")


def test_a_real_trajectory_agrees_with_its_steps() -> None:
    path = need(TRANSCRIPTS / "atif" / "openhands_golden.json")
    whole = json.loads(path.read_text("utf-8"))
    imported, record = read(atif, path)
    calls = [call for step in whole["steps"] for call in step.get("tool_calls", ())]
    created = [call["arguments"]["path"] for call in calls if call["arguments"].get("command") == "create"]
    assert [one["path"].rsplit("/", 1)[-1] for one in record["files"]["created"]] == [
        one.rsplit("/", 1)[-1] for one in created
    ]
    assert "commands" not in record
    metrics = [step["metrics"] for step in whole["steps"] if "metrics" in step]
    assert record["usage"] == {
        "input_tokens": sum(one["prompt_tokens"] for one in metrics),
        "output_tokens": sum(one["completion_tokens"] for one in metrics),
    }
    prompt = next(step["message"] for step in whole["steps"] if step["source"] == "user")
    assert record["session"]["title"] == prompt.strip()[:100]
    assert record["session"]["agent"] == whole["agent"]["name"] == imported.agent
    assert record["provenance"]["host"]["version"] == whole["agent"]["version"]
    assert imported.host_id == whole["session_id"]


def test_a_trajectory_without_times_takes_the_files() -> None:
    path = need(TRANSCRIPTS / "atif" / "openhands_golden.json")
    record = record_of(atif.read(opened(path, modified="2026-05-01T10:00:00+02:00"), SETTINGS))
    assert record["session"]["started_at"] == record["session"]["ended_at"] == "2026-05-01T08:00:00Z"
    assert {"session.started_at", "session.ended_at"} <= set(record["provenance"]["inferred"])
    assert "active_minutes" not in record["session"]
    unknown = record_of(atif.read(opened(path), SETTINGS))
    assert unknown["session"]["date"] == "1970-01-01"


# -- documented shapes --------------------------------------------------------------------------------------


@pytest.fixture(name="wells", scope="module")
def _wells() -> Any:
    return read(atif, OWN / "wells.json", settings=HILLS)[1]


def test_session_facts(wells: Any) -> None:
    session = wells["session"]
    assert (session["agent"], session["title"]) == ("ranger", "Find water and draw a map")
    assert (session["started_at"], session["ended_at"]) == ("2026-06-01T09:00:10Z", "2026-06-01T09:06:00Z")
    assert wells["metadata"] == {"schema_version": "ATIF-v1.7", "cost_usd": 0.25}
    assert wells["notes"] == ["Recorded on a quiet day"]
    assert wells["usage"]["models"] == ["big-2", "small-1"]


def test_todos_of_a_task_tracker(wells: Any) -> None:
    told = {one["id"]: (one["status"], one["completed_at"]) for one in wells["tasks"] if one["id"][0] == "w"}
    assert told == {"w-1": ("done", "2026-06-01T09:06:00Z"), "w-2": ("done", "2026-06-01T09:06:00Z")}


def test_commands_of_several_agents(wells: Any) -> None:
    assert [(one["cmd"], one["success"], one["exit_code"]) for one in wells["commands"]] == [
        ("ls hills", False, 2),
        ("grep -r well .", True, 0),
    ]


def test_edits_of_several_agents(wells: Any) -> None:
    files = {one["path"]: kind for kind in ("created", "modified", "deleted") for one in wells["files"].get(kind, [])}
    assert files == {
        "map.md": "created",
        "key.md": "modified",
        "a.md": "modified",
        "b.md": "deleted",
        "wells.md": "created",
    }
    counts = {one["path"]: (one["added"], one["removed"]) for one in wells["changes"]}
    assert counts == {"map.md": (2, 0), "key.md": (2, 1), "a.md": (2, 1), "wells.md": (1, 0)}


def test_embedded_sub_agents(wells: Any) -> None:
    told = {one["agent"]: one for one in wells["delegations"]}
    scout, owl = told["scout"], told["owl"]
    assert (scout["status"], scout["prompt"], scout["result"]) == ("success", "Look for wells", "One well, by the oak")
    assert (scout["tokens_used"], scout["artifacts"]) == (375, ["wells.md"])
    assert (owl["status"], owl["result"]) == ("success", "Nothing moved")
    total = sum(wells["usage"][key] for key in ("input_tokens", "output_tokens", "cache_read_tokens"))
    assert total == 2500 + 100 + 375
    assert [one["task"] for one in wells["commands"] if "task" in one] == [scout["task_id"]]


def test_each_sub_agent_stands_alone_too() -> None:
    imported, _ = read(atif, OWN / "wells.json", settings=HILLS)
    assert [(one.agent, one.host_id) for one in imported.children] == [("scout", "scout-1"), ("owl", "stray-1")]
    assert record_of(imported.children[0])["usage"]["output_tokens"] == 25


def test_sub_agents_in_files_of_their_own() -> None:
    _, record = read(atif, OWN / "bridge.json", OWN / "bridge.summary.json")
    (told,) = record["delegations"]
    assert (told["agent"], told["result"], told["tokens_used"]) == ("summer", "It holds", 99)
    _, without = read(atif, OWN / "bridge.json")
    assert "delegations" not in without


def test_unknown_sources_are_counted() -> None:
    assert read(atif, OWN / "wells.json")[0].skipped == {"narrator": 1}


def test_sub_agents_of_sub_agents_without_end() -> None:
    whole: dict[str, Any] = {"schema_version": "ATIF-v1.7", "agent": {"name": "n"}, "steps": []}
    for number in range(400):
        whole = {**whole, "trajectory_id": str(number), "subagent_trajectories": [whole]} if number else whole
    imported = atif.read(Transcript("deep", [json.dumps(whole).encode()]), SETTINGS)
    assert imported.skipped == {"sub-agent too deep": 1}
    record_of(imported)


def test_sub_agents_without_names_are_all_told() -> None:
    child = {"schema_version": "ATIF-v1.5", "agent": {"name": "n"}, "steps": []}
    whole = {**child, "subagent_trajectories": [child, child, child]}
    record = record_of(atif.read(Transcript("t", [json.dumps(whole).encode()]), SETTINGS))
    assert len(record["delegations"]) == 3


# -- what may go wrong --------------------------------------------------------------------------------------


def test_truncation() -> None:
    data = (OWN / "wells.json").read_bytes()
    assert not any(survives(atif, "torn.json", piece) for piece in truncated(data, 200))


def test_wrong_types_anywhere() -> None:
    (whole,) = loaded(OWN / "wells.json")
    for changed in mutated(whole, 400):
        survives(atif, "odd.json", json.dumps(changed).encode())


def test_wrong_types_in_every_field() -> None:
    (whole,) = loaded(OWN / "wells.json")
    for changed in every_field(whole):
        survives(atif, "odd.json", json.dumps(changed).encode())


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"schema_version": "ATIF-v1.5"}', b'{"schema_version": "1", "steps": []}', b'{"a":' * 5000]
)
def test_what_is_no_trajectory_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"no\.json"):
        atif.read(Transcript("no.json", [data]), SETTINGS)
