"""One line of a transcript decoded: with the compiled decoder the same values and the same refusals as without."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akislog.exchange import transcript
from akislog.exchange.transcript import LINE_LIMIT, decoded
from tests.exchange.importing import FIXTURES
from tests.paths import TRANSCRIPTS

EDGES = (
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"-0.0", b"1" * 40, b"-" + b"9" * 25, b"1" * 5000, b"1.8e308"),
    *(b"18446744073709551616", b"5e-324", b"9007199254740993.0", b"0.1e1", b"01", b"1.", b".5", b"+1", b"tru", b""),
    *(b'"\\ud800"', b'"\\ude00\\ud83d"', b'"\\ud83d\\ude00"', b'"\xff"', b'"\xed\xa0\x80"', b'"\xc3"', b'"a\tb"'),
    *(b'"\\x"', b'"\\u0000"', b'"\x7f"', b"\xef\xbb\xbf{}", b" {} \r\n", b"\x0b{}", b"{}\0", b"{} {}"),
    *(b"/**/{}", b"'a'"),
    *(b'{"a":1,"b":2,"a":3}', b"[1,]", b'{"a":1,}', b'{"a" :\t1}'),
    *(b"[" * 5000, b'{"a":' * 5000, b"[" * 300 + b"]" * 300),
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def by_the_standard_library(data: bytes) -> Any:
    """What ``decoded`` must give: the value of ``json.loads``, with what is no UTF-8 replaced; None where it fails."""
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


@pytest.fixture(params=["stock", "compiled"])
def decode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Any]:
    if request.param == "stock":
        monkeypatch.setattr(transcript, "compiled_decoder", lambda: None)
    elif transcript.compiled_decoder() is None:
        pytest.skip("msgspec, the extra fast, is not installed")
    return decoded


def lines() -> Iterator[bytes]:
    for folder in (FIXTURES, TRANSCRIPTS):
        for path in sorted(folder.rglob("*.json*")):
            yield from path.read_bytes().splitlines(keepends=True) if path.suffix == ".jsonl" else [path.read_bytes()]


def same(one: Any, other: Any) -> bool:
    """Equal, with the same types, the same order of keys and the same NaN."""
    return type(one) is type(other) and repr(one) == repr(other)


def test_every_real_line_has_the_value_of_json_loads(decode: Callable[[bytes], Any]) -> None:
    met = 0
    for line in lines():
        assert same(decode(line), by_the_standard_library(line)), line[:200]
        met += 1
    assert met > 100


def test_every_changed_line_too(decode: Callable[[bytes], Any]) -> None:
    chance = random.Random(20260601)
    short = [line for line in lines() if len(line) < 4000]
    taken = refused = 0
    for _ in range(8000):
        data = bytearray(chance.choice(short))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            cut = chance.choice((0, 0, 1, 3, len(data)))
            data[at : at + cut] = chance.choice((b"", b'"', b"}", b",", b"\\", b"\xff", b"0", b"\n", *EDGES))
        wanted = by_the_standard_library(bytes(data))
        assert same(decode(bytes(data)), wanted), bytes(data)
        taken, refused = taken + (wanted is not None), refused + (wanted is None)
    assert min(taken, refused) > 1000


@pytest.mark.parametrize("data", EDGES)
def test_the_edges_of_json(decode: Callable[[bytes], Any], data: bytes) -> None:
    for one in (data, b'{"a":' + data + b"}\n", b"[" + data + b"]"):
        assert same(decode(one), by_the_standard_library(one)), one[:80]


@given(st.recursive(SCALARS, lambda one: st.lists(one) | st.dictionaries(st.text(), one)), st.booleans())
@settings(max_examples=300)
def test_every_value(value: Any, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert same(decoded(data), by_the_standard_library(data))


def test_what_is_too_long_is_no_value() -> None:
    assert decoded(b'"' + b"a" * (LINE_LIMIT - 2) + b'"') is not None
    assert decoded(b'"' + b"a" * (LINE_LIMIT - 1) + b'"') is None


def test_the_samples_are_found_where_the_shared_data_lies() -> None:
    if not Path(TRANSCRIPTS).is_dir():
        pytest.skip(f"no sample data at {TRANSCRIPTS}; set AKISLOG_TEST_SHARED")
    assert sum(1 for _ in lines()) > 2000
