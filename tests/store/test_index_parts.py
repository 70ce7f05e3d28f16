"""What several processes read for the index is what one reads, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from akislog.store.index import build as index_build
from akislog.store.index import current as index_current
from akislog.store.index import opening as index
from akislog.store.index import parts as index_parts
from akislog.store.index import schema
from akislog.store.index import update as index_update
from akislog.store.processes import processors
from tests.children import start
from tests.store.test_index import Place, corpus

LOGS = 60

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="what is changed here has to be so in other processes")


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes for a few logs, some at a time."""
    for module in (index_build, index_update):
        monkeypatch.setattr(module, "FEW", 5)
    monkeypatch.setattr(index_build, "processors", lambda: 3)
    monkeypatch.setattr(index_parts, "_SMALLEST", 2)
    monkeypatch.setattr(index_parts, "_LARGEST", 7)


def rows(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """Everything in the tables of an index, in the order in which it lies there."""
    names = ("logs", "unread", "findings", "young", *schema.TABLES, "words_counted")
    return {name: connection.execute(f"select * from {name}").fetchall() for name in names}


def same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether several processes make the tables that one makes."""
    made = rows(index_build.tables(str(folder)))
    monkeypatch.setattr(index_build, "processors", lambda: 1)
    return made == rows(index_build.tables(str(folder)))


def left(place: Place) -> list[str]:
    return sorted(one for one in os.listdir(place.state) if one.startswith("index") and not one.endswith(".lock"))


def in_children(change: Callable[..., Any]) -> Callable[..., Any]:
    """A worker's making of a part, with a change."""
    original = index_parts._part

    def part(*arguments: Any) -> Any:
        change(arguments[2])
        return original(*arguments)

    return part


@pytest.mark.usefixtures("several")
def test_several_processes_make_what_one_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert same(corpus(tmp_path, LOGS), monkeypatch)


@pytest.mark.usefixtures("several")
def test_who_is_late_changes_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = in_children(lambda path: time.sleep(0.3 * path.endswith((".0", ".4"))))
    monkeypatch.setattr(index_parts, "_part", slow)
    assert same(corpus(tmp_path, LOGS), monkeypatch)


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("lost", ["part", "table"])
def test_rows_that_are_lost_show(lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = index_parts._take

    def taken(connection: sqlite3.Connection, path: str, names: list[str]) -> None:
        if lost == "part":
            names = names * (not path.endswith(".2"))
        original(connection, path, [name for name in names if lost == "part" or name != "gotchas"])

    monkeypatch.setattr(index_parts, "_take", taken)
    assert not same(corpus(tmp_path, LOGS), monkeypatch)


@pytest.mark.usefixtures("several")
def test_an_index_of_parts_is_right_and_leaves_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)
    place.make(words=False)
    place.is_right()
    place.is_right(words=True)
    assert [one.rpartition(".")[2] for one in left(place)] == ["db", "seal"]
    assert place.notes == []


@pytest.mark.usefixtures("several")
def test_many_changes_are_read_by_several_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, LOGS)
    place.make()
    asked: list[int] = []
    original = index_parts.fill

    def counted(*arguments: Any) -> Any:
        asked.append(len(arguments[2]))
        return original(*arguments)

    monkeypatch.setattr(index_parts, "fill", counted)
    corpus(place.logs, 20, seed=7)
    place.is_right(words=True)
    assert asked == [20]  # with their words at once
    assert [one.rpartition(".")[2] for one in left(place)] == ["db", "seal"]
    corpus(place.logs / "later", 1, seed=8)
    place.is_right(words=True)  # its number is a new one
    assert place.notes == []


@pytest.mark.usefixtures("several")
def test_what_is_ahead_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, most = Place(tmp_path, 400), []
    original = index_parts._take

    def slow(connection: sqlite3.Connection, path: str, names: list[str]) -> None:
        time.sleep(0.02)
        most.append(sum(".part." in one for one in os.listdir(place.state)))
        original(connection, path, names)

    monkeypatch.setattr(index_parts, "_take", slow)
    place.make(words=False)
    assert len(most) > 50
    assert max(most) <= 3 * index_parts._AHEAD


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("allowed", [0, 1])
def test_with_the_processes_that_can_be_had(allowed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, started = os.fork, []

    def fork() -> int:
        started.append(1)
        if len(started) > allowed:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return original()

    monkeypatch.setattr(os, "fork", fork)
    assert same(corpus(tmp_path, LOGS), monkeypatch)
    assert len(started) == allowed + 1


@pytest.mark.usefixtures("several")
def test_no_more_processes_than_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, asked = index_parts._started, []

    def started(*arguments: Any) -> Any:
        asked.append(arguments[2])
        return original(*arguments)

    monkeypatch.setattr(index_parts, "_started", started)
    monkeypatch.setattr(index_build, "processors", lambda: 100)
    assert rows(index_build.tables(str(corpus(tmp_path / "few", 7))))["logs"]
    assert rows(index_build.tables(str(corpus(tmp_path / "many", 200))))["logs"]
    assert asked == [4, index_parts._MOST_JOBS]


def test_beside_other_threads_one_process_reads() -> None:
    assert processors() >= 1
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert processors() == 1
    finally:
        done.set()
        thread.join()


@pytest.mark.usefixtures("several")
def test_who_is_told_of_progress_and_fails_leaves_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)

    def fails(_: int, __: int) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough") as kept:
        index.rebuild(str(place.logs), place.state, fails)
    assert left(place) == []
    place.make()
    assert kept is not None


@pytest.mark.usefixtures("several")
def test_an_index_stays_until_a_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, LOGS)
    place.make()
    before = place.file.stat().st_ino
    corpus(place.logs, LOGS, seed=3)
    monkeypatch.setattr(index_update, "max", lambda *_: 20, raising=False)  # so many changes are too many

    def failing(*_: Any, **__: Any) -> None:
        assert place.is_sealed
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index_build, "_fill", failing)
    place.is_right(by_index=False)
    assert place.file.stat().st_ino == before
    assert place.is_sealed


@pytest.mark.usefixtures("several")
def test_what_a_killed_update_left_is_removed_by_the_next(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)
    place.make()
    for end in (".1.tmp", ".1.tmp-journal", f".{os.getpid()}.tmp", f".{os.getpid()}.tmp.part.0"):
        Path(f"{str(place.file)[:-3]}{end}").write_bytes(b"not a database")
    corpus(place.logs, 20, seed=7)
    place.is_right()
    assert [one.rpartition(".")[2] for one in left(place)] == ["db", "seal"]
    assert place.notes == []


def killed(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full(_: str) -> None:
    raise sqlite3.OperationalError("database or disk is full")


class Two(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def odd(_: str) -> None:
    raise Two("this", "that")


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (killed, "a process that was reading files has ended"),
        (full, "database or disk is full"),
        (odd, "Two: this and that"),
    ],
)
def test_a_process_that_fails_is_told_and_not_missed(
    change: Callable[[str], None], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, LOGS)
    monkeypatch.setattr(index_current, "THRESHOLD", 20)
    monkeypatch.setattr(index_parts, "_part", in_children(lambda path: path.endswith(".3") and change(path)))
    place.is_right(by_index=False)
    assert place.notes == [f"the index cannot be used ({said}); the files are read, which takes longer"]
    assert left(place) == []
    assert index_build.tables(str(place.logs)).execute("select count(*) from logs").fetchone()[0] > 0


def test_who_makes_an_index_is_killed_and_nobody_stays_behind(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)
    code = f"""
import time
from pathlib import Path
from akislog.store.index import build, opening, parts
build.FEW, build.processors = 5, lambda: 3
original = parts._part
def slow(*arguments):
    print("one", flush=True)
    time.sleep(0.5)
    return original(*arguments)
parts._part = slow
opening.rebuild({str(place.logs)!r}, Path({str(place.state)!r}), print)
"""
    child = start(code, place.logs)
    assert child.stdout is not None
    assert child.stdout.readline() == "one\n"
    child.send_signal(signal.SIGKILL)
    begun = time.monotonic()
    _, err = child.communicate(timeout=30)  # which ends when nobody holds its other end any more
    assert time.monotonic() - begun < 10
    assert err == ""
    place.make()
    place.is_right()
    assert [one.rpartition(".")[2] for one in left(place)] == ["db", "seal"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signal to a single process")
def test_an_interrupt_ends_all(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)
    code = f"""
import time
from pathlib import Path
from akislog.store.index import build, opening, parts
build.FEW, build.processors = 5, lambda: 3
parts._part = lambda *_: print("one", flush=True) or time.sleep(60)
opening.rebuild({str(place.logs)!r}, Path({str(place.state)!r}), print)
"""
    child = start(code, place.logs)
    assert child.stdout is not None
    assert child.stdout.readline() == "one\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert left(place) == []


def test_a_process_that_may_start_no_others_reads_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, LOGS)
    code = f"""
import multiprocessing
from pathlib import Path
from akislog.store.index import build, opening
build.FEW = 5
def make():
    opening.rebuild({str(place.logs)!r}, Path({str(place.state)!r}), print)
child = multiprocessing.get_context("fork").Process(target=make, daemon=True)
child.start()
child.join()
"""
    child = start(code, place.logs)
    _, err = child.communicate(timeout=60)
    assert err == ""
    place.is_right()
    assert place.notes == []
