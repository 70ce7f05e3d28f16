"""The positioned path: libyaml's events, of which our own builder makes values and places in one walk.

What the profile refuses (duplicate keys, anchors, tags, …) is refused with its place; docs/format.md §5 has the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from akislog.core.finding import Finding
from akislog.text.frontmatter import DEPTH_LIMIT, FRONT_LIMIT, Refused, mark, refusal
from akislog.text.places import Places
from akislog.text.scalar import WORDS, scalar

# What libyaml says where a plain text holds a colon, begins with an indicator, or goes on after a closing bracket.
_UNQUOTED = ("mapping values are not allowed", "cannot start any token", "did not find expected")
_ONE_DOCUMENT = "a log has one document; the front matter closes at the first line ---"


def read(text: str) -> tuple[dict[str, Any], Places | None]:
    """The values of a text and where they stand. Raises Refused for what the profile does not take."""
    try:
        return _Builder(text).document()
    except yaml.YAMLError as error:
        raise Refused(_syntax(error, text)) from None


def holds(source: bytes, value: dict[str, Any]) -> bool:
    """Whether the YAML says exactly this, its keys in this order: what ``load`` would find out, without building it."""
    try:
        if len(source) > FRONT_LIMIT:
            return False
        following = CParser(source).get_event
        following()  # the start of the stream
        following()  # … and of the document
        return _says(following, value) and following().__class__ is yaml.DocumentEndEvent
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):  # only scalar events have a value
        return False


def _says(following: Callable[[], Any], value: Any) -> bool:
    """Whether the next events say ``value``. AttributeError where a collection stands in the place of a text."""
    if value.__class__ is str:
        event = following()
        return bool(event.value == value and (event.style or scalar(value) == value))
    event = following()
    if value.__class__ is dict:
        if event.__class__ is not MappingStartEvent:
            return False
        for key, one in value.items():
            if following().value != key or not _says(following, one):
                return False
        return following().__class__ is MappingEndEvent
    if value.__class__ is list:
        if event.__class__ is not SequenceStartEvent:
            return False
        for one in value:
            if not _says(following, one):
                return False
        return following().__class__ is SequenceEndEvent
    said = scalar(event.value)
    return not event.style and said == value and said.__class__ is value.__class__


class _Builder:
    """Makes values and places from the events of one text, and refuses what the profile does not take."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: Callable[[], Any] = CParser(text).get_event
        self._depth = 0

    def document(self) -> tuple[dict[str, Any], Places | None]:
        """The mapping that the text is; one without anything in it is empty."""
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            return {}, None
        root = self._next()
        places: Places = []
        value = self._value(root, places)
        self._next()  # the end of the document
        following = self._next()
        if not isinstance(following, yaml.StreamEndEvent):
            raise refusal("AKL003", "a second document begins here", following.start_mark, _ONE_DOCUMENT)
        if value is not None and not isinstance(value, dict):
            raise refusal("AKL005", "the front matter is not a mapping of keys to values", root.start_mark)
        return ({}, None) if value is None else (value, places[0])

    def _value(self, event: Any, places: Places) -> Any:
        """The value that begins with ``event``; its place is added to ``places``."""
        kind = event.__class__
        if kind is ScalarEvent:
            if event.tag is not None or event.anchor is not None:
                _refuse_properties(event)
            places.append(event.start_mark.index)
            return event.value if event.style else scalar(event.value)
        _refuse_properties(event)
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise refusal("AKL007", f"more than {DEPTH_LIMIT} levels of nesting", event.start_mark)
        inner: Places = [event.start_mark.index]
        value = self._mapping(inner) if kind is MappingStartEvent else self._sequence(inner)
        self._depth -= 1
        places.append(inner)
        return value

    def _sequence(self, places: Places) -> list[Any]:
        values, following = [], self._next
        while (event := following()).__class__ is not SequenceEndEvent:
            values.append(self._value(event, places))
        return values

    def _mapping(self, places: Places) -> dict[str, Any]:
        values: dict[str, Any] = {}
        following = self._next
        while (event := following()).__class__ is not MappingEndEvent:
            key = _key(event)
            if key in values:
                first = mark(self._text, places[1 + 2 * list(values).index(key)]).line
                above = event.start_mark.line - first
                where = f"{above} line{'s' if above > 1 else ''} above" if above else "in this very line"
                raise refusal("AKL004", f"the key {key!r} is given twice, first {where}", event.start_mark)
            places.append(event.start_mark.index)
            values[key] = self._value(following(), places)
        return values


def _refuse_properties(event: Any) -> None:
    """Refuse an alias, an anchor or a tag."""
    if event.__class__ is AliasEvent:
        raise refusal("AKL007", f"alias *{event.anchor}", event.start_mark, "write the value itself")
    if event.anchor is not None:
        raise refusal("AKL007", f"anchor &{event.anchor}", event.start_mark, 'quote text that begins with "&"')
    if event.tag is not None:
        raise refusal("AKL008", f"tag {event.tag}", event.start_mark, 'quote text that begins with "!"')


def _key(event: Any) -> str:
    """A key; refused is one that is no text."""
    if event.__class__ is not ScalarEvent or event.tag is not None or event.anchor is not None:
        _refuse_properties(event)
        raise refusal("AKL009", "a key must be text, not a collection", event.start_mark)
    key: str = event.value
    if event.style or (key.isidentifier() and key not in WORDS):
        return key
    if key == "<<":
        raise refusal("AKL007", "merge key <<", event.start_mark, "write the fields themselves")
    if not isinstance(scalar(key), str):
        raise refusal("AKL009", f"the key {key or 'null'} is no text", event.start_mark, "quote it")
    return key


def _syntax(error: yaml.YAMLError, text: str) -> Finding:
    """libyaml's complaint as a finding, with the advice that helps most often."""
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        position = getattr(error, "position", None)
        code = "AKL006" if isinstance(error, yaml.reader.ReaderError) else "AKL003"
        line = text.encode().count(b"\n", 0, position) + 2 if isinstance(position, int) and position >= 0 else 1
        return Finding(code, "error", str(message), line=line, column=1)
    context = getattr(error, "context", None)
    lines = text.split("\n")
    line_text = lines[mark.line] if mark.line < len(lines) else ""
    hint = ""
    if "\t" in line_text[: len(line_text) - len(line_text.lstrip())]:
        hint = "indent with blanks, not with tabs"
    elif "<document start>" in message:
        hint = _ONE_DOCUMENT
    elif any(said in message for said in _UNQUOTED):
        hint = "put the text in double quotes"
    full = f"{message} ({context})" if context else str(message)
    return Finding("AKL003", "error", full, line=mark.line + 2, column=mark.column + 1, hint=hint)
