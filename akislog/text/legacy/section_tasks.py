"""Tasks of a log without front matter: the lists, trees and tables under headings of tasks."""

from __future__ import annotations

import re
from typing import Any

from akislog.text.legacy import words
from akislog.text.legacy.blocks import Item, Section, cell, column, item, plain, tables
from akislog.text.legacy.headings import AGENTS, CHECKS, FILES, OTHER, SKILLS, TASKS, bare, under

_KINDS = (FILES, CHECKS, AGENTS, SKILLS)
_RESULT_LIMIT = 2_000  # what lies under a task and is no task, beyond this, is left to the body
_TASK_SIGNS = "✓◆○⊘⧖✗"


def tasks_of(body: list[Section], inferred: set[str]) -> list[dict[str, Any]]:
    """Tasks under headings of their own; without such a heading, ticked items of sections that mean nothing else."""
    tasks: list[dict[str, Any]] = []
    stated = False
    for section in under(body, TASKS):
        stated = True
        if _own_meaning(section):
            continue
        if _is_task(section):
            _add(tasks, plain(section.title).lstrip("0123456789.) "), _status_of_title(section))
            continue
        _task_rows(section, tasks)
        _task_items(section, tasks, inferred)
    if not stated:
        for section in body:
            if not _means_else(section):
                _ticked(section, tasks)
        if tasks:
            inferred.add("tasks")
    return tasks


def _own_meaning(section: Section) -> bool:
    """Whether a heading under a heading of tasks says that what follows is something else."""
    title = bare(section.title)
    return title in ("note", "notes") or any(kind.match(title) for kind in _KINDS)


def _is_task(section: Section) -> bool:
    """Whether a heading under a heading of tasks is a task itself: nothing below it is marked as one."""
    if TASKS.match(bare(section.title)) or not bare(section.title):
        return False
    items = (item(line.text) for line in section.lines)
    return not any(one and one.status for one in items) and not any(tables(section))


def _means_else(section: Section) -> bool:
    titles = [bare(title) for title in (section.title if section.level > 1 else "", *section.above)]
    return any(OTHER.search(title) or any(kind.match(title) for kind in _KINDS) for title in titles)


def _add(tasks: list[dict[str, Any]], text: str, status: str | None, parent: str | None = None) -> dict[str, Any]:
    task: dict[str, Any] = {"id": f"t{len(tasks) + 1}", "description": text}
    if status:
        task["status"] = status
    if parent:
        task["parent_task_id"] = parent
    tasks.append(task)
    return task


def _ticked(section: Section, tasks: list[dict[str, Any]]) -> None:
    for line in section.lines:
        found = None if line.code else item(line.text)
        if found and found.status and (found.box or any(sign in line.text for sign in _TASK_SIGNS)):
            _add(tasks, found.text, found.status)


def _task_items(section: Section, tasks: list[dict[str, Any]], inferred: set[str]) -> None:
    """Items as tasks, deeper ones as parts; tick boxes under a glyph are its checklist, bare items its result."""
    default = _status_of_title(section)
    path: list[tuple[Item, dict[str, Any]]] = []
    for line in section.lines:
        text = line.text.strip()
        if path and text.startswith("→"):
            _result(path[-1][1], text[1:])
            continue
        found = item(line.text)
        if not found or text.startswith("|") or not found.text:
            continue
        while path and path[-1][0].indent >= found.indent:
            path.pop()
        above = path[-1] if path else None
        if above and found.box and not above[0].box and above[0].status:
            above[1].setdefault("checklist", []).append({"item": found.text, "done": found.status == "done"})
            continue
        if above and not found.status and above[0].status:
            _result(above[1], found.text)
            continue
        if line.code and not found.status and not path and not text.startswith("<"):
            continue
        if not found.status and default:
            inferred.add("tasks.status")
        task = _add(tasks, found.text, found.status or default, above[1]["id"] if above else None)
        path.append((found, task))


def _status_of_title(section: Section) -> str | None:
    title = bare(next((one for one in (section.title, *section.above) if TASKS.match(bare(one))), ""))
    if "complete" in title or "done" in title:
        return "done"
    return "pending" if re.search(r"pending|open|remaining|left", title) else None


def _result(task: dict[str, Any], text: str) -> None:
    text, told = plain(text), task.get("result", "")
    if text and len(told) < _RESULT_LIMIT:
        task["result"] = f"{told}; {text}" if told else text


def _task_rows(section: Section, tasks: list[dict[str, Any]]) -> None:
    for table in tables(section):
        what = column(table, ("task", "description", "todo", "item", "name"))
        state, who = column(table, ("status", "state", "done")), column(table, ("agent", "assigned to", "owner"))
        for row in table.rows if what is not None else ():
            text = plain(cell(row, what))
            if not text:
                continue
            mark = plain(cell(row, state))
            task = _add(tasks, text, words.status(mark) or words.leading_mark(mark)[0])
            if plain(cell(row, who)):
                task["assigned_to"] = plain(cell(row, who))
