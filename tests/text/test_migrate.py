"""What an older log needs to be complete, and the account of what it said in other words."""

from __future__ import annotations

from typing import Any

import pytest

from akislog.text.document import parse
from akislog.text.migrate import NoDate, completed, leaves, lost


def filled(front: str, body: str = "", name: str = "2026-01-05_120000_menu.md") -> tuple[dict[str, Any], list[str]]:
    """The completed record of a log, and what was inferred."""
    return completed(parse(f"---\n{front}---\n{body}", name))


def test_all_that_is_missing_is_filled_and_told() -> None:
    record, inferred = filled("session: {id: menu}\n")
    assert record["session"] == {
        "id": "menu",
        "date": "2026-01-05",
        "title": "Menu",
        "complexity": "simple",
        "domain": "unspecified",
        "outcome": "completed",
        "started_at": "2026-01-05T12:00:00Z",
        "ended_at": "2026-01-05T12:00:00Z",
    }
    assert sorted(inferred) == sorted(f"session.{key}" for key in record["session"] if key != "id")


def test_what_is_there_stays() -> None:
    front = """session:
  id: "2026-01-05_menu"
  date: "2026-01-06"
  complexity: complex
  domain: fullstack
  title: "A menu"
  outcome: failed
  started_at: "2026-01-06T08:00:00Z"
  ended_at: "2026-01-06T09:00:00Z"
"""
    record, inferred = filled(front)
    assert record == parse(f"---\n{front}---\n").front.value
    assert inferred == []


@pytest.mark.parametrize(
    ("said", "name", "started", "ended"),
    [
        ("date: 2026-01-05", "menu.md", "2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("id: 2026-01-05_093000_x", "menu.md", "2026-01-05T09:30:00Z", "2026-01-05T09:30:00Z"),
        ("id: x", "2026-01-05_093000_x.md", "2026-01-05T09:30:00Z", "2026-01-05T09:30:00Z"),
        ("date: 2026-01-04", "2026-01-05_093000_x.md", "2026-01-04T00:00:00Z", "2026-01-04T00:00:00Z"),
        ("id: 2026-01-05_993000_x", "x.md", "2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("duration: ~2 hours", "2026-01-05_230000_x.md", "2026-01-05T23:00:00Z", "2026-01-06T01:00:00Z"),
        ("started_at: 2026-01-05 10:15", "x.md", "2026-01-05T10:15:00Z", "2026-01-05T10:15:00Z"),
        ("started_at: 2026-01-05T10:15:00+01:00", "x.md", "2026-01-05T09:15:00Z", "2026-01-05T09:15:00Z"),
        ("ended_at: 2026-01-05T10:15:00Z", "x.md", "2026-01-05T00:00:00Z", "2026-01-05T10:15:00Z"),
    ],
)
def test_times(said: str, name: str, started: str, ended: str) -> None:
    session = filled(f"session:\n  {said}\n", name=name)[0]["session"]
    assert (session["started_at"], session["ended_at"]) == (started, ended)


def test_a_time_that_is_the_same_moment_is_not_told_as_guessed() -> None:
    assert "session.started_at" not in filled("session: {started_at: '2026-01-05T10:15:00+01:00'}\n")[1]
    assert "session.started_at" in filled("session: {started_at: '2026-01-05 10:15'}\n")[1]


def test_the_markdown_is_asked_first() -> None:
    body = "# Session Log: The side menu\n\n**Complexity:** Medium\n**Status:** ❌ Failed\n"
    record, inferred = filled("skills: {loaded: []}\n", body)
    session = record["session"]
    assert (session["title"], session["complexity"], session["outcome"]) == ("The side menu", "medium", "failed")
    assert {"session.title", "session.complexity", "session.outcome"} <= set(inferred)


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "simple"), (2, "simple"), (3, "medium"), (5, "medium"), (6, "complex")]
)
def test_complexity_by_the_number_of_tasks(number: int, expected: str) -> None:
    tasks = ", ".join(f"{{id: t{n}, description: x, status: done}}" for n in range(number))
    assert filled(f"session: {{complexity: huge}}\ntasks: [{tasks}]\n")[0]["session"]["complexity"] == expected


def test_tasks_and_delegations() -> None:
    front = """tasks:
  - {id: a, status: done}
  - {description: b, completed_at: "2026-01-05T10:15:00Z"}
  - {description: c}
delegations:
  - {task_id: a, agent: code}
  - {task_id: t1}
"""
    record, inferred = filled(front)
    assert [(one["description"], one["status"]) for one in record["tasks"]] == [
        ("a", "done"),
        ("b", "done"),
        ("c", "pending"),
    ]
    assert [(one["id"], one["agent"], one["status"]) for one in record["delegations"]] == [
        ("d1", "code", "success"),
        ("d2", "agent", "success"),
    ]
    assert {"tasks[0].description", "tasks[2].status", "delegations[1].agent"} <= set(inferred)


def test_types_are_counted_where_nobody_did() -> None:
    listed = "files:\n  modified: [{path: a/b.PY}, {path: c.md, type: text}, d.md]\n"
    assert filled(listed)[0]["files"]["types"] == {"py": 1, "text": 1, "md": 1}
    assert filled(f"{listed}  types: {{py: 9}}\n")[0]["files"]["types"] == {"py": 9}


@pytest.mark.parametrize(
    "front", ["session: {id: menu}\n", "session: {date: soon}\n", "session: {date: '2026-13-45'}\n"]
)
def test_without_a_day_there_is_no_record(front: str) -> None:
    with pytest.raises(NoDate):
        filled(front, name="menu.md")


def test_leaves_are_what_says_something() -> None:
    value = {"a": [1, None, "", {"b/c": False}], "d": {}, "e": [], "f": 0}
    assert list(leaves(value)) == [("/a/0", 1), ("/a/3/b~1c", False), ("/f", 0)]


@pytest.mark.parametrize(
    ("old", "new", "inferred", "expected"),
    [
        ({"a": 1}, {"a": 1}, [], {}),
        ({"a": 1}, {"b": {"c": 1}}, [], {}),  # it has moved
        ({"a": 1}, {"a": "1"}, [], {"/a": 1}),
        ({"a": True}, {"a": 1}, [], {"/a": True}),
        ({"a": 1.0}, {"a": 1}, [], {}),
        ({"a": "x", "b": "x"}, {"a": "x"}, [], {"/b": "x"}),  # as often as it was
        ({"a": ["x", "y"]}, {"a": ["y"]}, [], {"/a/0": "x"}),
        ({"a": "x"}, {"session": {"title": "x"}}, ["session.title"], {"/a": "x"}),  # only by chance
        ({"a": "x"}, {"tasks": [{"status": "x"}]}, ["tasks[0].status"], {"/a": "x"}),
        ({"a": "x"}, {"provenance": {"inferred": ["x"]}}, [], {"/a": "x"}),
        ({"a": None, "b": "", "c": []}, {}, [], {}),
    ],
)
def test_lost(old: Any, new: dict[str, Any], inferred: list[str], expected: dict[str, Any]) -> None:
    assert lost(old, new, inferred) == expected
