"""Looks into JSON of any shape: a field of another kind than the one asked for counts as not there.

Transcripts are no contract; whatever their fields hold, these functions give a value of the stated type. Where several
keys are named, the first one that holds something of the kind counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from akislog.core.values import NUMBER_LIMIT, timestamp
from akislog.errors import InvalidValue

Fields = Mapping[str, Any]

_NOTHING: Fields = {}
_MILLISECONDS_FROM = 10**11  # as seconds this is the year 5138, as milliseconds 1973


def text(record: Any, *keys: str) -> str:
    """The first text under ``keys`` that is not empty, else an empty one."""
    if isinstance(record, dict):
        for key in keys:
            value = record.get(key)
            if isinstance(value, str) and value:
                return value
    return ""


def mapping(record: Any, *keys: str) -> Fields:
    """The first object under ``keys``, else an empty one."""
    if isinstance(record, dict):
        for key in keys:
            value = record.get(key)
            if isinstance(value, dict):
                return value
    return _NOTHING


def listed(record: Any, *keys: str) -> list[Any]:
    """The first list under ``keys``, else an empty one."""
    if isinstance(record, dict):
        for key in keys:
            value = record.get(key)
            if isinstance(value, list):
                return value
    return []


def mappings(record: Any, *keys: str) -> list[Fields]:
    """The objects in the first list under ``keys``."""
    return [one for one in listed(record, *keys) if isinstance(one, dict)]


def count(record: Any, *keys: str) -> int | None:
    """The first whole number from 0 up under ``keys``, else None."""
    if isinstance(record, dict):
        for key in keys:
            value = record.get(key)
            if type(value) is int and 0 <= value < NUMBER_LIMIT:
                return value
    return None


def number(record: Any, *keys: str) -> float | None:
    """The first number under ``keys`` that a log can hold, else None."""
    if isinstance(record, dict):
        for key in keys:
            value = record.get(key)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < NUMBER_LIMIT:
                return float(value)
    return None


def parsed(value: Any) -> Any:
    """The JSON value written in a text; None where there is none. What is no text is given back as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def parsed_mapping(value: Any) -> Fields:
    """The object that ``value`` is or that is written in it, else an empty one."""
    found = parsed(value)
    return found if isinstance(found, dict) else _NOTHING


def first_line(value: str, width: int = 0) -> str:
    """The first line that says something, cut to ``width`` characters where one is given."""
    line = next((one.strip() for one in value.splitlines() if one.strip()), "")
    return line[:width].strip() if width else line


def moment(value: Any) -> str:
    """A time of a transcript as ``2026-01-15T14:45:30Z``; the empty text where it is none.

    Read are ISO 8601 (without a zone it counts as UTC) and seconds or milliseconds since 1970.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 < value < 10**14:
            return ""
        seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
        return timestamp(datetime.fromtimestamp(seconds, timezone.utc))
    if not isinstance(value, str) or not 10 <= len(value) <= 64:
        return ""
    return _iso(value) or _iso(f"{value}Z")


def _iso(value: str) -> str:
    try:
        if value[10] == "T" and value[16:17] == ":" and value[-1] == "Z" and value[19:20] in ("Z", "."):
            return f"{datetime.fromisoformat(value[:19]).isoformat()}Z"  # what most hold, at a quarter of the cost
        return timestamp(value)
    except (InvalidValue, ValueError, IndexError):
        return ""
