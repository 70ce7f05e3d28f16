"""``akislog fix`` as people run it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from akislog.text.document import render
from tests.checks.records import SESSION_ID, record
from tests.cli.command import akislog

RIGHT = render(record()).encode()
WRONG = RIGHT.replace(b"outcome: completed", b"outcome: Done").replace(b"types: {py: 1}", b"types: {py: 4}")
NAME = f"{SESSION_ID}.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one log that can be mended."""
    (tmp_path / ".akislog.toml").touch()
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    (logs / NAME).write_bytes(WRONG)
    return tmp_path


def log(project: Path) -> Path:
    return project / "log" / "workflow" / NAME


def test_a_diff_first_then_the_file(project: Path) -> None:
    os.chmod(log(project), 0o640)
    shown = akislog(project, "fix")
    assert shown.returncode == 1
    assert shown.stdout.startswith(f"--- log/workflow/{NAME}\n+++ log/workflow/{NAME}\n@@ ")
    assert "-  outcome: Done\n+  outcome: completed\n" in shown.stdout
    assert shown.stderr == "akislog: 2 fixes in 1 file; nothing was written, add --write to do so\n"
    assert log(project).read_bytes() == WRONG
    assert akislog(project, "fix", "--diff").stdout == shown.stdout
    written = akislog(project, "fix", "--write")
    assert (written.returncode, written.stdout) == (0, f"log/workflow/{NAME}\n")
    assert log(project).read_bytes() == RIGHT
    assert stat.S_IMODE(log(project).stat().st_mode) == 0o640
    for arguments in ([], ["--write"]):
        again = akislog(project, "fix", *arguments)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "akislog: nothing to fix\n")


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
def test_the_diff_can_be_applied(project: Path) -> None:
    shown = akislog(project, "fix", f"log/workflow/{NAME}")
    subprocess.run(["patch", "-p0", "-s"], input=shown.stdout.encode(), cwd=project, check=True)
    assert log(project).read_bytes() == RIGHT


def test_only_what_is_selected(project: Path) -> None:
    assert akislog(project, "fix", "--write", "--select", "akl1").returncode == 0
    assert log(project).read_bytes() == RIGHT.replace(b"types: {py: 1}", b"types: {py: 4}")
    assert akislog(project, "fix", "--ignore", "AKL213").stderr == "akislog: nothing to fix\n"


def test_only_named_files_change(project: Path) -> None:
    other, readme = log(project).with_name("other.md"), log(project).with_name("README.md")
    for path in (other, readme, project / "outside.md"):
        path.write_bytes(WRONG)
    assert akislog(project, "fix", "--write", str(other)).returncode == 0
    assert other.read_bytes() == RIGHT
    assert log(project).read_bytes() == WRONG
    assert akislog(project, "fix", "--write", "log").returncode == 0
    assert readme.read_bytes() == (project / "outside.md").read_bytes() == WRONG


@pytest.mark.skipif(os.name == "nt", reason="links and FIFOs are POSIX")
def test_links_and_special_files_are_refused(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.md"
    outside.write_bytes(WRONG)
    link, fifo = log(project).with_name("link.md"), log(project).with_name("fifo.md")
    link.symlink_to(outside)
    os.mkfifo(fifo)
    folder = project / "linked"
    folder.symlink_to(outside.parent)
    for named in (link, fifo, folder):
        done = akislog(project, "fix", "--write", str(named))
        assert (done.returncode, done.stdout) == (3, "")
        assert "Traceback" not in done.stderr
        assert str(named) in done.stderr
    within = akislog(project, "fix", "--write", "linked/x.md")
    assert within.returncode == 1
    assert "link" in within.stderr
    assert akislog(project, "fix", "--write").returncode == 3  # the FIFO is no file to be read
    assert outside.read_bytes() == WRONG
    assert log(project).read_bytes() == RIGHT
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing.md"], 2, "nothing.md: no such file or folder"),
        (["--diff", "--write"], 2, "exclude each other"),
        (["--select", "AKL999"], 2, "AKL999"),
        (["--selct", "AKL1"], 2, "selct"),
        (["--dir", "nowhere"], 1, "there is no folder"),
    ],
)
def test_wrong_usage_changes_nothing(project: Path, arguments: list[str], code: int, said: str) -> None:
    done = akislog(project, "fix", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert log(project).read_bytes() == WRONG


def test_bad_files_beside_good_ones(project: Path) -> None:
    bad = {
        "empty.md": b"",
        "binary.md": bytes(range(256)) * 9,
        "latin.md": WRONG.replace(b"parser", b"pars\xe9r"),
        "broken.md": b"---\nsession: [\n---\n",
        "deep.md": b"---\nx: " + b"[" * 32_000 + b"\n---\n",
        "large.md": b"---\n" + b"x: 1\n" * 300_000 + b"---\n",
        "huge.md": b"x" * (5 << 20),
    }
    for name, data in bad.items():
        log(project).with_name(name).write_bytes(data)
    done = akislog(project, "fix", "--write")
    assert done.returncode == 3  # one is too big to be read
    assert "huge.md" in done.stderr
    assert "Traceback" not in done.stderr
    assert log(project).read_bytes() == RIGHT
    for name, data in bad.items():
        assert log(project).with_name(name).read_bytes() == data


def test_a_dropped_fix_is_told(project: Path) -> None:
    data = RIGHT.replace(b"tasks:\n", b'tasks:\n  - {idd: "t1", description: x, status: done}\n')
    log(project).write_bytes(data)
    done = akislog(project, "fix", "--write")
    assert done.returncode == 0
    assert "AKL101" in done.stderr
    assert "not mended" in done.stderr
    assert log(project).read_bytes() == data


CHANGED = """
import sys
from pathlib import Path
from akislog.cli import fix
from akislog.cli.app import run
mend = fix.mend
def slowly(data, path, takes):
    Path(path).write_bytes(data + b"somebody was here\\n")
    return mend(data, path, takes)
fix.mend = slowly
sys.exit(run(["fix", "--write"]))
"""


def test_a_file_that_changed_meanwhile_is_left(project: Path) -> None:
    from tests.children import run

    done = run(CHANGED, project)
    assert done.returncode == 1
    assert "changed since it was read" in done.stderr
    assert log(project).read_bytes() == WRONG + b"somebody was here\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX users")
def test_a_folder_that_cannot_be_written(project: Path) -> None:
    from tests.children import as_nobody, run

    os.chmod(log(project).parent, 0o555)
    try:
        before = as_nobody()
        done = run("import sys; from akislog.cli.app import run; sys.exit(run(['fix', '--write']))", project, *before)
    finally:
        os.chmod(log(project).parent, 0o755)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert log(project).read_bytes() == WRONG
