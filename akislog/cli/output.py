"""stdout is data, stderr is talk; both go through one escaping funnel."""

from __future__ import annotations

import os
import sys

from akislog.report.escape import safe

TYPE_CHECKING = False  # known to type checkers: the hot query comes here

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

MOST_TOLD = 10  # of the files that could not be read; the rest is counted


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


def placed(path: str | None, line: int | None, column: int | None) -> str:
    """A file, with line and column where they are known."""
    return f"{path}:{line}:{column}" if line else f"{path}"


def tell_unread(unread: Sequence[str], on_error: str) -> int:
    """Say which files could not be read, and why; the exit code that this gives."""
    if not unread:
        return 0
    number = len(unread)
    complain(f"{number} file{'' if number == 1 else 's'} could not be read; the answer is made from the rest:")
    for one in unread[:MOST_TOLD]:
        complain(f"  {one}")
    if number > MOST_TOLD:
        complain(f"  and {number - MOST_TOLD} more; akislog check names them all")
    return 0 if on_error == "skip" else 3


def _print(stream: TextIO, text: str) -> None:
    _write(stream, safe(text))


def _write(stream: TextIO, text: str) -> None:
    print(_encodable(stream, text), file=stream)


def _encodable(stream: TextIO, text: str) -> str:
    """What a terminal that is not UTF-8 cannot show gets escapes instead of an error."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
