"""Values of front matter that is laid out as akislog writes it, without a YAML parser; of any other, None.

Such a text is JSON but for its line breaks and its plain words: what stands between double quotes is a string of JSON
already, and of the rest every line is of one of few kinds. A line becomes a piece of JSON by itself, what closes and
opens between two lines follows from their kinds, and JSON's own reader takes the whole.

Why what passes is what the positioned path reads (docs/decisions/0014 argues at length): a sign that could mean more
to YAML than it means here is in no line's pattern; a structure that YAML takes and JSON does not is an error of JSON;
and what both take means the same in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from akislog.text.scalar import scalar

STRING = "\0"  # stands for a text and its quotes; what is read here holds no control characters of its own
BACKSLASH, QUOTE = "\1", "\2"  # stand for these where a text has them escaped
NUMBER = "\3"  # stands for one, so that lines that differ in numbers alone are read once
A_NUMBER = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?"
_SOME_NUMBER = re.compile(rf"(?<=: ){A_NUMBER}(?=[,\]}}]|\Z)")
_PIECE = re.compile(r"[\0\3]|(?:-?[0-9]|[A-Za-z])[A-Za-z0-9_.+/-]*")
_WITHIN = rf"(?:{_PIECE.pattern}(?![A-Za-z0-9_.+/-])|[\[\]{{}}]|[,:] )*"
_LINE = re.compile(rf"( *)(- )?((?:[A-Za-z][A-Za-z0-9_.+/-]*|\0):(?: (?=\S)|\Z))?({_WITHIN})(,?)")
_ODD = re.compile(r"\\u[dD][89a-fA-F]")  # half a character, which YAML refuses
_LONGEST_KEY = 400  # characters, of which some stand for two; YAML has 1024 for a key and what is before it on its line
_DEEPEST = 20  # brackets in a line: the format has few, and the profile stops at 64 levels
_REMEMBERED = 4096  # lines: but for texts and numbers most lines of a log stand in others too
REMEMBERED_LENGTH = 500
"""Characters of a line without its strings; longer ones hardly come again, and many would take much memory."""

_END = "end of the text"
_WHOLE = {"entry": "{{{}}}", "value": "[{}]"}

_State = dict[str, tuple[str, Any]]
"""After a line: for every kind that may follow, what closes and opens before it, and how it is then."""

_known: dict[str, tuple[str, str]] = {}
"""Lines that were read: the kind of each, and what it is in JSON. It says what a line alone decides."""


def values(text: str) -> dict[str, Any] | None:
    """What the positioned path would read from a text whose size and control characters were checked, or None."""
    found = apart(text)
    skeleton = _json(found.skeleton) if found else None
    if found is None or skeleton is None:
        return None
    pieces, between = found.pieces, skeleton.split(STRING)
    if f"{STRING}:" in skeleton and _has_long_key(pieces[1::2], between[1:]):
        return None
    pieces[::2] = between
    whole = '"'.join(pieces)
    try:
        read: dict[str, Any] = _decode(restored(whole) if found.escaped else whole)
    except ValueError:
        return None
    return read


class Apart(NamedTuple):
    """A text whose strings were taken out: ``pieces`` of it, every second one what stood between two quotes, and the
    ``skeleton``, in which each string is STRING. Where something is ``escaped``, strings are to be ``restored``."""

    pieces: list[str]
    skeleton: str
    escaped: bool


def apart(text: str) -> Apart | None:
    """Take the strings out of a text whose control characters were checked; None where they cannot be told."""
    escaped = "\\" in text
    if escaped:
        text = text.replace("\\\\", BACKSLASH).replace('\\"', QUOTE)
        if _ODD.search(text):
            return None
    pieces = text.split('"')
    return Apart(pieces, STRING.join(pieces[::2]), escaped) if len(pieces) % 2 else None


def restored(text: str) -> str:
    """A text with its escaped quotes and backslashes as they were."""
    return text.replace(QUOTE, '\\"').replace(BACKSLASH, "\\\\")


def _has_long_key(strings: list[str], behind: list[str]) -> bool:
    """Whether one of the texts that have a colon behind them may be longer than YAML takes for a key."""
    return any(len(text) > _LONGEST_KEY and then[:1] == ":" for text, then in zip(strings, behind, strict=True))


def _json(skeleton: str) -> str | None:
    """A text without its strings as JSON without its strings."""
    lines = skeleton.split("\n")
    if lines.pop():
        return None  # the last line has no end
    state, made = _START, []
    try:
        for line in lines:
            kind, piece = _known.get(line) or _numbered(line)
            between, state = state[kind]
            made.append(between)
            made.append(piece)
        made.append(state[_END][0])
    except KeyError:
        return None
    return "".join(made)


def _numbered(line: str) -> tuple[str, str]:
    """The same as ``_learnt``, the numbers of the line apart."""
    numbers = _SOME_NUMBER.findall(line)
    if not numbers:
        return _learnt(line)
    shape = _SOME_NUMBER.sub(NUMBER, line)
    kind, piece = _known.get(shape) or _learnt(shape)
    for number in numbers:
        piece = piece.replace(NUMBER, number, 1)
    if len(numbers) == 1 and len(numbers[0]) <= 2:  # small ones come again
        _remember(line, (kind, piece))
    return kind, piece


def _learnt(line: str) -> tuple[str, str]:
    """The kind of a line and what it is in JSON, its strings marked. KeyError if it is none of those known here.

    A kind is the margin, a dash for an item, and one of: ``entry`` of a map, ``opens`` a block, ``value``; ``begins``,
    ``goes on`` or ``ends`` for an entry that has a line for each element of its value.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise KeyError(line)
    margin, dash, key, value, comma = match.groups("")
    opening, closing = (sum(map(value.count, signs)) for signs in ("[{", "]}"))
    if opening > _DEEPEST:
        raise KeyError(line)
    form = _form(opening - closing, dash, key, value, comma)
    piece = _PIECE.sub(_quoted, f"{key}{value}{comma}")
    if form in _WHOLE and not _is_one(_WHOLE[form].format(piece)):
        raise KeyError(line)
    found = f"{len(margin)}{dash}{form}", piece
    _remember(line, found)
    return found


def _form(left_open: int, dash: str, key: str, value: str, comma: str) -> str:
    """What a line is; empty for what is none of those. ``left_open`` is how many brackets more it opens than closes."""
    if not value:
        return "opens" if key and not comma else ""
    if comma:
        return "goes on" if left_open == 0 and not dash else ""
    if left_open == 0:
        return "entry" if key else "value"
    if left_open == 1:
        return "begins" if value in ("[", "{") and key else ""
    return "ends" if left_open == -1 and not dash else ""


def _is_one(text: str) -> bool:
    """Whether a line outside of brackets says one thing: YAML takes a comma there for a part of a word."""
    try:
        return len(json.loads(text.replace(STRING, '""').replace(NUMBER, "0"))) == 1
    except ValueError:
        return False


def _remember(line: str, found: tuple[str, str]) -> None:
    if len(line) > REMEMBERED_LENGTH:
        return
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[line] = found


def _quoted(match: re.Match[str]) -> str:
    return match[0] if match[0] in (STRING, NUMBER) else json.dumps(scalar(match[0]))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made


_decode = json.JSONDecoder(object_pairs_hook=_once).decode


def _states() -> _State:
    """Where a text begins; from there every line leads on."""
    start: _State = {}
    top: _State = {}
    below: _State = {}
    entries: _State = {}
    inner: _State = {}

    def leave_top(closing: str) -> _State:
        return {"0entry": (f"{closing},", top), "0opens": (f"{closing},", below), _END: (f"{closing}}}", {})}

    def leave_entries(closing: str) -> _State:
        left = {"2entry": (f"{closing},", entries), "2opens": (f"{closing},", inner)}
        return {**left, **leave_top(f"{closing}}}")}

    start.update({"0entry": ("{", top), "0opens": ("{", below)})
    top.update(leave_top(""))
    below.update({"2entry": ("{", entries), "2opens": ("{", inner), **_items(2, leave_top)})
    entries.update(leave_entries(""))
    inner.update(_items(4, leave_entries))
    return start


def _items(margin: int, leave: Callable[[str], _State]) -> _State:
    """What may follow where a list of items opens."""
    item: _State = {}
    elements: _State = {}
    plain: _State = {}

    def another(closing: str, opening: str) -> _State:
        return {
            f"{margin}- entry": (f"{closing}{opening}{{", item),
            f"{margin}- begins": (f"{closing}{opening}{{", elements),
            f"{margin}- value": (f"{closing}{opening}", plain),
        }

    item.update({f"{margin + 2}entry": (",", item), f"{margin + 2}begins": (",", elements)})
    item.update({**another("}", ","), **leave("}]")})
    elements.update({f"{margin + 4}goes on": ("", elements), f"{margin + 4}ends": ("", item)})
    plain.update({**another("", ","), **leave("]")})
    return another("", "[")


_START = _states()
