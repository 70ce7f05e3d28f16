"""A log as a tree for the eye: the session in two lines, its tasks as they hang together, what was left to know."""

from __future__ import annotations

from collections.abc import Iterator

from akislog.core.log import Task, WorkflowLog
from akislog.core.task import GLYPHS
from akislog.core.values import minutes_between

DEEPEST = 40
"""Levels that are drawn; tasks deeper down stand at the last one, with their level in figures. Else the margins of a
chain of tasks would grow with its square."""


def tree(log: WorkflowLog) -> str:
    """The whole tree as lines of text."""
    return "\n".join(_lines(log))


def _lines(log: WorkflowLog) -> Iterator[str]:
    session = log.session
    yield session.title or session.id or "(no title)"
    facts = (session.date, session.complexity, session.domain, session.outcome, _minutes(session.duration_minutes))
    yield "  " + " · ".join(fact for fact in facts if fact)
    delegated = {one.task_id: one for one in log.delegations}
    ends: list[bool] = []
    order = log.tree()
    drawn = [min(level, DEEPEST) for _, level in order]
    for (task, level), shown, last in zip(order, drawn, _lasts(drawn), strict=True):
        ends[shown:] = [last]
        margin = "".join("   " if end else "│  " for end in ends[:shown]) + ("└─ " if last else "├─ ")
        deep = f"(level {level}) " if level > shown else ""
        yield f"{margin}{deep}{GLYPHS.get(task.status, '?')} {_task(task, log)}"
        below = "".join("   " if end else "│  " for end in ends[: shown + 1])
        for check in task.checklist:
            yield f"{below}{'[x]' if check.done else '[ ]'} {check.item}"
        returned = delegated.get(task.id)
        if returned and returned.result:
            yield f"{below}→ {returned.agent}, {returned.status}: {returned.result}"
    for gotcha in log.gotchas:
        yield f"! {gotcha.pattern}" + (f" → {gotcha.solution}" if gotcha.solution else "")
    for cause in log.root_causes:
        yield f"= {cause.problem}" + (f" → {cause.solution}" if cause.solution else "")


def _lasts(levels: list[int]) -> list[bool]:
    """For each of these levels in pre-order, whether nothing follows beside it below the same parent."""
    followed: list[bool] = []  # by level, seen from the end: whether something stands there
    lasts = []
    for level in reversed(levels):
        followed[level + 1 :] = []
        followed += [False] * (level + 1 - len(followed))
        lasts.append(not followed[level])
        followed[level] = True
    return lasts[::-1]


def _task(task: Task, log: WorkflowLog) -> str:
    agent = task.assigned_to if task.assigned_to != log.session.agent else ""
    notes = (agent, task.skill, _minutes(minutes_between(task.started_at, task.completed_at)))
    said = ", ".join(note for note in notes if note)
    return f"{task.description}  ({task.id}{', ' if said else ''}{said})"


def _minutes(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes} min"
