"""A finding: one thing that is wrong or odd in a document, with its place. Bad data is a value, not an exception."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Finding(NamedTuple):
    """One finding. ``code`` never changes its meaning; ``line`` and ``column`` count from 1, in code points.

    ``pointer`` is the JSON pointer (RFC 6901) of the value inside the front matter, ``""`` for the whole.
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
