"""The sieve before the rules for secrets: what it lets pass as clean is clean, and a sieve with a hole is noticed."""

from __future__ import annotations

import random

import pytest

from akislog.text import redact
from akislog.text.redact import Redactor
from akislog.text.secret_rules import RULES
from akislog.text.secret_sieve import Sieve, widened
from tests.hostile import holdout
from tests.text import secret_samples as samples

_SWAPS = "aZ0_-.:=\"' \\\n?é\u017f\u212a\u0130\ud800/@"


def _texts(seed: int, each: int) -> list[str]:
    """Every kind of secret in every place where such stand."""
    rng = random.Random(seed)
    made = [("{}", make) for _, make in samples.SHAPES] + [(around, make) for _, around, make in samples.CONTEXTS]
    told = [around.replace("{}", make(rng)) for around, make in made for _ in range(each)]
    foreign = [text for kind in holdout.KINDS for _, _, text in holdout.samples(kind)]
    short = "gh" + "s_7_eyJ" + ".".join(samples.some(rng, samples.BASE62, 9) for _ in range(3))
    return [place.replace("{}", one) for one in [*told, short] for place in samples.PLACES] + foreign


def _mutant(text: str, rng: random.Random) -> str:
    """The text with up to three characters changed, left out, added, or in another case."""
    characters = list(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(characters))
        characters[at] = rng.choice(
            ["", rng.choice(_SWAPS), characters[at] + rng.choice(_SWAPS), characters[at].swapcase()]
        )
        characters = list("".join(characters)) or ["x"]
    return "".join(characters)


def _found(text: str, sieve: Sieve | None = None) -> list[tuple[int, int, str]]:
    """What is found by the rules that the sieve names, or by all."""
    redactor = Redactor()
    redactor._rules = sieve.rules if sieve else lambda _: list(RULES)  # type: ignore[method-assign]
    return redactor.spans(text)


def _unlike(text: str, sieve: Sieve) -> bool:
    return _found(text, sieve) != _found(text)


def test_every_secret_gets_through_to_its_rule() -> None:
    sieve = Sieve()
    assert [text for text in _texts(1, 3) if _unlike(text, sieve)] == []


@pytest.mark.parametrize("text", [*samples.UNTOUCHED, *(bait * 200 for bait in samples.BAITS)])
def test_other_text_is_judged_alike(text: str) -> None:
    assert not _unlike(text, Sieve())


@pytest.mark.parametrize("count", [8_000, pytest.param(200_000, marks=pytest.mark.long)])
def test_secrets_with_a_few_characters_changed_are_judged_alike(count: int) -> None:
    rng = random.Random(11)
    sieve, texts = Sieve(), _texts(2, 1)
    mutants = (_mutant(rng.choice(texts), rng) for _ in range(count))
    assert [text for text in mutants if _unlike(text, sieve)] == []


def test_a_sieve_with_a_hole_is_noticed() -> None:
    expected = {text: _found(text) for text in _texts(3, 1)}
    broken, caught = Sieve(), []
    whole = broken._patterns
    for rule in RULES:
        broken._patterns = [one for one in whole if one[0] is not rule]
        caught.append(any(_found(text, broken) != expected[text] for text in expected))
    missed = [rule.pattern for rule, found in zip(RULES, caught, strict=True) if not found]
    print(f"mutants caught {sum(caught)}/{len(caught)}")
    assert missed == []


def test_long_and_short_ways_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _texts(4, 1)
    unsifted = [Redactor().redact(text) for text in texts]
    monkeypatch.setattr(redact, "_UNSIFTED", -1)
    assert [Redactor().redact(text) for text in texts] == unsifted


def test_patterns_have_no_look_around() -> None:
    for rule in RULES:
        pattern = widened(rule)
        assert not any(sign in pattern for sign in ("(?=", "(?!", "(?<=", "(?<!", r"\1")), rule.kind
