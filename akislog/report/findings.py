"""What a check found, as its renderers get it, and the line that says one finding to people and problem matchers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from akislog.core.finding import Finding, RuleInfo
from akislog.report.escape import safe

WEIGHTS: tuple[Literal["error", "warning", "note"], ...] = ("error", "warning", "note")
"""Severities, the heaviest first."""

_ON_ONE_LINE = str.maketrans({"\n": "\\n", "\t": "\\t"})


class Report(NamedTuple):
    """What a check found. ``findings`` stand in the order they are told in.

    ``files`` is how many were checked, ``checked`` their paths where they are known. ``rules`` holds what is said of
    every code, ``explain`` gives a code's explanation as Markdown. ``lines`` gives the lines of a file, none where it
    cannot be read. ``colour`` and ``statistics`` (counts in the place of findings) concern the forms for people.
    ``fingerprint`` is the same for the same fault wherever it moves to. ``base`` is the URI of the folder that
    relative paths start from, ``docs`` the address of the documentation. Findings in ``first`` come first where there
    is not room for all.
    """

    findings: Sequence[Finding]
    files: int
    rules: Mapping[str, RuleInfo]
    version: str
    lines: Callable[[str], Sequence[str]]
    colour: bool = False
    statistics: bool = False
    checked: Sequence[str] = ()
    explain: Callable[[str], str] | None = None
    fingerprint: Callable[[Finding], str] | None = None
    base: str = ""
    docs: str = ""
    first: Collection[str] = ()


def line(finding: Finding) -> str:
    """``path:line:column: severity[code] message; hint``, on one line whatever is in it."""
    hint = f"; {finding.hint}" if finding.hint else ""
    return one_line(f"{place(finding)}: {finding.severity}[{finding.code}] {finding.message}{hint}")


def place(finding: Finding) -> str:
    """``path:line:column``, as far as they are known."""
    return ":".join(str(part) for part in (finding.path or "-", finding.line, finding.column) if part is not None)


def summary(findings: Iterable[Finding], logs: int) -> str:
    """How many findings of each weight in how many logs."""
    return f"{counted(findings) or 'no findings'} in {logs} log{'' if logs == 1 else 's'}"


def counted(findings: Iterable[Finding]) -> str:
    """``1 error, 3 warnings``; empty where there is none."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[one]} {one}{'' if counts[one] == 1 else 's'}" for one in WEIGHTS if counts[one])


def by_code(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """How many findings of each code, the most frequent first."""
    counts = Counter(finding.code for finding in findings)
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def one_line(text: str) -> str:
    """``text`` with nothing in it that a terminal would obey, line breaks and tabs as escapes too."""
    return safe(text.translate(_ON_ONE_LINE))


def well_formed(text: str) -> str:
    r"""``text`` with lone surrogates, as in a file name that is not UTF-8, spelt ``\udcff``: no parser refuses that."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
