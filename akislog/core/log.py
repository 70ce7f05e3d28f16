"""WorkflowLog and its parts: typed views of a record.

A record is the plain JSON value that the front matter holds; a view adds names and types and nothing else. ``record``
always holds what was really there, unknown keys included.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from akislog.core import task as graph
from akislog.core.view import View, count, flag, many, mapping, number, one, text, texts


class SessionInfo(View):
    """Who worked on what, when, and how it ended."""

    id = text()
    date = text()
    complexity = text()
    domain = text()
    title = text()
    outcome = text()
    agent = text()
    started_at = text()
    ended_at = text()
    duration_minutes = count()
    active_minutes = count()
    utc_offset = text()
    summary = text()
    purpose = text()
    branch = text()
    base_commit = text()
    head_commit = text()
    continues = texts()
    parent = text()


class Skills(View):
    """Skills that were loaded, and those that would have helped."""

    loaded = texts()
    suggested = texts()


class File(View):
    """One file that was touched."""

    path = text()
    type = text()
    domain = text()


class Files(View):
    """Files by what happened to them, and how many of each type."""

    created = many(File)
    modified = many(File)
    deleted = many(File)
    types = mapping()


class RootCause(View):
    """Why something was broken, and what mended it."""

    problem = text()
    solution = text()
    skill = text()
    gate = text()


class Gotcha(View):
    """What the next session should beware of."""

    pattern = text()
    warning = text()
    solution = text()
    applies_to = texts()


class Violation(View):
    """A gate that was not kept."""

    gate = text()
    reason = text()
    recovered = flag()


class Gates(View):
    """Gates passed and violated."""

    passed = texts()
    violations = many(Violation)


class Delegated(View):
    """A delegation in the three words of older readers."""

    name = text()
    task = text()
    result = text()


class Agents(View):
    """The agents that were handed work."""

    delegated = many(Delegated)


class Command(View):
    """A command that was run."""

    cmd = text()
    domain = text()
    success = flag()
    exit_code = count()
    seconds = number()
    task = text()


class Check(View):
    """One item of a checklist."""

    item = text()
    done = flag()


class Task(View):
    """One task. The tree is told by ``parent_task_id`` alone; ``delegation_depth`` counts hand-overs."""

    id = text()
    description = text()
    status = text()
    assigned_to = text()
    delegation_depth = count()
    parent_task_id = text()
    dependencies = texts()
    parallel_group = text()
    skill = text()
    created_at = text()
    started_at = text()
    completed_at = text()
    forced = flag()
    reopened = texts()
    checklist = many(Check)
    result = text()
    artifacts = texts()
    tokens_used = count()


class Link(View):
    """One step of a delegation chain."""

    task_id = text()
    agent = text()
    depth = count()


class Delegation(View):
    """One task handed to another agent, and what came back."""

    id = text()
    task_id = text()
    agent = text()
    parent_agent = text()
    parent_task_id = text()
    delegation_depth = count()
    delegation_chain = many(Link)
    skill_required = text()
    reason = text()
    files_allowed = texts()
    prompt = text()
    status = text()
    started_at = text()
    completed_at = text()
    result = text()
    artifacts = texts()
    tokens_used = count()
    subtasks = mapping()
    session = text()


class Group(View):
    """Tasks that ran side by side."""

    id = text()
    tasks = texts()
    status = text()


class Change(View):
    """Lines a file gained and lost."""

    path = text()
    added = count()
    removed = count()
    task = text()


class Commit(View):
    """A commit the session made."""

    sha = text()
    subject = text()


class Phase(View):
    """A step from one phase to another."""

    from_phase = text()
    to_phase = text()
    at = text()


class Approval(View):
    """A question to a person, and the answer."""

    asked_at = text()
    question = text()
    answer = text()
    answered_at = text()


class Error(View):
    """An error that was met."""

    type = text()
    message = text()
    file = text()
    fixed = flag()
    root_cause = text()


class Verification(View):
    """A check, and whether it held."""

    check = text()
    ok = flag()


class Usage(View):
    """Models, tokens and interrupts of the whole session."""

    models = texts()
    input_tokens = count()
    output_tokens = count()
    cache_read_tokens = count()
    cache_write_tokens = count()
    interrupts = count()


class Provenance(View):
    """Where the record comes from, and what in it was guessed, redacted or left out."""

    format = count()
    writer = text()
    source = text()
    host = mapping()
    inferred = texts()
    redactions = count()
    dropped = mapping()


class WorkflowLog(View):
    """One session's log. ``path`` is where it was read from; ``kept`` holds, by JSON pointer into ``record``, what an
    older log said where the record says it in today's form."""

    def __init__(
        self, record: Mapping[str, Any], *, path: str | None = None, kept: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(record)
        self.path = path
        self.kept = kept or {}

    session = one(SessionInfo)
    skills = one(Skills)
    files = one(Files)
    root_causes = many(RootCause)
    gotchas = many(Gotcha)
    gates = one(Gates)
    agents = one(Agents)
    commands = many(Command)
    tasks = many(Task)
    delegations = many(Delegation)
    parallel_groups = many(Group)
    changes = many(Change)
    commits = many(Commit)
    pull_requests = texts()
    phases = many(Phase)
    approvals = many(Approval)
    errors = many(Error)
    verification = many(Verification)
    notes = texts()
    usage = one(Usage)
    metadata = mapping()
    recovery = mapping()
    provenance = one(Provenance)

    @cached_property
    def _by_id(self) -> dict[str, Mapping[str, Any]]:
        by_id: dict[str, Mapping[str, Any]] = {}
        for task in self.tasks:
            by_id.setdefault(task.id, task.record)
        return by_id

    def task(self, task_id: str) -> Task | None:
        """The task of this id, or None."""
        found = self._by_id.get(task_id)
        return None if found is None else Task(found)

    def tree(self) -> list[tuple[Task, int]]:
        """Tasks in pre-order with their level, roots at 0."""
        return [(Task(self._by_id[task_id]), level) for task_id, level in graph.preorder(self._by_id)]

    def chain(self, task_id: str) -> list[dict[str, Any]]:
        """The path from the root task to this one, with agents and depths."""
        delegated = {delegation.task_id for delegation in self.delegations}
        return graph.chain(task_id, self._by_id, delegated, self.session.agent or graph.UNKNOWN_AGENT)
