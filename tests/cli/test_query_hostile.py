"""Logs, paths and arguments that mean ill: nothing is run, nothing moves a cursor, nothing hangs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from akislog.report.rows import FORMATS
from tests.cli.command import akislog

ESCAPES = ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x08\x08", "\u202e", "\u2066", "\u2028", "\x00", "\ufeff", "\r"]
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")']


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "log" / "workflow").mkdir(parents=True)
    return tmp_path


def write(place: Path, name: str, titles: list[str]) -> None:
    tasks = json.dumps([{"id": f"t{n}", "description": one, "status": "working"} for n, one in enumerate(titles)])
    files = json.dumps([{"path": one, "type": "py", "domain": "x"} for one in titles])
    text = f'---\nsession: {{id: "{name}", date: "2026-01-10"}}\ntasks: {tasks}\nfiles: {{modified: {files}}}\n---\n'
    (place / "log" / "workflow" / f"{name}.md").write_text(text, "utf-8")


def shows_nothing_odd(text: str) -> None:
    for char in text.replace("\r\n", "\n"):
        assert char in "\n\t" or (char.isprintable() and char not in "\u202e\u2066"), repr(char)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_escapes_in_logs(place: Path, form: str) -> None:
    write(place, "odd", [f"a{one}b" for one in ESCAPES])
    commands = [["tasks", "--select", "description"], ["files", "--select", "path"], ["open"], ["why", "odd"]]
    commands.append(["sql", "select description from tasks"])
    if form == "paths":
        commands = commands[1:2]
    for command in commands:
        done = akislog(place, *command, "--format", form)
        assert done.returncode == 0
        shows_nothing_odd(done.stdout + done.stderr)


@pytest.mark.parametrize("form", ["tree", "mermaid", "dot", "json"])
def test_escapes_in_a_lineage(place: Path, form: str) -> None:
    write(place, "odd", ESCAPES)
    done = akislog(place, "lineage", "odd", "--format", form)
    assert done.returncode == 0
    shows_nothing_odd(done.stdout)


def test_escapes_in_paths_and_arguments(place: Path) -> None:
    folder = place / "log" / "workflow" / "\x1b[31mred\u202e"
    folder.mkdir()
    (folder / "x\x1b[2J.md").write_text("---\nsession: {id: x}\n---\n")
    (folder / "y\x1b[2J.md").write_text("---\nsession: [\n---\n")
    for form in FORMATS:
        done = akislog(place, "query", "--select", "log.path", "--format", form)
        assert done.returncode == 3
        shows_nothing_odd(done.stdout + done.stderr)
    odd = "\x1b[31m\u202e"
    for arguments in (["query", odd], ["query", f"title={odd}", "--sort", odd], ["query", "--format", odd], [odd],
                      ["query", "--dir", odd], ["lineage", odd], ["why", odd], ["search", odd], ["fields", odd],
                      ["sql", f"select {odd}"], ["query", "--since", odd]):  # fmt: skip
        done = akislog(place, *arguments)
        assert done.returncode in (0, 1, 2, 3)
        shows_nothing_odd(done.stdout + done.stderr)


def test_no_formula_reaches_a_spreadsheet(place: Path) -> None:
    write(place, "sheet", FORMULAS)
    for command in (["tasks", "--select", "description"], ["sql", "select description from tasks order by n"],
                    ["tasks", "--group-by", "description"], ["why", "sheet"], ["open"],
                    ["query", "--select", "tasks.description"]):  # fmt: skip
        done = akislog(place, *command, "--format", "csv")
        cells = [cell for row in csv.reader(io.StringIO(done.stdout, newline="")) for cell in row]
        assert not [one for one in cells if one.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    done = akislog(place, "tasks", "--select", "description", "--format", "json")
    assert [one["description"] for one in json.loads(done.stdout)] == FORMULAS, "programs get the text as it is"


BOMBS = [
    "(a+)+$",
    "(a|a)*b",
    "(a|aa)+$",
    "(.*a){20}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "((a*)*)*$",
    "(x+x+)+y",
    "(?:a?){30}a{30}",
]


@pytest.mark.parametrize("pattern", BOMBS)
def test_no_pattern_hangs(place: Path, pattern: str) -> None:
    write(place, "long", ["a" * 9_000 + "!", "x" * 9_000])
    done = akislog(place, "tasks", f"description ~ '{pattern}'", "--count")
    assert done.returncode == 0  # that it ends at all is the test


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a)\\1", "no look-around and no back references"),
        ("(?=a)b", "no look-around and no back references"),
        ("(a{1000}){1000}", "too large"),
        ("(" * 500, "cannot be read"),
        ("x" * 2_000, "the limit is 1000"),
        ("[", "cannot be read"),
    ],
)
def test_patterns_that_are_refused(place: Path, pattern: str, said: str) -> None:
    done = akislog(place, "tasks", f"description ~ '{pattern.replace(chr(92), chr(92) * 2)}'")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    "expression",
    ["(" * 5_000, "not " * 5_000 + "title=x", "title=x and " * 3_000, "a" * 30_000, "title in (" + "x," * 9_000],
)
def test_queries_that_are_too_much(place: Path, expression: str) -> None:
    done = akislog(place, "query", expression)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_deep_query_with_many_parts_is_answered(place: Path) -> None:
    write(place, "one", ["x"])
    done = akislog(place, "tasks", " or ".join(f"description='{n}'" for n in range(900)) + " or id=t0", "--count")
    assert done.stdout == "count\n1\n"


# A value of a filter is a value, whatever it looks like to SQL.
INJECTIONS = [
    "x' or '1'='1", "x'; drop table logs; --", 'x" or ""="', "x\\' or 1=1 --", "%", "_", "' union select 1 --",
    "x') or ('1'='1", "\\'; delete from logs; --", "admin'/*", "1; attach database '/tmp/x' as y",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
def test_values_are_values(place: Path, text: str) -> None:
    write(place, "one", ["x", "admin", text])
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for op, number in (("=", 1), ("in", 1)):
        value = f"({quoted})" if op == "in" else quoted
        done = akislog(place, "tasks", f"description {op} {value}", "--select", "description", "--format", "json")
        assert [one["description"] for one in json.loads(done.stdout)] == [text] * number
    done = akislog(place, "tasks", "--select", f"id,{text}", "--format", "json")
    assert done.returncode == 2, "a column is a field, or wrong"
    assert len(list((place / "log" / "workflow").iterdir())) == 1
