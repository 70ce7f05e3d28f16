"""What starting costs: ``akislog --version`` beside an empty console script, ``import akislog`` beside a bare start.

akislog is built from this checkout and installed, without its dependencies, into a virtual environment that is thrown
away; the empty script is the one the installer made for akislog, with an empty function in the place of its import.
``python benchmarks/startup.py [--rounds N]``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import Candidate, machine, race, ratio, table, target

ROOT = Path(__file__).parents[1]
SIDE_EFFECTS = """
import json, os, sys
before = set(sys.modules)
import akislog
added = sorted(set(sys.modules) - before)
def listed(folder): return os.listdir(folder) if os.path.isdir(folder) else []
def children(thread): return open(f"/proc/self/task/{thread}/children").read().split()
threads = listed("/proc/self/task")
print(json.dumps({"added": added, "threads": len(threads), "children": sum(len(children(one)) for one in threads)}))
"""


def installed(folder: Path) -> Path:
    """The scripts of a new environment with akislog in it."""
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", *isolation, "-w", str(folder), str(ROOT)], check=True)
    environment = folder / "env"
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    wheel = next(folder.glob("*.whl"))
    subprocess.run(
        [*pip, "--python", str(environment), "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
    )
    return scripts


def empty_script(script: Path) -> Path:
    """The same console script with nothing to run."""
    text = script.read_text("utf-8")
    emptied, number = re.subn(r"^from akislog\.\S+ import main$", "def main(): return 0", text, flags=re.MULTILINE)
    if number != 1:
        raise SystemExit(f"{script}: not a console script as pip writes it")
    empty = script.with_name("empty-console-script")
    empty.write_text(emptied, "utf-8")
    empty.chmod(0o755)
    return empty


def process(*command: str | Path, repeat: int) -> Candidate:
    def run() -> None:
        for _ in range(repeat):
            subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, cwd="/")

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--repeat", type=int, default=5, help="processes of one kind in a round")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="akislog-bench-") as folder:
        scripts = installed(Path(folder))
        python, script = scripts / "python", scripts / "akislog"
        empty = empty_script(script)
        names = ("empty console script", "akislog --version", "python -c pass", "python -c 'import akislog'")
        commands = ((empty,), (script, "--version"), (python, "-c", "pass"), (python, "-c", "import akislog"))
        runs = {name: process(*one, repeat=options.repeat) for name, one in zip(names, commands, strict=True)}
        times = race(runs, options.rounds)
        told = subprocess.run([python, "-c", SIDE_EFFECTS], check=True, capture_output=True, text=True, cwd="/")
    effects = json.loads(told.stdout)
    print(machine() + "\n")
    print(table(times, names[2], "ms", options.repeat) + "\n")
    print(f"import akislog adds {', '.join(effects['added'])}")
    print(f"threads after it: {effects['threads']}, child processes: {effects['children']} (0 and 0: not told here)\n")
    print(target("akislog --version / empty console script", ratio(times, names[1], names[0]), 1.2, at_least=False))
    print(target("import akislog / bare start", ratio(times, names[3], names[2]), 1.3, at_least=False))


if __name__ == "__main__":
    main()
