"""Tasks as a graph: the words for their state, the legal moves, and what follows from their links.

Every function takes tasks as a mapping from id to task, in the order they were added, and is total: links that
lead nowhere or in a circle end where they are found out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

TaskMap = Mapping[str, Mapping[str, Any]]

STATUSES = ("pending", "working", "paused", "delegated", "done", "failed", "cancelled")
FINAL = frozenset({"done", "failed", "cancelled"})
MOVES: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"working", "delegated", "paused", "done", "cancelled"}),
    "working": frozenset({"paused", "delegated", "done", "failed", "cancelled"}),
    "paused": frozenset({"working", "delegated", "done", "failed", "cancelled"}),
    "delegated": frozenset({"working", "done", "failed", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
GLYPHS: Mapping[str, str] = {
    "done": "✓",
    "working": "◆",
    "pending": "○",
    "paused": "⊘",
    "delegated": "⧖",
    "failed": "✗",
    "cancelled": "✗",
}
UNKNOWN_AGENT = "agent"  # where a chain must name an agent and nobody was named
DELEGATION_STATUSES = ("running", "success", "partial", "failure")
AFTER_DELEGATION: Mapping[str, str] = {"success": "done", "partial": "paused", "failure": "failed"}


def parent_of(task: Mapping[str, Any], tasks: TaskMap) -> str | None:
    """The id of the task's parent, if it names one that is there."""
    parent = task.get("parent_task_id")
    return parent if isinstance(parent, str) and parent in tasks else None


def path_to(task_id: str, tasks: TaskMap) -> list[str]:
    """Ids from the root down to the task itself; a circle of parents is cut where it closes."""
    path: dict[str, None] = {}
    current: str | None = task_id if task_id in tasks else None
    while current is not None and current not in path:
        path[current] = None
        current = parent_of(tasks[current], tasks)
    return [*path][::-1]


def children(tasks: TaskMap) -> dict[str | None, list[str]]:
    """Ids by parent, roots under None. A task on a circle of parents has a parent and stands under it."""
    found: dict[str | None, list[str]] = {}
    for task_id, task in tasks.items():
        found.setdefault(parent_of(task, tasks), []).append(task_id)
    return found


def preorder(tasks: TaskMap) -> list[tuple[str, int]]:
    """Every task once, parents before children, as (id, level). Members of a circle count as roots."""
    below = children(tasks)
    order: list[tuple[str, int]] = []
    seen: set[str] = set()
    for root in [*below.get(None, []), *tasks]:
        stack = [(root, 0)]
        while stack:
            task_id, level = stack.pop()
            if task_id not in seen:
                seen.add(task_id)
                order.append((task_id, level))
                stack.extend((child, level + 1) for child in reversed(below.get(task_id, [])))
    return order


def depths(tasks: TaskMap, delegated: Collection[str]) -> dict[str, int]:
    """Per task, how many tasks on the path from the root to it, itself included, were handed over."""
    found: dict[str, int] = {}
    for task_id, _ in preorder(tasks):
        parent = parent_of(tasks[task_id], tasks)
        found[task_id] = found.get(parent or "", 0) + (task_id in delegated)
    return found


def chain(task_id: str, tasks: TaskMap, delegated: Collection[str], root_agent: str) -> list[dict[str, Any]]:
    """The delegation chain: the path to the task, root first, with each task's agent and depth."""
    depth = 0
    links: list[dict[str, Any]] = []
    for step in path_to(task_id, tasks):
        depth += step in delegated
        links.append({"task_id": step, "agent": tasks[step].get("assigned_to", root_agent), "depth": depth})
    return links


def descendants(task_id: str, tasks: TaskMap) -> list[str]:
    """Ids of all tasks below the given one."""
    below = children(tasks)
    found: dict[str, None] = {}
    stack = list(below.get(task_id, []))
    while stack:
        current = stack.pop()
        if current not in found and current != task_id:
            found[current] = None
            stack.extend(below.get(current, []))
    return [*found]


def unmet(task: Mapping[str, Any], tasks: TaskMap) -> list[str]:
    """Dependencies of the task that are not done; one that is not there counts as not done."""
    wanted = task.get("dependencies") or []
    return [one for one in wanted if tasks.get(one, {}).get("status") != "done"]


def leads_to(start: Collection[str], goal: str, tasks: TaskMap, link: str) -> list[str] | None:
    """A path from one of ``start`` to ``goal`` along ``link`` (dependencies or parent_task_id), or None."""
    paths = [[one] for one in start]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] == goal:
            return path
        if path[-1] not in seen and path[-1] in tasks:
            seen.add(path[-1])
            following = tasks[path[-1]].get(link) or []
            paths.extend([*path, one] for one in ([following] if isinstance(following, str) else following))
    return None


def working_leaves(tasks: TaskMap, agent: str, root_agent: str) -> list[str]:
    """Tasks of one agent that are working and have no working task below them."""
    working = {key for key, task in tasks.items() if task.get("status") == "working"}
    through: set[str] = set()
    for key in working:
        through.update(path_to(key, tasks)[:-1])
    return [
        key
        for key in tasks
        if key in working and key not in through and tasks[key].get("assigned_to", root_agent) == agent
    ]
