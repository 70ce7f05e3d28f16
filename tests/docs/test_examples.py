"""The examples in docs/: every block that can run does, in order, in a project of its own for each page.

``python`` blocks share one namespace; ``console`` blocks are run line by line (``tests/consoles.py``). What is printed
is compared with the block's own lines, or with the ``text`` block that follows. A block with ``file=NAME`` is written
to that file.
"""

from __future__ import annotations

import contextvars
import io
import re
import shutil
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import consoles

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.name != "commands.md")  # its examples: tests/console

_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
    return consoles.project(tmp_path, monkeypatch)


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
            consoles.compare(printed, shown, f"{page.name}:{block.line}")
        elif block.kind == "console":
            for command, expected, line in consoles.shown(block.text, block.line):
                place = f"{page.name}:{line}: {command}"
                consoles.compare(consoles.run(command, place), expected, place)


def _run_python(page: Path, block: Block, names: dict[str, Any]) -> str:
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
    with redirect_stdout(io.StringIO()) as out:
        exec(code, names)
    return out.getvalue()
