"""Findings as JSON: one document with an envelope, or one finding a line. The schema is ``check-report``.

Text is ASCII with escapes, so that nothing in it can speak to a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from akislog.core.finding import Finding
from akislog.report.findings import WEIGHTS, Report, by_code, well_formed

SCHEMA_VERSION = 1


def as_json(report: Report) -> str:
    """The whole report, with one line for each finding."""
    severities = [one.severity for one in report.findings]
    head = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "akislog", "version": report.version},
        "files": report.files,
        "summary": {
            **{f"{weight}s": severities.count(weight) for weight in WEIGHTS},
            "codes": dict(by_code(report.findings)),
        },
    }
    envelope = json.dumps(head, indent=2).removesuffix("\n}")
    listed = ",".join(f"\n    {one}" for one in _lines(report))
    return f'{envelope},\n  "findings": [{listed}\n  ]\n}}\n'


def as_jsonl(report: Report) -> str:
    """One finding a line."""
    return "".join(f"{one}\n" for one in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield json.dumps(_finding(finding))


def _finding(finding: Finding) -> dict[str, Any]:
    """A finding with all its fields; what is not known is null."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "path": None if finding.path is None else well_formed(finding.path),
        "line": finding.line,
        "column": finding.column,
        "end": None if finding.end is None else {"line": finding.end[0], "column": finding.end[1]},
        "pointer": well_formed(finding.pointer),
        "message": well_formed(finding.message),
        "found": well_formed(finding.found),
        "expected": [well_formed(one) for one in finding.expected],
        "hint": well_formed(finding.hint),
        "fix": _fix(finding),
        "docs": finding.docs,
    }


def _fix(finding: Finding) -> dict[str, Any] | None:
    if finding.fix is None:
        return None
    edits = [{"start": one.start, "end": one.end, "text": well_formed(one.text)} for one in finding.fix.edits]
    return {"title": well_formed(finding.fix.title), "edits": edits}
