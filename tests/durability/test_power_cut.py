"""A power cut after a kill at each system call, on real ext4 and XFS file systems in a loop device. Needs root."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.durability import ends
from tests.durability.campaigns import WAYS, Way, again, points
from tests.durability.harness import STRACE, faults, fresh, run
from tests.durability.job import Job, Outcome

_SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
_JOURNAL_ONLY, _NOTHING = 1, 2  # what the dying file system still writes

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(STRACE is None, reason="no strace here"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a loop device"),
]


class Disk:
    """A file system that can lose its power."""

    def __init__(self, base: Path, kind: str) -> None:
        self.image, self.folder = base / "image", base / "disk"
        self.numbers = count(1)
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(320 << 20)  # mostly a hole; XFS is never smaller
        subprocess.run([f"mkfs.{kind}", "-q", str(self.image)], check=True)
        self.mount()

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True, capture_output=True)

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)

    def cut(self, flag: int) -> None:
        fd = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, struct.pack("I", flag))
        finally:
            os.close(fd)
        self.unmount()
        # A copy: another namespace may hold the dead mount for a moment, and would hand it out again.
        last, self.image = self.image, self.image.with_name(f"image{next(self.numbers)}")
        subprocess.run(["cp", "--sparse=always", str(last), str(self.image)], check=True)
        last.unlink()
        self.mount()


@pytest.fixture(params=["ext4", "xfs"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    if not shutil.which(f"mkfs.{request.param}"):
        pytest.skip(f"no mkfs.{request.param} here; install e2fsprogs or xfsprogs")
    try:
        made = Disk(tmp_path, request.param)
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"no {request.param} on a loop device can be mounted here: {error}")
    yield made
    made.unmount()


def cuts(way: Way, disk: Disk, base: Path) -> Iterator[str]:
    """A run killed at each call, and one that ended, each followed by a cut; what is wrong on the disk then."""
    kills = [(f"{call.name}:signal=SIGKILL:when={call.nth}",) for call in points(way, base)]
    for flag in (_JOURNAL_ONLY, _NOTHING):
        for kill in [*kills, ()]:
            job = fresh(way.job, disk.folder)
            os.sync()  # what stood there before the call is not in question
            outcome, _ = run(job, (*way.system, *kill))
            disk.cut(flag)
            wrong = faults(job, outcome, debris=outcome is Outcome.KILLED)
            yield ", ".join(wrong + again(job)) and f"{kill}, flag {flag}: {wrong}"


def cuts_of_end(name: str, disk: Disk, base: Path) -> Iterator[str]:
    """The same for END, killed at each call that changes something."""
    found = ends.changing(ends.points(name, base))
    kills = [[f"{call.name}:signal=SIGKILL:when={call.nth}"] for call in found]
    for flag in (_JOURNAL_ONLY, _NOTHING):
        for kill in [*kills, []]:
            root = ends.project(disk.folder)
            os.sync()
            ended = ends.run(ends.ENDS[name], root, kill)
            disk.cut(flag)
            wrong = ends.faults(name, root, ended) + ends.again(name, root)
            yield f"{kill}, flag {flag}: {', '.join(wrong)}" if wrong else ""


@pytest.mark.parametrize("way", ["unnamed", "named", "exclusive rename", "replace"])
def test_power_cut(way: str, disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge(f"power cut, {way}", list(cuts(WAYS[way], disk, tmp_path)), capsys)


@pytest.mark.parametrize("name", ["publish", "write"])
def test_power_cut_of_end(name: str, disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge(f"power cut of END, {name}", list(cuts_of_end(name, disk, tmp_path)), capsys)


def judge(name: str, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [line for line in lines if line]
    with capsys.disabled():
        print(f"\n{name}: {len(lines)} cuts, {len(wrong)} wrong", end="")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("mutant", ["data not synced", "name not synced"])
def test_power_cut_catches(mutant: str, disk: Disk, tmp_path: Path) -> None:
    assert any(cuts(Way(Job(writer=mutant)), disk, tmp_path))
