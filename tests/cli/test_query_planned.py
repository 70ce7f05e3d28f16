"""A query that is asked again gives the same bytes as the first time, and loads next to nothing for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from akislog import resources
from akislog.cli import hot
from akislog.cli import query as ordinary
from akislog.report.rows import FORMATS
from akislog.store import clock
from akislog.store.index import current
from akislog.store.index import place as index_place
from akislog.store.index import plan as plans
from akislog.store.locks import lock
from tests.children import as_nobody, environment, open_to_all

ODD = """---
session:
  id: odd
  title: "=1+1\\ttab \\x1b[31m\\u202e back\\\\slash ü € \\uFFFC \\U000E0100"
  date: 2026-03-05
  started_at: 2026-03-05T22:30:00Z
  domain: "2026-03-05T22:30:00Z"
tasks:
- {id: "t\\n1", description: "@sum", status: done, tokens_used: 1.5}
- {description: "-1", status: failed}
gotchas:
- {pattern: "+p", solution: "a, b", applies_to: ["x,y", 'q"r', "\\\\"]}
---
"""
BROKEN = "---\nsession: {id: broken, title: [unclosed\n---\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an index of logs that are not young any more."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    (folder / "log" / "workflow" / "odd.md").write_text(ODD, "utf-8")
    (folder / ".akislog.toml").touch()
    time.sleep(2.1)
    index(folder)
    return folder


def index(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "akislog", "index", "--rebuild"], cwd=folder, env=environment(), check=True,
        capture_output=True,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def project(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith("AKISLOG")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(made)
    plans.forget(str(made / ".akislog"))
    yield made
    plans.forget(str(made / ".akislog"))


Ask = Callable[..., tuple[bool, int, bytes, bytes]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Ask:
    """Runs a command in this process: whether a plan answered, the exit code, stdout and stderr."""
    came: list[str] = []
    real = ordinary.ask

    def told(source: str, *rest: object) -> int:
        came.append(source)
        return real(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ordinary, "ask", told)

    def run(*arguments: str) -> tuple[bool, int, bytes, bytes]:
        came.clear()
        code = hot.run(arguments)
        assert code is not None
        out, err = capfdbinary.readouterr()
        return not came, code, out, err

    return run


def answered(ask: Ask, *arguments: str) -> tuple[int, bytes, bytes]:
    """The answer, which has to be the same without an index, at first, and by plan."""
    planned, *first = ask(*arguments)
    assert not planned
    planned, *again = ask(*arguments)
    assert planned
    assert again == first
    without = [one for one in arguments if one != "--trusted"]
    _, *files = ask(*without, "--no-index")
    assert again[:2] == files[:2]  # of which rows lack a field only the files tell
    return again[0], again[1], again[2]  # type: ignore[return-value]


PLANNED = [
    ["query"],
    ["query", "session.complexity=complex and session.domain=backend_only and tasks.status=failed"],
    ["query", "session.domain in (backend_only, fullstack)", "--sort", "-session.date", "--limit", "2"],
    ["query", "--count"],
    ["query", "title ~ template", "--count"],
    ["query", "id=odd", "--select", "title,session.started_at,name,path,id,address,duration_minutes"],
    ["query", "--since", "2026-03-05", "--until", "2026-03-10"],
    ["query", "--since", "2026-03-05", "--utc"],
    ["query", "session.started_at > -30d or date <= yesterday", "--today", "2026-03-12"],
    ["query", "date > -20y", "--limit", "1"],
    ["query", "outcome=nothing-of-the-kind", "-e"],
    ["query", "outcome exists", "-e", "--on-error", "fail"],
    ["query", "--group-by", "session.outcome", "--sort", "-count", "--limit", "2"],
    ["query", "--group-by", "skills.loaded,domain"],
    ["query", "--select", "session.continues,skills.loaded", "--sort", "skills.loaded"],
    ["tasks", "status!=done"],
    ["tasks", "--select", "id,address,status,tokens_used,started_at,log.path"],
    ["tasks", "--group-by", "status", "--format", "csv"],
    ["gotchas"],
    ["delegations", "agent~code and status!=success", "--select", "agent,result,session.title"],
    ["files", "change=created"],
    ["query", "--from", "commands"],
    ["query", "--from=errors", "fixed=true"],
    ["query", "--from", "root_causes", "--sort", "-problem"],
    ["query", "--select", "duration_minutes", "duration_minutes = forty"],  # with a note
    *(["query", "--format", form, "--select", "session.title"] for form in FORMATS),
    *(["gotchas", "--format", form, "--select", "applies_to"] for form in FORMATS if form != "table"),
    ["query", "--format", "table", "--select", "date,title"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", PLANNED, ids=" ".join)
def test_the_same_bytes(arguments: list[str], ask: Ask) -> None:
    code, out, _ = answered(ask, *arguments, "--trusted")
    assert code == int("-e" in arguments and not out.count(b"\n", 1 + out.find(b"\n")))
    assert b"\x1b" not in out


@pytest.mark.parametrize("arguments", PLANNED[:3], ids=" ".join)
def test_the_same_bytes_once_the_files_were_looked_at(arguments: list[str], ask: Ask) -> None:
    answered(ask, *arguments)
    answered(ask, *arguments, "--dir", "log/../log/workflow")


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "title ~ 'pay.*s'"],
        ["query", "skills.loaded has debugging"],
        ["query", "body ~ token"],
        ["query", "--from", "findings"],
        ["query", "--select", "tasks.status"],
        ["query", "--select", "domain", "--format", "table"],  # what looks like a time is shown in the zone
        ["query", "--explain-query"],
        ["query", "nothing.like.it=1"],
        ["query", "--format", "odd"],
        ["query", "--on-error", "odd"],
    ],
    ids=" ".join,
)
def test_what_has_no_plan_is_answered_as_ever(arguments: list[str], project: Path, ask: Ask) -> None:
    first = ask(*arguments, "--trusted")
    assert not first[0]
    assert ask(*arguments, "--trusted") == first
    assert list((project / ".akislog").glob("query-plan-*")) == []


# --- when a plan does not hold ----------------------------------------------------------------------------------------

ASKED = ("query", "session.date = today", "--select", "id", "--trusted")


def at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Let the clock of this process show another day."""
    shown = datetime(day.year, day.month, day.day, 12)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # noqa: ARG003
            return shown

    monkeypatch.setattr(clock, "datetime", Clock)
    real = time.localtime
    monkeypatch.setattr(time, "localtime", lambda seconds=None: real(shown.timestamp() if seconds is None else seconds))


def test_another_day(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, date(2026, 3, 2))
    _, out, _ = answered(ask, *ASKED)
    assert out.count(b"\n") == 3
    at(monkeypatch, date(2026, 3, 3))
    planned, _, out, _ = ask(*ASKED)
    assert (planned, out.count(b"\n"), b"9c11d2e3" in out) == (False, 2, True)
    assert ask(*ASKED)[0]


def test_midnight_while_it_is_asked(project: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, date(2026, 3, 2))
    real = ordinary.show

    def slow(*given: object) -> int:
        at(monkeypatch, date(2026, 3, 3))
        return real(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as during:
        during.setattr(ordinary, "show", slow)
        ask(*ASKED)
    assert list((project / ".akislog").glob("query-plan-*")) == []


def test_another_zone(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("query", "session.started_at = 2026-03-06", "--select", "id", "--trusted")
    for zone, there in (("UTC", False), ("XYZ-02", True), ("UTC", False)):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        planned, _, out, _ = ask(*asked)
        assert (planned, b"odd" in out) == (False, there)
        assert ask(*asked) == (True, 0, out, b"")
    monkeypatch.undo()
    time.tzset()


def test_another_version(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(ask, *ASKED)
    monkeypatch.setattr(plans, "_VERSION", 999)
    assert not ask(*ASKED)[0]


def test_other_arguments(ask: Ask) -> None:
    answered(ask, *ASKED)
    for arguments in ((*ASKED, "-e"), ("tasks", *ASKED[1:]), (*ASKED[:1], "session.date=yesterday", *ASKED[2:])):
        assert not ask(*arguments)[0]


def test_another_project(project: Path, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("query", "--select", "log.path", "--trusted")
    answered(ask, *asked)
    other = tmp_path / "other"
    shutil.copytree(project, other, copy_function=shutil.copy)
    monkeypatch.chdir(other)
    planned, _, _, err = ask(*asked)
    assert not planned
    assert b"made anew" in err or not err
    monkeypatch.chdir(project / "log")
    planned, _, out, _ = ask(*asked)
    assert not planned
    assert b"\nworkflow/odd.md" in out


def test_a_link_that_leads_elsewhere(project: Path, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    link = tmp_path / "logs"
    link.symlink_to(project / "log" / "workflow")
    asked = ("query", "--count", "--dir", str(link))
    assert answered(ask, *asked)[1] == b"count\n11\n"
    link.unlink()
    link.symlink_to(tmp_path / "empty")
    planned, _, out, _ = ask(*asked)
    assert (planned, out) == (False, b"count\n0\n")


# --- logs that come, change, and cannot be read -----------------------------------------------------------------------


EDITED = "---\nsession: {{id: new, title: {}, date: 2026-03-05}}\n---\n"


@pytest.fixture
def own(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one's own to change."""
    folder = tmp_path / "own"
    shutil.copytree(project / "log", folder / "log")
    (folder / ".git").mkdir()  # which is no file that might be changed again unseen
    monkeypatch.chdir(folder)
    index(folder)
    return folder


def test_another_configuration(own: Path, ask: Ask) -> None:
    answered(ask, *ASKED)
    (own / ".akislog.toml").write_text('dir = "elsewhere"\n')
    planned, code, _, err = ask(*ASKED)
    assert (planned, code) == (False, 2)
    assert b"there is no folder" in err
    (own / ".akislog.toml").write_text('dir = "log"\n')
    assert not ask(*ASKED)[0]
    assert not ask(*ASKED)[0], "it may be changed again within the clock's granularity"


def test_a_plan_outlives_changes_of_logs(own: Path, ask: Ask) -> None:
    asked = ("query", "date=2026-03-05", "--select", "id,title")
    time.sleep(2.1)
    index(own)
    _, out, _ = answered(ask, *asked)
    (own / "log" / "workflow" / "new.md").write_text("---\nsession: {id: new, title: New, date: 2026-03-05}\n---\n")
    planned, _, changed, _ = ask(*asked)
    assert planned, "though the index had to be brought up to date"
    assert changed == out.replace(b"odd", b"new\tNew\nodd", 1) or b"new\tNew\n" in changed
    planned, _, trusted, _ = ask(*asked, "--trusted")
    assert trusted == changed
    assert ask(*asked) == (True, 0, changed, b""), "what is young is read once more"
    time.sleep(2.1)
    for _ in range(2):  # what was young is old now
        assert ask(*asked) == (True, 0, changed, b"")


def test_what_was_edited_is_answered_by_a_plan(own: Path, ask: Ask) -> None:
    asked = ("query", "date=2026-03-05", "--select", "id,title,complexity")
    answered(ask, *asked)
    folder = own / "log" / "workflow"
    for number in range(6):
        (folder / f"new{number % 2}.md").write_text(EDITED.format(f"New {number}"), "utf-8")
        if number == 3:
            (folder / "odd.md").unlink()
        planned, *found = ask(*asked)
        assert planned
        assert f"New {number}".encode() in found[1]  # type: ignore[operator]
        _, *files = ask(*asked, "--no-index")
        assert found == files


def test_who_is_at_the_index_is_waited_for_by_the_ordinary_way(
    own: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("query", "date=2026-03-05", "--select", "id")
    answered(ask, *asked)
    (own / "log" / "workflow" / "new.md").write_text(EDITED.format("New"), "utf-8")
    monkeypatch.setattr(current, "PATIENCE", 0.05)
    with lock(next((own / ".akislog").glob("index-*.db")).with_suffix(".lock")):
        planned, code, out, err = ask(*asked)
    assert (planned, code) == (False, 0)
    assert b"new\n" in out
    assert b"the index cannot be used" in err


def test_many_changes_are_left_to_the_ordinary_way(own: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("query", "date=2026-03-05", "--select", "id")
    answered(ask, *asked)
    monkeypatch.setattr(current, "FEW", 1)
    for number in range(2):
        (own / "log" / "workflow" / f"new{number}.md").write_text(EDITED.format("New"), "utf-8")
    planned, _, out, _ = ask(*asked)
    assert not planned
    assert out.count(b"new\n") == 2
    assert ask(*asked)[0]


def test_what_cannot_be_read_is_told_in_the_same_words(own: Path, ask: Ask) -> None:
    for number in range(12):
        (own / "log" / "workflow" / f"broken{number:02}.md").write_text(BROKEN, "utf-8")
    index(own)
    code, _, err = answered(ask, "query", "--trusted")
    assert code == 3
    assert b"12 files could not be read" in err
    assert b"broken09.md:" in err
    assert b"and 2 more" in err
    code, _, again = answered(ask, "query", "--trusted", "--on-error", "skip")
    assert (code, again) == (0, err)
    first = ask("query", "--trusted", "--on-error", "fail")
    assert first[:3] == (False, 3, b"")
    assert ask("query", "--trusted", "--on-error", "fail") == first


def test_what_the_next_log_brings_is_seen(own: Path, ask: Ask) -> None:
    (own / "log" / "workflow" / "odd.md").unlink()
    ask("query")
    table = ("query", "--select", "domain", "--format", "table", "--trusted")
    whole = ("query", "--on-error", "fail", "--trusted")
    for arguments in (table, whole):
        answered(ask, *arguments)
    (own / "log" / "workflow" / "odd.md").write_text(ODD, "utf-8")
    (own / "log" / "workflow" / "zz.md").write_text(BROKEN, "utf-8")
    ask("query")
    planned, _, out, _ = ask(*table)
    assert not planned
    assert b"\n2026-03-0" in out, "a time, as people of some zone read it"
    assert b"T22:30:00Z" not in out
    planned, code, out, err = ask(*whole)
    assert (planned, code, out) == (False, 3, b"")
    assert b"zz.md" in err


def test_an_odd_value_ends_it_until_it_is_gone(own: Path, ask: Ask) -> None:
    answered(ask, "query", "--trusted")
    path = own / "log" / "workflow" / "zz.md"
    path.write_text("---\nsession: {id: zz, title: Z, domain: [a, b]}\n---\n")
    assert not ask("query")[0]
    planned, _, out, _ = ask("query", "--trusted")
    assert not planned
    assert b"\tzz\t" in out
    path.unlink()
    assert not ask("query")[0]
    assert ask("query", "--trusted")[0]


def test_an_index_that_is_damaged(own: Path, ask: Ask) -> None:
    _, out, _ = answered(ask, "query", "--trusted")
    (path,) = (own / ".akislog").glob("index-*.db")
    data = bytearray(path.read_bytes())
    data[5000:6000] = bytes(1000)
    path.write_bytes(data)
    planned, code, again, err = ask("query", "--trusted")
    assert (planned, code, again) == (False, 0, out)
    assert b"made anew" in err or b"cannot be used" in err


# --- processes --------------------------------------------------------------------------------------------------------

LOADED = (
    "import sys\nfrom akislog.__main__ import main\ncode = main()\nprint(*sys.modules, file=sys.stderr)\nsys.exit(code)"
)
HEAVY = {
    "argparse", "ast", "csv", "dataclasses", "datetime", "enum", "json", "pathlib", "re", "sqlite3", "typing",
    "unicodedata", "typer", "akislog.cli.query", "akislog.core.query", "akislog.report.rows", "akislog.store.corpus",
}  # fmt: skip

READERS = {
    "hashlib", "pathlib", "unicodedata", "yaml", "ruamel.yaml", "akislog.core.search", "akislog.store.documents",
    "akislog.store.index.whole", "akislog.store.project", "akislog.text.document",
}  # fmt: skip


def child(folder: Path, *arguments: str, before: tuple[str, ...] = (), **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*before, sys.executable, "-S", "-c", LOADED, *arguments], cwd=folder,
        env=environment(PYTHONPATH=os.pathsep.join([environment()["PYTHONPATH"], *sys.path]), **variables),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("trusted", [("--trusted",), ()])
def test_what_is_heavy_stays_where_it_is(project: Path, trusted: tuple[str, ...]) -> None:
    asked = ("query", "tasks.status=failed and session.date > -9y and id != odd", *trusted)
    first, _ = child(project, *asked).communicate()
    again, loaded = child(project, *asked).communicate()
    assert again == first
    assert HEAVY & set(loaded.decode().split()) == set()


def test_an_edited_log_needs_no_reader_of_documents(own: Path) -> None:
    asked = ("query", "tasks.status=failed")
    time.sleep(2.1)
    index(own)
    before, _ = child(own, *asked).communicate()
    path = next(path for path in sorted(own.rglob("*.md")) if "    status: done" in path.read_text("utf-8"))
    path.write_text(path.read_text("utf-8").replace("    status: done", "    status: failed", 1), "utf-8")
    time.sleep(2.1)
    after, loaded = child(own, *asked).communicate()
    assert after != before
    names = set(loaded.decode().split())
    assert names >= {"akislog.store.index.update", "akislog.store.index.direct"}
    assert names & {"akislog.cli.query", *READERS} == set()


def test_many_at_once(project: Path) -> None:
    asked = ("query", "tasks.status=failed", "--trusted")
    for _ in range(3):
        plans.forget(str(project / ".akislog"))
        children = [child(project, *asked) for _ in range(6)]
        assert len({one.communicate()[0] for one in children}) == 1
        assert len(list((project / ".akislog").glob("query-plan-*"))) == 1


def test_a_state_folder_that_nobody_may_write_to(own: Path) -> None:
    open_to_all(own)
    state = own / ".akislog"
    for path in (*own.rglob("*"), own):
        path.chmod(0o755 if path.is_dir() else 0o644)
    asked = ("query", "--trusted")
    one = child(own, *asked, before=as_nobody())
    first, err = one.communicate()
    assert one.returncode == 0, err
    assert list(state.glob("query-plan-*")) == [] or os.geteuid() != 0
    assert child(own, *asked, before=as_nobody()).communicate()[0] == first
    assert child(own, *asked).communicate()[0] == first
    assert len(list(state.glob("query-plan-*"))) == 1
    for path in state.glob("query-plan-*"):
        path.chmod(0o644)
    again, loaded = child(own, *asked, before=as_nobody()).communicate()
    assert again == first
    assert b"akislog.core.query" not in loaded, "a plan that is there serves all who may read it"


def test_clearing_the_index_clears_the_plans(own: Path, ask: Ask) -> None:
    answered(ask, "query", "--trusted")
    done = subprocess.run(
        [sys.executable, "-m", "akislog", "index", "--clear"], cwd=own, env=environment(), capture_output=True
    )
    assert done.returncode == 0
    assert list((own / ".akislog").glob("query-plan-*")) == []
    assert not os.path.exists(index_place.database(str(own / ".akislog"), "log/workflow"))
