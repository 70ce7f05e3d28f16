"""Searching text: which words a text has, and whether a log has all that are looked for.

A word is a run of letters and digits, without case and accents. An index has to store what ``folded`` gives, word by
word, to find the same logs: every tokenizer cuts that text alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from akislog.errors import QueryError

BREAK = "\ue000"
"""A word of its own between two values, which no text holds and no phrase crosses."""

COLUMNS = ("session", "tasks", "delegations", "gotchas", "root_causes", "files", "commands", "errors", "rest", "body")
"""The parts of a log that can be searched; ``rest`` is every other section."""

_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r'"([^"]*)"(\*?)|([^\s"]+)')
_MARKED = re.compile("(?:[^\\W_]|[\u0300-\u036f])+")
_SPACE = re.compile(r"\s+")
_WINDOW = 60


class Term(NamedTuple):
    """Words that stand side by side; of the last only its beginning, if ``prefix``."""

    words: tuple[str, ...]
    prefix: bool


def words(text: str) -> list[str]:
    """The words of a text, without case and accents."""
    return _WORD.findall(_fold(text))


def folded(texts: Iterable[str]) -> str:
    """The words of some texts, each with a blank on both sides."""
    return "".join(f" {word} " for text in texts for word in (*words(text), BREAK))


def terms(query: str) -> tuple[Term, ...]:
    """What a search looks for: words, ``"phrases"``, ``begin*``; a chunk such as ``auth.py`` is a phrase.

    Raises QueryError where there is no word in it, or a quote is not closed.
    """
    if query.count('"') % 2:
        raise QueryError("a quote that is not closed", query, query.rindex('"'))
    found = []
    for part in _PARTS.finditer(query):
        chunk = part[1] if part[1] is not None else part[3]
        cut = tuple(words(chunk))
        if cut:
            found.append(Term(cut, bool(part[2]) or (part[3] or "").endswith("*")))
    if not found:
        raise QueryError("there is no word to search for", query, 0, max(1, len(query)))
    return tuple(found)


def texts(record: Mapping[str, Any], body: str = "") -> dict[str, list[str]]:
    """The texts of a log by column, in their order but for the id, which comes last; keys are no texts."""
    found: dict[str, list[str]] = {name: [] for name in COLUMNS}
    for key, value in record.items():
        if key == "session" and isinstance(value, dict) and "id" in value:
            value = {**{name: one for name, one in value.items() if name != "id"}, "id": value["id"]}
        found[key if key in COLUMNS and key not in ("rest", "body") else "rest"].extend(_strings(value))
    if body:
        found["body"].append(body)
    return found


def needle(term: Term) -> str:
    """What stands in a folded text that has the term."""
    return " " + "  ".join(term.words) + ("" if term.prefix else " ")


def hits(searched: Sequence[Term], columns: Iterable[str]) -> int:
    """How often the terms stand in the folded columns; 0 unless every one of them does."""
    held = list(columns)
    counts = [sum(column.count(needle(term)) for column in held) for term in searched]
    return sum(counts) if all(counts) else 0


def snippet(searched: Sequence[Term], found: Iterable[str]) -> str:
    """The surroundings of the first place, in some texts, where a term stands; on one line."""
    for text in found:
        flat = folded([text])
        term = next((term for term in searched if needle(term) in flat), None)
        if term:
            return _around(_SPACE.sub(" ", text).strip(), term)
    return ""


def _around(text: str, term: Term) -> str:
    at = 0
    for word in _MARKED.finditer(text):
        first = words(word[0])
        if first and (first[0].startswith(term.words[0]) if term.prefix else first[0] == term.words[0]):
            at = word.start()
            break
    begin, end = max(0, at - _WINDOW), at + 2 * _WINDOW
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def _strings(value: Any) -> Iterator[str]:
    # A stack of our own: how deep a value is nested is the document's choice.
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack.extend(reversed(one.values()))
        elif isinstance(one, list):
            stack.extend(reversed(one))
