"""Words and phrases; SQLite's full text search, fed with the same words, finds the same logs."""

from __future__ import annotations

import re
import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core.search import BREAK, COLUMNS, Term, folded, hits, snippet, terms, texts, words
from akislog.core.shape import SHAPE
from akislog.errors import QueryError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("JWT login, again", ["jwt", "login", "again"]),
        ("app/auth.py: parent_task_id", ["app", "auth", "py", "parent", "task", "id"]),
        ("Grüße aus Żółw", ["grusse", "aus", "zołw"]),
        ("cafe\u0301 CAFÉ", ["cafe", "cafe"]),
        ("İstanbul ISTANBUL", ["istanbul", "istanbul"]),
        ("v1.2 x2", ["v1", "2", "x2"]),
        ("Привет 世界", ["привет", "世界"]),
        ("— … \ue000", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("jwt", (Term(("jwt",), False),)),
        ("JWT Login", (Term(("jwt",), False), Term(("login",), False))),
        ('"JWT login" x*', (Term(("jwt", "login"), False), Term(("x",), True))),
        ('"clock sk"*', (Term(("clock", "sk"), True),)),
        ("auth.py", (Term(("auth", "py"), False),)),
        ("- jwt ''", (Term(("jwt",), False),)),
        ("NEAR(a b) OR", (Term(("near", "a"), False), Term(("b",), False), Term(("or",), False))),
    ],
)
def test_what_is_looked_for(query: str, found: tuple[Term, ...]) -> None:
    assert terms(query) == found


@pytest.mark.parametrize(("query", "message"), [("", "no word"), ("***", "no word"), ('"a', "not closed")])
def test_what_is_no_search(query: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        terms(query)


def test_hits_need_every_term_and_cross_no_value() -> None:
    column = folded(["clock skew, clock skew", "rejects tokens"])
    assert hits(terms("clock"), [column]) == 2
    assert hits(terms("clock tokens"), [column]) == 3
    assert hits(terms("clock absent"), [column]) == 0
    assert hits(terms('"clock skew"'), [column]) == 2
    assert hits(terms('"skew rejects"'), [column]) == 0
    assert hits(terms("tok*"), [column]) == 1
    assert hits(terms("tok"), [column]) == 0
    assert hits(terms("clock tokens"), [folded(["clock"]), folded(["tokens"])]) == 2
    assert hits(terms("a"), [folded(["a a a"])]) == 3


def test_the_texts_of_a_log() -> None:
    record = {
        "session": {"id": "the id", "title": "the title"},
        "tasks": [{"id": "t1", "checklist": [{"item": "one", "done": True}]}, "plain"],
        "metadata": {"ticket": "T1", "n": 5},
        "body": "a key of this name",
    }
    found = texts(record, "# Body")
    assert tuple(found) == COLUMNS
    assert {name: held for name, held in found.items() if held} == {
        "session": ["the title", "the id"],
        "tasks": ["t1", "one", "plain"],
        "rest": ["T1", "a key of this name"],
        "body": ["# Body"],
    }
    assert set(COLUMNS) - {"rest", "body"} <= set(SHAPE["record"])


def test_a_snippet_is_the_surroundings_on_one_line() -> None:
    long = "before " * 40 + "the\nClock\tSkew here " + "after " * 60
    shown = snippet(terms('"clock skew"'), ["nothing", long])
    assert "the Clock Skew here" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "\n" not in shown
    assert snippet(terms("crêp*"), ["Crêpes for all"]) == "Crêpes for all"
    assert snippet(terms("absent"), ["text"]) == ""


def test_a_snippet_is_of_the_first_text_that_has_one_of_the_terms() -> None:
    found = ["none here", "skew and \ue000 more", "the clock and the skew"]
    assert snippet(terms("clock skew"), found) == "skew and \ue000 more"
    assert snippet(terms("clock the"), found) == "the clock and the skew"
    assert snippet(terms('"more the"'), found) == ""
    assert snippet(terms("clock"), []) == ""


def defined(text: str) -> list[str]:
    """The words of a text as they are defined, one character after the other."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(char for char in apart if not unicodedata.combining(char)))


@given(st.text() | st.text("aB_ \0\ue000é\u0301ßİΣς\ud800ﬁ가\u1fb3ⅷЖ世"))
def test_words_are_what_they_are_defined_to_be(text: str) -> None:
    assert words(text) == defined(text)


@pytest.mark.parametrize("first", range(0, 0x110000, 0x8000))
def test_every_character_is_folded_as_defined(first: int) -> None:
    for char in map(chr, range(first, first + 0x8000)):
        assert words(f"{char}a{char}\u0301B") == defined(f"{char}a{char}\u0301B"), hex(ord(char))


@given(st.lists(st.text() | st.text("aé \0\ue000-"), max_size=4))
def test_values_are_folded_together_as_one_by_one(texts: list[str]) -> None:
    assert folded(texts) == "".join(f" {word} " for text in texts for word in (*defined(text), BREAK))


ALPHABET = 'abAB12 "*-_.,é\u0301ßİıÅ\u212bжЖ世界ﬁ²\U0001f600'


@given(
    st.lists(st.lists(st.text(ALPHABET, max_size=8), max_size=3), min_size=1, max_size=4),
    st.text(ALPHABET.replace('"', ""), min_size=1, max_size=6),
    st.booleans(),
)
def test_full_text_search_over_the_same_words_finds_the_same(drawn: list[list[str]], query: str, phrase: bool) -> None:
    try:
        searched = terms(f'"{query}"' if phrase else query)
    except QueryError:
        return
    columns = [folded(held) for held in drawn]
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table found using fts5(text, tokenize='ascii')")
    database.executemany("insert into found(rowid, text) values (?, ?)", enumerate(columns))
    asked = " ".join(f'"{" ".join(term.words)}"' + "*" * term.prefix for term in searched)
    expected = [row for (row,) in database.execute("select rowid from found(?) order by rowid", [asked])]
    database.close()
    assert [number for number, column in enumerate(columns) if hits(searched, [column])] == expected
