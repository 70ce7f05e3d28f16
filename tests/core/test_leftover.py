"""What was left open, and what closed it later."""

from __future__ import annotations

from typing import Any

import pytest

from akislog.core.leftover import leftovers
from akislog.core.log import WorkflowLog


def log(name: str, date: str, *tasks: dict[str, Any], **session: Any) -> WorkflowLog:
    return WorkflowLog({"session": {"id": f"s_{name}", "date": date, **session}, "tasks": [*tasks]}, path=f"{name}.md")


def task(name: str, status: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {"id": name, "status": status, "description": description or f"Do {name}", **more}


def told(*logs: WorkflowLog) -> list[tuple[str, str, str]]:
    return [(one.address, one.closed_by, one.how) for one in leftovers(logs)]


@pytest.mark.parametrize("status", ["pending", "working", "paused", "delegated"])
def test_open_work_is_told(status: str) -> None:
    assert told(log("aaaaaaaa", "2026-01-01", task("t1", status), task("t2", "done"))) == [("s_aaaaaaaa#t1", "", "")]


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_what_came_to_an_end_is_not(status: str) -> None:
    assert told(log("aaaaaaaa", "2026-01-01", task("t1", status))) == []


def test_a_task_that_works_through_its_parts_is_told_by_them() -> None:
    parts = (task("t1", "working"), task("t2", "working", parent_task_id="t1"), task("t3", "done", parent_task_id="t1"))
    assert told(log("aaaaaaaa", "2026-01-01", *parts)) == [("s_aaaaaaaa#t2", "", "")]


def test_a_continuation_closes_it() -> None:
    first = log("aaaaaaaa", "2026-01-01", task("t1", "paused"), task("t2", "pending"), task("t3", "working"))
    second = log("bbbbbbbb", "2026-01-02", task("t1", "paused"), task("x", "done", "do  T3"), continues=["s_aaaaaaaa"])
    third = log("cccccccc", "2026-01-03", task("t1", "done"), continues=["bbbbbbbb"])
    assert told(third, first, second) == [
        ("s_aaaaaaaa#t2", "", ""),
        ("s_bbbbbbbb#t1", "s_cccccccc#t1", "continued"),
        ("s_aaaaaaaa#t3", "s_bbbbbbbb#x", "continued"),
        ("s_aaaaaaaa#t1", "s_cccccccc#t1", "continued"),
    ]


def test_a_session_begun_for_the_task_closes_it() -> None:
    first = log("aaaaaaaa", "2026-01-01", task("t1", "delegated"), task("t2", "delegated"))
    second = log("bbbbbbbb", "2026-01-02", parent="s_aaaaaaaa#t1", outcome="completed")
    third = log("cccccccc", "2026-01-02", parent="aaaaaaaa#t2", outcome="failed")
    assert told(first, second, third) == [
        ("s_aaaaaaaa#t2", "", ""),
        ("s_aaaaaaaa#t1", "s_bbbbbbbb", "handed over"),
    ]


def test_the_same_words_later_are_a_guess_and_earlier_are_none() -> None:
    before = log("aaaaaaaa", "2026-01-01", task("t9", "done", "Write the docs"))
    left = log("bbbbbbbb", "2026-01-02", task("t1", "pending", "Write the docs"))
    after = log("cccccccc", "2026-01-03", task("t4", "done", "write the  DOCS"))
    assert told(before, left) == [("s_bbbbbbbb#t1", "", "")]
    assert told(before, left, after) == [("s_bbbbbbbb#t1", "s_cccccccc#t4", "same words")]


def test_circles_of_continuations_end() -> None:
    first = log("aaaaaaaa", "2026-01-01", task("t1", "pending"), continues=["s_bbbbbbbb"])
    second = log("bbbbbbbb", "2026-01-02", task("t2", "pending"), continues=["s_aaaaaaaa"])
    assert len(told(first, second)) == 2
