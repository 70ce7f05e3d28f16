"""The few blocks of Markdown that old logs are read by: sections, list items, table rows, labels, code spans.

One pass over the lines, each looked at a fixed number of times; nothing here judges what a block means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from akislog.core.values import TEXT_LIMIT, storable
from akislog.text.legacy import words

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r"\s{0,20}(`{3,}|~{3,})")
_BULLET = re.compile(r"(\s*)(?:[-*+•]|\d{1,4}[.)])\s(.*)")
_TAG = re.compile(r"<[A-Z]{2,12}(?::[A-Za-z0-9 _-]{1,30})?>\s?")
_LABEL = re.compile(r"\s{0,20}(?:[-*+]\s|\d{1,4}[.)]\s)?\s{0,3}\*\*([^*:]{1,40}):?\*\*\s?:?(.*)")
_BAR = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"[\s|:-]+")
_CODE = re.compile(r"`([^`\n]{1,300})`")
_ESCAPE = re.compile(r"\\([\\`*_\[\]<>|~&#+=.)-])")
_TREE = "│├└┌─┬┃┣┗━"


class Line(NamedTuple):
    """A line of a section, and whether it stands in a code fence."""

    text: str
    code: bool


_BLANK, _BLANK_IN_CODE = Line("", False), Line("", True)


class Section(NamedTuple):
    """A heading, the titles it stands under (the log's own left out), and the lines up to the next heading."""

    level: int
    title: str
    above: tuple[str, ...]
    lines: list[Line]


class Item(NamedTuple):
    """A list item, a line of a tree, or a line that begins with a glyph; ``box`` where its mark is a tick box."""

    indent: int
    text: str
    status: str | None
    box: bool


class Table(NamedTuple):
    """A table: its header in lower case, and its rows."""

    header: list[str]
    rows: list[list[str]]


def lines_of(text: str) -> list[str]:
    """``text`` in lines, whatever ends them; a byte order mark is left out."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def sections(text: str) -> list[Section]:
    """The sections of ``text`` in order; the first has level 0 and what stands before any heading."""
    found = [Section(0, "", (), [])]
    path: list[Section] = []
    fence = ""
    for line in lines_of(text):
        if not line:
            found[-1].lines.append(_BLANK_IN_CODE if fence else _BLANK)
            continue
        mark = _FENCE.match(line)
        if fence:
            found[-1].lines.append(Line(line, True))
            closing = mark is not None and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closing else fence
            continue
        heading = _HEADING.match(line)
        if not heading:
            fence = mark[1] if mark else ""
            found[-1].lines.append(Line(line, bool(mark)))
            continue
        level = len(heading[1])
        while path and path[-1].level >= level:
            path.pop()
        title = heading[2].rstrip().rstrip("#").rstrip()
        found.append(Section(level, title, tuple(one.title for one in path if one.level > 1), []))
        path.append(found[-1])
    return found


def plain(text: str) -> str:
    """A line of Markdown as text: without bold marks and escapes, on one line, within the limit for text."""
    if text.isalnum() and text.isascii() and len(text) <= TEXT_LIMIT:
        return text  # one word: nothing of that is in it
    text = storable(" ".join(text.replace("**", "").split()))
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def item(line: str) -> Item | None:
    """``line`` as an item; None where it is none. A glyph at the end of a line counts where none begins it."""
    bullet = _BULLET.match(line.expandtabs(4) if "\t" in line else line) if line.strip() else None
    if bullet:
        indent, text = len(bullet[1]), bullet[2]
    else:
        text = line.lstrip().lstrip(_TREE + " ")
        indent = len(line) - len(text)
        tree = any(sign in _TREE for sign in line[:indent])
        if not text or not (tree or _TAG.match(text) or words.leading_mark(text)[0]):
            return None
    tag = _TAG.match(text.lstrip())
    text = text.lstrip()[tag.end() :] if tag else text
    status, rest, box = words.leading_mark(text)
    end = rest.rstrip("\ufe0f ")[-1:]
    if status is None and end in words.GLYPHS:
        status, rest = words.GLYPHS[end], rest.rstrip("\ufe0f ")[:-1]
    return Item(indent, plain(rest), status, box)


def label(line: str) -> tuple[str, str] | None:
    """The name, in lower case, and the value of a line ``**Name:** value``."""
    found = _LABEL.match(line) if "**" in line else None
    return (found[1].strip().lower(), found[2].strip()) if found else None


def codes(text: str) -> list[str]:
    """The code spans of ``text``."""
    return _CODE.findall(text)


def tables(section: Section) -> Iterator[Table]:
    """The tables of a section, those in code fences left out."""
    table: Table | None = None
    for line in section.lines:
        row = line.text.strip()
        if line.code or not row.startswith("|"):
            if table:
                yield table
            table = None
            continue
        cells = [cell.replace("\\|", "|").strip() for cell in _BAR.split(row.strip("|"))]
        if table is None:
            table = Table([plain(cell).lower() for cell in cells], [])
        elif not _RULER.fullmatch(row):
            table.rows.append(cells)
    if table:
        yield table


def column(table: Table, names: tuple[str, ...]) -> int | None:
    """The first column whose header is one of ``names``, the nearest first."""
    return next((table.header.index(name) for name in names if name in table.header), None)


def cell(row: list[str], index: int | None) -> str:
    """A cell as it stands; empty where the row is too short or there is no such column."""
    return row[index] if index is not None and index < len(row) else ""
