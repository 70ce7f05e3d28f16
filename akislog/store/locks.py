"""A lock between processes: flock on a file that stays for ever (byte lock on Windows).

The kernel frees it when its holder dies, so no process ids are judged. The file is never removed: whoever
deleted it while it is held would make room for a second holder. A lock only saves work here; what must
never be lost is guarded by create-only publishing and by digests.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from akislog.errors import AkislogError
from akislog.store.paths import BINARY, CLOEXEC, NOFOLLOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_NAP = 0.025  # seconds between two tries
_WINDOWS_BYTE = 1 << 30  # a locked byte cannot be read there, so it lies behind the holder's name


class LockBusy(AkislogError):
    """Another process kept the lock until our deadline; the message names it."""


@contextmanager
def lock(path: Path | str, *, wait: float = 5.0, holder: str = "") -> Iterator[None]:
    """Hold the lock file ``path`` for the block. Its folder exists already; the file is made.

    Waits at most ``wait`` seconds, then ``LockBusy``; other failures are OSErrors. ``holder`` (default: the
    process id) is written into the file for the message others get. Not re-entrant; threads exclude each
    other too. No network call inside, and no process that outlives the block: it would hold the lock.
    """
    deadline = time.monotonic() + wait
    nap = 0.001
    while (fd := _try(os.fspath(path))) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockBusy(f"{path}: held by {_holder(path)} for more than {wait:g} s; try again later")
        time.sleep(min(nap, left))
        nap = min(nap * 2, _LONGEST_NAP)
    try:
        with suppress(OSError):  # only a message for others: no reason to fail
            told = (holder or f"process {os.getpid()}").encode("utf-8", "replace")[:200]
            os.write(fd, told.ljust(os.fstat(fd).st_size))  # cutting the file would wait for the disk
        yield
    finally:
        _close(fd)


def _try(path: str) -> int | None:
    """A descriptor that holds the lock, or None while another one does."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | NOFOLLOW | CLOEXEC | BINARY, 0o600)
    try:
        if _acquire(fd) and _still_at(path, fd):
            return fd
    except BaseException:
        _close(fd)
        raise
    _close(fd)
    return None


if sys.platform == "win32":  # written for Windows, not tested there
    import msvcrt

    def _acquire(fd: int) -> bool:
        os.lseek(fd, _WINDOWS_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                return False
            raise
        os.lseek(fd, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _acquire(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _still_at(path: str, fd: int) -> bool:
    """Whether ``path`` is still the file we locked: a cleaner may have removed it between open and lock."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def _close(fd: int) -> None:
    with suppress(OSError):  # the lock goes with the descriptor, and this descriptor goes even on an error
        os.close(fd)


def _holder(path: Path | str) -> str:
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | NOFOLLOW | CLOEXEC | BINARY)
        try:
            return os.read(fd, 200).decode("utf-8", "replace").rstrip() or "another process"
        finally:
            os.close(fd)
    return "another process"
