"""Repairs of YAML that cannot be read: text that must be quoted, control characters that must be escaped.

Such a repair is certain only if the whole front matter can be read afterwards, and if the text that was mended is all
that it holds: both are tried here, with a harmless text in the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from akislog.core.finding import Edit, Fix
from akislog.core.shape import SHAPE
from akislog.text.emit import quoted
from akislog.text.frontmatter import REFUSED, Split, load

_MOST = 50  # repairs of one file; each costs a reading
# A field of the format, alone on its line, with text that neither begins nor ends like anything else than text.
_FIELDS = "|".join(sorted({name for fields in SHAPE.values() for name in fields}))
_FIELD = re.compile(rf"([ ]*(?:-[ ]+)?(?:{_FIELDS}):[ ]+)([^\s\"'\[\]{{}}|>&*!#,?-].*)")
_COMMENT = re.compile(r"(?<=[ \t])#")
_STAND_IN = "\ue000"


def at_bytes(split: Split, text: str, extent: tuple[int, int], new: str) -> Edit:
    """Characters of the front matter's YAML as bytes of the file."""
    base = len(split.bom) + len(split.opening)
    start, end = extent if text.isascii() else (len(text[:one].encode()) for one in extent)
    return Edit(base + start, base + end, new)


def controls_escaped(split: Split) -> tuple[Fix, dict[str, Any]] | None:
    """Raw control characters inside double-quoted texts as escapes, with the values; None if one stands elsewhere."""
    text = _decoded(split)
    if text is None or _STAND_IN in text:
        return None
    found = list(islice(REFUSED.finditer(text), 1000))
    harmless = load(REFUSED.sub(_STAND_IN, text).encode()).value
    escaped = load(REFUSED.sub(lambda one: _escape(one[0]), text).encode()).value
    signs = iter(one[0] for one in REFUSED.finditer(text))
    if not found or escaped is None or harmless is None or escaped != _filled(harmless, signs):
        return None
    edits = tuple(at_bytes(split, text, one.span(), _escape(one[0])) for one in found)
    return Fix("write the control character as its escape", edits), escaped


def texts_quoted(split: Split) -> tuple[Fix, dict[str, Any]] | None:
    """Plain texts that YAML refuses in double quotes, with the values; None unless all of it can be read then."""
    text = _decoded(split)
    if text is None or _STAND_IN in text:
        return None
    lines = text.split("\n")
    plain: dict[int, tuple[str, str]] = {}
    value = None
    while value is None and len(plain) < _MOST:
        front = load("\n".join(lines).encode())
        value = front.value
        if value is None:
            number = (front.findings[0].line or 0) - 2
            before = _unquoted(lines, number) if front.findings[0].code == "AKL003" else None
            if before is None or number in plain:
                return None
            plain[number] = before
            lines[number] = _with(lines[number], before, quoted(before[1]))
    if value is None or not _certain(text.split("\n"), plain, value):
        return None
    return Fix("put the text in double quotes", tuple(_edits(split, text, plain))), value


def _unquoted(lines: list[str], number: int) -> tuple[str, str] | None:
    """Of a line with a field and its plain text what stands before the text, and the text."""
    if not 0 <= number < len(lines):
        return None
    found = _FIELD.fullmatch(lines[number].rstrip(" \t\r"))
    following = lines[number + 1] if number + 1 < len(lines) else ""
    if not found or _COMMENT.search(found[2]) or found[2].endswith((",", "]", "}")):
        return None
    # What is indented deeper than the key may be the rest of the text.
    inside = len(following) - len(following.lstrip(" "))
    key = len(found[1]) - len(found[1].lstrip(" -"))
    return (found[1], found[2]) if not following.strip() or inside <= key else None


def _with(line: str, plain: tuple[str, str], text: str) -> str:
    """``line`` with ``text`` in the place of its plain text."""
    before, said = plain
    return before + text + line[len(before) + len(said) :]


def _certain(lines: list[str], plain: dict[int, tuple[str, str]], value: dict[str, Any]) -> bool:
    """Whether each quoted text is one value, and nothing else changes with it."""
    for number, one in plain.items():
        lines[number] = _with(lines[number], one, _STAND_IN)
    harmless = load("\n".join(lines).encode()).value
    texts = iter(plain[number][1] for number in sorted(plain))
    return harmless is not None and _filled(harmless, texts) == value


def _edits(split: Split, text: str, plain: dict[int, tuple[str, str]]) -> Iterator[Edit]:
    start = 0
    for number, line in enumerate(text.split("\n")):
        if number in plain:
            before, said = plain[number]
            at = start + len(before)
            yield at_bytes(split, text, (at, at + len(said)), quoted(said))
        start += len(line) + 1


def _filled(value: Any, texts: Iterator[str]) -> Any:
    """``value`` with the next of ``texts`` in the place of each stand-in, in the order of the file."""
    if isinstance(value, str):
        return re.sub(_STAND_IN, lambda _: next(texts, ""), value)
    if isinstance(value, dict):
        return {_filled(key, texts): _filled(one, texts) for key, one in value.items()}
    return [_filled(one, texts) for one in value] if isinstance(value, list) else value


def _escape(sign: str) -> str:
    return f"\\u{ord(sign):04x}"


def _decoded(split: Split) -> str | None:
    try:
        return split.yaml.decode("utf-8")
    except UnicodeDecodeError:
        return None
