"""What a power cut may leave, by a model: file systems promise less than the one at hand keeps.

One write is recorded by strace and taken apart into steps: half a write, a mode, a name. A step lasts for certain only
once its file, or for a name its folder, was synced after it; of all others, any may be on the disk and any may be
missing, in whatever order they were made (a rename is one step). Every such set, at every moment, is a disk to judge.
"""

from __future__ import annotations

import codecs
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import NamedTuple

from tests.durability.harness import Call

Tree = dict[str, "tuple[int, bytes | None]"]  # path below the root: mode, and content (None: a folder)
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_ROOT = 0  # the inode of the root


class Step(NamedTuple):
    """One change. ``target`` is the inode whose sync makes it last: the file's, or for a name the folder's."""

    target: int
    kind: str  # data, empty, mode, name, gone, move
    inode: int = 0
    name: str = ""
    source: tuple[int, str] = (0, "")  # of a move
    offset: int = 0
    data: bytes = b""
    mode: int = 0


class Sync(NamedTuple):
    """Everything done to ``target`` so far lasts."""

    target: int


class Disk:
    """Inodes as they were made (mode, content; None: a folder), and the names in folders. ``apply`` changes them."""

    def __init__(self, inodes: dict[int, tuple[int, bytes | None]], names: dict[tuple[int, str], int]) -> None:
        self.inodes, self.names = dict(inodes), dict(names)

    def find(self, path: str) -> int | None:
        inode: int | None = _ROOT
        for part in filter(None, path.split("/")):
            inode = None if inode is None else self.names.get((inode, part))
        return inode

    def apply(self, step: Step) -> None:
        mode, data = self.inodes[step.inode]
        if step.kind == "data":
            held = (data or b"").ljust(step.offset, b"\0")
            data = held[: step.offset] + step.data + held[step.offset + len(step.data) :]
            self.inodes[step.inode] = mode, data
        elif step.kind == "empty":
            self.inodes[step.inode] = mode, b""
        elif step.kind == "mode":
            self.inodes[step.inode] = step.mode, data
        elif step.kind == "gone":
            self.names.pop((step.target, step.name), None)
        else:
            self.names.pop(step.source, None)
            self.names[step.target, step.name] = step.inode

    def tree(self) -> Tree:
        """What can be reached from the root."""
        found: Tree = {}
        folders = [(_ROOT, "")]
        for folder, path in folders:
            for (parent, name), inode in self.names.items():
                if parent == folder:
                    found[path + name] = self.inodes[inode]
                    folders += [(inode, f"{path}{name}/")] if self.inodes[inode][1] is None else []
        return found


class Recording:
    """The steps of one write, read from the calls that were traced below ``root``; ``before``: what stood there."""

    def __init__(self, root: Path, before: Tree, calls: Iterable[Call]) -> None:
        self.root = str(root)
        self.steps: list[Step | Sync] = []
        self.born: dict[int, tuple[int, bytes | None]] = {_ROOT: (0o755, None)}
        self.now = Disk(self.born, {})  # as the process sees it
        for path, (mode, data) in sorted(before.items()):
            self._name(path, self._new(mode, data))
        self.steps.clear()
        self.first = self.now.names.copy()
        self.open: dict[str, int] = {}  # the inode of a descriptor, and where its next write goes
        self.at: dict[str, int] = {}
        for call in calls:
            if not call.result.startswith(("-", "?")):
                self._take(call)

    def states(self) -> Iterator[tuple[Tree, bool]]:
        """Every disk that a cut may leave, once; and whether the write was done by then."""
        seen: set[tuple[object, bool]] = set()
        for moment in range(len(self.steps) + 1):
            done = moment == len(self.steps)
            for chosen in _sets(self.steps[:moment]):
                disk = Disk(self.born, self.first)
                for step in chosen:
                    disk.apply(step)
                tree = disk.tree()
                if (key := (frozenset(tree.items()), done)) not in seen:
                    seen.add(key)
                    yield tree, done

    def _take(self, call: Call) -> None:
        """One call that succeeded, as steps."""
        paths, fd, name = self._paths(call), call.text.partition("<")[0], call.name.removesuffix("2").removesuffix("at")
        if name == "open":
            self._open(call, paths[0])
        elif name == "mkdir":
            self._name(paths[0], self._new(_mode(call), None))
        elif name in ("link", "rename"):
            self._name(paths[1], self._inode(paths[0]), source=self._entry(paths[0]) if name == "rename" else None)
        elif name == "unlink":
            self._do(Step(self._entry(paths[0])[0], "gone", name=self._entry(paths[0])[1]))
        elif fd in self.open:
            self._through(call, name, fd)

    def _open(self, call: Call, path: str) -> None:
        fd, inode = call.result, self.now.find(path)
        self.open.pop(fd, None)
        if path.startswith("/"):
            return  # elsewhere
        if "O_TMPFILE" in call.text:
            inode = self._new(_mode(call), b"")
        elif inode is None:
            inode = self._new(_mode(call), b"")
            self._name(path, inode)
        elif "O_TRUNC" in call.text:
            self._do(Step(inode, "empty", inode))
        self.open[fd], self.at[fd] = inode, 0

    def _through(self, call: Call, name: str, fd: str) -> None:
        """A call on an open file or folder."""
        inode = self.open[fd]
        if name == "write":
            data = codecs.escape_decode(_PATH.findall(call.text)[0][1].encode())[0][: int(call.result)]  # type: ignore[attr-defined]
            for part in (data[: len(data) // 2], data[len(data) // 2 :]):
                self._do(Step(inode, "data", inode, offset=self.at[fd], data=part))
                self.at[fd] += len(part)
        elif name == "ftruncate":
            self._do(Step(inode, "empty", inode))
        elif name == "fchmod":
            self._do(Step(inode, "mode", inode, mode=_mode(call)))
        elif name in ("fsync", "fdatasync"):
            self.steps.append(Sync(inode))

    def _do(self, step: Step) -> None:
        self.now.apply(step)
        self.steps.append(step)

    def _name(self, path: str, inode: int, source: tuple[int, str] | None = None) -> None:
        folder, name = self._entry(path)
        self._do(Step(folder, "move" if source else "name", inode, name, source or (_ROOT, "")))

    def _new(self, mode: int, data: bytes | None) -> int:
        inode = len(self.born)
        self.born[inode] = self.now.inodes[inode] = (mode, data)
        return inode

    def _entry(self, path: str) -> tuple[int, str]:
        above, _, name = path.rpartition("/")
        folder = self.now.find(above)
        assert folder is not None, f"{path}: not below {self.root}"
        return folder, name

    def _inode(self, path: str) -> int:
        inode = self.open[path.rpartition("/")[2]] if path.startswith("/proc/self/fd/") else self.now.find(path)
        assert inode is not None, path
        return inode

    def _paths(self, call: Call) -> list[str]:
        """The paths among the arguments: those below the root from there on, others in full."""
        found = [os.path.normpath(os.path.join(folder, name)) for folder, name in _PATH.findall(call.text)]
        return ["" if path == self.root else path.removeprefix(self.root + "/") for path in found]


def scan(root: Path) -> Tree:
    """What is there, as the model takes it."""
    found = sorted(root.rglob("*"))
    return {
        str(path.relative_to(root)): (path.stat().st_mode & 0o777, None if path.is_dir() else path.read_bytes())
        for path in found
    }


def build(tree: Tree, base: Path) -> Path:
    """A folder of its own with this tree in it."""
    root = Path(tempfile.mkdtemp(dir=base))
    for path, (mode, data) in sorted(tree.items()):
        if data is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(data)
            (root / path).chmod(mode)
    return root


def _sets(steps: list[Step | Sync]) -> Iterator[list[Step]]:
    """The steps that a cut after the last of these may leave: all that were synced, and any of the others."""
    numbered = [(n, step) for n, step in enumerate(steps) if isinstance(step, Step)]
    synced = {n for n, step in numbered if Sync(step.target) in steps[n:]}
    free = [n for n, _ in numbered if n not in synced]
    assert len(free) <= 16, "too many steps without a sync to try all their sets"
    for extra in chain.from_iterable(combinations(free, count) for count in range(len(free) + 1)):
        yield [step for n, step in numbered if n in synced or n in extra]


def _mode(call: Call) -> int:
    """The mode, which is the last argument."""
    last = call.text.rpartition(", ")[2]
    return int(last, 8) if last.isdigit() else 0o600
