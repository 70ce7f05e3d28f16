"""Every fault that fuzzing or an attack has shown once: its file is read as it should be, for ever.

`regressions/expected.json` holds the codes of each file, and a hint where the hint was the fault.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from akislog.checks.document import check_document
from akislog.core.log import WorkflowLog
from akislog.report import tree as tree_module
from akislog.report.tree import tree
from akislog.text.body import DEEPEST, body
from akislog.text.document import parse
from tests.hostile import attacks, fuzz_reader

EXPECTED = json.loads((fuzz_reader.REGRESSIONS / "expected.json").read_text("utf-8"))
RUNS = 100_000


def test_every_regression_has_its_codes() -> None:
    assert {path.name for path in fuzz_reader.REGRESSIONS.glob("*.md")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fault_that_was(name: str) -> None:
    data = (fuzz_reader.REGRESSIONS / name).read_bytes()
    fuzz_reader.target(data)
    document = parse(data)
    assert sorted({finding.code for finding in document.findings}) == EXPECTED[name]["codes"]
    if "hint" in EXPECTED[name]:
        assert EXPECTED[name]["hint"] in document.findings[0].hint
    check_document(document, name)


def test_the_places_of_many_findings_are_right() -> None:
    """They were counted from the start for each: 64 KiB took five seconds."""
    text = "---\ngotchas:\n" + "".join(f"- {'é' * (number % 7)}x\r\n" for number in range(300)) + "---\n"
    document = parse(text)
    assert [(one.line, one.column) for one in document.findings] == [(3 + number, 3) for number in range(300)]


def test_what_follows_is_seen_in_the_tree() -> None:
    """It was looked for through all later tasks of each task."""
    rows = [("a", ""), ("b", "a"), ("c", "b"), ("d", "a"), ("e", "")]
    tasks = "".join(
        f"  - {{id: {id}, description: {id}, parent_task_id: '{above}', status: pending}}\n" for id, above in rows
    )
    log = parse(f"---\nsession: {{id: x, title: t}}\ntasks:\n{tasks}provenance: {{format: 1}}\n---\n").log
    assert log is not None
    drawn = [line.partition("(")[0].rstrip() for line in tree(log).splitlines()[2:]]
    assert drawn == ["├─ ○ a", "│  ├─ ○ b", "│  │  └─ ○ c", "│  └─ ○ d", "└─ ○ e"]


def test_a_chain_of_tasks_is_drawn_no_longer_than_its_tasks() -> None:
    """Its margins grew with the square of its length: they end, and the level is told in figures."""

    def chain(length: int) -> dict[str, Any]:
        ids = [f"t{number:05}" for number in range(length)]
        return {
            "tasks": [
                {"id": id, "parent_task_id": above, "status": "pending"}
                for id, above in zip(ids, ["", *ids], strict=False)
            ]
        }

    drawn, twice = (tree(WorkflowLog(chain(length))) for length in (4_000, 8_000))
    assert len(twice) < 2.1 * len(drawn)
    assert f"├─ (level {tree_module.DEEPEST + 1}) ○" in drawn
    assert f"├─ (level {tree_module.DEEPEST}) ○" not in drawn
    told, twice = (body(chain(length)) for length in (4_000, 8_000))
    assert len(twice) < 2.1 * len(told)
    assert f"[level {DEEPEST + 1}]" in told
    assert f"[level {DEEPEST}]" not in told


@pytest.mark.parametrize("name", attacks.documents(300))
def test_the_target_takes_every_attack(name: str) -> None:
    fuzz_reader.target(attacks.documents(300)[name])


@pytest.mark.long
def test_fuzzing(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("no atheris here; install it (pip install atheris) and fuzz_reader.py runs too")
    done = subprocess.run(
        [
            sys.executable,
            fuzz_reader.__file__,
            str(tmp_path / "corpus"),
            f"-runs={RUNS}",
            f"-artifact_prefix={tmp_path}/",
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
