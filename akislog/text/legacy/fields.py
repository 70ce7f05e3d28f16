"""What reading older logs is made of: a record of what was changed, and the changes that fields go through.

``kept`` holds every value that was changed, under its pointer in the result: the value itself, or
``{old key: value}`` where the key was another one too. A value that fits nowhere stands under the place it would
have had; of a list, all such values stand under ``<list>/-``, the pointer past its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from akislog.core.finding import MOST, Finding, Severity, too_many
from akislog.text.legacy import words

OLDER_SHAPE = "AKL401"
NO_PLACE = "AKL402"

OLDER_KEY = "older name {old}; read as {new}"
OLDER_WORD = "older word; read as {new}"
_OLDER_ITEM = "older shape of {what}; read as {new}"
_UNFIT = "{kind} does not fit as {what}; kept aside"

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (dict, "a mapping"),
    (list, "a list"),
)


class Normalised(NamedTuple):
    """A record, what was read where it reads otherwise now, and what is to be said about it.

    ``kept`` is keyed by JSON pointers into ``record``; the pointers of ``findings`` are those of the source.
    """

    record: dict[str, Any]
    kept: dict[str, Any]
    findings: tuple[Finding, ...]


class Notes:
    """Collects what is kept and found while a record is read.

    While ``item`` is set, all that is kept goes there as one value: small list items are kept whole.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.findings: dict[tuple[str, str, str], Finding] = {}
        self.counts: Counter[str] = Counter()
        self.item: tuple[str, Any] | None = None

    def keep(self, dst: str, raw: Any) -> None:
        """Keep ``raw`` for the value at ``dst``; the first that is kept there stays."""
        if self.item:
            dst, raw = self.item
        self.kept.setdefault(dst, raw)

    def older(self, src: str, message: str, raw: Any = None, severity: Severity = "note", new: str = "") -> None:
        """Say that an older shape was read at ``src``; ``new`` is the key or the word of today for it."""
        self._find(OLDER_SHAPE, severity, src, message, raw, (new,) if new else ())

    def renamed(self, src: str, dst: str, raw: Any, old: str, new: str) -> None:
        """A value that stands under another key now."""
        self.keep(dst, {old: raw})
        self.older(src, OLDER_KEY.format(old=old, new=new), raw, new=new)

    def reworded(self, src: str, dst: str, raw: Any, new: Any, severity: Severity = "note") -> None:
        """A word that reads otherwise now."""
        self.keep(dst, raw)
        self.older(src, OLDER_WORD.format(new=new), raw, severity, str(new))

    def reshaped(self, src: str, dst: str, raw: Any, what: str, new: str) -> None:
        """A value of another form than today's."""
        self.keep(dst, raw)
        self.older(src, _OLDER_ITEM.format(what=what, new=new), raw)

    def unfit(self, src: str, dst: str, raw: Any, what: str) -> None:
        """A value that fits nowhere; ``dst`` ends in ``/-`` for a list item."""
        if not self.item and dst.endswith("/-"):
            self.kept.setdefault(dst, []).append(raw)
        else:
            self.keep(dst, raw)
        self._find(NO_PLACE, "warning", src, _UNFIT.format(kind=kind_of(raw).capitalize(), what=what), raw)

    def too_much(self, src: str, dst: str, raw: Any, limit: int) -> None:
        """A value that holds more than any log."""
        self.keep(dst, raw)
        self._find(NO_PLACE, "warning", src, f"more than {limit} values are no log; all of them were kept aside", raw)

    def _find(
        self, code: str, severity: Severity, src: str, message: str, raw: Any, expected: tuple[str, ...] = ()
    ) -> None:
        if (code, src, message) in self.findings:
            return
        self.counts[code] += 1
        if self.counts[code] <= MOST:
            found = raw[:60] if isinstance(raw, str) else ""
            finding = Finding(code, severity, message, pointer=src, found=found, expected=expected)
            self.findings[code, src, message] = finding

    def result(self, record: dict[str, Any]) -> Normalised:
        """``record`` with all that was noted."""
        more = (too_many(code) for code, number in self.counts.items() if number > MOST)
        return Normalised(record, self.kept, (*self.findings.values(), *more))


class Shape(NamedTuple):
    """How the maps of one list are read.

    ``text`` reads an item that is plain text, ``aliases`` are older keys with today's, the nearest first; ``lists``
    are fields that hold lists of text, ``ids`` fields that hold an id, ``skills`` fields with names of skills, and
    ``words`` the fields of closed vocabularies. ``whole`` items are kept as one value when anything in them changes.
    """

    name: str
    text: Callable[[str], dict[str, Any]] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    lists: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    words: Mapping[str, Callable[[str], str | None]] = {}
    whole: bool = True


def child(pointer: str, key: Any) -> str:
    """The JSON pointer of ``key`` below ``pointer``."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "nothing")


def id_of(value: Any) -> str | None:
    """``value`` as an id: text, or a whole number that YAML took for one; None for anything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return str(value)
    return None


def items_of(raws: list[Any], pointer: str) -> list[tuple[str, Any]]:
    """The items of a list, each with its pointer."""
    return [(child(pointer, index), raw) for index, raw in enumerate(raws)]


def read_items(sources: Iterable[tuple[str, Any]], dst: str, shape: Shape, notes: Notes) -> list[Any]:
    """The items of ``sources`` (pointer and value) as maps; those that are none go to ``notes``."""
    items: list[Any] = []
    for src, raw in sources:
        item = _read_item(raw, shape, src, child(dst, len(items)), notes)
        if item is None:
            notes.unfit(src, f"{dst}/-", raw, f"a {shape.name}")
        else:
            items.append(item)
    return items


def _read_item(raw: Any, shape: Shape, src: str, dst: str, notes: Notes) -> dict[str, Any] | None:
    if isinstance(raw, str) and shape.text:
        item = shape.text(raw)
        notes.reshaped(src, dst, raw, f"a {shape.name}", ", ".join(item))
        return item
    if not isinstance(raw, dict):
        return None
    notes.item = (dst, raw) if shape.whole else None
    item = read_map(raw, shape, src, dst, notes)
    notes.item = None
    return item


def read_map(raw: dict[str, Any], shape: Shape, src: str, dst: str, notes: Notes) -> dict[str, Any]:
    """``raw`` with today's keys, words and lists; ``raw`` itself where it has them already."""
    item = _without_unfit(raw, shape, src, dst, notes)
    item, origin = rename(item, shape.aliases, src, dst, notes)
    changed: dict[str, Any] = {}
    for key, value in item.items():
        at, to = child(src, origin.get(key, key)), child(dst, key)
        new = value
        if key in shape.lists and value is not None:
            new = read_texts(value, at, to, notes, skills=key in shape.skills)
        elif key in shape.ids:
            new = value if id_of(value) is None else id_of(value)
        elif isinstance(value, str):
            new = _reword(key, value, shape)
        if new != value:
            changed[key] = new
            if key not in shape.lists:
                # A domain may well be a free word: that it was taken for a known one has to be seen.
                notes.reworded(at, to, value, new, "warning" if key == "domain" else "note")
    return {**item, **changed} if changed else item


def _reword(key: str, value: str, shape: Shape) -> str:
    if key in shape.skills:
        return words.skill(value)
    read = shape.words.get(key)
    return value if read is None else read(value) or value


def _without_unfit(raw: dict[str, Any], shape: Shape, src: str, dst: str, notes: Notes) -> dict[str, Any]:
    """``raw`` without lists of text that are none, so that an alias can take their place."""
    lists = shape.lists | {old for old, new in shape.aliases if new in shape.lists}
    if lists.isdisjoint(raw):
        return raw
    unfit = [key for key in raw if key in lists and not isinstance(raw[key], (list, str, type(None)))]
    for key in unfit:
        notes.unfit(child(src, key), child(dst, key), raw[key], f"a list of {key}")
    return {key: value for key, value in raw.items() if key not in unfit} if unfit else raw


def rename(
    raw: dict[str, Any], aliases: tuple[tuple[str, str], ...], src: str, dst: str, notes: Notes
) -> tuple[dict[str, Any], dict[str, str]]:
    """``raw`` under today's keys, and the old key of each that has another now.

    Null counts as absent and goes. Where the right key has a value already, the older key stays as it is.
    """
    if not any(old in raw for old, _ in aliases):
        return raw, {}
    given = {key for key, value in raw.items() if value is not None}
    origin: dict[str, str] = {}
    for old, new in aliases:
        if old in given and new not in given:
            given.add(new)
            origin[new] = old
            notes.renamed(child(src, old), child(dst, new), raw[old], old, new)
    moved = {old: new for new, old in origin.items()}
    gone = {old for old, _ in aliases if old not in given} | origin.keys()
    return {moved.get(key, key): value for key, value in raw.items() if key not in gone}, origin


def read_texts(value: Any, src: str, dst: str, notes: Notes, skills: bool = False) -> list[Any]:
    """A list of text: one text stands for a list of one, or of several between commas."""
    if isinstance(value, str):
        items = [part.strip() for part in value.split(",") if part.strip()]
        notes.reshaped(src, dst, value, "a list", "a list of text")
        return [words.skill(item) for item in items] if skills else items
    items = []
    for index, raw in enumerate(value):
        text = _text_of(raw)
        if text is None:
            notes.unfit(child(src, index), f"{dst}/-", raw, "text in a list")
            continue
        text = words.skill(text) if skills else text
        if text != raw:
            notes.reworded(child(src, index), child(dst, len(items)), raw, text)
        items.append(text)
    return items


def _text_of(raw: Any) -> str | None:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, dict):
        named = (raw[key] for key in ("path", "name", "id", "task_id", "gate") if isinstance(raw.get(key), str))
        return next(named, None)
    return id_of(raw)
