"""Searching in the index gives what searching the files gives: the same logs, hits, places and pieces of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from akislog.core.log import WorkflowLog
from akislog.core.query import Filter, compile
from akislog.core.rows import Row
from akislog.core.rows import rows as rows_of_log
from akislog.core.search import COLUMNS, terms
from akislog.errors import QueryError
from akislog.store.corpus import Corpus, best
from akislog.store.index import opening as index
from akislog.store.index.hits import hits, ranking
from akislog.store.index.opening import Indexed
from akislog.store.index.rows import Reader
from akislog.store.index.schema import AGAIN
from akislog.store.index.whole import words
from tests.queries import TODAY, ZONE, records
from tests.store.test_index import HOW
from tests.store.test_index_rows import connected

WORDS = ("a", "ab", "a=1", "b", "Straße", "strasse", "é", "e", "12", "x61x", "世", "\0")
some = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
noted = st.fixed_dictionaries(
    {},
    optional={
        "session": st.fixed_dictionaries({}, optional={"id": some, "title": some, "summary": some}),
        "tasks": st.lists(st.fixed_dictionaries({"description": some}) | st.just("plain a"), max_size=3),
        "notes": st.lists(some, max_size=3),
        "errors": some,
    },
)
asked = st.lists(
    st.sampled_from(["a", "ab", "a*", "b", "STRASSE", "stra*", "É", "12", "x61*", "世", "absent"]), max_size=3
)


def indexed(drawn: list[dict[str, Any]]) -> Reader:
    """The tables with these records and their words."""
    connection = connected(drawn)
    for number, record in enumerate(drawn):
        connection.execute("insert into words (rowid, text) values (?, ?)", (number + 1, words(_texts(record))))
    return Reader(connection, "log")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


def from_files(drawn: list[dict[str, Any]], wanted: Filter) -> list[Row]:
    logs = [WorkflowLog(record, path=f"log/{number}.md") for number, record in enumerate(drawn)]
    return [row for log in logs for row in rows_of_log(log) if wanted.matches(row)]


@given(
    st.lists(noted | records(), max_size=5),
    asked.filter(bool),
    st.sampled_from(["", "title exists"]),
    st.integers(0, 3),
)
@example([{"notes": ["a " * 5000, "ab"]}, {"notes": ["a b a"]}], ["a*", "a"], "", 0)
def test_the_same_as_from_the_files(drawn: list[dict[str, Any]], query: list[str], where: str, limit: int) -> None:
    searched, reader, wanted = terms(" ".join(query)), indexed(drawn), compile(where, "logs", TODAY, ZONE)
    ranked = ranking(reader, searched, wanted, limit)
    if ranked is None:
        assert reader.irregular
        return
    expected = best(from_files(drawn, wanted), searched, COLUMNS, limit)
    whole = hits(reader, ranked, searched, None)
    assert [(hit.row.path, repr(hit.row.record), *hit[1:]) for hit in whole] == [
        (hit.row.path, repr(hit.row.record), *hit[1:]) for hit in expected
    ]
    some_sections = hits(reader, ranked, searched, {"session"})
    assert [(hit.row.path, hit.row.id, *hit[1:]) for hit in some_sections] == [
        (hit.row.path, hit.row.id, *hit[1:]) for hit in expected
    ]


def test_a_phrase_and_an_odd_filter_are_for_the_files_engine() -> None:
    reader = indexed([{"notes": ["a b"]}])
    assert ranking(reader, terms('"a b"'), compile(""), 0) is None
    assert ranking(reader, terms("a b"), compile(""), 0) is not None
    assert ranking(reader, terms("a"), compile("body~a"), 0) is None


@pytest.mark.parametrize("text", ["a=1 a", f"a{AGAIN}2", "a a=2"])
def test_nobody_can_ask_for_a_number(text: str) -> None:
    reader = indexed([{"notes": [text]}])
    try:
        searched = terms(f"a{AGAIN}*")
    except QueryError:
        return
    assert {word for term in searched for word in term.words} == {"a"}
    (found,) = ranking(reader, searched, compile(""), 0) or ()
    assert found.hits == text.count("a")


def test_only_the_wanted_are_looked_at(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(30):
        (logs / f"{number:02}.md").write_text(
            f"---\nsession: {{id: s{number}, title: {'word ' * (number % 7)}}}\n---\n\nword\n", "utf-8"
        )
    index.rebuild(str(logs), tmp_path / "state", lambda _, __: None)
    found = index.opened(logs, tmp_path / "state", print, **HOW)
    assert isinstance(found, Indexed)
    files = Corpus(logs, **HOW)
    for limit in (0, 1, 5, 100):
        expected = [(hit.row.path, *hit[1:]) for hit in files.search("word", limit=limit)]
        assert [(hit.row.path, *hit[1:]) for hit in found.search("word", limit=limit)] == expected
        assert len(expected) == min(limit or 30, 30)
    (logs / "29.md").unlink()  # its words stay in the index, and lead nowhere
    (logs / "06.md").write_text("---\nsession: {id: s6, title: other}\n---\n\nnothing\n", "utf-8")
    found = index.opened(logs, tmp_path / "state", print, **HOW)
    expected = [(hit.row.path, *hit[1:]) for hit in files.search("word")]
    assert [(hit.row.path, *hit[1:]) for hit in found.search("word")] == expected
    assert len(expected) == 28
