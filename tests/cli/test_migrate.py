"""``akislog migrate`` as people run it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from akislog.checks.document import check_document
from akislog.text.frontmatter import split
from tests.cli.command import akislog
from tests.paths import CORPUS, need

BODY = b"\n# The side menu\r\n\n- [x] Draw it\n\n---\nend without a line end"
OLD = (
    b"""---
session:
  id: "2026-01-05_menu"
  date: "2026-01-05"
  complexity: medium
  domain: frontend
  duration: "~2 hours"
skills: {loaded: [akis-development]}
---
"""
    + BODY
)
NAME = "2026-01-05_120000_menu.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one older log."""
    (tmp_path / ".akislog.toml").touch()
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    (logs / NAME).write_bytes(OLD)
    return tmp_path


def log(project: Path) -> Path:
    return project / "log" / "workflow" / NAME


def test_told_first_then_written(project: Path) -> None:
    os.chmod(log(project), 0o600)
    told = akislog(project, "migrate")
    assert told.returncode == 1
    assert told.stdout == (
        f"log/workflow/{NAME}: filled in: session.started_at, session.ended_at, session.title, session.outcome; "
        "kept as it was: /session/domain, /session/duration, /skills/loaded/0\n"
    )
    assert told.stderr.startswith("akislog: 1 log to be brought to format 1, 0 there already; nothing was written")
    shown = akislog(project, "migrate", "--diff")
    assert (shown.returncode, shown.stderr) == (1, told.stderr)
    assert '+  ended_at: "2026-01-05T14:00:00Z"\n' in shown.stdout
    assert log(project).read_bytes() == OLD
    written = akislog(project, "migrate", "--write")
    assert (written.returncode, written.stdout) == (0, told.stdout)
    data = log(project).read_bytes()
    assert split(data)[0].body == BODY
    assert stat.S_IMODE(log(project).stat().st_mode) == 0o600
    assert {one.severity for one in check_document(data, NAME).findings} <= {"warning", "note"}
    again = akislog(project, "migrate", "--write")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "akislog: 0 logs brought to format 1, 1 there already\n"
    assert log(project).read_bytes() == data


def test_the_real_logs(project: Path) -> None:
    shutil.rmtree(log(project).parent)
    shutil.copytree(need(CORPUS), log(project).parent)
    number = len(list(CORPUS.glob("*.md")))
    done = akislog(project, "migrate", "--write")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"akislog: {number} logs brought to format 1, 0 there already\n"
    checked = akislog(project, "check", "--strict")
    assert checked.returncode == 0, checked.stdout[:2000] + checked.stderr
    assert "error[" not in checked.stdout
    assert akislog(project, "migrate").returncode == 0


def test_a_log_without_front_matter(project: Path) -> None:
    other, notes = log(project).with_name("2026-01-06_plain.md"), log(project).with_name("notes.md")
    for path in (other, notes):
        path.write_bytes(b"# Plain | 2026-01-06 | ~5min\n")
    done = akislog(project, "migrate", "--write")
    assert done.returncode == 0
    assert "notes.md: no front matter and no date in its name" in done.stderr
    assert notes.read_bytes() == b"# Plain | 2026-01-06 | ~5min\n"
    assert other.read_bytes().startswith(b'---\nsession:\n  id: "2026-01-06_plain"\n  date: "2026-01-06"\n')
    assert akislog(project, "migrate", "--write", str(notes)).returncode == 0
    assert notes.read_bytes().endswith(b"---\n# Plain | 2026-01-06 | ~5min\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing.md"], 2, "nothing.md: no such file or folder"),
        (["--diff", "--write"], 2, "exclude each other"),
        (["--force"], 2, "force"),
        (["--dir", "nowhere"], 1, "there is no folder"),
    ],
)
def test_wrong_usage_changes_nothing(project: Path, arguments: list[str], code: int, said: str) -> None:
    done = akislog(project, "migrate", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert log(project).read_bytes() == OLD


def test_what_cannot_be_migrated_is_told_and_left(project: Path) -> None:
    bad = {
        "undated.md": b"---\nsession: {id: menu}\n---\n",
        "newer.md": b"---\nprovenance: {format: 7}\n---\n",
        "2026-01-07_broken.md": b"---\nsession: [\n---\n",
        "2026-01-07_latin.md": b"---\nsession: {title: \xe9}\n---\n",
        "2026-01-07_empty.md": b"",
        "2026-01-07_deep.md": b"---\nx: " + b"[" * 32_000 + b"\n---\n",
        "2026-01-07_large.md": b"---\n" + b"x: 1\n" * 300_000 + b"---\n",
    }
    for name, data in bad.items():
        log(project).with_name(name).write_bytes(data)
    done = akislog(project, "migrate", "--write")
    assert done.returncode == 1
    for name, data in bad.items():
        assert f"{name}: left as it is: " in done.stderr
        assert log(project).with_name(name).read_bytes() == data
    assert log(project).read_bytes() != OLD  # one that can be is, all the same
    assert "1 log brought to format 1, 0 there already, 7 left as they are" in done.stderr
