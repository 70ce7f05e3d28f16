"""Real logs of other projects, read in place: every one is read, no byte is lost, every list item arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from akislog.text.document import parse
from akislog.text.frontmatter import split
from tests.paths import CORPUS

LOGS = sorted(CORPUS.glob("*.md")) if CORPUS.exists() else []
pytestmark = pytest.mark.skipif(not LOGS, reason=f"no sample logs at {CORPUS}; set AKISLOG_TEST_SHARED")


def front_of(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    if not text.startswith("---\n"):
        return {}
    value = yaml.safe_load(text[4 : text.index("\n---", 4)])
    assert isinstance(value, dict)
    return value


def items(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every item of every list, at any depth, with its pointer."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from items(one, f"{pointer}/{key}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield f"{pointer}/{number}", one
            yield from items(one, f"{pointer}/{number}")


def leaves(value: Any) -> Iterator[str]:
    """Every scalar in a value, as JSON."""
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield json.dumps(value)


def test_how_many_there_are() -> None:
    assert len(LOGS) >= 79


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_log_is_read_and_no_byte_is_lost(path: Path) -> None:
    data = path.read_bytes()
    assert split(data)[0].join() == data
    read = parse(data, path.name)
    assert read.split.join() == data
    assert read.log is not None
    assert not [one for one in read.findings if one.severity == "error" and one.code != "AKL001"]
    assert read.log.session.title or read.log.session.id


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_value_is_read_as_pyyaml_reads_it(path: Path) -> None:
    front = front_of(path)
    if front:
        assert parse(path.read_bytes()).front.value == front


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_list_item_reaches_the_model(path: Path) -> None:
    """In the record at its old place, or anywhere with what it was kept beside it."""
    front, log = front_of(path), parse(path.read_bytes()).log
    assert log is not None
    everything = json.dumps([log.record, dict(log.kept)], ensure_ascii=False, sort_keys=True)
    lost = [
        pointer
        for pointer, item in items(front)
        if json.dumps(item, ensure_ascii=False, sort_keys=True) not in everything
        and not all(leaf in everything for leaf in _leaves(item))
    ]
    assert lost == []


def _leaves(item: Any) -> list[str]:
    return [json.dumps(json.loads(leaf), ensure_ascii=False) for leaf in leaves(item)]


def test_every_list_is_as_long_as_it_was() -> None:
    """Counted straight from the files, over all logs."""
    counted: dict[str, int] = {}
    read: dict[str, int] = {}
    for path in LOGS:
        front, log = front_of(path), parse(path.read_bytes()).log
        assert log is not None
        if not front:
            continue
        views: dict[str, Any] = {
            "files/modified": log.files.modified,
            "files/created": log.files.created,
            "skills/loaded": log.skills.loaded,
            "skills/suggested": log.skills.suggested,
            "gates/passed": log.gates.passed,
            "gates/violations": log.gates.violations,
            "agents/delegated": log.agents.delegated,
            "gotchas": log.gotchas,
            "root_causes": log.root_causes,
            "commands": log.commands,
            "errors": log.errors,
        }
        for name, view in views.items():
            section, _, key = name.partition("/")
            value = front.get(section) or {}
            listed = (value.get(key) if isinstance(value, dict) else value if not key else None) or []
            counted[name] = counted.get(name, 0) + len(listed)
            read[name] = read.get(name, 0) + len(view)
    assert read == counted
    assert counted["files/modified"] > 100
    assert counted["gotchas"] > 10
    assert counted["root_causes"] > 10


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_the_body_alone_is_read_as_markdown(path: Path) -> None:
    body = split(path.read_bytes())[0].body
    read = parse(body, path.name)
    assert read.split.join() == body
    if body.strip() and not body.startswith(b"---"):
        assert read.log is not None
        assert read.log.provenance.source == "converted"
        assert read.log.session.date == path.name[:10] or not path.name[:4].isdigit()
