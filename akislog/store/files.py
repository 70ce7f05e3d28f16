"""Putting a file in its place: create-only ``publish``, and ``replace`` against the digest that was read.

The order is the whole protocol: all bytes into a file without a name, its size checked, its data synced;
then the name, in one step that fails where the name exists; then the folder synced; and only then success.
Before the name nothing can be seen, after it nothing is undone.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from akislog.errors import DurabilityUnconfirmed, PublishError
from akislog.store.locks import LockBusy, lock
from akislog.store.paths import Folder, Unreadable, open_folder, open_regular, read_open, read_regular, split
from akislog.store.placing import LOCK_NAME, beside, close, create, once_more, rename_over, temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 64 << 20  # bytes; what is larger is no file of ours
_NEXT_STEP = {
    errno.ENOSPC: "free some space, then try again",
    errno.EDQUOT: "free some of your quota, then try again",
    errno.EROFS: "make the file system writable, then try again",
    errno.EACCES: "make the folder writable for this user, then try again",
    errno.EPERM: "make the folder writable for this user, then try again",
    errno.EMFILE: "close some files or raise the limit, then try again",
    errno.ENFILE: "close some files or raise the limit, then try again",
    errno.ELOOP: "put a real folder there, then try again",
    errno.ENOTDIR: "put a folder there, then try again",
    errno.EINVAL: "give a path inside the project",
    errno.ENAMETOOLONG: "give a shorter name",
}


class Published(NamedTuple):
    """Where the bytes stand, whether this call put them there, and whether the file system confirmed the name.

    ``created`` is False where a file with these very bytes stood there already. ``durable`` is False where
    the file system cannot sync a folder: the bytes are synced, their name is as safe as that system makes it.
    """

    path: Path
    created: bool
    durable: bool


class NameTaken(PublishError):
    """``path`` exists with other content. It was not touched; ours was not written."""

    def __init__(self, path: Path, detail: str = "other content") -> None:
        super().__init__(f"{path}: exists with {detail}; it was left as it is. Publish under another name")
        self.path = path


class Changed(PublishError):
    """``path`` is no longer what was read; ``found`` is its present SHA-256, None where it is gone."""

    def __init__(self, path: Path, found: str | None) -> None:
        what = "changed" if found else "gone"
        super().__init__(f"{path}: {what} since it was read; it was left as it is. Read it again, then try again")
        self.path = path
        self.found = found


def publish(root: Path, relative: str, data: bytes, *, spare: Path, private: bool = False) -> Published:
    """Create ``root/relative`` with exactly these bytes; never replaces anything.

    ``relative`` is written with ``/``; missing folders are made, links below ``root`` are refused.
    ``spare`` is an existing folder, best on the same file system, for a temporary name or a lock where the
    system needs one. Mode 0644 (folders 0755 less umask), or 0600 and 0700 with ``private``.
    The same bytes there already is success. Raises ``NameTaken``, ``DurabilityUnconfirmed`` (the file is in
    place and whole) and, for every other failure, ``PublishError`` (nothing was published).
    """
    path = Path(root, relative)
    mode = 0o600 if private else 0o644
    with _named_errors(path):
        *parents, name = split(relative)
        with open_folder(root, parents, make=0o700 if private else 0o755) as folder:
            created = not _is_there(folder, name, data)
            if created:
                try:
                    once_more(lambda: create(folder, name, data, spare, mode))
                except FileExistsError:  # another one was faster, or an error hid our own success
                    created = False
                    if not _is_there(folder, name, data):
                        raise
            return Published(path, created, _confirm(folder, path))


def replace(root: Path, relative: str, data: bytes, *, expected: str, spare: Path, wait: float = 5.0) -> Published:
    """Put ``data`` in the place of the file whose SHA-256 (hex) is ``expected``; its permissions are kept.

    The digest is compared under a lock in ``spare`` (waited for at most ``wait`` seconds), directly before the
    exchange. ``Changed`` where the file is another by then; a file that holds ``data`` already is success with
    ``created=False``. Other errors are those of ``publish``.
    """
    path = Path(root, relative)
    with _named_errors(path):
        *parents, name = split(relative)
        with open_folder(root, parents) as folder, lock(Path(spare, LOCK_NAME), wait=wait):
            created = not _holds(folder, name, data)
            if created:
                once_more(lambda: _exchange(folder, name, data, expected, spare))
            return Published(path, created, _confirm(folder, path))


def _exchange(folder: Folder, name: str, data: bytes, expected: str, spare: Path) -> None:
    """Swap the file for ``data`` if its digest is ``expected``; Changed if not."""
    mode = stat.S_IMODE(os.stat(folder.at(name), dir_fd=folder.fd, follow_symlinks=False).st_mode)
    wanted = hashlib.sha256(data).hexdigest()

    def swap(source: Folder) -> None:
        with temporary(source, name, data, mode) as temp:
            found = hashlib.sha256(read_regular(name, _LARGEST, folder=folder)).hexdigest()
            if found == wanted:  # an error hid our own success
                return
            if found != expected:
                raise Changed(Path(folder.path, name), found)
            rename_over(source, temp, folder, name)

    beside(spare, folder, swap)


def _is_there(folder: Folder, name: str, data: bytes) -> bool:
    """Whether ``name`` holds ``data`` already; ``NameTaken`` if it is something else."""
    try:
        if _holds(folder, name, data):
            return True
    except Unreadable as error:
        if error.reason == "missing":
            return False
        if error.error and error.reason == "unreadable":
            raise error.error from error
    raise NameTaken(Path(folder.path, name))


def _holds(folder: Folder, name: str, data: bytes) -> bool:
    """Whether the file ``name`` holds exactly ``data``; if so its data is synced: its writer may have died."""
    fd = open_regular(name, folder)
    try:
        size = os.fstat(fd).st_size
        if size != len(data) or read_open(fd, name, size) != data:
            return False
        if os.name != "nt":  # Windows syncs only what is open for writing
            with _unconfirmed(Path(folder.path, name)):
                os.fsync(fd)
        return True
    finally:
        close(fd)


def _confirm(folder: Folder, path: Path) -> bool:
    """Sync the folder after the name is in it; whether every name on the way is durable."""
    with _unconfirmed(path):
        return folder.sync() and folder.durable


@contextmanager
def _unconfirmed(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DurabilityUnconfirmed(
            f"{path}: in place and whole, but {error.strerror} while syncing it; publish it once more to confirm"
        ) from error


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Make what the system refused into a ``PublishError`` with the path, the cause and the next step."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        step = _NEXT_STEP.get(error.errno or 0, "nothing was published; try again")
        raise PublishError(f"{path}: {error.strerror or error}{where}; {step}") from error
    except LockBusy as error:
        raise PublishError(f"{path}: not published: {error}") from error
    except Unreadable as error:
        if error.reason == "missing":
            raise Changed(path, None) from error
        raise PublishError(f"{path}: {error}; nothing was replaced") from error
