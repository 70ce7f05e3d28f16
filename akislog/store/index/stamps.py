"""What is kept of every file to see whether it has changed, in pieces of bytes: the same files, the same bytes.

Asking the system takes longer than everything else that a query does, so where there are many files a second process
asks about half of them. This module is on the way of the hot query.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False  # known to type checkers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_PIECE = 64  # files
_MANY = 5000  # files that two processes look at sooner than one

Stamp = tuple[str, int, int, int, int]  # name, inode, size, and the times of content and inode in nanoseconds
Names = dict[str, list[str]]  # by folder
Pieces = dict[str, "list[bytes] | str"]  # by folder; a text says why it cannot be read


def pieces(root: str, names: Names) -> Pieces:
    """The stamps of files in folders below ``root``; one that went away just now has none."""
    count = sum(map(len, names.values()))
    if count < _MANY or not _may_fork():
        return _own_pieces(root, names)
    first, second = _halves(names, count // 2)
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # there are too many processes
        os.close(reading)
        os.close(writing)
        return _own_pieces(root, names)
    if not child:
        _tell(root, second, writing)
    os.close(writing)
    try:
        with open(reading, "rb") as pipe:
            found, told = _own_pieces(root, first), pipe.read()
    finally:
        _, status = os.waitpid(child, 0)
    return _joined(found, marshal.loads(told) if status == 0 else _own_pieces(root, second))


def stamps(piece: bytes) -> list[Stamp]:
    """The stamps in a piece."""
    found: list[Stamp] = marshal.loads(piece)
    return found


def _may_fork() -> bool:
    """Whether another process can be had at little cost, and there is a processor for it."""
    from akislog.store.processes import is_alone  # only where there are many files

    return is_alone() and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _halves(names: Names, half: int) -> tuple[Names, Names]:
    """The names of so many files and of the others, without taking a piece apart."""
    first: Names = {}
    second: Names = {}
    for folder, some in names.items():
        here = min(len(some), max(0, -(-half // _PIECE) * _PIECE))
        half -= len(some)
        if here or not some:
            first[folder] = some[:here]
        if here < len(some):
            second[folder] = some[here:]
    return first, second


def _joined(found: Pieces, others: Pieces) -> Pieces:
    for folder, some in others.items():
        before = found.get(folder, [])
        found[folder] = before if isinstance(before, str) else some if isinstance(some, str) else before + some
    return found


def _tell(root: str, names: Names, writing: int) -> NoReturn:
    """What the other process does. It ends without a word: all that is open here is its parent's."""
    code = 1
    try:
        with open(writing, "wb") as pipe:
            pipe.write(marshal.dumps(_own_pieces(root, names)))
        code = 0
    finally:
        os._exit(code)


def _own_pieces(root: str, names: Mapping[str, Sequence[str]]) -> Pieces:
    return {folder: _of_folder(os.path.join(root, folder), some) for folder, some in names.items()}


def _of_folder(folder: str, names: Sequence[str]) -> list[bytes] | str:
    try:
        return _pieces(folder, names)
    except OSError as error:
        return str(error.strerror)


def _pieces(folder: str, names: Sequence[str]) -> list[bytes]:
    within = os.stat in os.supports_dir_fd  # a name is found sooner there than a path
    opened = os.open(folder, os.O_RDONLY) if within else None
    lead, look, found = "" if within else os.path.join(folder, ""), os.stat, []
    try:
        for at in range(0, len(names), _PIECE):
            some: list[Stamp] = []
            for name in names[at : at + _PIECE]:
                try:
                    its = look(lead + name, dir_fd=opened, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                some.append((name, its.st_ino, its.st_size, its.st_mtime_ns, its.st_ctime_ns))
            # Version 2 has no references, which would depend on who else holds a value.
            found.append(marshal.dumps(some, 2))
    finally:
        if opened is not None:
            os.close(opened)
    return found
