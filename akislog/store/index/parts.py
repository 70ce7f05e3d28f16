"""Tables filled by several processes.

Each reads some of the files at a time and fills a small database of its own, which the parent alone puts into the
tables, in the order of the numbers of the logs: so they lie in the index as they are asked for.
"""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from akislog.store.index import direct, schema, whole  # noqa: F401 - both here rather than in every process
from akislog.store.index.place import open_filling
from akislog.store.index.read import INTO, Paths, Wanted, insert
from akislog.store.processes import context

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    Workers = dict[Connection, BaseProcess]

_LARGEST, _SMALLEST = 1024, 64  # files of a part
_MOST_JOBS = 32  # one process puts together what they make
_AHEAD = 4  # parts of each process that may lie there
_TOLD = (OSError, sqlite3.Error, UnicodeError, MemoryError, RecursionError)  # the parent raises these as they are

Part = tuple[str, list[str], int]
"""The path of a database, its tables that have rows, and of how many files they are."""


def fill(
    connection: sqlite3.Connection, wanted: Wanted, paths: Paths, jobs: int, beside: str
) -> Generator[int, None, None]:
    """Add what is wanted of files to the tables; how many files these were, again and again.

    ``beside`` is how the names of the databases begin. What is open of a transaction is committed on the way. OSError
    and sqlite3.Error tell what was in the way.
    """
    shares = [*_shares(paths, jobs)]
    workers = _started(wanted, shares, min(jobs, len(shares), _MOST_JOBS), beside)
    if not workers:
        yield from (some for _, some in insert(connection, wanted, paths))
        return
    with closing(_made(workers, len(shares), beside)) as parts:
        for path, names, some in parts:
            _take(connection, path, names)
            yield some


def _shares(paths: Paths, jobs: int) -> Iterator[Paths]:
    """The files of each part: ever fewer, so that no process waits for long for the last."""
    at = 0
    while at < len(paths):
        number = max(_SMALLEST, min(_LARGEST, (len(paths) - at) // (3 * jobs)))
        yield paths[at : at + number]
        at += number


def _take(connection: sqlite3.Connection, path: str, names: Sequence[str]) -> None:
    """Move the rows of a part into the tables."""
    connection.execute("commit")  # SQLite lets no database go within a transaction
    connection.execute("attach ? as part", (path,))
    connection.execute("begin")
    for name in names:
        connection.execute(f"insert into main.{INTO.get(name, name)} select * from part.{name}")
    connection.execute("commit")
    connection.execute("detach part")
    os.remove(path)
    connection.execute("begin")


def _made(workers: Workers, count: int, beside: str) -> Generator[Part, None, None]:
    """So many parts in their order, each as soon as it is there."""
    waiting = dict.fromkeys(workers, 0)  # parts that one was asked for
    done: dict[int, Part] = {}
    asked = given = 0
    try:
        while given < count:
            for pipe in (*workers, *workers):  # one more than it is at, so that nobody waits for the next
                if waiting[pipe] < 2 and asked < min(count, given + _AHEAD * len(workers)):
                    _ask(pipe, asked)
                    waiting[pipe] += 1
                    asked += 1
            ready = wait([*workers])
            for pipe in [one for one in workers if one in ready]:
                number, part = _answer(pipe)
                waiting[pipe] -= 1
                done[number] = part
            while given in done:
                yield done.pop(given)
                given += 1
    finally:
        _end(workers)
        for number in range(given, asked):
            with suppress(FileNotFoundError):
                os.remove(_path(beside, number))


def _ask(pipe: Connection, number: int) -> None:
    with suppress(OSError):  # that it has ended shows when it is to answer
        pipe.send(number)


def _answer(pipe: Connection) -> tuple[int, Part]:
    try:
        said = pipe.recv()
    except (EOFError, OSError):
        raise ChildProcessError(0, "a process that was reading files has ended") from None
    if isinstance(said, Exception):
        raise said
    number, part = said
    return number, part


def _started(wanted: Wanted, shares: Sequence[Paths], jobs: int, beside: str) -> Workers:
    """So many processes, or as many as the system lets one start. They hold the locks of this one until they end, which
    they do after a part when it is gone: nobody else makes an index while they write."""
    ways = context()
    workers: Workers = {}
    with _no_interrupt(), suppress(OSError):
        for _ in range(jobs):
            ours, theirs = ways.Pipe()
            inherited = ours if ways.get_start_method() == "fork" else None
            process = ways.Process(target=_work, args=(theirs, inherited, wanted, shares, beside), daemon=True)
            try:
                process.start()
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()
            workers[ours] = process
    return workers


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Lets a Ctrl-C wait, here and for good in processes that are started meanwhile: the parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: Workers) -> None:
    for pipe, process in workers.items():
        process.kill()
        process.join()
        pipe.close()


def _work(pipe: Connection, inherited: Connection | None, wanted: Wanted, shares: Sequence[Paths], beside: str) -> None:
    """Make parts until nobody asks for more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if inherited is not None:
        inherited.close()  # else one would not see the parent go
    gc.freeze()
    gc.disable()  # what is read refers to itself in no way
    try:
        while True:
            number = pipe.recv()
            try:
                said: object = number, _part(wanted, shares[number], _path(beside, number))
            except _TOLD as error:
                said = error
            except Exception as error:  # which may not be fit to be sent
                said = ChildProcessError(0, f"{type(error).__name__}: {error}")
            pipe.send(said)
    except (EOFError, OSError):  # the parent is gone
        pass


def _path(beside: str, number: int) -> str:
    return f"{beside}.{number}"


def _part(wanted: Wanted, paths: Paths, path: str) -> Part:
    found: dict[str, None] = {}
    with closing(open_filling(path)) as connection:
        connection.execute("begin")
        for statement in schema.ddl_of_part():
            connection.execute(statement)
        for names, _ in insert(connection, wanted, paths):
            found |= dict.fromkeys(names)
        connection.execute("commit")
    return path, [*found], len(paths)
