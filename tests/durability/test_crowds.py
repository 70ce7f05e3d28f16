"""Many processes at once, undisturbed and with some of them killed at random; and memory that runs out."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.durability.job import content

ROOT = Path(__file__).parents[2]
_FINISHER = """
import json, sys
from pathlib import Path
from akislog.store.files import NameTaken, publish
from tests.durability.job import content
root, letter, names = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
done = {"created": [], "taken": []}
for n in range(names):
    try:
        created = publish(root, f"log/workflow/{n}.md", content(letter), spare=root / "spare").created
        done["created"] += [n] if created else []
    except NameTaken:
        done["taken"].append(n)
print(json.dumps(done))
"""
_OUT_OF_MEMORY = """
import _testcapi, os, signal, sys
from pathlib import Path
from akislog.store.files import publish
from tests.durability.job import content
root, data, failed, crashed = Path(sys.argv[1]), content("a"), 0, 0
publish(root, "log/workflow/0.md", data, spare=root / "spare")  # imports done
for n in range(1, 2_000):
    path = root / f"log/workflow/{n}.md"
    child = os.fork()
    if not child:
        code = 1
        try:
            _testcapi.set_nomemory(n, n + 1)
            publish(root, f"log/workflow/{n}.md", data, spare=root / "spare")
            _testcapi.remove_mem_hooks()
            code = 0
        except Exception:  # Python itself turns some MemoryErrors into others
            _testcapi.remove_mem_hooks()
            code = 2
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    crash = code in (-signal.SIGSEGV, -signal.SIGABRT)  # Python 3.12 and newer do that in places: a kill like any other
    failed, crashed = failed + (code == 2), crashed + crash
    assert code in (0, 2) or crash, (n, code)
    assert (path.read_bytes() == data) if path.exists() else code, n
    if code == 0 and n > 400:
        break
print(failed, crashed)
"""


def finishers(root: Path, count: int, names: int) -> list[subprocess.Popen[str]]:
    """So many processes that all publish the same names, each with its own content."""
    (root / "spare").mkdir()
    return [
        subprocess.Popen(
            [sys.executable, "-S", "-c", _FINISHER, str(root), "abcdefghijklmnopqrstuvwxyz"[n], str(names)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(count)
    ]


def judge(root: Path, names: int) -> None:
    """Every log is one whole content, and nothing else lies there."""
    whole = {content(letter) for letter in "abcdefghijklmnopqrstuvwxyz"}
    folder = root / "log/workflow"
    assert {path.name for path in folder.iterdir()} <= {f"{n}.md" for n in range(names)}
    assert all(path.read_bytes() in whole for path in folder.iterdir())


@pytest.mark.parametrize(("count", "names"), [(4, 40), pytest.param(16, 400, marks=pytest.mark.long)])
def test_every_name_has_one_winner(count: int, names: int, tmp_path: Path) -> None:
    outcomes = [json.loads(process.communicate()[0]) for process in finishers(tmp_path, count, names)]
    assert sorted(n for outcome in outcomes for n in outcome["created"]) == list(range(names))
    assert sum(len(outcome["taken"]) for outcome in outcomes) == (count - 1) * names
    judge(tmp_path, names)


@pytest.mark.parametrize(("count", "names"), [(4, 100), pytest.param(16, 1_000, marks=pytest.mark.long)])
def test_killed_at_random(count: int, names: int, tmp_path: Path) -> None:
    """Half of them are killed; what is there is whole, and who is left finds every name done or does it."""
    processes = finishers(tmp_path, count, names)
    while not (tmp_path / "log/workflow/5.md").exists():
        time.sleep(0.001)
    chance = random.Random(1)
    for process in processes[: count // 2]:
        time.sleep(chance.random() / 100)
        process.kill()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes[count // 2 :]] == [0] * (count - count // 2)
    judge(tmp_path, names)
    assert len(list((tmp_path / "log/workflow").iterdir())) == names


def test_every_allocation_fails_once(tmp_path: Path) -> None:
    pytest.importorskip("_testcapi", reason="this Python has no _testcapi")
    (tmp_path / "spare").mkdir()
    script = [sys.executable, "-S", "-c", _OUT_OF_MEMORY, str(tmp_path)]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    failed, crashed = map(int, done.stdout.split())
    assert failed > 20
    assert crashed < failed / 4, "Python crashes too often here to tell anything"
    assert all(path.suffix == ".md" for path in (tmp_path / "log/workflow").iterdir())
