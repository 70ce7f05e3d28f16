"""Redaction leaves ordinary text alone, in this project's sources and in real logs, and bait costs it little more.

How fast the patterns themselves are is no test but a measurement: benchmarks/redact.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from akislog.text.redact import Redactor
from tests.paths import CORPUS, need
from tests.text import secret_samples as samples

REPOSITORY = Path(__file__).parents[2]
ENDINGS = ("*.py", "*.md", "*.json", "*.jsonl", "*.toml", "*.j2")
FOLDERS = ("akislog", "benchmarks", "docs", "integrations", "log", "schemas", "templates", "tests")
PLANTED = "AKL221_secret"  # the examples of the rule that looks for secrets
PLAIN = Redactor()


def replaced(paths: list[Path]) -> dict[str, list[str]]:
    """Of every file in which something was taken for a secret the lines."""
    hits = {}
    for path in paths:
        text = path.read_text("utf-8", "replace")
        clean, count = PLAIN.redact(text)
        if count:
            pairs = zip(text.splitlines(), clean.splitlines(), strict=False)
            hits[str(path)] = [one for one, other in pairs if one != other]
    return hits


def test_nothing_in_our_own_sources_is_a_secret() -> None:
    folders = [REPOSITORY, *(REPOSITORY / name for name in FOLDERS)]
    paths = [
        path for folder in folders for ending in ENDINGS for path in _files(folder, ending) if PLANTED not in path.parts
    ]
    assert len(paths) > 150
    assert replaced(paths) == {}


def _files(folder: Path, ending: str) -> list[Path]:
    return list(folder.glob(ending) if folder == REPOSITORY else folder.rglob(ending))


def test_nothing_in_real_logs_is_a_secret() -> None:
    paths = sorted(need(CORPUS).rglob("*.md"))
    assert len(paths) > 50
    assert replaced(paths) == {}


def calls(text: str) -> int:
    """How many functions redacting a text calls, those of the patterns included."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before: Callable[..., Any] | None = sys.getprofile()
    sys.setprofile(counted)
    try:
        PLAIN.redact(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("bait", samples.BAITS)
def test_four_times_the_bait_is_four_times_the_work(bait: str) -> None:
    """Of the work between the patterns; inside them the structure is tested (tests/text/test_redact.py)."""
    PLAIN.redact(bait * 50)  # patterns are compiled once
    once, four = (calls(bait * (size // len(bait))) for size in (3_000, 12_000))
    assert four <= 5 * once + 100
