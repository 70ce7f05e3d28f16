"""Fixes: only the bytes of the fault change, whatever is around it; what is not certain is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.document import check_document
from akislog.checks.fix import FIXABLE, with_fixes
from akislog.checks.fix_apply import mend, spliced
from akislog.text.document import parse, render
from akislog.text.emit import quoted
from akislog.text.frontmatter import split
from tests.checks.records import SESSION_ID, delegation, record, task
from tests.paths import CORPUS, need

EXAMPLES = sorted((Path(__file__).parents[2] / "log" / "workflow").glob("2*.md"))
NAME = f"{SESSION_ID}.md"
LOG = render(
    record(
        tasks=[task("t1", delegation_depth=0), task("t2", parent_task_id="t1", delegation_depth=1)],
        delegations=[delegation("d1", "t2", parent_task_id="t1", delegation_depth=1)],
    )
).encode()


def put(old: str, new: str, log: bytes = LOG) -> bytes:
    """A log with its one ``old`` replaced."""
    assert log.count(old.encode()) >= 1, old
    return log.replace(old.encode(), new.encode(), 1)


def mended(data: bytes, name: str = NAME) -> bytes:
    """The file after all fixes; a second run changes nothing."""
    once = mend(data, name)
    again = mend(once.data, name)
    assert again.data == once.data
    assert not again.fixed
    return once.data


# --- one fault at a time: what stands there, what it becomes ---------------------------------------------------------

OUTCOME = "  outcome: completed"
TITLE = '  title: "Limit what the parser takes"'
CERTAIN = {
    "a word of older logs": (OUTCOME, "  outcome: complete", "  outcome: completed"),
    "a word in capitals": ("complexity: simple", "complexity: Simple", "complexity: simple"),
    "a misspelt word": ("complexity: simple", "complexity: simpel", "complexity: simple"),
    "a word in single quotes": (OUTCOME, "  outcome: 'Done'", "  outcome: 'completed'"),
    "a word in double quotes and a comment": (OUTCOME, '  outcome:   "success" # ?', '  outcome:   "completed" # ?'),
    "a status": ("    status: done", "    status: In Progress", "    status: working"),
    "a known domain": ("domain: backend_only", "domain: Backend", "domain: backend_only"),
    "a depth": ("    delegation_depth: 1", "    delegation_depth: 7", "    delegation_depth: 1"),
    "a sum": ("types: {py: 1}", "types: { py: 3 }", "types: { py: 1 }"),
    "a sum that is missing": ("types: {py: 1}", "types: {}", "types: {py: 1}"),
    "a sum beside another": ("types: {py: 1}", "types: {md: 2}", "types: {md: 0, py: 1}"),
    "a date": ('date: "2026-03-04"', 'date: "2026-03-05"', 'date: "2026-03-04"'),
    "a time in another zone": (
        'started_at: "2026-03-04T10:15:00Z"',
        'started_at: "2026-03-04T11:15:00.25+01:00"',
        'started_at: "2026-03-04T10:15:00Z"',
    ),
    "a key": ("  title: ", "  titel: ", "  title: "),
    "a key of older logs": ("  - pattern: ", "  - problem: ", "  - pattern: "),
    "a key in quotes": ("  title: ", '  "titel": ', '  "title": '),
    "a plain date": ('date: "2026-03-04"', "date: 2026-03-04", 'date: "2026-03-04"'),
    "a plain no": (TITLE, "  title: no", '  title: "no"'),
    "a plain clock in a list": ("loaded: [parsing]", "loaded: [ parsing,1:30 ]", 'loaded: [ parsing,"1:30" ]'),
    "a number that some read as text": ("metadata: {", "metadata: {size: 1e3, ", "metadata: {size: 1000, "),
    "a key that some read as true": ("metadata: {", "metadata: {on: 1, ", 'metadata: {"on": 1, '),
    "a colon": (TITLE, "  title: fix: the parser", '  title: "fix: the parser"'),
    "a colon at the end": (TITLE, "  title: the parser:  ", '  title: "the parser:"  '),
    "an at": (TITLE, "  title: @lead says “yes”", '  title: "@lead says “yes”"'),
    "a percent sign": (TITLE, "  title: %d parsers", '  title: "%d parsers"'),
    "back-ticks": (TITLE, "  title: `parse` takes it", '  title: "`parse` takes it"'),
    "a colon first in an item": (
        '  - pattern: "deep nesting"',
        "  - pattern: nesting: 😀 deep",
        '  - pattern: "nesting: 😀 deep"',
    ),
    "a bell": (TITLE, '  title: "a\a b"', '  title: "a\\u0007 b"'),
    "separators": (TITLE, '  title: "a\u2028b\x85c"', '  title: "a\\u2028b\\u0085c"'),
}
FULL = put("provenance: ", 'metadata: {ticket: "T1"}\nprovenance: ', LOG)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("case", CERTAIN)
def test_what_is_certain_is_mended(case: str, ends: str, bom: bytes) -> None:
    right, wrong, then = CERTAIN[case]
    log = bom + FULL.replace(b"\n", ends.encode())
    assert mended(put(right, wrong, log)) == put(right, then, log)


UNCERTAIN = {
    "a word near to two": (OUTCOME, "  outcome: interested"),
    "a word that is one": ("    status: done", "    status: passed"),
    "a word near to none": ("complexity: simple", "complexity: huge"),
    "a block": (OUTCOME, "  outcome: |\n    complete"),
    "a comment": (TITLE, "  title: fix: it # really"),
    "a text that may go on": (TITLE, "  title: fix: it\n    and more"),
    "no field of ours": (TITLE, f"{TITLE}\n  remark: fix: it"),
    "an item that may be a text": ("loaded: [parsing]", "loaded:\n    - see: this: that"),
    "a bracket": (TITLE, "  title: [[Note]] of it"),
    "an alias": (TITLE, "  title: *it*"),
    "a bell outside quotes": (TITLE, "  title: a\a b"),
    "a bell in single quotes": (TITLE, "  title: 'a\a b'"),
    "a time without a zone": ('started_at: "2026-03-04T10:15:00Z"', 'started_at: "2026-03-04T10:15:00"'),
    "a key twice": (TITLE, f"{TITLE}\n{TITLE}"),
    "two keys near to one": ("  title: ", "  titel: x\n  titl: "),
    "a date that the id has too": (
        'started_at: "2026-03-04T10:15:00Z"',
        'started_at: "2026-03-03T10:15:00Z"',
    ),
    "another fault that is none of ours": (TITLE, '  title: fix: it\n  title: "x"'),
}


@pytest.mark.parametrize("case", UNCERTAIN)
def test_what_is_not_certain_stays(case: str) -> None:
    data = put(*UNCERTAIN[case])
    assert check_document(data, NAME).findings  # there is something wrong with it
    assert mended(data) == data


def test_several_faults_at_once() -> None:
    data = put(TITLE, "  title: fix: it\n  summary: a: b\n  branch: @x")
    data = put("types: {py: 1}", "types: {py: 3}", put("outcome: completed", "outcome: ok: done", data))
    done = mend(data, NAME)
    then = put(TITLE, '  title: "fix: it"\n  summary: "a: b"\n  branch: "@x"')
    assert done.data == put("outcome: completed", 'outcome: "ok: done"', then)
    assert [one.code for one in done.fixed] == ["AKL003", "AKL213"]


def test_a_selection_mends_no_more_than_that() -> None:
    data = put(OUTCOME, "  outcome: complete", put("types: {py: 1}", "types: {py: 3}"))
    assert mend(data, NAME, "AKL213".__eq__).data == put(OUTCOME, "  outcome: complete")
    assert mend(data, NAME, lambda _: False).data == data


def test_a_fix_that_makes_another_error_is_dropped() -> None:
    data = put('  - id: "t2"', '  - idd: "t1"')
    done = mend(data, NAME, "AKL101".__eq__)
    assert (done.data, done.fixed) == (data, ())
    assert [one.pointer for one in done.dropped] == ["/tasks/1"]


def many(number: int, item: str) -> bytes:
    items = "".join(f"  - {{{item.format(one)}, description: x}}\n" for one in range(number))
    return put("tasks:\n", f"tasks:\n{items}")


def test_more_faults_than_are_told_at_once() -> None:
    data = many(1100, "id: x{}, status: Done")
    assert mend(data, NAME).data == data.replace(b"Done", b"done")


def test_faults_that_cannot_all_be_mended() -> None:
    data = many(150, "idd: x0, no: {}, status: done")
    done = mend(data, NAME, "AKL101".__eq__)  # only one of them can be x0
    assert done.dropped
    assert not [one for one in check_document(done.data, NAME).findings if one.code == "AKL201"]


def test_fixes_are_edits_of_the_file() -> None:
    data = b"\xef\xbb\xbf" + put(TITLE, '  title: "😀"\n  branch: 1:30')
    document = parse(data, NAME)
    findings = list(check_document(document, NAME).findings)
    fixes = [one.fix for one in with_fixes(findings, document) if one.fix]
    assert [fix.title for fix in fixes] == ["put it in double quotes"]
    [edit] = fixes[0].edits
    assert (data[edit.start : edit.end], edit.text) == (b"1:30", '"1:30"')
    assert spliced(data, fixes[0].edits) == data.replace(b"1:30", b'"1:30"')


# --- older logs -------------------------------------------------------------------------------------------------------

OLDER = b"""---
session:
  id: "2026-01-05_menu"   # short
  date: "2026-01-05"
  complexity: medium
  domain: fullstack
skills:
    loaded: ["akis-dev",   testing]
files:
  modified:
  - {path: "a.py", type: py, domain: backend}
  types: {py: 5}
gotchas:

  - pattern: "problem"
    solution: 'wait'
  - {pattern: "x", solution: "y"}
---
# Menu"""
RENAMED = {
    "problem": ("  - pattern: ", "  - problem: "),
    "issue in flow": ("{pattern: ", "{issue: "),
    "a word": ("complexity: medium", "complexity: Medium"),
    "a skill": ('"akis-dev"', '"akis-development"'),
    "a domain": ("domain: fullstack", "domain: full-stack"),
}


@pytest.mark.parametrize("case", RENAMED)
def test_an_older_name_for_the_same(case: str) -> None:
    assert mended(OLDER, "2026-01-05_menu.md") == OLDER
    assert mended(put(*RENAMED[case], OLDER), "2026-01-05_menu.md") == OLDER


@pytest.mark.parametrize(
    ("right", "older"),
    [
        ("complexity: medium", 'complexity: medium\n  duration: "~2 hours"'),  # the words say more than the number
        ("gotchas:\n", 'gotchas:\n  - "a plain text"\n'),
        ("files:\n", "tasks:\n  - {id: a, done: true}\nfiles:\n"),
        ("session:\n", "session_id: x\nsession:\n"),
        ("types: {py: 5}", "types: {py: 8}"),  # the list may have been cut
    ],
)
def test_an_older_shape_is_for_migrate(right: str, older: str) -> None:
    data = put(right, older, OLDER)
    assert mended(data, "2026-01-05_menu.md") == data


# --- the real logs: one planted fault each ----------------------------------------------------------------------------

Planter = Callable[[bytes], tuple[bytes, bytes] | None]
FIELDS = rb"title|pattern|problem|solution|reason|description"
FIRST_TEXT = rb"^(  (?:- |  )?(?:" + FIELDS + rb'): )("[^"\\\n]+")'


def planted(pattern: bytes, wrong: bytes, right: bytes | None = None) -> Planter:
    """The first match of ``pattern`` in the front matter made ``wrong``; mended, it is ``right`` or as it was."""

    def plant(log: bytes) -> tuple[bytes, bytes] | None:
        found = re.search(pattern, split(log)[0].yaml, re.MULTILINE)
        if found is None:
            return None
        start = len(split(log)[0].bom) + len(split(log)[0].opening) + found.start()
        end = start + len(found[0])
        then = found[0] if right is None else found.expand(right)
        return log[:start] + found.expand(wrong) + log[end:], log[:start] + then + log[end:]

    return plant


PLANTERS: dict[str, Planter] = {
    "a colon": planted(FIRST_TEXT, rb"\1fix: it: now", rb'\1"fix: it: now"'),
    "a bell": planted(FIRST_TEXT, rb'\1"a' + b"\a" + rb'b"', rb'\1"a\\u0007b"'),
    "a plain date": planted(rb'^(  date: )"(\d{4}-\d\d-\d\d)"', rb"\1\2"),
    "capitals": planted(rb"^  complexity: medium", rb"  complexity: Medium"),
    "an older key": planted(rb"^(  - )pattern:", rb"\1problem:"),
    "an older skill": planted(rb"^(  loaded: \[)akis-dev\b", rb"\1akis-development"),
    "a misspelt outcome": planted(rb"^  outcome: completed", rb"  outcome: completd"),
    "a wrong depth": planted(rb"^    delegation_depth: 1", rb"    delegation_depth: 4"),
    "a wrong sum": planted(rb"^(  types: \{\w+: )(\d+)", rb"\g<1>99"),
}


def windows(log: bytes) -> bytes:
    """With a byte order mark, and lines that end with CR LF."""
    return b"\xef\xbb\xbf" + log.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@cache
def without_faults(path: Path) -> bytes:
    """A log after its own fixes."""
    return mended(path.read_bytes(), path.name)


@pytest.mark.parametrize("fault", PLANTERS)
def test_planted_in_every_real_log(fault: str) -> None:
    need(CORPUS)
    tried = 0
    for path in [*sorted(CORPUS.glob("*.md")), *EXAMPLES]:
        clean = without_faults(path)
        for log in (clean, windows(clean)):
            case = PLANTERS[fault](log)
            if case is None or (fault == "a wrong sum" and b"format: 1" not in log):
                continue
            tried += 1
            assert mend(case[0], path.name).data == case[1], path.name
    assert tried >= 6


def test_every_fixable_code_is_planted_somewhere() -> None:
    seen = {one.code for case in CERTAIN.values() for one in mend(put(case[0], case[1], FULL), NAME).fixed}
    seen |= {one.code for case in RENAMED.values() for one in mend(put(*case, OLDER), "2026-01-05_menu.md").fixed}
    assert set(FIXABLE) - seen <= {"AKL207"}


# --- any file ---------------------------------------------------------------------------------------------------------

BASES = [LOG, OLDER, *(path.read_bytes() for path in EXAMPLES[:3])]
BITS = st.sampled_from(
    [
        *("", ":", ": ", '"', "'", "\n", "\r\n", " ", "  ", "-", "- ", "[", "]", "{", "}", "#", ",", "|", "@", "\t"),
        *(
            "no",
            "1:30",
            "x",
            "é",
            "😀",
            "\a",
            "\u2028",
            "completd",
            "status",
            "done",
            "problem",
            "7",
            "&a",
            "*a",
            "!x",
            "---",
        ),
    ]
)


@given(base=st.sampled_from(BASES), cuts=st.lists(st.tuples(st.integers(4, 1200), st.integers(0, 6), BITS), max_size=4))
def test_a_broken_file_is_never_broken_further(base: bytes, cuts: list[tuple[int, int, str]]) -> None:
    data = base
    for at, length, text in cuts:
        data = data[:at] + text.encode() + data[at + length :]
    done = mend(data, NAME)
    if not done.fixed:
        assert done.data == data
        return
    before, after = split(data)[0], split(done.data)[0]
    assert before._replace(yaml=b"") == after._replace(yaml=b"")
    was, now = parse(data, NAME).front.value, parse(done.data, NAME).front.value
    assert now is not None
    added = any(one.code == "AKL213" for one in done.fixed)  # numbers of types that were not counted before
    assert was is None or added or len(leaves(was)) == len(leaves(now))
    assert mend(done.data, NAME).data == done.data


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30))
def test_any_text_that_is_quoted_is_that_text(text: str) -> None:
    data = put(TITLE, f"  title: {text}")
    done = mend(data, NAME, "AKL003".__eq__)
    if done.fixed:
        said = text.rstrip(" ")
        assert done.data == put(TITLE, f"  title: {quoted(said)}{text[len(said) :]}")
