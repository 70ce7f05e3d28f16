"""Tasks as a graph, against slow and plain definitions of the same things, on any links there can be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from akislog.core import task as graph

IDS = [f"t{number}" for number in range(1, 9)]


@st.composite
def tasks(draw: Any) -> dict[str, dict[str, Any]]:
    """Up to eight tasks whose links may lead anywhere: to others, to themselves, in a circle, to nothing."""
    made: dict[str, dict[str, Any]] = {}
    for task_id in draw(st.lists(st.sampled_from(IDS), unique=True)):
        task: dict[str, Any] = {"id": task_id, "status": draw(st.sampled_from(graph.STATUSES))}
        parent = draw(st.sampled_from([None, "nowhere", 5, *IDS]))
        if parent is not None:
            task["parent_task_id"] = parent
        if draw(st.booleans()):
            task["assigned_to"] = draw(st.sampled_from(["a", "b"]))
        task["dependencies"] = draw(st.lists(st.sampled_from([*IDS, "nowhere"]), max_size=3))
        made[task_id] = task
    return made


def climb(task_id: str, made: dict[str, dict[str, Any]]) -> list[str]:
    """Root first; a circle ends where it would begin again."""
    path = [task_id]
    while True:
        parent = made[path[0]].get("parent_task_id")
        if parent not in made or parent in path:
            return path
        path.insert(0, parent)


@given(tasks())
def test_path_and_chain(made: dict[str, dict[str, Any]]) -> None:
    handed = {key for key in made if made[key]["status"] == "delegated"}
    for task_id in made:
        path = climb(task_id, made)
        assert graph.path_to(task_id, made) == path
        chain = graph.chain(task_id, made, handed, "root")
        assert [link["task_id"] for link in chain] == path
        assert [link["depth"] for link in chain] == [
            sum(step in handed for step in path[: number + 1]) for number in range(len(path))
        ]
        assert [link["agent"] for link in chain] == [made[step].get("assigned_to", "root") for step in path]
    assert graph.path_to("nowhere", made) == []


@given(tasks())
def test_preorder_has_every_task_once_and_parents_first(made: dict[str, dict[str, Any]]) -> None:
    order = graph.preorder(made)
    place = {task_id: number for number, (task_id, _) in enumerate(order)}
    assert sorted(place) == sorted(made)
    assert len(order) == len(made)
    levels = dict(order)
    for task_id in made:
        parent = graph.parent_of(made[task_id], made)
        circle = task_id in graph.path_to(parent, made)[:-1] or parent == task_id if parent else False
        if parent is None:
            assert levels[task_id] == 0
        elif not circle and levels[task_id]:
            assert place[parent] < place[task_id]
            assert levels[task_id] == levels[parent] + 1


@given(tasks())
def test_depths_without_circles_are_those_of_the_chains(made: dict[str, dict[str, Any]]) -> None:
    handed = {key for key in made if made[key]["status"] in ("delegated", "done")}
    depths = graph.depths(made, handed)
    assert set(depths) == set(made)
    for task_id in made:
        path = climb(task_id, made)
        if graph.parent_of(made[path[0]], made) is None:
            assert depths[task_id] == graph.chain(task_id, made, handed, "root")[-1]["depth"]


@given(tasks())
def test_descendants_are_all_below(made: dict[str, dict[str, Any]]) -> None:
    for task_id in made:
        below = {one for one in made if one != task_id and task_id in climb(one, made)}
        if graph.parent_of(made[climb(task_id, made)[0]], made) is None:
            assert set(graph.descendants(task_id, made)) == below
        assert len(graph.descendants(task_id, made)) == len(set(graph.descendants(task_id, made)))


@given(made=tasks(), goal=st.sampled_from(IDS), link=st.sampled_from(["dependencies", "parent_task_id"]))
def test_leads_to_finds_a_path_where_there_is_one(made: dict[str, dict[str, Any]], goal: str, link: str) -> None:
    def after(one: str) -> list[str]:
        found = made.get(one, {}).get(link) or []
        return [found] if isinstance(found, str) else found if isinstance(found, list) else []

    reached, wave = set(), ["t1"]
    while wave:
        reached.update(wave)
        wave = [two for one in wave for two in after(one) if two not in reached]
    sound = {key: task for key, task in made.items() if task.get("parent_task_id") != 5}
    path = graph.leads_to(["t1"], goal, sound, link)
    if sound == made:
        assert (path is not None) == (goal in reached)
    if path is not None:
        assert (path[0], path[-1]) == ("t1", goal)
        assert all(two in after(one) for one, two in pairwise(path))


@given(tasks())
def test_working_leaves(made: dict[str, dict[str, Any]]) -> None:
    busy = [key for key, task in made.items() if task["status"] == "working"]
    through = {step for key in busy for step in climb(key, made)[:-1]}
    for agent in ("a", "b", "root"):
        expected = [key for key in busy if made[key].get("assigned_to", "root") == agent and key not in through]
        assert graph.working_leaves(made, agent, "root") == expected


def test_unmet_counts_what_is_not_there() -> None:
    made = {"t1": {"status": "done"}, "t2": {"status": "cancelled"}}
    assert graph.unmet({"dependencies": ["t1", "t2", "t3"]}, made) == ["t2", "t3"]
    assert graph.unmet({"dependencies": None}, made) == []


def test_a_long_way_down_is_no_recursion() -> None:
    made = {f"t{number}": {"id": f"t{number}", "parent_task_id": f"t{number - 1}"} for number in range(5_000)}
    assert len(graph.preorder(made)) == 5_000
    assert graph.depths(made, set(made))["t4999"] == 5_000
    assert len(graph.path_to("t4999", made)) == 5_000
    assert len(graph.descendants("t0", made)) == 4_999
