"""Queries on a terminal: columns that fit, colour unless it is not wanted, progress; and pipes that close early."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from akislog import resources
from akislog.report.width import width
from tests.children import environment

fcntl = pytest.importorskip("fcntl", reason="needs pseudo-terminals")
pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
termios = pytest.importorskip("termios", reason="needs pseudo-terminals")

BOLD = "\x1b[1m"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / ".akislog.toml").touch()
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    return folder


def on_a_terminal(folder: Path, code: list[str], columns: int, **variables: str) -> str:
    """What a command prints on a terminal that is so wide; 0 is one that does not say."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 0, columns, 0, 0))
    kept = {key: value for key, value in environment(TERM="xterm", TZ="UTC", **variables).items() if key != "COLUMNS"}
    if "NO_COLOR" not in variables:
        kept.pop("NO_COLOR", None)
    child = subprocess.Popen([sys.executable, *code], cwd=folder, env=kept, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        out += part
    os.close(ours)
    assert child.wait() == 0, out
    return out.decode().replace("\r\n", "\n")


def shown(folder: Path, columns: int, *arguments: str, **variables: str) -> list[str]:
    out = on_a_terminal(folder, ["-m", "akislog", *arguments], columns, **variables)
    return re.sub(r"\x1b\[[0-9]*m", "", out).splitlines()


@pytest.mark.parametrize("columns", [60, 80, 120, 0])
@pytest.mark.parametrize("command", [["query"], ["tasks"], ["gotchas"], ["files"], ["why", "payments.py"]], ids=str)
def test_columns_fit_the_screen(shop: Path, columns: int, command: list[str]) -> None:
    lines = shown(shop, columns, *command)
    assert len(lines) > 2
    assert max(map(width, lines)) <= max(columns or 80, 8 * len(lines[0].split()) + 2 * 5)
    assert any("…" in line for line in lines)


def test_an_id_keeps_the_end_that_names_the_log(shop: Path) -> None:
    assert any("…" in line and "1f0c9a2e" in line for line in shown(shop, 90, "query"))


def test_nothing_is_cut_where_there_is_room_or_a_pipe(shop: Path) -> None:
    assert not any("…" in line for line in shown(shop, 400, "query"))
    piped = subprocess.run(
        [sys.executable, "-m", "akislog", "query", "--format", "table"],
        cwd=shop, env=environment(COLUMNS="40"), capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert "…" not in piped
    assert "\x1b" not in piped
    assert piped.splitlines()[0].split() == ["DATE", "ID", "COMPLEXITY", "DOMAIN", "OUTCOME", "TITLE"]


def test_colour_unless_it_is_not_wanted(shop: Path) -> None:
    command = ["-m", "akislog", "query"]
    assert on_a_terminal(shop, command, 120).startswith(BOLD)
    assert "\x1b" not in on_a_terminal(shop, command, 120, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(shop, [*command, "--format", "csv"], 120)


def test_nothing_found_is_said(shop: Path) -> None:
    assert shown(shop, 80, "query", "title=nothing") == ["akislog: nothing matches"]


def test_progress_is_shown_once_it_takes_longer(tmp_path: Path) -> None:
    code = """if True:
    import time
    from akislog.cli.progress import along
    for one in along(range(4), 4, "reading"):
        time.sleep(PAUSE)
    """
    assert "reading" in on_a_terminal(tmp_path, ["-c", code.replace("PAUSE", "0.6")], 80)
    assert on_a_terminal(tmp_path, ["-c", code.replace("PAUSE", "0.01")], 80) == ""


@pytest.mark.parametrize("form", ["tsv", "json", "csv", "table"])
def test_a_pipe_that_closes_ends_it_quietly(tmp_path: Path, form: str) -> None:
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    tasks = ", ".join(f'{{id: "t{n}", description: "{"x" * 400}"}}' for n in range(400))
    (logs / "a.md").write_text(f'---\nsession: {{id: "a"}}\ntasks: [{tasks}]\n---\n')
    command = [sys.executable, "-m", "akislog", "tasks", "--format", form]
    child = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait() == 0
    child.stderr.close()


@pytest.mark.parametrize("stream", [1, 2])
def test_a_stream_that_was_closed_is_no_fault(shop: Path, stream: int) -> None:
    command = f'exec "{sys.executable}" -m akislog query {stream}>&-'
    done = subprocess.run(["sh", "-c", command], cwd=shop, env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) is (stream == 2)
