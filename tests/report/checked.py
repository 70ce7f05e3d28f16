"""Reports for the tests of their forms: any text in every field of a finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from akislog.checks.registry import CATALOGUE
from akislog.core.finding import Edit, Finding, Fix
from akislog.report.findings import Report

PLAIN = Finding("AKL203", "error", 'parent_task_id names no task "t9"', "log/a.md", 3, 21, "/tasks/0/parent_task_id")
CODES = sorted(CATALOGUE)
ODD = [
    "%", "%0A", "%25", "a\nb", "a\r\nb", "\r", "a,b:c", "::error file=x::y", "##[error]x", "\x1b[31m", "\x9b1m", "\"'`",
    "<a href='x'>&amp;", "]]>", "<!--", "\x00", "\x0b", "\udcff", "\ud83d", "\ufffe", "\U0001f600", "日本", "e\u0301",
    "\u202e", "](1)", "[x](https://example.org)", "{0}", "a | b", "\\|", "# x", "\\", "\\udcff", "\t", " ", "-",
    "../x", "/x",
]  # fmt: skip

texts = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(ODD)
names = texts.filter(bool)
numbers = st.integers(1, 10**6)
edits = st.builds(lambda start, length, text: Edit(start, start + length, text), st.integers(0, 99), numbers, texts)


@st.composite
def _findings(draw: st.DrawFn) -> Finding:
    line, column = draw(st.none() | numbers), draw(st.none() | numbers)
    end = None
    if line is not None and column is not None:
        end = draw(st.none() | st.just((line, column + 3)) | st.just((line + 1, 1)))
    return Finding(
        draw(st.sampled_from(CODES)),
        draw(st.sampled_from(["error", "warning", "note"])),
        draw(texts),
        draw(st.none() | names),
        line,
        column if line is not None else None,
        draw(texts),
        draw(texts),
        draw(texts),
        tuple(draw(st.lists(texts, max_size=3))),
        end,
        draw(st.none() | st.builds(Fix, texts, st.lists(edits, min_size=1, max_size=2).map(tuple))),
    )


findings = _findings()


def report(found: Sequence[Finding], lines: Sequence[str] = (), **more: Any) -> Report:
    """A report of these findings; every file has these lines."""
    return Report(found, len({one.path for one in found}), CATALOGUE, "0.1.0", lambda _path: lines, **more)


def spelt(text: str) -> str:
    """``text`` with lone surrogates as programs get them."""
    return "".join(f"\\u{ord(char):04x}" if 0xD800 <= ord(char) < 0xE000 else char for char in text)
