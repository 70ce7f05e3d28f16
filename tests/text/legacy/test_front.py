"""Older front matter read as today's record."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akislog.core.finding import MOST
from akislog.text.frontmatter import load, split
from akislog.text.legacy import words
from akislog.text.legacy.fields import NO_PLACE, OLDER_SHAPE, Normalised
from akislog.text.legacy.front import VALUES_LIMIT, normalise, of_file
from tests.paths import CORPUS, need

FIXTURES = Path(__file__).parents[2] / "fixtures" / "legacy"
LISTS = ("root_causes", "gotchas", "commands", "errors")


def front_of(path: Path) -> dict[str, Any]:
    parts, missing = split(path.read_bytes())
    assert missing is None, missing
    front = load(parts.yaml)
    assert isinstance(front.value, dict), front.findings
    return front.value


def read(name: str) -> Normalised:
    return normalise(front_of(FIXTURES / f"{name}.md"))


def at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def codes(got: Normalised, code: str) -> list[str]:
    return [one.pointer for one in got.findings if one.code == code]


def test_six_gotcha_shapes() -> None:
    got = read("gotcha-shapes")
    assert [sorted(one) for one in got.record["gotchas"]] == [
        ["applies_to", "pattern", "solution", "warning"],
        ["pattern", "solution"],
        ["pattern", "solution"],
        ["pattern", "solution"],
        ["pattern", "solution", "warning"],
        ["pattern"],
    ]
    assert got.record["gotchas"][0]["applies_to"] == ["frontend-react", "akis-dev"]
    assert got.record["gotchas"][4]["warning"] == "It shares a temporary folder"
    assert got.kept["/gotchas/2"] == {"problem": "Imports fail in the container", "solution": "Mount the source folder"}
    assert got.kept["/gotchas/5"] == "The linter reads only the changed files"
    assert "/gotchas/1" not in got.kept
    assert set(codes(got, OLDER_SHAPE)) == {
        "/gotchas/0/applies_to/1",
        "/gotchas/2/problem",
        "/gotchas/3/issue",
        "/gotchas/4/issue",
        "/gotchas/4/reason",
        "/gotchas/5",
    }


def test_strings_stand_for_maps_and_lists() -> None:
    got = read("strings-for-maps")
    session = got.record["session"]
    assert (session["complexity"], session["domain"], session["duration_minutes"]) == ("complex", "frontend_only", 120)
    assert "duration" not in session
    assert got.kept["/session/duration_minutes"] == {"duration": "~2 hours"}
    assert got.kept["/session/domain"] == "frontend"
    assert [one.severity for one in got.findings if one.pointer == "/session/domain"] == ["warning"]
    assert got.record["skills"] == {"loaded": ["akis-dev", "testing"]}
    assert got.record["files"]["modified"] == [
        {"path": "web/src/App.tsx", "type": "tsx"},
        {"path": "web/Dockerfile", "type": "dockerfile", "domain": "docker"},
    ]
    assert got.record["files"]["created"] == [{"path": "notes.md", "type": "md"}]
    assert got.record["agents"]["delegated"] == [
        {"name": "code", "task": "move the menu into its own file"},
        {"name": "reviewer"},
        {"name": "documentation", "task": "describe the menu", "result": "success"},
    ]
    assert got.record["gates"] == {"passed": ["G1", "G2"]}
    assert got.record["commands"] == [{"cmd": "npm test"}]
    assert got.record["root_causes"] == [{"problem": "The menu was mounted twice"}]


def test_names_of_the_session_file() -> None:
    got = read("session-json")
    assert next(iter(got.record)) == "session"
    assert got.record["session"] == {
        "id": "2026-02-03_task_name",
        "complexity": "medium",
        "domain": "backend_only",
        "started_at": "2026-02-03T08:00:00Z",
        "ended_at": "2026-02-03T09:00:00Z",
    }
    first, second = got.record["tasks"]
    assert (first["started_at"], first["completed_at"]) == ("2026-02-03T08:05:00Z", "2026-02-03T08:40:00Z")
    assert (first["status"], first["artifacts"]) == ("done", ["docs/queue.md"])
    assert "parent_id" not in first
    assert second == {
        "id": "t2",
        "description": "Write the consumer",
        "status": "working",
        "parent_task_id": "t1",
        "artifacts": ["app/consumer.py"],
    }
    assert got.kept["/tasks/1/parent_task_id"] == {"parent_id": "t1"}
    [delegation] = got.record["delegations"]
    assert (delegation["status"], delegation["subtasks"]) == ("success", {"total": 3, "completed": 3})
    assert got.record["parallel_groups"] == [{"id": "pg1", "tasks": ["t1", "t2"], "status": "completed"}]
    assert not {"delegates", "session_id", "updated_at"} & got.record.keys()
    assert codes(got, NO_PLACE) == []


def test_tasks_inside_tasks_become_links() -> None:
    got = read("nested-tasks")
    assert "tasks" not in got.record["session"]
    told = [
        (one["id"], one["description"], one.get("status"), one.get("parent_task_id")) for one in got.record["tasks"]
    ]
    assert told == [
        ("root", "Ship the importer", "done", None),
        ("parse", "Read the lines", "done", "root"),
        ("t1", "Read the broken lines", "failed", "parse"),
        ("t2", "Write the tests", "done", "root"),
        ("t3", "[code:WORK:testing] Measure it [parent→root]", "working", None),
        ("7", "Tidy up", None, None),
        ("late", "Remove the old reader", "paused", "7"),
    ]
    assert got.kept["/tasks/2/parent_task_id"] == "/session/tasks/0/subtasks/0/children/0"
    assert got.kept["/tasks/2"] == "✗ Read the broken lines"
    assert got.kept["/tasks/2/id"] is None
    assert got.kept["/tasks/5/id"] == 7


def test_an_invented_id_is_never_one_that_is_named() -> None:
    got = normalise({"tasks": [{"description": "a", "dependencies": ["t1", 2]}, {"id": "t3"}, "b"]})
    assert [one["id"] for one in got.record["tasks"]] == ["t2", "t3", "t4"]
    assert got.record["tasks"][0]["dependencies"] == ["t1", "2"]


def test_a_stated_parent_is_believed_against_the_place() -> None:
    got = normalise({"tasks": [{"id": "a", "subtasks": [{"id": "b", "parent_id": "c"}]}, {"id": "c"}]})
    assert [one.get("parent_task_id") for one in got.record["tasks"]] == [None, "c", None]


def test_tasks_at_two_places_are_one_list() -> None:
    got = normalise({"tasks": [{"id": "a"}], "session": {"tasks": [{"id": "b"}]}})
    assert [one["id"] for one in got.record["tasks"]] == ["a", "b"]


def test_checklists() -> None:
    [task] = read("checklists").record["tasks"]
    assert task["checklist"] == [
        {"item": "Change log", "done": True},
        {"item": "Version", "done": True},
        {"item": "Tag", "done": False},
        {"item": "Announcement", "done": False},
        {"item": "Upload", "done": True},
        {"item": "Mirror", "done": False},
        {"item": "Sign", "done": True},
        {"item": "Close the milestone", "done": False},
    ]


def test_status_words() -> None:
    got = read("status-words")
    expected = {"a": "done", "b": "working", "c": "pending", "d": "paused", "e": "delegated", "f": "failed"}
    expected |= {"g": "cancelled", "h": "almost there"}
    assert [one["status"] for one in got.record["tasks"]] == [expected[one["id"][0]] for one in got.record["tasks"]]
    assert got.kept["/tasks/4/status"] == "WORKING"


def test_what_fits_nowhere_is_kept_and_said() -> None:
    got = read("unfit-values")
    assert got.record == {
        "session": {"id": "2026-02-07_100000_unfit-values"},
        "gotchas": [{"pattern": "The clock was wrong"}],
        "agents": {},
        "colour": "blue",
    }
    assert got.kept["/gotchas/-"] == [3, [1, 2]]
    assert got.kept["/tasks"] == "write the parser, then test it"
    assert got.kept["/session/duration"] == "a long night"
    assert got.kept["/files"] == 12
    assert got.kept["/agents/delegated"] == {"code": 1}
    assert sorted(codes(got, NO_PLACE)) == [
        "/agents/delegated",
        "/files",
        "/gotchas/0",
        "/gotchas/2",
        "/session/duration",
        "/tasks",
    ]


@pytest.mark.parametrize("front", [None, 3, "text", [1], {"session": []}, {"session": "x", "tasks": {}}])
def test_any_front_matter_is_read(front: Any) -> None:
    got = normalise(front)
    assert got.record == {}
    assert codes(got, NO_PLACE)


def test_an_unknown_key_stays_and_a_second_name_does_not_replace_the_first() -> None:
    front = {"tasks": [{"id": "t1", "description": "a", "task": "b", "mood": 3}], "extra": {"a": [1]}}
    got = normalise(front)
    assert got.record == front
    assert got.kept == {}
    assert got.findings == ()


def test_a_record_of_today_is_passed_through() -> None:
    record = {
        "session": {"id": "x", "complexity": "simple", "domain": "fullstack", "outcome": "completed"},
        "skills": {"loaded": ["testing"], "suggested": []},
        "files": {"modified": [{"path": "a.py", "type": "py", "domain": "backend"}], "types": {"py": 1}},
        "gotchas": [{"pattern": "p", "solution": "s"}],
        "gates": {"passed": ["G1"], "violations": [{"gate": "G5", "reason": "r", "recovered": True}]},
        "agents": {"delegated": [{"name": "code", "task": "t", "result": "success"}]},
        "tasks": [{"id": "t1", "description": "d", "status": "done", "checklist": [{"item": "i", "done": True}]}],
        "delegations": [{"id": "d1", "task_id": "t1", "status": "success", "subtasks": {"total": 1, "completed": 1}}],
        "verification": [{"check": "c", "ok": True}],
    }
    assert normalise(record) == (record, {}, ())


@pytest.mark.parametrize(
    ("value", "minutes"),
    [
        ("~2 hours", 120),
        ("45 min", 45),
        ("~90min", 90),
        (">15 min", 15),
        (120, 120),
        ("98 minutes", 98),
        ("93 min", 93),
        ("1h 30m", 90),
        ("2h15", 135),
        ("1.5 hours", 90),
        ("30-45 min", 38),
        ("~50 minutes (estimated)", 50),
        (12.5, 13),
        ("90", 90),
        ("30 seconds", 1),
        ("", None),
        ("~{N} minutes", None),
        ("Extended multi-iteration session", None),
        ("12:30", None),
        ("about 3 files", None),
        (-1, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**30, None),
        (True, None),
        (None, None),
        ({"minutes": 3}, None),
    ],
)
def test_lengths_of_time(value: Any, minutes: int | None) -> None:
    assert words.minutes(value) == minutes


@pytest.mark.parametrize("read_word", [words.status, words.result, words.group, words.outcome, words.domain])
@given(text=st.text(max_size=12) | st.sampled_from([*words.GLYPHS, *words.BOXES, "In Progress", "Done ✓", "docs"]))
def test_a_word_is_read_as_itself(read_word: Any, text: str) -> None:
    word = read_word(text)
    assert word is None or read_word(word) == word


KEY_WORDS = (
    "session tasks todos delegations delegates gotchas root_causes skills files gates agents parallel_groups commands"
    " errors verification commits id task_id session_id description task title text item status state done completed"
    " checked parent_id parent_task_id subtasks children checklist artifacts dependencies depends_on applies_to pattern"
    " problem issue reason solution fix loaded passed violations delegated modified created path name agent result"
    " duration duration_minutes complexity domain start_time end_time updated_at started_at ended_at group_id skill"
    " parallel parallel_group label extra"
)
KEYS = st.sampled_from(KEY_WORDS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**6)
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["t1", "t2", "done", "completed", "✓", "[x] a", "- ○ b", "akis-development", "docs", "~2 hours"])
    | st.sampled_from(["code: it", "G5: why", "abcdef1 subject", "a, b", "Medium", "", "a/b.py"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6),
    max_leaves=30,
)
TASKS = st.recursive(
    st.fixed_dictionaries({}, optional={"id": SCALARS, "task_id": SCALARS, "task": SCALARS, "status": SCALARS}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "id": SCALARS,
            "title": SCALARS,
            "done": SCALARS,
            "parent_id": SCALARS,
            "subtasks": st.lists(inner | SCALARS, max_size=3),
            "children": st.lists(inner, max_size=3),
            "checklist": JSON,
            "files": JSON,
            "artifacts": JSON,
            "depends": JSON,
        },
    ),
    max_leaves=12,
)
ITEMS = st.lists(st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=3), max_size=5) | SCALARS, max_size=5)
OLD = st.fixed_dictionaries(
    {},
    optional={
        "session": st.dictionaries(KEYS, SCALARS | st.lists(TASKS, max_size=2), max_size=6) | SCALARS,
        "tasks": st.lists(TASKS | SCALARS, max_size=4) | SCALARS,
        "gotchas": ITEMS,
        "root_causes": ITEMS,
        "delegates": ITEMS,
        "delegations": ITEMS | SCALARS,
        "parallel_groups": ITEMS,
        "verification": ITEMS,
        "commits": ITEMS,
        "skills": st.dictionaries(KEYS, ITEMS | SCALARS, max_size=3) | ITEMS | SCALARS,
        "files": st.dictionaries(KEYS, ITEMS | SCALARS, max_size=3) | ITEMS,
        "gates": st.dictionaries(KEYS, ITEMS | SCALARS, max_size=3) | ITEMS,
        "agents": st.dictionaries(KEYS, ITEMS | SCALARS, max_size=3) | SCALARS,
        "session_id": SCALARS,
        "complexity": SCALARS,
        "updated_at": SCALARS,
    },
)


def same(left: Any, right: Any) -> bool:
    """Equal, with NaN equal to itself and True unequal to 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@settings(max_examples=300, deadline=None)
@given(front=JSON | OLD)
def test_total_pure_and_idempotent(front: Any) -> None:
    before = copy.deepcopy(front)
    once = normalise(front)
    assert same(front, before)
    again = normalise(once.record)
    assert same(again.record, once.record)
    for finding in once.findings:
        assert finding.code in (OLDER_SHAPE, NO_PLACE)
        if isinstance(front, dict):
            at(front, finding.pointer)
    for key in ("tasks", *LISTS):
        assert all(isinstance(one, dict) for one in once.record.get(key, []))


@settings(max_examples=200, deadline=None)
@given(front=OLD)
def test_every_list_item_is_read_or_kept(front: dict[str, Any]) -> None:
    got = normalise(front)
    for key in ("gotchas", "root_causes", "verification", "commits", "parallel_groups"):
        if isinstance(front.get(key), list):
            assert len(got.record[key]) + len(got.kept.get(f"/{key}/-", [])) == len(front[key])
    for one in got.record.get("tasks", []):
        assert isinstance(one["id"], str)
        assert one["id"]


def test_deep_nesting_is_read_without_recursion() -> None:
    task: dict[str, Any] = {"description": "leaf"}
    for _ in range(3000):
        task = {"description": "x", "subtasks": [task]}
    assert len(normalise({"tasks": [task]}).record["tasks"]) == 3001


def test_real_logs_keep_every_item() -> None:
    paths = sorted(need(CORPUS).glob("*.md"))
    assert paths
    for path in paths:
        front = front_of(path)
        got = normalise(front)
        assert codes(got, NO_PLACE) == [], path.name
        for key in LISTS:
            assert len(got.record.get(key) or []) == len(front.get(key) or []), (path.name, key)
        for key, part in (("files", "modified"), ("skills", "loaded"), ("gates", "passed"), ("agents", "delegated")):
            old, new = (holder.get(key, {}).get(part, []) for holder in (front, got.record))
            assert len(old) == len(new), (path.name, key)
        assert all("pattern" in one for one in got.record.get("gotchas") or [])
        assert front.keys() <= got.record.keys() | {key for key, value in front.items() if value is None}
        assert normalise(got.record) == (got.record, {}, ())


def test_more_values_than_a_log_has_are_kept_aside_as_a_whole() -> None:
    """Each may be a finding: a file of 64 KiB would take most of a second."""
    front = {"session": {"id": "x"}, "tasks": [{"tasks": [{"id": number} for number in range(VALUES_LIMIT)]}]}
    found = of_file(front)
    assert (found.record, found.kept) == ({}, {"": front})
    assert [(one.code, one.severity, one.pointer) for one in found.findings] == [("AKL402", "warning", "")]
    fewer = {"session": {"id": "x"}, "tasks": [{"id": f"t{number}"} for number in range(VALUES_LIMIT // 3)]}
    assert len(of_file(fewer).record["tasks"]) == VALUES_LIMIT // 3


def test_of_a_finding_so_many_are_told_and_that_there_are_more() -> None:
    found = of_file({"gotchas": ["x" * 3 for _ in range(3 * MOST)]}).findings
    assert Counter(one.code for one in found) == {"AKL401": MOST, "AKL011": 1}
