"""The tables of the index, made from the shape of a record, and their rows as a record again.

A scalar field is a column: NULL where the key is missing, text and numbers as themselves, true and false as 1 and 0.
Of a time the seconds are kept, in a column with ``_`` before its name, and the text is computed. What has fields or
entries of its own, other than a list with a table of its own, is JSON text; a mapping that has exactly its fields is
the list of their values there. A value that does not fit its column (null, a text with NUL in it, a list for a text) is
a blob of JSON. ``extra`` holds keys that no schema knows and, where it is not that of the shape, the order of keys.
Nothing is lost: ``record_of`` gives back of which ``filling.rows_of`` made the rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from akislog.core.shape import ALWAYS, SHAPE
from akislog.store.index.values import TIME, Column, column_of, loaded

SECTIONS = tuple(key for key, kind in SHAPE["record"].items() if kind in SHAPE)
"""Parts of a record that are there once: their scalars are columns of ``logs``."""

LISTS: Mapping[tuple[str, ...], tuple[str, str]] = {
    **{(key,): (key, kind[1:-1]) for key, kind in SHAPE["record"].items() if kind.startswith("[")},
    **{("files", change): ("files", "file") for change, kind in SHAPE["files"].items() if kind == "[file]"},
    ("gates", "violations"): ("violations", "violation"),
    ("agents", "delegated"): ("delegated", "delegated"),
}
"""Lists of entries: where they stand in a record, their table and what an entry is."""

INNER_LISTS = tuple((steps[0], steps[1]) for steps in LISTS if len(steps) == 2)
"""Those of them that stand inside a section."""

Rows = dict[str, list[list[Any]]]


class Table(NamedTuple):
    """A table of entries; ``lead`` are the columns before those of the entry."""

    name: str
    lead: tuple[str, ...]
    columns: tuple[Column, ...]
    at: Mapping[str, tuple[int, Column]]  # by key: the place among all columns, and the column

    @property
    def kept(self) -> tuple[str, ...]:
        """Every column that is kept, in order."""
        return (*self.lead, *(one.kept for one in self.columns), "extra")


def _table(name: str, entity: str) -> Table:
    lead = ("log", "change", "n") if name == "files" else ("log", "n")
    columns = tuple(column_of(key, (key,), kind) for key, kind in SHAPE[entity].items())
    return Table(name, lead, columns, {one.name: (len(lead) + i, one) for i, one in enumerate(columns)})


def _log_columns() -> list[Column]:
    found: list[Column] = []
    for key, kind in SHAPE["record"].items():
        if kind in SHAPE:
            prefix = "" if key == "session" else f"{key}_"
            inner = ((one, shape) for one, shape in SHAPE[kind].items() if (key, one) not in LISTS)
            found += [column_of(prefix + one, (key, one), shape) for one, shape in inner]
        elif (key,) not in LISTS:
            found.append(column_of(key, (key,), kind))
    return found


TABLES: Mapping[str, Table] = {name: _table(name, entity) for name, entity in LISTS.values()}
"""The tables of entries by name."""

LOG_COLUMNS = tuple(_log_columns())
LOG_LEAD = ("log", "path", "week", "_filled", "_beside")
LOG_KEPT = (*LOG_LEAD, *(one.kept for one in LOG_COLUMNS), "extra", "whole")
LOG_AT = {one.steps: (len(LOG_LEAD) + i, one) for i, one in enumerate(LOG_COLUMNS)}
NO_ID = b""  # in the place of the id of a log that has none; NULL is that of a log that is named after its id

_OWN = (
    "create table meta (key primary key, value) without rowid",
    "create table stamps (folder, n, piece, primary key (folder, n))",
    "create table young (path primary key, digest) without rowid",
    "create table skipped (path, why, severity)",
    "create table reworded (log integer primary key)",
)
FINDING = ("code", "severity", "message", "path", "line", "column", "pointer", "hint", "found", "expected")
OF_LOG: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "logs": (1, LOG_KEPT),
    **{name: (len(table.lead), table.kept) for name, table in TABLES.items()},
    "findings": (2, ("log", "n", *FINDING)),
}
"""The tables with the rows of a log: how many columns are the key, and which are kept."""

FILLED = LOG_LEAD.index("_filled")
"""The place in a row of ``logs`` of the number that tells which tables have rows of this log; most have none."""

BESIDE = FILLED + 1
"""That of the digest of what a log says beside its tasks, where it was read by its lines: most edits change these."""

_BITS = {name: 1 << n for n, name in enumerate(OF_LOG)}

COMMON: Mapping[tuple[str, str], str] = {("tasks", "status"): "done", ("delegations", "status"): "success"}
"""The word that most entries have in a column: an index holds the others only, and serves where it is ruled out."""

AGAIN = "="
"""Stands in the full-text table between a word and how often it comes again."""

_WORDS_IN_MEMORY = 32 << 20  # bytes that are collected before they are written: fewer pieces, less to merge

_INDEXES = (
    "by_path on logs (path)",
    "by_date on logs (date)",
    "by_started_at on logs (_started_at)",
    "by_whole on logs (log) where whole is not null",
    *(f"by_{name}_{column} on {name} ({column}) where {column} <> '{word}'" for (name, column), word in COMMON.items()),
)
_VIEWS = {
    "skills": "select log, 'loaded' as kind, value as skill from logs, json_each(logs.skills_loaded)"
    " union all select log, 'suggested', value from logs, json_each(logs.skills_suggested)",
    "gates": "select log, 'passed' as kind, value as gate, null as reason from logs, json_each(logs.gates_passed)"
    " union all select log, 'violated', gate, reason from violations",
    "links": "select log, 'continues' as kind, value as target, null as task from logs, json_each(logs.continues)"
    " union all select log, 'parent', parent, null from logs where parent is not null"
    " union all select log, 'session', session, task_id from delegations where session is not null",
    "checks": "select log, tasks.n as task, key as n,"
    " json_extract(value, case json_type(value) when 'array' then '$[0]' else '$.item' end) as item,"
    " json_extract(value, case json_type(value) when 'array' then '$[1]' else '$.done' end) as done"
    " from tasks, json_each(tasks.checklist) where type in ('array', 'object')",
}


def ddl(*, words: bool = True) -> list[str]:
    """The statements that make the tables, to which ``completion`` belongs, with or without those for the words."""
    made = [
        f"create table logs (log integer primary key, path not null, {_listed(LOG_KEPT[2:])})",
        "create table unread (log integer primary key, path not null)",
    ]
    for table in TABLES.values():
        key = ", ".join(table.lead)
        made.append(f"create table {table.name} ({_numbered(table.kept)}, primary key ({key})) without rowid")
    made.append(f"create table findings ({_numbered(('log', 'n', *FINDING))}, primary key (log, n)) without rowid")
    made += [*_OWN, *(words_ddl() if words else ())]
    made += [f"create view {name} as {select}" for name, select in _VIEWS.items()]
    return made


def ddl_of_part() -> list[str]:
    """The statements that make tables for what is in some files, in which rows stay in the order they come in."""
    held = {
        **{name: columns for name, (_, columns) in OF_LOG.items()},
        "unread": ("log", "path"),
        "young": ("path", "digest"),
        "words": ("rowid", "text"),
    }
    return [f"create table {name} ({_listed(columns)})" for name, columns in held.items()]


def filled(rows: Rows) -> int:
    """The number that tells which tables have rows of a log."""
    return sum([_BITS.get(name, 0) for name, some in rows.items() if some])


def tables_of(number: int) -> list[str]:
    """The tables that such a number tells."""
    return [name for name, bit in _BITS.items() if number & bit]


def words_ddl() -> list[str]:
    """The statements that make the tables for the words of every log, which only a search needs."""
    kept = f"content='', columnsize=0, detail=none, tokenize=\"ascii tokenchars '{AGAIN}'\""
    return [
        f"create virtual table words using fts5 (text, {kept})",
        f"insert into words (words, rank) values ('hashsize', {_WORDS_IN_MEMORY})",
        "create virtual table words_counted using fts5vocab (words, instance)",
    ]


def completion() -> list[str]:
    """The statements that add computed columns and indexes: where there are many rows, once they are in. SQLite
    computes such columns for every row that is added, though it keeps none of them."""
    computed = [("logs", one) for one in _computed_of_log()]
    computed += [(table.name, one) for table in TABLES.values() for one in _computed(table.columns)]
    made = [f"alter table {table} add column {one}" for table, one in computed]
    return made + [f"create {'unique ' * (one.startswith('by_path'))}index {one}" for one in _INDEXES]


def _numbered(names: Sequence[str]) -> str:
    """Columns of which the first is the number of a log; without its type SQLite would not find it by that of one."""
    return f"{names[0]} integer, {_listed(names[1:])}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' if name.isidentifier() else name for name in names)


def _computed(columns: Iterable[Column]) -> list[str]:
    """Times as text, for people."""
    text = "strftime('%Y-%m-%dT%H:%M:%SZ', _{0}, 'unixepoch')"
    made = f"{{0}} as (case typeof(_{{0}}) when 'integer' then {text} else _{{0}} end) virtual"
    return [made.format(one.name) for one in columns if one.kind is TIME]


def _computed_of_log() -> list[str]:
    name = "replace(path, rtrim(path, replace(path, '/', '')), '')"
    stem = f"substr({name}, 1, length({name}) - 3)"
    own = f"id as (case when _id is null then {stem} when _id = x'' then null else _id end)"
    return [own, *_computed(LOG_COLUMNS)]


# --- the usual order of keys ------------------------------------------------------------------------------------------


_NOTHING: dict[str, Any] = {}


def usual(record: Mapping[str, Any]) -> list[Any]:
    """The keys that a record of these values has where akislog wrote it, unknown ones after the known."""
    top = _usual_top(tuple(record), tuple([key for key, value in record.items() if not value]))
    inner = {}
    for key in SECTIONS:
        if key in top:
            held = record.get(key, _NOTHING)
            empty = tuple([one for section, one in INNER_LISTS if section == key and not held.get(one)])
            inner[key] = _usual_keys(key, tuple(held), empty)
    return [top, inner]


@lru_cache(maxsize=1 << 14)
def _usual_top(keys: tuple[str, ...], empty: tuple[str, ...]) -> list[str]:
    told = [key for key in keys if key not in empty or ((key,) not in LISTS and key not in SECTIONS)]
    known = [key for key in SHAPE["record"] if key in ALWAYS["record"] or key in told]
    return [*known, *(key for key in keys if key not in SHAPE["record"])]


@lru_cache(maxsize=1 << 14)
def _usual_keys(section: str, keys: tuple[str, ...], empty: tuple[str, ...]) -> list[str]:
    """``empty`` are the lists of entries that are not there, or have nothing in them."""
    shape, always = SHAPE[section], ALWAYS.get(section, ())
    known = [key for key in shape if (key in always and (section, key) in LISTS) or key in keys]
    kept = [key for key in known if key not in empty or key in always]
    return [*kept, *(key for key in keys if key not in shape)]


# --- rows as a record -------------------------------------------------------------------------------------------------


def entry_of(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    """The entry of a row of a table of entries."""
    lead = len(table.lead)
    entry = {one.name: loaded(row[lead + i], one) for i, one in enumerate(table.columns) if row[lead + i] is not None}
    if row[-1] is None:
        return entry
    extra = json.loads(row[-1])
    if isinstance(extra, dict):
        return {**entry, **extra}
    entry |= extra[1]
    return {key: entry[key] for key in extra[0]}


def columns_of(needs: Collection[str] | None) -> tuple[Column, ...]:
    """The columns of ``logs`` that hold something of these sections; of all, for None."""
    return tuple(one for one in LOG_COLUMNS if needs is None or one.steps[0] in needs)


def record_of(
    path: str,
    cells: Iterable[tuple[Column, Any]],
    extra: str | None,
    entries: Mapping[tuple[str, ...], list[dict[str, Any]]],
    needs: Collection[str] | None = None,
) -> dict[str, Any]:
    """The record of a row of ``logs`` and its lists of entries: all of it, or the sections that are needed."""
    held: dict[str, Any] = {}
    for one, value in cells:
        if one.steps == ("session", "id"):
            value = path.rpartition("/")[2][:-3] if value is None else None if value == NO_ID else value
        if value is not None:
            _put(held, one.steps, loaded(value, one))
    for steps, found in entries.items():
        if found:
            _put(held, steps, found)
    beyond = json.loads(extra) if extra is not None else {}
    keys = None
    if isinstance(beyond, list):
        keys, beyond = beyond[:2], beyond[2]
    for key, value in beyond.items():
        if needs is None or key in needs:
            if key in SECTIONS:
                held.setdefault(key, {}).update(value)
            else:
                held[key] = value
    return _in_order(held, keys or usual(held), needs)


def _put(held: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    for step in steps[:-1]:
        held = held.setdefault(step, {})
    held[steps[-1]] = value


def _in_order(held: Mapping[str, Any], keys: Sequence[Any], needs: Collection[str] | None) -> dict[str, Any]:
    top, inner = keys
    record: dict[str, Any] = {}
    for key in top:
        if needs is not None and key not in needs:
            continue
        if key in inner:
            section = held.get(key, _NOTHING)
            record[key] = {one: section.get(one, []) for one in inner[key]}
        else:
            record[key] = held.get(key, [])
    return record
