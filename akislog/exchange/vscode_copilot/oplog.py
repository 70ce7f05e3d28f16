"""The newer form of a VS Code chat session: a log of changes that, replayed, gives the session's JSON.

A line is ``{"kind", "k", "v", "i"}``: 0 is the whole state, 1 sets what is at path ``k``, 2 appends to the list there
(after cutting it to ``i`` items), 3 deletes. Known from the documentation only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from akislog.exchange.shared.fields import Fields
from akislog.exchange.transcript import Tally

WHOLE, SET, APPEND, DELETE = range(4)


def is_entry(record: Mapping[str, Any]) -> bool:
    """Whether this is the entry that such a log begins with."""
    state = record.get("v")
    return type(record.get("kind")) is int and record["kind"] == WHOLE and isinstance(state, dict)


def replayed(entries: Iterable[Fields], tally: Tally) -> dict[str, Any]:
    """The state after all entries. One that fits nowhere is counted and left out."""
    state: dict[str, Any] = {}
    for entry in entries:
        if is_entry(entry):
            state = entry["v"]
        elif not _apply(state, entry):
            tally.skip("change that fits nowhere")
    return state


def _apply(state: dict[str, Any], entry: Fields) -> bool:
    kind, path = entry.get("kind"), entry.get("k")
    if type(kind) is not int or not isinstance(path, list) or not path:
        return False
    holder: Any = state
    for step in path[:-1]:
        holder = _at(holder, step)
    if kind == SET:
        return _set(holder, path[-1], entry.get("v"))
    if kind == APPEND:
        return _append(holder, path[-1], entry)
    return kind == DELETE and _delete(holder, path[-1])


def _at(holder: Any, step: Any) -> Any:
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step)
    if isinstance(holder, list) and type(step) is int and 0 <= step < len(holder):
        return holder[step]
    return None


def _set(holder: Any, step: Any, value: Any) -> bool:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
    elif isinstance(holder, list) and type(step) is int and 0 <= step <= len(holder):
        holder[step : step + 1] = [value]
    else:
        return False
    return True


def _append(holder: Any, step: Any, entry: Fields) -> bool:
    if isinstance(holder, dict) and isinstance(step, str):
        holder.setdefault(step, [])
    target, cut, added = _at(holder, step), entry.get("i"), entry.get("v")
    if not isinstance(target, list):
        return False
    if type(cut) is int and cut >= 0:
        del target[cut:]
    target.extend(added if isinstance(added, list) else [])
    return True


def _delete(holder: Any, step: Any) -> bool:
    if isinstance(holder, dict) and isinstance(step, str):
        holder.pop(step, None)
        return True
    return _set(holder, step, None)
