"""Values in columns of the index: each kind of field as SQLite keeps and compares it best, and back, exactly."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from akislog.core.shape import SHAPE

Value = str | int | float | bytes | None

PLAIN, FLAG, TIME, DATE, JSON = "plain", "flag", "time", "date", "json"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Column(NamedTuple):
    """A column: the name of its field, where its value stands in a record or an entry, how it is kept, and for JSON of
    what entity it is, in square brackets for a list of them."""

    name: str
    steps: tuple[str, ...]
    kind: str
    entity: str = ""

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
    return Column(name, steps, {"flag": FLAG, "time": TIME}.get(kind, PLAIN))


def stored(value: Any, column: Column) -> Value:
    """A value as its column holds it."""
    its, kind = value.__class__, column.kind
    if its is str:
        if kind is PLAIN and (value.isprintable() or ("\0" not in value and _encodable(value))):
            return value  # type: ignore[no-any-return]
        if kind is TIME:
            seconds = _seconds(value)
            if seconds is not None:
                return seconds
        elif kind is DATE and len(value) == 10 and day_of(value) is not None:
            return value  # type: ignore[no-any-return]
    elif kind is PLAIN and (its is float or (its is int and abs(value) < 1 << 62)):
        return value  # type: ignore[no-any-return]
    elif kind is FLAG and its is bool:
        return int(value)
    elif kind is JSON and (its is list or its is dict):
        return _stored_json(value, column.entity)
    return json.dumps(value).encode()


def _stored_json(value: Any, entity: str) -> Value:
    if entity.startswith("["):
        if value.__class__ is list:
            fields = _FIELDS[entity]
            if all(one.__class__ is dict and tuple(one) == fields for one in value):
                value = [[*one.values()] for one in value]
            elif any(one.__class__ is list for one in value):
                return json.dumps(value).encode()
    elif entity:
        if value.__class__ is list:
            return json.dumps(value).encode()
        if tuple(value) == _FIELDS[entity]:
            value = [*value.values()]
    text = _encode(value)
    return text if _encodable(text) else json.dumps(value)


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


_UNIX = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def day_of(text: str) -> int | None:
    """Days since 1970 of a date as it is written in full; None for any other text."""
    try:
        found = date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return None
    return found.toordinal() - _UNIX if found.isoformat() == text else None


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return date.fromordinal(days + _UNIX).isoformat()


def _seconds(text: str) -> int | None:
    """Seconds since 1970 of a time such as 2026-01-15T14:45:30Z; None for any other text."""
    if len(text) != 20 or text[10] != "T" or text[13] != ":" or text[16] != ":" or text[19] != "Z":
        return None
    day, hour, minute, second = day_of(text[:10]), text[11:13], text[14:16], text[17:19]
    digits = hour + minute + second
    if day is None or not (digits.isascii() and digits.isdigit()) or hour > "23" or minute > "59" or second > "59":
        return None
    return day * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second)
