"""END with one memory allocation refused, for every n-th one, each in a process of its own; prints what was wrong."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import _testcapi

import akislog
from akislog.store.writer import prepare
from tests.durability.end_worker import ID, recorded

_LONGEST = 10  # seconds for one END; a sound one takes milliseconds
_HANGS = 1  # seconds for one that gets no memory any more: Python itself may hang then

_ENDED = "the process ended with"
CRASHED = (f"{_ENDED} {-signal.SIGSEGV}", f"{_ENDED} {-signal.SIGABRT}")


def in_a_child(check: Callable[[], str], longest: int = _LONGEST) -> str:
    """What ``check`` says, in a fork."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(longest)
        os.write(into, check().encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return said if code == 0 else f"{_ENDED} {code}"


def refused(live: akislog.LiveSession, first: int, last: int) -> str:
    """END without memory from allocation ``first`` to before ``last`` (0: for ever); the error it ended with."""
    try:
        _testcapi.set_nomemory(first, last)
        live.publish()
        _testcapi.remove_mem_hooks()
    except BaseException as error:  # Python itself turns some MemoryErrors into others
        _testcapi.remove_mem_hooks()
        return type(error).__name__
    return ""


def once(live: akislog.LiveSession, data: bytes, nth: int) -> str:
    """What is wrong after allocation ``nth`` was refused; afterwards END is made again in the same process."""
    return judge(live, data, refused(live, nth, nth + 1))


def judge(live: akislog.LiveSession, data: bytes, failed: str) -> str:
    """What is wrong after END ``failed`` so, and was made again."""
    path = live.project.logs / f"{ID}.md"
    names = os.listdir(path.parent) if path.parent.is_dir() else []
    if names and (names != [path.name] or path.read_bytes() != data):
        return f"torn, or a left-over, after {failed or 'success'}: {names}"
    if not failed and not names:
        return "false success"
    live.publish()
    return "" if path.read_bytes() == data else f"not whole in memory after {failed}"


def allocations(live: akislog.LiveSession) -> int:
    """Roughly how many END makes: so many that none is refused from there on."""
    count = 1_000
    while in_a_child(partial(refused, live, count, 0), _HANGS):
        count = count * 11 // 10
        _forget(live)
    _forget(live)
    return count


def _forget(live: akislog.LiveSession) -> None:
    for folder in (live.project.root / "log", live.project.state):
        shutil.rmtree(folder, ignore_errors=True)


def main(root: str, first: int, step: int) -> None:
    live = recorded(root, "Kill me")
    live.end("completed")
    data = prepare(live.finish().record, lambda text: (text, 0)).data
    places = range(first, allocations(live), step)
    crashes = 0
    for nth in places:
        said = in_a_child(partial(once, live, data, nth))
        if said in CRASHED:  # Python 3.12 and newer do that in places: a kill like any other
            crashes += 1
            said = in_a_child(partial(judge, live, data, said))
        if said:
            print(f"allocation {nth}: {said}")
        _forget(live)
    print(f"{len(places)} allocations, {crashes} crashes of Python itself")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
