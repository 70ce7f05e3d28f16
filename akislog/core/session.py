"""Session: tasks, checklists and delegations, with their guards.

Every verb checks legality against the present state, makes one event and applies it; a refusal is a named error and
leaves the session as it was. The rules are those of the format page, docs/format.md §2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from akislog.core import task as graph
from akislog.core.handles import DelegationHandle, TaskHandle
from akislog.core.ids import safe_id
from akislog.core.recorder import Recorder, refuse_reserved
from akislog.core.values import require_count, require_text, require_texts, require_word_of
from akislog.errors import (
    AlreadyWorking,
    DependencyCycle,
    DependencyNotMet,
    DuplicateId,
    IllegalMove,
    InvalidValue,
    UnknownId,
)

_RESERVED = frozenset({"id", "status", "checklist", "forced", "reopened"})
_LINKS = frozenset({"parent_task_id", "dependencies"})
_SETTABLE = frozenset(
    {"description", "parent_task_id", "dependencies", "parallel_group", "skill", "assigned_to", "result", "artifacts"}
    | {"tokens_used"}
)


class Session(Recorder):
    """A session in memory. ``akislog.session()`` makes one that writes its log when it ends."""

    # -- tasks ----------------------------------------------------------------------------------------------

    def task(
        self,
        description: str,
        *,
        id: str | None = None,
        parent: str | None = None,
        assigned_to: str = "",
        skill: str = "",
        dependencies: Iterable[str] = (),
        parallel_group: str = "",
        checklist: Iterable[str] = (),
        at: Any = None,
        **more: Any,
    ) -> TaskHandle:
        """Add a task. ``more`` are fields of one's own, kept with the task.

        Raises DuplicateId, UnknownId (parent, dependencies) and InvalidValue.
        """
        require_text(description, "description")
        refuse_reserved(more, _RESERVED | {"parent_task_id"}, "a task")
        items = [{"item": item, "done": False} for item in require_texts(checklist, "checklist")]
        wanted = require_texts(dependencies, "dependencies")
        with self._lock:
            task_id = self._new_id(id, "tasks", "t")
            above = self._state["tasks"].get(parent, {}) if isinstance(parent, str) else {}
            for one in [*wanted, *([parent] if parent else [])]:
                self._known(one)
            self._record(
                "task.add",
                at,
                id=task_id,
                description=description,
                parent_task_id=parent,
                assigned_to=assigned_to or above.get("assigned_to"),  # an agent's own tasks hang under its task
                skill=skill,
                dependencies=wanted,
                parallel_group=self._group_id(parallel_group),
                checklist=items,
                **more,
            )
        return TaskHandle(self, task_id)

    def set_task(self, task_id: str, *, at: Any = None, **fields: Any) -> None:
        """Change fields of a task: description, parent_task_id, dependencies, skill, assigned_to, result, …"""
        for key in ("dependencies", "artifacts"):
            if fields.get(key) is not None:
                fields[key] = require_texts(fields[key], key)
        for key in _SETTABLE - {"dependencies", "artifacts", "tokens_used"}:
            if fields.get(key) not in (None, ""):
                require_text(fields[key], key)
        if fields.get("tokens_used") is not None:
            require_count(fields["tokens_used"], "tokens_used")
        refuse_reserved(fields, _RESERVED, "a task")
        with self._lock:
            self._known(task_id)
            self._no_cycle(task_id, fields.get("dependencies") or (), "dependencies")
            parent = fields.get("parent_task_id")
            self._no_cycle(task_id, [parent] if parent else (), "parent_task_id")
            task = self._state["tasks"][task_id]
            if task["status"] == "working" and fields.get("assigned_to"):
                self._only_one_working({**task, "assigned_to": fields["assigned_to"]})
            self._record("task.set", at, id=task_id, **fields)

    def check(self, task_id: str, item: str, done: bool = False, *, at: Any = None) -> None:
        """Add an item to a task's checklist, or tick it (``done=True``) and untick it."""
        require_text(item, "item")
        with self._lock:
            self._known(task_id)
            self._record("task.check", at, id=task_id, item=item, done=bool(done))

    def move(
        self, task_id: str, status: str, *, reason: str = "", force: bool = False, at: Any = None, **more: Any
    ) -> None:
        """Move a task to another status; a reason is recorded as its result.

        ``force`` starts it although dependencies are open, which is recorded.

        Raises IllegalMove, DependencyNotMet, AlreadyWorking and UnknownId.
        """
        require_word_of(status, graph.STATUSES, "status")
        more["result"] = more.get("result") or reason
        refuse_reserved(more, _RESERVED | _LINKS, "a task")
        if more.get("artifacts") is not None:
            more["artifacts"] = require_texts(more["artifacts"], "artifacts")
        if more.get("tokens_used") is not None:
            require_count(more["tokens_used"], "tokens_used")
        with self._lock:
            task = self._task(task_id)
            self._legal(task, status)
            forced = status == "working" and self._may_start(task, force)
            if status == "working":
                self._only_one_working(task)
            self._record("task.status", at, id=task_id, status=status, forced=forced or None, **more)

    def reopen(self, task_id: str, reason: str, *, at: Any = None) -> None:
        """Bring a finished task back to pending; the reason is recorded."""
        require_text(reason, "reason")
        with self._lock:
            task = self._task(task_id)
            if task["status"] not in graph.FINAL:
                raise IllegalMove(f"task {task_id} is {task['status']}; only a finished task can be reopened")
            self._record("task.status", at, id=task_id, status="pending", reason=reason)

    def group(self, group_id: str, tasks: Iterable[str], *, at: Any = None) -> None:
        """Record that these tasks run side by side."""
        members = require_texts(tasks, "tasks")
        with self._lock:
            for member in members:
                self._known(member)
            self._record("group.add", at, id=self._group_id(group_id), tasks=members)

    # -- delegations ----------------------------------------------------------------------------------------

    def delegate(
        self,
        task_id: str,
        agent: str,
        *,
        id: str | None = None,
        prompt: str = "",
        reason: str = "",
        skill_required: str = "",
        files_allowed: Iterable[str] = (),
        session: str = "",
        force: bool = False,
        at: Any = None,
    ) -> DelegationHandle:
        """Hand a task to another agent. ``session`` is the id of the log that agent writes, if it writes one."""
        require_text(agent, "agent")
        allowed = require_texts(files_allowed, "files_allowed")
        with self._lock:
            task = self._task(task_id)
            self._legal(task, "delegated")
            forced = self._may_start(task, force)
            delegation_id = self._new_id(id, "delegations", "d")
            self._record(
                "delegation.open",
                at,
                id=delegation_id,
                task_id=task_id,
                agent=agent,
                parent_agent=self._agent_above(task),
                prompt=prompt,
                reason=reason,
                skill_required=skill_required,
                files_allowed=allowed,
                session=session,
                forced=forced or None,
            )
        return DelegationHandle(self, delegation_id)

    def close_delegation(
        self,
        delegation_id: str,
        status: str,
        result: str = "",
        *,
        artifacts: Iterable[str] = (),
        tokens_used: int | None = None,
        subtasks: Mapping[str, int] | None = None,
        session: str = "",
        at: Any = None,
    ) -> None:
        """Record what came back: success closes the task as done, partial pauses it, failure fails it."""
        require_word_of(status, graph.DELEGATION_STATUSES[1:], "status")
        returned = require_texts(artifacts, "artifacts")
        if tokens_used is not None:
            require_count(tokens_used, "tokens_used")
        counts = {key: require_count(value, f"subtasks.{key}") for key, value in (subtasks or {}).items()}
        with self._lock:
            delegation = self._state["delegations"].get(delegation_id)
            if delegation is None:
                raise UnknownId(f"no delegation {delegation_id!r} in session {self.id}")
            if delegation["status"] != "running":
                raise IllegalMove(f"delegation {delegation_id} is closed already: {delegation['status']}")
            self._record(
                "delegation.close",
                at,
                id=delegation_id,
                status=status,
                result=result,
                artifacts=returned,
                tokens_used=tokens_used,
                subtasks=counts,
                session=session,
            )

    def context(self, task_id: str) -> dict[str, Any]:
        """What to hand to the agent that gets this task: its own tasks hang under it."""
        with self._lock:
            task = self._task(task_id)
            links = self.chain(task_id)
            giver = self._agent_above(task)
        context = {
            "parent_task_id": task_id,
            "task_description": task["description"],
            "delegation_depth": links[-1]["depth"],
            "parent_agent": giver,
            "delegation_chain": links,
            "skill_required": task.get("skill"),
            "session": self.id,
        }
        return {key: value for key, value in context.items() if value is not None}

    # -- questions ------------------------------------------------------------------------------------------

    def get(self, task_id: str) -> TaskHandle:
        """The handle of a task that is there."""
        self._known(task_id)
        return TaskHandle(self, task_id)

    def ready(self) -> list[TaskHandle]:
        """Tasks that can be started now: pending or paused, with nothing they wait for."""
        with self._lock:
            return [TaskHandle(self, task_id) for task_id in self._state["tasks"] if not self.why_not_ready(task_id)]

    def why_not_ready(self, task_id: str) -> list[str]:
        """Why a task cannot be started now, in words; nothing when it can."""
        with self._lock:
            task = self._task(task_id)
            if task["status"] not in ("pending", "paused"):
                return [f"it is {task['status']}"]
            tasks = self._state["tasks"]
            return [
                f"it depends on {one}, which is {tasks[one]['status']}" if one in tasks else f"there is no task {one}"
                for one in graph.unmet(task, tasks)
            ]

    def chain(self, task_id: str) -> list[dict[str, Any]]:
        """The path from the root task to this one, with agents and delegation depths."""
        with self._lock:
            self._known(task_id)
            handed_over = {one["task_id"] for one in self._state["delegations"].values()}
            return graph.chain(task_id, self._state["tasks"], handed_over, self.agent)

    def tree(self) -> list[tuple[TaskHandle, int]]:
        """All tasks in pre-order with their level, roots at 0."""
        with self._lock:
            return [(TaskHandle(self, task_id), level) for task_id, level in graph.preorder(self._state["tasks"])]

    # -- guards ---------------------------------------------------------------------------------------------

    def _task(self, task_id: str) -> dict[str, Any]:
        self._known(task_id)
        task: dict[str, Any] = self._state["tasks"][task_id]
        return task

    def _new_id(self, wanted: str | None, table: str, letter: str) -> str:
        """The id asked for, or the next free one of the form t1, t2, …"""
        present = {one.lower() for one in self._state[table]}
        if wanted is None:
            number = len(present) + 1
            while f"{letter}{number}" in present:
                number += 1
            return f"{letter}{number}"
        if not isinstance(wanted, str) or not safe_id(wanted, 64):
            raise InvalidValue(
                f"id {wanted!r} must be at most 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit"
            )
        if wanted.lower() in present:
            raise DuplicateId(f"{table[:-1]} {wanted!r} is there already; leave the id out to get a new one")
        return wanted

    def _group_id(self, group_id: str) -> str:
        if group_id and not safe_id(group_id, 64):
            raise InvalidValue(f"parallel group {group_id!r} must be at most 64 of A-Z a-z 0-9 . _ -")
        return group_id

    def _agent_above(self, task: Mapping[str, Any]) -> str:
        """Who hands this task over: the agent of the task above it, at the top the root agent."""
        parent = graph.parent_of(task, self._state["tasks"])
        return str(self._state["tasks"][parent].get("assigned_to", self.agent)) if parent else self.agent

    def _legal(self, task: Mapping[str, Any], status: str) -> None:
        present = task["status"]
        if status not in graph.MOVES[present]:
            ways = ", ".join(sorted(graph.MOVES[present])) or "pending, by reopen(reason)"
            raise IllegalMove(f"task {task['id']} is {present} and cannot become {status}; from there: {ways}")

    def _may_start(self, task: Mapping[str, Any], force: bool) -> bool:
        """Whether starting had to be forced; DependencyNotMet where it was not."""
        waiting = graph.unmet(task, self._state["tasks"])
        if waiting and not force:
            raise DependencyNotMet(
                f"task {task['id']} depends on {', '.join(waiting)}, not done yet; finish that first or pass force=True"
            )
        return bool(waiting)

    def _only_one_working(self, task: Mapping[str, Any]) -> None:
        tasks = self._state["tasks"]
        below = graph.descendants(task["id"], tasks)
        if any(tasks[one]["status"] == "working" for one in below):
            return  # it works through them and is no leaf
        agent = task.get("assigned_to", self.agent)
        above = graph.path_to(task["id"], tasks)
        others = [one for one in graph.working_leaves(tasks, agent, self.agent) if one not in above]
        if others:
            raise AlreadyWorking(
                f"{agent} is working on {others[0]} already; pause or finish it, or name another instance ({agent}-2)"
            )

    def _no_cycle(self, task_id: str, targets: Iterable[str], link: str) -> None:
        for target in targets:
            self._known(target)
        circle = graph.leads_to(list(targets), task_id, self._state["tasks"], link)
        if circle:
            raise DependencyCycle(f"{link} would lead back: {' → '.join([task_id, *circle])}")
