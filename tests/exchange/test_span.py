"""The time a transcript covers."""

from __future__ import annotations

from typing import Any

import pytest

from akislog.exchange.shared.span import Span, passed


def test_a_span_is_first_last_and_activity() -> None:
    span = Span()
    for at in ("2026-01-01T10:00:00.5Z", "2026-01-01T10:00:00.9Z", "2026-01-01T10:02:00Z", "2026-01-01T11:00:00+01:00"):
        assert span.note(at)
    assert (span.first[:19], span.last) == ("2026-01-01T10:00:00", "2026-01-01T10:02:00Z")
    assert span.note("2026-01-01T10:02:00+01:00") == "2026-01-01T09:02:00Z"
    span = Span()
    for at in ("2026-01-01T10:00:00Z", "2026-01-01T10:02:00Z", "2026-01-01T12:00:00Z"):
        span.note(at)
    assert span.seconds == 120 + 0 + 300
    assert span.minutes == 7


@pytest.mark.parametrize(
    "at", [None, 5, "", "today", "2026-13-01T10:00:00Z", "2026-01-01T10:00:00", "٢026-01-01T10:00:00Z"]
)
def test_what_is_no_time_is_passed_over(at: Any) -> None:
    span = Span()
    assert span.note(at) == ""
    assert (span.first, span.last, span.minutes) == ("", "", 0)


def test_time_that_runs_backwards_is_no_activity() -> None:
    span = Span()
    for at in ("2026-01-01T10:05:00Z", "2026-01-01T10:00:00Z"):
        span.note(at)
    assert (span.first, span.last, span.seconds) == ("2026-01-01T10:00:00Z", "2026-01-01T10:05:00Z", 0)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-01-01T10:00:00.250Z", "2026-01-01T10:00:01.5Z", 1.25),
        ("2026-01-01T10:00:59.9Z", "2026-01-01T10:01:00.123456Z", 0.223),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", 0),
        ("2026-01-01T10:00:01Z", "2026-01-01T10:00:00Z", None),
        ("", "2026-01-01T10:00:00Z", None),
        ("", "", None),
    ],
)
def test_seconds_that_passed(start: str, end: str, seconds: float | None) -> None:
    assert passed(start, end) == seconds
