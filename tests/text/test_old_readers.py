"""The line-based readers of older tools on what we write: nothing raised, no log dropped, the same main facts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from akislog.core.session import Session
from akislog.resources import example_logs
from akislog.text.document import parse, render
from tests.oracles import by_lines, flattened
from tests.sessions import NASTY, sessions, started
from tests.text.test_roundtrip import everywhere

# What the second reader cannot see by construction: paths with a quote, comma, brace or escape.
PLAIN_PATH = re.compile(r'[^"\\,{}]+')


def check_first(text: str, record: dict[str, Any]) -> None:
    for guarded in (True, False):
        seen = by_lines(text, guarded=guarded)
        assert {key: yaml.safe_load(raw) for key, raw in seen["session"].items()} == record["session"]
        for kind in ("loaded", "suggested"):
            assert yaml.safe_load(seen["skills"][kind]) == record["skills"][kind]
        assert yaml.safe_load(seen["gates"]["passed"]) == record["gates"]["passed"]
        violations = seen["gates"]["violations"]
        if record["gates"]["violations"]:
            assert [yaml.safe_load(one) for one in violations] == [
                {"gate": one["gate"]} for one in record["gates"]["violations"]
            ]
        else:
            assert violations == "[]"
        for action in ("created", "modified", "deleted"):
            items = seen["files"].get(action, [])
            expected = record["files"].get(action, [])
            assert ([yaml.safe_load(one) for one in items] if items != "[]" else []) == expected
        assert yaml.safe_load(seen["files"]["types"]) == record["files"]["types"]
        for name, first in (("gotchas", "pattern"), ("root_causes", "problem")):
            items = [] if seen[name] == "[]" else seen[name]
            assert [yaml.safe_load(one) for one in items] == [{first: one[first]} for one in record[name]]
        delegated = seen["agents"]["delegated"]
        assert len([] if delegated == "[]" else delegated) == len(record["agents"]["delegated"])


def check_second(text: str, record: dict[str, Any]) -> None:
    seen = flattened(text)
    for key in ("id", "date", "complexity", "domain", "title"):
        assert yaml.safe_load(seen.fields[key]) == record["session"][key]
    assert seen.domain == record["session"]["domain"]
    assert seen.types == record["files"]["types"]
    files = [file for kind in ("created", "modified", "deleted") for file in record["files"].get(kind, [])]
    found = {path: (kind, domain) for path, kind, domain in seen.files}
    for file in files:
        if PLAIN_PATH.fullmatch(file["path"]) and f'"{file["path"]}"' in text:
            assert found[file["path"]] == (file["type"], file["domain"])
    assert {path for path in found if "\\" not in path} <= {file["path"] for file in files}


@given(session=sessions())
def test_any_session(session: Session) -> None:
    record = session.finish().record
    text = render(record)
    check_first(text, record)
    check_second(text, record)


@pytest.mark.parametrize("nasty", [text for text in NASTY if text.strip()], ids=lambda text: ascii(text[:20]))
def test_nasty_text_in_every_place(nasty: str) -> None:
    record = everywhere(nasty).finish().record
    check_first(render(record), record)
    check_second(render(record), record)


@pytest.mark.parametrize("path", sorted(example_logs().glob("*.md")), ids=lambda path: path.stem)
def test_the_example_logs(path: Path) -> None:
    text = path.read_text("utf-8")
    log = parse(text).log
    assert log is not None
    check_first(text, dict(log.record))
    check_second(text, dict(log.record))


@pytest.mark.parametrize("kind", ["y", "n", "no", "on", "null", "YES", "7z", "c++", "x" * 300])
def test_file_types_that_look_like_values(kind: str) -> None:
    session = started(domain=kind)
    session.file(f"grammar.{kind}", domain=kind)
    record = session.finish().record
    check_first(render(record), record)
    check_second(render(record), record)
    assert len(flattened(render(record)).files) == 1


def test_the_oracles_fail_where_the_old_readers_do() -> None:
    """A list in block style inside an item drops the log in one reader; items at column 0 are lost in all."""
    nested = '---\ntasks:\n  - id: "t1"\n    checklist:\n      - item: "a"\ngotchas:\n  - pattern: "p"\n---\n'
    with pytest.raises(TypeError):
        by_lines(nested, guarded=False)
    assert by_lines(nested, guarded=True)["gotchas"] == ['pattern: "p"']
    unindented = '---\ngotchas:\n- pattern: "p"\n  solution: "s"\n---\n'
    assert by_lines(unindented, guarded=True)["gotchas"] != ["pattern"]
    assert flattened('---\nfiles:\n  modified:\n    - {path: "a", domain: b, type: c}\n---\n').files == []
