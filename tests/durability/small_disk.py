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
from tests.durability import ends
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


def write_full(base: Path) -> list[str]:
    """The command on a disk with room for a part of its log, and then with room enough."""
    mount(base, "size=128k")
    root = ends.project(base)
    filler = root / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096) == 4096:
            pass
    os.truncate(filler, filler.stat().st_size - 12_288)
    wrong = command(root, Outcome.REFUSED)
    filler.unlink()
    return wrong + command(root, Outcome.CREATED)


def write_full_but_state_elsewhere(base: Path) -> list[str]:
    """As above, and the log is kept whole on the other disk."""
    folder = base / "disk"
    mount(folder, "size=40k")
    root = ends.project(folder)
    filler = root / "filler"
    with suppress(OSError):
        filler.write_bytes(b"x" * 65_536)
    wrong = command(root, Outcome.REFUSED, AKISLOG_STATE=str(base / "state"))
    found = [path.read_bytes() for path in (base / "state" / "unpublished").iterdir()]
    return wrong + ([] if found == list(ends.whole("write")) else ["not kept whole"])


def write_no_inodes(base: Path) -> list[str]:
    mount(base, "size=1m,nr_inodes=8")
    root = ends.project(base)
    with suppress(OSError):
        for n in range(8):
            Path(root, str(n)).touch()
    return command(root, Outcome.REFUSED)


def write_read_only(base: Path) -> list[str]:
    mount(base, "size=1m")
    root = ends.project(base)
    subprocess.run(["mount", "-o", "remount,ro", str(base)], check=True)
    return command(root, Outcome.REFUSED)


def write_file_size_limit(base: Path) -> list[str]:
    root = ends.project(base)
    return command(root, Outcome.REFUSED, limit=(resource.RLIMIT_FSIZE, 5_000)) + command(root, Outcome.CREATED)


def write_no_descriptors(base: Path) -> list[str]:
    """From too few for Python to start to enough."""
    root = ends.project(base)
    few = [fault for count in range(3, 8) for fault in command(root, None, limit=(resource.RLIMIT_NOFILE, count))]
    return few + command(root, Outcome.SAME, limit=(resource.RLIMIT_NOFILE, 64))


def write_little_memory(base: Path) -> list[str]:
    """From too little for Python to start to enough; it may die of that, but says and leaves nothing wrong."""
    wrong = []
    for megabytes in (16, 40, 56, 72, 96, 160):
        root = ends.project(base)
        wrong += [
            f"{megabytes} MB: {fault}" for fault in command(root, None, limit=(resource.RLIMIT_AS, megabytes << 20))
        ]
    return wrong + command(ends.project(base), Outcome.CREATED, limit=(resource.RLIMIT_AS, 1 << 30))


def command(root: Path, wanted: Outcome | None, limit: tuple[int, int] | None = None, **environment: str) -> list[str]:
    """What is wrong after ``akislog write``, with a limit of the system; ``wanted`` None: any honest end."""
    done = subprocess.run(
        [sys.executable, "-s", "-B", "-m", "akislog", "write", str(root / "Kill me.json")],
        env={"PATH": os.defpath, "TZ": "UTC", "PYTHONPATH": str(ends.REPOSITORY), **environment},
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(limit[0], (limit[1], limit[1])) if limit else None,
        check=False,
    )
    talk = done.stderr.decode(errors="replace")
    outcome = ends.outcome_of(ends.ENDS["write"], done.returncode, talk)
    if wanted is None and outcome is Outcome.OTHER:
        outcome = Outcome.REFUSED if done.returncode else Outcome.CREATED
    wrong = ends.faults("write", root, ends.Ended(outcome, done.returncode, talk, []))
    told = Outcome.CREATED if wanted is Outcome.SAME else wanted
    return wrong if told in (None, outcome) else [*wrong, f"{outcome!r} instead of {told!r}: {talk[-300:]}"]


def judge(job: Job, wanted: Outcome) -> list[str]:
    outcome = call(job)
    return [*faults(job, outcome), *([] if outcome is wanted else [f"{outcome!r} instead of {wanted!r}"])]


CASES: dict[str, Callable[[Path], list[str]]] = {
    case.__name__: case for case in (full, no_inodes, read_only, two_disks, no_spare, file_size_limit, no_descriptors)
}
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    case.__name__: case
    for case in (
        write_full,
        write_full_but_state_elsewhere,
        write_no_inodes,
        write_read_only,
        write_file_size_limit,
        write_no_descriptors,
        write_little_memory,
    )
}

if __name__ == "__main__":
    name, unnamed, folder = sys.argv[1:]
    if unnamed == "named":
        del os.O_TMPFILE
    print(json.dumps((CASES | COMMANDS)[name](Path(folder))))
