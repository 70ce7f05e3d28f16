"""What a log, a file name or an argument holds reaches a terminal as text: it moves no cursor and hides nothing."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.cli.app import run
from akislog.cli.output import say
from akislog.report.escape import safe
from tests.hostile.attacks import CONTROLS, seen_raw

ALL = "".join(CONTROLS)
NAME = "".join(char for char in ALL if char not in "\0/")[:60]  # file names are at most 255 bytes


class Screen:
    """Standard output and error of commands, as a pipe or as a terminal, and all that came through."""

    def __init__(self, terminal: bool) -> None:
        self.stream = _Stream(terminal)

    def run(self, arguments: list[str]) -> int:
        """Run a command; what it prints is kept."""
        with redirect_stdout(self.stream), redirect_stderr(self.stream):
            return run(arguments)

    def is_clean(self) -> None:
        """Something was said, and nothing in it moves or hides anything."""
        said = _PROGRESS.sub("", self.stream.getvalue())
        assert said
        assert seen_raw(said) == []


# What the progress bar itself writes to a terminal.
_PROGRESS = re.compile(r"\r|\x1b\[\?25[lh]|\x1b\[[0-9]?K")


class _Stream(io.StringIO):
    encoding = "utf-8"

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: terminal  # type: ignore[method-assign]


@pytest.fixture(params=["pipe", "terminal"])
def screen(request: pytest.FixtureRequest) -> Screen:
    return Screen(request.param == "terminal")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / f"pro\x1b[31mject{NAME[:20]}"
    folder.mkdir()
    (folder / ".akislog.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / f"home{NAME[:10]}"))
    monkeypatch.delenv("AKISLOG_STATE", raising=False)
    return folder


def document(text: str) -> dict[str, Any]:
    """A session document with ``text`` in every field that takes text."""
    return {
        "session": {"title": text, "summary": text, "purpose": text, "branch": text, "agent": text, "domain": text},
        "tasks": [
            {"id": "t1", "description": text, "skill": text, "assigned_to": text, "result": text, "status": "done"},
            {"id": "t2", "description": text, "parent_task_id": "t9", text: text},
        ],
        "delegations": [
            {"id": "d1", "task_id": "t1", "agent": text, "prompt": text, "result": text, "status": "success"}
        ],
        "gotchas": [{"pattern": text, "warning": text, "solution": text}],
        "root_causes": [{"problem": text, "solution": text}],
        "commands": [{"cmd": text, "exit_code": 1}],
        "errors": [{"type": text, "message": text, "file": text}],
        "files": {"modified": [{"path": f"a{text}"}]},
        "verification": [{"check": text, "ok": False}],
        "metadata": {text: text},
    }


@pytest.mark.parametrize("form", ["tree", "md", "json", "yaml"])
def test_show(form: str, screen: Screen, project: Path) -> None:
    raw = "".join(
        char
        for char in ALL
        if char not in "\x00\x85\u2028\u2029" and not ("\x00" <= char < " " or "\x7f" <= char <= "\x9f")
    )
    quoted = json.dumps(ALL)[1:-1].replace("\\udb40\\udc41\\udb40\\udc42", "")
    text = f'---\nsession: {{id: a, title: "{quoted}"}}\ntasks: [{{id: "{quoted}", description: "{quoted}"}}]\n'
    text += f'gotchas: [{{pattern: "{quoted}"}}]\n"{quoted}": "{quoted}"\n---\n# {raw}{ALL}\n'
    (project / "a.md").write_text(text, "utf-8", newline="")
    assert screen.run(["show", "./a.md", "--format", form]) == 0
    screen.is_clean()


def test_show_of_logs_that_cannot_be_read(screen: Screen, project: Path) -> None:
    for number, yaml in enumerate(
        (f"{ALL}: 1", "a: *\u202ex", 'a: 1\n"\\e[31m": 1\n"\\e[31m": 2', "a: !\u202ex y", "a: &\u200bx y")
    ):
        (project / f"{number}{NAME}.md").write_text(f"---\n{yaml}\n---\n", "utf-8", newline="")
        assert screen.run(["show", f"./{number}{NAME}.md"]) == 1
    screen.is_clean()


def test_names_that_are_not_there(screen: Screen, project: Path) -> None:
    (project / "log" / "workflow").mkdir(parents=True)
    for name in (*CONTROLS[::4], ALL):
        plain = name.replace("\0", "")
        for arguments in (
            ["show", name],
            ["show", f"./{name}"],
            ["show", "x", "--dir", plain],
            ["show", "x", "--format", name],
        ):
            assert screen.run(arguments) in (1, 2), arguments
        assert screen.run(["write", f"x{plain}"]) == 2
        assert screen.run(["write", "-", "--template", f"x{plain}", "--dry-run"]) in (1, 2)
        assert screen.run(["import", f"x{plain}"]) in (1, 2)
        assert screen.run(["import", "--since", name]) == 2
        assert screen.run(["import", "--agent", name]) == 2
        assert screen.run(["schema", name]) in (1, 2)
        assert screen.run([f"x{name}"]) == 2
        assert screen.run(["show", f"--x{name}"]) == 2
    screen.is_clean()


@pytest.mark.usefixtures("project")
def test_write(screen: Screen) -> None:
    name = f"d{NAME}.json"
    Path(name).write_text(json.dumps(document(ALL)), "utf-8")
    for more in ([], ["--dry-run"], ["--format", "json"]):
        assert screen.run(["write", name, *more]) == 0
    for refused in ({"session": {ALL: 1}}, {"session": {"title": "x", "id": ALL}}, {"tasks": [{ALL: 1}]}, {ALL: ALL}):
        Path(name).write_text(json.dumps(refused), "utf-8")
        assert screen.run(["write", name]) == 1
    Path(name).write_text('{"a": 1, "a": ' + ALL.replace("\0", ""), "utf-8")
    assert screen.run(["write", name]) == 1
    screen.is_clean()


@pytest.mark.usefixtures("project")
def test_a_log_that_is_there_already(screen: Screen) -> None:
    for title in ("x", "y"):
        Path("d.json").write_text(
            json.dumps({"session": {"title": title, "id": "a", "started_at": "2026-01-01T00:00:00Z"}})
        )
        screen.run(["write", "d.json"])
    screen.is_clean()


@pytest.mark.usefixtures("project")
def test_import(screen: Screen) -> None:
    record = {
        "type": "user",
        "sessionId": ALL,
        "uuid": "u",
        "timestamp": "2026-03-01T10:00:00Z",
        "cwd": ALL,
        "message": {"role": "user", "content": ALL},
    }
    strange = {**record, "type": ALL, "uuid": "v"}
    name = f"{NAME}.jsonl"
    Path(name).write_text(json.dumps(record) + "\n" + json.dumps(strange) + "\n" + ALL, "utf-8")
    Path(f"x{name}").write_text(ALL, "utf-8")
    for more in (["--status"], ["--dry-run"], [], ["--separate"]):
        screen.run(["import", name, f"x{name}", *more])
    assert screen.run(["import", ".", "--status"]) == 0
    screen.is_clean()


@pytest.mark.usefixtures("project")
def test_configuration(screen: Screen) -> None:
    for text in (
        f'"{NAME}" = 1',
        'dir = "\\u001b[31m/../x"',
        'text = "\\u202e"',
        "dir = 5",
        f"x = {ALL}",
        '"\\u001b" = "a"',
    ):
        Path(".akislog.toml").write_text(text, "utf-8", newline="")
        assert screen.run(["show", "x"]) == 2
    screen.is_clean()


@pytest.mark.usefixtures("project")
def test_the_demo(screen: Screen) -> None:
    assert screen.run(["demo", f"tour{NAME}"]) == 0
    shutil.rmtree(f"tour{NAME}")
    screen.is_clean()


@given(st.text(st.characters() | st.sampled_from(ALL), max_size=60))
def test_any_text_is_made_safe_and_readable_text_stays(text: str) -> None:
    made = safe(text)
    assert seen_raw(made) == []
    assert safe(made) == made
    assert seen_raw(text) or made == text or any(char >= "\u2060" for char in text)


def test_a_terminal_that_is_not_utf_8_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(kept, encoding="ascii", write_through=True))
    say("caf\u00e9 \u2713 \x1b")
    assert kept.getvalue() == b"caf\\xe9 \\u2713 \\u001b\n"


@pytest.mark.usefixtures("project")
def test_the_screen_sees_what_is_raw(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("akislog.cli.output.safe", str)
    assert screen.run(["show", "./\x1b[31m\u202e.md"]) == 1
    assert set(seen_raw(screen.stream.getvalue())) == {"\x1b", "\u202e"}
