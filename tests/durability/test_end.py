"""END itself under fire: the library call, the ``with`` block and ``akislog write``, each in a process of its own."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.durability import end_worker
from tests.durability.campaigns import each
from tests.durability.ends import CAMPAIGNS, ENDS, Ended, faults, kept, log, points, project, run, whole
from tests.durability.harness import STRACE, Call
from tests.durability.job import Outcome

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")

MATRIX = [
    ("killed", "publish"),
    ("killed", "write"),
    ("signalled", "block"),
    ("signalled", "write"),
    ("disturbed", "publish"),
    ("disturbed", "block"),
    ("disturbed", "write"),
    ("modelled", "publish"),
    ("modelled", "write"),
]
WRITERS = ["publish", "write"]


@pytest.mark.parametrize(("campaign", "name"), MATRIX)
def test_end(
    campaign: str, name: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = list(CAMPAIGNS[campaign](name, tmp_path, long=request.config.getoption("--long")))
    wrong = [line for line in lines if line]
    with capsys.disabled():
        print(f"\nEND {campaign}, {name}: {len(lines)} runs, {len(wrong)} wrong", end="")
    assert not wrong, "\n".join(wrong)
    assert len(lines) >= 10, "the trace misses calls"


def test_mutants_of_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def catch(name: str) -> str:
        _, campaign, fault = end_worker.MUTANTS[name]
        return next((line for line in CAMPAIGNS[campaign](f"block, {name}", tmp_path, long=False) if fault in line), "")

    caught = dict(zip(end_worker.MUTANTS, each(catch, list(end_worker.MUTANTS)), strict=True))
    with capsys.disabled():
        print("".join(f"\n  END, {name}: {line or 'NOT CAUGHT'}" for name, line in caught.items()))
        print(f"mutants caught {sum(map(bool, caught.values()))}/{len(caught)}", end="")
    assert all(caught.values())


def _nth(calls: list[Call], name: str, words: str = "", which: int = 0) -> int:
    """The count of a call of END whose text has ``words``."""
    return [call.nth for call in calls if call.name == name and words in call.text][which]


def _check(name: str, root: Path, ended: Ended, wanted: Outcome) -> None:
    assert faults(name, root, ended) == []
    assert ended.outcome is wanted, ended.talk
    assert log(root) in whole(name)


@pytest.mark.parametrize("name", WRITERS)
def test_poorer_file_systems(name: str, tmp_path: Path) -> None:
    """No hard links; no files without a name; no syncing of folders, which is success, and that of the last refused."""
    calls = points(name, tmp_path)
    unnamed = f"openat:error=EOPNOTSUPP:when={_nth(calls, 'openat', 'O_TMPFILE')}"
    folder, last = (_nth(calls, "fsync", which=which) for which in (0, -1))
    best = Outcome.CREATED if name == "write" else Outcome.BEST_EFFORT
    cases = [
        (["linkat:error=EPERM"], Outcome.CREATED),
        ([unnamed], Outcome.CREATED),
        ([unnamed, "linkat:error=EPERM"], Outcome.CREATED),
        ([unnamed, "linkat:error=EPERM", "renameat2:error=EINVAL"], Outcome.CREATED),
        ([f"fsync:error=EINVAL:when={folder}"], best),
        ([f"fsync:error=EINVAL:when={last}"], best),
        ([f"fsync:error=EIO:when={last}"], Outcome.UNCONFIRMED),
    ]

    def once(case: tuple[list[str], Outcome]) -> None:
        root = project(tmp_path)
        _check(name, root, run(ENDS[name], root, case[0]), case[1])

    assert len(list(each(once, cases))) == len(cases)


@pytest.mark.parametrize(("one", "two"), [("publish", "publish"), ("write", "write"), ("publish", "write")])
@pytest.mark.parametrize("locks", ["locks", "no locks"])
def test_of_two_finishers_one_writes_and_the_other_says_so(one: str, two: str, locks: str, tmp_path: Path) -> None:
    """Both held up for 0.3 s before they give the name; nothing is overwritten, also where locks do nothing."""
    root = project(tmp_path)
    late = ["linkat:delay_enter=300000", *(["flock:retval=0"] if locks == "no locks" else [])]
    titles = ("Kill me", "Somebody else")
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda name, title: run(ENDS[name], root, late, title=title), (one, two), titles))
    assert sorted(one.outcome for one in ended) == [Outcome.CREATED, Outcome.TAKEN]
    winner, loser = titles[:: 1 if ended[0].outcome is Outcome.CREATED else -1]
    assert winner in (log(root) or b"").decode()
    assert [loser in data.decode() for data in kept(root)] == [True]


def test_an_existing_log_is_never_overwritten_and_ours_is_kept(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert run(ENDS["publish"], root).outcome is Outcome.CREATED
    before = log(root)
    for name in WRITERS:
        assert run(ENDS[name], root, title="Somebody else").outcome is Outcome.TAKEN
        assert log(root) == before
    assert ["Somebody else" in data.decode() for data in kept(root)] == [True, True]


def test_a_repository_that_cannot_be_asked_does_not_stop_end(tmp_path: Path) -> None:
    """END wants to know the commit; it once lost the session where the system refused that."""
    place = _nth(points("block", tmp_path), "newfstatat", ".git")
    for error in ("EIO", "EMFILE", "EACCES"):
        root = project(tmp_path)
        asked = f"newfstatat:error={error}:when={place}"
        _check("block", root, run(ENDS["block"], root, [asked]), Outcome.CREATED)


@pytest.mark.parametrize("torn", [b"", b"\0\0"])
def test_a_state_folder_whose_ignore_file_was_torn_is_ignored_again(torn: bytes, tmp_path: Path) -> None:
    """What is kept there may not be committed."""
    root = project(tmp_path)
    (root / ".akislog").mkdir()
    (root / ".akislog" / ".gitignore").write_bytes(torn)
    assert run(ENDS["publish"], root).outcome is Outcome.CREATED
    assert (root / ".akislog" / ".gitignore").read_bytes() == b"*\n"


def test_a_second_interrupt_breaks_end_off(tmp_path: Path) -> None:
    """The way out of an END that hangs; nothing is torn, nothing claimed."""
    root = project(tmp_path)
    calls = points("block", tmp_path)
    places = [f"{name}:signal=SIGINT:when={_nth(calls, name)}" for name in ("mkdirat", "fchmod")]
    ended = run(ENDS["block"], root, places)
    assert ended.outcome is Outcome.INTERRUPTED
    assert log(root) is None
    assert not faults("block", root, ended)


def test_every_allocation_of_end_fails_once(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two processes share the places: all of them, or every 40th from a place that is the same each time."""
    pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    step = 1 if request.config.getoption("--long") else 40
    script = str(Path(end_worker.__file__).with_name("end_memory.py"))
    first = random.Random("allocations").randint(1, step)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda n: _memory(script, project(tmp_path), first + n * step, 2 * step), range(2)))
    lines = [line for one in said for line in one.splitlines()]
    sums = [re.fullmatch(r"(\d+) allocations, (\d+) crashes of Python itself", line) for line in lines]
    wrong = [line for line, found in zip(lines, sums, strict=True) if not found]
    count, crashes = (sum(int(found[n]) for found in sums if found) for n in (1, 2))
    with capsys.disabled():
        crashed = f" ({crashes} by crashes of Python itself)" if crashes else ""
        print(f"\nEND without memory: {count} runs{crashed}, {len(wrong)} wrong", end="")
    assert not wrong, "\n".join(wrong)
    assert count >= 25
    assert crashes < count / 4, "Python crashes too often here to tell anything"


def _memory(script: str, root: Path, first: int, step: int) -> str:
    command = [sys.executable, "-s", "-B", script, str(root), str(first), str(step)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=1_200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
