"""How long hostile files take: milliseconds per 64 KiB to read, check and show, the worst attacks first.

Run ``python benchmarks/hostile.py [--size BYTES] [--rounds N]``. The target for reading is 100 ms per 64 KiB; twice the
size should take no more than twice as long.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.checks.registry import run
from akislog.report.tree import tree
from akislog.text.document import parse
from benchmarks.timing import machine
from tests.hostile.attacks import documents

TARGET = 100.0
UNIT = 64 * 1024


def best(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds, the best of several runs."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def measure(data: bytes, rounds: int) -> tuple[float, float, float, int]:
    """Milliseconds per 64 KiB to read, check and draw one file, and its findings."""
    scale = UNIT / len(data)
    document = parse(data, "x.md")
    read = best(lambda: parse(data, "x.md"), rounds) * scale
    log = document.log
    if log is None:
        return read, 0.0, 0.0, len(document.findings)
    check = best(lambda: run(log.record, "x.md"), rounds) * scale
    return read, check, best(lambda: tree(log), rounds) * scale, len(document.findings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=UNIT, help="bytes of each file")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{machine()}, {options.size} bytes a file")
    measured = {name: measure(data, options.rounds) for name, data in documents(options.size).items()}
    print(f"{'ms / 64 KiB':34} {'read':>8} {'check':>8} {'tree':>8} {'findings':>9}")
    for name, (read, check, drawn, findings) in sorted(measured.items(), key=lambda one: -one[1][0])[:20]:
        print(f"{name:34} {read:8.1f} {check:8.1f} {drawn:8.1f} {findings:9}")
    worst = max(times[0] for times in measured.values())
    over = sum(times[0] > TARGET for times in measured.values())
    print(
        f"worst {worst:.0f} ms, wanted <= {TARGET:.0f}: {'met' if not over else f'MISSED by {over} of {len(measured)}'}"
    )


if __name__ == "__main__":
    main()
