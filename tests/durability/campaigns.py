"""The campaigns: each disturbs a writer in one manner at every place where that can be, and yields what went wrong.

``CAMPAIGNS`` names them. A campaign yields one line per run: the empty string, or the place and the fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from akislog.errors import AkislogError
from akislog.store import files
from tests.durability.harness import Call, ended, faults, fresh, order_faults, run, start, trusted_a_failed_fsync
from tests.durability.job import Job, Outcome
from tests.durability.model import Recording, build, scan

T = TypeVar("T")


class Way(NamedTuple):
    """One way through the writer: the job, and the faults that stand for a poorer system."""

    job: Job
    system: tuple[str, ...] = ()


WAYS = {
    "unnamed": Way(Job()),
    "named": Way(Job(unnamed=False)),
    "exclusive rename": Way(Job(unnamed=False), ("linkat:error=EPERM",)),
    "lock": Way(Job(unnamed=False), ("linkat:error=EPERM", "renameat2:error=EINVAL")),
    "replace": Way(Job(writer="replace", prior="b", expected="b")),
}
ERRORS = ("ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "EMFILE", "ENOMEM", "EINTR")
MORE_ERRORS = ("EPERM", "ENFILE", "ESTALE", "EBUSY", "ENOSYS", "EOPNOTSUPP", "EINVAL", "EXDEV", "ENOENT", "ELOOP")
_STOPPED_BY_A_SIGNAL = ("link", "linkat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat")
_MOVES = ("link", "linkat", "rename", "renameat", "renameat2")


def undisturbed(way: Way, base: Path) -> Iterator[str]:
    """Nothing there, the same there, something else there: outcome, disk, mode, and order of the calls."""
    usual = way.job.prior or way.job.letter
    for prior, wanted in (
        (way.job.prior, Outcome.CREATED),
        (way.job.letter, Outcome.SAME),
        ("z", Outcome.TAKEN),
    ):
        job = fresh(way.job._replace(prior=prior, expected=usual if way.job.expected else ""), base)
        outcome, calls = run(job, way.system, everything=True)
        wrong = faults(job, outcome) + order_faults(job, calls)
        if outcome != wanted:
            wrong.append(f"{outcome!r} instead of {wanted!r}")
        yield _line(f"with {prior or 'nothing'} there", wrong)


def killed(way: Way, base: Path, signal: str = "SIGKILL") -> Iterator[str]:
    """Killed before each of its system calls; then done again by somebody else."""

    def once(call: Call) -> str:
        job = fresh(way.job, base)
        outcome, _ = run(job, (*way.system, f"{call.name}:signal={signal}:when={call.nth}"))
        wrong = faults(job, outcome, debris=signal == "SIGKILL")
        if (outcome is Outcome.KILLED) != (signal == "SIGKILL"):
            wrong.append(f"{outcome!r}: the signal missed")
        return _line(f"{signal} at {call.name} {call.text[:60]}", wrong + again(job))

    return each(once, points(way, base))


def interrupted(way: Way, base: Path) -> Iterator[str]:
    """Ctrl-C at each of its system calls: as a kill, and nothing is left behind."""
    return killed(way, base, "SIGINT")


def disturbed(way: Way, base: Path, errors: tuple[str, ...] = ERRORS, sticky: bool = True) -> Iterator[str]:
    """Each of its system calls refused once with each error, and then each kind of call refused for ever."""
    found = points(way, base)
    places = [(call.name, str(call.nth), error) for call in found for error in errors]
    first = {call.name: call.nth for call in reversed(found)}
    for name, nth in first.items() if sticky else ():
        places += [(name, f"{nth}+", error) for error in errors if can_last(name, error)]

    def once(place: tuple[str, str, str]) -> str:
        name, when, error = place
        job = fresh(way.job, base)
        outcome, calls = run(job, (*way.system, f"{name}:error={error}:when={when}"))
        wrong = faults(job, outcome, debris=name == "unlinkat")
        if trusted_a_failed_fsync(calls):
            wrong.append("an fsync was repeated on the file it had failed for")
        return _line(f"{error} at {name} {when}", wrong + again(job))

    return each(once, places)


def short(way: Way, base: Path) -> Iterator[str]:
    """Each write says that it took ten bytes, or none, and took nothing: once, and always."""
    first = min(call.nth for call in points(way, base) if call.name == "write")
    for count in (10, 0):
        for when in (f"{first}", f"{first}+"):
            job = fresh(way.job, base)
            outcome, _ = run(job, (*way.system, f"write:retval={count}:when={when}"))
            yield _line(f"write took {count} of the bytes, {when}", faults(job, outcome) + again(job))


def raced(way: Way, base: Path) -> Iterator[str]:
    """Two writers, each held up before it gives the name: one wins, the other learns of it.

    Also with locks that do nothing, except where the lock is all there is.
    """
    refused = {fault.partition(":")[0] for fault in way.system}
    late = ",".join(name for name in _MOVES if name not in refused) + ":delay_enter=300000"
    locked = way.job.expected or "renameat2" in refused
    for system in ((*way.system, late), *([] if locked else [(*way.system, late, "flock:retval=0")])):
        yield from _pairs(way.job, system, base)


def _pairs(job: Job, system: tuple[str, ...], base: Path) -> Iterator[str]:
    for letters, wanted in (("ac", {Outcome.CREATED, Outcome.TAKEN}), ("aa", {Outcome.CREATED, Outcome.SAME})):
        made = fresh(job, base)
        gate = made.root + ".gate"
        jobs = [made._replace(letter=letter, gate=gate) for letter in letters]
        processes = [start(one, system) for one in jobs]
        while len(list(base.glob(Path(gate).name + ".*"))) < len(jobs):
            time.sleep(0.005)
        Path(gate).touch()
        outcomes = [ended(process) for process in processes]
        winner = jobs[outcomes.index(Outcome.CREATED)] if Outcome.CREATED in outcomes else jobs[0]
        wrong = faults(winner, Outcome.CREATED)
        if set(outcomes) != wanted:
            wrong.append(f"both said {outcomes!r}")
        yield _line(f"two writers of {letters}", wrong)


def modelled(way: Way, base: Path) -> Iterator[str]:
    """One undisturbed write, and every disk that a power cut may leave of it by the model; then done again."""
    job = fresh(way.job, base)
    before = scan(Path(job.root))
    _, calls = run(job, way.system, everything=True)
    for tree, done in Recording(Path(job.root), before, calls).states():
        found = job._replace(root=str(build(tree, base)))
        wrong = faults(found, Outcome.CREATED if done else Outcome.KILLED, debris=True)
        wrong = [("done, " if done else "") + fault for fault in wrong + again(found)]
        yield _line(f"a cut that leaves {', '.join(sorted(tree))}", wrong)


CAMPAIGNS: dict[str, Callable[[Way, Path], Iterator[str]]] = {
    "undisturbed": undisturbed,
    "killed": killed,
    "interrupted": interrupted,
    "disturbed": disturbed,
    "short": short,
    "raced": raced,
    "modelled": modelled,
}


def points(way: Way, base: Path) -> list[Call]:
    """The calls of an undisturbed run that can be disturbed: not those a poorer system refuses anyway."""
    _, calls = run(fresh(way.job, base), way.system, everything=True)
    refused = {fault.partition(":")[0] for fault in way.system}
    return [call for call in calls if call.name not in refused]


def can_last(name: str, error: str) -> bool:
    """Whether a call can be refused with this error for ever: Python restarts most interrupted calls, as it should."""
    return error != "EINTR" or name in _STOPPED_BY_A_SIGNAL


def each(once: Callable[[T], str], places: list[T]) -> Iterator[str]:
    """The line of every place; two at a time, and no further than somebody asks."""
    pool = ThreadPoolExecutor(2)
    try:
        yield from pool.map(once, places)
    finally:
        pool.shutdown(cancel_futures=True)


def again(job: Job) -> list[str]:
    """What is wrong after the call is made once more, by the real writer and without a fault."""
    root, spare = Path(job.root), Path(job.root, job.spare)
    try:
        if job.expected:
            files.replace(root, job.relative, job.data, expected=job.expected, spare=spare)
        else:
            files.publish(root, job.relative, job.data, spare=spare)
    except AkislogError as error:
        return [f"trying again: {type(error).__name__}"]
    return [f"{fault}, after trying again" for fault in faults(job, Outcome.CREATED, debris=True)]


def _line(place: str, wrong: list[str]) -> str:
    return f"{place}: {', '.join(wrong)}" if wrong else ""
