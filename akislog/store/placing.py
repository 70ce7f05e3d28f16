"""The steps that give a whole, synced temporary file its name, from the best way down to what odd systems allow."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from akislog.store.locks import lock
from akislog.store.paths import BINARY, CLOEXEC, NOFOLLOW, Folder, open_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEMP_SUFFIX = ".tmp"  # a temporary file is `.<name>.<16 hex>.tmp`
LOCK_NAME = "publish.lock"  # in the spare folder; stays for ever

_EXCLUSIVE_RENAME = {"linux": ("renameat2", 1), "darwin": ("renameatx_np", 4)}  # function, "do not replace" flag
# "Not in that way on this system": the next way is tried. EPERM is a file system without hard links.
_UNSUPPORTED = frozenset([errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EPERM, errno.EINVAL])
# The same for files without a name: a kernel that knows none, /proc not mounted, an overlay.
_NO_UNNAMED = _UNSUPPORTED | {errno.EISDIR, errno.ENOENT, errno.EXDEV}


def create(folder: Folder, name: str, data: bytes, spare: Path, mode: int) -> None:
    """Make ``name`` with ``data``; FileExistsError where it exists. The best way first, then poorer systems'."""
    if sys.platform == "linux" and hasattr(os, "O_TMPFILE"):
        try:
            return _create_unnamed(folder, name, data, mode)
        except OSError as error:
            if error.errno not in _NO_UNNAMED:
                raise

    def from_named(source: Folder) -> None:
        with temporary(source, name, data, mode) as temp:
            _move(source, temp, folder, name, spare)

    return beside(spare, folder, from_named)


def _create_unnamed(folder: Folder, name: str, data: bytes, mode: int) -> None:
    """By a file that has no name until it is whole: nothing is left behind, whenever the process dies."""
    flags = getattr(os, "O_TMPFILE", 0) | os.O_WRONLY | CLOEXEC
    fd = os.open(folder.at("."), flags, 0o600, dir_fd=folder.fd)
    try:
        _fill(fd, data, mode)
        # Without dst_dir_fd Python would call plain link(), which does not follow the link in /proc.
        os.link(f"/proc/self/fd/{fd}", name, dst_dir_fd=folder.fd, follow_symlinks=True)
    finally:
        close(fd)


def beside(spare: Path, folder: Folder, step: Callable[[Folder], None]) -> None:
    """Do ``step`` with a folder for its temporary file: the spare one, so that nothing is left among the logs.

    Where that fails (another file system, full, not to be written), once more with the target's own.
    """
    try:
        with open_folder(spare) as source:
            return step(source)
    except FileExistsError:
        raise
    except OSError:
        return step(folder)


@contextmanager
def temporary(source: Folder, name: str, data: bytes, mode: int) -> Iterator[str]:
    """The name, in ``source``, of a synced temporary file with ``data``. It is gone after the block."""
    temp = f".{name}.{os.urandom(8).hex()}{TEMP_SUFFIX}"
    try:
        try:
            _make(source, temp, data, mode)
            yield temp
        finally:
            _discard(source, temp)
    except BaseException:  # an interrupt may have hit the line above
        _discard(source, temp)
        raise


def _make(source: Folder, temp: str, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | CLOEXEC | BINARY
    fd = os.open(source.at(temp), flags, 0o600, dir_fd=source.fd)
    try:
        _fill(fd, data, mode)
    finally:
        close(fd)


def _fill(fd: int, data: bytes, mode: int) -> None:
    """Write all of ``data``, check that it arrived, set the mode whatever the umask, and sync."""
    rest = memoryview(data)
    while rest:
        count = os.write(fd, rest)
        if count <= 0:  # never on a sound system; without this line it would be for ever on an unsound one
            raise OSError(errno.EIO, "nothing was written")
        rest = rest[count:]
    size = os.fstat(fd).st_size
    if size != len(data):
        raise OSError(errno.EIO, f"{size} of {len(data)} bytes were written")
    if hasattr(os, "fchmod"):
        os.fchmod(fd, mode)
    if sys.platform == "darwin":  # there, fsync leaves the data in the drive's cache
        import fcntl

        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fsync(fd)


def _move(source: Folder, temp: str, folder: Folder, name: str, spare: Path) -> None:
    """Give the temporary file its name, if that is free: by link, by exclusive rename, at last by a lock."""
    if os.name == "nt":  # written for Windows, not tested there; its rename refuses an existing name
        return _patiently(lambda: os.rename(source.at(temp), folder.at(name)))
    try:
        return os.link(source.at(temp), folder.at(name), src_dir_fd=source.fd, dst_dir_fd=folder.fd)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    try:
        return _rename_exclusively(source, temp, folder, name)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    with lock(Path(spare, LOCK_NAME), wait=1.0):  # safe against akislog itself, not against a stranger in this instant
        with suppress(FileNotFoundError):
            os.stat(folder.at(name), dir_fd=folder.fd, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        return rename_over(source, temp, folder, name)


def _rename_exclusively(source: Folder, temp: str, folder: Folder, name: str) -> None:
    """The rename that refuses an existing name, which Python does not offer; ENOSYS where there is none."""
    import ctypes

    function, flag = _EXCLUSIVE_RENAME.get(sys.platform, ("", 0))
    call = getattr(ctypes.CDLL(None, use_errno=True), function, None) if function else None
    if call is None or source.fd is None or folder.fd is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(source.fd, os.fsencode(temp), folder.fd, os.fsencode(name), ctypes.c_uint(flag)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


def rename_over(source: Folder, temp: str, folder: Folder, name: str) -> None:
    """Put the temporary file in the place of ``name``, whatever is there; the caller has judged that."""
    _patiently(lambda: os.replace(source.at(temp), folder.at(name), src_dir_fd=source.fd, dst_dir_fd=folder.fd))


def _patiently(step: Callable[[], None]) -> None:
    """Do ``step``; on Windows, wait up to 2.5 s for another program (indexer, virus scanner) to let go."""
    for nap in (0.01, 0.04, 0.1, 0.2, 0.4, 0.75, 1.0):
        try:
            return step()
        except OSError as error:  # noqa: PERF203
            if getattr(error, "winerror", None) not in (5, 32, 33):
                raise
            time.sleep(nap)
    return step()


def once_more(step: Callable[[], None]) -> None:
    """Do ``step``, and once more, from memory, after an I/O error or an interruption.

    A failed fsync is never repeated on its file: the kernel may have dropped the data and would say yes.
    """
    try:
        step()
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EINTR):
            raise
        step()


def _discard(source: Folder, temp: str) -> None:
    """Remove the temporary name, which a rename may have taken already."""
    for _ in range(2):  # one failure may pass, two are given up
        with suppress(OSError):
            os.unlink(source.at(temp), dir_fd=source.fd)
            return


def close(fd: int) -> None:
    """Give a descriptor back, whatever the system says."""
    with suppress(OSError):  # everything was synced before, or an error is on its way already
        os.close(fd)
