"""Findings for people: one line each, in the form that editors and problem matchers know."""

from __future__ import annotations

from collections.abc import Iterable

from akislog.core.finding import Finding


def line(finding: Finding) -> str:
    """``path:line:column: severity[code] message; hint``."""
    place = ":".join(str(part) for part in (finding.path or "-", finding.line, finding.column) if part is not None)
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{place}: {finding.severity}[{finding.code}] {finding.message}{hint}"


def summary(findings: Iterable[Finding], logs: int) -> str:
    """How many findings of each weight in how many logs."""
    weights = [finding.severity for finding in findings]
    counts = [
        f"{number} {weight}{'' if number == 1 else 's'}"
        for weight in ("error", "warning", "note")
        if (number := weights.count(weight))
    ]
    return f"{', '.join(counts) or 'no findings'} in {logs} log{'' if logs == 1 else 's'}"
