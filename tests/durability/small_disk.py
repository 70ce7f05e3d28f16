"""Real full, small, read-only and foreign disks, in a mount namespace of its own; prints one JSON list of faults."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from akislog.errors import PublishError
from akislog.store.files import publish
from tests.durability.harness import faults, fresh
from tests.durability.job import Job, Outcome


def call(job: Job) -> Outcome:
    try:
        publish(Path(job.root), job.relative, job.data, spare=Path(job.root, job.spare))
    except PublishError:
        return Outcome.REFUSED
    return Outcome.CREATED


def mount(folder: Path, options: str) -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def full(base: Path) -> list[str]:
    """Space for a third of the log; a short write, then ENOSPC."""
    mount(base, "size=32k")
    job = fresh(Job(size=100_000), base)
    small = job._replace(size=2_000)
    return judge(job, Outcome.REFUSED) + judge(small, Outcome.CREATED)


def no_inodes(base: Path) -> list[str]:
    mount(base, "size=1m,nr_inodes=6")
    job = fresh(Job(), base)
    with suppress(OSError):
        for n in range(6):
            Path(job.root, str(n)).touch()
    return judge(job, Outcome.REFUSED)


def read_only(base: Path) -> list[str]:
    mount(base, "size=1m")
    job = fresh(Job(), base)
    subprocess.run(["mount", "-o", "remount,ro", str(base)], check=True)
    return judge(job, Outcome.REFUSED)


def two_disks(base: Path) -> list[str]:
    """The spare folder on another file system: nothing can be linked or renamed from there."""
    job = fresh(Job(), base)
    mount(Path(job.root, "log"), "size=1m")
    return judge(job, Outcome.CREATED)


def no_spare(base: Path) -> list[str]:
    """No spare folder, so the temporary file lies beside the log."""
    job = fresh(Job(), base)
    Path(job.root, job.spare).rmdir()
    outcome = call(job)
    Path(job.root, job.spare).mkdir()
    return [*faults(job, outcome), *([] if outcome is Outcome.CREATED else [repr(outcome)])]


def file_size_limit(base: Path) -> list[str]:
    job = fresh(Job(), base)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))
    return judge(job, Outcome.REFUSED)


def no_descriptors(base: Path) -> list[str]:
    job = fresh(Job(), base)
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd")) - 1
    wrong = []
    for spare in range(4):
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, usual[1]))
        outcome = call(job)
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        if outcome is Outcome.REFUSED:
            wrong += faults(job, outcome)
    return wrong + judge(job, Outcome.CREATED)


def judge(job: Job, wanted: Outcome) -> list[str]:
    outcome = call(job)
    return [*faults(job, outcome), *([] if outcome is wanted else [f"{outcome!r} instead of {wanted!r}"])]


CASES: dict[str, Callable[[Path], list[str]]] = {
    case.__name__: case for case in (full, no_inodes, read_only, two_disks, no_spare, file_size_limit, no_descriptors)
}

if __name__ == "__main__":
    name, unnamed, folder = sys.argv[1:]
    if unnamed == "named":
        del os.O_TMPFILE
    print(json.dumps(CASES[name](Path(folder))))
