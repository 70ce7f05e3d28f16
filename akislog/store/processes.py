"""Several processes for many files: how many there may be, and how they are started."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # known to type checkers: a look at many files comes here

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext


def processors() -> int:
    """How many processes may work: as many as there are processors, or 1 where none can be started safely."""
    started = sys.modules.get("multiprocessing.process")
    if not is_alone() or (started is not None and started.current_process().daemon):  # which may start no others
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_alone() -> bool:
    """Whether no other thread runs here: a fork would find its locks taken, those inside SQLite too."""
    threads = sys.modules.get("threading")
    return threads is None or threads.active_count() == 1


def context() -> ForkContext | SpawnContext:
    """The way to start processes that costs least."""
    import multiprocessing

    forks = "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
