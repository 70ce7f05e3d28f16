"""The cleaning a session is handed: redaction of secrets, then the project's choice of how much text is kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from akislog.core.cleaning import Clean
from akislog.core.values import TEXT_LIMIT, cut
from akislog.text.redact import Redactor

TextPolicy = Literal["summary", "full", "none"]
POLICIES: tuple[TextPolicy, ...] = ("summary", "full", "none")
SUMMARY_WIDTH = 200
WORD_WIDTH = 40
MARGIN = 4096  # characters searched beyond what is kept, so that no secret is cut in two and then missed

_REPEATED = 80  # characters: shorter texts (words, names, ids) come again and again, and are searched once
_LONG = frozenset({"prompt", "result", "cmd"})


def cleaner(policy: TextPolicy = "summary", environment: Mapping[str, str] | None = None) -> Clean:
    """The cleaning for one session. ``environment`` is searched for values that are secret by their name.

    Prompts, results and commands are kept whole (``full``), up to their first 200 characters (``summary``), or
    dropped (``none``; of a command its first word stays).
    """
    redactor = Redactor(environment)

    def search(key: str, text: str) -> tuple[str, int]:
        short = key in _LONG and policy != "full"
        if short and policy == "none":
            word = text.split(maxsplit=1)[0] if key == "cmd" and text.strip() else ""
            found, count = redactor.redact(word[: WORD_WIDTH + MARGIN])
            return found[:WORD_WIDTH], count
        width = SUMMARY_WIDTH if short else TEXT_LIMIT
        searched = text[: width + MARGIN]
        if short and len(text) > width and not redactor.may_begin(searched, width):
            return _first(text, 0), 0  # what begins later is not kept
        found, count = redactor.redact_value(key, searched) if key else redactor.redact(searched)
        beyond = len(text) - len(searched)
        return (_first(found, beyond) if short else cut(found, TEXT_LIMIT, beyond)), count

    remembered = lru_cache(maxsize=4096)(search)

    def clean(key: str, text: str) -> tuple[str, int]:
        return remembered(key, text) if len(text) <= _REPEATED else search(key, text)

    return clean


def _first(text: str, beyond: int) -> str:
    """The first 200 characters, and how many more there were."""
    more = len(text) - SUMMARY_WIDTH + beyond
    return f"{text[:SUMMARY_WIDTH]}…[+{more}]" if more > 0 else text
