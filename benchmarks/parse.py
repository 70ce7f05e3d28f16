"""The reader beside others: the same documents, the same run.

``python benchmarks/parse.py [--logs N] [--rounds N]``. Documents are those of the common corpus and, where they are
found (``AKISLOG_TEST_SHARED``, as in the tests), real logs of an older kind. akislog is raced as the base installation
has it and, where the extra is there, as ``akislog[fast]`` has it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import frontmatter as python_frontmatter
import yaml
from ruamel.yaml import YAML

from akislog.text.compiled import available, values
from akislog.text.document import parse
from akislog.text.frontmatter import load, split
from benchmarks.corpus import texts
from benchmarks.timing import Candidate, Times, machine, race, ratio, table, target

SHARED = Path(os.environ.get("AKISLOG_TEST_SHARED", Path(__file__).parents[2] / "shared"))
STOCK = "PyYAML, C loader"
WITH_POSITIONS = "ruamel.yaml, with positions"
READER = "akislog, values and positions"
MODEL = "akislog, whole document and its tasks"
FAST_READER = "akislog[fast], values"
FAST_POSITIONS = "akislog[fast], values, then positions"
FAST_MODEL = "akislog[fast], whole document and its tasks"


def candidates(files: list[bytes]) -> dict[str, Candidate]:
    """Every reader over all documents. A result is dropped before the next is made, as a reader of many would."""
    fronts = [split(data)[0].yaml for data in files]
    wholes = [data.decode() for data in files]
    round_trip, safe = YAML(), YAML(typ="safe", pure=True)

    def over(items: list[bytes] | list[str], read: Callable[..., object]) -> Candidate:
        def run() -> None:
            for item in items:
                read(item)

        return run

    def front(compiled: bool) -> Callable[[bytes], object]:
        return lambda data: load(split(data)[0].yaml, compiled=compiled)

    def whole(compiled: bool) -> Callable[[bytes], object]:
        def read(data: bytes) -> object:
            log = parse(data, compiled=compiled).log
            return log and log.tasks

        return read

    fast = {
        FAST_READER: over(files, front(True)),
        FAST_POSITIONS: over(files, lambda data: load(split(data)[0].yaml, compiled=True).places),
        FAST_MODEL: over(files, whole(True)),
    }
    return {
        STOCK: over(fronts, lambda data: yaml.load(data, yaml.CSafeLoader)),
        "python-frontmatter": over(wholes, python_frontmatter.loads),
        "ruamel.yaml, safe and pure": over(fronts, safe.load),
        WITH_POSITIONS: over(fronts, round_trip.load),
        READER: over(files, front(False)),
        MODEL: over(files, whole(False)),
        **(fast if available() else {}),
    }


def unreadable(files: list[bytes]) -> list[bytes]:
    """Those that one of the others cannot read: they are left out for all."""
    failed = []
    for data in files:
        front = split(data)[0].yaml
        try:
            yaml.load(front, yaml.CSafeLoader)
            YAML(typ="safe", pure=True).load(front)
        except Exception:  # whatever they raise
            failed.append(data)
    return failed


def compare(title: str, files: list[bytes], rounds: int) -> Times:
    """Race all readers over these files and print how it went."""
    left_out = unreadable(files)
    kept = [data for data in files if data not in left_out]
    sizes = [len(split(data)[0].yaml) for data in kept]
    also = f"; left out {len(left_out)} that another reader refuses" if left_out else ""
    print(f"{title}: {len(kept)} documents, {sum(sizes) / 1e3:.0f} KB of front matter{also}")
    times = race(candidates(kept), rounds)
    print(table(times, STOCK, "us", len(kept)))
    if available():
        taken = sum(values(split(data)[0].yaml) is not None for data in kept)
        print(
            f"The guard of akislog[fast] let {taken} of {len(kept)} pass; the others were read by the positioned path."
        )
    print()
    return times


def real_logs() -> list[bytes]:
    files = sorted((SHARED / "corpus" / "akis").rglob("*.md"))
    return [data for data in (file.read_bytes() for file in files) if split(data)[1] is None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(machine() + "\nMicroseconds for one document; times and speeds as multiples of the first line.\n")
    made = [text.encode() for text in texts(options.logs, options.seed)]
    times = compare("Common corpus", made, options.rounds)
    real = real_logs()
    if real:
        compare("Real logs of an older kind", real, options.rounds)
    else:
        print(f"No real logs under {SHARED}; set AKISLOG_TEST_SHARED to read them too.\n")
    print(target("speed against PyYAML's C loader", ratio(times, STOCK, READER), 1.8, at_least=True))
    print(target("the same, with the model", ratio(times, STOCK, MODEL), 1.8, at_least=True))
    print(target("speed against ruamel.yaml with positions", ratio(times, WITH_POSITIONS, READER), 20, at_least=True))
    if not available():
        print("akislog[fast] is not there; with it, `pip install akislog[fast]`, it is raced too.")
        return
    print(target("[fast]: speed against PyYAML's C loader", ratio(times, STOCK, FAST_READER), 4, at_least=True))
    print(target("[fast]: the same, with the model", ratio(times, STOCK, FAST_MODEL), 4, at_least=True))
    print(
        target(
            "[fast]: against ruamel.yaml, with the model", ratio(times, WITH_POSITIONS, FAST_MODEL), 50, at_least=True
        )
    )


if __name__ == "__main__":
    main()
