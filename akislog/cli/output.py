"""stdout is data, stderr is talk; both go through one escaping funnel."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from akislog.report.escape import safe


def say(text: str) -> None:
    """Print data."""
    _print(sys.stdout, text)


def say_safe(text: str) -> None:
    """Print data whose parts were made safe one by one; it may hold colours."""
    _write(sys.stdout, text)


def say_all(parts: Iterable[str]) -> None:
    """Print data that comes in parts, each of them safe and with its own line ends."""
    for part in parts:
        sys.stdout.write(_encodable(sys.stdout, part))


def complain(text: str) -> None:
    """Print talk: what went wrong, and what to do. It may quote what was refused, so secrets are replaced in it."""
    from akislog.text.redact import Redactor

    told = Redactor(os.environ).redact(text)[0]
    _print(sys.stderr, f"akislog: {told}" if not told.startswith(" ") else told)


def _print(stream: TextIO, text: str) -> None:
    _write(stream, safe(text))


def _write(stream: TextIO, text: str) -> None:
    print(_encodable(stream, text), file=stream)


def _encodable(stream: TextIO, text: str) -> str:
    """What a terminal that is not UTF-8 cannot show gets escapes instead of an error."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
