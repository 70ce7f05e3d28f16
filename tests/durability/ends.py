"""END under fire: whole processes that end a session are killed, refused and signalled at every system call.

``ENDS`` names them: a library call, a ``with`` block, and the command ``akislog write`` with a session document.
A campaign yields one line per run, as those of ``campaigns`` do.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from akislog.errors import AkislogError
from akislog.store.project import find_project
from akislog.store.writer import Rendered, write
from akislog.text.document import parse
from tests.durability.campaigns import ERRORS, can_last, each
from tests.durability.end_worker import ID, MUTANTS
from tests.durability.harness import ENVIRONMENT, Call, between, injected, strace
from tests.durability.job import BEGIN, Outcome
from tests.durability.model import Recording, build, scan

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = {
    "session": {
        "id": ID,
        "title": "Kill me",
        "started_at": "2026-01-15T14:45:30Z",
        "ended_at": "2026-01-15T14:50:00Z",
        "outcome": "completed",
    },
    "tasks": [{"id": f"t{n}", "description": "One", "status": "done", "result": "x" * 200} for n in range(30)],
}
SIGNALS = {"SIGTERM": 15, "SIGINT": 2, "SIGHUP": 1}
WRITTEN = (Outcome.CREATED, Outcome.BEST_EFFORT, Outcome.SAME, Outcome.RETRIED, Outcome.UNCONFIRMED)
_TRIES = 3
_CALLS = "%file,%desc,rt_sigaction"
_PATHLESS = ("write", "rt_sigaction")
_CHANGES = ("mkdir", "mkdirat", "write", "fchmod", "fsync", "linkat", "renameat", "unlinkat", "rt_sigaction")


class End(NamedTuple):
    """A process that ends a session. ``begin`` stands in the trace where its END begins."""

    arguments: tuple[str, ...]
    begin: str = BEGIN
    command: bool = False


_WORKER = str(Path(__file__).with_name("end_worker.py"))
ENDS = {
    "publish": End((_WORKER, "publish", "{root}", "{title}")),
    "block": End((_WORKER, "block", "{root}", "{title}")),
    "interrupted block": End((_WORKER, "interrupt", "{root}", "{title}")),
    **{f"block, {how}": End((_WORKER, "block", "{root}", "{title}", how)) for how in MUTANTS},
    "write": End(("-m", "akislog", "write", "{root}/{title}.json"), '.json", O_RDONLY', command=True),
}


class Ended(NamedTuple):
    """How an END went: its outcome, its exit code, what it complained of, and the calls that were traced."""

    outcome: Outcome
    code: int
    talk: str
    calls: list[Call]


def project(base: Path) -> Path:
    """A new project, with a session document in it for the command."""
    root = Path(tempfile.mkdtemp(dir=base))
    (root / ".akislog.toml").touch()
    for title in ("Kill me", "Somebody else"):
        session = {**DOCUMENT["session"], "title": title}  # type: ignore[dict-item]
        (root / f"{title}.json").write_text(json.dumps({**DOCUMENT, "session": session}))
    return root


def run(end: End, root: Path, inject: Iterable[str] = (), *, title: str = "Kill me", everything: bool = False) -> Ended:
    """One END in ``root``. A fault that hit before END began, or none at all, is an AssertionError.

    Calls are counted from the start of the process, and not every start of Python makes the same number of them: a
    fault that came too early has met nothing of ours, and is tried again.
    """
    inject = list(inject)
    for _ in range(_TRIES):
        done, text = _traced(end, root, inject, title, everything)
        before, begun, _ = text.partition(end.begin)
        if begun and "INJECTED" not in before:
            break
    assert begun, f"END never began: {done}\n{text[-2000:]}"
    assert "INJECTED" not in before, f"{inject} hit before END"
    talk = done.stderr.decode(errors="replace")
    return Ended(outcome_of(end, done.returncode, talk), done.returncode, talk, between(text, end.begin))


def _traced(
    end: End, root: Path, inject: list[str], title: str, everything: bool
) -> tuple[subprocess.CompletedProcess[bytes], str]:
    """One process, and its trace."""
    arguments = [argument.format(root=root, title=title) for argument in end.arguments]
    with tempfile.NamedTemporaryFile("r", suffix=".strace", errors="replace") as trace:
        calls = _CALLS if everything else injected(inject, "access,openat")
        done = subprocess.run(
            strace([sys.executable, "-s", "-B", *arguments], inject, trace.name, calls),
            env={**ENVIRONMENT, "TZ": "UTC", "PYTHONPATH": str(REPOSITORY)},
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        return done, trace.read()


def outcome_of(end: End, code: int, talk: str) -> Outcome:
    """The exit code as an outcome; that of the command is judged with what it complained of."""
    if code in (-9, 137):
        return Outcome.KILLED
    if any(code in (-number, 128 + number) for number in SIGNALS.values()):
        return Outcome.INTERRUPTED
    if "Traceback" in talk:
        return Outcome.OTHER
    if not end.command:
        return Outcome(code)
    if "in place and whole" in talk or "akislog: output: " in talk:  # the log is there, only its path was not told
        return Outcome.UNCONFIRMED if code else Outcome.OTHER
    if "has a log already" in talk:
        return Outcome.TAKEN if code else Outcome.OTHER
    return Outcome.REFUSED if code else Outcome.CREATED


@cache
def whole(name: str) -> frozenset[bytes]:
    """The logs that this END may leave: the one it makes when nothing happens, and for a block that of a Ctrl-C."""
    logs = set()
    for one in ("block", "interrupted block") if name.startswith("block") else (name,):
        with tempfile.TemporaryDirectory() as base:
            root = project(Path(base))
            run(ENDS[one], root)
            logs.add(log(root) or b"")
    return frozenset(logs)


def log(root: Path) -> bytes | None:
    path = root / "log" / "workflow" / f"{ID}.md"
    return path.read_bytes() if path.exists() else None


def kept(root: Path) -> list[bytes]:
    """What was kept aside, under unpublished/ and conflicts/."""
    folders = [root / ".akislog" / place for place in ("unpublished", "conflicts")]
    return [path.read_bytes() for folder in folders if folder.is_dir() for path in folder.iterdir()]


def faults(name: str, root: Path, ended: Ended) -> list[str]:
    """What is wrong on disk and in what was said."""
    held, outcome = log(root), ended.outcome
    folder = root / "log" / "workflow"
    wrong = []
    if folder.is_dir() and set(os.listdir(folder)) - {f"{ID}.md"}:
        wrong.append("left-over among the logs")
    if held is not None and held not in whole(name):
        wrong.append("torn")
    if not whole(name).issuperset(kept(root)):
        wrong.append("torn copy aside")
    if outcome in WRITTEN and held is None:
        wrong.append("false success")
    if outcome is Outcome.REFUSED and held is not None:
        wrong.append("false failure")
    if outcome in (Outcome.OTHER, Outcome.LOST):
        wrong.append(f"{outcome!r} {ended.talk[-300:]}")
    return wrong


def again(name: str, root: Path) -> list[str]:
    """What is wrong after the same session is written once more, by the same writer and without a fault."""
    data = log(root) or min(whole(name))
    record = parse(data).log
    assert record is not None
    try:
        write(find_project(root, {}), Rendered(record.record, data, (), 0))
    except AkislogError as error:
        return [f"trying again: {error}"]
    wrong = ["not whole, after trying again"] if log(root) != data else []
    if (root / ".akislog" / ".gitignore").read_text().rstrip() != "*":
        wrong.append("the state folder is not ignored by git")
    return wrong


def points(name: str, base: Path) -> list[Call]:
    """The calls of this END that concern its project and its output; the others are late imports."""
    root = project(base)
    place = f"AT_FDCWD<{root}>"  # where the process stands, not what it asks for
    calls = run(ENDS[name], root, everything=True).calls
    return [call for call in calls if str(root) in call.text.replace(place, "") or call.name in _PATHLESS]


def changing(calls: Iterable[Call]) -> list[Call]:
    """Those that change the disk, the output or the handlers: a kill anywhere between two of them is the same kill."""
    return [call for call in calls if call.name in _CHANGES or "O_CREAT" in call.text or "O_TMPFILE" in call.text]


def killed(name: str, base: Path, *, long: bool) -> Iterator[str]:
    """SIGKILL before each call that changes something, or before each whatever."""
    found = run(ENDS[name], project(base), everything=True).calls if long else changing(points(name, base))

    def once(call: Call) -> str:
        root = project(base)
        ended = run(ENDS[name], root, [f"{call.name}:signal=SIGKILL:when={call.nth}"])
        wrong = faults(name, root, ended)
        if ended.outcome is not Outcome.KILLED:
            wrong.append(f"{ended.outcome!r}: the signal missed")
        return _line(f"SIGKILL at {call.name} {call.text[:80]}", wrong + again(name, root))

    return each(once, found)


def signalled(name: str, base: Path, *, long: bool) -> Iterator[str]:
    """SIGTERM, SIGINT and SIGHUP at each call: nobody loses the session, everybody learns of it.

    The quick form sends one of them at each call that changes something.
    """
    found = points(name, base)
    places = [(call, signal) for call in (found if long else changing(found)) for signal in _some(call, SIGNALS, long)]

    def once(place: tuple[Call, str]) -> str:
        call, signal = place
        root = project(base)
        ended = run(ENDS[name], root, [f"{call.name}:signal={signal}:when={call.nth}"])
        wrong = faults(name, root, ended)
        if ended.code not in (-SIGNALS[signal], 128 + SIGNALS[signal]):
            wrong.append(f"ended with {ended.code}")
        if not ENDS[name].command and log(root) is None and not kept(root):
            wrong.append("lost")
        return _line(f"{signal} at {call.name} {call.text[:80]}", wrong + again(name, root))

    return each(once, places)


def disturbed(name: str, base: Path, *, long: bool) -> Iterator[str]:
    """Each call refused with each error, then each kind of call for ever; the quick form takes one error for each."""
    found = [call for call in points(name, base) if call.name != "rt_sigaction"]
    places = [(call, "", error) for call in found for error in _some(call, ERRORS, long)]
    for call in {call.name: call for call in reversed(found)}.values():
        lasting = [error for error in ERRORS if can_last(call.name, error)]
        places += [(call, "+", error) for error in _some(call, lasting, long)]

    def once(place: tuple[Call, str, str]) -> str:
        call, lasting, error = place
        root = project(base)
        ended = run(ENDS[name], root, [f"{call.name}:error={error}:when={call.nth}{lasting}"])
        wrong = faults(name, root, ended)
        if name.startswith("block") and not lasting and log(root) is None and not kept(root):
            wrong.append("lost")
        return _line(f"{error} at {call.name} {call.nth}{lasting} {call.text[:80]}", wrong + again(name, root))

    return each(once, places)


def modelled(name: str, base: Path, *, long: bool) -> Iterator[str]:  # noqa: ARG001
    """One undisturbed END, and every disk that a power cut may leave of it by the model; then done again."""
    root = project(base)
    before = scan(root)
    calls = run(ENDS[name], root, everything=True).calls
    for tree, done in Recording(root, before, calls).states():
        found = build(tree, base)
        wrong = faults(name, found, Ended(Outcome.CREATED if done else Outcome.KILLED, 0, "", []))
        yield _line(f"{'done, ' if done else ''}with {', '.join(sorted(tree))}", wrong + again(name, found))


CAMPAIGNS = {"modelled": modelled, "killed": killed, "signalled": signalled, "disturbed": disturbed}


def _some(call: Call, among: Iterable[str], every: bool) -> list[str]:
    """All of these, or one: the same for the same call in every run."""
    return sorted(among) if every else [random.Random(f"{call.name} {call.nth}").choice(sorted(among))]


def _line(place: str, wrong: list[str]) -> str:
    return f"{place}: {', '.join(wrong)}" if wrong else ""
