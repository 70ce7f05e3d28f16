"""Dates and times in queries: what a person writes, compared with what a log holds.

A day is a day where the person is: it begins at midnight of the zone that is handed in. A time in a log without an
offset is UTC; a time that a person writes without one is of the zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([01][0-9]|2[0-3]):([0-5][0-9])"
    r"(?::([0-5][0-9])(?:[.,]([0-9]{1,9}))?)?(?:([Zz])|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?"
)
_RELATIVE = re.compile(r"-([0-9]{1,5})([dwmy])")
_WORDS = {"today": 0, "yesterday": 1}
_UNIX = date(1970, 1, 1).toordinal()
_DAY = 86_400


class Day(NamedTuple):
    """One day: its date, and its first and its first following second in UTC, counted from 1970."""

    date: str
    start: float
    end: float


class Moment(NamedTuple):
    """One point in time: seconds in UTC, counted from 1970, and the date where the person is."""

    seconds: float
    date: str


def is_date(word: str) -> bool:
    """Whether a word has the form of a date, a time or a relative day."""
    return word in _WORDS or any(form.fullmatch(word) for form in (_DATE, _TIME, _RELATIVE))


def is_relative(word: str) -> bool:
    """Whether the day that ``word`` means depends on what day it is."""
    return word in _WORDS or _RELATIVE.fullmatch(word) is not None


def read(text: str) -> str | float | None:
    """A date of a log as it stands, a time of a log as seconds in UTC; None for any other text."""
    found = _TIME.fullmatch(text)
    if found is None:
        return text if _DATE.fullmatch(text) and _ordinal(text) else None
    ordinal = _ordinal(text)
    return None if ordinal is None else _seconds(found, ordinal) - _offset(found)


def meant(word: str, today: date | None, zone: tzinfo = timezone.utc) -> Day | Moment | None:
    """The day or moment that a person's word means; None where there is no such day.

    A relative word needs ``today``; the caller sees to it (``is_relative``).
    """
    found = _TIME.fullmatch(word)
    if found is not None:
        ordinal = _ordinal(word)
        return None if ordinal is None else _moment(found, ordinal, zone)
    day = _relative(word, today) if today is not None and is_relative(word) else _plain(word)
    return None if day is None else _day(day, zone)


def shown(value: str, zone: tzinfo) -> str | None:
    """A log's time as a person of that zone reads it, ``2026-01-15 15:45:30``; None where it is no time."""
    seconds = read(value)
    if seconds is None or isinstance(seconds, str):
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
        return at.astimezone(zone).isoformat(" ", "seconds")[:19]
    except OverflowError:
        return None


def compare(value: str, wanted: Day | Moment) -> int | None:
    """-1, 0 or 1: a log's date or time before, in or after what is wanted; None where it is neither."""
    read_as = read(value)
    if read_as is None:
        return None
    if isinstance(read_as, str):
        return (read_as > wanted.date) - (read_as < wanted.date)
    if isinstance(wanted, Day):
        return (read_as >= wanted.end) - (read_as < wanted.start)
    return (read_as > wanted.seconds) - (read_as < wanted.seconds)


def _plain(word: str) -> date | None:
    ordinal = _ordinal(word)
    return None if ordinal is None else date.fromordinal(ordinal)


def _ordinal(text: str) -> int | None:
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:10])).toordinal()
    except ValueError:
        return None


def _seconds(found: re.Match[str], ordinal: int) -> float:
    whole = (ordinal - _UNIX) * _DAY + int(found[4]) * 3600 + int(found[5]) * 60 + int(found[6] or 0)
    return whole + float(f"0.{found[7]}") if found[7] else whole


def _offset(found: re.Match[str]) -> int:
    if not found[9]:
        return 0
    seconds = int(found[10]) * 3600 + int(found[11]) * 60
    return -seconds if found[9] == "-" else seconds


def _moment(found: re.Match[str], ordinal: int, zone: tzinfo) -> Moment:
    seconds = _seconds(found, ordinal)
    if found[8] or found[9]:
        seconds -= _offset(found)
        return Moment(seconds, _local_date(seconds, zone))
    there = datetime.fromordinal(ordinal).replace(hour=int(found[4]), minute=int(found[5]), tzinfo=zone)
    return Moment(seconds - _zone_offset(there), there.date().isoformat())


def _local_date(seconds: float, zone: tzinfo) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
        return at.astimezone(zone).date().isoformat()
    except OverflowError:  # the first or the last day there is
        return "0001-01-01" if seconds < 0 else "9999-12-31"


def _day(day: date, zone: tzinfo) -> Day:
    return Day(day.isoformat(), _midnight(day.toordinal(), zone), _midnight(day.toordinal() + 1, zone))


def _midnight(ordinal: int, zone: tzinfo) -> float:
    seconds = (ordinal - _UNIX) * _DAY
    if ordinal > date.max.toordinal():
        return seconds
    return seconds - _zone_offset(datetime.fromordinal(ordinal).replace(tzinfo=zone))


def _zone_offset(at: datetime) -> float:
    try:
        offset = at.utcoffset()
    except OverflowError:
        return 0.0
    return 0.0 if offset is None else offset.total_seconds()


def _relative(word: str, today: date) -> date | None:
    found = _RELATIVE.fullmatch(word)
    number, unit = (int(found[1]), found[2]) if found else (_WORDS[word], "d")
    try:
        if unit in "dw":
            return today - timedelta(days=number * (7 if unit == "w" else 1))
        return _months_before(today, number * (12 if unit == "y" else 1))
    except (OverflowError, ValueError):
        return None


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
