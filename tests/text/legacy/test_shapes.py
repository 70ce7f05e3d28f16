"""Every shape of an older log has a file of its own, and beside it what it must be read as, by JSON pointer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from akislog.text.document import parse

SHAPES = Path(__file__).parents[2] / "fixtures" / "legacy" / "shapes"


def at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


@pytest.mark.parametrize("path", sorted(SHAPES.glob("*.md")), ids=lambda path: path.stem)
def test_an_older_shape_is_read_as_todays(path: Path) -> None:
    document = parse(path.read_bytes(), path.name)
    assert document.log is not None
    assert document.split.join() == path.read_bytes()
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert {pointer: at(document.log.record, pointer) for pointer in expected} == expected
    assert not [finding for finding in document.findings if finding.severity == "error" and finding.code != "AKL001"]
