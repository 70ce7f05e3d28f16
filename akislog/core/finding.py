"""A finding: one thing that is wrong or odd in a document, with its place. Bad data is a value, not an exception."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]

MOST = 1000
"""So many findings of one code are told of one file; one with more is no log that anybody can read."""


class RuleInfo(NamedTuple):
    """What is said of a rule: its code, a short name, its weight, and what it asks for in one sentence."""

    code: str
    name: str
    severity: Severity
    doc: str


class Edit(NamedTuple):
    """Bytes ``start`` to ``end`` of a file, both from 0, become ``text``."""

    start: int
    end: int
    text: str


class Fix(NamedTuple):
    """What would mend a finding: a title in the imperative, and edits that do not overlap."""

    title: str
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """One finding. ``code`` never changes its meaning; ``line`` and ``column`` count from 1, in code points.

    ``pointer`` is the JSON pointer (RFC 6901) of the value inside the front matter, ``""`` for the whole. ``end`` is
    the line and column behind the last character of what is meant.
    """

    code: str
    severity: Severity
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    pointer: str = ""
    hint: str = ""
    found: str = ""
    expected: tuple[str, ...] = ()
    end: tuple[int, int] | None = None
    fix: Fix | None = None

    @property
    def docs(self) -> str:
        """Where the rule is described, as a path in the documentation."""
        return f"docs/rules.md#{self.code.lower()}"


def too_many(code: str) -> Finding:
    """What is said where there are more findings of a code than are told."""
    message = f"{MOST} findings {code} or more in one file; only the first {MOST} are told"
    return Finding("AKL011", "error", message, line=1, column=1, hint="mend these and check again")
