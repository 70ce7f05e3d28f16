from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from akislog.store.locks import LockBusy, lock

ROOT = Path(__file__).parents[2]


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until it is told to end."""
    code = (
        "import sys; from akislog.store.locks import lock\n"
        "with lock(sys.argv[1], holder='agent B'): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_another_process_waits_and_learns_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path)
    start = time.monotonic()
    with pytest.raises(LockBusy, match="agent B"), lock(path, wait=0.2):
        pass
    assert time.monotonic() - start >= 0.2
    end(process)
    with lock(path, wait=0.2):
        pass
    assert path.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_death_frees_the_lock(number: signal.Signals, tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    process.send_signal(number)
    end(process)
    with lock(tmp_path / "lock", wait=0):
        pass


def test_a_stopped_holder_keeps_it(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(LockBusy), lock(tmp_path / "lock", wait=0.05):
        pass
    process.send_signal(signal.SIGCONT)
    end(process)


def test_a_child_program_does_not_inherit_it(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with lock(tmp_path / "lock", wait=0):
        pass
    child.communicate()


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    inside, most = [], []

    def work() -> None:
        for _ in range(30):
            with lock(tmp_path / "lock", wait=30):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 120


def test_a_file_that_was_removed_before_the_lock_was_taken_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock(path):
        path.unlink()  # what a cleaner may do; the next one makes and holds a new file
        with lock(path, wait=0), pytest.raises(LockBusy), lock(path, wait=0):
            pass


def test_errors_are_os_errors_and_nothing_stays_open(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("lock")
    before = len(os.listdir("/proc/self/fd"))
    for path in (tmp_path / "none" / "lock", tmp_path / "link", tmp_path):
        with pytest.raises(OSError, match=str(path)), lock(path):
            pass
    with pytest.raises(ZeroDivisionError), lock(tmp_path / "lock"):
        raise ZeroDivisionError
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
