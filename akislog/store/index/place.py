"""Where an index lies, and whether its file is still as akislog left it.

SQLite notices little of what happens to a file behind its back: a page with other bytes in it gives other rows. So the
*seal*, a small file beside, keeps inode, size and times of the index as they were after akislog's last change, and an
index that differs is not used but made anew. A change within the clock's granularity shows as well: the time of the
sealed file is set into the past, and every later write sets it to the present. What has no part in files, such as a
disk that gives other bytes than it was given, is left to SQLite's own checks.

This module is on the way of the hot query and imports the standard library's lightest parts only.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import suppress
from zlib import crc32

from akislog import __version__

TABLES_VERSION = 1
"""Counts up with every change of what stands in the tables, or of how a file is read."""

_PAST = 86_400 * 10**9  # nanoseconds
_BUSY = 2.0  # seconds to wait for another process that writes


class Damaged(Exception):
    """The index is not as it was left, or not of this version; the message says which."""


class Connection(sqlite3.Connection):
    """Closes itself where nobody holds it any more: newer Pythons warn of connections that nobody closed."""

    def __del__(self) -> None:
        with suppress(sqlite3.Error):  # it is another thread's
            self.close()


def in_memory() -> sqlite3.Connection:
    """A connection to a database of its own in memory."""
    return sqlite3.connect(":memory:", isolation_level=None, factory=Connection)


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


def connect(path: str, folder: str) -> sqlite3.Connection:
    """A connection that only reads, in a transaction; the index is as it was sealed until it is closed.

    Damaged where it is not, FileNotFoundError where there is none; SQLite's errors may come at any time later.
    """
    sealed = seal_of(path)
    if sealed != f"{key()}\n{_facts(path)}":  # SQLite need not see it at all
        raise Damaged(_why(sealed))
    connection = sqlite3.connect(_uri(path, "ro"), uri=True, isolation_level=None, timeout=_BUSY, factory=Connection)
    try:
        connection.execute("begin")
        made_for = connection.execute("select value from meta where key = 'root'").fetchone()
        # Now that SQLite's lock is held nobody else of us writes; what the file is now, it stays.
        if sealed != f"{key()}\n{_facts(path)}":
            raise Damaged(_why(sealed))
        if made_for != (os.fsencode(os.path.realpath(folder)),):
            raise Damaged("it belongs to another folder")
    except BaseException:
        connection.close()
        raise
    return connection


def open_writing(path: str, patience: float = _BUSY) -> sqlite3.Connection:
    """A connection that writes into a file of its own or, under the lock, into an index that is sealed.

    Nothing is kept on disk of what a transaction replaces: a process that is killed in one leaves a broken seal, and
    what is under a broken seal is made anew. No write-ahead log either: before SQLite 3.51.3 it can damage a database
    that two processes use.
    """
    connection = sqlite3.connect(_uri(path, "rwc"), uri=True, isolation_level=None, timeout=patience)
    connection.execute("pragma journal_mode = memory")
    connection.execute("pragma synchronous = normal")
    return connection


def seal(path: str) -> None:
    """Say that the index is as it should be. Its bytes are on disk already."""
    now = os.stat(path)
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns - _PAST))
    text = f"{key()}\n{_facts(path)}"
    beside = f"{path[:-3]}.seal.{os.getpid()}"
    with open(beside, "w", encoding="utf-8") as file:
        file.write(f"{crc32(text.encode()):08x}\n{text}")
    os.replace(beside, f"{path[:-3]}.seal")


def unseal(path: str) -> None:
    """Say that the index is about to be changed in place; a power cut will not bring the seal back."""
    os.remove(f"{path[:-3]}.seal")
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_sealed(path: str) -> bool:
    """Whether the file is as it was sealed; nothing is opened."""
    try:
        return seal_of(path) == f"{key()}\n{_facts(path)}"
    except (OSError, Damaged):
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
        with open(f"{path[:-3]}.seal", encoding="utf-8") as file:
            crc, _, text = file.read(4096).partition("\n")
    except FileNotFoundError:
        if os.path.exists(path):
            raise Damaged("it was left unfinished") from None
        raise
    except UnicodeDecodeError:
        raise Damaged("its seal is damaged") from None
    if crc != f"{crc32(text.encode()):08x}":
        raise Damaged("its seal is damaged")
    return text


def _facts(path: str) -> str:
    found = os.stat(path)
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _why(sealed: str) -> str:
    if sealed.partition("\n")[0] != key():
        return "it was made by another version"
    return "its file was changed, by something else or by a process that was killed"
