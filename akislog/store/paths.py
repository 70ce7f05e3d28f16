"""Folders and files below a root, reached part by part, so that no link inside a project leads out of it.

Links above the root are the user's own affair and are followed. Where the system has no directory
descriptors (Windows), the same steps are done with paths, with the race that this leaves.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from akislog.errors import AkislogError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

Reason = Literal["missing", "link", "special", "too_big", "unreadable"]

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
BINARY = getattr(os, "O_BINARY", 0)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | CLOEXEC
_REGULAR = os.O_RDONLY | NOFOLLOW | CLOEXEC | BINARY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_HAS_DIR_FD = os.open in os.supports_dir_fd
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class Unreadable(AkislogError):
    """A path that is not read, and why; callers turn ``reason`` into a finding.

    ``missing``, ``link`` (symbolic link), ``special`` (folder, FIFO, socket, device), ``too_big``, or
    ``unreadable`` (the system refused; ``error`` says how).
    """

    def __init__(self, path: str, reason: Reason, detail: str, error: OSError | None = None) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path
        self.reason: Reason = reason
        self.error = error


class Folder:
    """An open folder. ``fd`` is None where the system has no directory descriptors; ``at`` allows for that.

    ``durable`` turns False when the file system could not confirm one of the names that lead here.
    """

    def __init__(self, path: str, fd: int | None, durable: bool = True) -> None:
        self.path = path
        self.fd = fd
        self.durable = durable

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def at(self, name: str) -> str:
        """``name`` as the ``os`` functions want it beside ``dir_fd=self.fd``."""
        return name if self.fd is not None else os.path.join(self.path, name)

    def sync(self) -> bool:
        """Make the names in this folder durable; False where the file system cannot. Errors are OSErrors."""
        if self.fd is None:
            return False
        try:
            os.fsync(self.fd)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise
            return False
        return True

    def close(self) -> None:
        """Give the descriptor back. Nothing was written through it, so an error here means nothing."""
        if self.fd is not None:
            with suppress(OSError):
                os.close(self.fd)

    def enter(self, name: str) -> Folder:
        """The folder ``name`` in this one; a symbolic link is refused with ELOOP."""
        path = os.path.join(self.path, name)
        try:
            if self.fd is not None:
                return Folder(path, os.open(name, _DIRECTORY | NOFOLLOW, dir_fd=self.fd), self.durable)
            mode = os.lstat(path).st_mode
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP) and _is_link(self, name):
                raise OSError(errno.ELOOP, "a symbolic link inside the project; not followed", path) from error
            raise
        if not stat.S_ISDIR(mode):
            raise OSError(errno.ENOTDIR, "not a folder, or a link inside the project", path)
        return Folder(path, None, self.durable)

    def make(self, name: str, mode: int) -> Folder:
        """The folder ``name`` in this one, made where it is missing, and its name made durable.

        The name is synced even where the folder was there: who made it may have died before that.
        """
        try:
            below = self.enter(name)
        except FileNotFoundError:
            with suppress(FileExistsError):  # somebody else was faster
                os.mkdir(self.at(name), mode, dir_fd=self.fd)
            below = self.enter(name)
        try:
            below.durable = self.sync() and self.durable
        except BaseException:
            below.close()
            raise
        return below


def split(relative: str) -> tuple[str, ...]:
    """The parts of a path below a root, written with ``/``. Any part that could lead elsewhere is EINVAL."""
    parts = tuple(relative.split("/"))
    separators = "\\:" if os.name == "nt" else ""
    if any(part in ("", ".", "..") for part in parts) or any(
        char in separators or char == "\0" or "\ud800" <= char <= "\udfff" for char in relative
    ):
        raise OSError(errno.EINVAL, "not a plain path below its root", relative)
    return parts


def open_folder(root: Path | str, parts: Sequence[str] = (), *, make: int | None = None) -> Folder:
    """The folder ``root/parts…`` with no link below ``root``; close it, or use it in a ``with``.

    With ``make``, missing folders are made with that mode and every name on the way is synced.
    """
    path = os.fspath(root)
    folder = Folder(path, os.open(path, _DIRECTORY) if _HAS_DIR_FD else None)
    try:
        for part in parts:
            below = folder.enter(part) if make is None else folder.make(part, make)
            folder.close()
            folder = below
    except BaseException:
        folder.close()
        raise
    return folder


def read_regular(path: Path | str, limit: int, *, folder: Folder | None = None) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; else ``Unreadable``. Never blocks on a FIFO.

    With ``folder``, ``path`` is a plain name in it: the way to read a tree that a stranger has laid out.
    """
    name = os.fspath(path)
    fd = open_regular(name, folder)
    try:
        return read_open(fd, name, limit)
    finally:
        with suppress(OSError):
            os.close(fd)


def open_regular(name: str, folder: Folder | None = None) -> int:
    """A read descriptor of the regular file ``name``; else ``Unreadable``. The caller closes it."""
    at, dir_fd = (folder.at(name), folder.fd) if folder else (name, None)
    try:
        if not NOFOLLOW and stat.S_ISLNK(os.lstat(at).st_mode):
            raise Unreadable(name, "link", "a symbolic link; links are not read")
        fd = os.open(at, _REGULAR, dir_fd=dir_fd)
    except OSError as error:
        raise _unreadable(name, error) from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(name, "missing", str(error)) from error
    try:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
    except OSError as error:
        os.close(fd)
        raise _unreadable(name, error) from error
    os.close(fd)
    raise Unreadable(name, "special", "not a regular file; only regular files are read")


def read_open(fd: int, name: str, limit: int) -> bytes:
    """All bytes from ``fd``, with one read for a file that nobody writes to; over ``limit`` is ``Unreadable``."""
    chunks: list[bytes] = []
    total = 0
    try:
        size = os.fstat(fd).st_size
        while total <= limit and size <= limit:
            chunk = os.read(fd, size + 1 if not chunks else 65_536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            total += len(chunk)
            if total == size and len(chunks) == 1:  # it was asked for more, so there is none
                return chunk
    except OSError as error:
        raise _unreadable(name, error) from error
    raise Unreadable(name, "too_big", f"larger than the limit of {limit} bytes")


def _is_link(folder: Folder, name: str) -> bool:
    with suppress(OSError):
        return stat.S_ISLNK(os.stat(folder.at(name), dir_fd=folder.fd, follow_symlinks=False).st_mode)
    return False


def _unreadable(name: str, error: OSError) -> Unreadable:
    if error.errno == errno.ENOENT:
        return Unreadable(name, "missing", "no such file", error)
    if error.errno in (errno.ELOOP, errno.EMLINK):  # EMLINK is the BSD answer to O_NOFOLLOW
        return Unreadable(name, "link", "a symbolic link; links are not read", error)
    if error.errno in (errno.ENXIO, errno.EISDIR):  # a socket; a folder where the system opens none
        return Unreadable(name, "special", "not a regular file; only regular files are read", error)
    return Unreadable(name, "unreadable", error.strerror or str(error), error)
