"""The examples in docs/: every block that can run does, in order, in a project of its own for each page.

``python`` blocks share one namespace; ``console`` blocks are run line by line through a shell that knows ``akislog``.
What is printed is compared with the block's own lines, or with the ``text`` block that follows; ``…`` there stands for
anything. Dates, times, ids and the project's path may differ. A block with ``file=NAME`` is written to that file.
"""

from __future__ import annotations

import contextvars
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIFFER = (
    (re.compile(r"""(?<![^\s"])/\S*?/shop(?=/)"""), "SHOP"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:_\d{6})?"), "DATE"),
    (re.compile(r"(?<=[_.])[0-9a-f]{8}(?![0-9a-z])"), "HEX"),
)


class Block(NamedTuple):
    kind: str
    file: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [Block(m[1], m[2] or "", m[3], text.count("\n", 0, m.start()) + 2) for m in _BLOCK.finditer(text)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, a home without agents, and ``akislog`` on the path of the shell."""
    folder, home, programs = tmp_path / "shop", tmp_path / "home", tmp_path / "bin"
    for one in (folder, home, programs):
        one.mkdir()
    (folder / ".akislog.toml").touch()
    command = programs / "akislog"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m akislog "$@"\n')
    command.chmod(0o755)
    for name, value in {
        "HOME": str(home),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AKISLOG_STATE", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.skipif(shutil.which("sh") is None, reason="the console examples need a shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_run(page: Path, project: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for block, following in pairwise([*blocks(page), None]):
        if block.file:
            target = project / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, "utf-8")
        elif block.kind == "python":
            printed = contextvars.copy_context().run(_run_python, page, block, names)
            shown = following.text if following and following.kind == "text" else ""
            _compare(printed, shown, f"{page.name}:{block.line}")
        elif block.kind == "console":
            for command, expected, line in _commands(block):
                _compare(_run_shell(command, f"{page.name}:{line}"), expected, f"{page.name}:{line}: {command}")


def _run_python(page: Path, block: Block, names: dict[str, Any]) -> str:
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
    with redirect_stdout(io.StringIO()) as out:
        exec(code, names)
    return out.getvalue()


def _commands(block: Block) -> Iterator[tuple[str, str, int]]:
    """The commands of a console block, what each is to print, and its line. ``echo $?`` ends one that may fail."""
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(block.text.splitlines(), block.line):
        if line.startswith("$ "):
            found.append((line[2:], [], number))
        else:
            assert found, f"line {number}: a console block begins with a command"
            found[-1][1].append(line)
    yield from ((command, "\n".join(lines), number) for command, lines, number in found)


def _run_shell(command: str, place: str) -> str:
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode("utf-8")
    assert done.returncode == 0, f"{place}: {command} ended with {done.returncode}:\n{output}"
    return output


def _compare(printed: str, expected: str, place: str) -> None:
    found, wanted = _alike(printed), _alike(expected)
    pattern = re.escape(wanted).replace("…", ".*")
    assert re.fullmatch(pattern, found, re.DOTALL), f"{place}\n--- printed\n{found}\n--- in the page\n{wanted}"


def _alike(text: str) -> str:
    for pattern, same in _DIFFER:
        text = pattern.sub(same, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
