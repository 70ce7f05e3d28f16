"""Searching text: which words a text has, and whether a log has all that are looked for.

A word is a run of letters and digits, without case and accents. An index has to store what ``folded`` gives, word by
word, to find the same logs: every tokenizer cuts that text alike.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from akislog.errors import QueryError

BREAK = "\ue000"
"""A word of its own between two values, which no text holds and no phrase crosses."""

COLUMNS = ("session", "tasks", "delegations", "gotchas", "root_causes", "files", "commands", "errors", "rest", "body")
"""The parts of a log that can be searched; ``rest`` is every other section."""

_NO_WORD = re.compile(r"[\W_]")
_PARTS = re.compile(r'"([^"]*)"(\*?)|([^\s"]+)')
_MARKED = re.compile("(?:[^\\W_]|[\u0300-\u036f])+")
_SPACE = re.compile(r"\s+")
_WINDOW = 60
_END = "\0"  # of a value, while many are folded as one text
_LONG_RUN = 100  # characters; longer ones hardly come again


def _without_case(byte: int) -> int:
    char = chr(byte)
    return byte if char == _END or not char.isascii() else ord(char.lower()) if char.isalnum() else ord(" ")


_PLAIN = bytes(map(_without_case, range(256)))
"""ASCII without case, and blanks for what is no part of a word; the bytes of other characters as they are."""


class Term(NamedTuple):
    """Words that stand side by side; of the last only its beginning, if ``prefix``."""

    words: tuple[str, ...]
    prefix: bool


def words(text: str) -> list[str]:
    """The words of a text, without case and accents."""
    return _fold(text).replace(_END, " ").split()


def folded(texts: Iterable[str]) -> str:
    """The words of some texts, each with a blank on both sides, and BREAK after each text."""
    cut = _fold("".join([f"{text.replace(_END, ' ')}{_END}" for text in texts])).replace(_END, f" {BREAK} ").split()
    return f" {'  '.join(cut)} " if cut else ""


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


def snippet(searched: Sequence[Term], found: Sequence[str]) -> str:
    """The surroundings of the first place, in some texts, where a term stands; on one line. ``""`` if there is none."""
    flat = folded(found)
    places = [place for term in searched if (place := flat.find(needle(term))) >= 0]
    if not places:
        return ""
    text = found[flat.count(BREAK, 0, min(places))]
    own = folded([text])
    return _around(_SPACE.sub(" ", text).strip(), next(term for term in searched if needle(term) in own))


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
    """A text without case and accents, with blanks for what is no part of a word; only the sign of an end stays."""
    # This codec copies ASCII and hands over each run of other characters, which is much faster than a pattern.
    return text.encode("ascii", _BEYOND_ASCII).translate(_PLAIN).decode()


def _run(run: str) -> bytes:
    """The same for characters beyond ASCII: what one is folded to does not depend on its neighbours."""
    apart = unicodedata.normalize("NFD", run.casefold())
    return _NO_WORD.sub(" ", "".join(char for char in apart if not unicodedata.combining(char))).encode()


_known_run = lru_cache(maxsize=1 << 16)(_run)


def _beyond_ascii(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    run = error.object[error.start : error.end]
    return (_known_run(run) if len(run) < _LONG_RUN else _run(run)), error.end


_BEYOND_ASCII = "akislog.beyond_ascii"
codecs.register_error(_BEYOND_ASCII, _beyond_ascii)


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
