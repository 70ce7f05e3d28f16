"""``akislog check`` over many logs, beside what one would do without it. Every line is one whole process.

``python benchmarks/check.py [--logs 10000] [--rounds 1] [--many 0]``. The loop is python-frontmatter and a validator
that was made once; check-jsonschema reads the front matter from files into which it was taken out, and that is counted.
``--many 100000`` also measures the memory of a check over so many logs. What is not installed is said by name.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.corpus import texts
from benchmarks.timing import Candidate, Times, machine, race, ratio, table, target

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "schemas" / "workflow-log.v1.schema.json"

LOOP = "python-frontmatter and jsonschema, in a loop"
PEER = "front matter taken out, check-jsonschema"
BASE = {1: "akislog check, 1 process", 2: "akislog check, 2 processes"}
FAST = {1: "akislog[fast] check, 1 process", 2: "akislog[fast] check, 2 processes"}
ONE, ONE_PEER = "akislog check, one log", "check-jsonschema, one log"

# The base install: the extra is not there.
WITHOUT = "import sys; sys.modules['msgspec'] = None; sys.path.insert(0, {root!r}); "
RUN = "from akislog.__main__ import main; sys.argv = ['akislog', *sys.argv[1:]]; sys.exit(main())"

IN_A_LOOP = """
import json, sys
from pathlib import Path
import frontmatter
from jsonschema import Draft202012Validator, FormatChecker
validator = Draft202012Validator(json.loads(Path(sys.argv[1]).read_text()), format_checker=FormatChecker())
wrong = 0
for path in sorted(Path(sys.argv[2]).rglob("*.md")):
    wrong += any(True for _ in validator.iter_errors(frontmatter.load(path).metadata))
print(wrong, file=sys.stderr)
"""
TAKEN_OUT = """
import subprocess, sys
from pathlib import Path
files = []
for path in sorted(Path(sys.argv[2]).rglob("*.md")):
    out = Path(sys.argv[3], path.stem + ".yaml")
    out.write_text(path.read_text().split("\\n---\\n", 1)[0][4:])
    files.append(str(out))
command = [sys.executable, "-m", "check_jsonschema", "--quiet", "--schemafile", sys.argv[1], *files]
sys.exit(subprocess.run(command, stdout=subprocess.DEVNULL).returncode)
"""
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def written(folder: Path, logs: int) -> Path:
    """So many logs of the common corpus, a thousand in each folder."""
    for number, text in enumerate(texts(logs)):
        below = folder / f"{number // 1000:04}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{json.loads(text.split('id: ', 1)[1].split(chr(10), 1)[0])}.md").write_text(text, "utf-8")
    return folder


def command(arguments: list[str], *, fast: bool) -> list[str]:
    """The command line of akislog, with or without the extra."""
    start = (WITHOUT if not fast else "import sys; sys.path.insert(0, {root!r}); ").format(root=str(ROOT))
    return [sys.executable, "-c", start + RUN, *arguments]


def process(arguments: list[str]) -> Candidate:
    """Runs a command whose exit code must be 0."""

    def run() -> None:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{arguments[:3]} failed: {done.stderr[-2000:]}{done.stdout[-2000:]}")

    return run


def candidates(logs: Path, spare: Path) -> dict[str, Candidate]:
    def akislog(jobs: int, fast: bool) -> Candidate:
        options = ["--jobs", str(jobs), "--fail-on", "never", "--format", "concise"]
        return process(command(["check", str(logs), *options], fast=fast))

    found = {LOOP: process([sys.executable, "-c", IN_A_LOOP, str(SCHEMA), str(logs)])}
    if find_spec("check_jsonschema"):
        found[PEER] = process([sys.executable, "-c", TAKEN_OUT, str(SCHEMA), str(logs), str(spare)])
    found |= {name: akislog(jobs, fast=False) for jobs, name in BASE.items()}
    if find_spec("msgspec"):
        found |= {name: akislog(jobs, fast=True) for jobs, name in FAST.items()}
    return found


def one_log(logs: Path, spare: Path) -> dict[str, Candidate]:
    """One file, as an editor or a hook would have it checked."""
    path = next(iter(sorted(logs.rglob("*.md"))))
    front = spare / "one.yaml"
    front.write_text(path.read_text("utf-8").split("\n---\n", 1)[0][4:], "utf-8")
    peer = [sys.executable, "-m", "check_jsonschema", "--quiet", "--schemafile", str(SCHEMA), str(front)]
    return {ONE_PEER: process(peer), ONE: process(command(["check", str(path)], fast=False))}


def verdicts(times: Times) -> None:
    wanted = ((BASE[1], 2.5), (BASE[2], 0.0), (FAST[1], 6.0), (FAST[2], 10.0))
    for name, least in wanted:
        if name in times and least:
            print(target(f"{name}: speed against the loop", ratio(times, LOOP, name), least, at_least=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--many", type=int, default=0)
    options = parser.parse_args()
    print(machine())
    for module, name in (("check_jsonschema", "check-jsonschema"), ("msgspec", "msgspec, of akislog[fast]")):
        if not find_spec(module):
            print(f"{name} is not installed: left out")
    with tempfile.TemporaryDirectory() as temporary:
        logs, spare = written(Path(temporary, "logs"), options.logs), Path(temporary, "spare")
        spare.mkdir()
        times = race(candidates(logs, spare), options.rounds)
        print(f"\n{options.logs} logs, microseconds for one\n{table(times, LOOP, 'us', options.logs)}\n")
        verdicts(times)
        if find_spec("check_jsonschema"):
            single = race(one_log(logs, spare), max(5, options.rounds))
            print(f"\nOne log\n{table(single, ONE_PEER)}\n")
            print(target("time against check-jsonschema", ratio(single, ONE, ONE_PEER), 1 / 3, at_least=False))
        if options.many:
            more = written(Path(temporary, "many"), options.many)
            check = command(["check", str(more), "--jobs", "2", "--fail-on", "never"], fast=True)
            peak = subprocess.run([sys.executable, "-c", PEAK, *check], capture_output=True, text=True, check=True)
            print(target(f"peak MB over {options.many} logs", int(peak.stdout) / 1024, 300, at_least=False))


if __name__ == "__main__":
    main()
