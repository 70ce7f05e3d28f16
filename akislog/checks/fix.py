"""What would mend a finding: edits of the bytes at fault, and the values the file must have afterwards.

Only repairs that cannot be meant otherwise are made: a word with one near miss, a number that is computed, an older
name for the same thing. Quotes, line ends, comments and indentation around the fault are left as they are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from akislog.checks.fix_yaml import at_bytes, controls_escaped, texts_quoted
from akislog.checks.reading import Reading
from akislog.core.finding import Edit, Finding, Fix
from akislog.core.shape import SHAPE, fits
from akislog.core.values import NUMBER_LIMIT, file_type, timestamp
from akislog.errors import InvalidValue
from akislog.text.document import Document, is_current
from akislog.text.emit import plain_or_quoted, quoted
from akislog.text.legacy import words
from akislog.text.legacy.fields import OLDER_KEY, OLDER_WORD
from akislog.text.legacy.front import normalise
from akislog.text.part import finder
from akislog.text.places import Finder

_MISSING = object()
_NEAR = 0.8  # the likeness of a near miss; check suggests from 0.6 on, but a change must be surer
_LONGEST = 60
_NO_SLIPS = frozenset({"passed", "parsed", "caused"})  # words of their own, however near they come to one of ours
_READ: Mapping[str, Callable[[str], str | None]] = {
    "task_status": words.status,
    "delegation_status": words.result,
    "group_status": words.group,
    "outcome": words.outcome,
    "complexity": words.complexity,
}
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")


class Change(NamedTuple):
    """One value of the front matter after a repair: what stands at ``pointer``, and under which key of today."""

    pointer: str
    value: Any = _MISSING
    key: str = ""


class Repair(NamedTuple):
    """A fix, and what it does to the values; ``whole`` is all of them where the front matter could not be read."""

    fix: Fix
    changes: tuple[Change, ...] = ()
    whole: dict[str, Any] | None = None


class _Place(NamedTuple):
    """Where repairs are made: the document and its places."""

    document: Document
    finder: Finder

    def value(self, pointer: str) -> Any:
        """What the file says at ``pointer``, if that is what was checked; _MISSING if not."""
        stands = _resolved(self.document.front.value, pointer)
        read = self.document.log.record if self.document.log is not None else None
        return stands if _same(stands, _resolved(read, pointer)) else _MISSING

    def token(self, extent: tuple[int, int] | None) -> str:
        """The characters of a scalar or key; empty where there is none, or one that is written as a block."""
        text = self.document.front.text[extent[0] : extent[1]] if extent else ""
        return "" if text[:1] in ("|", ">", "[", "{") else text

    def edit(self, extent: tuple[int, int], text: str) -> Edit:
        """Characters of the YAML as bytes of the file."""
        return at_bytes(self.document.split, self.document.front.text, extent, text)


def with_fixes(findings: list[Finding], document: Document) -> list[Finding]:
    """The findings of ``document``, each with what would mend it, where something certain would."""
    made = repairs(findings, document)
    return [one._replace(fix=repair.fix if repair else None) for one, repair in zip(findings, made, strict=True)]


def repairs(findings: list[Finding], document: Document) -> list[Repair | None]:
    """For each finding what would mend it, or None."""
    if document.front.value is None:
        return [_container(finding, document) for finding in findings]
    place = _Place(document, finder(document.front))
    return [_REPAIRS[one.code](one, place) if one.code in _REPAIRS else None for one in findings]


def _container(finding: Finding, document: Document) -> Repair | None:
    """The repair of what keeps the YAML from being read."""
    make = {"AKL003": texts_quoted, "AKL006": controls_escaped}.get(finding.code)
    made = make(document.split) if make else None
    return Repair(made[0], whole=made[1]) if made else None


def _near_word(finding: Finding, place: _Place) -> Repair | None:
    """A word of an older log, or one that is misspelt, where only a closed list of words may stand."""
    value = place.value(finding.pointer)
    if not isinstance(value, str):
        return None
    read = _READ.get(_kind_at(finding.pointer))
    word = (read(value) if read else None) or _nearest(value, finding.expected, _NEAR)
    return _spliced(place, finding.pointer, word) if word in finding.expected else None


def _known_domain(finding: Finding, place: _Place) -> Repair | None:
    value = place.value(finding.pointer)
    if not isinstance(value, str):
        return None
    word = words.domain(value) or _nearest(value, finding.expected, _NEAR)
    return _spliced(place, finding.pointer, word) if word and word != value else None


def _time(finding: Finding, place: _Place) -> Repair | None:
    """A time in another form, or another zone, that is the same moment."""
    value = place.value(finding.pointer)
    if _kind_at(finding.pointer) != "time" or not isinstance(value, str):
        return None
    try:
        return _spliced(place, finding.pointer, timestamp(value))
    except InvalidValue:
        return None


def _computed(finding: Finding, place: _Place) -> Repair | None:
    """A depth that does not agree with the tree."""
    number = finding.expected[0] if len(finding.expected) == 1 else ""
    is_depth = finding.pointer.endswith(("/depth", "/delegation_depth"))
    if not is_depth or not _WHOLE_NUMBER.fullmatch(number) or place.value(finding.pointer) is _MISSING:
        return None
    return _spliced(place, finding.pointer, int(number))


def _sums(finding: Finding, place: _Place) -> Repair | None:
    """Numbers in files.types. The list of an older log may have been cut, so its numbers may be the better ones."""
    document = place.document
    types = place.value(finding.pointer)
    if not is_current(document.front.value or {}) or not isinstance(types, dict):
        return None
    files = Reading(document.front.value).part("files", "files")
    listed = [one for key in ("created", "modified", "deleted") for one in files.entries(key, "file")]
    counted = Counter(one["type"] or file_type(one["path"] or "") for one in listed)
    right = [
        _spliced(place, f"{finding.pointer}/{_step(key)}", counted[key]) for key in types if types[key] != counted[key]
    ]
    more = {key: number for key, number in counted.items() if key not in types}
    added = _added(place, finding.pointer, types, more) if more else None
    made = [*right, added] if more else right
    if not made or None in made:
        return None
    whole = [one for one in made if one]
    edits = tuple(edit for one in whole for edit in one.fix.edits)
    return Repair(Fix("count the files listed", edits), tuple(change for one in whole for change in one.changes))


def _added(place: _Place, pointer: str, types: dict[str, Any], more: dict[str, int]) -> Repair | None:
    """New entries at the end of a mapping on one line."""
    text = place.document.front.text
    if types:
        extent = place.finder.extent(f"{pointer}/{_step(list(types)[-1])}")
        at = extent[1] if extent else -1
        rest = text[at:] if at >= 0 else ""
    else:
        found = place.finder.key_extent(pointer)
        opening = re.compile(r":[ \t]*\{[ \t]*(?=\})").match(text, found[1]) if found else None
        at = opening.end() if opening else -1
        rest = text[at:] if opening else ""
    if not re.match(r"[ \t]*\}", rest):
        return None
    said = ", ".join(f"{plain_or_quoted(key)}: {number}" for key, number in more.items())
    edit = place.edit((at, at), f", {said}" if types else said)
    return Repair(Fix("count", (edit,)), tuple(Change(f"{pointer}/{_step(key)}", more[key]) for key in more))


def _date(finding: Finding, place: _Place) -> Repair | None:
    """A date that is not that of the start, where the id or the file name says the start's too."""
    if finding.pointer != "/session/date" or len(finding.expected) != 1:
        return None
    start = finding.expected[0]
    name = re.split(r"[/\\]", place.document.path or "")[-1]
    session_id = place.value("/session/id")
    witnesses = [one for one in (session_id, name) if isinstance(one, str) and re.match(r"\d{4}-\d\d-\d\d", one)]
    if place.value(finding.pointer) is _MISSING or not witnesses:
        return None
    return _spliced(place, finding.pointer, start) if all(one.startswith(start) for one in witnesses) else None


def _misspelt_key(finding: Finding, place: _Place) -> Repair | None:
    """A required field that is missing while a key much like it is there."""
    holder = place.value(finding.pointer)
    fields = SHAPE.get(_kind_at(finding.pointer), {})
    if not isinstance(holder, dict) or len(finding.expected) != 1 or finding.expected[0] not in fields:
        return None
    strange = [one for one in holder if one not in fields]
    key = _nearest(finding.expected[0], strange, _NEAR) or _older_name(finding, place, strange)
    return _renamed(place, finding.pointer, key, finding.expected[0]) if key else None


def _older_name(finding: Finding, place: _Place, strange: list[str]) -> str:
    """Which of the strange keys is an older name of the field that is missing."""
    new = finding.expected[0]
    told = {(one.pointer, one.message) for one in normalise(place.document.front.value or {}).findings}
    named = [key for key in strange if (f"{finding.pointer}/{_step(key)}", OLDER_KEY.format(old=key, new=new)) in told]
    return named[0] if len(named) == 1 else ""


def _older(finding: Finding, place: _Place) -> Repair | None:
    """An older name for a field, or an older word for a value, where nothing else is different."""
    new = finding.expected[0] if len(finding.expected) == 1 else ""
    pointer, _, step = finding.pointer.rpartition("/")
    old = step.replace("~1", "/").replace("~0", "~")
    value = _resolved(place.document.front.value, finding.pointer)
    if new and finding.message == OLDER_KEY.format(old=old, new=new) and "." not in new:
        kind = _kind_at(f"{pointer}/{new}")
        same_kind = not kind or fits(value, kind) or (isinstance(value, str) and kind != "count")
        return _renamed(place, pointer, old, new) if same_kind else None
    if new and finding.message == OLDER_WORD.format(new=new) and isinstance(value, str):
        return _spliced(place, finding.pointer, new) if _kind_at(finding.pointer) != "count" else None
    return None


def _ambiguous(finding: Finding, place: _Place) -> Repair | None:
    """Plain text, or a key, that another YAML reader takes for something else; or a number only some read as one."""
    pointer, extent = finding.pointer, place.finder.extent(finding.pointer)
    value = _resolved(place.document.front.value, pointer)
    if isinstance(value, dict) and finding.found in value:  # a key is told at the map it is in
        pointer, value = f"{pointer}/{_step(finding.found)}", finding.found
        extent, change = place.finder.key_extent(pointer), Change(pointer, key=value)
    elif isinstance(value, float) and value.is_integer() and abs(value) < NUMBER_LIMIT:
        return _spliced(place, pointer, int(value))
    else:
        change = Change(pointer, value)
    if not isinstance(value, str) or extent is None or place.token(extent) != value:
        return None
    return Repair(Fix("put it in double quotes", (place.edit(extent, quoted(value)),)), (change,))


def _spliced(place: _Place, pointer: str, value: str | int | None) -> Repair | None:
    """``value`` in the place of a scalar, in the quotes it had."""
    extent = place.finder.extent(pointer)
    token = place.token(extent)
    if extent is None or not token or value is None:
        return None
    fix = Fix(f"write {value}", (place.edit(extent, _in_style(token, value)),))
    return Repair(fix, (Change(pointer, value),))


def _renamed(place: _Place, pointer: str, old: str, new: str) -> Repair | None:
    """The key ``new`` in the place of ``old``."""
    at = f"{pointer}/{_step(old)}"
    extent = place.finder.key_extent(at)
    token = place.token(extent)
    if extent is None or token.strip("\"'") != old:
        return None
    return Repair(Fix(f"name it {new}", (place.edit(extent, _in_style(token, new)),)), (Change(at, key=new),))


def _in_style(token: str, value: str | int) -> str:
    if not isinstance(value, str):
        return str(value)
    if token[:1] == '"':
        return quoted(value)
    return "'" + value.replace("'", "''") + "'" if token[:1] == "'" else plain_or_quoted(value)


def _nearest(word: str, allowed: tuple[str, ...] | list[str], cutoff: float) -> str:
    """The one of ``allowed`` that ``word`` can be meant to be; empty where none or more than one comes near."""
    word = word.strip().lower()
    if word in _NO_SLIPS or len(word) > _LONGEST:
        return ""
    near = get_close_matches(word, [one for one in allowed if len(one) <= _LONGEST], 2, cutoff)
    return near[0] if len(near) == 1 else ""


def _kind_at(pointer: str) -> str:
    """The kind that the format gives to the value at a pointer."""
    kind = "record"
    for step in pointer.split("/")[1:]:
        kind = kind[1:-1] if kind.startswith("[") else SHAPE.get(kind, {}).get(step, "")
    return kind


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _resolved(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return _MISSING
    return value


def _same(one: Any, other: Any) -> bool:
    return one is other or (_MISSING not in (one, other) and json.dumps(one) == json.dumps(other))


_REPAIRS: Mapping[str, Callable[[Finding, _Place], Repair | None]] = {
    "AKL101": _misspelt_key,
    "AKL103": _near_word,
    "AKL104": _time,
    "AKL206": _computed,
    "AKL207": _computed,
    "AKL213": _sums,
    "AKL214": _date,
    "AKL222": _known_domain,
    "AKL401": _older,
    "AKL403": _ambiguous,
}
FIXABLE = ("AKL003", "AKL006", *_REPAIRS)
