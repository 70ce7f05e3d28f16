"""Findings as a person reads them: the line, a mark below what is meant, and what to do. Those alike are told once."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from akislog.core.finding import Finding
from akislog.report.escape import safe
from akislog.report.findings import Report, one_line, place
from akislog.report.width import width

_ROOM = 120  # columns of a line that are shown
_BEFORE = 40  # columns that are shown before the mark where a line is too long
_MOST_LINES = 12  # numbers of lines named of findings that are alike

_INDEX = re.compile(r"/[0-9]+(?=/|$)")
_NUMBER = re.compile(r"[0-9]+")
_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "frame": "1;34", "bold": "1"}


class _Shown(NamedTuple):
    """A line as it is shown, how many columns stand before the mark, and how many the mark takes."""

    text: str
    offset: int
    length: int


def as_full(report: Report) -> str:
    """All findings, with an empty line between them."""
    blocks = []
    path, lines = None, []  # of the file that was read last: findings of one file follow each other
    for groups in _together(_alike(report.findings)):
        first = groups[0][0]
        if first.path != path:
            path, lines = first.path, list(report.lines(first.path)) if first.path else []
        blocks.append("".join(f"{one.rstrip()}\n" for one in _block(groups, lines, _Paint(report.colour))))
    return "\n".join(blocks)


class _Paint(NamedTuple):
    """Puts colours around text, where they are wanted."""

    colour: bool

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour else text


_Group = Sequence[Finding]
"""Findings of one file that say the same of the same field of several entries."""


def _alike(findings: Iterable[Finding]) -> Iterable[_Group]:
    groups: dict[Hashable, list[Finding]] = {}
    for one in findings:
        said = one.message.replace(one.found, "") if one.found else one.message
        key = (one.path, one.code, one.severity, _INDEX.sub("/*", one.pointer), _NUMBER.sub("0", said))
        groups.setdefault(key, []).append(one)
    return groups.values()


def _together(groups: Iterable[_Group]) -> Iterable[list[_Group]]:
    """Groups that say something of the same places: several fields that are missing in the same entries."""
    together: dict[Hashable, list[_Group]] = {}
    for group in groups:
        first, places = group[0], tuple((one.line, one.column) for one in group)
        together.setdefault((first.path, first.code, first.severity, first.hint, first.fix, places), []).append(group)
    return together.values()


def _block(groups: Sequence[_Group], lines: Sequence[str], paint: _Paint) -> Iterator[str]:
    first = groups[0][0]
    for group in groups:
        head = paint(f"{first.severity}[{first.code}]", first.severity)
        yield f"{head} {paint(one_line(group[0].message), 'bold')}"
    number = str(first.line or "")
    margin = " " * len(number)
    yield f"{margin}{paint('-->', 'frame')} {one_line(place(first))}"
    if first.line is not None and first.line <= len(lines):
        shown = _excerpt(lines[first.line - 1], *_columns(first))
        yield f"{paint(f'{number} |', 'frame')} {shown.text}"
        mark = paint("^" * shown.length, first.severity)
        wanted = _wanted(first) if len(groups) == 1 else ""
        yield f"{paint(f'{margin} |', 'frame')} {' ' * shown.offset}{mark}{wanted}"
    for note in _notes(groups[0]):
        yield f"{margin} {paint('=', 'frame')} {note}"


def _notes(alike: _Group) -> Iterator[str]:
    first, others = alike[0], alike[1:]
    if first.hint:
        yield f"help: {one_line(first.hint)}"
    if first.fix is not None:
        yield f"fix: {one_line(first.fix.title)} (akislog fix)"
    if others:
        yield f"and {len(others)} more like this{_in_lines(others)}"
    yield f"docs: akislog explain {first.code}"


def _in_lines(findings: _Group) -> str:
    numbers = [str(number) for number in dict.fromkeys(one.line for one in findings) if number is not None]
    if not numbers:
        return ""
    more = ", …" if len(numbers) > _MOST_LINES else ""
    return f": line{'' if len(numbers) == 1 else 's'} {', '.join(numbers[:_MOST_LINES])}{more}"


def _wanted(finding: Finding) -> str:
    """What would be right, where neither message nor hint say so."""
    said = f"{finding.message} {finding.hint}"
    if not finding.expected or any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", said) for one in finding.expected):
        return ""
    several = "one of: " if len(finding.expected) > 1 else ""
    return f" expected {several}{one_line(', '.join(finding.expected))}"


def _columns(finding: Finding) -> tuple[int, int]:
    """From where to where in its first line a finding is marked, from 0; -1: to the end of the line."""
    start = max((finding.column or 1) - 1, 0)
    if finding.end is None or finding.line is None:
        return start, start + 1
    return start, finding.end[1] - 1 if finding.end[0] == finding.line else -1


def _excerpt(line: str, start: int, stop: int) -> _Shown:
    """A line, or as much of it as there is room for around what is marked."""
    line = line.removeprefix("\ufeff").rstrip("\r\n")
    start = min(start, len(line))
    stop = len(line) if stop < 0 else max(start, min(stop, len(line)))
    if len(line) <= _ROOM and width(_visible(line)) <= _ROOM:
        return _Shown(_visible(line), width(_visible(line[:start])), max(width(_visible(line[start:stop])), 1))
    before = _taken(reversed(line[max(0, start - _BEFORE) : start]), _BEFORE)
    head = ("…" if len(before) < start else "") + "".join(reversed(before))
    after = _taken(line[start : start + _ROOM], _ROOM - width(head))
    tail = "" if start + len(after) == len(line) else "…"
    return _Shown(head + "".join(after) + tail, width(head), max(width("".join(after[: stop - start])), 1))


def _taken(chars: Iterable[str], room: int) -> list[str]:
    """The first of ``chars`` as they are shown, as many as there is room for."""
    taken = []
    for shown in map(_visible, chars):
        room -= width(shown)
        if room < 0:
            break
        taken.append(shown)
    return taken


def _visible(text: str) -> str:
    return safe(text.replace("\t", "    "))
