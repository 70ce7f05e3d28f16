"""The full form of ``akislog check``: the mark stands below what is meant, and what is alike is told once."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core.finding import Edit, Finding, Fix
from akislog.report.check import FORMATS
from tests.report.checked import PLAIN, report


def test_the_full_form() -> None:
    lines = ["---", "session:", "  domain: frontend", "tasks:", *(f'  - {{id: "t{n}", skil: x}}' for n in range(20))]
    found = [
        Finding("AKL103", "error", "session.domain is not known", "log/a.md", 3, 11, "/session/domain",
                'did you mean "frontend_only"?', "frontend", ("frontend_only",), (3, 19)),
        *(Finding("AKL101", "warning", f"tasks.{n} has no field {name}", "log/a.md", n + 5, 5, f"/tasks/{n}")
          for n in range(20) for name in ("status", "description")),
    ]  # fmt: skip
    assert FORMATS["full"](report(found, lines)) == (
        "error[AKL103] session.domain is not known\n"
        " --> log/a.md:3:11\n"
        "3 |   domain: frontend\n"
        "  |           ^^^^^^^^\n"
        '  = help: did you mean "frontend_only"?\n'
        "  = docs: akislog explain AKL103\n"
        "\n"
        "warning[AKL101] tasks.0 has no field status\n"
        "warning[AKL101] tasks.0 has no field description\n"
        " --> log/a.md:5:5\n"
        '5 |   - {id: "t0", skil: x}\n'
        "  |     ^\n"
        "  = and 19 more like this: lines 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, …\n"
        "  = docs: akislog explain AKL101\n"
    )


@pytest.mark.parametrize(
    ("text", "column", "end", "shown", "marks"),
    [
        ("a: b", 4, (1, 5), "1 | a: b", "  |    ^"),
        ("\ta: b", 5, None, "1 |     a: b", "  |        ^"),
        ("日本: 語語", 5, (1, 7), "1 | 日本: 語語", "  |       ^^^^"),
        ("e\u0301e\u0301: x", 7, (1, 8), "1 | e\u0301e\u0301: x", "  |     ^"),
        ("a\x1b[31m: x", 1, (1, 7), "1 | a\\u001b[31m: x", "  | ^^^^^^^^^^^"),
        ("a: [b,", 4, (2, 2), "1 | a: [b,", "  |    ^^^"),
        ("short", 60, (1, 70), "1 | short", "  |      ^"),
        ("\ufeff---", 1, (1, 4), "1 | ---", "  | ^^^"),
        ("x" * 300, 200, (1, 205), "1 | …" + "x" * 119 + "…", "  | " + " " * 41 + "^^^^^"),
        ("x" * 300, 1, (1, 300), "1 | " + "x" * 120 + "…", "  | " + "^" * 120),
        ("", 1, (1, 1), "1 |", "  | ^"),
    ],
)
def test_the_mark_stands_below_what_is_meant(
    text: str, column: int, end: tuple[int, int] | None, shown: str, marks: str
) -> None:
    found = PLAIN._replace(line=1, column=column, end=end)
    lines = FORMATS["full"](report([found], [text, ""])).splitlines()
    assert lines[2:4] == [shown, marks]


@given(st.lists(st.sampled_from(["a", " ", "日", "\t", "ü", "\x07"]), max_size=400), st.integers(1, 400))
def test_long_lines_are_cut_around_the_mark(pieces: list[str], column: int) -> None:
    found = PLAIN._replace(line=1, column=column, end=None)
    lines = FORMATS["full"](report([found], ["".join(pieces)])).splitlines()
    shown, marks = (one.split("|", 1)[1][1:] for one in lines[2:4])
    assert columns(shown) <= 122
    if column <= len(pieces):
        at, taken = marks.index("^"), 0
        visible = {"\t": "    ", "\x07": "\\u0007"}.get(pieces[column - 1], pieces[column - 1])
        for position, char in enumerate(shown + " " * 130):
            if taken == at:
                assert (shown + " " * 130)[position:].startswith(visible)
                break
            taken += columns(char)
        assert taken == at


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) == "W" else 1 for char in text)


@pytest.mark.parametrize(
    ("changed", "blocks"),
    [
        ({"pointer": "/tasks/8/parent_task_id", "message": 'parent_task_id names no task "t7"', "found": "t7"}, 1),
        ({"path": "log/b.md"}, 2),
        ({"code": "AKL204"}, 2),
        ({"severity": "warning"}, 2),
        ({"pointer": "/session/parent_task_id"}, 2),
        ({"message": "parent_task_id names itself"}, 2),
    ],
)
def test_only_what_is_alike_is_told_once(changed: dict[str, Any], blocks: int) -> None:
    first = PLAIN._replace(found="t9")
    written = FORMATS["full"](report([first, first._replace(line=7, **changed)], ["x"] * 9))
    assert written.count("-->") == blocks
    assert ("and 1 more like this: line 7" in written) == (blocks == 1)


def test_a_file_that_cannot_be_read_and_a_finding_without_a_line() -> None:
    missing, whole = PLAIN._replace(line=99), PLAIN._replace(line=None, column=None, pointer="")
    fixed = whole._replace(path=None, code="AKL102", expected=("a", "b"), fix=Fix("write a", (Edit(0, 1, "a"),)))
    written = FORMATS["full"](report([missing, whole, fixed]))
    assert " |" not in written
    assert "--> log/a.md:99:21\n" in written
    assert "--> log/a.md\n" in written
    assert "= fix: write a (akislog fix)\n" in written
    told = FORMATS["full"](report([fixed._replace(path="a.md", line=1, column=1)], ["x"]))
    assert "^ expected one of: a, b\n" in told
