"""A session from its block to its log: every way out of a block, one file or none, and what was kept instead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

import akislog
from akislog.core.log import WorkflowLog
from akislog.errors import AlreadyFinished, InvalidRecord, InvalidValue, NoCurrentSession, PublishError, SessionClosed
from tests.children import as_nobody, in_own_mounts, open_to_all, run, start

ID = "2026-03-04_101500_parser-limits_5be1c0de"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AKISLOG_STATE", raising=False)
    root = tmp_path / "project"
    root.mkdir()
    (root / ".akislog.toml").touch()
    return root


def files(root: Path) -> list[str]:
    hidden = {".akislog/.gitignore", ".akislog.toml", ".akislog/publish.lock"}
    return sorted({path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - hidden)


def logs(root: Path) -> list[WorkflowLog]:
    made = []
    for path in sorted((root / "log" / "workflow").glob("*")):
        read = akislog.parse(path.read_bytes(), str(path))
        assert read.findings == ()
        assert read.log is not None
        assert akislog.render(read.log.record).encode() == path.read_bytes()
        made.append(read.log)
    return made


def only(root: Path) -> WorkflowLog:
    (log,) = logs(root)
    return log


# -- leaving the block ------------------------------------------------------------------------------------------


def test_leaving_the_block_writes_one_file(project: Path) -> None:
    with akislog.session("Limit what the parser takes", root=project, complexity="medium", domain="backend") as s:
        task = s.task("Count the depth", skill="testing").start()
        assert files(project) == []
        task.done("done")
        assert akislog.current() is s
    assert files(project) == [f"log/workflow/{s.id}.md"]
    assert s.written is not None
    assert s.written.path == project / "log" / "workflow" / f"{s.id}.md"
    log = only(project)
    assert log == s.finish()
    assert (log.session.outcome, log.session.complexity, log.session.title) == (
        "completed",
        "medium",
        "Limit what the parser takes",
    )
    assert log.provenance.writer == f"akislog {akislog.__version__}"
    assert log.session.id.endswith(log.session.id[-8:])
    assert "_limit-what-the-parser-takes_" in log.session.id


class Own(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Own("broken"), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(0), "completed"),
        (SystemExit(None), "completed"),
        (SystemExit(1), "failed"),
        (SystemExit("message"), "failed"),
        (GeneratorExit(), "failed"),
    ],
    ids=repr,
)
def test_what_leaves_the_block_is_the_outcome_and_goes_on(project: Path, error: BaseException, outcome: str) -> None:
    handled = sys.exc_info()[1]
    with pytest.raises(type(error)) as caught, akislog.session("One", root=project):
        raise error
    assert caught.value is error
    assert error.__context__ is handled
    assert only(project).session.outcome == outcome


@pytest.mark.parametrize(
    ("leaving", "code", "outcome"),
    [
        ("pass", 0, "completed"),
        ("raise RuntimeError('broken')", 1, "failed"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "interrupted"),
        ("raise SystemExit(0)", 0, "completed"),
        ("raise SystemExit(7)", 7, "failed"),
        ("import sys; sys.exit()", 0, "completed"),
        ("os.kill(os.getpid(), 15); time.sleep(60)", 128 + 15, "interrupted"),
        ("os.kill(os.getpid(), 1); time.sleep(60)", 128 + 1, "interrupted"),
        ("os.kill(os.getpid(), 2); time.sleep(60)", -signal.SIGINT, "interrupted"),
    ],
)
def test_a_process_that_ends_in_its_block(project: Path, leaving: str, code: int, outcome: str) -> None:
    ended = run(
        f"import akislog, os, time\nwith akislog.session('One') as s:\n    s.task('a')\n    {leaving}\n", project
    )
    assert ended.returncode == code, ended.stderr
    assert only(project).session.outcome == outcome


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_outside_ends_the_block(project: Path, number: int) -> None:
    child = start(
        "import akislog, time\nwith akislog.session('One'):\n    print('in', flush=True)\n    time.sleep(60)\n", project
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    child.send_signal(number)
    child.communicate()
    assert child.returncode == 128 + number
    assert only(project).session.outcome == "interrupted"


def test_a_killed_process_leaves_nothing_behind(project: Path) -> None:
    child = start("import akislog, os\nwith akislog.session('One'):\n    os.kill(os.getpid(), 9)\n", project)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert files(project) == []


def test_signals_are_as_before_afterwards(project: Path) -> None:
    mine: list[int] = []

    def handler(number: int, _frame: Any) -> None:
        mine.append(number)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    with akislog.session("One", root=project):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)) == before
    signal.signal(signal.SIGTERM, handler)
    try:
        with akislog.session("Two", root=project):
            assert signal.getsignal(signal.SIGTERM) is handler
            os.kill(os.getpid(), signal.SIGTERM)
        assert mine == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_a_session_in_a_thread_takes_no_signals(project: Path) -> None:
    seen: list[Any] = []

    def work() -> None:
        with akislog.session("In a thread", root=project) as s:
            seen.append(signal.getsignal(signal.SIGTERM))
            seen.append(akislog.current() is s)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL, True]
    assert only(project).session.title == "In a thread"


# -- the current session ----------------------------------------------------------------------------------------


def test_blocks_within_blocks(project: Path) -> None:
    with pytest.raises(NoCurrentSession):
        akislog.current()
    with akislog.session("Outer", root=project) as outer:
        with akislog.session("Inner", root=project) as inner:
            assert akislog.current() is inner
        assert akislog.current() is outer
        with akislog.bind(inner), pytest.raises(NoCurrentSession):
            akislog.current()
        assert akislog.current() is outer
    with pytest.raises(NoCurrentSession, match="current session"):
        akislog.current()
    assert [log.session.title for log in logs(project)] == sorted(["Inner", "Outer"])


def test_a_session_without_a_block(project: Path) -> None:
    s = akislog.session("No block", root=project)
    s.task("a").done()
    written = s.publish("abandoned", summary="all in all")
    assert only(project).session.outcome == "abandoned"
    assert only(project).session.summary == "all in all"
    with pytest.raises(SessionClosed):
        s.task("too late")
    again = s.publish()
    assert (again.path, again.created) == (written.path, False)
    assert written.created


def test_publishing_inside_the_block_is_enough(project: Path) -> None:
    with akislog.session("One", root=project) as s:
        s.publish("completed")
    assert only(project) == s.finish()


# -- what a session knows ---------------------------------------------------------------------------------------


def test_ids_and_times_may_be_given(project: Path) -> None:
    with akislog.session("One", root=project, id=ID, at="2026-03-04T11:15:00+01:00", agent="AKIS") as s:
        s.task("a", at="2026-03-04T10:16:00Z")
    log = only(project)
    assert (log.session.id, log.session.started_at, log.session.date) == (ID, "2026-03-04T10:15:00Z", "2026-03-04")
    assert log.session.agent == "AKIS"


def test_generated_ids_tell_the_start(project: Path) -> None:
    with akislog.session("Grüße, Welt!", root=project, at="2026-03-04T23:59:59-05:00") as s:
        pass
    assert s.id.startswith("2026-03-05_045959_gru-e-welt_") or s.id.startswith("2026-03-05_045959_grusse-welt_")


@pytest.mark.parametrize("wrong", ["", "../x", "a/b", "a b", "con", "x" * 121])
def test_ids_that_are_no_file_names(project: Path, wrong: str) -> None:
    with pytest.raises(InvalidValue):
        akislog.session("One", root=project, id=wrong)
    assert files(project) == []


def test_a_title_is_needed(project: Path) -> None:
    with pytest.raises(InvalidValue, match="title"):
        akislog.session("  ", root=project)
    with pytest.raises(InvalidValue, match="complexity"):
        akislog.session("One", root=project, complexity="huge")
    with pytest.raises(InvalidValue, match="outcome"):
        akislog.session("One", root=project, outcome="won")


def test_secrets_reach_no_log(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    monkeypatch.setenv("MY_API_TOKEN", "correct-horse-battery-staple-9")
    with akislog.session(f"Use {secret}", root=project) as s:
        s.command("curl -H 'X: correct-horse-battery-staple-9'", exit_code=0)
        s.set(metadata={"k": {secret: secret}})
    text = (project / "log" / "workflow" / f"{s.id}.md").read_text("utf-8")
    assert secret not in text
    assert "battery-staple" not in text
    assert "[REDACTED:" in text
    assert (only(project).record["provenance"]["redactions"]) >= 4


def test_how_much_text_is_kept_is_the_projects_choice(project: Path) -> None:
    for policy, length in (("summary", 209), ("full", 500), ("none", 0)):
        (project / ".akislog.toml").write_text(f'text = "{policy}"\n')
        with akislog.session(policy, root=project) as s:
            s.task("a").done("r" * 500)
            s.command("make all the things", exit_code=0)
        log = s.finish()
        assert len(log.tasks[0].result) in (length, 207)
        assert log.commands[0].cmd == ("make" if policy == "none" else "make all the things")


def test_branch_and_commits_are_gits(project: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=trunk"]
        done = subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    first = git("rev-parse", "HEAD")
    with akislog.session("One", root=project):
        git("commit", "-q", "--allow-empty", "-m", "two")
    log = only(project)
    assert (log.session.branch, log.session.base_commit, log.session.head_commit) == (
        "trunk",
        first,
        git("rev-parse", "HEAD"),
    )
    assert "log/workflow/" in git("status", "--porcelain", "-uall")
    assert ".akislog/" not in git("status", "--porcelain", "-uall")


# -- when the log cannot be written -----------------------------------------------------------------------------

TRY = """
import akislog, sys
s = akislog.session("One", id={id!r})
s.task("kept")
try:
    s.publish()
except akislog.AkislogError as error:
    print(type(error).__name__, error)
    assert error.__cause__ is not error
else:
    print("written", s.written.created)
if sys.stdin.readline():
    print("again", s.publish("failed").created)
    print(s.publish().created)
"""


def child_tries(project: Path, *before: str, between: Any = None, id: str = ID) -> list[str]:
    child = start(TRY.format(id=id), project, *before)
    assert child.stdout is not None
    assert child.stdin is not None
    first = child.stdout.readline()
    if between is None:
        out, err = child.communicate("")
    else:
        between()
        out, err = child.communicate("again\n")
    assert child.returncode == 0, err
    return [first.strip(), *out.splitlines()]


def test_a_folder_without_rights_refuses_in_words_and_a_retry_works(project: Path) -> None:
    before = as_nobody()
    logs_folder, state = project / "log" / "workflow", project / ".akislog"
    logs_folder.mkdir(parents=True)
    state.mkdir()
    state.chmod(0o777)
    logs_folder.chmod(0o555)
    open_to_all(project)
    said = child_tries(project, *before, between=lambda: logs_folder.chmod(0o777))
    assert said[0].startswith("PublishError")
    assert str(logs_folder / f"{ID}.md") in said[0]
    assert "writable" in said[0]
    (kept,) = (state / "unpublished").glob("*.md")
    assert str(kept) in said[0]
    assert said[1:] == ["again True", "False"]
    assert only(project).session.id == ID
    assert kept.read_bytes() == (logs_folder / f"{ID}.md").read_bytes()


def test_nothing_writable_at_all_is_said(project: Path) -> None:
    before = as_nobody()
    open_to_all(project)
    project.chmod(0o555)
    try:
        said = child_tries(project, *before)
    finally:
        project.chmod(0o755)
    assert said[0].startswith("PublishError")
    assert "AKISLOG_STATE" in said[0]
    assert files(project) == []


def test_a_root_without_rights_is_no_reason_not_to_write(project: Path) -> None:
    """Only the folder of the logs can be written: that is all a log needs."""
    before = as_nobody()
    logs_folder = project / "log" / "workflow"
    logs_folder.mkdir(parents=True)
    logs_folder.chmod(0o777)
    open_to_all(project)
    project.chmod(0o555)
    try:
        said = child_tries(project, *before)
    finally:
        project.chmod(0o755)
    assert said == ["written True"]
    assert files(project) == [f"log/workflow/{ID}.md"]


FULL = """
import subprocess, sys
from pathlib import Path
Path("log/workflow").mkdir(parents=True)
subprocess.run(["mount", "-t", "tmpfs", "-o", "{options}", "tmpfs", "log/workflow"], check=True)
{prepare}
import akislog
s = akislog.session("One", id={id!r})
s.note("x" * 9_000)
try:
    s.publish()
except akislog.AkislogError as error:
    print(error)
{mend}
print(s.publish().created, len(list(Path("log/workflow").glob("*.md"))))
"""


@pytest.mark.parametrize(
    ("options", "prepare", "mend", "word"),
    [
        (
            "size=64k",
            "Path('log/workflow/big').write_bytes(bytes(60_000))",
            "Path('log/workflow/big').unlink()",
            "No space left",
        ),
        (
            "size=1m",
            "subprocess.run(['mount', '-o', 'remount,ro', 'log/workflow'], check=True)",
            "subprocess.run(['mount', '-o', 'remount,rw', 'log/workflow'], check=True)",
            "Read-only",
        ),
    ],
    ids=["full", "read-only"],
)
def test_a_full_or_read_only_disk(project: Path, options: str, prepare: str, mend: str, word: str) -> None:
    code = FULL.format(options=options, prepare=prepare, mend=mend, id=ID)
    ended = run(code, project, *in_own_mounts())
    assert ended.returncode == 0, ended.stderr
    first, second = ended.stdout.splitlines()
    assert word in first
    assert "unpublished" in first
    assert "then try again" in first
    assert second == "True 1"
    (kept,) = (project / ".akislog" / "unpublished").glob("*.md")
    log = akislog.parse(kept.read_bytes()).log
    assert log is not None
    assert log.session.id == ID


def plainly() -> None:
    raise Own("broken")


def while_handling() -> None:
    try:
        raise KeyError("first")
    except KeyError:
        raise Own("broken")  # noqa: B904


def from_another() -> None:
    try:
        raise KeyError("first")
    except KeyError as first:
        raise Own("broken") from first


def from_none() -> None:
    try:
        raise KeyError("first")
    except KeyError:
        raise Own("broken") from None


@pytest.mark.parametrize("breaking", [plainly, while_handling, from_another, from_none])
def test_what_broke_in_the_block_comes_first(project: Path, breaking: Any) -> None:
    """Our failure is told at the end of it, whatever was told with it before."""
    (project / "log").write_text("a file where a folder should be")
    with pytest.raises(Own) as caught, akislog.session("One", root=project):
        breaking()
    told = "".join(traceback.format_exception(caught.value))
    assert told.endswith("Own: broken\n")
    (kept,) = (project / ".akislog" / "unpublished").glob("*.md")
    assert "akislog.errors.PublishError" in told
    assert str(kept) in told
    assert ("KeyError" in told) == (breaking in (while_handling, from_another))
    log = akislog.parse(kept.read_bytes()).log
    assert log is not None
    assert log.session.outcome == "failed"


def test_a_block_without_an_error_raises_what_publishing_met(project: Path) -> None:
    (project / "log").write_text("a file where a folder should be")
    with pytest.raises(PublishError, match="unpublished") as caught, akislog.session("One", root=project) as s:
        s.task("a")
    assert caught.value.__cause__ is not caught.value
    (project / "log").unlink()
    assert s.publish().created
    assert only(project) == s.finish()


def test_a_log_with_other_content_is_left_alone(project: Path) -> None:
    with akislog.session("One", root=project, id=ID):
        pass
    path = project / "log" / "workflow" / f"{ID}.md"
    first = path.read_bytes()
    with pytest.raises(AlreadyFinished) as caught, akislog.session("Another", root=project, id=ID):
        pass
    assert caught.value.__cause__ is not caught.value
    assert path.read_bytes() == first
    (kept,) = (project / ".akislog" / "conflicts").glob("*.md")
    assert b"Another" in kept.read_bytes()
    assert str(kept) in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_twin_in_another_case_is_left_alone(project: Path) -> None:
    with akislog.session("One", root=project, id="One"):
        pass
    with pytest.raises(AlreadyFinished, match=r"One\.md"), akislog.session("Two", root=project, id="ONE"):
        pass
    assert [path for path in files(project) if path.startswith("log")] == ["log/workflow/One.md"]


def test_a_record_that_the_schema_refuses_is_kept_as_events(project: Path) -> None:
    s = akislog.session("One", root=project)
    s.task("a")
    del s.state["session"]["title"]
    with pytest.raises(InvalidRecord) as caught:
        s.publish()
    assert caught.value.findings
    (kept,) = (project / ".akislog" / "unpublished").glob("*.jsonl")
    assert str(kept) in str(caught.value)
    again = akislog.Session.replay(json.loads(line) for line in kept.read_text("utf-8").splitlines())
    assert again.events == s.events


def test_two_finishers_of_one_session_are_one_log(project: Path) -> None:
    code = (
        "import akislog, sys\n"
        f"s = akislog.session('One', id={ID!r}, at='2026-03-04T10:15:00Z')\n"
        "s.end(at='2026-03-04T10:20:00Z')\nprint('ready', flush=True)\n"
        "sys.stdin.readline()\nprint(s.publish().created)\n"
    )
    children = [start(code, project) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate()[0].strip() for child in children]
    assert sorted(said) == ["False", "False", "False", "True"]
    assert len(logs(project)) == 1
