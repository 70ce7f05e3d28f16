"""The rules about what the texts of a log say: words that stand for something not filled in, secrets, domains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from akislog.checks.reading import Problem, Reading
from akislog.checks.schema import log_schema
from akislog.checks.source import Quoted, Source, Spot
from akislog.checks.wording import closest, shown
from akislog.text.places import Span
from akislog.text.redact import Redactor

_EMPTY = ("todo", "tbd", "tba", "fixme", "xxx", "placeholder", "changeme", "lorem ipsum")
_STAND_INS = frozenset(one for word in _EMPTY for one in (word, word.upper(), word.title())) | {"...", "…", "???"}
_UNKNOWN = frozenset({"unknown", "Unknown", "UNKNOWN"})
_WORDS = _STAND_INS | _UNKNOWN
# Where nothing known is nothing said. As a result, a version or a model it may be the truth.
_NAMED = frozenset({"path", "title", "description", "summary", "pattern", "problem", "solution", "cmd", "item"})
_FREE = frozenset({"metadata", "provenance"})
_HOLE = r"""(?ix)
    <(?:[a-z][\w'-]*[ _][^<>\n]{1,60}|title|name|path|file|date|time|task|agent|domain|summary|description|id|text)>
    | ~?\{\{?[ ]?[a-z][\w .-]{0,40}\}?\}(?:[ ](?:minutes|min|hours))?
    | \[(?:todo|tbd|add|describe|fill|insert|replace|your)\b[^\]\n]{0,60}\]
    """
_SIGNS = ("<", "{", "[")  # every hole has one of these
_BEGIN = (*_SIGNS, "~")
_KNOWN = "/$defs/session/properties/domain/x-known"
_REDACTOR = Redactor()


def placeholders(source: Source) -> Iterator[Spot]:
    """A text that was never filled in."""
    if source.quoted is None or _may_hold_placeholder(source.quoted):
        for pointer, field, text in _texts(source.record):
            known = text in _STAND_INS or (text in _UNKNOWN and field in _NAMED)
            if known or (len(text) < 80 and re.fullmatch(_HOLE, text)):
                message = f"{shown(text)} stands where something should be said"
                yield Problem(pointer, message, "say it, or leave the entry out", text), None


def _may_hold_placeholder(quoted: Quoted) -> bool:
    """Whether one of the texts may be a placeholder."""
    if not _WORDS.isdisjoint(quoted.texts):
        return True
    if any(map(quoted.joined.__contains__, _SIGNS)):
        return any(re.fullmatch(_HOLE, one) for one in quoted.texts if one.startswith(_BEGIN))
    return False


def _texts(record: Any) -> Iterator[tuple[str, str, str]]:
    """Every text in the sections of a record that have a meaning: its pointer, the key it stands under, itself."""
    stack = [(f"/{key}", key, one) for key, one in reversed(list(record.items())) if key not in _FREE]
    while stack:
        pointer, field, value = stack.pop()
        if isinstance(value, str):
            yield pointer, field, value
        elif isinstance(value, dict):
            inner = [(f"{pointer}/{_step(key)}", str(key), one) for key, one in value.items()]
            stack.extend(reversed(inner))
        elif isinstance(value, list):
            stack.extend((f"{pointer}/{n}", field, value[n]) for n in reversed(range(len(value))))


def _step(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def secrets(source: Source) -> Iterator[Spot]:
    """A secret that slipped through, in the front matter or in the body. It is not told again."""
    # Names of fields and numbers are no secrets where the front matter is laid out as usual.
    quoted = source.quoted
    told = f"{quoted.joined}\n{source.body}" if quoted else source.text
    if not _REDACTOR.may_hold(told):
        return
    text = source.text
    line, start = 1, 0
    for begin, end, kind in _REDACTOR.spans(text, told):
        line += text.count("\n", start, begin)
        start = begin
        column = begin - text.rfind("\n", 0, begin)
        last = text.count("\n", begin, end)
        end_column = end - text.rfind("\n", 0, end)
        message = f"this looks like a secret ({kind})"
        hint = "take it out of the log and of git's history, and replace it where it is used"
        yield Problem("", message, hint), Span(line, column, line + last, end_column)


def unknown_domain(log: Reading) -> Iterator[Problem]:
    """A domain that is a known one, misspelt or written in another way. Other words are one's own."""
    domain = log.session["domain"]
    near = _meant(domain) if domain else ""
    if near and near != domain:
        message = f"domain {shown(domain)} is none of the known ones"
        yield Problem("/session/domain", message, f"did you mean {shown(near)}?", domain, (near,))


@lru_cache(maxsize=256)  # a project has few domains
def _meant(domain: str) -> str:
    """The known domain that a word means; itself, if it is one, and empty for a word of one's own."""
    if domain in _known_domains():
        return domain
    from akislog.text.legacy import words  # most domains are known

    return words.domain(domain) or closest(domain.lower(), _known_domains(), 0.8)


@cache
def _known_domains() -> tuple[str, ...]:
    value: Any = log_schema().schema
    for step in _KNOWN.split("/")[1:]:
        value = value[step]
    return tuple(value)
