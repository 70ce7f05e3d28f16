"""Times, texts within their limits, numbers that every reader reads the same, words."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from akislog.core import values
from akislog.core.values import cut, file_type, minutes_between, portable, seconds_between, storable, timestamp, word
from akislog.errors import InvalidValue
from akislog.text.emit import front_matter
from tests.sessions import json_values, texts


@pytest.mark.parametrize(
    ("given_time", "recorded"),
    [
        ("2026-01-15T14:45:30Z", "2026-01-15T14:45:30Z"),
        ("2026-01-15t14:45:30z", "2026-01-15T14:45:30Z"),
        (" 2026-01-15 14:45:30+00:00 ", "2026-01-15T14:45:30Z"),
        ("2026-01-15T14:45:30.999999999Z", "2026-01-15T14:45:30Z"),
        ("2026-01-15T14:45:30,5+01:00", "2026-01-15T13:45:30Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
        ("2026-01-15T14:45Z", "2026-01-15T14:45:00Z"),
        (datetime(2026, 1, 15, 23, 0, 0, 999, timezone(timedelta(hours=-3))), "2026-01-16T02:00:00Z"),
    ],
)
def test_timestamps(given_time: Any, recorded: str) -> None:
    assert timestamp(given_time) == recorded


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "now",
        "2026-01-15",
        "2026-01-15T14:45:30",
        "2026-02-30T00:00:00Z",
        "14:45Z",
        5,
        None,
        [],
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_time(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        timestamp(wrong)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))
def test_a_recorded_time_is_the_moment_it_was(moment: datetime) -> None:
    made = timestamp(moment)
    assert len(made) == 20
    assert timestamp(made) == made
    back = datetime.fromisoformat(made.replace("Z", "+00:00"))
    assert timedelta(0) <= moment - back < timedelta(seconds=1)


def test_spans() -> None:
    start = "2026-01-15T14:45:30Z"
    assert seconds_between(start, "2026-01-15T14:46:00Z") == 30
    assert seconds_between(start, "2026-01-15T14:45:00Z") == 0
    assert [minutes_between(start, f"2026-01-15T14:46:{second}Z") for second in ("59", "00", "29")] == [1, 1, 1]
    for wrong in (None, 5, "", "2026-01-15", "2026-02-31T00:00:00Z", "٢٠٢٦-01-15T14:45:30Z"):
        assert seconds_between(start, wrong) is None
        assert minutes_between(wrong, start) is None


@given(text=texts(), limit=st.integers(8, 300))
def test_cut_says_how_much_is_gone(text: str, limit: int) -> None:
    made = cut(text, limit)
    if len(text) <= limit:
        assert made == text
        return
    kept, _, number = made.rpartition("…[+")
    assert len(made) <= max(limit, 12)
    assert text.startswith(kept)
    assert len(kept) + int(number.removesuffix("]")) == len(text)


def test_ten_thousand_characters_and_one() -> None:
    assert storable("a" * 10_000) == "a" * 10_000
    made = storable("a" * 10_001)
    assert len(made) == 10_000
    assert made.endswith("…[+6]")
    assert storable(made) == made


@given(text=texts())
def test_storable_text_is_valid_and_stays(text: str) -> None:
    made = storable(text)
    made.encode("utf-8")
    assert storable(made) == made
    if len(text) <= 10_000 and not any("\ud800" <= char <= "\udfff" for char in text):
        assert made == text


def test_surrogates_become_the_replacement_character() -> None:
    assert storable("a\ud800b\udfff") == "a\ufffdb\ufffd"
    assert portable({"k\ud800": ["\udfff"]}) == {"k\ufffd": ["\ufffd"]}


@given(value=json_values())
def test_portable_values_are_json_and_stay(value: Any) -> None:
    made = portable(value)
    assert portable(made) == made
    assert json.loads(json.dumps(made, allow_nan=False)) == made


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (-0.0, 0),
        (0.1 + 0.2, 0.3),
        (1e-6, 1e-6),
        (9.9e-7, "9.9e-07"),
        (10**15, "1000000000000000"),
        (10**15 - 1, 10**15 - 1),
        (-(10**15), "-1000000000000000"),
        (1e15, "1000000000000000.0"),
        (999999999999999.9, "999999999999999.9"),
        (2.0, 2),
        (2.5, 2.5),
        (True, True),
        ((1, (2,)), [1, [2]]),
        ({1: {None: 2.5}}, {"1": {"None": 2.5}}),
        (
            {
                "a",
            },
            "{'a'}",
        ),
    ],
)
def test_numbers_and_odd_values(value: Any, made: Any) -> None:
    assert portable(value) == made
    assert type(portable(value)) is type(made)


@given(number=st.one_of(st.floats(), st.floats(1e-7, 1e-5), st.floats(9e14, 2e15), st.integers(-(10**17), 10**17)))
def test_every_reader_reads_the_same_number(number: float) -> None:
    made = portable(number)
    text = front_matter({"metadata": {"n": made}})
    for read in (yaml.safe_load(text), yaml.load(text, yaml.CSafeLoader), YAML(typ="safe", pure=True).load(text)):
        assert read["metadata"] == {"n": made}


def test_a_number_too_long_for_text_is_named() -> None:
    assert portable(10**5_000) == "<huge number>"


def test_deep_values_end() -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    made = portable(deep)
    levels = 0
    while isinstance(made, list):
        made, levels = made[0], levels + 1
    assert (made, levels) == ("<nested too deeply>", values.DEPTH_LIMIT)


def test_long_keys_are_told_apart() -> None:
    made = portable({"k" * 500 + "a": 1, "k" * 500 + "b": 2})
    assert len(made) == 2
    assert all(len(key) == values.KEY_LIMIT for key in made)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("front end", "front_end"),
        ("front-end", "front_end"),
        ("backend_only", "backend_only"),
        ("  2nd try ", "nd_try"),
        ("\u00e9\u00e9", "unspecified"),
        ("", "unspecified"),
        ("C++", "C"),
        ("no", "no_"),
        ("Y", "Y_"),
        ("x" * 200, "x" * 64),
        ("a\u0661b", "a_b"),
    ],
)
def test_words(text: str, made: str) -> None:
    assert word(text) == made


@given(text=texts())
def test_a_word_is_always_a_word(text: str) -> None:
    made = word(text)
    assert made.isascii()
    assert made.isidentifier()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/b.py", "py"),
        ("A.TSX", "tsx"),
        ("Dockerfile", "dockerfile"),
        ("x/.gitignore", "gitignore"),
        (".env.local", "local"),
        ("a.tar.gz", "gz"),
        ("dir.d/file", "file"),
        ("a.", "a"),
        ("...", "file"),
        ("a.c++", "c"),
        ("", "file"),
        ("a.7z", "z"),
        ("grammar.y", "y_"),
    ],
)
def test_file_types(path: str, kind: str) -> None:
    assert file_type(path) == kind
