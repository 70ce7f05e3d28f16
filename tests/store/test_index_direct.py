"""Rows straight from the lines of a log are those of its record, whatever a file says.

Differential over the common corpus, whatever a session can hold, and seeded mutants of both; then the same with one
mistake each in the walk, every one of which must be caught.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given

from akislog.core.session import Session
from akislog.store.index import direct, lines, steps
from akislog.store.index.filling import rows_of
from akislog.store.index.schema import Rows
from akislog.text.document import is_current
from akislog.text.emit import front_matter
from akislog.text.frontmatter import Refused, checked, load, split
from benchmarks.corpus import texts
from tests.sessions import NASTY, sessions
from tests.text.yaml_mutants import damaged, moved, tricked

QUICK, LONG = 3_000, 60_000
PATH = "2026/a.md"

Directly = Callable[[int, str, str], Rows | None]

USUAL = """session:
  id: "2026-01-15_100000_rename-the-lamp_0a1b2c3d"
  date: "2026-01-15"
  title: "Rename the lamp"
  outcome: completed
  started_at: "2026-01-15T10:00:00Z"
  duration_minutes: 44
  continues: ["2026-01-14_100000_buy-the-lamp_0a1b2c3d"]
skills:
  loaded: [testing]
  suggested: []
files:
  created:
    - {path: "lamp/a.py", type: py}
    - {path: "lamp/b.py", type: py, domain: lamp}
  modified: []
  types: {py: 1, ".md": 20}
root_causes: []
gotchas:
  - pattern: "The lamp is on"
    applies_to: [testing, "a lamp"]
gates:
  passed: []
  violations:
    - gate: G1
      reason: "It was late"
      recovered: true
agents:
  delegated: []
commands:
  - {cmd: "lamp --on", success: true, exit_code: 127, seconds: 1.5}
tasks:
  - id: "t1"
    description: "Turn it \\"on\\""
    status: done
    dependencies: ["t0", "t9"]
    started_at: "2026-01-15T10:00:01Z"
    forced: true
    checklist: [
      {item: "Switch", done: true},
      {item: "Look 100 %", done: false}]
    result: "first\\nsecond"
    tokens_used: 1234
delegations:
  - id: "d1"
    task_id: "t1"
    agent: lead
    delegation_chain: [
      {task_id: "t1", agent: lead, depth: 12}]
    subtasks: {total: 10, completed: 3}
usage: {models: ["large"], input_tokens: 12345}
metadata: {share: 1.50, flag: true, more: {text: "x", number: 333}}
provenance: {format: 1, writer: "a test", source: live, inferred: [], redactions: 0, dropped: {}}
"""

CHANGES = (
    ("", ""),
    ('{path: "lamp/a.py", type: py}', '{type: py, path: "lamp/a.py"}'),
    ("root_causes: []\n", ""),
    ("root_causes: []\n", "root_causes: []\nroot_causes: []\n"),
    ("  modified: []\n", ""),
    ("  outcome: completed\n", "  outcome: completed\n  outcome: failed\n"),
    ("    status: done\n", "    status: done\n    status: failed\n"),
    ('"t1"\n    description', '"t1"\n    other: 1\n    description'),
    ('  title: "Rename the lamp"\n', '  title: "Rename the lamp"\n  lamp: "on"\n'),
    ('{py: 1, ".md": 20}', '{".md": 1, ".md": 20}'),
    ('{py: 1, ".md": 20}', '{md: 1, "md": 20}'),
    ('{py: 1, ".md": 20}', '{"' + "m" * 1200 + '": 20}'),
    ('{py: 1, ".md": 20}', '{py: 1, "\\u002emd": 20}'),
    ('started_at: "2026-01-15T10:00:01Z"', "started_at: 12345"),
    ('started_at: "2026-01-15T10:00:01Z"', 'started_at: "2026-02-30T10:00:00Z"'),
    ('started_at: "2026-01-15T10:00:01Z"', 'started_at: "2026-01-15T24:00:00Z"'),
    ('started_at: "2026-01-15T10:00:01Z"', 'started_at: ["2026-01-15T10:00:00Z"]'),
    ('date: "2026-01-15"', 'date: "20260115"'),
    ("forced: true", "forced: 123"),
    ("forced: true", 'forced: "yes"'),
    ("status: done", "status: null"),
    ("status: done", "status: 12"),
    ("status: done", 'status: ["done", "failed"]'),
    ("tokens_used: 1234", "tokens_used: 12.50"),
    ("tokens_used: 1234", 'tokens_used: "1234"'),
    ("tokens_used: 1234", "tokens_used: 777777001"),
    ("tokens_used: 1234", "tokens_used: 12345678901"),
    ("seconds: 1.5", "seconds: 1.50"),
    ("exit_code: 127", "exit_code: -12"),
    ('["t0", "t9"]', "[10, 22, 333]"),
    ('["t0", "t9"]', '["t0", {a: "b"}]'),
    ('["t0", "t9"]', '["\\u0000", "§0§"]'),
    ('["t0", "t9"]', '["%s", "\\t", "\\u00e9", "\u2028"]'),
    ('["t0", "t9"]', '["%s", "\\t", "\\/", "ü", "\u202f"]'),
    ('["t0", "t9"]', "[]"),
    ('["t0", "t9"]', "{}"),
    ('"t0", "t9"', '"777777001", 777777001'),
    ("Turn it", "Turn\\u0000it"),
    ("Turn it", "Turn\tit"),
    ("Turn it", "Turn\\x41it"),
    ("Turn it", "Turn \\ud83d\\ude00 it"),
    ("agents:\n", "commits: []\nagents:\n"),
    ("delegations:\n", "delegations: []\nchanges:\n"),
    ("commands:\n", "commands: []\nphases:\n"),
    ("metadata:", "recovery: {}\nmetadata:"),
    ("provenance:", "recovery: {}\nprovenance:"),
    ("usage:", "commits: []\nusage:"),
    ("agents:\n  delegated: []", "agents:\nxxdelegated: []"),
    ("    tokens_used: 1234", "    tokens_used: 1234\n    lamp: 1"),
    ("provenance:", "recovery: {cause: crash, data_loss_seconds: 12.5}\nprovenance:"),
    ("usage: {", "usage: {lamp: 1, "),
    ("usage: {models: [", "usage: [{models: ["),
    ('{item: "Switch", done: true}', '{done: true, item: "Switch"}'),
    ('{item: "Switch", done: true}', '{item: "Switch"}'),
    ('{item: "Switch", done: true}', '"Switch"'),
    ('{item: "Switch", done: true}', '{item: "Switch", done: true}, {item: "On", done: true}'),
    ('      {item: "Switch"', '       {item: "Switch"'),
    ('      {item: "Switch"', '    {item: "Switch"'),
    ("done: false}]", "done: false}],"),
    ("done: false}]", "done: false},"),
    ("    checklist: [\n", "    checklist: {\n"),
    ("  outcome: completed", "   outcome: completed"),
    ("  outcome: completed", " outcome: completed"),
    ("  outcome: completed", "  outcome:"),
    ("    status: done", "     status: done"),
    ("    status: done", "  status: done"),
    ('type: py}\n    - {path: "lamp/b.py"', 'type: py}\n      domain: lamp\n    - {path: "lamp/b.py"'),
    ('  - id: "d1"', '  - {id: "d0"}\n  - id: "d1"'),
    ('  - id: "d1"', '  - {}\n  - id: "d1"'),
    ('  - id: "d1"', '  - d1\n  - id: "d1"'),
    ('  - id: "d1"', '  - checklist: [\n      {item: "a", done: true}]\n  - id: "d1"'),
    ("tasks:\n", "tasks:\ngates:\n"),
    ("skills:\n  loaded: [testing]\n  suggested: []\n", "skills: {}\n"),
    ("skills:\n  loaded: [testing]\n  suggested: []\n", "skills: {loaded: [testing], suggested: []}\n"),
    ("skills:\n  loaded: [testing]\n  suggested: []\n", "skills: {suggested: [], loaded: [testing]}\n"),
    ("more: {", "more: {" + ", ".join(f"a{number}: {number + 100}" for number in range(98)) + ", "),
    ("more: {", "more: {" + ", ".join(f"a{number}: {number + 100}" for number in range(120)) + ", "),
    ('["t0", "t9"]', str([f"t{number}" for number in range(300)]).replace("'", '"')),
    ("format: 1,", "format: 2,"),
    ("format: 1,", 'format: "1",'),
    ("format: 1,", "format: true,"),
    ("format: 1,", "format: 1.0,"),
    ("provenance: {format: 1,", "provenance:\n  format: 1\nnotes: {"),
    ("dropped: {}}\n", "dropped: {}}"),
    ("dropped: {}}\n", "dropped: {}}\nsession:\n  lamp: 1\n"),
    ("session:\n", "session:\n  lamp: 1\n"),
    ("session:\n", '"session":\n'),
    ('"t0", "t9"', '"t\t0", "t9"'),
    ('"t0", "t9"', '"t\r0", "t9"'),
    ("Rename the lamp", "Rename\u2028the lamp"),
    ("Rename the lamp", "Rename\n    the lamp"),
    ("root_causes: []\n", "root_causes:\n"),
    ("skills:\n  loaded: [testing]\n  suggested: []\n", "skills:\n"),
    ('done: true},\n      {item: "Look 100 %", done: false}]\n', "done: true},\n"),
    ("agents:\n  delegated: []", "agents:\n xdelegated: []"),
    ("{total: 10, completed: 3}", '{"total": 10, completed: 3}'),
)
"""A log as akislog writes it, and what may be otherwise in it: old and new text."""


PLAIN = USUAL.replace('\\"on\\"', "on").replace("first\\nsecond", "first")
"""The same without anything escaped."""


def changed() -> Iterator[bytes]:
    for old, new in CHANGES:
        assert old in USUAL, old
        yield USUAL.replace(old, new, 1).encode()
        yield PLAIN.replace(old, new, 1).encode()


def of_record(source: bytes) -> Rows | None:
    """The rows that a front matter has when it is read whole."""
    value = load(source).value
    return rows_of(1, PATH, value) if value is not None and is_current(value) else None


def of_lines(source: bytes, directly: Directly = direct.rows_of_text) -> Rows | None:
    try:
        return directly(1, PATH, checked(source))
    except Refused:
        return None


def differs(source: bytes, directly: Directly = direct.rows_of_text) -> bool:
    """Whether there are rows that are others; numbers with their types."""
    rows = of_lines(source, directly)
    whole = of_record(source) if rows is not None else None
    return rows is not None and (
        whole is None or any(repr(rows[name]) != repr(whole.get(name)) for name in rows | whole)
    )


@cache
def fronts() -> tuple[bytes, ...]:
    return tuple(split(text.encode())[0].yaml for text in texts(60))


def edited(random: Random, front: bytes) -> bytes:
    """A log in which lines stand in another order, or say something that goes wrong elsewhere."""
    lines = front.rstrip(b"\n").split(b"\n")
    for _ in range(random.randint(1, 2)):
        at = random.randrange(len(lines))
        line, act = lines[at], random.randrange(3)
        if act == 0 and at + 1 < len(lines):
            lines[at : at + 2] = [lines[at + 1], line]
        elif act == 1:
            said = random.choice([one for one in NASTY if "\ud800" not in one])
            told = front_matter({"session": {"title": said}}).split("title: ", 1)[1].split("\n")[0].encode()
            lines[at] = b'"'.join(line.split(b'"')[:1]) + told + b'"'.join(line.split(b'"')[2:])
        else:
            number = str(random.choice((0, 7, 12, 10**8, 10**10, 77777700))).encode()
            lines[at] = re.sub(rb"[0-9]+", number, line, count=1)
    return b"\n".join(lines) + b"\n"


def mutants(count: int, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    small = [front for front in fronts() if len(front) < 6000]
    for _ in range(count):
        yield random.choice((edited, edited, damaged, tricked, moved))(random, random.choice(small))


def first_difference(sources: Iterable[bytes], directly: Directly = direct.rows_of_text) -> bytes | None:
    return next((source for source in sources if differs(source, directly)), None)


def test_what_akislog_writes_is_read_by_its_lines() -> None:
    assert all(of_lines(front) is not None for front in fronts())
    assert first_difference(fronts()) is None


def test_no_more_lines_are_remembered_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_REMEMBERED", 5)
    monkeypatch.setattr(lines.Place, "remembered", 0)
    for place in lines.Place.every:
        place.clear()
    most = 0
    for front in list(fronts())[:5]:
        assert of_lines(front) is not None
        held = sum(map(len, lines.Place.every))
        assert held == lines.Place.remembered <= 5
        most = max(most, held)
    assert most > 1


@given(session=sessions())
def test_whatever_a_session_held(session: Session) -> None:
    assert not differs(front_matter(session.finish().record).encode())


def test_a_log_with_one_thing_otherwise() -> None:
    assert first_difference(changed()) is None
    assert of_lines(USUAL.encode()) is not None


def test_mutants() -> None:
    assert first_difference(mutants(QUICK, 1)) is None
    assert sum(of_lines(one) is not None for one in mutants(QUICK, 1)) > QUICK / 10


@pytest.mark.long
def test_many_mutants() -> None:
    for seed in range(2, 8):
        assert first_difference(mutants(LONG // 6, seed)) is None


def unseen(digest: Callable[[bytes], bytes], count: int) -> int:
    """Of how many mutants with the digest of their original only the tasks say something else. AssertionError where
    anything else does."""
    found, random = 0, Random(5)
    small = [front for front in fronts() if len(front) < 6000]
    for _ in range(count):
        front = random.choice(small)
        mutant = random.choice((edited, damaged, tricked, moved))(random, front)
        rows, others = of_lines(front), of_lines(mutant)
        if rows is not None and others is not None and digest(front) == digest(mutant):
            assert all(repr(rows.get(name)) == repr(others.get(name)) for name in {*rows, *others} - {"tasks"}), mutant
            found += repr(rows.get("tasks")) != repr(others.get("tasks"))
    return found


def test_with_the_same_digest_only_tasks_say_something_else() -> None:
    assert unseen(direct._beside_tasks, QUICK) > QUICK / 50


@pytest.mark.parametrize("after", [rb"\nmetadata:", rb"\n[^ d]", rb"\n(?=p)", rb"\Z"])
def test_digests_of_too_little_are_caught(monkeypatch: pytest.MonkeyPatch, after: bytes) -> None:
    monkeypatch.setattr(direct, "_AFTER", re.compile(after).search)
    with pytest.raises(AssertionError):
        unseen(direct._beside_tasks, QUICK)


# -- a walk with a mistake is caught -----------------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, str]] = {
    "keys of a record in any order": ("if rank <= after or any(", "if not rank or any("),
    "keys of an entry in any order": ("if value is None or place <= last:", "if value is None:"),
    "keys within a line in any order": ("if place <= last:", "if False:"),
    "sections that are always there": (" or any(after < one < rank for one in _ALWAYS_THERE)", ""),
    "other formats": ("if made.record[_FORMAT] != 1:", "if False:"),
    "NUL": ('if "\\0" in said:', "if False:"),
    "escapes": ('_ODD = ("\\\\", ', "_ODD = ("),
    "escaped quotes": (", BACKSLASH, QUOTE, ", ", "),
    "tabs": ('"\\t", "\\r"', '"\\r"'),
    "strings of several lines": ('"\\r", "\\n")', '"\\r")'),
    "JSON of what is escaped": ("= said, encode(said)[1:-1]", "= said, said"),
    "quoted keys": ('if f"{STRING}:" in line:  # whether', "if False:  # whether"),
    "marks among numbers": ('if "7777770" in line or', "if"),
    "numbers that are none": ("(mark[2] and cell != value)", "False"),
    "keys that no schema knows": (
        "if key not in columns:\n        raise Odd",
        "if key not in columns:\n        return len(columns) + 2, columns[next(reversed(columns))][1]",
    ),
    "numbering of items": ("log.count = 0", "pass"),
    "empty lists that are not written": ("or rank not in _ALWAYS_THERE:", "or False:"),
    "empty sections": ("if said.__class__ is not dict or not said:", "if said.__class__ is not dict:"),
    "entries of an element": ('or (column.entity and text[1] != "[")', ""),
    "margins of keys": ('if line[:2] != "  ":', "if False:"),
    "an entry after an item that is a line": ("self.after if alone else self.inside(last)", "self.inside(last)"),
    "numbers of texts": ("texts.append((place, int(mark[1])))", "texts.append((place, 0))"),
    "too many numbers": ("line.count(NUMBER) > _MOST_NUMBERS:", "False:"),
    "float": ('float(text) if "." in text else int(text)', "float(text)"),
    "the row behind a list": ("row, texts = log.record, log.strings.texts", "row, texts = _, log.strings.texts"),
}


def with_mistake(old: str, new: str) -> Directly:
    """``rows_of_text`` of modules whose source says ``new`` where it says ``old``."""
    parts = [Path(str(module.__file__)).read_text("utf-8") for module in (steps, lines, direct)]
    source = "".join([parts[0], *(part.partition("annotations\n")[2] for part in parts[1:])])
    source = re.sub(r"from akislog.store.index.(lines|steps) import ([^(\n]*\n|\([^)]*\)\n)", "", source)
    source = re.sub(r"\bsteps\.", "", source.replace("from akislog.store.index import schema, steps\n", ""))
    assert not re.search("index.(lines|steps)", source)
    assert source.count(old) == 1, old
    module = ModuleType("broken_walk")
    exec(compile(source.replace(old, new), "broken_walk", "exec"), vars(module))
    directly: Directly = module.rows_of_text
    return directly


def test_walks_with_a_mistake_are_caught() -> None:
    passed = []
    for name, (old, new) in MISTAKES.items():
        directly = with_mistake(old, new)
        try:
            caught = first_difference((*fronts(), *changed(), *mutants(QUICK // 3, 1)), directly) is not None
        except Exception:
            caught = True
        if not caught:
            passed.append(name)
    print(f"\nmutants caught {len(MISTAKES) - len(passed)}/{len(MISTAKES)}; not: {passed}")
    assert passed == []
