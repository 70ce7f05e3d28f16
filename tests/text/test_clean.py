"""Cleaning: what is searched for secrets before it is cut, and what is kept of a text."""

from __future__ import annotations

from random import Random

import pytest

from akislog.text.clean import MARGIN, SUMMARY_WIDTH, cleaner
from akislog.text.redact import Redactor
from akislog.text.secret_issuers import SIGNS
from akislog.text.secret_rules import RULES
from tests.text.secret_samples import SHAPES

ENVIRONMENT = {"SERVICE_TOKEN": "qZ81mm" + "Pw03xTr7Kd"}
FILLER = "The list is read in pages and each page is drawn anew. "


def kept_by_a_full_search(text: str) -> str:
    found = Redactor(ENVIRONMENT).redact(text[: SUMMARY_WIDTH + MARGIN])[0]
    return found[:SUMMARY_WIDTH]


@pytest.mark.parametrize("place", [0, 1, 90, 150, 180, 190, 196, 199, 200, 201, 260])
@pytest.mark.parametrize(("kind", "make"), SHAPES)
def test_what_is_kept_of_a_long_text_is_what_a_search_of_all_of_it_would_keep(kind, make, place) -> None:
    secret = make(Random(place))
    text = f"{(FILLER * 5)[: max(0, place - 1)]} {secret} {FILLER * 120}"
    kept, count = cleaner("summary", ENVIRONMENT)("result", text)
    assert kept[:SUMMARY_WIDTH] == kept_by_a_full_search(text), kind
    assert count or place > 100  # where it was cut away it is no longer counted


@pytest.mark.parametrize("place", range(170, 215))
def test_a_known_value_at_the_edge_is_found(place) -> None:
    text = f"{'x' * place}{ENVIRONMENT['SERVICE_TOKEN']}{FILLER * 120}"
    assert cleaner("summary", ENVIRONMENT)("prompt", text)[0][:SUMMARY_WIDTH] == kept_by_a_full_search(text)


def test_every_pattern_begins_with_one_of_its_literals() -> None:
    """A text without a literal at its beginning then has no secret that begins there."""
    for rule in RULES:
        head = rule.pattern.removeprefix("(?i)").removeprefix("(?xi)").lstrip()
        anchored = rule.any_case  # tried at its literals only
        assert anchored or any(head.startswith(f"{part}") for literal in rule.literals for part in _written(literal))


def _written(literal: str) -> set[str]:
    return {
        literal,
        literal.replace(".", r"\."),
        *({"A[KS]IA"} if literal in ("AKIA", "ASIA") else ()),
        *({"[_.-]"} if literal in SIGNS else ()),
    }


def test_short_texts_are_cleaned_alike_however_often_they_come() -> None:
    clean = cleaner("summary", ENVIRONMENT)
    for key, text in (("password", "hunter2-x9"), ("title", "hunter2-x9"), ("", ENVIRONMENT["SERVICE_TOKEN"])) * 2:
        assert clean(key, text) == cleaner("summary", ENVIRONMENT)(key, text)
    assert clean("password", "hunter2-x9") == ("[REDACTED:assignment]", 1)
    assert clean("title", "hunter2-x9") == ("hunter2-x9", 0)
