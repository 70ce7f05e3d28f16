"""The to-do list by one function: its published call forms run as they stand, and what used to be lost cannot be."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from akislog.api import bind
from akislog.core.session import Session
from akislog.core.task import GLYPHS
from akislog.errors import (
    DependencyNotMet,
    DuplicateId,
    IllegalMove,
    InvalidValue,
    NoCurrentSession,
    UnknownId,
    UsageError,
)
from akislog.hosts.todo import build_delegation_chain, manage_todo_list
from tests.sessions import started


@pytest.fixture(autouse=True)
def session() -> Iterator[Session]:
    with bind(started(agent="AKIS")) as live:
        yield live


def tasks(session: Session) -> dict[str, Any]:
    return {task["id"]: task for task in session.finish().record["tasks"]}


# -- the patterns, as they are called ---------------------------------------------------------------------------


def pattern_1() -> Any:
    return manage_todo_list(
        action="add",
        task="Implement authentication endpoint",
        metadata={
            "id": "abc-12345",
            "assigned_to": "code",
            "skill": "backend-api",
            "dependencies": [],
            "parallel_group": "auth-impl",
        },
    )


def test_pattern_1_a_task_with_metadata(session: Session) -> None:
    todo = pattern_1()
    assert (todo["id"], todo["task"], todo["status"]) == ("abc-12345", "Implement authentication endpoint", "○")
    task = tasks(session)["abc-12345"]
    assert task["description"] == "Implement authentication endpoint"
    assert (task["assigned_to"], task["skill"], task["parallel_group"]) == ("code", "backend-api", "auth-impl")
    assert session.finish().record["parallel_groups"] == [
        {"id": "auth-impl", "tasks": ["abc-12345"], "status": "running"}
    ]


def test_pattern_2_the_context_of_a_delegation(session: Session) -> None:
    calls: list[dict[str, str]] = []

    def runSubagent(agentName: str, prompt: str, description: str) -> None:  # noqa: N802, N803
        calls.append({"agent": agentName, "prompt": prompt, "description": description})

    description = "Implement authentication endpoint"
    manage_todo_list(action="add", task="Sign in", metadata={"id": "root-001"})
    manage_todo_list(action="add", task=description, metadata={"id": "abc-12345", "parent_task_id": "root-001"})
    manage_todo_list(action="delegate", task_id="abc-12345", metadata={"assigned_to": "architect"})
    delegation_context = {
        "parent_task_id": "abc-12345",
        "delegation_depth": 1,
        "parent_agent": "AKIS",
        "delegation_chain": [
            {"task_id": "root-001", "agent": "AKIS", "depth": 0},
            {"task_id": "abc-12345", "agent": "architect", "depth": 1},
        ],
        "skill_required": "backend-api",
    }
    runSubagent(
        agentName="code",
        prompt=f"Task: {description}\n[CONTEXT] {json.dumps(delegation_context)}",
        description="Implement auth endpoint",
    )
    # What we would have handed out ourselves is the same, the skill apart, which nobody told us.
    ours = session.context("abc-12345")
    assert {key: ours[key] for key in delegation_context if key != "skill_required"} == {
        key: value for key, value in delegation_context.items() if key != "skill_required"
    }
    # The agent adds its own task from that context alone.
    received = json.loads(calls[0]["prompt"].partition("[CONTEXT] ")[2])
    below = manage_todo_list(action="add", task="Write the route", metadata={**received, "assigned_to": "code"})
    assert isinstance(below, dict)
    assert below["parent_task_id"] == "abc-12345"
    assert [link["task_id"] for link in below["delegation_chain"]] == ["root-001", "abc-12345", below["id"]]
    assert below["delegation_depth"] == 1


def test_patterns_3_and_4_the_result_and_the_end(session: Session) -> None:
    delegation_result = {
        "status": "success",
        "result": "Implemented JWT auth with refresh tokens",
        "artifacts": ["backend/app/api/v1/endpoints/auth.py", "backend/app/core/security.py"],
        "tokens_used": 15000,
        "subtasks": {"total": 3, "completed": 3},
    }
    pattern_1()
    manage_todo_list(action="delegate", task_id="abc-12345", metadata={"assigned_to": "code"})
    manage_todo_list(
        action="complete", task_id="abc-12345", result=delegation_result["result"], metadata=delegation_result
    )
    record = session.finish().record
    (delegation,) = record["delegations"]
    assert {key: delegation[key] for key in delegation_result} == delegation_result
    assert tasks(session)["abc-12345"]["status"] == "done"
    assert tasks(session)["abc-12345"]["artifacts"] == delegation_result["artifacts"]


def test_pattern_4_completing_with_a_result(session: Session) -> None:
    pattern_1()
    todo = manage_todo_list(
        action="complete",
        task_id="abc-12345",
        result="Implemented JWT authentication",
        metadata={
            "completed_at": "2026-01-15T17:00:00Z",
            "artifacts": ["auth.py", "security.py"],
            "tokens_used": 15000,
        },
    )
    assert isinstance(todo, dict)
    assert (todo["status"], todo["result"]) == ("✓", "Implemented JWT authentication")
    task = tasks(session)["abc-12345"]
    assert task["completed_at"] == "2026-01-15T17:00:00Z"
    assert task["artifacts"] == ["auth.py", "security.py"]
    assert task["tokens_used"] == 15000


def test_pattern_5_the_chain_is_that_of_the_plain_walk() -> None:
    def find_task(task_id: str, todos: list[Any]) -> Any:
        return next((todo for todo in todos if todo["id"] == task_id), None)

    def plain_walk(task_id: str, todos: list[Any]) -> list[Any]:
        chain: list[Any] = []
        current = find_task(task_id, todos)
        while current:
            chain.insert(
                0,
                {
                    "task_id": current["id"],
                    "task": current["task"],
                    "agent": current.get("assigned_to", "AKIS"),
                    "depth": current.get("delegation_depth", 0),
                },
            )
            parent_id = current.get("parent_task_id")
            current = find_task(parent_id, todos) if parent_id else None
        return chain

    manage_todo_list(action="add", task="a", metadata={"id": "a"})
    manage_todo_list(action="add", task="b", metadata={"id": "b", "parent_task_id": "a"})
    manage_todo_list(action="delegate", task_id="b", metadata={"assigned_to": "code"})
    manage_todo_list(action="add", task="c", metadata={"id": "c", "parent_task_id": "b", "assigned_to": "code"})
    todos = manage_todo_list(action="list")
    assert isinstance(todos, list)
    for one in "abc":
        assert build_delegation_chain(one, todos) == plain_walk(one, todos)
    assert [link["depth"] for link in build_delegation_chain("c", todos)] == [0, 1, 1]
    assert build_delegation_chain("c", todos) == todos[2]["delegation_chain"]
    # Lists that were made elsewhere will do: only id and task are needed.
    assert build_delegation_chain("x", [{"id": "x", "task": "X"}]) == [
        {"task_id": "x", "task": "X", "agent": "AKIS", "depth": 0}
    ]


def test_the_command_table(session: Session) -> None:
    manage_todo_list(action="add", task="X", metadata={"id": "X"})
    started_todo = manage_todo_list(action="start", task_id="X")
    completed = manage_todo_list(action="complete", task_id="X", result="...")
    manage_todo_list(action="add", task="Y", metadata={"id": "Y"})
    delegated = manage_todo_list(action="delegate", task_id="Y", metadata={"assigned_to": "agent"})
    listed = manage_todo_list(action="list")
    glyphs = [todo["status"] for todo in (started_todo, completed, delegated)]  # type: ignore[call-overload]
    assert glyphs == [GLYPHS["working"], GLYPHS["done"], GLYPHS["delegated"]]
    assert [(todo["id"], todo["status"]) for todo in listed] == [("X", "✓"), ("Y", "⧖")]  # type: ignore[call-overload]
    assert tasks(session)["X"]["result"] == "..."


def test_lists_are_in_the_order_of_the_tree() -> None:
    for task_id, parent in (("a", None), ("b", None), ("a1", "a"), ("b1", "b")):
        manage_todo_list(action="add", task=task_id, metadata={"id": task_id, "parent_task_id": parent})
    todos = manage_todo_list(action="list")
    assert [todo["id"] for todo in todos] == ["a", "a1", "b", "b1"]  # type: ignore[call-overload]


# -- the critical gotchas ---------------------------------------------------------------------------------------


def test_gotcha_1_every_task_has_an_id(session: Session) -> None:
    """Metadata lost: a task without an id."""
    first = manage_todo_list(action="add", task="X")
    second = manage_todo_list(action="add", task="X", metadata={})
    third = manage_todo_list(action="add", task="X", metadata={"id": None})
    ids = [todo["id"] for todo in (first, second, third)]  # type: ignore[call-overload]
    assert [str(uuid.UUID(one)) for one in ids] == ids
    assert len(set(ids)) == 3
    assert set(tasks(session)) == set(ids)
    with pytest.raises(DuplicateId):
        manage_todo_list(action="add", task="X", metadata={"id": ids[0].upper()})


def test_gotcha_2_the_chain_cannot_break() -> None:
    """Chain broken: a delegation whose parent nobody knows."""
    with pytest.raises(UnknownId, match="nobody"):
        manage_todo_list(action="add", task="X", metadata={"parent_task_id": "nobody"})
    with pytest.raises(UnknownId, match="nobody"):
        build_delegation_chain("a", [{"id": "a", "task": "A", "parent_task_id": "nobody"}])
    with pytest.raises(UnknownId):
        build_delegation_chain("a", [])
    for circle in ({"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}):
        todos = [{"id": one, "task": one, "parent_task_id": parent} for one, parent in circle.items()]
        with pytest.raises(InvalidValue, match="circle"):
            build_delegation_chain("a", todos)


def test_gotcha_3_depth_follows_from_the_links(session: Session) -> None:
    """Orphan tasks: a depth that was told is not believed."""
    manage_todo_list(action="add", task="X", metadata={"id": "a", "delegation_depth": 7, "delegation_chain": ["x"]})
    manage_todo_list(action="add", task="Y", metadata={"id": "b", "parent_task_id": "a", "delegation_depth": 0})
    manage_todo_list(action="delegate", task_id="a", metadata={"assigned_to": "code", "delegation_depth": 9})
    assert {key: task["delegation_depth"] for key, task in tasks(session).items()} == {"a": 1, "b": 1}
    assert tasks(session)["b"]["parent_task_id"] == "a"


def test_gotcha_4_a_delegated_task_comes_back_with_a_result() -> None:
    """Results lost: completing a delegated task without one."""
    pattern_1()
    manage_todo_list(action="delegate", task_id="abc-12345", metadata={"assigned_to": "code"})
    with pytest.raises(InvalidValue, match="result="):
        manage_todo_list(action="complete", task_id="abc-12345")
    todo = manage_todo_list(action="complete", task_id="abc-12345", result="half", metadata={"status": "partial"})
    assert todo["status"] == GLYPHS["paused"]  # type: ignore[call-overload]


def test_gotcha_5_every_answer_shows_the_chain() -> None:
    """Lineage unclear: the chain is in every to-do."""
    manage_todo_list(action="add", task="X", metadata={"id": "a"})
    todo = manage_todo_list(action="add", task="Y", metadata={"id": "b", "parent_task_id": "a"})
    assert [link["task_id"] for link in todo["delegation_chain"]] == ["a", "b"]  # type: ignore[call-overload]


# -- calls that lack something ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        ({"action": "finish"}, UsageError, "add, start, complete, delegate or list"),
        ({"action": "add"}, UsageError, "task"),
        ({"action": "add", "task": ""}, UsageError, "task"),
        ({"action": "start"}, UsageError, "task_id"),
        ({"action": "complete"}, UsageError, "task_id"),
        ({"action": "delegate", "task_id": "a"}, UsageError, "assigned_to"),
        ({"action": "start", "task_id": "nobody"}, UnknownId, "nobody"),
        ({"action": "complete", "task_id": "nobody", "result": "x"}, UnknownId, "nobody"),
        ({"action": "add", "task": "X", "metadata": {"id": "a b"}}, InvalidValue, "a b"),
        ({"action": "add", "task": "X", "metadata": {"status": "done"}}, InvalidValue, "status"),
        ({"action": "add", "task": "X", "metadata": {"dependencies": "a"}}, InvalidValue, "dependencies"),
        ({"action": "add", "task": "X", "metadata": {"dependencies": ["nobody"]}}, UnknownId, "nobody"),
        ({"action": "add", "task": "X", "metadata": {"description": "Y"}}, InvalidValue, "description"),
        ({"action": "add", "task": "X", "metadata": {"parent": "a", "at": "now"}}, InvalidValue, "at"),
        ({"action": "add", "task": "X", "metadata": {"created_at": "now"}}, InvalidValue, "now"),
        ({"action": "add", "task": "X", "metadata": ["id"]}, UsageError, "metadata"),
        ({"action": "complete", "task_id": "a", "metadata": {"tokens_used": "many"}}, InvalidValue, "tokens_used"),
        ({"action": "complete", "task_id": "a", "metadata": {"status": "won"}}, InvalidValue, "status"),
        ({"action": "complete", "task_id": "a", "metadata": {"status": "failure"}}, IllegalMove, "pending"),
    ],
)
def test_a_call_that_lacks_something_is_named(
    session: Session, call: dict[str, Any], error: type[Exception], word: str
) -> None:
    manage_todo_list(action="add", task="a", metadata={"id": "a"})
    before = session.events
    with pytest.raises(error, match=word):
        manage_todo_list(**call)
    assert session.events == before


def test_the_rules_of_the_session_hold() -> None:
    manage_todo_list(action="add", task="a", metadata={"id": "a"})
    manage_todo_list(action="add", task="b", metadata={"id": "b", "dependencies": ["a"]})
    with pytest.raises(DependencyNotMet, match="a"):
        manage_todo_list(action="start", task_id="b")
    manage_todo_list(action="start", task_id="b", metadata={"force": True})
    manage_todo_list(action="complete", task_id="b", result="x")
    with pytest.raises(IllegalMove):
        manage_todo_list(action="start", task_id="b")


@pytest.mark.parametrize(("status", "after"), [("success", "done"), ("failure", "failed"), ("partial", "paused")])
@pytest.mark.parametrize("delegated", [True, False])
def test_what_became_of_a_task(session: Session, status: str, after: str, delegated: bool) -> None:
    manage_todo_list(action="add", task="a", metadata={"id": "a"})
    if delegated:
        manage_todo_list(action="delegate", task_id="a", metadata={"assigned_to": "code"})
    else:
        manage_todo_list(action="start", task_id="a")
    manage_todo_list(action="complete", task_id="a", result="so", metadata={"status": status})
    assert tasks(session)["a"]["status"] == after


def test_answers_are_copies(session: Session) -> None:
    manage_todo_list(action="add", task="a", metadata={"id": "a", "dependencies": [], "checklist": ["x"]})
    todo = manage_todo_list(action="list")[0]  # type: ignore[index]
    todo["checklist"].append("y")
    todo["assigned_to"] = "z"
    assert tasks(session)["a"]["checklist"] == [{"item": "x", "done": False}]


# -- the current session ----------------------------------------------------------------------------------------


def in_a_thread(work: Any) -> list[Any]:
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found


def test_without_a_session_the_error_says_what_to_do(session: Session) -> None:
    (error,) = in_a_thread(lambda: manage_todo_list(action="list"))
    assert isinstance(error, NoCurrentSession)
    assert "akislog.session(" in str(error)
    assert "akislog.bind(" in str(error)
    session.end()
    with pytest.raises(NoCurrentSession, match="current session"):
        manage_todo_list(action="add", task="too late")


def test_threads_share_a_bound_session(session: Session) -> None:
    def work(number: int) -> None:
        with bind(session):
            for step in range(20):
                manage_todo_list(action="add", task="x", metadata={"id": f"{number}-{step}"})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tasks(session)) == 100
    assert len(manage_todo_list(action="list")) == 100


def test_each_thread_has_its_own_current_session() -> None:
    def work() -> Any:
        with bind(started("Another")) as other:
            manage_todo_list(action="add", task="x")
            return len(other.state["tasks"]), manage_todo_list(action="list")[0]["task"]  # type: ignore[index]

    assert in_a_thread(work) == [(1, "x")]
    assert manage_todo_list(action="list") == []
