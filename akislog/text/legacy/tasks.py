"""Tasks of older logs: lists inside tasks, plain lines and older names become one flat list in pre-order.

The tree is told by ``parent_task_id`` alone. A task that stood inside another is linked to it and keeps, under
``/tasks/<n>/parent_task_id``, the pointer of the place where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from akislog.text.legacy import words
from akislog.text.legacy.fields import Notes, Shape, child, id_of, items_of, read_map

_NESTED = ("subtasks", "children", "tasks")
_TICKS = ("done", "completed", "checked")
_ITEM_KEYS = ("item", "text", "title", "task", "description", "name", "label")

TASK = Shape(
    "task",
    aliases=(
        ("task_id", "id"),
        ("parent_id", "parent_task_id"),
        ("task", "description"),
        ("title", "description"),
        ("content", "description"),
        ("text", "description"),
        ("item", "description"),
        ("state", "status"),
        ("agent", "assigned_to"),
        ("start_time", "started_at"),
        ("end_time", "completed_at"),
        ("files", "artifacts"),
        ("depends_on", "dependencies"),
        ("depends", "dependencies"),
        ("deps", "dependencies"),
        ("parallel", "parallel_group"),
    ),
    lists=frozenset({"dependencies", "artifacts"}),
    ids=frozenset({"parent_task_id", "parallel_group"}),
    skills=frozenset({"skill"}),
    words={"status": words.status},
    whole=False,
)


class _Node(NamedTuple):
    """A task as it was found: its value, its pointer in the source, and the number of the task it stood in."""

    raw: Any
    src: str
    parent: int | None


class _Link(NamedTuple):
    """A task that names another one, by its id, as a part of it."""

    parent: int
    id: str
    src: str


def read_tasks(sources: list[tuple[str, Any]], notes: Notes) -> list[dict[str, Any]]:
    """All tasks of ``sources`` (pointer and value) as one flat list; what is no task goes to ``notes``."""
    nodes, links = _flatten(sources, notes)
    tasks = [_read(node, f"/tasks/{index}", notes) for index, node in enumerate(nodes)]
    _give_ids(nodes, tasks, notes)
    for index, node in enumerate(nodes):
        if node.parent is not None:
            tasks[index] = _join(tasks[index], index, tasks[node.parent]["id"], node.src, notes)
    _follow(links, tasks, notes)
    return tasks


def _flatten(sources: list[tuple[str, Any]], notes: Notes) -> tuple[list[_Node], list[_Link]]:
    # A stack of our own: how deep tasks are nested is the document's choice.
    known = set(_ids_in([raw for _, raw in sources]))
    stack = [_Node(raw, src, None) for src, raw in reversed(sources)]
    nodes: list[_Node] = []
    links: list[_Link] = []
    while stack:
        node = stack.pop()
        named = None if node.parent is None else id_of(node.raw)
        if node.parent is not None and named in known:
            links.append(_Link(node.parent, str(named), node.src))
        elif isinstance(node.raw, str):
            nodes.append(node)
        elif isinstance(node.raw, dict):
            nodes.append(node)
            stack.extend(_Node(raw, src, len(nodes) - 1) for src, raw in reversed(_places(node)))
        else:
            notes.unfit(node.src, "/tasks/-", node.raw, "a task")
    return nodes, links


def _nested(raw: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    return [(key, raw[key]) for key in _NESTED if isinstance(raw.get(key), list)]


def _places(node: _Node) -> list[tuple[str, Any]]:
    return [place for key, raws in _nested(node.raw) for place in items_of(raws, child(node.src, key))]


def _ids_in(stack: list[Any]) -> Iterator[str]:
    while stack:
        raw = stack.pop()
        if isinstance(raw, dict):
            found = id_of(raw.get("id")) or id_of(raw.get("task_id"))
            if found:
                yield found
            for _, below in _nested(raw):
                stack.extend(below)


def _read(node: _Node, dst: str, notes: Notes) -> dict[str, Any]:
    if isinstance(node.raw, str):
        status, text, _ = words.leading_mark(node.raw.strip().removeprefix("- "))
        notes.reshaped(node.src, dst, node.raw, "a task", "description")
        return {"description": text, **({"status": status} if status else {})}
    raw = node.raw
    nested = {key for key, _ in _nested(raw)}
    if nested:
        raw = {key: value for key, value in raw.items() if key not in nested}
    raw = _fit_id(raw, node.src, dst, notes)
    task = read_map(raw, TASK, node.src, dst, notes)
    task = _status_of_tick(task, node.src, dst, notes)
    return _with_checklist(task, node.src, dst, notes)


def _fit_id(raw: dict[str, Any], src: str, dst: str, notes: Notes) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key in ("id", "task_id"):
        value = raw.get(key)
        if value is None or (isinstance(value, str) and value):
            continue
        changed[key] = id_of(value)
        if changed[key] is None:
            notes.unfit(child(src, key), child(dst, key), value, "the id of a task")
        else:
            notes.reworded(child(src, key), child(dst, key), value, changed[key])
    return {**raw, **changed} if changed else raw


def _status_of_tick(task: dict[str, Any], src: str, dst: str, notes: Notes) -> dict[str, Any]:
    tick = next((key for key in _TICKS if isinstance(task.get(key), bool)), None)
    if tick is None or task.get("status") is not None:
        return task
    notes.renamed(child(src, tick), child(dst, "status"), task[tick], tick, "status")
    rest = {key: value for key, value in task.items() if key not in (tick, "status")}
    return {**rest, "status": "done" if task[tick] else "pending"}


def _give_ids(nodes: list[_Node], tasks: list[dict[str, Any]], notes: Notes) -> None:
    """Number the tasks that have no id ``t1, t2, …``, never with an id that is in use or named by a link."""
    taken = {task[key] for task in tasks for key in ("id", "parent_task_id") if isinstance(task.get(key), str)}
    taken |= {one for task in tasks for one in task.get("dependencies") or ()}
    number = 0
    for index, (node, task) in enumerate(zip(nodes, tasks, strict=True)):
        if task.get("id") is not None:
            continue
        number += 1
        while f"t{number}" in taken:
            number += 1
        tasks[index] = {"id": f"t{number}", **{key: value for key, value in task.items() if key != "id"}}
        notes.keep(f"/tasks/{index}/id", None)
        notes.older(node.src, f"a task without an id; read as t{number}")


def _join(task: dict[str, Any], index: int, parent: str, src: str, notes: Notes) -> dict[str, Any]:
    """``task`` as a part of ``parent``, unless it names a parent itself."""
    notes.keep(f"/tasks/{index}/parent_task_id", src)
    notes.older(src, "a task inside another; read as linked by parent_task_id")
    return task if task.get("parent_task_id") is not None else {**task, "parent_task_id": parent}


def _follow(links: list[_Link], tasks: list[dict[str, Any]], notes: Notes) -> None:
    places: dict[str, int] = {}
    for index, task in enumerate(tasks):
        places.setdefault(task["id"], index)
    for link in links:
        index = places[link.id]
        if index == link.parent:
            notes.unfit(link.src, "/tasks/-", link.id, "a part of the task itself")
        else:
            tasks[index] = _join(tasks[index], index, tasks[link.parent]["id"], link.src, notes)


# --- checklists -----------------------------------------------------------------------------------------------------


def _with_checklist(task: dict[str, Any], src: str, dst: str, notes: Notes) -> dict[str, Any]:
    raws = task.get("checklist")
    if raws is None:
        return task
    src, dst = child(src, "checklist"), child(dst, "checklist")
    if not isinstance(raws, list):
        notes.unfit(src, dst, raws, "a checklist")
        return {key: value for key, value in task.items() if key != "checklist"}
    items: list[dict[str, Any]] = []
    for index, raw in enumerate(raws):
        item = _check_item(raw)
        if item is None:
            notes.unfit(child(src, index), f"{dst}/-", raw, "a checklist item")
            continue
        if item is not raw:
            notes.reshaped(child(src, index), child(dst, len(items)), raw, "a checklist item", "item, done")
        items.append(item)
    return {**task, "checklist": items}


def _check_item(raw: Any) -> dict[str, Any] | None:
    """A checklist item from text, a tick box, ``{text: …, checked: …}`` or ``{the text: true}``."""
    if isinstance(raw, str):
        status, text, _ = words.leading_mark(raw.strip().removeprefix("- "))
        return {"item": text, "done": status == "done"}
    if not isinstance(raw, dict):
        return None
    if len(raw) == 1:
        [(key, value)] = raw.items()
        if isinstance(value, bool) and key not in (*_ITEM_KEYS, *_TICKS):
            return {"item": key, "done": value}
    text_key = next((key for key in _ITEM_KEYS if isinstance(raw.get(key), str)), "item")
    tick_key = next((key for key in (*_TICKS, "status") if _tick(raw.get(key)) is not None), "done")
    item = {key: value for key, value in raw.items() if key not in (text_key, tick_key, "item", "done")}
    if tick_key in raw:
        tick = _tick(raw[tick_key])
        item = {"done": raw[tick_key] if tick is None else tick, **item}
    if text_key in raw:
        item = {"item": raw[text_key], **item}
    return raw if item == raw else item


def _tick(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"done": True, "pending": False, "yes": True, "true": True, "no": False, "false": False}.get(
            words.status(value) or value.strip().lower()
        )
    return value if isinstance(value, bool) else None
