"""Timing for the benchmarks: candidates in interleaved rounds in random order, medians, ratios of the same round.

Only ratios mean something: the machine may be slow, shared or warm, but it is so for all candidates of a round.
"""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from statistics import median
from typing import TypeVar

T = TypeVar("T")
Candidate = Callable[[], object]
Times = Mapping[str, list[float]]


def race(
    candidates: Mapping[str, Candidate], rounds: int, before: Mapping[str, Candidate] | None = None
) -> dict[str, list[float]]:
    """Seconds of every candidate in every round, after one round that does not count. ``before`` is what is to be done
    before some of them, and not timed."""
    random = Random(0)
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name in random.sample(list(candidates), len(candidates)):
            if before and name in before:
                before[name]()
            gc.collect()
            start = time.perf_counter()
            candidates[name]()
            if number:
                times[name].append(time.perf_counter() - start)
    return times


def race_along(
    candidates: Mapping[str, Callable[[], Callable[[T], object]]], items: Sequence[T], rounds: int
) -> dict[str, list[float]]:
    """The same for work along many items: at each one the candidates take turns, and what counts is their sum.

    Every round begins each candidate anew. Seconds are those of the processor: too long a race to have it alone.
    """
    random = Random(0)
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds + 1):
        gc.collect()
        begun = {name: begin() for name, begin in candidates.items()}
        spent = dict.fromkeys(begun, 0.0)
        for item in items if number else items[:50]:
            for name in random.sample(list(begun), len(begun)):
                start = time.process_time()
                begun[name](item)
                spent[name] += time.process_time() - start
        for name in times if number else ():
            times[name].append(spent[name])
    return times


def ratio(times: Times, slow: str, fast: str) -> float:
    """How many times longer ``slow`` took than ``fast``: the median over the rounds."""
    return median(one / other for one, other in zip(times[slow], times[fast], strict=True))


def table(times: Times, base: str, unit: str = "ms", per: float = 1) -> str:
    """One line per candidate: its median in ``unit``, divided by ``per``, and its time as a multiple of ``base``."""
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6}[unit] / per
    lines = [f"{'':44} {unit:>10} {'x time':>8} {'x speed':>8}"]
    for name in times:
        slower = ratio(times, name, base)
        lines.append(f"{name:44} {median(times[name]) * scale:10.2f} {slower:8.2f} {1 / slower:8.2f}")
    return "\n".join(lines)


def target(what: str, measured: float, wanted: float, *, at_least: bool) -> str:
    """A line that says whether a ratio is what it should be."""
    met = measured >= wanted if at_least else measured <= wanted
    return f"{what}: {measured:.4g}, wanted {'>=' if at_least else '<='} {wanted:g}: {'met' if met else 'MISSED'}"


def machine() -> str:
    """What this ran on, and how busy it was."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{python}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors{load}"
