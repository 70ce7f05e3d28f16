"""Rows of each source, and choosing, ordering and grouping them."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core import log as views
from akislog.core.fields import SOURCES
from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.core.rows import Row, column, group, rows, select, sort, walk
from akislog.errors import QueryError
from tests.queries import records, scalars

ID = "2026-03-10_101500_jwt_1f0c9a2e"
RECORD: dict[str, Any] = {
    "session": {"id": ID, "title": "JWT", "date": "2026-03-10", "domain": "backend"},
    "skills": {"loaded": ["debugging", "testing"]},
    "files": {
        "modified": [{"path": "a.py", "type": "py"}, "b.py", {"path": "c.md", "type": "md", "action": "edited"}],
        "created": [{"path": "d/e.py", "type": "py"}],
        "types": {"py": 2},
    },
    "tasks": [{"id": "t1", "status": "done", "artifacts": ["x", "y"]}, 7, {"status": "failed"}],
    "gotchas": [{"pattern": "p"}, "text"],
    "errors": None,
    "commands": "none",
}
LOG = WorkflowLog(RECORD, path="log/workflow/2026-03-10_101500_jwt_1f0c9a2e.md")


def at(record: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        record = record[int(step)] if isinstance(record, list) else record[step]
    return record


def test_rows_of_every_source() -> None:
    found = {source: [one.address for one in rows(LOG, source)] for source in SOURCES}
    assert found == {
        "logs": [ID],
        "tasks": [f"{ID}#t1", f"{ID}#/tasks/2"],
        "delegations": [],
        "gotchas": [f"{ID}#/gotchas/0"],
        "root_causes": [],
        "files": [f"{ID}#/files/created/0", f"{ID}#/files/modified/0", f"{ID}#/files/modified/2"],
        "commands": [],
        "errors": [],
        "findings": [],
    }


def test_a_row_is_what_it_is_made_of() -> None:
    for source in ("logs", "tasks", "gotchas"):
        for one in rows(LOG, source):
            assert one.own is at(RECORD, one.pointer)
            assert one.record is RECORD
    change = next(rows(LOG, "files"))
    assert change.own == {"path": "d/e.py", "type": "py", "change": "created"}


@given(records(), st.sampled_from([*SOURCES]))
def test_any_record_has_rows(record: dict[str, Any], source: str) -> None:
    before = json.dumps(record)
    for one in rows(WorkflowLog(record), source):
        own = at(record, one.pointer)
        assert one.own == ({**own, "change": "modified"} if source == "files" else own)
        assert isinstance(repr(one), str)
    assert json.dumps(record) == before


def test_what_a_row_has_from_its_file() -> None:
    [one] = rows(LOG, "gotchas", body=lambda: "# Body")
    assert (one.path, one.name, one.id, one.body) == (LOG.path, f"{ID}.md", ID, "# Body")
    nameless = next(rows(WorkflowLog({}, path="old/2026-01-02_note.md")))
    assert (nameless.id, nameless.body) == ("2026-01-02_note", "")


def test_a_row_by_name_as_dict_and_as_view() -> None:
    task, second = rows(LOG, "tasks")
    assert task["status"] == "done"
    assert task["artifacts"] == ["x", "y"]
    assert task["session.title"] == "JWT"
    assert task["skill"] is None
    assert second["artifacts"] == []
    assert task.view == views.Task(RECORD["tasks"][0])
    assert task.to_dict() == {"log": LOG.path, "address": f"{ID}#t1", **RECORD["tasks"][0]}
    with pytest.raises(QueryError, match="did you mean 'status'"):
        _ = task["statos"]
    whole = next(rows(LOG))
    assert whole.view is LOG
    assert whole["tasks"] == [RECORD["tasks"][0], 7, RECORD["tasks"][2]]
    assert whole["tasks[0].artifacts"] == ["x", "y"]
    assert whole["tasks[0].status"] == "done"
    assert whole["tasks[9].status"] is None
    assert whole["files.types"] == {"py": 2}
    assert whole["extra.nothing"] is None
    [found] = rows(LOG, "findings", findings=[Finding("AKL001", "error", "no", "p.md", 1, 2)])
    assert (found["code"], found["line"], found["expected"]) == ("AKL001", 1, [])


def test_every_row_has_the_typed_view_of_its_kind() -> None:
    record = {source: [{}] for source in SOURCES} | {"files": {"modified": [{}]}, "session": {}}
    kinds = {source: type(one.view) for source in SOURCES for one in rows(WorkflowLog(record), source)}
    assert kinds == {
        "logs": views.WorkflowLog,
        "tasks": views.Task,
        "delegations": views.Delegation,
        "gotchas": views.Gotcha,
        "root_causes": views.RootCause,
        "files": views.File,
        "commands": views.Command,
        "errors": views.Error,
    }


def test_an_index_on_a_row_itself_is_refused() -> None:
    with pytest.raises(QueryError, match="write log"):
        column("tasks[0].status", "tasks")
    assert column("log.tasks[0].status", "tasks").steps == ("tasks", 0, "status")


@given(records())
def test_short_paths_are_walked_as_long_ones(record: dict[str, Any]) -> None:
    one = next(rows(WorkflowLog(record)))
    for name in ("session.title", "tasks.status", "skills.loaded", "gotchas.solution", "metadata.ticket"):
        there = column(name)
        quick, slow = list(there.found(one)), walk(record, there.steps)
        assert list(map(repr, quick)) == list(map(repr, slow))


# --- ordering and grouping --------------------------------------------------------------------------------------------


def some(*sessions: dict[str, Any]) -> list[Row]:
    named = (WorkflowLog({"session": session}, path=f"{session['id']}.md") for session in sessions)
    return [one for log in named for one in rows(log)]


def ids(found: list[Row]) -> list[str]:
    return [one.record["session"]["id"] for one in found]


def test_nothing_stands_last_and_turned_round_first() -> None:
    found = some(
        {"id": "a", "duration_minutes": 20},
        {"id": "b"},
        {"id": "c", "duration_minutes": 5},
        {"id": "d", "duration_minutes": None},
        {"id": "e", "duration_minutes": "long"},
        {"id": "f", "duration_minutes": 20},
    )
    assert ids(sort(found, ["duration_minutes"])) == ["c", "a", "f", "e", "b", "d"]
    assert ids(sort(found, ["-duration_minutes"])) == ["b", "d", "e", "a", "f", "c"]
    assert ids(sort(found, [])) == ["a", "b", "c", "d", "e", "f"]
    assert ids(sort(found, ["-path"])) == ["f", "e", "d", "c", "b", "a"]


def test_of_many_values_the_smallest_counts_and_turned_round_the_largest() -> None:
    lists: dict[str, list[str]] = {"a": ["m", "n"], "b": ["b", "z"], "c": []}
    found = some(*({"id": name, "continues": held} for name, held in lists.items()))
    assert ids(sort(found, ["continues"])) == ["b", "a", "c"]
    assert ids(sort(found, ["-continues"])) == ["c", "b", "a"]


@given(st.lists(st.tuples(scalars(), scalars()), max_size=8), st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_the_rows_come(drawn: list[tuple[Any, Any]], chance: random.Random) -> None:
    found = some(*({"id": f"{n:02}", "title": one, "domain": other} for n, (one, other) in enumerate(drawn)))
    expected = ids(sort(found, ["title", "-domain"]))
    chance.shuffle(found)
    assert ids(sort(found, ["title", "-domain"])) == expected


def test_groups_are_in_order_and_nothing_is_last() -> None:
    found = some(
        {"id": "a", "domain": "web", "continues": ["x", "y", "x"]},
        {"id": "b", "domain": "api"},
        {"id": "c", "continues": ["x"]},
        {"id": "d", "domain": "web", "continues": []},
    )
    assert [(one.key, ids(one.rows)) for one in group(found, [column("domain")])] == [
        (("api",), ["b"]),
        (("web",), ["a", "d"]),
        ((None,), ["c"]),
    ]
    assert [(one.key, ids(one.rows)) for one in group(found, [column("continues")])] == [
        (("x",), ["a", "c"]),
        (("y",), ["a"]),
        ((None,), ["b", "d"]),
    ]
    assert [one.key for one in group(found, [column("domain"), column("continues")])] == [
        ("api", None),
        ("web", "x"),
        ("web", "y"),
        ("web", None),
        (None, "x"),
    ]
    assert [one.key for one in group(found, [])] == [()]


def test_true_and_one_are_two_groups() -> None:
    found = some({"id": "a", "domain": True}, {"id": "b", "domain": 1}, {"id": "c", "domain": 1.0})
    assert [(one.key, ids(one.rows)) for one in group(found, [column("domain")])] == [
        ((True,), ["a"]),
        ((1,), ["b", "c"]),
    ]


def test_selecting() -> None:
    columns = [column(name, "tasks") for name in ("id", "artifacts", "session.domain", "log.name")]
    assert list(select(rows(LOG, "tasks"), columns)) == [
        ("t1", ["x", "y"], "backend", f"{ID}.md"),
        (None, [], "backend", f"{ID}.md"),
    ]
