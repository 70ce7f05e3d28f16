"""Redaction against samples written by another hand: no secret stays, and nothing else is taken."""

from __future__ import annotations

import pytest

from akislog.text.redact import Redactor
from tests.hostile import holdout

PLAIN = Redactor()
WINDOW = 8


def remains(secret: str, text: str) -> str:
    """A piece of the secret that stands in this text; its known beginning, or its first line, does not count."""
    at = min(len(secret) // 2, 45) if "\n" not in secret else secret.index("\n") + 1
    tail = secret[at:].partition("-----END")[0].strip()
    pieces = (tail[start : start + WINDOW] for start in range(max(len(tail) - WINDOW, 0) + 1))
    return next((piece for piece in pieces if "\n" not in piece and piece in text), "")


@pytest.mark.parametrize("kind", holdout.KINDS)
def test_no_secret_of_another_hand_stays(kind: str) -> None:
    missed = [place for secret, place, text in holdout.samples(kind) if remains(secret, PLAIN.redact(text)[0])]
    assert missed == []


def test_nothing_harmless_of_another_hand_is_taken() -> None:
    assert [text for text in holdout.harmless() if PLAIN.redact(text)[1]] == []
