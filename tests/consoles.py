"""Console examples: commands and what they print, run through a shell that knows ``akislog``.

What is printed is compared with what is written; ``…`` there stands for anything. Dates, times, ids and the project's
path may differ.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.children import CHECKOUT

_DIFFER = (
    (re.compile(r"""(?<![^\s"])/\S*?/shop(?=/)"""), "SHOP"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:_\d{6})?"), "DATE"),
    (re.compile(r"(?<=[_.])[0-9a-f]{8}(?![0-9a-z])"), "HEX"),
)


class Shown(NamedTuple):
    """A command, what it is to print, and its line."""

    command: str
    output: str
    line: int


def project(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, a home without agents, and ``akislog`` on the path of the shell; the working folder is it."""
    folder, home, programs = place / "shop", place / "home", place / "bin"
    for one in (folder, home, programs):
        one.mkdir()
    (folder / ".akislog.toml").touch()
    command = programs / "akislog"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m akislog "$@"\n')
    command.chmod(0o755)
    for name, value in {
        "HOME": str(home),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AKISLOG_STATE", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    return folder


def shown(text: str, first: int = 1) -> Iterator[Shown]:
    """The commands of a console example whose first line has this number; ``echo $?`` ends one that may fail."""
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(text.splitlines(), first):
        if line.startswith("$ "):
            found.append((line[2:], [], number))
        else:
            assert found, f"line {number}: a console example begins with a command"
            found[-1][1].append(line)
    yield from (Shown(command, "\n".join(lines), number) for command, lines, number in found)


def run(command: str, place: str) -> str:
    """What a command prints on stdout and stderr. It must succeed."""
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode("utf-8")
    assert done.returncode == 0, f"{place}: {command} ended with {done.returncode}:\n{output}"
    return output


def compare(printed: str, expected: str, place: str) -> None:
    """Fail where what was printed is not what was expected."""
    found, wanted = _alike(printed), _alike(expected)
    pattern = re.escape(wanted).replace("…", ".*")
    assert re.fullmatch(pattern, found, re.DOTALL), f"{place}\n--- printed\n{found}\n--- expected\n{wanted}"


def _alike(text: str) -> str:
    for pattern, same in _DIFFER:
        text = pattern.sub(same, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
