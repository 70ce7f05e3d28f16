"""Names that reach for other places, and things in the way that are no files: nothing outside the roots is opened.

The commands run whole under strace, and every path they name to the system is compared with what they may touch.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

import pytest

from akislog.cli.app import run
from akislog.core.ids import safe_id
from akislog.core.session import Session
from akislog.errors import AkislogError, InvalidValue, UsageError
from akislog.store.corpus import Corpus
from akislog.store.files import publish
from akislog.store.project import find_project
from tests.hostile import attacks

REPOSITORY = Path(__file__).parents[2]
SECRET = "what stands outside"  # read by nobody
LOG = "---\nsession: {id: a, title: Inside}\n---\n"


@pytest.mark.parametrize("name", attacks.BAD_IDS)
def test_an_id_that_may_not_touch_a_path(name: str, tmp_path: Path) -> None:
    assert not safe_id(name)
    session = Session()
    session.begin("a", "x", "2026-01-01T00:00:00Z")
    with pytest.raises(InvalidValue):
        session.task("x", id=name, at="2026-01-01T00:00:00Z")
    import akislog

    with pytest.raises(InvalidValue):
        akislog.session("x", id=name, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", attacks.GOOD_IDS)
def test_an_id_that_may(name: str, tmp_path: Path) -> None:
    assert safe_id(name)
    assert publish(tmp_path, f"{name}.md", b"x", spare=tmp_path).path.parent == tmp_path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one log, beside it a folder whose name begins alike and holds what nobody may read."""
    project = tmp_path / "repo"
    (project / "log" / "workflow").mkdir(parents=True)
    (project / ".akislog.toml").touch()
    (project / "log" / "workflow" / "2026-01-01_000000_inside_0badc0de.md").write_text(LOG)
    outside = tmp_path / "repo-evil"
    outside.mkdir()
    (outside / "x.md").write_text(f"---\nsession: {{id: x, title: {SECRET}}}\n---\n")
    (outside / "x.jsonl").write_text(json.dumps({"type": "user", "cwd": SECRET}))
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AKISLOG_STATE", raising=False)
    return project


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("name", [one for one in attacks.BAD_IDS if "/" not in one and "\0" not in one])
def test_show_finds_no_log_by_a_bad_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "--", name]) in (1, 2)
    out, err = capsys.readouterr()
    assert (out, SECRET in err, attacks.seen_raw(err)) == ("", False, [])


@pytest.mark.parametrize("name", ["../x", "a/../../repo-evil/x", "..", "a\0b", "abc\n", "-rf", "CON", "a" * 300])
def test_write_takes_no_bad_id(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(place.parent.rglob("*"))
    Path("d.json").write_text(json.dumps({"session": {"title": "x", "id": name}}))
    assert run(["write", "d.json"]) == 1
    Path("d.json").unlink()
    assert sorted(place.parent.rglob("*")) == before
    assert attacks.seen_raw(capsys.readouterr().err) == []


OUTSIDE = (
    "..",
    "../repo-evil",
    "/tmp",
    "~",
    "~/x",
    "a/../..",
    "a/../../repo-evil",
    "",
    ".git",
    "a/.git/hooks",
    "/",
    "a//b",
)


@pytest.mark.parametrize("folder", OUTSIDE)
def test_a_configuration_names_no_folder_outside(folder: str, place: Path) -> None:
    Path(".akislog.toml").write_text(f"dir = {json.dumps(folder)}\n")
    with pytest.raises(UsageError):
        find_project(place, {})


@pytest.mark.parametrize("table", ["dir = 5", "dir = ['a']", "dir", "[dir]", "\0", "x = 1", "dir = 'a'\ndir = 'b'"])
def test_a_configuration_that_is_none(table: str, place: Path) -> None:
    Path(".akislog.toml").write_text(table)
    with pytest.raises(UsageError):
        find_project(place, {})
    Path(".akislog.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError):
        find_project(place, {})


@pytest.mark.parametrize("folder", ["log\0x", "\ud800"])
def test_a_folder_that_no_system_can_hold(folder: str, place: Path) -> None:
    with pytest.raises((AkislogError, OSError)):
        publish(place, f"{folder}/a.md", b"x", spare=place)


def test_a_link_on_the_way_to_the_logs_is_not_followed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = place.parent / "repo-evil"
    shutil.rmtree(place / "log")
    (place / "log").symlink_to(outside)
    Path("d.json").write_text(json.dumps({"session": {"title": "x"}}))
    assert run(["write", "d.json"]) == 1
    assert "symbolic link" in capsys.readouterr().err
    assert sorted(one.name for one in outside.iterdir()) == ["x.jsonl", "x.md"]


# -- things that are no files -----------------------------------------------------------------------------------


@pytest.fixture
def hostile(place: Path) -> Path:
    """The project's logs, with links, a FIFO, a socket and a device laid among them."""
    logs = place / "log" / "workflow"
    outside = place.parent / "repo-evil"
    (logs / "link.md").symlink_to(outside / "x.md")
    (logs / "zero.md").symlink_to("/dev/zero")
    (logs / "loop.md").symlink_to(logs / "loop.md")
    (logs / "gone.md").symlink_to(outside / "gone.md")
    (logs / "folder").symlink_to(outside)
    (logs / "folder.md").mkdir()
    os.mkfifo(logs / "fifo.md")
    os.mkfifo(place / "fifo.jsonl")
    (place / "log" / "link.jsonl").symlink_to(outside / "x.jsonl")
    (place / "log" / "agent-link.jsonl").symlink_to(outside / "x.jsonl")
    (place / "log" / "kept.jsonl").write_text('{"type": "user"}')
    here = os.getcwd()
    os.chdir(logs)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.md")
    os.chdir(here)
    with suppress(PermissionError):  # only root may: the link to the device is there in any case
        os.mknod(logs / "device.md", 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    return logs


def test_a_corpus_tells_what_it_leaves_out(hostile: Path) -> None:
    corpus = Corpus(hostile, on_error="skip")
    told = {document.path: document for document in corpus.documents()}
    assert [log.session.title for log in corpus.logs()] == ["Inside"]
    odd = {Path(str(path)).name: one.findings[0].code for path, one in told.items() if one.log is None}
    assert odd == dict.fromkeys(("fifo.md", "socket.md", *(["device.md"] * (hostile / "device.md").exists())), "AKL010")
    links = {Path(str(one.path)).name for one in corpus.skipped if "symbolic link" in one.message}
    assert links == {"link.md", "zero.md", "loop.md", "gone.md", "folder"}
    assert SECRET not in repr(told)


TREES = ("fifo.md", "socket.md", "link.md", "zero.md", "loop.md", "gone.md", "folder.md", "folder/x.md", "device.md")

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None or sys.platform != "linux", reason="needs Linux and strace (apt-get install strace)"
)
_CALL = re.compile(r"(?:openat|open|linkat|link|unlinkat|unlink|renameat2|renameat|rename|mkdirat|mkdir)\(")
_REACHED = re.compile(r" = \d+<([^>]*)>$")
_NAMED = re.compile(r'(?:AT_FDCWD<([^>]*)>|\d+<([^>]*)>)?,? ?"((?:[^"\\]|\\.)*)"(?:\.\.\.)?')


def traced(place: Path, *arguments: str, code: tuple[int, ...] = (1, 2)) -> list[str]:
    """Run a command under strace; every path that it opened, made, linked or removed, successfully or not."""
    trace = place.parent / "trace"
    calls = "trace=open,openat,link,linkat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place.parent / "home"),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-o", trace, "-e", calls, sys.executable, "-m", "akislog", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode in code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    return [
        path
        for row in trace.read_text(errors="replace").splitlines()
        if _CALL.search(row)
        for path in _paths(row, place)
    ]


def _paths(row: str, place: Path) -> list[str]:
    found = []
    for working, opened, name in _NAMED.findall(row.partition("(")[2].rpartition(" = ")[0]):
        base = working or opened or str(place)
        found.append(os.path.normpath(os.path.join(base, name)))
    reached = _REACHED.search(row)  # where a link led
    return [*found, reached[1]] if reached else found


def foreign(paths: list[str], *roots: Path) -> list[str]:
    """Of these paths those that are neither below a root, nor Python's own, nor the system's."""
    own = {sys.prefix, sys.base_prefix, str(REPOSITORY / "akislog"), sysconfig.get_path("stdlib"), *map(str, roots)}
    own.add(sysconfig.get_config_var("LIBDIR"))  # where the loader looks for Python's own library
    own |= {os.path.realpath(one) for one in own} | {"/etc", "/lib", "/lib64", "/usr", "/proc", "/sys"}
    own |= {"/dev/shm"}  # the locks of several processes
    own |= {str(REPOSITORY / name) for name in ("schemas", "templates", "log", "pyproject.toml", "pyvenv.cfg")}
    harmless = {
        "/dev/null",
        "/dev/tty",
        "/dev/urandom",
        str(REPOSITORY),
        *map(str, (place for root in roots for place in root.parents)),
    }
    return [
        one
        for one in paths
        if one not in harmless and not any(one == root or one.startswith(root + "/") for root in own)
    ]


@needs_strace
def test_the_trace_sees_what_is_opened(place: Path) -> None:
    """Asked for by name, a file outside is opened: so the trace would show it."""
    paths = traced(place, "show", "../repo-evil/gone.md")
    assert foreign(paths, place) == [str(place.parent / "repo-evil" / "gone.md")]


@pytest.mark.usefixtures("hostile")
@needs_strace
@pytest.mark.parametrize("command", ["show", "write", "import", "check", "fix", "migrate"])
def test_special_files_as_arguments(command: str, place: Path) -> None:
    """Neither a link, FIFO, socket nor device named on the command line is read from; none of them blocks."""
    for name in TREES if command in ("show", "check") else TREES[:5]:
        if name == "folder/x.md":
            continue  # above the file the user's own links are followed
        if command == "import" and name == "link.md":
            continue  # one transcript may be named by a link; those below a folder may not
        code = (3,) if command in ("fix", "migrate") else (1, 2)
        paths = traced(place, command, f"log/workflow/{name}", code=code)
        assert foreign(paths, place) == [], name


@pytest.mark.usefixtures("hostile")
@needs_strace
def test_commands_over_a_hostile_corpus_stay_inside(place: Path) -> None:
    (place / "d.json").write_text(json.dumps({"session": {"title": "x"}}))
    for arguments, code in (
        (("show", "0badc0de"), (0,)),
        (("show", "x"), (1,)),
        (("write", "d.json"), (0,)),
        (("write", "d.json"), (0,)),
        (("import", "--status"), (0,)),
        (("import", "log"), (0, 1)),
        (("check",), (1,)),
        (("check", "--format", "full", "--schema", "d.json"), (1,)),
        (("fix", "--write"), (3,)),
        (("migrate", "--write"), (3,)),
    ):
        assert foreign(traced(place, *arguments, code=code), place, place.parent / "home") == [], arguments
    assert sorted(one.name for one in (place.parent / "repo-evil").iterdir()) == ["x.jsonl", "x.md"]


@pytest.mark.usefixtures("hostile")
def test_folders_of_transcripts_with_traps(capsys: pytest.CaptureFixture[str]) -> None:
    """A FIFO below a folder of transcripts is said to be none, and does not hold the command."""
    assert run(["import", "."]) == 1
    assert "not a regular file" in capsys.readouterr().err
