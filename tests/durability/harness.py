"""Run a writer under strace, disturb it at one system call, and judge what is left on disk."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.durability.job import BEGIN, END, Job, Outcome, content

STRACE = shutil.which("strace")
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
_CALLS = (
    "access,openat,mkdir,mkdirat,write,fstat,newfstatat,fchmod,fsync,flock,ftruncate,"
    "linkat,link,rename,renameat,renameat2,unlink,unlinkat,read,close"
)
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (\?|-?\d+(?: E[A-Z0-9]+)?)")


class Call(NamedTuple):
    """One system call between the marks; ``nth`` counts calls of its name from the start of the process."""

    name: str
    nth: int
    text: str
    result: str


def fresh(job: Job, base: Path) -> Job:
    """``job`` in a new project folder below ``base``."""
    root = Path(tempfile.mkdtemp(dir=base))
    (root / job.spare).mkdir()
    job = job._replace(root=str(root))
    if job.prior:
        job.target.parent.mkdir(parents=True)
        job.target.write_bytes(content(job.prior))
        job.target.chmod(0o644)
        if job.expected:
            job = job._replace(expected=hashlib.sha256(content(job.expected)).hexdigest())
    return job


def strace(
    command: Sequence[str], inject: Iterable[str] = (), trace: str = os.devnull, calls: str = _CALLS
) -> list[str]:
    """``command`` under strace, which records ``calls`` and disturbs them; ``inject`` as its option takes it.

    ``--seccomp-bpf`` saves half of the time, but with it strace 6.1 sends no signal, and does not say so.
    """
    inject = list(inject)
    quick = [] if any("signal=" in fault for fault in inject) else ["-f", "--seccomp-bpf"]
    options = ["-qq", "-y", "-s", "99999", "-o", trace, f"--trace={calls}", *(f"--inject={fault}" for fault in inject)]
    return [STRACE or "strace", *quick, *options, *command]


def injected(inject: Iterable[str], *more: str) -> str:
    """The names of the calls that are disturbed, so that no more is traced: the start of Python is most of the time."""
    return ",".join([*more, *(fault.split(":")[0] for fault in inject)])


def start(
    job: Job, inject: tuple[str, ...] = (), trace: str = os.devnull, everything: bool = False
) -> subprocess.Popen[bytes]:
    """The writer's process under strace, with ``everything`` traced or only what the faults need."""
    worker = [sys.executable, "-s", "-S", "-B", str(Path(__file__).with_name("worker.py")), json.dumps(job._asdict())]
    calls = _CALLS if everything else injected(inject, "access,openat,fsync")
    return subprocess.Popen(
        strace(worker, inject, trace, calls),
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> Outcome:
    """What the writer said; a writer that hangs for a minute is an error of its own."""
    try:
        code = process.wait(timeout=60)
    finally:
        process.kill()
    return Outcome(-9 if code == 137 else code)


def run(job: Job, inject: tuple[str, ...] = (), *, everything: bool = False) -> tuple[Outcome, list[Call]]:
    """The outcome and the traced calls between the marks. A fault that hit before the mark is an AssertionError."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace", errors="replace") as trace:
        outcome = ended(start(job, inject, trace.name, everything))
        text = trace.read()
    before, _, after = text.partition(f'access("{BEGIN}"')
    assert after, f"the writer never started: {outcome!r}\n{text[-2000:]}"
    assert "INJECTED" not in before, f"{inject} hit before the call"
    return outcome, between(text)


def between(text: str, begin: str = BEGIN) -> list[Call]:
    """The calls of a trace from ``begin`` to the mark of the end, each with its count since the process began."""
    seen: Counter[str] = Counter()
    calls: list[Call] = []
    inside = False
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        name, arguments, result = match.groups()
        seen[name] += 1
        inside = (inside or begin in arguments) and END not in arguments
        if inside and f'"{BEGIN}"' not in arguments:
            calls.append(Call(name, seen[name], arguments, result))
    return calls


def faults(job: Job, outcome: Outcome, *, debris: bool = False) -> list[str]:
    """What is wrong on disk after ``outcome``. ``debris`` allows a temporary file in the spare folder."""
    held = job.target.read_bytes() if os.path.lexists(job.target) and job.target.is_file() else None
    prior = content(job.prior) if job.prior else None
    wrong = []
    if held not in (None, prior, job.data):
        wrong.append("torn")
    mine = prior is not None and job.expected == hashlib.sha256(prior).hexdigest()  # to be replaced
    if prior is not None and held != prior and not (mine and held == job.data):
        wrong.append("overwritten")
    if outcome in (Outcome.CREATED, Outcome.BEST_EFFORT, Outcome.SAME, Outcome.UNCONFIRMED) and held != job.data:
        wrong.append("false success")
    if outcome in (Outcome.REFUSED, Outcome.TAKEN) and held != prior:
        wrong.append("false failure")
    if outcome is Outcome.OTHER:
        wrong.append("an error of no named kind")
    if held == job.data != prior and job.target.stat().st_mode & 0o777 != 0o644:
        wrong.append("wrong mode")
    if job.target.parent.is_dir() and set(os.listdir(job.target.parent)) - {job.target.name}:
        wrong.append("left-over in the log folder")
    if not debris and set(os.listdir(Path(job.root, job.spare))) - {"publish.lock"}:
        wrong.append("left-over in the spare folder")
    return wrong


def order_faults(job: Job, calls: list[Call]) -> list[str]:
    """What a power cut could break although this run went well: names before data, data or names not synced."""
    name, folder = job.target.name, str(job.target.parent)
    commit = [i for i, call in enumerate(calls) if _names(call, name, folder)]
    writes = [i for i, call in enumerate(calls) if call.name == "write" and f'"{job.letter * 40}' in call.text]
    if not commit or not writes:
        return []
    wrong = []
    data_file = _path(calls[writes[-1]])
    if commit[0] < writes[-1]:
        wrong.append("the name came before the data")
    if not _synced(calls[writes[-1] : commit[0]], data_file):
        wrong.append("the data was not synced before the name")
    if not _synced(calls[commit[-1] :], folder):
        wrong.append("the name was not synced")
    if not job.expected and not all(_synced(calls, str(up)) for up in (Path(job.root), Path(job.root, "log"))):
        wrong.append("the folders on the way were not synced")
    return wrong


def trusted_a_failed_fsync(calls: list[Call]) -> bool:
    """Whether a descriptor was synced again after its fsync had failed with EIO, with no new file between."""
    failed = ""
    for call in calls:
        if call.name == "openat" and ("O_TMPFILE" in call.text or "O_CREAT" in call.text):
            failed = ""
        if call.name == "fsync":
            if failed and _path(call) == failed and call.result == "0":
                return True
            failed = _path(call) if "EIO" in call.result else failed
    return False


def _names(call: Call, name: str, folder: str) -> bool:
    """Whether this call made the name of the log appear."""
    if call.result.startswith("-"):
        return False
    if call.name == "openat":
        return "O_CREAT" in call.text and f'"{name}"' in call.text.replace(folder + "/", "")
    renames = ("linkat", "link", "rename", "renameat", "renameat2")
    return call.name in renames and f'{name}"' in call.text.split(", ", 2)[-1]


def _path(call: Call) -> str:
    match = re.match(r"\d+<([^>]*)>", call.text)
    return match.group(1) if match else ""


def _synced(calls: list[Call], path: str) -> bool:
    return any(call.name == "fsync" and call.result == "0" and _path(call) == path for call in calls)
