"""Values in columns of the index: each kind of field as SQLite keeps and compares it best, and back, exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

from akislog.core.shape import SHAPE, WORDS

Value = str | int | float | bytes | None
Store = Callable[[Any], Value]

PLAIN, FLAG, TIME, DATE, JSON = "plain", "flag", "time", "date", "json"

NULL = float("nan")
"""What stands for NULL in rows that are to be kept: SQLite takes it as that, and Python is slow to bind None."""

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Column(NamedTuple):
    """A column: the name of its field, where its value stands in a record or an entry, how it is kept, for JSON of what
    entity it is, in square brackets for a list of them, and whether it is a text that is kept as it is."""

    name: str
    steps: tuple[str, ...]
    kind: str
    entity: str = ""
    text: bool = False

    @property
    def kept(self) -> str:
        """The column in which the value is kept."""
        return f"_{self.name}" if self.kind is TIME or self.steps == ("session", "id") else self.name


def column_of(name: str, steps: tuple[str, ...], kind: str) -> Column:
    inner = kind.strip("[]")
    if inner in SHAPE:
        return Column(name, steps, JSON, kind)
    if kind in ("texts", "names", "map"):
        return Column(name, steps, JSON)
    if steps == ("session", "date"):
        return Column(name, steps, DATE)
    text = kind in ("text", "name", "offset") or kind in WORDS
    return Column(name, steps, {"flag": FLAG, "time": TIME}.get(kind, PLAIN), text=text)


def storing(column: Column) -> Store:
    """How a column holds values: the function of its kind."""
    if column.kind is JSON:
        return partial(_store_json, entity=column.entity) if column.entity else _store_texts
    return {PLAIN: store_plain, FLAG: _store_flag, TIME: _store_time, DATE: _store_date}[column.kind]


def _odd(value: Any) -> bytes:
    """A value that does not fit its column."""
    return json.dumps(value).encode()


def store_plain(value: Any) -> Value:
    """A text, which has no NUL in it, or a number."""
    its = value.__class__
    if its is str:
        fits = "\0" not in value and (value.isascii() or _encodable(value))
    else:
        fits = its is float or (its is int and abs(value) < 1 << 62)
    return value if fits else _odd(value)


def _store_flag(value: Any) -> Value:
    return int(value) if value.__class__ is bool else _odd(value)


def _store_time(value: Any) -> Value:
    """Seconds since 1970 of a time such as 2026-01-15T14:45:30Z."""
    try:
        return _days[value[:10]] + _minutes[value[10:17]] + _seconds[value[17:]]
    except (KeyError, TypeError):
        return _odd(value)


def _store_date(value: Any) -> Value:
    try:
        _ = _days[value]
    except (KeyError, TypeError):
        return _odd(value)
    return str(value)


def _store_texts(value: Any) -> Value:
    """Lists of texts and free mappings."""
    its = value.__class__
    if its is list:
        if not value:
            return "[]"
        if all(map(_is_simple, value)):
            joined = '","'.join(value)
            return f'["{joined}"]'
    return _stored_json(value) if its is list or its is dict else _odd(value)


def _is_simple(value: Any) -> bool:
    """Whether a value is a text that JSON writes as it stands."""
    return value.__class__ is str and value.isprintable() and '"' not in value and "\\" not in value


def _store_json(value: Any, entity: str) -> Value:
    its, fields = value.__class__, _FIELDS[entity]
    if entity.startswith("["):
        if its is list:
            if all(one.__class__ is dict and tuple(one) == fields for one in value):
                return _stored_json([[*one.values()] for one in value])
            if any(one.__class__ is list for one in value):
                return _odd(value)
    elif its is dict and tuple(value) == fields:
        return _stored_json([*value.values()])
    elif its is list:
        return _odd(value)
    return _stored_json(value) if its is list or its is dict else _odd(value)


def _stored_json(value: Any) -> str:
    text = encode(value)
    return text if text.isascii() or _encodable(text) else json.dumps(value)


_FIELDS = {name: tuple(SHAPE[name.strip("[]")]) for name in (*SHAPE, *(f"[{name}]" for name in SHAPE))}


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def loaded(value: Any, column: Column) -> Any:
    """The value that a column holds; not for NULL, which says that there is none."""
    kind = column.kind
    if value.__class__ is bytes:
        return json.loads(value)
    if kind is JSON:
        held, entity = json.loads(value), column.entity
        if entity.startswith("["):
            if held.__class__ is list and held and held[0].__class__ is list:
                fields = _FIELDS[entity]
                return [dict(zip(fields, one, strict=True)) for one in held]
        elif entity and held.__class__ is list:
            return dict(zip(_FIELDS[entity], held, strict=True))
        return held
    if kind is TIME:
        days, seconds = divmod(value, 86_400)
        return f"{_date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
    return bool(value) if kind is FLAG else value


class _Days(dict[str, int]):
    """Seconds since 1970 of dates as they are written in full. KeyError for any other text."""

    def __missing__(self, text: str) -> int:
        try:
            found = date.fromisoformat(text)
        except ValueError:
            raise KeyError(text) from None
        if found.isoformat() != text:  # newer Pythons take 20260115 too
            raise KeyError(text)
        if len(self) >= 4096:
            self.clear()
        self[text] = seconds = (found.toordinal() - _UNIX) * 86_400
        return seconds


_minutes = {f"T{hour:02}:{minute:02}:": hour * 3600 + minute * 60 for hour in range(24) for minute in range(60)}
_seconds = {f"{second:02}Z": second for second in range(60)}
_UNIX = date(1970, 1, 1).toordinal()
_days = _Days()


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return date.fromordinal(days + _UNIX).isoformat()
