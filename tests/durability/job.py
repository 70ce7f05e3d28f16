"""What a writer is asked to do and what it can answer; imported by the worker, so it imports little."""

from __future__ import annotations

import enum
import hashlib
from pathlib import Path
from typing import NamedTuple

BEGIN, END = "/AKISLOG-BEGIN", "/AKISLOG-END"  # asked for with access(2), these stand in the trace


class Outcome(enum.IntEnum):
    """What the writer said, as the exit code of its process."""

    CREATED = 10
    BEST_EFFORT = 11  # created, the file system cannot sync folders
    SAME = 12
    TAKEN = 13  # other content there, or changed since it was read
    UNCONFIRMED = 14
    REFUSED = 15  # a PublishError that names the path
    INTERRUPTED = 16
    OTHER = 17  # anything a user should never see
    RETRIED = 18  # refused or interrupted, then tried again in the same process, and written
    LOST = 19  # refused, and the session in memory is no longer what it was
    KILLED = -9


class Job(NamedTuple):
    """One call of a writer. ``prior`` is what stands at the name before, ``expected`` makes it a replacement."""

    root: str = ""
    writer: str = "publish"
    relative: str = "log/workflow/2026-01-15_144530_harness_1f0c9a2e.md"
    letter: str = "a"
    size: int = 20_000
    prior: str = ""  # letter of the content, "" for none
    expected: str = ""
    spare: str = ".akislog"
    unnamed: bool = True  # False: a system without O_TMPFILE
    umask: int = 0o077
    gate: str = ""  # a file to wait for before the call, for races

    @property
    def data(self) -> bytes:
        return content(self.letter, self.size)

    @property
    def target(self) -> Path:
        return Path(self.root, self.relative)


def content(letter: str, size: int = 20_000) -> bytes:
    """A recognisable file: its digest is its last line, so a torn one cannot pass for whole."""
    body = letter.encode() * (size - 65)
    return body + b"\n" + hashlib.sha256(body).hexdigest().encode()[:64]
