"""Findings as JUnit XML, for CI systems that show tests: one run, one test for each file. The schema is
``schemas/check-junit.v1.xsd``.

A file has at most one failure, which lists all its errors and warnings: Jenkins and others read only the first failure
of a test, and GitLab only the first test of a name. Notes are output of their test and no failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from akislog.core.finding import Finding
from akislog.report.escape import safe
from akislog.report.findings import WEIGHTS, Report, counted, line, one_line

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def as_junit(report: Report) -> str:
    """The run with a test for each file that was checked, and for each that has findings."""
    by_path: dict[str, list[Finding]] = {path: [] for path in report.checked}
    for finding in report.findings:
        by_path.setdefault(finding.path or "-", []).append(finding)
    failed = sum(any(map(_fails, findings)) for findings in by_path.values())
    counts = f'tests="{len(by_path)}" failures="{failed}" errors="0" skipped="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="akislog" {counts}>',
        f'  <testsuite name="akislog check" {counts}>',
        *(one for path, findings in by_path.items() for one in _test(path, findings)),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "".join(f"{one}\n" for one in lines)


def _test(path: str, findings: Sequence[Finding]) -> Iterator[str]:
    name = one_line(path).translate(_ATTRIBUTE)
    opening = f'    <testcase classname="akislog" name="{name}" file="{name}"'
    if not findings:
        yield f"{opening}/>"
        return
    yield f"{opening}>"
    failures = [one for one in findings if _fails(one)]
    if failures:
        worst = min((one.severity for one in failures), key=WEIGHTS.index)
        said = failures[0].message if len(failures) == 1 else counted(failures)
        said = one_line(said).translate(_ATTRIBUTE)
        yield f'      <failure type="{worst}" message="{said}">{_listed(failures)}</failure>'
    notes = [one for one in findings if not _fails(one)]
    if notes:
        yield f"      <system-out>{_listed(notes)}</system-out>"
    yield "    </testcase>"


def _fails(finding: Finding) -> bool:
    return finding.severity != "note"


def _listed(findings: Iterable[Finding]) -> str:
    return safe("\n".join(map(line, findings))).translate(_TEXT)
