"""Findings for GitHub Actions: annotations, as workflow commands on stdout, and a summary of the step in Markdown.

GitHub shows ten annotations of each weight in a step and drops the others in silence, so those are counted here.
A summary may have 1 MiB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from akislog.core.finding import Finding
from akislog.report.escape import safe
from akislog.report.findings import WEIGHTS, Report, counted, one_line, place, summary

_SHOWN = 10
_LARGEST_SUMMARY = 1024 * 1024 - 4096  # bytes; the rest is for what other programs write into the same step
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_CELL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]|~#@"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def as_annotations(report: Report) -> str:
    """Ten annotations of each weight, of changed files first, and a notice that counts the others."""
    chosen: list[Finding] = []
    for weight in WEIGHTS:
        room = _SHOWN - 1 if weight == "note" else _SHOWN  # the last notice is our own
        chosen += _first([one for one in report.findings if one.severity == weight], report)[:room]
    lines = [_annotation(one) for one in chosen]
    taken = set(map(id, chosen))
    left = [one for one in report.findings if id(one) not in taken]
    if left:
        lines.append(
            f"::notice title=akislog::and {len(left)} more: {counted(left)}; GitHub shows ten of each in a step"
        )
    return "".join(f"{one}\n" for one in lines)


def as_summary(report: Report) -> str:
    """A table of the findings in Markdown, as many as there is room for."""
    head = f"### akislog check\n\n{summary(report.findings, report.files)}\n"
    if not report.findings:
        return head
    head += "\n| | code | place | |\n|---|---|---|---|\n"
    room, rows = _LARGEST_SUMMARY - len(head), []
    ordered = [one for weight in WEIGHTS for one in _first(report.findings, report) if one.severity == weight]
    for row in map(_row, ordered):
        room -= len(row.encode("utf-8"))
        if room < 0:
            break
        rows.append(row)
    left = len(ordered) - len(rows)
    return head + "".join(rows) + (f"\nand {left} more\n" if left else "")


def _first(findings: Sequence[Finding], report: Report) -> list[Finding]:
    """Findings of changed files before the others; without any, as they are."""
    return sorted(findings, key=lambda one: one.path not in report.first) if report.first else list(findings)


def _annotation(finding: Finding) -> str:
    properties = ",".join(f"{name}={safe(value).translate(_PROPERTY)}" for name, value in _properties(finding))
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"::{_COMMANDS[finding.severity]} {properties}::{safe(finding.message + hint).translate(_DATA)}"


def _properties(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.path is not None:
        yield "file", finding.path
    if finding.line is not None:
        end_line, end_column = finding.end or (finding.line, None)
        yield "line", str(finding.line)
        yield "endLine", str(end_line)
        if finding.column is not None and end_line == finding.line:  # GitHub takes columns within one line only
            yield "col", str(finding.column)
            if end_column is not None:
                yield "endColumn", str(end_column)
    yield "title", finding.code


def _row(finding: Finding) -> str:
    said = finding.message + (f"; {finding.hint}" if finding.hint else "")
    cells = (finding.severity, finding.code, place(finding), said)
    return f"| {' | '.join(one_line(cell).translate(_CELL) for cell in cells)} |\n"
