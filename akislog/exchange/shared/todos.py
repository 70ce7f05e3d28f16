"""To-do lists that are written whole each time: what each item was called, and when its state changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

STATUSES = {
    **dict.fromkeys(("pending", "not-started", "todo", "open"), "pending"),
    **dict.fromkeys(("in_progress", "in-progress"), "working"),
    **dict.fromkeys(("completed", "done", "closed"), "done"),
    "blocked": "paused",
    "cancelled": "cancelled",
}
_OPEN = frozenset({"pending", "working", "paused"})


@dataclass
class Todo:
    """One item, and the states it was seen in: (time, status), the first one first."""

    description: str
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def since(self) -> str:
        """When it was first seen."""
        return self.seen[0][0]

    @property
    def status(self) -> str:
        """Its last state."""
        return self.seen[-1][1]

    def events(self, task_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Its events under this id, as (time, op, fields)."""
        yield self.since, "task.add", {"id": task_id, "description": self.description}
        for at, status in self.seen:
            if status != "pending" or at != self.since:
                yield at, "task.status", {"id": task_id, "status": status}


class TodoList:
    """The items by what they say; equal ones are told apart by their order. One that leaves undone is cancelled."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, int], Todo] = {}
        self._listed: list[tuple[str, int]] = []

    def __iter__(self) -> Iterator[Todo]:
        return iter(self._items.values())

    def replace(self, at: str, items: Iterable[tuple[str, str]]) -> None:
        """Take in the whole list as (description, status); an unknown status counts as pending."""
        met: Counter[str] = Counter()
        present: dict[tuple[str, int], None] = {}
        for description, status in items:
            key = description, met[description]
            met[description] += 1
            present[key] = None
            self._see(key, at, STATUSES.get(status, "pending"))
        for key in self._listed:
            if key not in present and self._items[key].status in _OPEN:
                self._see(key, at, "cancelled")
        self._listed = list(present)

    def _see(self, key: tuple[str, int], at: str, status: str) -> None:
        todo = self._items.setdefault(key, Todo(key[0]))
        if not todo.seen or todo.status != status:
            todo.seen.append((at, status))
