"""The time a transcript covers, taken from its records one by one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from akislog.core.values import timestamp
from akislog.errors import InvalidValue

PAUSE = 300.0  # what is longer than this between two records counts as this much activity
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)


class Span:
    """First and last time of a transcript, and the seconds in between without long pauses."""

    def __init__(self) -> None:
        self.first = ""
        self.last = ""
        self.seconds = 0.0
        self._before: datetime | None = None

    def note(self, at: Any) -> str:
        """Take in the time of the next record and give it back as UTC; an empty text where it is no time."""
        if not isinstance(at, str):
            return ""
        if at[:19] == self.last[:19] and at.endswith("Z"):  # most records share their second with the one before
            self.last = max(self.last, at)
            return at
        try:
            moment = at if _UTC.fullmatch(at) else timestamp(at)
            then = datetime.fromisoformat(moment[:19])
        except (InvalidValue, ValueError):
            return ""
        if self._before is not None:
            self.seconds += min(max(0.0, (then - self._before).total_seconds()), PAUSE)
        self._before = then
        if not self.first or moment < self.first:
            self.first = moment
        if moment > self.last:
            self.last = moment
        return moment

    @property
    def minutes(self) -> int:
        """Whole minutes of activity, rounded half up."""
        return rounded_minutes(self.seconds)


def rounded_minutes(seconds: float) -> int:
    """Whole minutes, rounded half up."""
    return int((seconds + 30) // 60)


def passed(start: str, end: str) -> float | None:
    """Seconds from one UTC time to another, to the millisecond; None where either is none or they run backwards."""
    try:
        if start[:17] == end[:17]:  # most commands end in the minute they began in
            seconds = float(end[17:].removesuffix("Z")) - float(start[17:].removesuffix("Z"))
        else:
            seconds = (_exact(end) - _exact(start)).total_seconds()
    except ValueError:
        return None
    return round(seconds, 3) if seconds >= 0 else None


def _exact(at: str) -> datetime:
    # Python 3.10 reads fractions of 3 or 6 digits only.
    whole, _, fraction = at.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:3]:0<3}")
