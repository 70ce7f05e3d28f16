"""From a task to its root and back, across delegations, sessions and continuations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from akislog.core.lineage import Lineage, Node, lineage, names
from akislog.core.log import WorkflowLog


class Logs:
    """A family held in a list."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.logs = [WorkflowLog(record) for record in records]

    def log(self, session_id: str) -> WorkflowLog | None:
        return next((one for one in self.logs if names(session_id, one.session.id)), None)

    def begun_for(self, session_id: str) -> Iterable[WorkflowLog]:
        return [one for one in self.logs if names(one.session.parent.partition("#")[0], session_id)]

    def handed_over_by(self, session_id: str) -> Iterable[WorkflowLog]:
        return [one for one in self.logs if any(names(d.session, session_id) for d in one.delegations)]

    def continued_by(self, session_id: str) -> Iterable[WorkflowLog]:
        return [one for one in self.logs if any(names(c, session_id) for c in one.session.continues)]


def record(
    name: str, *tasks: dict[str, Any], delegations: tuple[dict[str, Any], ...] = (), **session: Any
) -> dict[str, Any]:
    return {
        "session": {"id": name, "title": f"About {name}", **session},
        "tasks": [*tasks],
        "delegations": [*delegations],
    }


def task(name: str, parent: str = "", **more: Any) -> dict[str, Any]:
    return {"id": name, "description": f"Do {name}", **({"parent_task_id": parent} if parent else {}), **more}


def told(nodes: tuple[Node, ...]) -> list[tuple[int, str, str]]:
    return [(node.level, node.link, node.address) for node in nodes]


FAMILY = Logs(
    record("2026-01-01_000000_design_aaaaaaaa", task("t1")),
    record(
        "2026-01-02_000000_build_bbbbbbbb",
        task("t1"),
        task("t2", "t1"),
        task("t3", "t1"),
        delegations=({"id": "d1", "task_id": "t2", "agent": "code", "session": "cccccccc"},),
        continues=["2026-01-01_000000_design_aaaaaaaa"],
    ),
    record("2026-01-02_000100_endpoint_cccccccc", task("a"), task("b", "a")),
    record("2026-01-02_000200_page_dddddddd", task("p"), parent="bbbbbbbb#t3"),
    record("2026-01-03_000000_more_eeeeeeee", task("z"), continues=["bbbbbbbb"]),
)


def found(address: str, family: Logs = FAMILY) -> Lineage:
    answer = lineage(address, family)
    assert answer is not None, address
    return answer


def test_up_through_tasks_delegations_sessions_and_continuations() -> None:
    assert told(found("cccccccc#b").chain) == [
        (0, "", "2026-01-01_000000_design_aaaaaaaa"),
        (1, "continues", "2026-01-02_000000_build_bbbbbbbb"),
        (2, "task", "2026-01-02_000000_build_bbbbbbbb#t1"),
        (3, "delegated", "2026-01-02_000000_build_bbbbbbbb#t2"),
        (4, "session", "2026-01-02_000100_endpoint_cccccccc"),
        (5, "task", "2026-01-02_000100_endpoint_cccccccc#a"),
        (6, "task", "2026-01-02_000100_endpoint_cccccccc#b"),
    ]


def test_up_by_the_parent_that_a_session_names() -> None:
    assert [link for _, link, _ in told(found("DDDDDDDD").chain)] == ["", "continues", "task", "task", "session"]


def test_down_is_the_same_read_the_other_way() -> None:
    assert told(found("2026-01-01_000000_design_aaaaaaaa").below) == [
        (1, "task", "2026-01-01_000000_design_aaaaaaaa#t1"),
        (1, "continues", "2026-01-02_000000_build_bbbbbbbb"),
        (2, "task", "2026-01-02_000000_build_bbbbbbbb#t1"),
        (3, "delegated", "2026-01-02_000000_build_bbbbbbbb#t2"),
        (4, "session", "2026-01-02_000100_endpoint_cccccccc"),
        (5, "task", "2026-01-02_000100_endpoint_cccccccc#a"),
        (6, "task", "2026-01-02_000100_endpoint_cccccccc#b"),
        (3, "task", "2026-01-02_000000_build_bbbbbbbb#t3"),
        (4, "session", "2026-01-02_000200_page_dddddddd"),
        (5, "task", "2026-01-02_000200_page_dddddddd#p"),
        (2, "continues", "2026-01-03_000000_more_eeeeeeee"),
        (3, "task", "2026-01-03_000000_more_eeeeeeee#z"),
    ]


def test_levels_go_on_from_the_chain() -> None:
    answer = found("bbbbbbbb#t2")
    assert answer.chain[-1].level == 3
    assert [node.level for node in answer.below] == [4, 5, 6]


def test_what_nobody_holds() -> None:
    assert lineage("ffffffff", FAMILY) is None
    assert lineage("bbbbbbbb#t9", FAMILY) is None


def test_what_is_named_but_not_there_is_told() -> None:
    lost = Logs(record("x_00000001", task("t"), parent="gone#t7", delegations=({"task_id": "t", "session": "far"},)))
    answer = found("x_00000001#t", lost)
    assert answer.chain[0] == Node("gone#t7", 0, "", missing=True)
    assert [(node.address, node.missing) for node in answer.below] == [("far", True)]


def test_circles_end() -> None:
    round_about = Logs(
        record("a_00000001", task("t", "u"), task("u", "t"), continues=["b_00000002"]),
        record("b_00000002", task("t"), continues=["a_00000001"]),
    )
    for address in ("a_00000001", "a_00000001#t", "b_00000002#t"):
        answer = found(address, round_about)
        assert len({node.address for node in answer.chain}) == len(answer.chain)
        assert len({node.address for node in answer.below}) == len(answer.below)


ids = st.integers(0, 5).map(lambda number: f"s_{number:08d}")
tasks = st.builds(task, st.sampled_from("abc"), st.sampled_from(["", "a", "b", "c", "q"]))
records = st.builds(
    lambda name, listed, parent, continued, handed: record(
        name, *listed, parent=parent, continues=continued,
        delegations=tuple({"task_id": one, "session": other} for one, other in handed),
    ),
    ids, st.lists(tasks, max_size=4), st.just("") | st.builds("{}#{}".format, ids, st.sampled_from("abc")),
    st.lists(ids, max_size=2), st.lists(st.tuples(st.sampled_from("abc"), ids), max_size=2),
)  # fmt: skip


@given(st.lists(records, max_size=6), ids, st.sampled_from(["", "#a", "#b"]))
def test_any_tangle_ends_and_no_place_stands_twice(made: list[dict[str, Any]], start: str, place: str) -> None:
    answer = lineage(start + place, Logs(*made))
    if answer is not None:
        there = [node.address for node in answer.below if not node.missing]
        assert len(there) == len(set(there))
        assert answer.chain[-1].address == start + place
        assert all(
            after.level <= before.level + 1 for before, after in zip(answer.below, answer.below[1:], strict=False)
        )
