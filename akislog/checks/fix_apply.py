"""Fixes put into a file: spliced, read again and compared, until there is nothing more to mend.

A fix stays only if its finding is gone, nothing that weighs as an error is new, and no value is another than it should
be; otherwise it is dropped, and told.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from akislog.checks.document import Checks, check_document
from akislog.checks.fix import Repair, repairs
from akislog.core.finding import MOST, Edit, Finding
from akislog.text.document import Document, parse
from akislog.text.legacy.fields import OLDER_SHAPE

_ROUNDS = 8
_TRIES = 40  # for one file; where repairs do not hold, each try reads and checks it once more
_STRICT = Checks(strict=True)  # in older logs too, what would be an error must not be new


class Mended(NamedTuple):
    """A file after its fixes; findings have the places they had when they were found."""

    data: bytes
    fixed: tuple[Finding, ...]
    dropped: tuple[Finding, ...]


class _State(NamedTuple):
    data: bytes
    document: Document
    findings: tuple[Finding, ...]


class _Todo(NamedTuple):
    finding: Finding
    repair: Repair


def mend(data: bytes, path: str, takes: Callable[[str], bool] = lambda _: True) -> Mended:
    """``data`` with everything mended whose code ``takes``, as far as it can be for certain."""
    state = _state(data, path)
    fixed: list[Finding] = []
    dropped: dict[tuple[str, str, str], Finding] = {}
    tries = iter(range(_TRIES))
    for _ in range(_ROUNDS):
        todo = _todo(state, takes, dropped)
        # Older names come last and by themselves: with them alone, the log must read exactly as before.
        todo = _without_overlap([one for one in todo if one.finding.code != OLDER_SHAPE] or todo)
        if not todo:
            break
        mended, done = _mended(state, todo, tries)
        fixed += [one.finding for one in done]
        held = {_mark(one.finding) for one in done}
        dropped.update((_mark(one.finding), one.finding) for one in todo if _mark(one.finding) not in held)
        state = mended or state
    return Mended(state.data, tuple(fixed), tuple(dropped.values()))


def spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    """``data`` with edits that do not overlap."""
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data


def _state(data: bytes, path: str) -> _State:
    document = parse(data, path)
    return _State(data, document, check_document(document, path, _STRICT).findings)


def _todo(state: _State, takes: Callable[[str], bool], dropped: dict[tuple[str, str, str], Finding]) -> list[_Todo]:
    wanted = [one for one in state.findings if takes(one.code) and _mark(one) not in dropped]
    made = repairs(wanted, state.document)
    return [_Todo(finding, repair) for finding, repair in zip(wanted, made, strict=True) if repair is not None]


def _without_overlap(todo: list[_Todo]) -> list[_Todo]:
    """The repairs that can be made at once; the others have their turn in the next round."""
    chosen: list[_Todo] = []
    behind = -1
    for one in sorted(todo, key=lambda one: min(one.repair.fix.edits)):
        first, last = min(one.repair.fix.edits), max(one.repair.fix.edits)
        if first.start > behind or (first.start == behind < first.end):
            chosen.append(one)
            behind = last.end
    return chosen


def _mended(state: _State, todo: list[_Todo], tries: Iterator[int]) -> tuple[_State | None, list[_Todo]]:
    """The state after as many of these repairs as hold, and which those are."""
    good = _holding(state, todo, tries)
    mended = _attempt(state, good)
    if mended is None and len(good) > 1:  # each holds, but not beside the others
        good = good[:1]
        mended = _attempt(state, good)
    return mended, good if mended else []


def _holding(state: _State, todo: list[_Todo], tries: Iterator[int]) -> list[_Todo]:
    """Those of the repairs that hold, found by halves, as long as there are tries left."""
    if not todo or next(tries, None) is None:
        return []
    if _attempt(state, todo) is not None:
        return todo
    if len(todo) == 1:
        return []
    half = len(todo) // 2
    return _holding(state, todo[:half], tries) + _holding(state, todo[half:], tries)


def _attempt(state: _State, todo: list[_Todo]) -> _State | None:
    """The state after these repairs; None where one of them is not what it should be."""
    if not todo:
        return None
    edits = [edit for one in todo for edit in one.repair.fix.edits]
    mended = _state(spliced(state.data, edits), state.document.path or "")
    return mended if _as_expected(state, mended, todo) and _better(state, mended, todo) else None


def _as_expected(before: _State, after: _State, todo: list[_Todo]) -> bool:
    """Whether every value is what it was, but for the changes of the repairs."""
    old, new = before.document, after.document
    if old.split._replace(yaml=b"") != new.split._replace(yaml=b"") or new.front.value is None:
        return False
    whole = todo[0].repair.whole
    expected = whole if whole is not None else _changed(old.front.value, [one.repair for one in todo])
    if json.dumps(expected) != json.dumps(new.front.value):
        return False
    if any(one.finding.code != OLDER_SHAPE for one in todo):
        return True
    return old.log is not None and new.log is not None and old.log.record == new.log.record


def _better(before: _State, after: _State, todo: list[_Todo]) -> bool:
    """Whether the findings are gone and nothing that weighs as an error is new."""
    gone = Counter(_mark(one.finding) for one in todo)
    left = Counter(_mark(one) for one in after.findings)
    had = Counter(_mark(one) for one in before.findings)
    if any(left[mark] > had[mark] - number for mark, number in gone.items()):
        return False
    if before.document.front.value is None:
        return True
    unseen = _unseen(before)
    return not any(code not in unseen and code[:4] not in unseen for code, _ in _errors(after) - _errors(before))


def _unseen(state: _State) -> set[str]:
    """Codes, or the beginning of those of the schema, of which there are more findings than are told."""
    counts = Counter(one.code for one in state.findings)
    counts.update(one.code[:4] for one in state.findings if one.code.startswith("AKL1"))
    return {"AKL011", *(code for code, number in counts.items() if number >= MOST)}


def _errors(state: _State) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.pointer) for one in state.findings if one.severity == "error")


def _changed(value: Any, made: Sequence[Repair]) -> Any:
    """The values of a front matter after these repairs."""
    value = json.loads(json.dumps(value))
    changes = [change for repair in made for change in repair.changes]
    for change in sorted(changes, key=lambda one: one.pointer.count("/"), reverse=True):  # keys after what is below
        *steps, last = (one.replace("~1", "/").replace("~0", "~") for one in change.pointer.split("/")[1:])
        holder = value
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        if change.key:
            entries = [(change.key if key == last else key, one) for key, one in holder.items()]
            holder.clear()
            holder.update(entries)
        else:
            holder[int(last) if isinstance(holder, list) else last] = change.value
    return value


def _mark(finding: Finding) -> tuple[str, str, str]:
    return (finding.code, finding.pointer, finding.message)
