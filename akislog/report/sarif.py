"""Findings as SARIF 2.1.0 (OASIS), for GitHub code scanning and other programs that keep track of findings.

Columns count code points. GitHub takes 25 000 results of a run; what is left out is said in the run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from akislog.core.finding import Finding, Fix
from akislog.report.findings import WEIGHTS, Report, counted, well_formed

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE = "%SRCROOT%"
_MOST = 25_000


def as_sarif(report: Report) -> str:
    """One run with every rule, and every finding as a result."""
    chosen = report.findings
    if len(chosen) > _MOST:
        chosen = sorted(chosen, key=lambda one: WEIGHTS.index(one.severity))[:_MOST]
    run: dict[str, Any] = {
        "tool": {"driver": _driver(report)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: _base(report.base)},
        "invocations": [{"executionSuccessful": True, **_left_out(report.findings, chosen)}],
        "results": list(_results(report, chosen)),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": "akislog",
        "semanticVersion": report.version,
        "rules": [_rule(report, code) for code in report.rules],
    }


def _rule(report: Report, code: str) -> dict[str, Any]:
    info = report.rules[code]
    rule: dict[str, Any] = {
        "id": code,
        "name": info.name,
        "shortDescription": {"text": info.doc},
        "defaultConfiguration": {"level": info.severity},
    }
    text = f"akislog explain {code}"
    rule["help"] = {"text": text, "markdown": report.explain(code)} if report.explain else {"text": text}
    if report.docs:
        rule["helpUri"] = f"{report.docs.rstrip('/')}/{Finding(code, info.severity, '').docs.removeprefix('docs/')}"
    return rule


def _base(uri: str) -> dict[str, Any]:
    if uri:
        return {"uri": f"{uri.rstrip('/')}/"}
    return {"description": {"text": "The folder that akislog check was run in."}}


def _left_out(findings: Sequence[Finding], chosen: Sequence[Finding]) -> dict[str, Any]:
    if len(findings) == len(chosen):
        return {}
    left = len(findings) - len(chosen)
    said = f"{left} of {len(findings)} results ({counted(findings)}) are left out: GitHub takes {_MOST} in a run."
    return {"toolExecutionNotifications": [{"level": "warning", "message": {"text": said}}]}


def _results(report: Report, findings: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    indexes = {code: index for index, code in enumerate(report.rules)}
    marks: Counter[tuple[str | None, str]] = Counter()
    for finding in findings:
        result = _result(finding, indexes)
        if report.fingerprint is not None:
            mark = report.fingerprint(finding)
            marks[finding.path, mark] += 1  # the same fault may stand in a file twice
            result["partialFingerprints"] = {"akislog/v1": f"{mark}:{marks[finding.path, mark]}"}
        yield result


def _result(finding: Finding, indexes: Mapping[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {"ruleId": finding.code}
    if finding.code in indexes:
        result["ruleIndex"] = indexes[finding.code]
    hint = f"; {finding.hint}" if finding.hint else ""
    result |= {"level": finding.severity, "message": {"text": _said(finding.message + hint)}}
    if finding.path is not None:
        where = {"artifactLocation": _artifact(finding.path), "region": _region(finding)}
        result["locations"] = [{"physicalLocation": where}]
        if finding.fix is not None:
            result["fixes"] = [_fix(finding.fix, finding.path)]
    more = {"pointer": finding.pointer, "found": finding.found}
    bag: dict[str, Any] = {name: well_formed(text) for name, text in more.items() if text}
    if finding.expected:
        bag["expected"] = [well_formed(one) for one in finding.expected]
    return {**result, "properties": bag} if bag else result


def _said(text: str) -> str:
    """Text of a message. What would be a link in SARIF is none here."""
    if "](" in text:
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return well_formed(text)


def _artifact(path: str) -> dict[str, str]:
    from urllib.parse import quote

    try:
        name = path.encode("utf-8", "surrogateescape")  # the bytes that the file system has
    except UnicodeEncodeError:
        name = path.encode("utf-8", "surrogatepass")
    uri = quote(name, safe="/")
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": _BASE}


def _region(finding: Finding) -> dict[str, int]:
    """Where it stands; GitHub wants a line even of what is about a file as a whole."""
    if finding.line is None:
        return {"startLine": 1}
    region = {"startLine": finding.line}
    if finding.column is not None:
        region["startColumn"] = finding.column
        if finding.end is not None:
            region |= {"endLine": finding.end[0], "endColumn": finding.end[1]}
    return region


def _fix(fix: Fix, path: str) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
            "insertedContent": {"text": well_formed(edit.text)},
        }
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(path), "replacements": replacements}
    return {"description": {"text": well_formed(fix.title)}, "artifactChanges": [change]}
