"""Every form says the same rows, whatever is in them, and no cell escapes from its place."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from akislog.report.escape import safe
from akislog.report.rows import FORMATS, Table
from akislog.report.width import cut, padded, width

COLUMNS = ["path", "title", "number", "more"]
_ODD = ["=1+1", "-2", "+x", "@SUM(A1)", "\t=x", "a\tb", "a\r\nb", "\\n", "\x1b[31m", "日本", "e\u0301", "|", "\u202e"]
texts = st.text(max_size=12) | st.sampled_from(_ODD)
scalars = st.none() | st.booleans() | st.integers(-(10**14), 10**14) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2), max_leaves=5
)
rows = st.lists(st.fixed_dictionaries({"path": texts, "title": texts, "number": st.integers(-9, 9), "more": values}))


def written(form: str, rows: list[dict[str, Any]], screen: int = 0) -> str:
    return "".join(FORMATS[form](Table(COLUMNS, iter(rows), screen)))


@given(rows)
def test_programs_read_back_what_was_written(rows: list[dict[str, Any]]) -> None:
    assert json.loads(written("json", rows)) == rows
    assert [json.loads(line) for line in written("jsonl", rows).splitlines()] == rows
    assert yaml.safe_load(written("yaml", rows)) == rows


@given(rows)
def test_tables_have_a_line_for_each_row(rows: list[dict[str, Any]]) -> None:
    for form, before in (("tsv", 1), ("md", 2), ("table", 1 if rows else 0)):
        lines = written(form, rows).split("\n")
        assert len(lines) == before + len(rows) + 1, form
    for line in written("tsv", rows).split("\n")[:-1]:
        assert line.count("\t") == len(COLUMNS) - 1
    assert len(list(csv.reader(io.StringIO(written("csv", rows), newline="")))) == 1 + len(rows)


@given(rows)
def test_no_spreadsheet_sees_a_formula(rows: list[dict[str, Any]]) -> None:
    read = list(csv.reader(io.StringIO(written("csv", rows), newline="")))[1:]
    for cells, row in zip(read, rows, strict=True):
        for cell, column in zip(cells, COLUMNS, strict=True):
            number = isinstance(row[column], (int, float)) and not isinstance(row[column], bool)
            assert number or not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")), cell


@given(rows, st.sampled_from(sorted(FORMATS)))
def test_nothing_moves_a_cursor(rows: list[dict[str, Any]], form: str) -> None:
    out = written(form, rows).replace("\r\n", "\n") if form == "csv" else written(form, rows)
    assert safe(out) == out


@given(rows, st.integers(20, 120))
def test_a_table_fits_on_the_screen(rows: list[dict[str, Any]], screen: int) -> None:
    wide = max(screen, 8 * len(COLUMNS) + 2 * (len(COLUMNS) - 1))
    assert all(width(line) <= wide for line in written("table", rows, screen).split("\n"))


@pytest.mark.parametrize(
    ("form", "empty"),
    [("json", "[]\n"), ("jsonl", ""), ("yaml", "[]\n"), ("table", ""), ("paths", ""),
     ("tsv", "path\ttitle\tnumber\tmore\n"), ("csv", "path,title,number,more\r\n")],
)  # fmt: skip
def test_no_hit(form: str, empty: str) -> None:
    assert written(form, []) == empty


def test_paths_stand_once() -> None:
    assert written("paths", [{"path": one} for one in ("a.md", "b.md", "a.md", "c\nd.md")]) == "a.md\nb.md\nc\\nd.md\n"


@given(st.text(max_size=20), st.integers(1, 20))
def test_cut_text_is_never_wider(text: str, columns: int) -> None:
    kept = cut(safe(text).replace("\n", " "), columns)
    assert width(kept) <= columns
    assert width(padded(kept, columns)) == columns
