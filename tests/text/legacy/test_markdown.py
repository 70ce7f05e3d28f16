"""Logs without front matter, read from their Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akislog.text.body import body
from akislog.text.frontmatter import split
from akislog.text.legacy.front import normalise
from akislog.text.legacy.markdown import from_markdown
from tests.paths import CORPUS, need

FIXTURES = Path(__file__).parents[2] / "fixtures" / "legacy"
MARKDOWN = sorted(path.name for path in FIXTURES.glob("md-*.md"))


def read(name: str, file_name: str = "") -> dict[str, Any]:
    return from_markdown((FIXTURES / f"{name}.md").read_text("utf-8"), file_name).record


def told(record: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(one["description"], one.get("status"), one.get("parent_task_id")) for one in record["tasks"]]


def test_a_task_list() -> None:
    record = read("md-task-list", "2026-02-10_083015_faster-start.md")
    assert record["session"] == {
        "id": "2026-02-10_083015_faster-start",
        "date": "2026-02-10",
        "started_at": "2026-02-10T08:30:15Z",
        "complexity": "medium",
        "title": "Faster start of the worker",
        "summary": "The worker starts in half the time. It reads its settings once.",
    }
    assert told(record) == [
        ("Measure the start", "done", None),
        ("Measure the imports", "done", "t1"),
        ("Read the settings once", "done", None),
        ("Write the benchmark", "done", None),
        ("Compare with the old one", "pending", "t4"),
        ("Drop the second process", "failed", None),
        ("Tell the users", "done", None),
        ("[code:WORK:docker] Shrink the image", "pending", None),
        ("Wait for the new base image", "paused", None),
        ("Hand over the documentation", "delegated", None),
        ("Watch the first nights", "working", None),
    ]
    assert record["tasks"][0]["result"] == "with a cold cache"
    assert record["verification"] == [
        {"check": "All tests pass", "ok": True},
        {"check": "A week in production"},
        {"check": "The slow machine", "ok": False},
        {"check": "Nobody noticed"},
    ]
    assert record["files"] == {
        "modified": [{"path": "worker/start.py", "type": "py"}],
        "created": [{"path": "worker/bench.py", "type": "py"}],
        "deleted": [{"path": "worker/old.py", "type": "py"}],
    }
    guessed = ["session.id", "session.started_at", "tasks.status"]
    assert record["provenance"] == {"source": "converted", "inferred": guessed}


def test_bold_metadata() -> None:
    got = from_markdown((FIXTURES / "md-bold-metadata.md").read_text("utf-8"))
    record = got.record
    assert record["session"] == {
        "id": "2026-02-11_archive",
        "date": "2026-02-11",
        "started_at": "2026-02-11T16:30:00Z",
        "title": "Move the archive",
        "agent": "Keeper",
        "branch": "move/archive",
        "summary": "The archive lies on the new disk.",
        "duration_minutes": 90,
        "outcome": "completed",
    }
    assert got.kept == {
        "/session/complexity": "Low (few files)",
        "/session/duration_minutes": {"duration": "~90 minutes (estimated)"},
        "/session/outcome": {"status": "✅ Complete with two open questions"},
    }
    assert [one.code for one in got.findings] == ["AKL401", "AKL402"]
    assert record["files"] == {
        "created": [{"path": "archive/index.md", "type": "md"}],
        "modified": [{"path": "archive/readme.txt", "type": "txt"}, {"path": "tools/move.sh", "type": "sh"}],
    }
    assert record["skills"] == {"loaded": ["akis-dev", "testing"]}
    assert "tasks" not in record


def test_a_title_with_pipes_and_a_tree() -> None:
    record = read("md-pipe-title")
    assert record["session"] == {
        "date": "2026-02-12",
        "complexity": "complex",
        "title": "Quiet the alarms",
        "duration_minutes": 25,
    }
    assert told(record) == [
        ("Quiet the alarms", None, None),
        ("Find the noisy ones", "done", "t1"),
        ("Raise their limits", "working", "t1"),
        ("Ask the owners", "pending", "t3"),
        ("Write it down", "done", "t1"),
    ]


def test_a_tree_in_a_code_fence_and_a_title_from_the_file_name() -> None:
    record = read("md-tree-in-fence", "2026-02-13_120000_split-the_module.md")
    assert record["session"]["title"] == "Split the module"
    assert "session.title" in record["provenance"]["inferred"]
    assert [one[1:] for one in told(record)] == [("done", None), ("done", "t1"), ("paused", "t1"), ("done", "t1")]


def test_a_table_of_tasks_and_one_of_metrics() -> None:
    record = read("md-task-table")
    assert record["session"] == {"complexity": "simple", "title": "Translate the manual", "duration_minutes": 45}
    assert told(record) == [
        ("Collect the terms", "done", None),
        ("Translate | check", "working", None),
        ("Print", "pending", None),
    ]
    assert [one.get("assigned_to") for one in record["tasks"]] == ["AKIS", "documentation", None]


def test_headings_below_the_heading_of_tasks_are_tasks() -> None:
    record = read("md-task-headings")
    assert told(record) == [("A new login page", "done", None), ("Shorter sessions", "done", None)]
    assert [one["path"] for one in record["files"]["modified"]] == ["web/login.tsx", "app/session.py"]
    assert "files.modified" in record["provenance"]["inferred"]


def test_problems_gotchas_and_agents() -> None:
    record = read("md-problems")
    assert record["root_causes"] == [
        {"problem": "The queue was never flushed"},
        {"problem": "The flush had no time limit", "solution": "ten seconds"},
        {"problem": "Messages came twice", "solution": "A key for each message"},
    ]
    assert record["gotchas"] == [
        {"pattern": "The queue names are case sensitive", "solution": "Use small letters"},
        {"pattern": "Clock of the broker", "solution": "it runs in UTC"},
        {"pattern": "A full disk stops everything"},
    ]
    assert record["agents"]["delegated"] == [
        {"name": "Developer", "task": "Write the flush", "result": "success"},
        {"name": "Reviewer", "task": "Read the flush", "result": "failure"},
        {"name": "Researcher", "task": "Look for other queues", "result": "success"},
    ]


def test_ticks_are_tasks_where_no_heading_says_tasks() -> None:
    record = read("md-ticks-without-heading")
    assert [one[:2] for one in told(record)] == [
        ("Find the part", "done"),
        ("Replace the part", "done"),
        ("Grease the hinges", "done"),
        ("Paint it", "pending"),
    ]
    assert "tasks" in record["provenance"]["inferred"]


def test_prose_gives_a_title() -> None:
    record = read("md-prose")
    assert record["session"] == {"title": "The printer on the second floor works again. It had no paper."}
    assert record["provenance"]["inferred"] == ["session.title"]


def test_nothing_gives_nothing() -> None:
    assert from_markdown("").record == {"provenance": {"source": "converted", "inferred": []}}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-01-15_144530_a-slug.md", {"date": "2026-01-15", "started_at": "2026-01-15T14:45:30Z"}),
        ("2026-01-05_slug.md", {"date": "2026-01-05"}),
        ("agent-sync-2026-01-02.md", {"date": "2026-01-02"}),
        ("log/workflow/2026-01-05_slug.md", {"id": "2026-01-05_slug", "date": "2026-01-05"}),
        ("2026-02-31_slug.md", {"id": "2026-02-31_slug"}),
        ("2026-01-15_256199_slug.md", {"date": "2026-01-15"}),
        ("two words é.md", {"id": "two-words"}),
        ("…", {}),
    ],
)
def test_file_names(name: str, expected: dict[str, str]) -> None:
    session = from_markdown("# A", name).record["session"]
    assert expected.items() <= session.items()
    assert ("date" in session, "started_at" in session) == ("date" in expected, "started_at" in expected)
    assert session["title"] == "A"


def test_our_own_body_is_read_back() -> None:
    session = {"id": "x", "title": "A *very* odd_ title", "date": "2026-02-14", "complexity": "simple"}
    session |= {"duration_minutes": 5, "summary": "1. Nothing | much"}
    record = {
        "session": session,
        "tasks": [
            {"id": "t1", "description": "# first [x]", "status": "done", "result": "it works"},
            {"id": "t2", "description": "second", "status": "paused", "parent_task_id": "t1"},
            {"id": "t3", "description": "third", "status": "pending", "checklist": [{"item": "a", "done": True}]},
        ],
        "delegations": [{"id": "d1", "task_id": "t1", "agent": "code", "status": "success"}],
        "files": {"created": [{"path": "a/b.py", "type": "py"}], "deleted": [{"path": "c.md", "type": "md"}]},
        "root_causes": [{"problem": "p", "solution": "s"}],
        "gotchas": [{"pattern": "g", "warning": "w", "solution": "s"}, {"pattern": "h", "solution": "s"}],
        "verification": [{"check": "tests", "ok": True}, {"check": "types", "ok": False}],
    }
    got = from_markdown(body(record), "x.md").record
    for key in ("session", "files", "root_causes", "gotchas", "verification"):
        assert got[key] == record[key], key
    assert got["tasks"] == record["tasks"]
    assert got["agents"]["delegated"] == [{"name": "code", "task": "# first [x]", "result": "success"}]


@pytest.mark.parametrize("name", MARKDOWN)
def test_the_result_needs_no_normalising(name: str) -> None:
    record = from_markdown((FIXTURES / name).read_text("utf-8"), name).record
    assert normalise(record) == (record, {}, ())


BLOCKS = """
# A | 2026-01-01
## Tasks
### Files Modified
## Gotchas
## Root Causes
## Verification
## Agents
## Summary
- ✓ a
  - [ ] b
- **x**: y
→ z
```
`a/b.py` - c
├─ <WORK> d ✓
<MAIN> e
**Problem**: f
**Fix**: g
**Duration**: ~2 h
**Status**: Complete ✓
1. ○ h
\t- ❌
✓
-
**
---
## Skills Used
- `s.md`
**Skills**: akis-development, b
| Task | Status |
|---|---|
| a | ✓ |
| File | x |
| Problem | Fix |
||
"""
LINES = st.lists(st.sampled_from(BLOCKS.split("\n")) | st.text(max_size=20), max_size=25)
NAMES = st.text(max_size=40) | st.from_regex(r"20\d\d-\d\d-\d\d_\d{6}_\w{3}\.md")


@settings(max_examples=300, deadline=None)
@given(text=LINES.map("\n".join) | st.text(), name=NAMES)
def test_any_text_is_read(text: str, name: str) -> None:
    record = from_markdown(text, name).record
    assert record["provenance"]["source"] == "converted"
    assert normalise(record).record == record


def bodies() -> list[tuple[str, str]]:
    paths = sorted(need(CORPUS).glob("*.md"))
    assert paths
    return [(path.name, split(path.read_bytes())[0].body.decode("utf-8")) for path in paths]


def ticked_lines(text: str) -> int:
    """List items with a tick, counted under the headings that begin with "Tasks"."""
    count, level = 0, 0
    for line in text.splitlines():
        heading = re.match(r"(#+)\s+(.*)", line)
        if heading and (not level or len(heading[1]) <= level):
            level = len(heading[1]) if heading[2].lower().startswith("tasks") else 0
        elif level and re.match(r"\s*- (✓|✅|❌|\[x\]|\[ \])", line):
            count += 1
    return count


def test_real_bodies_give_a_title_and_all_ticked_tasks() -> None:
    total = 0
    for name, text in bodies():
        record = from_markdown(text, name).record
        tasks = record.get("tasks", [])
        expected = ticked_lines(text)
        total += expected
        assert len(tasks) + sum(len(one.get("checklist", [])) for one in tasks) >= expected, name
        assert record["session"]["title"], name
        assert record["session"]["id"] == name.removesuffix(".md")
        assert record["session"]["date"] == name[:10]
        assert normalise(record) == (record, {}, ()), name
    assert total > 100
