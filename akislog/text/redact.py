"""Secrets in text are replaced by ``[REDACTED:kind]`` before anything is recorded.

Known are the shapes of ``secret_rules.py`` and the values of environment variables that are named like secrets.
Redacting twice is redacting once, and the time is linear in the text. A secret that is split over lines, encoded, holds
blanks, or is a plain word is missed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from akislog.text.secret_rules import RULES, Rule
from akislog.text.secret_words import compiled, is_location, is_number, is_stand_in, is_word, name_class

if TYPE_CHECKING:
    from akislog.text.secret_sieve import Sieve

KINDS: tuple[str, ...] = ("env", *dict.fromkeys(rule.kind for rule in RULES))
"""The words that can follow ``REDACTED:``. ``env`` is the value of an environment variable."""

_PASSES = 4
_SHORTEST = 8
_BEFORE = 40  # characters: so far before its literal may a secret begin
_UNSIFTED = 20_000  # characters: to search so many for every literal takes less than to make the sieve
_TAGS = " ".join(f"[REDACTED:{kind}]" for kind in KINDS)

_Span = tuple[int, int, str]


class Redactor:
    """Replaces secrets in texts. ``secrets`` is an environment: of it, values named like secrets are looked for."""

    _searched = 0  # characters that this process searched without the sieve

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        values = {value for name, value in (secrets or {}).items() if _is_env_secret(name, value)}
        escaped = {json.dumps(value, ensure_ascii=False)[1:-1] for value in values}
        self._values = tuple(sorted(values | escaped, key=lambda value: (-len(value), value)))
        self._reach = max(_BEFORE, *map(len, self._values)) if self._values else _BEFORE

    def redact(self, text: str) -> tuple[str, int]:
        """The text without its secrets, and how many were replaced."""
        total = 0
        for _ in range(_PASSES):  # a replaced secret can uncover another; nearly always the second pass finds none
            spans = self.spans(text)
            if not spans:
                break
            text = _replace(text, spans)
            total += len(spans)
        return text, total

    def redact_value(self, key: str, text: str) -> tuple[str, int]:
        """The same for the value of a mapping's entry: under the name of a secret the whole value is one."""
        kind = name_class(key)
        shortest = 6 if kind == "password" else _SHORTEST
        if kind in ("password", "token") and len(text) >= shortest and not (is_stand_in(text) or is_location(text)):
            return "[REDACTED:assignment]", 1
        return self.redact(text)

    def may_begin(self, text: str, width: int) -> bool:
        """Whether a secret may begin in the first ``width`` characters; cheap, where a search of all is not."""
        start = text[: width + self._reach]
        if any(value in start for value in self._values):
            return True
        rules = self._rules(text)
        return bool(rules) and any(_begins(rule, text, _folded(start) if rule.any_case else start) for rule in rules)

    def may_hold(self, text: str) -> bool:
        """Whether there may be a secret in the text."""
        return bool(self._rules(text)) or any(map(text.__contains__, self._values))

    def spans(self, text: str, told: str | None = None) -> list[tuple[int, int, str]]:
        """Where secrets begin and end in the text, in order, each with its kind.

        ``told`` is what of the text can hold one, where that is known: only rules that may find something in it are
        tried.
        """
        found = [span for value in self._values for span in _occurrences(text, value)]
        rules = self._rules(text if told is None else told)
        if rules:
            folded = _folded(text)
            for rule in rules:
                found += _matches(rule, text, folded)
        return _merge(found) if found else found

    def _rules(self, text: str) -> list[Rule]:
        """The rules that may find something in the text."""
        if self._searched > _UNSIFTED:
            return _sieve().rules(text)
        Redactor._searched += len(text)
        folded = _folded(text)
        return [rule for rule in RULES if any(map((folded if rule.any_case else text).__contains__, rule.literals))]


@cache
def _sieve() -> Sieve:
    from akislog.text.secret_sieve import sieve  # a process that reads one log does without

    return sieve()


def _is_env_secret(name: str, value: str) -> bool:
    named = name_class(name) or ("auth" in name.lower() and "author" not in name.lower())
    if not named or len(value) < _SHORTEST or value in _TAGS:
        return False
    return not (is_stand_in(value) or is_location(value) or is_number(value) or is_word(value))


def _folded(text: str) -> str:
    """The text in lower case, one character for each of its own."""
    return text.lower() if text.isascii() else text.encode("ascii", "replace").lower().decode("ascii")


def _occurrences(text: str, value: str) -> Iterator[_Span]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value), "env"
        at = text.find(value, at + len(value))


def _matches(rule: Rule, text: str, folded: str) -> Iterator[_Span]:
    """The secrets of one rule. A refused match is stepped over as a whole: that keeps the time linear."""
    pattern = compiled(rule.pattern)
    candidates = _anchored(rule, pattern, text, folded) if rule.any_case else pattern.finditer(text)
    for match in candidates:
        if rule.accept is None or rule.accept(match):
            yield *match.span(match.lastindex or 0), rule.kind


def _anchored(rule: Rule, pattern: re.Pattern[str], text: str, folded: str) -> Iterator[re.Match[str]]:
    """Matches at the literals, which are found in ``folded``: a search that ignores case would be far slower."""
    for literal in rule.literals:
        at = folded.find(literal)
        while at >= 0:
            match = pattern.match(text, at)
            if match is not None:
                yield match
            at = folded.find(literal, match.end() if match else at + len(literal))


def _begins(rule: Rule, text: str, start: str) -> bool:
    """Whether a match of the rule begins at one of its literals in ``start``."""
    pattern = compiled(rule.pattern)
    for literal in rule.literals:
        at = start.find(literal)
        while at >= 0:
            match = pattern.match(text, at)
            if match is not None and (rule.accept is None or rule.accept(match)):
                return True
            at = start.find(literal, at + 1)
    return False


def _merge(found: list[_Span]) -> list[_Span]:
    """Spans in order, overlapping ones as one of the kind that was found first: nothing of either is left."""
    rank = {kind: place for place, kind in enumerate(KINDS)}
    merged: list[_Span] = []
    for start, end, kind in sorted(found):
        if merged and start < merged[-1][1]:
            first, last, other = merged[-1]
            merged[-1] = first, max(last, end), min(kind, other, key=rank.__getitem__)
        else:
            merged.append((start, end, kind))
    return merged


def _replace(text: str, spans: list[_Span]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, kind in spans:
        parts += (text[at:start], f"[REDACTED:{kind}]")
        at = end
    return "".join([*parts, text[at:]])
