"""A record within the size a reader takes. What has to go goes in a fixed order and is counted; END never refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from akislog.text.emit import front_matter

FIT_LIMIT = 240 * 1024  # bytes of front matter; readers take 256 KiB

Record = dict[str, Any]


def fit(record: Mapping[str, Any]) -> Record:
    """``record``, or a copy of it that renders within FIT_LIMIT, with ``provenance.dropped`` counting what went:
    checklists of done tasks, prompts, results, successful commands, and at last the ends of the longest lists."""
    if _fits(record):
        return dict(record)
    dropped: dict[str, int] = {}
    small = {**record, "provenance": {**record.get("provenance", {}), "dropped": dropped}}
    for name, drop in _STEPS:
        dropped[name] = drop(small)
        if not dropped[name]:
            del dropped[name]
        elif _fits(small):
            return small
    while not _fits(small):
        name, number = _halve_longest(small)
        dropped[name] = dropped.get(name, 0) + number
    return small


def _fits(record: Mapping[str, Any]) -> bool:
    return len(front_matter(record).encode()) <= FIT_LIMIT


def _without(record: Record, section: str, key: str, applies: Callable[[Mapping[str, Any]], bool]) -> int:
    """Leave ``key`` out of the entries of a section that ``applies`` picks; how many values went."""
    entries = record.get(section, [])
    gone = 0
    kept = []
    for entry in entries:
        if applies(entry) and entry.get(key):
            gone += len(entry[key]) if isinstance(entry[key], list) else 1
            kept.append({name: value for name, value in entry.items() if name != key})
        else:
            kept.append(entry)
    if gone:
        record[section] = kept
    return gone


def _always(_entry: Mapping[str, Any]) -> bool:
    return True


def _checklists(record: Record) -> int:
    return _without(record, "tasks", "checklist", lambda task: task.get("status") == "done")


def _prompts(record: Record) -> int:
    return _without(record, "delegations", "prompt", _always)


def _results(record: Record) -> int:
    return _without(record, "tasks", "result", _always) + _without(record, "delegations", "result", _always)


def _commands(record: Record) -> int:
    commands = record.get("commands", [])
    failed = [command for command in commands if command.get("success") is not True]
    record["commands"] = failed
    return len(commands) - len(failed)


_STEPS: tuple[tuple[str, Callable[[Record], int]], ...] = (
    ("checklist_items", _checklists),
    ("prompts", _prompts),
    ("results", _results),
    ("commands", _commands),
)


def _halve_longest(record: Record) -> tuple[str, int]:
    """Drop the second half of the section that takes most room; an only value goes whole."""
    sections = [name for name in record if name not in ("session", "provenance")]
    name = max(sections, key=lambda section: len(front_matter({section: record[section]})))
    value = record[name]
    if isinstance(value, list):
        kept = len(value) // 2
        record[name] = value[:kept]
        return name, len(value) - kept
    lists = {key: one for key, one in value.items() if isinstance(one, list) and one}
    if not lists:
        record[name] = {}
        return name, len(value)
    key = max(lists, key=lambda one: len(lists[one]))
    kept = len(lists[key]) // 2
    record[name] = {**value, key: lists[key][:kept]}
    return f"{name}.{key}", len(lists[key]) - kept
