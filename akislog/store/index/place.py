"""Where an index lies, and whether its file is still as akislog left it.

SQLite notices little of what happens to a file behind its back: a page with other bytes in it gives other rows. So the
*seal*, a small file beside, keeps inode, size and times of the index as they were after akislog's last change, and an
index that differs is not used but made anew. A change within the clock's granularity shows as well: the time of the
sealed file is set into the past, and every later write sets it to the present. What was changed in place is on disk
some time later only: until then its seal is good as long as the machine is not started anew. What has no part in files,
such as a disk that gives other bytes than it was given, is left to SQLite's own checks.

This module is on the way of the hot query and imports the standard library's lightest parts only.
"""

from __future__ import annotations

import os
import sys
import time
from zlib import crc32

from akislog import __version__
from akislog.store.index import sqlite

TYPE_CHECKING = False  # known to type checkers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

TABLES_VERSION = 7
"""Counts up with every change of what stands in the tables, or of how a file is read."""

_PAST = 86_400 * 10**9  # nanoseconds
_SETTLED = 600.0  # seconds after which the system has long written a file to disk
_FILLING = (  # large pages: who goes through all logs asks the system less often
    "page_size = 16384",
    "journal_mode = off",
    "synchronous = off",
    "locking_mode = exclusive",
    "cache_size = -65536",
)
_BUSY = 2.0  # seconds to wait for another process that writes


class Damaged(Exception):
    """The index is not as it was left, or not of this version; the message says which."""


class Connection(sqlite.Connection):
    """Closes itself where nobody holds it any more: newer Pythons warn of connections that nobody closed. ``path`` is
    the index that it is to, ``sealed`` what the seal said of that, and ``meta`` what it says of itself."""

    path = sealed = ""
    meta: Mapping[str, Any] = {}

    def __del__(self) -> None:
        try:  # noqa: SIM105 - contextlib takes longer to load than this module
            self.close()
        except sqlite.Error:  # it is another thread's
            pass


def in_memory() -> sqlite.Connection:
    """A connection to a database of its own in memory."""
    return sqlite.connect(":memory:", isolation_level=None, factory=Connection)


def key() -> str:
    """What an index must have been made by to be used: versions of tables, akislog and Python's Unicode tables."""
    return f"akislog-index {TABLES_VERSION} {__version__} python {sys.version_info[0]}.{sys.version_info[1]}"


def database(state: str, folder: str) -> str:
    """The path of the index of a folder of logs, in the state folder; one for each real path."""
    real = os.path.realpath(folder)
    return os.path.join(state, f"index-{crc32(os.fsencode(real)):08x}{_tail(real)}.db")


def _tail(real: str) -> str:
    """The name of the folder, for people; what may not stand in a file name is left out."""
    name = "".join(char for char in os.path.basename(real) if char.isascii() and char.isalnum())
    return f"-{name[:32]}" if name else ""


def connect(path: str, folder: str) -> Connection:
    """A connection that only reads, in a transaction; the index is as it was ``sealed`` until it is closed.

    Damaged where it is not, FileNotFoundError where there is none; SQLite's errors may come at any time later.
    """
    sealed = seal_of(path)
    if not _is_sound(sealed, path):  # SQLite need not see it at all
        raise Damaged(_why(sealed))
    connection = sqlite.connect(_uri(path, "rw"), uri=True, isolation_level=None, timeout=_BUSY, factory=Connection)
    connection.path, connection.sealed = path, sealed
    try:
        begin_reading(connection)
        # Now that SQLite's lock is held nobody else of us writes; what the file is now, it stays.
        if not _is_sound(sealed, path):
            raise Damaged(_why(sealed))
        if connection.meta.get("root") != os.fsencode(os.path.realpath(folder)):
            raise Damaged("it belongs to another folder")
    except BaseException:
        connection.close()
        raise
    return connection


def begin_reading(connection: Connection) -> None:
    """Begin a transaction that only reads, with what the index says of itself. SQLite's lock is held from now on."""
    connection.execute("pragma query_only = on")
    connection.execute("begin")
    connection.meta = dict(connection.execute("select key, value from meta"))


def begin_writing(connection: Connection, patience: float, *, on_disk: bool = False) -> bool:
    """Begin a transaction that changes an index, through a connection that read it; whether that may be and nobody
    else reads it, or not for longer than some seconds. The caller holds the lock. ``on_disk`` waits for the disk.

    Nothing is kept on disk of what a transaction replaces: a process that is killed in one leaves a broken seal, and
    what is under a broken seal is made anew. No write-ahead log either: before SQLite 3.51.3 it can damage a database
    that two processes use. Where the seal can say until when it is good, nothing waits for the disk.
    """
    connection.execute("commit")
    for pragma in ("query_only = off", f"busy_timeout = {patience * 1000:.0f}", *_changing(on_disk=on_disk)):
        connection.execute(f"pragma {pragma}")
    try:
        connection.execute("begin exclusive")
    except sqlite.OperationalError as error:
        if "locked" not in str(error) and "readonly" not in str(error):
            raise
        return False
    return True


def open_changing(path: str) -> sqlite.Connection:
    """A connection that changes a copy of an index, in a transaction."""
    connection = sqlite.connect(_uri(path, "rw"), uri=True, isolation_level=None)
    for pragma in _changing():
        connection.execute(f"pragma {pragma}")
    connection.execute("begin")
    return connection


def _changing(*, on_disk: bool = False) -> tuple[str, str]:
    return "journal_mode = memory", f"synchronous = {'normal' if on_disk or not boot() else 'off'}"


def open_filling(path: str) -> sqlite.Connection:
    """A connection that fills a file of its own, of which nothing is left if it fails."""
    connection = sqlite.connect(_uri(path, "rwc"), uri=True, isolation_level=None)
    for pragma in _FILLING:
        connection.execute(f"pragma {pragma}")
    return connection


def seal(path: str, until: str = "") -> str:
    """Say that the index is as it should be: for good if its bytes are on disk, else while ``boot`` is the same. What
    the seal says then."""
    now = time.time_ns()
    os.utime(path, ns=(now, now - _PAST))
    return _put_seal(path, until, over=bool(until))


def settle(connection: Connection) -> None:
    """Seal an index for good that was sealed until the next start of the machine, some time ago, if nobody else reads
    it. The caller holds the lock, and ``connection`` reads it before and after; Damaged where it cannot any more.

    By then the system has written its bytes to disk, and does not take long to say so. It is SQLite that asks: to open
    and close the file beside it would drop the locks of this process (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        if begin_writing(connection, 0, on_disk=True):
            connection.execute("update meta set value = value + 1 where key = 'settled'")
            connection.execute("commit")
            connection.sealed = seal(connection.path)
        begin_reading(connection)
    except (OSError, sqlite.Error) as error:
        connection.close()
        raise Damaged(str(error)) from None


def is_unsettled(connection: Connection) -> bool:
    """Whether ``settle`` has something to do."""
    if connection.sealed.count("\n") == 1:
        return False
    try:
        return time.time() - os.stat(_seal(connection.path)).st_mtime > _SETTLED
    except OSError:  # it is made anew just now
        return False


def _put_seal(path: str, until: str, *, over: bool) -> str:
    """Write a seal ``over`` the one that is there, or in its place, for which some systems wait for the disk; what it
    says."""
    text = f"{key()}\n{_facts(path)}" + (f"\n{until}" if until else "")
    told = f"{crc32(text.encode()):08x}\n{text}".encode()
    if not (over and _written_over(_seal(path), told)):
        beside = f"{_seal(path)}.{os.getpid()}"
        with open(beside, "wb") as file:
            file.write(told)
        os.replace(beside, _seal(path))
    return text


def _written_over(path: str, told: bytes) -> bool:
    """Whether there is a file, no link to one, that says this now. A reader that sees half of it sees a damaged seal,
    and asks again when it has the lock."""
    try:
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        told = told.ljust(os.fstat(descriptor).st_size)
        return os.write(descriptor, told) == len(told)
    finally:
        os.close(descriptor)


def unseal(connection: Connection) -> None:
    """Take a seal away that would be good after a power cut, when not all that is about to be changed may be on disk.
    Any other is broken by the first change, and as good as before if there is none."""
    if connection.sealed.count("\n") > 1:
        return
    path = connection.path
    if boot():
        _put_seal(path, boot(), over=False)
    else:
        os.remove(_seal(path))
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def boot() -> str:
    """What tells this start of the machine from every other; ``""`` where nothing does."""
    if not _boot:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                _boot.append(file.read(64).strip())
        except (OSError, UnicodeDecodeError):
            _boot.append("")
    return _boot[0]


_boot: list[str] = []  # what was read once


def is_latest(connection: Connection) -> bool:
    """Whether what a connection reads is still what is at its place. As long as it reads, nobody of us changes that."""
    try:
        return _is_sound(connection.sealed, connection.path)
    except OSError:
        return False


def discard(path: str, keep: str = "") -> None:
    """Remove the index and what processes that were killed left beside it; not the lock, nor the file ``keep``."""
    folder, name = os.path.split(path)
    for one in os.listdir(folder):
        if one.startswith(name[:-3] + ".") and not one.endswith(".lock"):
            found = os.path.join(folder, one)
            if found != keep and not (keep == path and one.endswith(".seal")):
                os.remove(found)


def _uri(path: str, mode: str) -> str:
    quoted = "".join(f"%{byte:02x}" if byte in b"%?#" else chr(byte) for byte in path.encode("utf-8"))
    return f"file:{quoted.encode('latin-1').decode('utf-8')}?mode={mode}"


def seal_of(path: str) -> str:
    """What the seal says. Damaged where it cannot be read, FileNotFoundError where there is no index either."""
    try:
        with open(_seal(path), encoding="utf-8") as file:
            crc, _, text = file.read(4096).rstrip().partition("\n")
    except FileNotFoundError:
        if os.path.exists(path):
            raise Damaged("it was left unfinished") from None
        raise
    except UnicodeDecodeError:
        raise Damaged("its seal is damaged") from None
    if crc != f"{crc32(text.encode()):08x}":
        raise Damaged("its seal is damaged")
    return text


def _seal(path: str) -> str:
    return f"{path[:-3]}.seal"


def _is_sound(sealed: str, path: str) -> bool:
    own = f"{key()}\n{_facts(path)}"
    return sealed == own or (sealed.startswith(f"{own}\n") and sealed[len(own) + 1 :] == boot() != "")


def _facts(path: str) -> str:
    found = os.stat(path)
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _why(sealed: str) -> str:
    if sealed.partition("\n")[0] != key():
        return "it was made by another version"
    if sealed.count("\n") > 1 and sealed.rpartition("\n")[2] != boot():
        return "the machine was started anew before it was on disk"
    return "its file was changed, by something else or by a process that was killed"
