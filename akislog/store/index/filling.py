"""A record as rows of the index; the module of the tables says what stands where, and makes a record of them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from akislog.store.index import schema
from akislog.store.index.values import NULL, Column, Store, store_plain, storing


def rows_of(log: int, path: str, record: Mapping[str, Any]) -> schema.Rows:
    """The rows of one log, by table."""
    if not regular(record):
        row: list[Any] = [NULL] * len(schema.LOG_KEPT)
        row[0], row[1], row[_WHOLE] = log, path, json.dumps(record)
        return {"logs": [row]}
    rows: schema.Rows = {"logs": [_log_row(log, path, record)]}
    for key, name in _LISTS.items():
        entries = record.get(key)
        if entries:
            rows[name] = [_row(name, (log, n), one) for n, one in enumerate(entries)]
    for section, key in schema.INNER_LISTS:
        entries = record.get(section, _NOTHING).get(key)
        if entries:
            name = schema.LISTS[section, key][0]
            lead = (log, key) if name == "files" else (log,)
            rows.setdefault(name, []).extend([_row(name, (*lead, n), one) for n, one in enumerate(entries)])
    return rows


_NOTHING: dict[str, Any] = {}
_NONE: list[Any] = []
_DICTS = {dict}
_LISTS = {steps[0]: name for steps, (name, _) in schema.LISTS.items() if len(steps) == 1}
_EXTRA, _WHOLE = len(schema.LOG_KEPT) - 2, len(schema.LOG_KEPT) - 1
_ID, _DATE = (schema.LOG_AT["session", key][0] for key in ("id", "date"))


def regular(record: Mapping[str, Any]) -> bool:
    """Whether every section is a mapping and every list of entries a list of mappings. The rest is kept whole."""
    for key in schema.SECTIONS:
        if record.get(key, _NOTHING).__class__ is not dict:
            return False
    lists = [record.get(key, _NONE) for key in _LISTS]
    lists += [record.get(section, _NOTHING).get(key, _NONE) for section, key in schema.INNER_LISTS]
    return all(one.__class__ is list and (not one or {*map(type, one)} == _DICTS) for one in lists)


class _Place(NamedTuple):
    """Where a value goes in a row, how it is held there, and whether it is a text, most of which are held as such."""

    at: int
    store: Store
    text: bool


def _elsewhere(_: Any) -> float:
    """Keeps nothing in the last place of a row, which is filled later if at all."""
    return NULL


_ELSEWHERE = _Place(-1, _elsewhere, False)


def _place(at: int, column: Column) -> _Place:
    return _Place(at, storing(column), column.text)


_PLACES: Mapping[str, Mapping[str, _Place]] = {
    **{name: {key: _place(*found) for key, found in table.at.items()} for name, table in schema.TABLES.items()},
    **{
        f"logs.{section}": {
            **{key: _ELSEWHERE for part, key in schema.INNER_LISTS if part == section},
            **{steps[1]: _place(*found) for steps, found in schema.LOG_AT.items() if steps[0] == section and steps[1:]},
        }
        for section in schema.SECTIONS
    },
    "logs": {
        **dict.fromkeys((*schema.SECTIONS, *_LISTS), _ELSEWHERE),
        **{steps[0]: _place(*found) for steps, found in schema.LOG_AT.items() if not steps[1:]},
    },
}
"""By table, and for ``logs`` by section: the places of keys."""


class _Plan(NamedTuple):
    """How the values of a mapping with certain keys are put into a row: ``places`` of all; the numbers of the ``texts``
    with what picks these; of the ``others`` number, place and how each is held. ``beyond`` are the keys that have no
    place; ``ordered`` says that the other keys stand before these, in the order of their places."""

    places: tuple[int, ...]
    texts: tuple[int, ...]
    picked: Callable[[Sequence[Any]], Sequence[Any]]
    others: tuple[tuple[int, int, Store], ...]
    beyond: tuple[str, ...]
    ordered: bool


@lru_cache(maxsize=1 << 14)
def _plan(where: str, keys: tuple[str, ...]) -> _Plan:
    known = _PLACES[where]
    found = [known.get(key, _ELSEWHERE) for key in keys]
    texts = tuple(n for n, one in enumerate(found) if one.text)
    others = tuple((n, one.at, one.store) for n, one in enumerate(found) if not one.text)
    picked = itemgetter(*texts) if len(texts) > 1 else lambda values: [values[n] for n in texts]
    places = tuple(one.at for one in found)
    ordered = sorted(at for at in places if at >= 0) == [*places[: sum(at >= 0 for at in places)]]
    return _Plan(places, texts, picked, others, tuple(key for key in keys if key not in known), ordered)


def _put(row: list[Any], where: str, held: Mapping[str, Any]) -> _Plan:
    """Put the values of a mapping where they belong. Texts are looked at together: hardly one is odd."""
    plan = _plan(where, tuple(held))
    values = [*held.values()]
    for at, value in zip(plan.places, values):  # noqa: B905 - as many as there are keys
        row[at] = value
    for number, at, store in plan.others:
        row[at] = store(values[number])
    try:
        plain = "".join(plan.picked(values)).isprintable()
    except TypeError:  # one is no text
        plain = False
    if not plain:
        for number in plan.texts:
            row[plan.places[number]] = store_plain(values[number])
    return plan


def _row(table: str, lead: tuple[Any, ...], entry: Mapping[str, Any]) -> list[Any]:
    row: list[Any] = [*lead, *EMPTY[table]]
    plan = _put(row, table, entry)
    if plan.beyond or not plan.ordered:
        extra = {key: entry[key] for key in plan.beyond}
        row[-1] = json.dumps(extra if plan.ordered else [list(entry), extra])
    return row


EMPTY = {name: (NULL,) * (len(table.columns) + 1) for name, table in schema.TABLES.items()}


def _log_row(log: int, path: str, record: Mapping[str, Any]) -> list[Any]:
    row: list[Any] = [NULL] * len(schema.LOG_KEPT)
    row[0], row[1] = log, path
    extra: dict[str, Any] = {key: record[key] for key in _put(row, "logs", record).beyond}
    for section in schema.SECTIONS:
        held = record.get(section)
        if held:
            beyond = _put(row, f"logs.{section}", held).beyond
            if beyond:
                extra[section] = {key: held[key] for key in beyond}
    keys = [list(record), {key: list(record[key]) for key in schema.SECTIONS if key in record}]
    if keys != schema.usual(record):
        row[_EXTRA] = json.dumps([*keys, extra])
    elif extra:
        row[_EXTRA] = json.dumps(extra)
    named(row, path)
    return row


def named(row: list[Any], path: str) -> None:
    """Complete the row of a log: its week, and its id, which is not kept where the file is named after it."""
    row[2] = _week(row[_DATE])
    stem = path.rpartition("/")[2][:-3]
    row[_ID] = schema.NO_ID if row[_ID] is NULL else NULL if row[_ID] == stem else row[_ID]


@lru_cache(maxsize=4096)
def _week(day: Any) -> str | float:
    """The ISO week of a date, such as 2026-W03."""
    if not isinstance(day, str):
        return NULL
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"
