"""``akislog query`` over many logs, beside what one would do without it. Every line is one whole process, but the last.

``python benchmarks/query.py [--logs 10000] [--corpus DIR] [--rounds 3] [--sample 2000] [--rg PATH]``. The loop is
python-frontmatter and an ``if``; over so many logs it is measured on a sample of them and multiplied, and so are
queries without an index. DuckDB has the same rows as a file of its own. What is not installed is said by name.

Two questions are asked: which complex sessions of one domain had a failed task, in the last two weeks and ever. A cold
build is the query that finds no index, and the first search adds the words to one that has none.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.store.index import opening as index
from akislog.store.index.place import database
from akislog.store.index.read import Wanted, rows_wanted
from akislog.store.index.scan import Scan
from benchmarks.corpus import texts
from benchmarks.timing import Candidate, Times, machine, race, ratio, table, target

ROOT = Path(__file__).parents[1]
WITH = "import sys; sys.path.insert(0, {root!r}); "
RUN = "from akislog.__main__ import main; sys.argv = ['akislog', *sys.argv[1:]]; sys.exit(main())"

BARE = "python -c pass"
TRUSTED, CHECKED = "akislog query, index trusted", "akislog query, index checked"
EVER_TRUSTED, EVER = "akislog query of all time, trusted", "akislog query of all time, checked"
FILES, LOOP = "akislog query, no index (sample)", "python-frontmatter in a loop (sample)"
RG, RG_TEXT = "rg, the same logs by a pattern", "rg, the word in every file"
TEXT = "akislog search, index checked"
DUCKDB = "DuckDB over the same rows"
COLD, WORDS = "cold build", "first search: the words are added"

EXPRESSION = "session.complexity=complex and session.domain=backend_only and tasks.status=failed"
PATTERN = r"^    status: failed"
WORD = "anchor"
EDITED = ("status: done", "status: failed")
_EDITS = 5  # of a round: two milliseconds here differ by one, as the processor goes

IN_A_LOOP = """
import sys
from pathlib import Path
import frontmatter
found = []
for path in sorted(Path(sys.argv[1]).rglob("*.md")):
    log = frontmatter.load(path)
    session = log.get("session", {})
    if session.get("date", "") < sys.argv[2]:
        continue
    if session.get("complexity") == "complex" and session.get("domain") == "backend_only":
        if any(task.get("status") == "failed" for task in log.get("tasks", [])):
            found.append(path)
print(len(found))
"""
IN_DUCKDB = """
import sys, duckdb
rows = duckdb.connect(sys.argv[1], read_only=True).execute(
    "select path, date, domain, outcome, title from logs where complexity = 'complex' and domain = 'backend_only'"
    " and date >= ? and log in (select log from tasks where status = 'failed') order by path", [sys.argv[2]]).fetchall()
print(len(rows))
"""


def written(folder: Path, logs: int) -> Path:
    """So many logs of the common corpus in one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for text in texts(logs):
        (folder / f"{text.split('id: ', 1)[1].split(chr(10), 1)[0][1:-1]}.md").write_text(text, "utf-8", newline="\n")
    return folder


def akislog(arguments: list[str], logs: Path, state: Path) -> Candidate:
    """A command of akislog over a folder of logs, with its index in ``state``."""
    code = WITH.format(root=str(ROOT)) + RUN
    return process([sys.executable, "-c", code, *arguments, "--dir", str(logs)], {"AKISLOG_STATE": str(state)})


def process(arguments: list[str], variables: dict[str, str] | None = None) -> Candidate:
    """Runs a command; nothing found is no error."""

    def run() -> None:
        environment = {**os.environ, **(variables or {})}
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)
        if done.returncode > 1 or (done.returncode and done.stderr):
            raise SystemExit(f"{arguments[:3]} failed: {done.stderr[-2000:]}")

    return run


def sample_of(logs: Path, folder: Path, number: int) -> Path:
    """Some of the logs, evenly chosen."""
    folder.mkdir()
    paths = sorted(logs.rglob("*.md"))
    for path in paths[:: max(1, len(paths) // number)][:number]:
        shutil.copy(path, folder)
    return folder


def duckdb_of(logs: Path, state: Path, folder: Path) -> Path:
    """A DuckDB file with the rows of the index."""
    import csv
    import sqlite3

    import duckdb

    connection, made = sqlite3.connect(database(str(state), str(logs))), folder / "rows.duckdb"
    store = duckdb.connect(str(made))
    for name, columns in {
        "logs": "log, path, date, complexity, domain, outcome, title",
        "tasks": "log, n, status",
    }.items():
        listed = folder / f"{name}.csv"
        with listed.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns.split(", "))
            writer.writerows(connection.execute(f"select {columns} from {name}"))
        store.execute(f"create table {name} as select * from read_csv('{listed}', header = true)")
    store.close()
    connection.close()
    return made


class Edits:
    """Logs of many that are edited, each time another one, and are at the end what they were."""

    def __init__(self, logs: Path) -> None:
        paths = sorted(logs.rglob("*.md"), key=lambda path: path.name[::-1])  # of any time
        self.count = len(paths)
        self.paths = cycle(paths)
        self.texts: dict[Path, str] = {}

    def __enter__(self) -> Edits:
        return self

    def edit(self) -> None:
        for path in islice(self.paths, self.count):
            text = path.read_text("utf-8")
            if EDITED[0] in text:
                self.texts.setdefault(path, text)
                path.write_text(text.replace(*EDITED, 1), "utf-8", newline="\n")
                return
        sys.exit(f"no log has {EDITED[0]!r} in it, which would be edited")

    def __exit__(self, *_: object) -> None:
        for path, text in self.texts.items():
            path.write_text(text, "utf-8", newline="\n")


class Beyond(NamedTuple):
    """The seconds of something when no log was edited, how many more it takes when one was, and what part this is of a
    cold build in the same round, where there is one: medians of all rounds."""

    same: float
    more: float
    part: float


def beyond(logs: Path, rounds: int, timed: Callable[[], float], anew: Callable[[], float] | None = None) -> Beyond:
    found: list[Beyond] = []
    with Edits(logs) as edits:
        for _ in range(max(rounds, 7)):
            _grow_old()
            timed()
            each: list[tuple[float, float]] = []
            for _ in range(_EDITS):
                same = timed()
                edits.edit()
                _grow_old()
                each.append((same, timed() - same))
            same, more = map(median, zip(*each, strict=True))
            found.append(Beyond(same, more, more / anew() if anew else 0))
    return Beyond(*map(median, zip(*found, strict=True)))


def _grow_old() -> None:
    """What was young has to be old: an edit of this very moment is read once more."""
    until = time.perf_counter() + 2.1
    while time.perf_counter() < until:  # a processor that slept is slow for a while, and that of a build did not
        pass


@contextmanager
def one_processor() -> Iterator[None]:
    """This process keeps to a processor, so no second one looks at the files, after which pages of memory are dear."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(all_of_them)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def opening(logs: Path, state: Path, *, words: bool) -> Callable[[], float]:
    """Seconds until an index is open, in this process; neither looking at the files is counted nor waiting for a disk,
    should the system have dropped parts of the index. ``words`` says whether it is a search that is made next, or a
    query."""

    def opened() -> float:
        with one_processor():
            Path(database(str(state), str(logs))).read_bytes()
            scan = Scan(str(logs))
            begun = time.perf_counter()
            corpus = index.opened(logs, state, print, words=words, scan=scan)
            taken = time.perf_counter() - begun
        if isinstance(corpus, index.Indexed):
            corpus.close()
        return taken

    return opened


def warm(logs: Path) -> None:
    """Have the logs in memory, as the sample of the loop is: a system may drop in seconds what nobody reads."""
    for path in logs.rglob("*.md"):
        path.read_bytes()


def whole(*asks: Candidate) -> Callable[[], float]:
    """Seconds of whole processes, one behind the other."""

    def taken() -> float:
        begun = time.perf_counter()
        for one in asks:
            one()
        return time.perf_counter() - begun

    return taken


def one_edited(logs: Path, state: Path, apart: Path, since: str, rounds: int, *, words: bool) -> Beyond:
    """What one edited log costs beyond an index that is current, held against a cold build in the folder ``apart``.
    This process has read some logs by then, as those of a cold build have."""
    for number, path in enumerate(sorted(logs.rglob("*.md"))[::20]):
        rows_wanted(Wanted(str(logs)), number, path.relative_to(logs).as_posix())
    asked = [akislog(["query", f"{EXPRESSION} and session.date>={since}"], logs, apart)]
    if words:
        asked.append(akislog(["search", WORD, "-n", "20"], logs, apart))

    def anew() -> float:
        shutil.rmtree(apart, ignore_errors=True)
        warm(logs)
        return whole(*asked)()

    return beyond(logs, rounds, opening(logs, state, words=words), anew)


def hot(logs: Path, state: Path, spare: Path, rg: str | None, since: str) -> dict[str, Candidate]:
    lately = f"{EXPRESSION} and session.date>={since}"
    found = {
        BARE: process([sys.executable, "-c", "pass"]),
        TRUSTED: akislog(["query", lately, "--trusted"], logs, state),
        CHECKED: akislog(["query", lately], logs, state),
        EVER_TRUSTED: akislog(["query", EXPRESSION, "--trusted"], logs, state),
        EVER: akislog(["query", EXPRESSION], logs, state),
        TEXT: akislog(["search", WORD, "-n", "20"], logs, state),
    }
    if rg:
        found[RG] = process([rg, "-c", "--no-ignore", PATTERN, str(logs)])
        found[RG_TEXT] = process([rg, "-ciw", "--no-ignore", WORD, str(logs)])
    if find_spec("duckdb"):
        rows = str(duckdb_of(logs, state, spare))
        found[DUCKDB] = process([sys.executable, "-c", IN_DUCKDB, rows, since])
    return found


def cold(logs: Path, state: Path, sample: Path, since: str, rounds: int) -> Times:
    asks = akislog(["query", f"{EXPRESSION} and session.date>={since}"], logs, state)

    def clear() -> None:
        shutil.rmtree(state, ignore_errors=True)
        warm(logs)

    def ask_anew() -> None:
        clear()
        asks()

    candidates = {
        LOOP: process([sys.executable, "-c", IN_A_LOOP, str(sample), since]),
        FILES: akislog(["query", EXPRESSION, "--no-index"], sample, state),
        COLD: asks,
        WORDS: akislog(["search", WORD, "-n", "20"], logs, state),
    }
    times = race(candidates, rounds, {COLD: clear, WORDS: ask_anew})
    candidates[WORDS]()
    return times


def scaled(times: Times, share: float) -> dict[str, list[float]]:
    """The times of samples as if they were of all logs."""
    return {name: [one / share for one in each] if "sample" in name else list(each) for name, each in times.items()}


def verdicts(built: Times, asked: Times, size: float, many: bool) -> None:
    loop = median(built[LOOP])
    print(target("checked query: speed against the loop", loop / median(asked[CHECKED]), 150, at_least=True))
    print(target("trusted query: time against a bare start", ratio(asked, TRUSTED, BARE), 3, at_least=False))
    for name, other in ((CHECKED, RG), (EVER, RG), (TEXT, RG_TEXT)) if RG in asked else ():
        told = target(f"{name}: time against rg", ratio(asked, name, other), 1, at_least=False)
        print(told if many else f"{told.partition(', wanted')[0]}, judged where there are more than 20 000 logs")
    print(target(f"{COLD}: speed against the loop", ratio(built, LOOP, COLD), 8, at_least=True))
    print(target("index: part of the corpus' bytes", size, 0.5, at_least=False))


def two_weeks(logs: Path) -> str:
    """The day two weeks before the last log."""
    last = max(path.name[:10] for path in logs.rglob("*.md"))
    return str(date.fromisoformat(last) - timedelta(days=14))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=10_000)
    parser.add_argument("--corpus", type=Path, help="logs that are there already; they are not changed for long")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=2000)
    parser.add_argument("--rg", default=shutil.which("rg"))
    options = parser.parse_args()
    for name, there in (("rg", options.rg), ("DuckDB", find_spec("duckdb"))):
        if not there:
            print(f"{name} is not installed: left out")
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        logs = options.corpus or written(folder / "logs", options.logs)
        count = sum(1 for _ in logs.rglob("*.md"))
        state, sample = folder / "state", sample_of(logs, folder / "sample", options.sample)
        share = min(1.0, options.sample / count)
        since = two_weeks(logs)
        built = scaled(cold(logs, state, sample, since, options.rounds), share)
        print(f"\n{count} logs, cold\n{table(built, LOOP)}\n")
        asked = race(hot(logs, state, folder, options.rg, since), options.rounds)
        print(f"{count} logs, hot\n{table(asked, BARE)}\n")
        corpus = sum(path.stat().st_size for path in logs.rglob("*.md"))
        size = Path(database(str(state), str(logs))).stat().st_size / corpus
        asks = akislog(["query", f"{EXPRESSION} and session.date>={since}"], logs, state)
        same, more, _ = beyond(logs, options.rounds, whole(asks))
        print(f"a whole query takes {same * 1e3:.0f} ms, and {more * 1e3:.0f} ms more after an edit\n")
        verdicts(built, asked, size, many=count > 20_000)
        if count <= 20_000:
            for words, told in ((False, "one edited log, part of a cold build"), (True, "with words, both")):
                edited = one_edited(logs, state, folder / "apart", since, options.rounds, words=words)
                print(target(f"{told} ({edited.more * 1e3:.2f} ms)", edited.part, 0.001, at_least=False))


if __name__ == "__main__":
    main()
