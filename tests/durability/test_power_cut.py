"""A power cut after a kill at each system call, on a real ext4 file system in a loop device. Needs root."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    """An ext4 file system that can lose its power."""

    def __init__(self, base: Path) -> None:
        self.image, self.folder = base / "image", base / "disk"
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(32 << 20)
        subprocess.run(["mkfs.ext4", "-q", str(self.image)], check=True)
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
        self.mount()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if not shutil.which("mkfs.ext4"):
        pytest.skip("no mkfs.ext4 here")
    try:
        made = Disk(tmp_path)
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"no loop device can be mounted here: {error}")
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


@pytest.mark.parametrize("way", ["unnamed", "named", "exclusive rename", "replace"])
def test_power_cut(way: str, disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(cuts(WAYS[way], disk, tmp_path))
    with capsys.disabled():
        print(f"\npower cut, {way}: {len(lines)} cuts, {len(list(filter(None, lines)))} wrong", end="")
    assert not any(lines), "\n".join(filter(None, lines))


@pytest.mark.parametrize("mutant", ["data not synced", "name not synced"])
def test_power_cut_catches(mutant: str, disk: Disk, tmp_path: Path) -> None:
    assert any(cuts(Way(Job(writer=mutant)), disk, tmp_path))
