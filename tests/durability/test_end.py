"""END itself under fire: a whole session in another process, killed and disturbed at every system call of END."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.durability.end_worker import ID, RETRIED
from tests.durability.harness import STRACE, Call, _parse
from tests.durability.job import Outcome

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")

CALLS = "access,openat,mkdirat,mkdir,write,fstat,fchmod,fsync,linkat,rename,renameat2,unlink,unlinkat,flock"
KILLED = (-9, 137)  # strace ends itself as its child was ended


def end(root: Path, *inject: str, title: str = "Kill me") -> tuple[int, list[Call]]:
    """Run one session in ``root`` with these faults; its exit code and the calls of its END."""
    with tempfile.NamedTemporaryFile("r", suffix=".strace", errors="replace") as trace:
        command = [STRACE or "", "-qq", "-o", trace.name, "-e", f"trace={CALLS}"]
        for fault in inject:
            command += ["-e", f"inject={fault}"]
        worker = str(Path(__file__).with_name("end_worker.py"))
        process = subprocess.run(
            [*command, sys.executable, "-s", "-B", worker, str(root), title],
            env={"PYTHONHASHSEED": "0", "PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return process.returncode, _parse(trace.read())


def project(base: Path) -> Path:
    root = Path(tempfile.mkdtemp(dir=base))
    (root / ".akislog.toml").touch()
    return root


def log(root: Path) -> bytes | None:
    """The log's bytes; that nothing else stands beside it is checked on the way."""
    folder = root / "log" / "workflow"
    names = set(os.listdir(folder)) if folder.is_dir() else set()
    assert names <= {f"{ID}.md"}, f"left-over among the logs: {names}"
    return (folder / f"{ID}.md").read_bytes() if names else None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Call]]:
    """The log as it is without faults, and the calls that END makes for it."""
    root = project(tmp_path_factory.mktemp("whole"))
    code, calls = end(root)
    data = log(root)
    assert code == Outcome.CREATED
    assert data is not None
    return data, calls


def _fault(place: str, what: str) -> str:
    name, when = place.split(":")
    return f"{name}:{what}:{when}"


def each(places: list[str], check: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(check, places):  # type: ignore[arg-type]
            pass


def test_killed_at_every_call_the_log_is_whole_or_absent_and_end_can_run_again(
    tmp_path: Path, whole: tuple[bytes, list[Call]]
) -> None:
    data, calls = whole
    assert len(calls) >= 20, "END makes fewer calls than it should be killed at"

    def check(place: str) -> None:
        root = project(tmp_path)
        code, _ = end(root, _fault(place, "signal=SIGKILL"))
        assert code in KILLED, place
        assert log(root) in (None, data), f"{place}: torn"
        assert end(root)[0] in (Outcome.CREATED, Outcome.SAME), f"{place}: END could not run again"
        assert log(root) == data, place

    each([f"{call.name}:when={call.nth}" for call in calls], check)


@pytest.mark.parametrize("error", ["ENOSPC", "EACCES"])
def test_refused_once_the_session_stays_whole_and_is_written_the_second_time(
    error: str, tmp_path: Path, whole: tuple[bytes, list[Call]]
) -> None:
    data, calls = whole
    fallible = ("openat", "mkdirat", "mkdir", "write", "fchmod", "fsync", "linkat")

    def check(place: str) -> None:
        root = project(tmp_path)
        code, _ = end(root, _fault(place, f"error={error}"))
        assert code in (RETRIED, Outcome.CREATED, Outcome.UNCONFIRMED), f"{place}: {code}"
        assert log(root) == data, place

    each([f"{call.name}:when={call.nth}" for call in calls if call.name in fallible], check)


@pytest.mark.parametrize("error", ["ENOSPC", "EACCES"])
@pytest.mark.parametrize("name", ["write", "linkat", "fsync", "openat"])
def test_refused_for_good_nothing_is_claimed_and_the_next_run_succeeds(
    name: str, error: str, tmp_path: Path, whole: tuple[bytes, list[Call]]
) -> None:
    data, calls = whole
    root = project(tmp_path)
    first = next(call.nth for call in calls if call.name == name)
    code, _ = end(root, f"{name}:error={error}:when={first}+")
    there = log(root)
    assert there in (None, data)
    assert code == Outcome.REFUSED or (there == data and code == Outcome.UNCONFIRMED)
    assert end(root)[0] in (Outcome.CREATED, Outcome.SAME)
    assert log(root) == data


def test_an_existing_log_is_never_overwritten_and_ours_is_kept(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert end(root)[0] == Outcome.CREATED
    before = log(root)
    assert end(root, title="Somebody else")[0] == Outcome.TAKEN
    assert log(root) == before
    kept = list((root / ".akislog" / "conflicts").iterdir())
    assert len(kept) == 1
    assert b"Somebody else" in kept[0].read_bytes()


def test_of_two_finishers_one_writes_and_the_other_says_so(tmp_path: Path) -> None:
    root = project(tmp_path)
    late = "linkat:delay_enter=300000"
    with ThreadPoolExecutor(2) as pool:
        titles = ("One", "Two")
        codes = sorted(code for code, _ in pool.map(lambda title: end(root, late, title=title), titles))
    assert codes == [Outcome.CREATED, Outcome.TAKEN]
    assert log(root) is not None
