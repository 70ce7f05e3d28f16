"""How fast redaction is: MB/s on clean text, and on every bait the time for 4n characters over the time for n.

Run ``python benchmarks/redact.py [files …]``: the files are the clean text, else the sources of the standard library.
A bait is text made to cost a careless pattern quadratic time; a ratio near 4 is linear.
"""

from __future__ import annotations

import gc
import sys
import sysconfig
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.text.redact import Redactor
from tests.text.secret_samples import BAITS

SIZE = 250_000
BAIT_ROUNDS = 3


def seconds(text: str, rounds: int) -> float:
    """The best of several runs."""
    redactor = Redactor()
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        redactor.redact(text)
        best = min(best, time.perf_counter() - start)
    return best


def clean_text(names: list[str]) -> str:
    files = [Path(name) for name in names] or sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
    return "\n".join(texts)[:4_000_000]


def main(names: list[str]) -> None:
    clean = clean_text(names)
    spans = Redactor().redact(clean)[1]
    print(f"clean text: {len(clean) / 1e6:.1f} MB, {spans} replaced, {len(clean) / 1e6 / seconds(clean, 5):.1f} MB/s")
    print(f"{'MB/s':>8} {'4n : n':>7}  bait")
    for bait in BAITS:
        small, large = (bait * (size // len(bait)) for size in (SIZE, 4 * SIZE))
        one, four = seconds(small, BAIT_ROUNDS), seconds(large, BAIT_ROUNDS)
        print(f"{len(large) / 1e6 / four:8.1f} {four / one:7.1f}  {bait!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
