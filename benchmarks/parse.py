"""The reader beside others: the same documents, the same run.

``python benchmarks/parse.py [--logs N] [--rounds N]``. Documents are those of the common corpus and, where they are
found (``AKISLOG_TEST_SHARED``, as in the tests), real logs of an older kind.
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

from akislog.text.document import parse
from akislog.text.frontmatter import load, split
from benchmarks.corpus import texts
from benchmarks.timing import Candidate, Times, machine, race, ratio, table, target

SHARED = Path(os.environ.get("AKISLOG_TEST_SHARED", Path(__file__).parents[2] / "shared"))
STOCK = "PyYAML, C loader"
WITH_POSITIONS = "ruamel.yaml, with positions"
POSITIONED = "akislog, values and positions at once"
POSITIONED_MODEL = "the same, whole document and its tasks"
READER = "akislog, values"
MODEL = "akislog, whole document and its tasks"
LATER = "akislog, values, then positions"


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

    def model(by_layout: bool) -> Callable[[bytes], object]:
        def read(data: bytes) -> object:
            log = parse(data, by_layout=by_layout).log
            return log and log.tasks

        return read

    return {
        STOCK: over(fronts, lambda data: yaml.load(data, yaml.CSafeLoader)),
        "python-frontmatter": over(wholes, python_frontmatter.loads),
        "ruamel.yaml, safe and pure": over(fronts, safe.load),
        WITH_POSITIONS: over(fronts, round_trip.load),
        POSITIONED: over(files, lambda data: load(split(data)[0].yaml, by_layout=False)),
        POSITIONED_MODEL: over(files, model(False)),
        READER: over(files, lambda data: load(split(data)[0].yaml)),
        MODEL: over(files, model(True)),
        LATER: over(files, lambda data: load(split(data)[0].yaml).places),
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
    by_layout = sum(load(split(data)[0].yaml)._places is None for data in kept)
    print(
        f"{by_layout} of {len(kept)} are laid out as akislog writes them; the others were read by the positioned path."
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
    print(target("positions: speed against PyYAML's C loader", ratio(times, STOCK, POSITIONED), 1.8, at_least=True))
    print(target("the same, with the model", ratio(times, STOCK, POSITIONED_MODEL), 1.8, at_least=True))
    print(target("and against ruamel.yaml", ratio(times, WITH_POSITIONS, POSITIONED), 20, at_least=True))
    print(target("values: speed against PyYAML's C loader", ratio(times, STOCK, READER), 4, at_least=True))
    print(target("the same, with the model", ratio(times, STOCK, MODEL), 4, at_least=True))
    print(target("and against ruamel.yaml with positions", ratio(times, WITH_POSITIONS, MODEL), 50, at_least=True))


if __name__ == "__main__":
    main()
