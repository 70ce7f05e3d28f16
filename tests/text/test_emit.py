"""The layout rules of the format page, §3, one by one: what line-based readers need, and everybody's YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from yaml.events import Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

from akislog.core.session import Session
from akislog.core.shape import SHAPE
from akislog.resources import example_logs
from akislog.text.emit import WIDTH, front_matter, quoted
from tests.sessions import NASTY, ended, sessions, started, texts
from tests.text.test_roundtrip import everywhere

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.+/-]*")
NO_NAMES = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
ENTRIES = ("root_causes", "gotchas", "tasks", "delegations")
# Every key of the format whose last word old readers search for in running text.
HOT = ("problem", "issue", "error", "bug", "solution", "fix", "resolved")


def matter(session: Session) -> str:
    return front_matter(session.finish().record)


def rich() -> Session:
    """A session with something in every section."""
    s = everywhere("plain words")
    again = started()
    for event in s.events[1:-1]:
        again.apply(event)
    again.set(metadata={"ticket": "T1", "no": [1, 2.5, True, None]})
    return ended(again)


def lines(text: str) -> list[str]:
    assert text.endswith("\n")
    return text.split("\n")[:-1]


def check_layout(text: str) -> None:
    """Rules 1, 2, 6, 7 and 8 as they can be seen in the lines alone."""
    section, inside = "", False
    for line in lines(text):
        assert not line.startswith("---")
        assert "\t" not in line
        indent = len(line) - len(line.lstrip(" "))
        assert indent in (0, 2, 4, 6), line
        assert not re.match(r"-( |$)", line), "a list item at column 0"
        if indent == 0:
            section = line.partition(":")[0]
        if section in ENTRIES:
            inside = inside or line.startswith("  - ")
            assert indent in (0, 2, 4, 6)
            assert not (indent == 4 and line.lstrip().startswith("- ")), "a block list inside an item"
        if indent == 6:
            assert line.endswith((",", "]", "}")) or section in ("agents", "gates"), line
        if re.search(r":$", line) and not line.endswith('":'):
            assert indent in (0, 2), f"a key without a value: {line}"


def events_of(text: str) -> Iterator[tuple[Event, list[str]]]:
    """The YAML events with the path of collections they are in."""
    path: list[str] = []
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            yield event, list(path)
            path.append("flow" if event.flow_style else "block")
        elif type(event).__name__ in ("MappingEndEvent", "SequenceEndEvent"):
            path.pop()
        else:
            yield event, list(path)


def check_events(text: str) -> None:
    """No block or folded scalar, nothing broken over lines, no anchor, alias or tag; plain only where it is a name."""
    for event, path in events_of(text):
        assert getattr(event, "anchor", None) is None
        assert getattr(event, "tag", None) is None
        if isinstance(event, ScalarEvent):
            assert event.style in (None, '"')
            assert event.start_mark.line == event.end_mark.line
            if event.style is None:
                value = event.value
                number = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", value)
                assert number or value in ("true", "false", "null") or NAME.fullmatch(value)
                if number:
                    assert len(value.replace(".", "").replace("-", "").lstrip("0")) <= 15
        if path and path[-1] == "flow" and isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            assert event.flow_style, "a block inside flow"


@pytest.mark.parametrize("text", [text for text in NASTY if text.strip()], ids=lambda text: ascii(text[:20]))
def test_the_layout_holds_for_nasty_text(text: str) -> None:
    made = matter(everywhere(text))
    check_layout(made)
    check_events(made)


@given(session=sessions())
def test_the_layout_holds_for_any_session(session: Session) -> None:
    made = matter(session)
    check_layout(made)
    check_events(made)


def test_the_layout_holds_for_the_examples() -> None:
    for path in example_logs().glob("*.md"):
        text = path.read_text("utf-8").split("\n---\n", 1)[0].removeprefix("---\n") + "\n"
        check_layout(text)
        check_events(text)


# -- 1: columns -------------------------------------------------------------------------------------------------


def test_rule_1_sections_children_and_items() -> None:
    made = lines(matter(rich()))
    assert "session:" in made
    assert any(line.startswith('  id: "') for line in made)
    place = made.index("files:")
    assert made[place + 1] == "  created:"
    assert made[place + 2].startswith('    - {path: "')
    assert made[made.index("commands:") + 1].startswith("  - {cmd: ")
    assert made[made.index("tasks:") + 1].startswith('  - id: "t1"')
    assert made[made.index("tasks:") + 2].startswith('    description: "')


# -- 2: collections inside items --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", range(50, 75))
def test_rule_2_one_line_up_to_a_hundred_characters(length: int) -> None:
    session = started()
    session.task("one", checklist=["x" * length])
    made = lines(matter(session))
    place = next(number for number, line in enumerate(made) if "checklist:" in line)
    whole = f'    checklist: [{{item: "{"x" * length}", done: false}}]'
    if len(whole) <= WIDTH:
        assert made[place] == whole
    else:
        assert made[place : place + 2] == ["    checklist: [", whole[16:-1].rjust(0).join(["      ", "]"])]


def test_rule_2_long_lists_have_one_element_a_line() -> None:
    session = started()
    session.task("one", checklist=[f"item number {number}" for number in range(4)])
    made = matter(session)
    assert (
        "    checklist: [\n"
        '      {item: "item number 0", done: false},\n'
        '      {item: "item number 1", done: false},\n'
        '      {item: "item number 2", done: false},\n'
        '      {item: "item number 3", done: false}]\n'
    ) in made


def test_rule_2_everywhere_else_flow_is_on_one_line() -> None:
    session = started()
    session.command("make " + "x" * 400)
    session.usage(models=[f"model {number}" for number in range(50)])
    session.set(metadata={f"key{number}": "x" * 50 for number in range(50)})
    session.task("one")
    session.group("pg1", ["t1"])
    made = lines(matter(session))
    for lead in ("  - {cmd: ", "usage: {", "metadata: {", "  - {id: "):
        (line,) = [line for line in made if line.startswith(lead)]
        assert line.endswith("}")


# -- 3: text ----------------------------------------------------------------------------------------------------

HIDDEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF, 0x061C, 0x200E, 0x200F),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
]
SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def test_rule_3_exactly_these_characters_are_escaped() -> None:
    for code in [*range(0xD800), *range(0xE000, 0x11000), *range(0x1F000, 0x1F700), 0xE0001, 0x10FFFF]:
        char = chr(code)
        expected = SHORT.get(char, f"\\u{code:04x}" if code in HIDDEN else char)
        assert quoted(char) == f'"{expected}"', hex(code)


@given(text=texts().filter(lambda text: not re.search("[\ud800-\udfff]", text)))
def test_rule_3_text_is_a_json_string(text: str) -> None:
    made = quoted(text)
    assert json.loads(made) == text
    assert set(re.findall(r"\\(.)", made)) <= set('"\\bfnrtu')
    assert "\\ud" not in made.replace("\\\\", "")


# -- 4: names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("code", True),
        ("code-2", True),
        ("a.b+c/d_e-f", True),
        ("C++", True),
        ("G1", True),
        ("nope", True),
        ("ny", True),
        ("no", False),
        ("No", False),
        ("NO", False),
        ("y", False),
        ("N", False),
        ("on", False),
        ("Off", False),
        ("True", False),
        ("null", False),
        ("2fa", False),
        ("_x", False),
        ("a b", False),
        ("a:b", False),
        ("é", False),
        ("a\n", False),
    ],
)
def test_rule_4_names_are_plain_where_nobody_takes_them_for_something_else(text: str, plain: bool) -> None:
    session = started(agent=text)
    session.skill(text)
    session.set(metadata={text: 1})
    session.task("one", skill=text)
    made = matter(session)
    shown = text if plain else quoted(text)
    assert f"  agent: {shown}\n" in made
    assert f"  loaded: [{shown}]\n" in made
    assert f"metadata: {{{shown}: 1}}\n" in made
    assert f"    skill: {shown}\n" in made


def test_rule_4_ids_dates_times_titles_paths_and_commits_are_text() -> None:
    made = matter(everywhere("word"))
    for lead in ("id", "date", "title", "started_at", "ended_at", "branch", "base_commit", "head_commit", "parent"):
        assert re.search(rf'^  {lead}: "', made, re.MULTILINE), lead
    for lead in ("cmd", "path", "sha", "check", "message", "writer", "version", "task_id", "subject", "question"):
        assert not re.search(rf"[ {{]{lead}: [^\"]", made), lead


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        *((0, "0"), (-5, "-5"), (0.1, "0.1"), (12.4, "12.4"), (1e-6, "0.000001"), (2.0, "2"), (-0.0, "0")),
        *((123456.789012345678, "123456.789012346"), (1e14, "100000000000000"), (1e-7, '"1e-07"')),
        *((1e15, '"1000000000000000.0"'), (10**15, '"1000000000000000"'), (True, "true")),
        *((float("nan"), "null"), (float("inf"), "null"), (None, "null")),
    ],
)
def test_rule_4_numbers_are_plain_decimals(number: Any, shown: str) -> None:
    session = started()
    session.set(metadata={"number": [number]})
    assert f"metadata: {{number: [{shown}]}}\n" in matter(session)


# -- 5: words and files -----------------------------------------------------------------------------------------


def test_rule_5_words_and_files() -> None:
    session = started(domain="front end")
    session.file("a/Dockerfile", domain="dev ops")
    session.file('we "quote", {this}.c++')
    session.file("docs/A.MD", "created")
    session.file("old.py", "deleted")
    made = matter(session)
    assert "\n  domain: front_end\n" in made
    assert '    - {path: "a/Dockerfile", type: dockerfile, domain: dev_ops}\n' in made
    assert '    - {path: "we \\"quote\\", {this}.c++", type: c, domain: root}\n' in made
    assert '    - {path: "docs/A.MD", type: md, domain: docs}\n' in made
    assert "\n  types: {dockerfile: 1, c: 1, md: 1, py: 1}\n" in made


ITEM = re.compile(r'    - \{path: "(?:[^"\\]|\\.)*", type: [A-Za-z]\w*, domain: [A-Za-z]\w*\}', re.ASCII)


@given(session=sessions())
def test_rule_5_items_are_exactly_path_type_domain(session: Session) -> None:
    made = lines(matter(session))
    start = made.index("files:")
    end = next(number for number, line in enumerate(made[start + 1 :], start + 1) if not line.startswith(" "))
    for line in made[start + 1 : end]:
        if line.startswith("    - "):
            assert ITEM.fullmatch(line)
        else:
            assert re.fullmatch(r"  (created|modified|deleted):( \[\])?|  types: \{([A-Za-z]\w*: \d+(, )?)*\}", line)


def test_rule_5_and_6_empty_lists_are_written() -> None:
    made = matter(started())
    for line in (
        "  loaded: []",
        "  suggested: []",
        "  modified: []",
        "  types: {}",
        "  passed: []",
        "  violations: []",
        "  delegated: []",
        "root_causes: []",
        "gotchas: []",
        "tasks: []",
    ):
        assert line in lines(made)
    assert "created" not in made.replace("created_at", "")
    assert "null" not in made


# -- 6: delegated and violations --------------------------------------------------------------------------------


def test_rule_6_delegated_and_violations_are_blocks_of_scalars() -> None:
    session = started()
    session.task("one").delegate("code", prompt="x").succeed("done", artifacts=["a", "b"])
    session.gate("G5", passed=False, reason="no syntax check", recovered=True)
    made = matter(session)
    assert 'agents:\n  delegated:\n    - name: code\n      task: "one"\n      result: success\n' in made
    assert '  violations:\n    - gate: G5\n      reason: "no syntax check"\n      recovered: true\n' in made


# -- 7: root causes and gotchas ---------------------------------------------------------------------------------


def test_rule_7_root_causes_and_gotchas() -> None:
    session = started()
    session.root_cause("it broke", "mend it", skill="debugging", gate="G2")
    session.gotcha("beware", warning="it bites", solution="step back", applies_to=["testing"])
    made = matter(session)
    assert (
        'root_causes:\n  - problem: "it broke"\n    solution: "mend it"\n    skill: debugging\n    gate: G2\n'
        'gotchas:\n  - pattern: "beware"\n    warning: "it bites"\n    solution: "step back"\n'
        "    applies_to: [testing]\n"
    ) in made


def test_rule_7_order() -> None:
    made = lines(matter(everywhere("word")))
    order = [line.partition(":")[0] for line in made if line[0] not in " -"]
    assert order == [name for name in SHAPE["record"] if name in order]
    for early in ("root_causes", "gotchas"):
        for late in ("gates", "agents", "commands", "tasks"):
            assert order.index(early) < order.index(late)
    session = [line.strip().partition(":")[0] for line in made[1 : made.index("skills:")]]
    assert session.index("domain") < session.index("title")


def test_rule_7_no_other_key_ends_in_a_hot_word() -> None:
    hot = [(entity, field) for entity, fields in SHAPE.items() for field in fields if field.lower().endswith(HOT)]
    assert sorted(hot) == [("gotcha", "solution"), ("root_cause", "problem"), ("root_cause", "solution")]


# -- 8: no line begins with three dashes ------------------------------------------------------------------------


def test_rule_8_no_line_begins_with_three_dashes() -> None:
    session = started("--- title")
    session.set(metadata={"---": "---", "--- a": ["---"]})
    session.task("---", checklist=["--- a", "---"] * 10)
    session.note("---\n---\n")
    check_layout(matter(session))


# -- unknown fields ---------------------------------------------------------------------------------------------


def test_unknown_keys_come_last_in_their_order() -> None:
    session = started(zebra=1, ant={"b": 2})
    session.task("one", zebra=[{"a": 1}], ant="x").done("fine")
    made = matter(session)
    assert "  zebra: 1\n  ant: {b: 2}\nskills:" in made
    assert '    result: "fine"\n    zebra: [{a: 1}]\n    ant: "x"\n' in made


def test_sections_of_others_are_kept_on_one_line() -> None:
    record = {**started().finish().record, "metrics": {"a b": [1, {"c": None}]}, "odd key": ["x"], "n": "text"}
    made = front_matter(record)
    assert made.endswith('metrics: {"a b": [1, {c: null}]}\n"odd key": ["x"]\n"n": "text"\n')
    assert yaml.safe_load(made) == record
