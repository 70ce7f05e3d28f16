"""Every verb, every move, every refusal, and what follows from what was recorded."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from akislog.core import events as ev
from akislog.core.session import Session
from akislog.core.task import STATUSES
from akislog.errors import (
    AlreadyWorking,
    DependencyCycle,
    DependencyNotMet,
    DuplicateId,
    IllegalMove,
    InvalidValue,
    SessionClosed,
    UnknownId,
)
from tests.sessions import ID, START, clock, ended, started

# The format page, §2, "Legal moves", as a table of its own: what every status may become by move().
LEGAL = {
    "pending": {"working", "delegated", "paused", "done", "cancelled"},
    "working": {"paused", "delegated", "done", "failed", "cancelled"},
    "paused": {"working", "delegated", "done", "failed", "cancelled"},
    "delegated": {"working", "done", "failed", "cancelled"},
    "done": set(),
    "failed": set(),
    "cancelled": set(),
}
WAYS_TO: dict[str, tuple[str, ...]] = {
    "pending": (),
    "working": ("working",),
    "paused": ("paused",),
    "delegated": ("delegated",),
    "done": ("done",),
    "failed": ("working", "failed"),
    "cancelled": ("cancelled",),
}


def refused(session: Session, error: type[Exception], verb: Callable[[], Any], match: str | None = None) -> str:
    """The message of a refusal that left events and state exactly as they were."""
    before = copy.deepcopy((session.events, session.state))
    with pytest.raises(error, match=match) as caught:
        verb()
    assert (session.events, session.state) == before
    return str(caught.value)


def record_of(session: Session) -> dict[str, Any]:
    return dict(session.finish().record)


def in_status(status: str) -> Session:
    session = started()
    session.task("one")
    for step in WAYS_TO[status]:
        session.move("t1", step)
    assert session.get("t1").status == status
    return session


# -- moves ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("target", STATUSES)
def test_moves(status: str, target: str) -> None:
    session = in_status(status)
    if target in LEGAL[status]:
        session.move("t1", target)
        assert session.get("t1").status == target
    else:
        message = refused(session, IllegalMove, lambda: session.move("t1", target))
        assert "t1" in message
        assert status in message


@pytest.mark.parametrize("status", STATUSES)
def test_only_a_final_task_is_reopened(status: str) -> None:
    session = in_status(status)
    if status in ("done", "failed", "cancelled"):
        session.reopen("t1", "the tests were red")
        task = record_of(session)["tasks"][0]
        assert (task["status"], task["reopened"]) == ("pending", ["the tests were red"])
        assert "completed_at" not in task
        assert "result" not in task
    else:
        refused(session, IllegalMove, lambda: session.reopen("t1", "why not"))


def test_a_task_reopened_twice_keeps_both_reasons_and_its_first_start() -> None:
    session = started()
    task = session.task("one").start()
    first = record_of(session)["tasks"][0]["started_at"]
    task.done("it works").reopen("it does not").start().fail("still not").reopen("once more")
    made = record_of(session)["tasks"][0]
    assert made["reopened"] == ["it does not", "once more"]
    assert made["started_at"] == first


@pytest.mark.parametrize("status", STATUSES)
def test_delegating_is_a_move(status: str) -> None:
    session = in_status(status)
    if "delegated" in LEGAL[status]:
        assert session.delegate("t1", "code").status == "running"
        assert session.get("t1").status == "delegated"
    else:
        refused(session, IllegalMove, lambda: session.delegate("t1", "code"))


@pytest.mark.parametrize(("closing", "after"), [("success", "done"), ("partial", "paused"), ("failure", "failed")])
def test_closing_a_delegation_moves_its_task(closing: str, after: str) -> None:
    session = started()
    handle = session.task("one").delegate("code")
    session.close_delegation(handle.id, closing, "what came back", artifacts=["a.py"], tokens_used=5)
    record = record_of(session)
    assert handle.status == closing
    assert record["tasks"][0]["status"] == after
    assert record["tasks"][0]["artifacts"] == ["a.py"]
    assert record["tasks"][0]["tokens_used"] == 5
    assert record["delegations"][0]["result"] == "what came back"
    assert record["agents"]["delegated"] == [{"name": "code", "task": "one", "result": closing}]
    assert ("completed_at" in record["tasks"][0]) == (after != "paused")


def test_a_closed_delegation_stays_closed() -> None:
    session = started()
    handle = session.task("one").delegate("code").succeed()
    refused(session, IllegalMove, lambda: handle.fail("late"))
    refused(session, UnknownId, lambda: session.close_delegation("d9", "success"))
    refused(session, InvalidValue, lambda: session.close_delegation("d1", "running"))


def test_a_task_taken_back_is_not_closed_by_its_delegation() -> None:
    session = started()
    task = session.task("one")
    handle = task.delegate("code")
    task.start()
    handle.succeed("late, but fine")
    assert task.status == "working"


def test_a_delegation_does_not_close_a_task_that_another_agent_holds() -> None:
    session = started()
    task = session.task("one")
    first = task.delegate("code")
    task.start()
    second = task.delegate("docs")
    first.fail("too late")
    assert (task.status, second.status) == ("delegated", "running")
    second.succeed("done")
    assert task.status == "done"


# -- working ----------------------------------------------------------------------------------------------------


def test_one_working_leaf_per_agent() -> None:
    session = started()
    session.task("one").start()
    two = session.task("two")
    message = refused(session, AlreadyWorking, two.start)
    assert "t1" in message
    session.task("three", assigned_to="code").start()
    session.task("four", assigned_to="code-2").start()
    refused(session, AlreadyWorking, session.task("five", assigned_to="code").start)
    session.get("t1").pause()
    two.start()


def test_a_task_works_through_its_working_child() -> None:
    session = started()
    top = session.task("top").start()
    middle = top.subtask("middle").start()
    low = middle.subtask("low").start()
    refused(session, AlreadyWorking, top.subtask("beside").start)
    low.done()
    refused(session, AlreadyWorking, top.subtask("beside").start)
    middle.done()
    session.get("t5").start()


def test_a_parent_may_follow_its_working_child() -> None:
    session = started()
    top = session.task("top")
    top.subtask("low").start()
    top.start()
    assert top.status == "working"


def test_a_delegated_task_is_not_working() -> None:
    session = started()
    session.task("one", assigned_to="lead").delegate("code")
    session.task("two").start()
    session.task("three").delegate("code")


# -- dependencies, parents, ids ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "done"])
def test_dependencies_are_met_by_done_alone(status: str) -> None:
    session = in_status(status)
    if status == "working":
        session.get("t1").set(assigned_to="code")
    two = session.task("two", dependencies=["t1"])
    message = refused(session, DependencyNotMet, two.start)
    assert "t1" in message
    refused(session, DependencyNotMet, lambda: two.delegate("code"))
    assert [one.id for one in session.ready()] == (["t1"] if status in ("pending", "paused") else [])
    assert session.why_not_ready("t2") == [f"it depends on t1, which is {status}"]
    two.start(force=True)
    assert record_of(session)["tasks"][1]["forced"] is True


def test_a_met_dependency_needs_no_force_and_records_none() -> None:
    session = started()
    session.task("one").done()
    session.task("two", dependencies=["t1"]).start(force=True)
    assert "forced" not in record_of(session)["tasks"][1]


def test_a_forced_delegation_is_recorded_as_forced() -> None:
    session = started()
    session.task("one")
    session.task("two", dependencies=["t1"]).delegate("code", force=True)
    record = record_of(session)
    assert record["tasks"][1]["forced"] is True
    assert "forced" not in record["delegations"][0]


@pytest.mark.parametrize("link", ["dependencies", "parent_task_id"])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_no_circle_closes(link: str, length: int) -> None:
    session = started()
    for number in range(length):
        session.task("x")
        if number:
            target = f"t{number}"
            session.set_task(f"t{number + 1}", **{link: [target] if link == "dependencies" else target})
    last = f"t{length}"
    closing = {link: [last] if link == "dependencies" else last}
    message = refused(session, DependencyCycle, lambda: session.set_task("t1", **closing))
    assert message.endswith(" → ".join(["t1", *(f"t{one}" for one in range(length, 0, -1))]))


def test_parents_and_dependencies_are_looked_at_apart() -> None:
    session = started()
    top = session.task("top")
    top.subtask("low")
    top.set(dependencies=["t2"])
    assert record_of(session)["tasks"][0]["dependencies"] == ["t2"]


def test_unknown_ids() -> None:
    session = started()
    session.task("one")
    for verb in (
        lambda: session.task("x", parent="t9"),
        lambda: session.task("x", dependencies=["t9"]),
        lambda: session.set_task("t9", description="x"),
        lambda: session.set_task("t1", parent_task_id="t9"),
        lambda: session.set_task("t1", dependencies=["t9"]),
        lambda: session.check("t9", "x"),
        lambda: session.move("t9", "working"),
        lambda: session.reopen("t9", "x"),
        lambda: session.group("pg", ["t1", "t9"]),
        lambda: session.delegate("t9", "code"),
        lambda: session.context("t9"),
        lambda: session.get("t9"),
        lambda: session.why_not_ready("t9"),
        lambda: session.chain("t9"),
        lambda: session.file("a.py", task="t9"),
        lambda: session.command("make", task="t9"),
    ):
        message = refused(session, UnknownId, verb)
        assert "t9" in message
        assert "t1" in message
    refused(session, UnknownId, lambda: session.answer("a1", "approved"))


def test_duplicate_ids_differ_in_more_than_case() -> None:
    session = started()
    session.task("one", id="Login")
    for twin in ("Login", "login", "LOGIN"):
        refused(session, DuplicateId, lambda twin=twin: session.task("x", id=twin))
    session.delegate("Login", "code", id="D")
    session.task("two")
    refused(session, DuplicateId, lambda: session.delegate("t2", "code", id="d"))


@pytest.mark.parametrize("wrong", ["", "a b", "../x", "a..b", "con", "Nul.txt", "x" * 65, "é", "-a", 5, ["a"]])
def test_ids_that_cannot_stand_in_a_log(wrong: Any) -> None:
    session = started()
    session.task("one")
    refused(session, InvalidValue, lambda: session.task("x", id=wrong))
    refused(session, InvalidValue, lambda: session.delegate("t1", "code", id=wrong))
    if wrong and isinstance(wrong, str):
        refused(session, InvalidValue, lambda: session.task("x", parallel_group=wrong))
        refused(session, InvalidValue, lambda: session.group(wrong, ["t1"]))


def test_new_ids_step_over_taken_ones() -> None:
    session = started()
    session.task("x", id="T2")
    assert [session.task("x").id for _ in range(3)] == ["t3", "t4", "t5"]
    session.task("x", id="t1")
    assert session.task("x").id == "t6"


# -- values -----------------------------------------------------------------------------------------------------


def test_wrong_values_are_named_and_change_nothing() -> None:
    session = started()
    session.task("one")
    for verb, word in (
        (lambda: session.task(""), "description"),
        (lambda: session.task("  \n"), "description"),
        (lambda: session.task(5), "description"),  # type: ignore[arg-type]
        (lambda: session.task("x", dependencies="t1"), "dependencies"),
        (lambda: session.task("x", checklist="abc"), "checklist"),
        (lambda: session.task("x", checklist=[""]), "checklist"),
        (lambda: session.task("x", status="done"), "status"),
        (lambda: session.task("x", parent_task_id="t1"), "parent_task_id"),
        (lambda: session.task("x", op="note"), "op"),
        (lambda: session.set_task("t1", status="done"), "status"),
        (lambda: session.set_task("t1", checklist=[]), "checklist"),
        (lambda: session.set_task("t1", tokens_used=-1), "tokens_used"),
        (lambda: session.set_task("t1", tokens_used=True), "tokens_used"),
        (lambda: session.set_task("t1", artifacts="a.py"), "artifacts"),
        (lambda: session.set_task("t1", description=5), "description"),
        (lambda: session.move("t1", "finished"), "status"),
        (lambda: session.move("t1", "done", parent_task_id="t1"), "parent_task_id"),
        (lambda: session.move("t1", "done", checklist=[]), "checklist"),
        (lambda: session.move("t1", "done", artifacts="a.py"), "artifacts"),
        (lambda: session.move("t1", "done", tokens_used=1.5), "tokens_used"),
        (lambda: session.move("t1", "done", id="t2"), "id"),
        (lambda: session.reopen("t1", ""), "reason"),
        (lambda: session.check("t1", " "), "item"),
        (lambda: session.delegate("t1", ""), "agent"),
        (lambda: session.delegate("t1", "code", files_allowed="src"), "files_allowed"),
        (lambda: session.group("pg", "t1"), "tasks"),
        (lambda: session.gotcha(""), "pattern"),
        (lambda: session.gotcha("x", applies_to="code"), "applies_to"),
        (lambda: session.root_cause(""), "problem"),
        (lambda: session.file(""), "path"),
        (lambda: session.file("a", "moved"), "action"),
        (lambda: session.file("a", added=-1), "added"),
        (lambda: session.file("a", removed=True), "removed"),
        (lambda: session.command(""), "cmd"),
        (lambda: session.skill(""), "skill"),
        (lambda: session.gate(""), "gate"),
        (lambda: session.error(""), "message"),
        (lambda: session.phase(""), "phase"),
        (lambda: session.ask(""), "question"),
        (lambda: session.answer("a1", "yes"), "answer"),
        (lambda: session.verify("", True), "check"),
        (lambda: session.usage(input_tokens=-5), "input_tokens"),
        (lambda: session.usage(models="m1"), "models"),
        (lambda: session.note(""), "note"),
        (lambda: session.commit(""), "sha"),
        (lambda: session.pull_request(""), "pull request"),
        (lambda: session.set(complexity="huge"), "complexity"),
        (lambda: session.set(title=5), "title"),
        (lambda: session.set(continues="x"), "continues"),
        (lambda: session.set(active_minutes=-1), "active_minutes"),
        (lambda: session.set(id="other"), "id"),
        (lambda: session.set(ended_at=START), "ended_at"),
        (lambda: session.set(outcome="completed"), "outcome"),
        (lambda: session.set(metadata="x"), "metadata"),
        (lambda: session.set(host=["x"]), "host"),
        (lambda: session.set(op="task.add"), "op"),
        (lambda: session.end("won"), "outcome"),
        (lambda: session.end("completed", ended_at=START), "ended_at"),
        (lambda: session.note("x", at="yesterday"), "yesterday"),
        (lambda: session.note("x", at="2026-03-04T10:15:00"), "zone"),
        (lambda: session.note("x", at=datetime(2026, 3, 4)), "zone"),
        (lambda: session.note("x", at=5), "5"),
    ):
        assert word in refused(session, InvalidValue, verb)


def test_a_session_begins_once_and_ends_once() -> None:
    session = started()
    refused(session, DuplicateId, lambda: session.begin(ID, "again", START))
    task = session.task("one")
    delegation = task.delegate("code")
    session.end("failed")
    assert session.ended
    for verb in (
        lambda: session.end(),
        lambda: session.set(summary="x"),
        lambda: session.task("x"),
        lambda: session.note("x"),
        task.start,
        lambda: task.check("x"),
        delegation.succeed,
    ):
        refused(session, SessionClosed, verb)
    assert session.finish().session.outcome == "failed"


def test_a_session_without_a_clock_needs_times() -> None:
    session = Session()
    session.begin(ID, "No clock", START)
    refused(session, InvalidValue, lambda: session.note("x"), "at=")
    session.note("x", at=START)


def test_times_become_utc_in_whole_seconds() -> None:
    session = started()
    zone = timezone(timedelta(hours=5, minutes=30))
    session.note("a", at="2026-03-04T16:30:00.999+05:30")
    session.note("b", at=datetime(2026, 3, 4, 16, 30, 0, 5, zone))
    assert [event["at"] for event in session.events[1:]] == ["2026-03-04T11:00:00Z"] * 2


# -- every verb, once, as its event -----------------------------------------------------------------------------


def test_every_verb_makes_one_event() -> None:
    session = started()
    task = session.task("one", skill="testing", checklist=["a"], priority="high")
    done = {
        "task.set": lambda: task.set(description="one more"),
        "task.status": task.start,
        "task.check": lambda: task.check("b"),
        "delegation.open": lambda: task.delegate("code"),
        "delegation.close": lambda: session.close_delegation("d1", "success"),
        "group.add": lambda: session.group("pg1", ["t1"]),
        "gotcha": lambda: session.gotcha("p"),
        "root_cause": lambda: session.root_cause("p", "s"),
        "file": lambda: session.file("a.py"),
        "command": lambda: session.command("make"),
        "skill": lambda: session.skill("testing"),
        "gate": lambda: session.gate("G1"),
        "error": lambda: session.error("boom"),
        "phase": lambda: session.phase("executing"),
        "approval.ask": lambda: session.ask("Go on?"),
        "approval.answer": lambda: session.answer("a1", "approved"),
        "verification": lambda: session.verify("pytest", True),
        "usage": lambda: session.usage(input_tokens=5),
        "note": lambda: session.note("remark"),
        "session.set": lambda: session.set(summary="all in all"),
        "session.end": session.end,
    }
    for op, verb in done.items():
        number = len(session.events)
        verb()
        assert [event["op"] for event in session.events[number:]] == [op]
        assert session.events[-1]["seq"] == number + 1
    assert {event["op"] for event in session.events} == set(ev.OPS)
    assert session.state["unplaced"] == []


def test_what_the_verbs_for_facts_record() -> None:
    session = started()
    session.task("one")
    session.file("src\\new.py", "created", added=3, task="t1")
    session.file("src/new.py", added=2, removed=1, task="t1")
    session.file("old.txt", "deleted")
    session.file("Dockerfile", domain="front end")
    session.command("make", exit_code=2, seconds=1.25, domain="testing", task="t1")
    session.command("make test", exit_code=0)
    session.gate("G1")
    session.gate("G1")
    session.gate("G5", passed=False, reason="forgot", recovered=True)
    session.skill("b")
    session.skill("a")
    session.skill("b")
    session.skill("c", suggested=True)
    session.phase("planning")
    session.phase("executing")
    session.usage(models=["m1"], input_tokens=5)
    session.usage(models=["m1", "m2"], input_tokens=7, interrupts=1)
    session.commit("abc", "Subject")
    session.commit("abc", "Subject")
    session.pull_request("https://example.org/pr/1")
    session.set(metadata={"a": 1, "b": 1}, continues=["x"])
    session.set(metadata={"b": 2}, continues=["y", "x"])
    record = record_of(session)
    assert record["files"] == {
        "created": [{"path": "src/new.py", "type": "py", "domain": "src"}],
        "modified": [{"path": "Dockerfile", "type": "dockerfile", "domain": "front_end"}],
        "deleted": [{"path": "old.txt", "type": "txt", "domain": "root"}],
        "types": {"py": 1, "txt": 1, "dockerfile": 1},
    }
    assert record["changes"] == [{"path": "src/new.py", "added": 5, "removed": 1, "task": "t1"}]
    assert [one["success"] for one in record["commands"]] == [False, True]
    assert record["gates"] == {
        "passed": ["G1"],
        "violations": [{"gate": "G5", "reason": "forgot", "recovered": True}],
    }
    assert record["skills"] == {"loaded": ["b", "a"], "suggested": ["c"]}
    assert [(one["from_phase"], one["to_phase"]) for one in record["phases"]] == [
        ("initializing", "planning"),
        ("planning", "executing"),
    ]
    assert record["usage"] == {"models": ["m1", "m2"], "input_tokens": 12, "interrupts": 1}
    assert record["commits"] == [{"sha": "abc", "subject": "Subject"}]
    assert record["pull_requests"] == ["https://example.org/pr/1"]
    assert record["metadata"] == {"a": 1, "b": 2}
    assert record["session"]["continues"] == ["x", "y"]


def test_approvals() -> None:
    session = started()
    assert [session.ask("Go on?"), session.ask("And on?")] == ["a1", "a2"]
    session.answer("a2", "rejected")
    first, second = record_of(session)["approvals"]
    assert (first["question"], "answer" in first) == ("Go on?", False)
    assert second["answer"] == "rejected"
    assert second["answered_at"] > second["asked_at"]


def test_a_checklist() -> None:
    session = started()
    task = session.task("one", checklist=["a"]).check("b").check("a", done=True).check("c", done=True)
    task.check("c", done=False)
    assert record_of(session)["tasks"][0]["checklist"] == [
        {"item": "a", "done": True},
        {"item": "b", "done": False},
        {"item": "c", "done": False},
    ]


# -- what follows from the links --------------------------------------------------------------------------------


def nested() -> Session:
    """t1 ─ t2 (handed to code) ─ t3 ─ t4 (handed to code-2); t5 beside t2 (handed to docs, failed); t6 a root."""
    session = started()
    top = session.task("top")
    low = top.subtask("build")
    first = low.delegate("code", reason="three files", prompt="Build it", skill_required="backend-api")
    deep = low.subtask("part", assigned_to="code").subtask("detail")
    second = deep.delegate("code-2")
    top.subtask("write").delegate("docs").fail("no access")
    session.task("other")
    second.succeed("detail done")
    first.partial("half of it")
    return session


def test_depth_is_the_number_of_hand_overs() -> None:
    tasks = {one["id"]: one for one in record_of(nested())["tasks"]}
    assert {key: one["delegation_depth"] for key, one in tasks.items()} == {
        "t1": 0,
        "t2": 1,
        "t3": 1,
        "t4": 2,
        "t5": 1,
        "t6": 0,
    }
    assert list(tasks) == ["t1", "t2", "t3", "t4", "t5", "t6"]


def test_tasks_stand_in_preorder() -> None:
    session = started()
    one, two = session.task("one"), session.task("two")
    one.subtask("low of one")
    two.subtask("low of two")
    one.subtask("second of one")
    assert [task["id"] for task in record_of(session)["tasks"]] == ["t1", "t3", "t5", "t2", "t4"]
    assert [(task.id, level) for task, level in session.tree()] == [
        ("t1", 0),
        ("t3", 1),
        ("t5", 1),
        ("t2", 0),
        ("t4", 1),
    ]


def test_the_chain_is_the_path() -> None:
    session = nested()
    chain = [
        {"task_id": "t1", "agent": "lead", "depth": 0},
        {"task_id": "t2", "agent": "code", "depth": 1},
        {"task_id": "t3", "agent": "code", "depth": 1},
        {"task_id": "t4", "agent": "code-2", "depth": 2},
    ]
    assert session.chain("t4") == chain
    log = session.finish()
    assert log.chain("t4") == chain
    second = next(one for one in log.record["delegations"] if one["task_id"] == "t4")
    assert second["delegation_chain"] == chain
    assert second["delegation_depth"] == 2


def test_context_out_is_not_the_record() -> None:
    session = nested()
    record = {one["task_id"]: one for one in record_of(session)["delegations"]}
    context = session.context("t4")
    assert context["parent_task_id"] == "t4"
    assert record["t4"]["parent_task_id"] == "t3"
    assert context["task_description"] == "detail"
    assert context["parent_agent"] == record["t4"]["parent_agent"] == "code"
    assert context["delegation_depth"] == 2
    assert context["session"] == ID
    assert session.context("t2")["parent_agent"] == record["t2"]["parent_agent"] == "lead"
    assert record["t2"]["parent_task_id"] == "t1"
    assert session.context("t6")["parent_agent"] == "lead"


def test_a_task_kept_for_an_agent_is_handed_over_by_the_one_above() -> None:
    session = started()
    handle = session.task("one", assigned_to="code").delegate("code")
    assert record_of(session)["delegations"][0]["parent_agent"] == "lead"
    assert handle.context()["parent_agent"] == "lead"


def test_subtasks_are_counted_where_nobody_told() -> None:
    session = started()
    task = session.task("one")
    handle = task.delegate("code")
    for number in range(3):
        below = task.subtask(f"part {number}", assigned_to="code")
        if number:
            below.done()
    handle.succeed()
    assert record_of(session)["delegations"][0]["subtasks"] == {"total": 3, "completed": 2}
    other = session.task("two").delegate("code")
    other.succeed(subtasks={"total": 9, "completed": 9})
    assert record_of(session)["delegations"][1]["subtasks"] == {"total": 9, "completed": 9}
    assert "subtasks" not in record_of(nested())["delegations"][1]


@pytest.mark.parametrize(
    ("ways", "status"),
    [
        (("done", "done"), "completed"),
        (("done", "cancelled"), "completed"),
        (("done", "failed"), "failed"),
        (("done", "working"), "running"),
        (("failed", "paused"), "running"),
        (("done", "delegated"), "running"),
    ],
)
def test_the_status_of_a_group(ways: tuple[str, ...], status: str) -> None:
    session = started()
    for number, way in enumerate(ways):
        task = session.task("x", parallel_group="pg1" if number else "", assigned_to=f"code-{number}")
        for step in WAYS_TO[way]:
            session.move(task.id, step)
    session.group("pg1", ["t1"])
    record = record_of(session)
    assert record["parallel_groups"] == [{"id": "pg1", "tasks": ["t1", "t2"], "status": status}]
    assert [task["parallel_group"] for task in record["tasks"]] == ["pg1", "pg1"]


@pytest.mark.parametrize(
    ("number", "complexity"),
    [(0, "simple"), (1, "simple"), (2, "simple"), (3, "medium"), (5, "medium"), (6, "complex")],
)
def test_complexity_is_inferred_from_the_number_of_tasks(number: int, complexity: str) -> None:
    session = started()
    for _ in range(number):
        session.task("x")
    record = record_of(ended(session))
    assert record["session"]["complexity"] == complexity
    assert record["provenance"]["inferred"] == ["session.complexity"]


def test_what_was_said_is_not_inferred() -> None:
    record = record_of(ended(started(complexity="complex", inferred=["session.title"])))
    assert record["session"]["complexity"] == "complex"
    assert record["provenance"]["inferred"] == ["session.title"]


def test_a_session_that_has_not_ended_counts_as_interrupted() -> None:
    session = started()
    session.note("x", at="2026-03-04T10:45:30Z")
    record = record_of(session)
    assert record["session"]["outcome"] == "interrupted"
    assert record["session"]["ended_at"] == "2026-03-04T10:45:30Z"
    assert record["session"]["duration_minutes"] == 31
    assert set(record["provenance"]["inferred"]) == {"session.outcome", "session.ended_at", "session.complexity"}


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (29, 0), (30, 1), (89, 1), (90, 2), (2501, 42)])
def test_minutes_are_rounded_half_up(seconds: int, minutes: int) -> None:
    session = started()
    session.end(at=datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc) + timedelta(seconds=seconds))
    assert record_of(session)["session"]["duration_minutes"] == minutes


def test_ready_in_words() -> None:
    session = started()
    session.task("one")
    session.task("two", dependencies=["t1"])
    session.get("t1").start()
    assert session.ready() == []
    assert session.why_not_ready("t1") == ["it is working"]
    session.get("t1").pause("waiting for review")
    assert [task.id for task in session.ready()] == ["t1"]
    assert record_of(session)["tasks"][0]["result"] == "waiting for review"
    session.get("t1").start().done("reviewed")
    assert [task.id for task in session.ready()] == ["t2"]
    assert session.why_not_ready("t2") == []


def test_handles_are_equal_by_session_and_id() -> None:
    session, other = started(), started()
    task = session.task("one")
    assert task == session.get("t1")
    assert task != session.task("two")
    assert hash(task) == hash(session.get("t1"))
    assert task != other.task("another")
    assert task.description == "one"
    assert repr(task) == "<Task t1 pending>"


# -- cleaning, replay, threads ----------------------------------------------------------------------------------


def test_cleaning_is_done_before_the_event_exists() -> None:
    seen: list[tuple[str, str]] = []

    def clean(key: str, text: str) -> tuple[str, int]:
        seen.append((key, text))
        return text.replace("hunter2", "[REDACTED:test]"), text.count("hunter2")

    session = Session(clock=clock(), clean=clean)
    session.begin(ID, "Title", START)
    session.task("with hunter2", checklist=["hunter2 and hunter2"])
    session.set(metadata={"hunter2": {"deep": ["hunter2"]}})
    assert "hunter2" not in str(session.events)
    assert "hunter2" not in str(session.state)
    assert [event.get("redacted") for event in session.events] == [None, 3, 2]
    assert record_of(session)["provenance"]["redactions"] == 5
    assert ("description", "with hunter2") in seen
    assert ("item", "hunter2 and hunter2") in seen


def test_what_cleaning_empties_is_not_recorded() -> None:
    session = Session(clock=clock(), clean=lambda key, text: ("" if key == "prompt" else text, 0))
    session.begin(ID, "Title", START)
    session.task("one").delegate("code", prompt="secret plan")
    assert "prompt" not in session.events[-1]
    assert "prompt" not in record_of(session)["delegations"][0]


def test_a_refusal_by_the_clock_or_the_cleaning_changes_nothing() -> None:
    def broken(*_: str) -> Any:
        raise RuntimeError("broken")

    session = started()
    session._clean = broken
    refused(session, RuntimeError, lambda: session.task("x"))
    session = started()
    session._clock = broken
    refused(session, RuntimeError, lambda: session.task("x"))


def test_changing_what_was_handed_in_or_out_changes_no_session() -> None:
    session = started()
    metadata = {"a": ["b"]}
    session.set(metadata=metadata)
    metadata["a"].append("c")
    record = record_of(session)
    record["metadata"]["a"].append("d")
    record["tasks"].append({})
    assert record_of(session)["metadata"] == {"a": ["b"]}
    assert record_of(session)["tasks"] == []


def test_unknown_fields_of_a_task_are_kept() -> None:
    session = started()
    session.task("one", estimate=2.5).set(owner="me")
    task = record_of(session)["tasks"][0]
    assert (task["estimate"], task["owner"]) == (2.5, "me")


def test_many_threads_make_one_unbroken_row_of_events() -> None:
    session = started()
    top = session.task("top")

    def work(number: int) -> None:
        for step in range(40):
            task = top.subtask(f"{number}.{step}", assigned_to=f"code-{number}").start()
            task.check("a", done=True).done()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event["seq"] for event in session.events] == list(range(1, len(session.events) + 1))
    assert len(session.state["tasks"]) == 1 + 6 * 40
    assert all(task["status"] == "done" for key, task in session.state["tasks"].items() if key != "t1")
    assert Session.replay(session.events) == session


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        (lambda s: s.gotcha("p", warning=5), "warning"),
        (lambda s: s.command("ls", seconds="long"), "seconds"),
        (lambda s: s.command("ls", exit_code=1.5), "exit_code"),
        (lambda s: s.set(base_commit=5), "base_commit"),
        (lambda s: s.set(utc_offset="one hour"), "utc_offset"),
        (lambda s: s.task("d", tokens_used=-1), "tokens_used"),
        (lambda s: s.error("m", fixed="yes"), "fixed"),
        (lambda s: s.gate("G1", False, recovered="yes"), "recovered"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_by_name(verb: Callable[[Session], Any], name: str) -> None:
    session = started()
    assert name in refused(session, InvalidValue, lambda: verb(session))


def test_a_working_task_is_not_given_to_an_agent_that_works_already() -> None:
    session = started()
    session.task("first", assigned_to="code").start()
    second = session.task("second", assigned_to="design").start()
    refused(session, AlreadyWorking, lambda: second.set(assigned_to="code"), "code is working on t1")
