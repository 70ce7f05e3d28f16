"""What other YAML readers and older tools make of the text, with PyYAML and ruamel.yaml as oracles."""

from __future__ import annotations

import re
from typing import Any

import pytest
import ruamel.yaml
import yaml
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.nodes import nodes
from akislog.checks.portability import read_as
from akislog.checks.registry import run_text
from akislog.checks.source import Source
from akislog.core.finding import Finding
from akislog.core.session import Session
from akislog.resources import example_logs
from akislog.text.document import parse, render
from akislog.text.frontmatter import load
from tests.checks.records import record
from tests.oracles import by_lines
from tests.sessions import sessions

# What YAML 1.1 (https://yaml.org/type/bool.html) or the core schema of YAML 1.2 (§10.3.2) reads in another way, but
# neither of the two oracles does.
BY_THE_BOOK = re.compile(r"[yYnN]|[-+]?\.[0-9]+[eE][0-9]+|[-+]\.[0-9]+[eE][-+]?[0-9]+")

TABLE = {
    "true or false": "yes Yes YES no No NO on On ON off Off OFF y Y n N True TRUE False FALSE",
    "null": "Null NULL",
    "another number or a text": "012 0o14 0x1F 0b11 1:30 1:30:00 190:20:30.15 1_000 .inf -.inf +.INF .nan +1 1e3 1.5e3 "
    "1. .5 00 08 12345678901234567 1.0e+400 0.1234567890123456",
    "a date or time": "2026-03-04 2026-03-04T10:00:00Z 2001-12-14t21:59:43.10-05:00",
    "a default value": "=",
    "a merge": "<<",
    "": "true false null ~ 0 -1 42 1.5 -0.25 1.5e+3 yEs oN trUe nUll 1:75 1.2.3 abc 0x 1e _1 ... 2026-1-5 1,000 7z nan",
}


def values(text: str) -> tuple[Any, Any, Any]:
    """What we, PyYAML and ruamel.yaml read for a plain scalar; an error stands for itself."""

    def read(load_it: Any) -> Any:
        try:
            return load_it(f"a: {text}\n")["a"]
        except Exception as error:  # any failure is another answer than ours
            return error

    rules_of_1_2 = ruamel.yaml.YAML(typ="safe", pure=True)
    return (
        load(f"a: {text}\n".encode()).value["a"],  # type: ignore[index]
        read(lambda source: yaml.load(source, yaml.CSafeLoader)),
        read(rules_of_1_2.load),
    )


def differs(text: str) -> bool:
    ours, *others = values(text)
    return any(type(one) is not type(ours) or one != ours for one in others)


@pytest.mark.parametrize(("text", "meaning"), [(one, key) for key, words in TABLE.items() for one in words.split()])
def test_the_table(text: str, meaning: str) -> None:
    assert read_as(text) == meaning
    assert bool(meaning) == (differs(text) or BY_THE_BOOK.fullmatch(text) is not None)


def is_plain(text: str) -> bool:
    try:
        node = yaml.compose(f"a: {text}\n", Loader=yaml.CSafeLoader).value[0][1]
    except yaml.YAMLError:
        return False
    return isinstance(node, yaml.ScalarNode) and node.value == text and load(f"a: {text}\n".encode()).value is not None


@given(st.text(alphabet="0011257+-._:eExXobTZ yYnNoO~=<", min_size=1, max_size=8).map(str.strip).filter(is_plain))
def test_what_is_ambiguous_is_what_the_others_read_otherwise(text: str) -> None:
    assert bool(read_as(text)) == (differs(text) or BY_THE_BOOK.fullmatch(text) is not None)


def document(text: str) -> list[Finding]:
    whole = f"---\n{text}---\n".encode()
    parsed = parse(whole)
    assert parsed.front.findings == ()
    return run_text(parsed, current=True)


def spots(text: str, code: str) -> list[tuple[int | None, int | None, str]]:
    return [(one.line, one.column, one.pointer) for one in document(text) if one.code == code]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: no\n", [(2, 4, "/a")]),
        ("a: [yes, b, 012]\n", [(2, 5, "/a/0"), (2, 13, "/a/2")]),
        ("a:\n  - on\n  - {b: off}\n", [(3, 5, "/a/0"), (4, 9, "/a/1/b")]),
        ("no: 1\n", [(2, 1, "")]),
        ("a: {y: b}\n", [(2, 5, "/a")]),
        ("a: 'no'\nb: \"1:30\"\nc: |\n  no\nd: a no\n", []),
        ("a: # a remark\n  no\n", [(3, 3, "/a")]),
        ("'b\"':\n   1_0\n", [(3, 4, '/b"')]),
        ("a/b~c: 0o7\n", [(2, 8, "/a~1b~0c")]),
        ("a: no\r\nb: 1\r\n", [(2, 4, "/a")]),
        ('a: "x\\"y"\nb: 1:30\n', [(3, 4, "/b")]),
        ('a: 5" x\nb: 6" no\nc: no\n', [(4, 4, "/c")]),
    ],
)
def test_places(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert spots(text, "AKL403") == expected


scalars = st.sampled_from(
    [
        '"no"',
        "'1:30'",
        '"a\\"b"',
        '"\\\\"',
        '"x: y"',
        "no",
        "1:30",
        "2026-03-04",
        "name",
        "12",
        "true",
        "a no",
        '5"',
        '""',
    ]
)
flow = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda them: "[" + ", ".join(them) + "]")
        | st.lists(inner, max_size=3).map(
            lambda them: "{" + ", ".join(f"k{n}: {one}" for n, one in enumerate(them)) + "}"
        )
    ),
    max_leaves=6,
)
lines = st.lists(st.tuples(st.sampled_from(["", "  - ", "    "]), flow), min_size=1, max_size=5).map(
    lambda them: "".join(
        f"s{n}:\n  - x: 1\n{lead}a{n}: {one}\n" if lead else f"a{n}: {one}\n" for n, (lead, one) in enumerate(them)
    )
)


@given(lines)
def test_the_short_cut_misses_nothing(text: str) -> None:
    """Where the layout is taken for the usual one, a walk over the whole text finds no ambiguous scalar either."""
    parsed = parse(f"---\n{text}---\n".encode())
    if parsed.front.value is not None:
        walked = [one.text for one in nodes(parsed.front.text) if one.is_scalar and not one.style and read_as(one.text)]
        assert [one.found for one in run_text(parsed, current=True) if one.code == "AKL403"] == walked


def kinds(text: str) -> list[str]:
    return [one.message.partition(":")[0] for one in document(text) if one.code == "AKL404"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gotchas:\n- pattern: a\n", ["list items at the start of the line"]),
        ("a: |\n  x\n", ["a block scalar"]),
        ("a: >-\n  x\n  y\n", ["a block scalar"]),
        ('a: "x\n  y"\n', ["a text over several lines"]),
        ("a: x\n  y\n", ["a text over several lines"]),
        ("a: 1 # one\n", ["a comment"]),
        ("# one\na: 1\n", ["a comment"]),
        ("a: [\n  1]\n", ["brackets over several lines"]),
        ("session:\n  loaded: [a,\n    b]\n", ["brackets over several lines"]),
        ("tasks:\n  - id: a\n    list:\n      - b\n", ["a list or map in block style inside an item"]),
        ("tasks:\n  - id: a\n    map:\n      b: 1\n", ["a list or map in block style inside an item"]),
        ("tasks: []\ngotchas: []\n", ["gotchas stands behind tasks, where older tools do not look for it"]),
        ("session:\n  a:\n  b: 1\n", ["a key without a value"]),
        ('a: "x\n  ---y"\n', ["a text over several lines"]),
        ("'---y': 1\n", []),
        ("---y: 1\n", ["a line that begins with ---"]),
        ('session:\n  domain: "front end"\n', ["a domain that is no plain word"]),
        ("session:\n  domain: größe\n", ["a domain that is no plain word"]),
        (
            'tasks:\n  - id: "t1"\n    checklist: [\n      {item: "a", done: true},\n      {item: "b # c"}]\n',
            [],
        ),
        ("a: x#y\nb: 'it # is'\n", []),
    ],
)
def test_what_older_tools_lose(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_each_kind_once_and_only_in_present_logs() -> None:
    text = "a: 1 # one\nb: 2 # two\nc: |\n  x\nd: |\n  y\n"
    assert kinds(text) == ["a block scalar", "a comment"]
    parsed = parse(f"---\n{text}---\n".encode())
    assert run_text(parsed, current=False) == []


@given(session=sessions())
def test_what_the_writer_writes_is_fine(session: Session) -> None:
    parsed = parse(render(session.finish().record))
    assert [one for one in run_text(parsed, current=True) if one.code in ("AKL403", "AKL404")] == []


def test_the_examples_take_the_short_cut() -> None:
    for path in example_logs().glob("*.md"):
        assert Source(parse(path.read_bytes()), current=True).quoted is not None, path.name


def test_a_lost_gotcha_is_told() -> None:
    """The oracle of the older tools loses what the rule warns of."""
    text = render(record())
    gotcha = '  - pattern: "deep nesting"\n    warning: "the stack ends"\n    solution: "count the depth"\n'
    listed = "    applies_to:\n      - parsing\n"
    broken = text.replace(gotcha, gotcha + listed)
    with pytest.raises(TypeError):
        by_lines(broken, guarded=False)
    assert by_lines(text, guarded=False)["gotchas"] == ['pattern: "deep nesting"']
    assert [one.code for one in run_text(parse(broken), current=True)] == ["AKL404"]


def test_a_large_text_ends() -> None:
    many = ", ".join(["no"] * 30_000)
    assert len(spots(f"a: [{many}]\n", "AKL403")) == 1000
