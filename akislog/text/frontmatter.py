"""Front matter: a lossless split of the file, and YAML to JSON values by a strict profile, with a position for each.

The positioned path: libyaml's events, of which our own builder makes values and places in one walk. What the profile
refuses (duplicate keys, anchors, tags, …) is a finding with its place; docs/format.md §5 has the list. Values of a text
that is laid out as akislog writes it come from ``akislog.text.layout``, and places when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

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
from akislog.text.layout import values
from akislog.text.places import Finder, Places
from akislog.text.scalar import WORDS, scalar

FRONT_LIMIT = 256 * 1024
FILE_LIMIT = 4 * 1024 * 1024
DEPTH_LIMIT = 64

_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"---[ \t]*\r?\n")
_CLOSING = re.compile(rb"---[ \t]*\r?(?:\n|\Z)")
_DOCUMENT_END = re.compile(rb"^\.\.\.[ \t]*\r?$", re.MULTILINE)
_USUAL = bytes((*b"\t\n\r", *range(32, 127)))
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\r")
REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_SUSPECT = (b"\xc2", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xef\xbf")  # with what those beyond ASCII begin
# What libyaml says where a plain text holds a colon, begins with an indicator, or goes on after a closing bracket.
_UNQUOTED = ("mapping values are not allowed", "cannot start any token", "did not find expected")
_ONE_DOCUMENT = "a log has one document; the front matter closes at the first line ---"


class Split(NamedTuple):
    """A file in its parts; joined in order they are the file, byte for byte. Without front matter all is ``body``."""

    bom: bytes
    opening: bytes
    yaml: bytes
    closing: bytes
    body: bytes

    def join(self) -> bytes:
        """The file."""
        return b"".join(self)


class Front:
    """What the front matter says: JSON values, where each of them stands in the text, and what was refused."""

    def __init__(
        self, value: dict[str, Any] | None, places: Places | None, findings: tuple[Finding, ...], text: str = ""
    ) -> None:
        self.value = value
        self.findings = findings
        self.text = text
        self._places = places

    @property
    def places(self) -> Places | None:
        """Where the values stand. Those of values that were read without are found now."""
        if self._places is None and self.value is not None:
            self._places = _Builder(self.text).document()[1]
        return self._places

    def finder(self) -> Finder:
        """Finds the places of values; make one for many."""
        return Finder(self.value, self.places, self.text)

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column in the file, from 1, of the value at a JSON pointer, or of what is nearest to it."""
        return self.finder().position(pointer)


def split(data: bytes) -> tuple[Split, Finding | None]:
    """Take a file apart. The finding says why there is no front matter, if there is none."""
    bom = _BOM if data.startswith(_BOM) else b""
    opening = _OPENING.match(data, len(bom))
    if opening is None:
        return Split(bom, b"", b"", b"", data[len(bom) :]), _no_front_matter(data[len(bom) :])
    closing = _closing(data, opening.end())
    if closing is None:
        ended = _DOCUMENT_END.search(data, opening.end())
        hint = "close it with a line ---" + (", not with ..." if ended else "")
        finding = Finding("AKL002", "error", "the front matter is never closed", line=1, column=1, hint=hint)
        return Split(bom, b"", b"", b"", data[len(bom) :]), finding
    start, end = closing.span()
    return Split(bom, opening[0], data[opening.end() : start], closing[0], data[end:]), None


def _closing(data: bytes, start: int) -> re.Match[bytes] | None:
    """The first line ``---`` from ``start``, which is the beginning of a line."""
    at = data.find(b"\n---", start - 1)
    while at >= 0:
        closing = _CLOSING.match(data, at + 1)
        if closing is not None:
            return closing
        at = data.find(b"\n---", at + 1)
    return None


def _no_front_matter(data: bytes) -> Finding:
    first = data[:64].split(b"\n")[0].strip()
    known = {b"+": "TOML", b";": "JSON", b"{": "JSON"}
    if first.startswith(b"---\r"):
        hint = "the lines end with CR alone; save the file with LF"
    elif first in (b"+++", b";;;") or first.startswith(b"{") or (first.startswith(b"---") and first.strip(b"-")):
        hint = f"this looks like {known.get(data[:1], 'another format')}; a log begins with a line ---"
    elif first.startswith(b"----"):
        hint = "the first line must be exactly ---"
    elif (data.lstrip()[:3] == b"---" and data[:3] != b"---") or first.startswith(b"<!--"):
        hint = "nothing may stand before the first ---"
    else:
        hint = "a log begins with a line ---, its YAML, and another line ---"
    return Finding("AKL001", "error", "no front matter", line=1, column=1, hint=hint)


def load(source: bytes, *, by_layout: bool = True) -> Front:
    """The values of the YAML between the delimiters.

    ``by_layout`` says whether what is laid out as akislog writes it may be read without the places of its values, which
    are then found when they are asked for: several times faster where nobody asks.
    """
    try:
        text = _checked(source)
        read = values(text) if by_layout else None
        if read is not None:
            return Front(read, None, (), text)
        value, places = _Builder(text).document()
        return Front(value, places, (), text)
    except _Refused as refused:
        return Front(None, None, (refused.finding,))
    except yaml.YAMLError as error:
        return Front(None, None, (_syntax(error, source),))


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


class _Refused(Exception):
    """Something the profile does not take; carries its finding."""

    def __init__(self, code: str, message: str, mark: Any = None, hint: str = "") -> None:
        line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
        self.finding = Finding(code, "error", message, line=line, column=column, hint=hint)


def _checked(source: bytes) -> str:
    """The source as text, after everything that can be refused before parsing."""
    if len(source) > FRONT_LIMIT:
        raise _Refused("AKL007", f"the front matter has {len(source)} bytes; the limit is {FRONT_LIMIT}")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start)
        column = error.start - (source.rfind(b"\n", 0, error.start) + 1)
        mark = _Mark(line, len(source[error.start - column : error.start].decode("utf-8", "replace")))
        raise _Refused("AKL006", "not UTF-8", mark, "save the file as UTF-8") from None
    unusual = source.translate(None, _USUAL)
    if unusual and (unusual.translate(None, _CONTROLS) != unusual or any(mark in unusual for mark in _SUSPECT)):
        _refuse_controls(text)
    return text


class _Mark(NamedTuple):
    """A place as line and column from 0, as libyaml's marks have it."""

    line: int
    column: int


def _mark(text: str, place: int) -> _Mark:
    """Line and column of the character at ``place``; lines end with LF, CR LF or CR."""
    lines = text.count("\n", 0, place) + text.count("\r", 0, place) - text.count("\r\n", 0, place)
    return _Mark(lines, place - 1 - max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)))


def _refuse_controls(text: str) -> None:
    found = REFUSED.search(text)
    if found:
        code = f"U+{ord(found[0]):04X}"
        hint = f'inside a double-quoted text write it as "\\u{ord(found[0]):04x}"'
        raise _Refused("AKL006", f"raw control character {code}", _mark(text, found.start()), hint)


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
            raise _Refused("AKL003", "a second document begins here", following.start_mark, _ONE_DOCUMENT)
        if value is not None and not isinstance(value, dict):
            raise _Refused("AKL005", "the front matter is not a mapping of keys to values", root.start_mark)
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
            raise _Refused("AKL007", f"more than {DEPTH_LIMIT} levels of nesting", event.start_mark)
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
                first = _mark(self._text, places[1 + 2 * list(values).index(key)]).line
                above = event.start_mark.line - first
                where = f"{above} line{'s' if above > 1 else ''} above" if above else "in this very line"
                raise _Refused("AKL004", f"the key {key!r} is given twice, first {where}", event.start_mark)
            places.append(event.start_mark.index)
            values[key] = self._value(following(), places)
        return values


def _refuse_properties(event: Any) -> None:
    """Refuse an alias, an anchor or a tag."""
    if event.__class__ is AliasEvent:
        raise _Refused("AKL007", f"alias *{event.anchor}", event.start_mark, "write the value itself")
    if event.anchor is not None:
        raise _Refused("AKL007", f"anchor &{event.anchor}", event.start_mark, 'quote text that begins with "&"')
    if event.tag is not None:
        raise _Refused("AKL008", f"tag {event.tag}", event.start_mark, 'quote text that begins with "!"')


def _key(event: Any) -> str:
    """A key; refused is one that is no text."""
    if event.__class__ is not ScalarEvent or event.tag is not None or event.anchor is not None:
        _refuse_properties(event)
        raise _Refused("AKL009", "a key must be text, not a collection", event.start_mark)
    key: str = event.value
    if event.style or (key.isidentifier() and key not in WORDS):
        return key
    if key == "<<":
        raise _Refused("AKL007", "merge key <<", event.start_mark, "write the fields themselves")
    if not isinstance(scalar(key), str):
        raise _Refused("AKL009", f"the key {key or 'null'} is no text", event.start_mark, "quote it")
    return key


def _syntax(error: yaml.YAMLError, source: bytes) -> Finding:
    """libyaml's complaint as a finding, with the advice that helps most often."""
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        position = getattr(error, "position", None)
        code = "AKL006" if isinstance(error, yaml.reader.ReaderError) else "AKL003"
        line = source.count(b"\n", 0, position) + 2 if isinstance(position, int) and position >= 0 else 1
        return Finding(code, "error", str(message), line=line, column=1)
    context = getattr(error, "context", None)
    lines = source.decode("utf-8", "replace").split("\n")
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
