"""``akislog search`` as it is typed: what is found and how it is ranked; input that means ill finds nothing more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from akislog import resources
from tests.cli.command import akislog


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / ".akislog.toml").touch()
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    return folder


def found(shop: Path, *arguments: str) -> list[Any]:
    done = akislog(shop, "search", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_the_best_come_first_with_a_piece_of_text(shop: Path) -> None:
    hits = found(shop, "token*")
    assert [hit["hits"] for hit in hits] == sorted((hit["hits"] for hit in hits), reverse=True)
    assert len(hits) > 1
    assert all("token" in hit["snippet"].lower() for hit in hits)


def test_parts_filters_and_limits(shop: Path) -> None:
    assert {hit["where"] for hit in found(shop, "token", "--in", "gotchas")} == {"gotchas"}
    assert found(shop, "extension", "--where", "session.outcome=completed") == []
    assert len(found(shop, "the", "--limit", "2")) == 2
    assert found(shop, '"clock skew"') == found(shop, "clock-skew")
    paths = akislog(shop, "search", "extension", "--format", "paths").stdout.splitlines()
    assert all(Path(shop, path).is_file() for path in paths)
    assert paths


# Words of the full-text search's own language, and signs that mean something there, are words and signs here.
HOSTILE = [
    "token AND nothing", "token OR nothing", "token NOT nothing", "NEAR(token skew)", "title:token", "-token", "^token",
    '"token" *', "token) OR (1=1", "'; drop table words; --", "{title body}: token", "token\x01", "*", '""', "+", "\\",
    "token* *", "a" * 5000, "tok?n", "to%ken", "_oken", "\u202etoken", "((((((((((((",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_words_or_refused(shop: Path, text: str) -> None:
    done = akislog(shop, "search", "--format", "json", "--", text)
    if done.returncode == 2:
        assert "there is no word" in done.stderr
        assert done.stdout == ""
    else:
        assert done.returncode == 0
        hits = json.loads(done.stdout)
        unheard = any(word in text for word in ("nothing", "drop", "NEAR", "1=1", "%", "?"))
        assert hits == [] or not unheard, "only an operator finds these"
    assert "\x01" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout + done.stderr
