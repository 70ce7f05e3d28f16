"""Everything ``akislog check`` can print its findings as. A form is one function from a Report to text.

The forms for programs hold every finding and never a colour; those for people escape what a terminal would obey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from akislog.report.findings import Report, by_code, line

__all__ = ["FORMATS", "Report"]

Form = Callable[[Report], str]


def full(report: Report) -> str:
    """Each finding with its line, a mark below it and a hint; those that are alike once."""
    return _statistics(report) if report.statistics else _late("check_full", "as_full")(report)


def concise(report: Report) -> str:
    """One line for each finding."""
    return _statistics(report) if report.statistics else "".join(f"{line(one)}\n" for one in report.findings)


def _late(module: str, function: str) -> Form:
    """A form whose module is loaded when it is asked for: a hook prints in one form, and most of them cost."""

    def form(report: Report) -> str:
        made: str = getattr(import_module(f"akislog.report.{module}"), function)(report)
        return made

    return form


FORMATS: Mapping[str, Form] = {
    "full": full,
    "concise": concise,
    "json": _late("check_json", "as_json"),
    "jsonl": _late("check_json", "as_jsonl"),
    "github": _late("github", "as_annotations"),
    "sarif": _late("sarif", "as_sarif"),
    "junit": _late("junit", "as_junit"),
    "md": _late("github", "as_summary"),
}
"""Every form, by the name that ``--format`` takes."""


def _statistics(report: Report) -> str:
    """How many findings of each code, the most frequent first."""
    counts = by_code(report.findings)
    wide = max((len(str(number)) for _, number in counts), default=0)
    names = {code: rule.name for code, rule in report.rules.items()}
    return "".join(f"{number:>{wide}}  {code}  {names.get(code, '')}".rstrip() + "\n" for code, number in counts)
