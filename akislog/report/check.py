"""Everything ``akislog check`` can print its findings as. A form is one function from a Report to text.

The forms for programs hold every finding and never a colour; those for people escape what a terminal would obey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from akislog.report.check_full import as_full
from akislog.report.check_json import as_json, as_jsonl
from akislog.report.findings import Report, by_code, line
from akislog.report.github import as_annotations, as_summary
from akislog.report.junit import as_junit
from akislog.report.sarif import as_sarif

__all__ = ["FORMATS", "Report"]


def full(report: Report) -> str:
    """Each finding with its line, a mark below it and a hint; those that are alike once."""
    return _statistics(report) if report.statistics else as_full(report)


def concise(report: Report) -> str:
    """One line for each finding."""
    return _statistics(report) if report.statistics else "".join(f"{line(one)}\n" for one in report.findings)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "full": full,
    "concise": concise,
    "json": as_json,
    "jsonl": as_jsonl,
    "github": as_annotations,
    "sarif": as_sarif,
    "junit": as_junit,
    "md": as_summary,
}
"""Every form, by the name that ``--format`` takes."""


def _statistics(report: Report) -> str:
    """How many findings of each code, the most frequent first."""
    counts = by_code(report.findings)
    wide = max((len(str(number)) for _, number in counts), default=0)
    names = {code: rule.name for code, rule in report.rules.items()}
    return "".join(f"{number:>{wide}}  {code}  {names.get(code, '')}".rstrip() + "\n" for code, number in counts)
