"""Older logs brought to format 1: they pass every check, no value is lost, the body is what it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.document import check_document
from akislog.checks.migrate import Left, Migrated, migrate
from akislog.core.shape import SHAPE
from akislog.text.document import parse
from akislog.text.emit import front_matter
from akislog.text.frontmatter import split
from tests.paths import CORPUS, need

WRITER = "akislog 0.1.0"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "legacy"
NAME = "2026-01-05_120000_menu.md"


def migrated(data: bytes, name: str = NAME) -> Migrated:
    """The file in format 1, after everything that must hold for every file."""
    done = migrate(parse(data, name), WRITER)
    assert isinstance(done, Migrated), done
    holds(data, done, name)
    return done


def holds(data: bytes, done: Migrated, name: str = NAME) -> None:
    """What is true of every file that was migrated."""
    assert [one for one in check_document(done.data, name).findings if one.severity == "error"] == []
    before, after = parse(data, name), parse(done.data, name)
    assert after.split.body == before.split.body
    assert after.split.bom == b""
    again = migrate(after, "akislog 9")
    assert isinstance(again, Left)
    assert again.fine
    if before.front.value is not None:
        assert after.front.value is not None
        assert not Counter(scalars(before.front.value)) - Counter(scalars(after.front.value))


def scalars(value: Any) -> Iterator[tuple[str, Any]]:
    """Texts, numbers and truths, each with its kind; counted here on its own, to compare."""
    if isinstance(value, dict):
        for one in value.values():
            yield from scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from scalars(one)
    elif isinstance(value, float) and value and not 1e-6 <= abs(value) < 1e15:
        yield "str", repr(value)  # YAML readers do not agree on such numbers: they are written as text
    elif value not in (None, ""):
        kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
        yield kind, value


def test_every_real_log() -> None:
    logs = sorted(need(CORPUS).glob("*.md"))
    assert len(logs) >= 79
    for path in logs:
        data = path.read_bytes()
        done = migrated(data, path.name)
        for one in (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n")):
            assert migrated(one, path.name).inferred == done.inferred
        assert {"session.started_at", "session.ended_at"} <= set(done.inferred)


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.md")), ids=lambda path: path.name)
def test_every_older_shape(path: Path) -> None:
    migrated(path.read_bytes(), f"2026-01-05_{path.name}")


def test_a_log_without_front_matter() -> None:
    body = b"# The side menu | 2026-01-05 | ~45min\r\n\r\n## Tasks\r\n- [x] Draw it\r\n"
    done = migrated(body)
    log = parse(done.data, NAME).log
    assert log is not None
    assert done.data.endswith(b"---\r\n" + body)
    assert b"\n" not in split(done.data)[0].yaml.replace(b"\r\n", b"")
    assert [task.description for task in log.tasks] == ["Draw it"]
    assert log.record["session"]["duration_minutes"] == 45
    assert log.record["provenance"]["source"] == "converted"
    assert "session.id" in log.record["provenance"]["inferred"]


OLD = b"""---
# kept by hand
session:
  id: "2026-01-05_menu"
  date: "2026-01-05"
  complexity: medium   # or simple
  domain: frontend
  duration: "~2 hours"
  mood: "c#"
next_steps: ["one", "two"]
gotchas:
  - "plain"
  - {issue: "i", reason: "r", solution: "s"}
  - 7
---
body
"""


def test_values_in_other_words_are_kept_where_they_stood() -> None:
    done = migrated(OLD)
    assert done.original == {"/session/domain": "frontend", "/session/duration": "~2 hours", "/gotchas/2": 7}
    log = parse(done.data, NAME).log
    assert log is not None
    assert log.record["provenance"]["original"] == done.original
    assert log.record["provenance"]["comments"] == ["# kept by hand", "# or simple"]
    assert log.record["session"]["mood"] == "c#"
    assert log.record["next_steps"] == ["one", "two"]
    assert log.record["session"]["domain"] == "frontend_only"
    assert log.record["session"]["id"] == "2026-01-05_menu"


def test_what_the_format_does_not_take_is_kept_aside() -> None:
    front = b"""---
session: {id: "a/b", date: "2026-01-05", domain: "front of house", branch: 7}
commands: [{cmd: make, exit_code: "0"}, {success: true}]
tasks:
  - {id: a, description: x, status: done, parent_task_id: z, delegation_depth: 3}
  - {id: a, description: y, status: done, dependencies: [a, nobody], tokens_used: -1}
  - {id: b, description: y, status: nonsense, parent_task_id: c}
  - {id: c, description: y, status: done, parent_task_id: b}
delegations:
  - {id: d1, task_id: nobody, agent: code, status: success}
  - id: d2
    task_id: c
    agent: code
    status: success
    delegation_chain: [{task_id: c, agent: code, depth: 4}]
parallel_groups: [{id: g, tasks: [a, nobody]}]
---
"""
    done = migrated(front)
    log = parse(done.data, NAME).log
    assert log is not None
    assert [task.id for task in log.tasks] == ["a", "a-2", "b", "c"]
    assert [one.id for one in log.delegations] == ["d2"]
    assert log.record["session"]["id"] == "2026-01-05_120000_menu"
    assert done.original["/session/id"] == "a/b"
    assert done.original["/commands/0/exit_code"] == "0"
    assert done.original["/delegations/1/delegation_chain/0/depth"] == 4
    assert log.record["parallel_groups"] == [{"id": "g", "tasks": ["a"]}]


def test_numbers_and_long_texts_stay_what_they_are() -> None:
    long = "x" * 30_000
    data = f'---\nsession: {{date: "2026-01-05"}}\nmore: [1.5, 1e3, 0.001, -3, true, "{long}"]\n---\n'.encode()
    log = parse(migrated(data).data, NAME).log
    assert log is not None
    assert log.record["more"] == [1.5, 1000, 0.001, -3, True, long]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"---\nsession: {date: '2026-01-05'}\nprovenance: {format: 2}\n---\n", "newer"),
        (b"---\nsession: {title: a: b}\n---\n", "line 2: AKL003"),
        (b"---\nsession: {}\n", "AKL002"),
        (b"", "AKL001"),
        (b"---\nx: " + b"[" * 60 + b"1" + b"]" * 60 + b"\n---\n", None),
        (b'---\nsession: {date: "2026-01-05"}\nx: "' + b"\xc3\xbc" * 130_000 + b'"\n---\n', None),
        (b'---\nsession: {date: "2026-01-05"}\nx: [' + b"1," * 120_000 + b"1]\n---\n", "would not fit"),
    ],
    ids=["newer", "syntax", "unclosed", "empty", "deep", "large", "too large"],
)
def test_what_cannot_be_migrated_says_why(data: bytes, why: str | None) -> None:
    done = migrate(parse(data, NAME), WRITER)
    if why is None:
        assert isinstance(done, Migrated)
    else:
        assert isinstance(done, Left)
        assert not done.fine
        assert why in done.why


def test_a_current_log_is_left_alone() -> None:
    for path in (Path(__file__).parents[2] / "log" / "workflow").glob("2*.md"):
        done = migrate(parse(path.read_bytes(), path.name), WRITER)
        assert done == Left("it is of format 1 already", fine=True)


# --- any front matter -------------------------------------------------------------------------------------------------

KEYS = sorted({key for fields in SHAPE.values() for key in fields})
KEYS += ["problem", "issue", "duration", "todos", "subtasks", "children", "parent_id", "task_id", "x", "a/b", "y"]
TEXTS = ["", "t1", "t2", "a", "done", "completed", "~2 hours", "2026-01-05", "2026-01-05T10:00:00Z", "code: do", "a, b"]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**14), st.sampled_from([0.5, 1e-9, 1e30, 2.0]),
    st.sampled_from(TEXTS), st.text(max_size=6),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=14,
)


@given(front=st.dictionaries(st.sampled_from([*SHAPE["record"], "todos", "delegates", "x"]), VALUES, max_size=5))
def test_any_front_matter(front: dict[str, Any]) -> None:
    data = f"---\n{front_matter({'x': 1, **front})}---\n\n# Menu\n".encode()
    before = parse(data, NAME)
    assert before.front.value is not None
    done = migrate(before, WRITER)
    if isinstance(done, Migrated):
        holds(data, done)
    else:
        stated = before.front.value.get("provenance")
        assert isinstance(stated, dict), done
        assert stated.get("format", 0) >= 1
