"""A record as the rules read it: whatever its shape, only what is of the right kind, each part with its place.

A rule never meets a value of the wrong type; that there was one is for the schema to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from akislog.checks.wording import closest, shown
from akislog.core import task as graph
from akislog.core.shape import fitting

_MOST_SUGGESTIONS = 50  # looking for a near miss is slow, and a hostile record holds thousands of wrong names


class Problem(NamedTuple):
    """What a rule found, where (a JSON pointer), and what may help."""

    pointer: str
    message: str
    hint: str = ""
    found: str = ""
    expected: tuple[str, ...] = ()


class Entry:
    """A map in a record: its place, and those of its fields that are of the right kind."""

    def __init__(self, pointer: str, raw: Mapping[str, Any], entity: str, valid: bool = False) -> None:
        self.valid = valid
        self.pointer = pointer
        self.raw = raw
        # The fields that are there and of the right kind: all, where the schema has passed the record.
        self.fields: Mapping[str, Any] = raw if valid else fitting(raw, entity)
        self.get: Callable[[str], Any] = self.fields.get
        """The field of this name; None where it is absent or of the wrong kind.

        In a valid record null and an empty list also stand for what is absent: compare what is something only.
        """

    def __getitem__(self, field: str) -> Any:
        return self.get(field)

    def part(self, field: str, entity: str) -> Entry:
        """The map in this field; an empty one where there is none."""
        value = self.raw.get(field)
        return Entry(f"{self.pointer}/{field}", value if isinstance(value, dict) else {}, entity, self.valid)

    def entries(self, field: str, entity: str) -> list[Entry]:
        """The maps in the list in this field."""
        values = self.raw.get(field)
        if not values or not isinstance(values, list):
            return []
        return [
            Entry(f"{self.pointer}/{field}/{number}", value, entity, self.valid)
            for number, value in enumerate(values)
            if isinstance(value, dict)
        ]

    def fields_of(self, field: str, entity: str) -> Sequence[Mapping[str, Any]]:
        """The fields of ``entries`` without their places, for a first look: most lists hold nothing that is wrong."""
        values = self.raw.get(field)
        if not values or not isinstance(values, list):
            return ()
        return values if self.valid else [fitting(value, entity) for value in values if isinstance(value, dict)]


class Reading(Entry):
    """A whole record, its tasks and delegations at hand. ``path`` is the log's path, where it has one.

    ``current`` says that it is of the format this version writes. What several rules need is found out once, here; the
    record must not change while it is read.
    """

    def __init__(self, record: Any, path: str | None = None, valid: bool = False) -> None:
        super().__init__("", record if isinstance(record, Mapping) else {}, "record", valid)
        self.path = path
        self.session = self.part("session", "session")
        self.tasks = self.entries("tasks", "task")
        self.delegations = self.entries("delegations", "delegation")
        self.groups = self.entries("parallel_groups", "group")
        self.by_id: dict[str, Mapping[str, Any]] = {}
        for task in self.tasks:
            task_id = task.get("id")
            if task_id is not None:
                self.by_id.setdefault(task_id, task.fields)
        self.statuses = {task.get("status") for task in self.tasks}
        self.handed_over = {one.get("task_id") for one in self.delegations}
        self.current = self.part("provenance", "provenance")["format"] == 1
        self.root_agent = str(self.session["agent"] or "agent")
        self._suggestions = 0

    @cached_property
    def running(self) -> set[str | None]:
        """The tasks of delegations that have no outcome."""
        return {one["task_id"] for one in self.delegations if one["status"] == "running"}

    @cached_property
    def depths(self) -> dict[str, int]:
        """How often each task was handed over on the path to it."""
        return graph.depths(self.by_id, self.handed_over) if self._in_order is None else self._in_order

    @property
    def parents_first(self) -> bool:
        """Whether every task stands behind its parent, as akislog writes them: then no parents lead in a circle."""
        return self._in_order is not None

    @cached_property
    def _in_order(self) -> dict[str, int] | None:
        """The depths, found in one walk; None where a task stands before its parent."""
        found: dict[str, int] = {}
        for task_id, task in self.by_id.items():
            parent = task.get("parent_task_id")
            above = found.get(parent, -1) if isinstance(parent, str) and parent in self.by_id else 0
            if above < 0:
                return None
            found[task_id] = above + (task_id in self.handed_over)
        return found

    @cached_property
    def places(self) -> dict[str, str]:
        """The pointer of each task by its id; of several the first one's."""
        return {task["id"]: task.pointer for task in reversed(self.tasks) if task["id"] is not None}

    def holder(self, task_id: str) -> str:
        """The agent that a task is assigned to: the root agent, where it does not say."""
        agent = self.by_id[task_id].get("assigned_to")
        return agent if isinstance(agent, str) else self.root_agent

    def did_you_mean(self, task_id: str, asking: Entry) -> str:
        """A hint that names the task whose id is most like this one, other than the entry that asks."""
        self._suggestions += 1
        others = (one for one in self.by_id if one != asking["id"])
        near = closest(task_id, others, 0.5) if self._suggestions <= _MOST_SUGGESTIONS else ""
        return f"did you mean {shown(near)}?" if near else ""
