"""Findings that were there before: a baseline lists them, so that a check fails on new ones only, and so it shrinks.

A finding is known again by what it says, not by its line: its code, the field it stands in, and the value found.
A renamed file is known again by its findings. An entry that nothing matches any more is reported as not needed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from akislog.checks.wording import shown
from akislog.core.finding import Finding
from akislog.errors import UsageError

VERSION = 1
_INDEX = re.compile(r"/[0-9]+(?=/|$)")
_MOST_COMPARED = 200_000  # pairs of a new file and one that is gone; renames beyond that are not looked for

Known = Mapping[str, Counter[str]]
"""Per path how many findings of each fingerprint are known."""


class Compared(NamedTuple):
    """Findings that the baseline does not know, how many it knew, and its entries that are no longer needed: paths
    and codes, each with how many findings are gone."""

    new: list[Finding]
    known: int
    unneeded: list[tuple[str, str, int]]


def fingerprint(finding: Finding) -> str:
    """The same for the same fault wherever it moves to in its file, in another list position too."""
    import hashlib  # slow to load, and most checks have no baseline

    field = _INDEX.sub("/*", finding.pointer)
    said = "\0".join((finding.code, field, finding.found, *finding.expected))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def dumped(findings: Iterable[Finding]) -> str:
    """A baseline of these findings, as JSON with one line per entry, sorted: a diff of it can be read.

    What is no UTF-8 in a path stands there as an escape.
    """
    entries: dict[tuple[str, str, str], int] = Counter((one.path or "", one.code, fingerprint(one)) for one in findings)
    lines = [
        json.dumps({"path": path, "code": code, "fingerprint": mark, "count": number}, ensure_ascii=False)
        for (path, code, mark), number in sorted(entries.items())
    ]
    listed = ",\n    ".join(lines)
    text = f'{{\n  "akislog_baseline": {VERSION},\n  "entries": [\n    {listed}\n  ]\n}}\n'
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def loaded(text: str, name: str) -> Known:
    """The baseline in this text. UsageError, with ``name``, where it is none."""
    try:
        read = json.loads(text)
        if read["akislog_baseline"] != VERSION:
            raise UsageError(f"{name}: a baseline of version {shown(read['akislog_baseline'])}; write it anew")
        known: dict[str, Counter[str]] = {}
        for entry in read["entries"]:
            known.setdefault(_text(entry["path"]), Counter())[_mark(entry)] += _count(entry["count"])
        return known
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{name}: no akislog baseline; write one with --write-baseline") from None


def chosen(known: Known, takes: Callable[[str], bool]) -> Known:
    """The entries whose code ``takes``: nothing can be said of the others."""
    return {
        path: Counter({mark: number for mark, number in marks.items() if takes(mark.split(" ")[0])})
        for path, marks in known.items()
    }


def compare(findings: Sequence[Finding], known: Known, checked: Collection[str], gone: Collection[str]) -> Compared:
    """Findings beside a baseline. ``checked`` are the paths that were looked at, ``gone`` those of the baseline whose
    files are no more: renamed, or deleted. Entries of all other files are left alone."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path or "", []).append(finding)
    lost = {path: known[path] for path in gone if path in known}
    new: list[Finding] = []
    unneeded: list[tuple[str, str, int]] = []
    few = len(lost) * sum(path not in known for path in checked) <= _MOST_COMPARED
    for path in checked:
        found = by_path.pop(path, [])
        name = path if path in known else _renamed(found, lost) if few else None
        left: Counter[str] = Counter(known[name]) if name else Counter()
        lost.pop(name or "", None)
        for finding in found:
            mark = f"{finding.code} {fingerprint(finding)}"
            if left[mark]:
                left[mark] -= 1
            else:
                new.append(finding)
        unneeded += _unneeded(name or path, left)
    new += [finding for rest in by_path.values() for finding in rest]
    unneeded += [one for path, marks in sorted(lost.items()) for one in _unneeded(path, marks)]
    return Compared(new, len(findings) - len(new), unneeded)


def _unneeded(path: str, marks: Counter[str]) -> list[tuple[str, str, int]]:
    """The entries of a path that are left; with numbers, since a file from anywhere may say any."""
    counts: Counter[str] = Counter()
    for mark, number in marks.items():
        counts[mark.split(" ")[0]] += number
    return [(path, code, number) for code, number in counts.items() if number > 0]


def _renamed(found: Sequence[Finding], lost: Known) -> str | None:
    """The path that a file had in the baseline: the one that is gone whose findings most of these are."""
    marks = Counter(f"{one.code} {fingerprint(one)}" for one in found)
    shared = {path: sum((marks & there).values()) for path, there in lost.items()} if marks else {}
    best = max(shared, key=lambda path: shared[path], default=None)
    return best if best is not None and 2 * shared[best] >= sum(lost[best].values()) > 0 else None


def _mark(entry: Mapping[str, Any]) -> str:
    return f"{_text(entry['code'])} {_text(entry['fingerprint'])}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError
    return value
