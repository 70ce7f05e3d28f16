"""A record within the size a reader takes. What has to go goes in a fixed order and is counted; END never refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from akislog.core.finish import ordered
from akislog.text.emit import front_matter

FIT_LIMIT = 240 * 1024  # bytes of front matter; readers take 256 KiB

Record = dict[str, Any]


def fit(record: Mapping[str, Any]) -> Record:
    """``record``, or a copy of it that renders within FIT_LIMIT, with ``provenance.dropped`` counting what went:
    checklists of done tasks, prompts, results, successful commands, and at last, half by half, what takes most room."""
    if _fits(record):
        return dict(record)
    dropped: dict[str, int] = {}
    small = {**record, "provenance": {**record.get("provenance", {}), "dropped": dropped}}
    for name, drop in _STEPS:
        dropped[name] = drop(small)
        if not dropped[name]:
            del dropped[name]
        elif _fits(small):
            return ordered(small, "record")
    while not _fits(small):
        name, number = _halve_largest(small)
        dropped[name] = dropped.get(name, 0) + number
    return ordered(small, "record")


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


# What stays whatever its size: without these it would be no log, and together they are below the limit.
_KEPT: Mapping[str, tuple[str, ...]] = {
    "session": ("id", "date", "title", "complexity", "domain", "outcome", "agent", "started_at", "ended_at"),
    "provenance": ("format", "writer", "source", "redactions", "dropped"),
}
_MANY = 64


def _halve_largest(record: Record) -> tuple[str, int]:
    """Drop the second half of the list that takes most room, or the value that is no list; of a map with very many
    entries the second half."""
    section, key = max(_droppable(record), key=lambda place: _size(record, *place))
    entries = [name for place, name in _droppable(record) if place == section and name is not None]
    if len(entries) > _MANY:  # one by one they would take for ever
        gone_keys = frozenset(entries[len(entries) // 2 :])
        record[section] = {name: one for name, one in record[section].items() if name not in gone_keys}
        return section, len(gone_keys)
    value = record[section] if key is None else record[section][key]
    kept = value[: len(value) // 2] if isinstance(value, list) else None
    if key is None:
        record[section] = kept
    else:
        others = {name: one for name, one in record[section].items() if name != key}
        record[section] = {**others, key: kept} if kept else others
    gone = 1 if kept is None else len(value) - len(kept)
    return section if key is None else f"{section}.{key}", gone


def _droppable(record: Record) -> Iterator[tuple[str, str | None]]:
    for section, value in record.items():
        if isinstance(value, dict):
            yield from ((section, key) for key in value if key not in _KEPT.get(section, ()))
        else:
            yield section, None


def _size(record: Record, section: str, key: str | None) -> int:
    value = record[section] if key is None else record[section][key]
    return len(json.dumps(value, ensure_ascii=False).encode()) if value else 0
