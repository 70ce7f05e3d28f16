"""Import: what reading transcripts costs beside one plain ``json.loads`` pass over the same bytes, and in memory.

``python benchmarks/import.py [--megabytes N] [--rounds N]``. Transcripts are a made-up history in the agents' own
folders (``transcripts.py``) and, where they are found (``AKISLOG_TEST_SHARED``, as in the tests), real samples.
Seconds are those of one processor core; at each transcript the candidates take turns.
Reading is measured with the decoder of the standard library and, where msgspec is installed, with that one too.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.core.session import Session
from akislog.errors import AkislogError
from akislog.exchange import transcript
from akislog.exchange.transcript import Settings
from akislog.hosts.history import Importer
from akislog.store import sources
from akislog.store.project import Config, Project
from akislog.store.writer import prepare
from akislog.text.clean import cleaner
from akislog.text.redact import Redactor
from benchmarks.timing import Times, machine, race_along, ratio, target
from benchmarks.transcripts import ROOT, write_history

Decoder = Callable[[bytes], Any]

SHARED = Path(os.environ.get("AKISLOG_TEST_SHARED", Path(__file__).parents[2] / "shared"))
PASS = "json.loads over every line"
READING = "reading: transcript to cleaned events"
FAST = "reading, with the extra fast"
WANTED, WANTED_MB = 1.6, 300
_TO_MB = 1e6 if sys.platform == "darwin" else 1e3  # of ru_maxrss: bytes there, KB elsewhere


def found(folder: Path) -> list[Path]:
    """The transcripts of sessions in a home folder by the agents' layouts, else all below the folder."""
    if not (folder / ".claude").is_dir():
        return list(sources.transcripts(folder))
    places = sources.Places(folder, {})
    return [path for name in ("claude-code", "codex") for path in sources.LAYOUTS[name](places, Path(ROOT))]


def parts(path: Path) -> list[Path]:
    """A session's own transcript and those of its sub-agents: all that its import reads."""
    return [path, *(lines.path for lines in sources.children(path).values())]


def plain_pass(files: Sequence[Path]) -> None:
    """Decode each line, or the whole file where it is one JSON value; nothing is done with it."""
    for path in files:
        with path.open("rb") as file:
            for data in file if path.suffix == ".jsonl" else [file.read()]:
                decoded(data)


def decoded(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        return None  # a torn line


def importer(folder: Path) -> Importer:
    """An import into a new project, set up as the command sets it up."""
    root = Path(tempfile.mkdtemp(dir=folder))
    settings = Settings("akislog benchmark", cleaner(), ROOT, "/home/dev")
    return Importer(Project(root, root / ".akislog", Config()), settings, Redactor().redact)


def candidates(folder: Path, paths: Sequence[Path]) -> dict[str, Callable[[], Callable[[Path], object]]]:
    """What each round begins anew: for every candidate a function of one transcript."""
    files = {path: parts(path) for path in paths}
    compiled = transcript.compiled_decoder()

    def reading(
        then: Callable[[Any, Importer], object], decoder: Decoder | None = compiled
    ) -> Callable[[], Callable[[Path], object]]:
        def begin() -> Callable[[Path], object]:
            one, seen = importer(folder), sources.Seen()

            def read(path: Path) -> object:
                transcript.compiled_decoder = lambda: decoder
                try:
                    return then(one.read(path, seen).events, one)
                except AkislogError:
                    return None  # no transcript; it is read to its end like the others
                finally:
                    transcript.compiled_decoder = lambda: compiled

            return read

        return begin

    def publishing() -> Callable[[Path], object]:
        waiting: list[Path] = []
        outcomes = importer(folder).run(iter(waiting.pop, None))
        return lambda path: (waiting.append(path), next(outcomes))

    def record(events: Any) -> Any:
        return Session.replay(events).finish().record

    return {
        PASS: lambda: lambda path: plain_pass(files[path]),
        READING: reading(lambda events, _: events, None),
        **({FAST: reading(lambda events, _: events)} if compiled else {}),
        "the same, and on to the record": reading(lambda events, _: record(events)),
        "the same, and on to the checked text": reading(lambda events, one: prepare(record(events), one.redact)),
        "whole import, with publishing": publishing,
    }


def table(times: Times, megabytes: float, sessions: int) -> str:
    """One line per candidate: seconds, throughput of one core, and the time as a multiple of the pass."""
    lines = [f"{'':40} {'s':>8} {'MB/s':>8} {'sessions/s':>11} {'x pass':>7}"]
    for name in times:
        took = median(times[name])
        speed = f"{took:8.3f} {megabytes / took:8.1f} {sessions / took:11.1f}"
        lines.append(f"{name:40} {speed} {ratio(times, name, PASS):7.2f}")
    return "\n".join(lines)


def import_once(folder: Path) -> dict[str, float]:
    """Import everything once, in this process."""
    with tempfile.TemporaryDirectory(prefix="akislog-bench-") as where:
        clock, wall = time.process_time(), time.perf_counter()
        fates = [outcome.fate for outcome in importer(Path(where)).run(found(folder))]
        clock, wall = time.process_time() - clock, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _TO_MB
    return {"written": fates.count("written"), "failed": fates.count("failed"), "s": wall, "core": clock, "MB": peak}


def compare(title: str, folder: Path, rounds: int) -> tuple[Times, float]:
    """Race over the transcripts in a folder and print how it went; the seconds, and the MB of memory of one import."""
    paths = found(folder)
    megabytes = sum(part.stat().st_size for path in paths for part in parts(path)) / 1e6
    print(f"{title}: {len(paths)} sessions, {megabytes:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="akislog-bench-") as where:
        times = race_along(candidates(Path(where), paths), paths, rounds)
    print(table(times, megabytes, len(paths)))
    done = subprocess.run([sys.executable, __file__, "--once", folder], check=True, capture_output=True, text=True)
    once = json.loads(done.stdout)
    print(
        f"whole import in a process of its own: {once['written']} logs, {once['failed']} not read; {once['s']:.1f} s, "
        f"of one core {once['core']:.1f} s; at most {once['MB']:.0f} MB of memory\n"
    )
    return times, once["MB"]


def verdicts(raced: Mapping[str, Times], memory: Sequence[float]) -> list[str]:
    """Reading beside the pass, over each set and over all the bytes together; and the memory."""
    told = []
    for name in (READING, FAST):
        measured = [times for times in raced.values() if name in times]
        for title, times in raced.items() if measured else ():
            told.append(target(f"{title}: {name} against the pass", ratio(times, name, PASS), WANTED, at_least=False))
        if len(measured) > 1:
            took, plain = (sum(median(times[one]) for times in measured) for one in (name, PASS))
            told.append(target(f"All bytes together: {name} against the pass", took / plain, WANTED, at_least=False))
    return [*told, target("MB of memory", max(memory), WANTED_MB, at_least=False)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=200, help="size of the made-up history")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--once", type=Path, metavar="FOLDER", help="only import that once, and print what it took")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(import_once(options.once)))
        return
    print(machine() + "\n")
    raced: dict[str, Times] = {}
    memory = []
    if (SHARED / "transcripts").is_dir():
        raced["Samples"], peak = compare("Samples", SHARED / "transcripts", 3 * options.rounds)
        memory.append(peak)
    else:
        print(f"No sample transcripts under {SHARED}; set AKISLOG_TEST_SHARED to read them too.\n")
    with tempfile.TemporaryDirectory(prefix="akislog-bench-") as home:
        write_history(Path(home), options.megabytes, options.seed)
        raced["History"], peak = compare("History", Path(home), options.rounds)
        memory.append(peak)
    print("\n".join(verdicts(raced, memory)))


if __name__ == "__main__":
    main()
