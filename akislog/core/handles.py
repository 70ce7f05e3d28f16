"""Handles: a task or a delegation of a live session, with its verbs. They hold an id and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akislog.core.session import Session


class _Handle(ABC):
    def __init__(self, session: Session, id: str) -> None:
        self._session = session
        self.id = id

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self._session, self.id) == (other._session, other.id)

    def __hash__(self) -> int:
        return hash((id(self._session), self.id))

    def __repr__(self) -> str:
        return f"<{type(self).__name__.removesuffix('Handle')} {self.id} {self.status}>"

    @property
    @abstractmethod
    def status(self) -> str: ...


class TaskHandle(_Handle):
    """A task of a live session."""

    @property
    def _task(self) -> Mapping[str, Any]:
        task: Mapping[str, Any] = self._session.state["tasks"][self.id]
        return task

    @property
    def status(self) -> str:
        """The task's present status."""
        return str(self._task["status"])

    @property
    def description(self) -> str:
        """What the task is."""
        return str(self._task.get("description", ""))

    def subtask(self, description: str, **options: Any) -> TaskHandle:
        """Add a task below this one; the options are those of ``Session.task``."""
        return self._session.task(description, parent=self.id, **options)

    def check(self, item: str, done: bool = False, *, at: Any = None) -> TaskHandle:
        """Add an item to the checklist, or tick it with ``done=True``."""
        self._session.check(self.id, item, done, at=at)
        return self

    def set(self, *, at: Any = None, **fields: Any) -> TaskHandle:
        """Change fields of the task."""
        self._session.set_task(self.id, at=at, **fields)
        return self

    def start(self, *, force: bool = False, at: Any = None) -> TaskHandle:
        """Begin or take up work."""
        self._session.move(self.id, "working", force=force, at=at)
        return self

    def pause(self, reason: str = "", *, at: Any = None) -> TaskHandle:
        """Lay the task aside."""
        self._session.move(self.id, "paused", reason=reason, at=at)
        return self

    def done(
        self, result: str = "", *, artifacts: Iterable[str] = (), tokens_used: int | None = None, at: Any = None
    ) -> TaskHandle:
        """Close the task as done."""
        self._session.move(self.id, "done", result=result, artifacts=artifacts, tokens_used=tokens_used, at=at)
        return self

    def fail(self, reason: str = "", *, at: Any = None) -> TaskHandle:
        """Close the task as failed."""
        self._session.move(self.id, "failed", reason=reason, at=at)
        return self

    def cancel(self, reason: str = "", *, at: Any = None) -> TaskHandle:
        """Close the task as not wanted any more."""
        self._session.move(self.id, "cancelled", reason=reason, at=at)
        return self

    def reopen(self, reason: str, *, at: Any = None) -> TaskHandle:
        """Bring a closed task back to pending."""
        self._session.reopen(self.id, reason, at=at)
        return self

    def delegate(self, agent: str, **options: Any) -> DelegationHandle:
        """Hand the task to another agent; the options are those of ``Session.delegate``."""
        return self._session.delegate(self.id, agent, **options)


class DelegationHandle(_Handle):
    """A delegation of a live session."""

    @property
    def status(self) -> str:
        """The delegation's present status."""
        return str(self._session.state["delegations"][self.id]["status"])

    def context(self) -> dict[str, Any]:
        """What to hand to the agent."""
        return self._session.context(self._session.state["delegations"][self.id]["task_id"])

    def succeed(self, result: str = "", **returned: Any) -> DelegationHandle:
        """The agent did it. ``returned``: artifacts, tokens_used, subtasks, session, at."""
        self._session.close_delegation(self.id, "success", result, **returned)
        return self

    def partial(self, result: str = "", **returned: Any) -> DelegationHandle:
        """The agent did some of it; the task is paused."""
        self._session.close_delegation(self.id, "partial", result, **returned)
        return self

    def fail(self, result: str = "", **returned: Any) -> DelegationHandle:
        """The agent did not do it; the task has failed."""
        self._session.close_delegation(self.id, "failure", result, **returned)
        return self
