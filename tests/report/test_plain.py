"""Text that needs no escape is told from text that does without the pattern that says which."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from akislog.report import escape
from akislog.report.escape import safe
from akislog.report.plain import text_of, tsv, values


def test_every_character_is_escaped_or_not_as_the_pattern_says() -> None:
    unsafe = re.compile(escape._UNSAFE)
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        assert (safe(char) != char) is (unsafe.match(char) is not None), hex(code)
    assert safe("") == ""
    assert safe("a\tb\nc") == "a\tb\nc"
    assert safe("ü\x1b") == "ü\\u001b"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("a", "a"), (12, "12"), (-1, "-1"), (True, "true"), (1.5, "1.5"), (1e300, "1e+300"), ([], ""),
        (["a", 1, None, False], "a, 1, , false"), ([["a"]], '[["a"]]'), ({"ü": 1}, '{"ü": 1}'), (10**30, str(10**30)),
    ],
)  # fmt: skip
def test_the_text_of_a_value(value: Any, text: str) -> None:
    assert text_of(value) == text
    if not isinstance(value, (str, list)) and value is not None:
        assert json.loads(text) == value


def test_no_text_leaves_its_cell() -> None:
    rows = [{"a": "x\ty\nz\r\\", "b": ["p", "q"]}, {"a": None, "b": "\u202e"}, {"a": "\\t"}]
    assert "".join(tsv(("a", "b"), rows)) == "a\tb\nx\\ty\\nz\\r\\\\\tp, q\n\t\\u202e\n\\\\t\t\n"
    assert list(values("b", rows)) == ["p\n", "q\n", "\\u202e\n"]
    assert list(values("a", rows)) == ["x\\ty\\nz\\r\\\\\n", "\\\\t\n"]
