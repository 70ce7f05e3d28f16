"""Front matter: a lossless split of the file, and YAML to JSON values by a strict profile, with a position for each.

What the profile refuses (duplicate keys, anchors, tags, …) is a finding with its place; docs/format.md §5 has the list.
A text that is laid out as akislog writes it is read by ``layout``, any other, and every place, by ``positioned``.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from akislog.core.finding import Finding
from akislog.text.layout import values
from akislog.text.places import Finder, Places

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
            from akislog.text.positioned import read

            self._places = read(self.text)[1]
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


class Refused(Exception):
    """Something the profile does not take; carries its finding."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


def refusal(code: str, message: str, mark: Any = None, hint: str = "") -> Refused:
    """What to raise for something at a mark, whose line and column count from 0 in the YAML."""
    line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
    return Refused(Finding(code, "error", message, line=line, column=column, hint=hint))


def load(source: bytes, *, by_layout: bool = True) -> Front:
    """The values of the YAML between the delimiters.

    ``by_layout`` says whether what is laid out as akislog writes it may be read without the places of its values, which
    are then found when they are asked for: several times faster where nobody asks.
    """
    try:
        text = checked(source)
        read = values(text) if by_layout else None
        if read is not None:
            return Front(read, None, (), text)
        from akislog.text.positioned import read as read_whole  # with PyYAML, which takes longer to load than most logs

        value, places = read_whole(text)
        return Front(value, places, (), text)
    except Refused as refused:
        return Front(None, None, (refused.finding,))


def checked(source: bytes) -> str:
    """The source as text, after everything that can be refused before parsing."""
    if len(source) > FRONT_LIMIT:
        raise refusal("AKL007", f"the front matter has {len(source)} bytes; the limit is {FRONT_LIMIT}")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start)
        column = error.start - (source.rfind(b"\n", 0, error.start) + 1)
        mark = Mark(line, len(source[error.start - column : error.start].decode("utf-8", "replace")))
        raise refusal("AKL006", "not UTF-8", mark, "save the file as UTF-8") from None
    unusual = source.translate(None, _USUAL)
    if unusual and (unusual.translate(None, _CONTROLS) != unusual or any(mark in unusual for mark in _SUSPECT)):
        _refuse_controls(text)
    return text


class Mark(NamedTuple):
    """A place as line and column from 0, as libyaml's marks have it."""

    line: int
    column: int


def mark(text: str, place: int) -> Mark:
    """Line and column of the character at ``place``; lines end with LF, CR LF or CR."""
    lines = text.count("\n", 0, place) + text.count("\r", 0, place) - text.count("\r\n", 0, place)
    return Mark(lines, place - 1 - max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)))


def _refuse_controls(text: str) -> None:
    found = REFUSED.search(text)
    if found:
        code = f"U+{ord(found[0]):04X}"
        hint = f'inside a double-quoted text write it as "\\u{ord(found[0]):04x}"'
        raise refusal("AKL006", f"raw control character {code}", mark(text, found.start()), hint)
