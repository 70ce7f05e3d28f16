"""The zone and the day of this machine, for queries that were not told where and when they are asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo


class Local(tzinfo):
    """The zone of this machine, with the offset that each of its days has: summer time stands in no fixed offset."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        if at is None:
            return None
        try:
            return at.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, OSError, ValueError):  # further away than the system's clock reaches
            return timedelta(0)

    def dst(self, at: datetime | None) -> timedelta | None:  # noqa: ARG002 - as tzinfo has it
        return timedelta(0)

    def tzname(self, at: datetime | None) -> str | None:
        return None if at is None else at.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, at: datetime) -> datetime:
        try:
            return at.replace(tzinfo=timezone.utc).astimezone().replace(tzinfo=self)
        except (OverflowError, OSError, ValueError):
            return at


def today() -> date:
    """The day it is here."""
    return datetime.now().date()
