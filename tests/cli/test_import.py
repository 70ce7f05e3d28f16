"""``akislog import`` as a person meets it: what it finds, asks, shows, writes, and how it ends.

Progress, the question and Ctrl-C are tried on a real pseudo-terminal.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from akislog.cli.app import run
from akislog.store.documents import read_document
from akislog.store.sources import transcripts
from tests.children import environment
from tests.paths import TRANSCRIPTS, need

pty = pytest.importorskip("pty", reason="pseudo-terminals are a thing of Unix")

FOREIGN = ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "AKISLOG_STATE", "NO_COLOR")
SLUG = re.compile(r"[^A-Za-z0-9]")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository to stand in, and a home folder beside it."""
    folder = tmp_path / "shop"
    (folder / ".git").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(folder)
    return folder


def session(path: Path, cwd: Path, number: int = 1, *, agent: str = "") -> Path:
    """A short Claude Code session about ``cwd``, or with ``agent`` that of a sub-agent."""
    host = f"5b8f0c1e-0000-4000-8000-{number:012d}"
    common = {"sessionId": host, "cwd": str(cwd), "version": "2.1.0", "isSidechain": bool(agent), "agentId": agent}
    at = f"2026-01-{number % 27 + 1:02d}T10:%02d:00.000Z"
    prompt = f"Add search box {number}"
    call = {"type": "tool_use", "id": "c1", "name": "Task", "input": {"subagent_type": "search", "prompt": prompt}}
    spoken = [call] if not agent else [{"type": "text", "text": "Found it."}]
    answer = {"id": f"m{agent}", "role": "assistant", "model": "m1", "content": spoken}
    records = [
        {**common, "type": "user", "uuid": "1", "timestamp": at % 0, "message": {"role": "user", "content": prompt}},
        {**common, "type": "assistant", "uuid": "2", "timestamp": at % 2, "message": answer},
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def kept(project: Path, name: str, number: int = 1, *, days_ago: float = 0) -> Path:
    """A session where Claude Code keeps those of the project, last written some days ago."""
    folder = project.parent / "home" / ".claude" / "projects" / SLUG.sub("-", str(project))
    path = session(folder / f"{name}.jsonl", project, number)
    written = time.time() - days_ago * 86_400
    os.utime(path, (written, written))
    return path


def many(project: Path, number: int) -> Path:
    """A folder of so many transcripts."""
    for one in range(number):
        session(project.parent / "old" / f"s{one}.jsonl", project, one)
    return project.parent / "old"


def logs(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project / "log" / "workflow").glob("*")}


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- what is imported -------------------------------------------------------------------------------------------


def test_it_takes_the_sessions_of_this_project_and_no_others(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = kept(project, "ours")
    session(ours.parent.with_name(f"{ours.parent.name}-two") / "theirs.jsonl", project.with_name("shop-two"), 2)
    assert run(["import", "--all"]) == 0
    out, err = capsys.readouterr()
    (name,) = logs(project)
    assert out.splitlines() == [str(project / "log" / "workflow" / name)]
    assert name.startswith("2026-01-02_100000_add-search-box-1_")
    assert err.splitlines() == ["akislog: 1 session: 1 written"]


def test_twice_is_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(project, "one")
    assert run(["import"]) == 0
    before = logs(project)
    capsys.readouterr()
    assert run(["import"]) == 0
    assert logs(project) == before
    assert capsys.readouterr() == ("", "akislog: 1 session: 1 there already\n")


def test_dry_run_tells_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(project, "one")
    before = below(project.parent)
    assert run(["import", "--dry-run"]) == 0
    assert below(project.parent) == before
    told = capsys.readouterr()
    assert told.err == "akislog: 1 session: 1 would be written\n"
    assert run(["import"]) == 0
    assert capsys.readouterr().out == told.out


def test_since_leaves_older_transcripts_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(project, "new", 1)
    kept(project, "old", 2, days_ago=9)
    yesterday = (datetime.now() - timedelta(days=1)).date().isoformat()
    assert run(["import", "--since", yesterday]) == 0
    assert [name[18:34] for name in logs(project)] == ["add-search-box-1"]
    capsys.readouterr()
    assert run(["import", "--since", "lately"]) == 2
    assert capsys.readouterr().err == "akislog: --since takes a date such as 2026-01-10, not 'lately'\n"


def test_separate_gives_sub_agents_logs_of_their_own(project: Path) -> None:
    path = kept(project, "5b8f0c1e-0000-4000-8000-000000000001")
    session(path.with_suffix("") / "subagents" / "agent-a7.jsonl", project, agent="a7")
    assert run(["import"]) == 0
    assert len(logs(project)) == 1
    assert run(["import", "--separate"]) == 0
    read = [read_document(project / "log" / "workflow" / name).log for name in logs(project)]
    told = [log.record["session"] for log in read if log is not None]
    assert len(told) == len(read) == 2
    (own,) = (one for one in told if "parent" in one)
    (giver,) = (one for one in told if "parent" not in one)
    assert own["parent"] == f"{giver['id']}#t1"


def test_every_sample_becomes_one_log_and_the_second_time_none(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = need(TRANSCRIPTS)
    number = sum(1 for _ in transcripts(folder))
    assert run(["import", str(folder), "--yes"]) == 0
    out, err = capsys.readouterr()
    # Two exports of one VS Code chat, one made while it went on: of one session there is one log.
    assert err.startswith(f"akislog: {number} sessions: {number - 1} written, 1 there already\n")
    assert len(out.splitlines()) == len(set(out.splitlines())) == len(logs(project)) == number - 1
    for line in out.splitlines():
        document = read_document(Path(line))
        assert document.log is not None
        assert document.findings == ()
    before = logs(project)
    assert run(["import", str(folder), "--yes"]) == 0
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", f"akislog: {number} sessions: {number} there already")
    assert logs(project) == before


# -- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--agent", "claude-cod"], "claude-code"),
        (["--agent", "claude-code", "--all"], "--agent and --all exclude each other"),
        (["--text", "sumary"], "summary"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    kept(project, "one")
    assert run(["import", *arguments]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, logs(project)) == ("", {})


def test_a_path_that_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "gone.jsonl"]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", "akislog: gone.jsonl: no such file or folder\n")
    assert not (project / "log").exists()


def test_what_is_no_transcript_is_told_and_the_others_are_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session(project / "old" / "a.jsonl", project)
    (project / "old" / "b.json").write_text('{"name": "shop", "version": "1.0.0"}')
    (project / "old" / "notes.txt").write_text("not looked at: neither .json nor .jsonl")
    assert run(["import", "old"]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == len(logs(project)) == 1
    first, second = err.splitlines()
    assert first == "akislog: 2 sessions: 1 written, 1 failed"
    assert second.startswith("  old/b.json: not a transcript of an agent that is known")


def test_an_empty_folder_is_nothing_to_import(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "old").mkdir()
    assert run(["import", "old"]) == 0
    assert capsys.readouterr() == ("", "akislog: 0 sessions: nothing to import\n")


# -- status -----------------------------------------------------------------------------------------------------


def test_status_names_the_day_on_which_a_transcript_will_be_gone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soon, later = kept(project, "soon", 1, days_ago=27), kept(project, "later", 2, days_ago=2)
    before = below(project.parent)
    assert run(["import", "--status"]) == 0
    out, err = capsys.readouterr()
    now = datetime.now(timezone.utc)
    for path, number, left in ((soon, 1, 3), (later, 2, 28)):
        (line,) = (one for one in out.splitlines() if str(path) in one)
        day = (now + timedelta(days=left)).astimezone().date()
        assert line.startswith(f"claude-code  2026-01-{number + 1:02d}T10:00:00Z  Add search box {number}  ")
        assert line.endswith(f"  deleted on {day}")
    assert err == "akislog: 2 sessions without a log, 1 of them deleted within 7 days\n"
    assert below(project.parent) == before


def test_status_knows_a_longer_retention_and_what_has_a_log(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(project, "one", days_ago=27)
    (project.parent / "home" / ".claude" / "settings.json").write_text('{"cleanupPeriodDays": 365}')
    assert run(["import", "--status"]) == 0
    out, err = capsys.readouterr()
    day = (datetime.now(timezone.utc) + timedelta(days=338)).astimezone().date()
    assert out.endswith(f"deleted on {day}\n")
    assert err == "akislog: 1 session without a log\n"
    assert run(["import"]) == 0
    capsys.readouterr()
    assert run(["import", "--status"]) == 0
    assert capsys.readouterr() == ("", "akislog: 0 sessions without a log\n")


# -- a terminal -------------------------------------------------------------------------------------------------


class Terminal:
    """The command with a terminal of its own for input and talk; data goes into a pipe, as in ``akislog … | less``."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.screen = b""
        self.end, theirs = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
            cwd=project,
            env=environment(HOME=str(project.parent / "home"), TERM="xterm"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, shown: bytes) -> None:
        """Read what appears on the screen up to some words."""
        while shown not in self.screen:
            seen = self._read()
            assert seen, f"ended without {shown!r}: {self.screen!r}"

    def type(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def finish(self) -> tuple[int, list[str], str]:
        """The exit code, the lines of data, and all that was on the screen."""
        while self._read():
            pass
        out, _ = self.child.communicate()
        os.close(self.end)
        return self.child.returncode, out.decode().splitlines(), self.screen.decode()

    def _read(self) -> bytes:
        try:
            seen = os.read(self.end, 65_536)
        except OSError:  # what Linux says when the other end is closed
            seen = b""
        self.screen += seen
        return seen


_TAKE_TERMINAL = (  # a shell that began us in the background may have had Ctrl-C ignored, which would be inherited
    "import fcntl, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from akislog.__main__ import main; sys.argv[0] = 'akislog'; sys.exit(main())"
)


def test_progress_is_shown_on_a_terminal_and_nowhere_else(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = many(project, 3)
    code, out, screen = Terminal(project, "import", str(old)).finish()
    assert (code, len(out)) == (0, 3)
    assert re.search(r"importing +\[#+\] +100%", screen)
    assert screen.endswith("akislog: 3 sessions: 3 written\r\n")
    assert run(["import", str(old), "--dir", "again"]) == 0
    assert capsys.readouterr().err == "akislog: 3 sessions: 3 written\n"


@pytest.mark.parametrize(("keys", "written"), [(b"y\n", 21), (b"YES\n", 21), (b"n\n", 0), (b"\n", 0), (b"\x04", 0)])
def test_it_asks_before_it_writes_many_logs_into_a_repository(project: Path, keys: bytes, written: int) -> None:
    terminal = Terminal(project, "import", str(many(project, 21)))
    terminal.until(b"[y/N]: ")
    assert not (project / "log").exists()
    terminal.type(keys)
    code, out, screen = terminal.finish()
    assert f"Write up to 21 logs into {project / 'log' / 'workflow'}?" in screen
    assert (len(out), len(logs(project))) == (written, written)
    assert code == (0 if written else 1)
    assert screen.endswith(f"akislog: {'21 sessions: 21 written' if written else 'nothing was written'}\r\n")


@pytest.mark.parametrize(("number", "more", "git"), [(20, [], True), (21, ["--yes"], True), (21, [], False)])
def test_it_does_not_ask_when_there_is_no_need(project: Path, number: int, more: list[str], git: bool) -> None:
    if not git:
        (project / ".git").rmdir()
        (project / ".akislog.toml").touch()
    code, out, screen = Terminal(project, "import", str(many(project, number)), *more).finish()
    assert (code, len(out)) == (0, number)
    assert "[y/N]" not in screen


def test_where_nobody_can_be_asked_it_says_what_to_pass(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = str(many(project, 21))
    assert run(["import", old]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"akislog: Write up to 21 logs into {project / 'log' / 'workflow'}? "
        "Nobody is there to ask; pass --yes, or look first with --dry-run\n"
    )
    assert logs(project) == {}
    assert run(["import", old, "--yes"]) == 0
    assert len(logs(project)) == 21


def test_ctrl_c_at_the_question_writes_nothing(project: Path) -> None:
    terminal = Terminal(project, "import", str(many(project, 21)))
    terminal.until(b"[y/N]: ")
    terminal.type(b"\x03")
    assert terminal.finish()[0] == 130
    assert not (project / "log").exists()


def test_ctrl_c_while_it_writes_leaves_whole_logs_and_the_rest_for_later(project: Path) -> None:
    old = str(many(project, 400))
    terminal = Terminal(project, "import", old, "--yes")
    while len(logs(project)) < 5:
        assert terminal.child.poll() is None
        time.sleep(0.002)
    terminal.type(b"\x03")
    code, _, screen = terminal.finish()
    written = logs(project)
    assert code == 130, f"{len(written)} logs are written, and the terminal shows {screen!r}"
    assert "Traceback" not in screen
    assert 5 <= len(written) < 400
    for name in written:
        document = read_document(project / "log" / "workflow" / name)
        assert document.log is not None
        assert document.findings == ()
    assert run(["import", old, "--yes"]) == 0
    assert run(["import", old, "--yes", "--dir", "whole"]) == 0
    whole = {path.name: path.read_bytes() for path in (project / "whole").glob("*")}
    assert logs(project) == whole
    assert len(whole) == 400
