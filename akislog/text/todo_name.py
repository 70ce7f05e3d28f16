"""Structured to-do names, as agents write them in a list: ``○ [agent:phase:skill] Task [parent→X deps→Y,Z]``.

The glyph tells the status; both brackets and every part in them are optional. What has another form is all task.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from akislog.core.task import GLYPHS

_STATUSES = {glyph: status for status, glyph in reversed([*GLYPHS.items()])}
_HEAD = re.compile(r"\[(?P<agent>[^\[\]:]*):(?P<phase>[^\[\]:]*):(?P<skill>[^\[\]:]*)\]\s*")
_TAIL = re.compile(r"\s*\[(?P<links>(?:(?:parent|deps)→[^\[\]\s]+\s*)+)\]\s*\Z")


class TodoName(NamedTuple):
    """One to-do in its parts."""

    task: str
    status: str = "pending"
    agent: str = ""
    phase: str = ""
    skill: str = ""
    parent: str = ""
    dependencies: tuple[str, ...] = ()


def render(todo: TodoName) -> str:
    """The name of a to-do. Brackets that would hold nothing are left out."""
    head = f"[{todo.agent}:{todo.phase}:{todo.skill}] " if todo.agent or todo.phase or todo.skill else ""
    links = [f"parent→{todo.parent}"] if todo.parent else []
    if todo.dependencies:
        links.append(f"deps→{','.join(todo.dependencies)}")
    return f"{GLYPHS[todo.status]} {head}{todo.task}" + (f" [{' '.join(links)}]" if links else "")


def parse(name: str) -> TodoName:
    """A to-do from its name; never raises. ``✗`` reads as failed."""
    text = name.strip()
    status = _STATUSES.get(text[:1], "")
    text = text[1:].lstrip() if status else text
    head = _HEAD.match(text)
    text = text[head.end() :] if head else text
    tail = _TAIL.search(text)
    links: dict[str, str] = {}
    if tail:
        text = text[: tail.start()]
        links = dict(link.split("→", 1) for link in tail["links"].split())
    parts = {key: value.strip() for key, value in head.groupdict().items()} if head else {}
    dependencies = tuple(one for one in links.get("deps", "").split(",") if one)
    return TodoName(text, status or "pending", parent=links.get("parent", ""), dependencies=dependencies, **parts)
