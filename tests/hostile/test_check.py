"""``akislog check`` under attack: by schemas, files, names, baselines and repositories of strangers.

Whatever they hold, there is a finding or a clear error: no traceback, no end that is waited for in vain, no network.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import closing
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from akislog.checks.document import Checks, check_document
from akislog.checks.schema import compiled
from akislog.cli.app import run
from akislog.core.finding import MOST
from akislog.report.check import FORMATS
from akislog.store import checking
from akislog.store.history import added_with, changed_since
from akislog.text.document import render
from akislog.text.frontmatter import FILE_LIMIT
from tests.checks.records import SESSION_ID, record, task
from tests.children import as_nobody, environment, open_to_all
from tests.cli.command import akislog
from tests.hostile import attacks

LOGS = "log/workflow"
NAME = f"{SESSION_ID}.md"
LOG = render(record()).encode()
WRONG = LOG.replace(b"outcome: completed", b"outcome: compleet")

Output = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one good log; the present folder."""
    (tmp_path / LOGS).mkdir(parents=True)
    (tmp_path / ".akislog.toml").touch()
    (tmp_path / LOGS / NAME).write_bytes(LOG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(capsys: Output, *arguments: str, code: int) -> str:
    """What a check says, which nothing in it can disturb a terminal with."""
    capsys.readouterr()
    assert run(["check", *arguments]) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    assert attacks.seen_raw(out + err) == []
    return out + err


# ---- schemas


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef", "$schema"])
def test_a_schema_from_elsewhere_is_never_fetched(keyword: str, project: Path, capsys: Output) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        there = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        for schema in ({keyword: there}, {"$id": there, keyword: "a"}, {"allOf": [{"$id": "urn:a", keyword: there}]}):
            (project / "s.json").write_text(json.dumps(schema))
            means_nothing = keyword == "$schema" and "allOf" in schema  # a draft is that of the whole
            out = checked(capsys, "--schema", "s.json", code=0 if means_nothing else 2)
            assert means_nothing or "the JSON Schema cannot be used" in out
        with pytest.raises(BlockingIOError):
            server.accept()


NO_SCHEMAS = {
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "text": b'"x"',
    "not a number": b"NaN",
    "no UTF-8": b"\xff",
    "nothing": b"",
    "an unknown draft": b'{"$schema": "urn:draft:99"}',
    "a draft that is a number": b'{"$schema": 7}',
    "a type that is none": b'{"type": "texts"}',
    "a pattern that is none": b'{"pattern": "("}',
    "a pattern that is too large": b'{"pattern": "((a{1000}){1000}){1000}"}',
    "a reference to nothing": b'{"$ref": "#/$defs/no"}',
    "deep": b'{"not":' * 100_000 + b"{}" + b"}" * 100_000,
    "not so deep": b'{"not":' * 300 + b"{}" + b"}" * 300,
    "a deep list": b"[" * 100_000,
    "a long number": b'{"maxLength": ' + b"9" * 5000 + b"}",
    "over 4 MiB": b'{"title": "' + b"x" * (4 << 20) + b'"}',
}


@pytest.mark.parametrize("name", NO_SCHEMAS)
def test_a_schema_that_is_none_is_said_before_any_log_is_read(name: str, project: Path, capsys: Output) -> None:
    (project / "s.json").write_bytes(NO_SCHEMAS[name])
    out = checked(capsys, "--schema", "s.json", code=2)
    assert out.startswith("akislog: ")
    assert len(out) < 1000
    assert str(NAME) not in out


@pytest.mark.parametrize("name", ["folder", "fifo", "link"])
def test_a_schema_that_is_no_file(name: str, project: Path, capsys: Output) -> None:
    (project / "folder").mkdir()
    os.mkfifo(project / "fifo")
    (project / "link").symlink_to("/etc/hostname")
    assert "--schema" in checked(capsys, "--schema", name, code=2)


BOUNDED = [r"^(a+)+$", r"^((a|a)*)\1c$", r"^(?:(?=a)a|a)*c$", r"(?:(?!c)(a|aa))+$", r"^(?:a|a)*\b(?!a)c$"]


@pytest.mark.parametrize("pattern", BOUNDED)
def test_a_pattern_that_goes_back_without_end_is_cut_short(pattern: str) -> None:
    ready = compiled({"additionalProperties": {"pattern": pattern}})
    text = "".join(f"k{number}: {'a' * 60}b\n" for number in range(50)) + f"long: {'a' * 9000}b"
    found = check_document(attacks.front(text), "a.md", Checks(ready)).findings
    assert {one.code for one in found} == {"AKL104"}  # those that are cut short are not all told, but one is
    assert ("tries too many ways" in found[0].message) == (len(found) == 1)


CIRCLES: list[dict[str, Any]] = [
    {"$ref": "#"},
    {"allOf": [{"$ref": "#"}]},
    {"$dynamicRef": "#n", "$dynamicAnchor": "n"},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    {"not": {"$ref": "#"}},
    {"properties": {"session": {"$ref": "#"}}, "additionalProperties": {"$ref": "#"}},
]


@pytest.mark.parametrize("schema", CIRCLES, ids=json.dumps)
def test_a_schema_that_leads_back_to_itself(schema: dict[str, Any]) -> None:
    check_document(LOG, NAME, Checks(compiled(schema)))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#part", "$defs": {"a": {"$anchor": "part", "required": ["no"]}}},
        {"$id": "urn:a", "$ref": "urn:b", "$defs": {"a": {"$id": "urn:b", "required": ["no"]}}},
        {"$ref": "#/$defs/a%20b", "$defs": {"a b": {"required": ["no"]}}},
        {"$dynamicRef": "#part", "$defs": {"a": {"$dynamicAnchor": "part", "required": ["no"]}}},
    ],
    ids=json.dumps,
)
def test_what_stands_where_the_wording_does_not_look_is_still_said(schema: dict[str, Any]) -> None:
    (one,) = check_document(LOG, NAME, Checks(compiled(schema))).findings
    assert one.code in ("AKL101", "AKL105")
    assert "required" in one.message or "no field no" in one.message
    assert "None" not in one.message


def doubled(depth: int) -> dict[str, Any]:
    """A schema that refers twice to one that refers twice to one, and so on."""
    steps = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/a0", "$defs": {**steps, f"a{depth}": {"required": ["session"]}}}


@pytest.mark.parametrize("typed", [False, True], ids=["files", "stdin"])
def test_a_schema_that_never_ends_is_ended(
    typed: bool, project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_PATIENCE", 1.5)
    (project / "s.json").write_text(json.dumps(doubled(60)))
    if typed:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(LOG)))
    out = checked(capsys, *(["-"] if typed else []), "--schema", "s.json", code=1)
    assert "--schema asks for too much" in out


def test_a_schema_that_takes_all_memory_is_ended(
    project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_PATIENCE", 4.0)
    monkeypatch.setattr(checking, "_MEMORY", 1 << 30)
    (project / "s.json").write_text(json.dumps(doubled(22)))
    (project / LOGS / NAME).write_bytes(b"---\na: 1\n---\n")
    assert "out of memory" in checked(capsys, "--schema", "s.json", code=1)


def test_messages_stay_short_whatever_the_schema_and_the_keys_hold() -> None:
    words = [f"w{number}" for number in range(50_000)]
    key = "k" * 100_000
    for schema in ({"additionalProperties": {"enum": words}}, {"additionalProperties": False}, {"required": words}):
        text = f"{key}: [1]\n" + "".join(f"k{number}: 1\n" for number in range(5000))
        found = check_document(attacks.front(text), "a.md", Checks(compiled(schema))).findings
        assert found
        assert max(len(one.message) for one in found) < 2000


# ---- what stands in a file


@pytest.mark.parametrize("name", sorted(attacks.documents()))
def test_a_file_made_to_cost_much_is_checked(name: str) -> None:
    data = attacks.documents()[name]
    for checks in (Checks(fixes=True), Checks(strict=True), Checks(compiled({"required": ["x"]}), fixes=True)):
        for one in check_document(data, "a.md", checks).findings:
            assert one.code in {"AKL002", "AKL003"} or one.line is not None
            assert len(one.message) < 2000


LARGE: dict[str, tuple[bytes, str]] = {
    "1 MiB of front matter": (attacks.front("x: 1\n" * 210_000), "AKL007"),
    "over 4 MiB": (b"---\nx: 1\n---\n" + b"x" * FILE_LIMIT, "AKL007"),
    "32 000 brackets": (attacks.front("a: " + "[" * 32_000), "AKL007"),
    "32 000 braces": (attacks.front("a: " + "{a: " * 32_000), "AKL007"),
    "an alias bomb": (attacks.front("a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"), "AKL007"),
    "an alias to itself": (attacks.front("a: &a [*a]"), "AKL007"),
    "NUL": (attacks.front('a: "x\0y"'), "AKL006"),
    "all bytes": (bytes(range(256)) * 40, "AKL001"),
    "no UTF-8": (attacks.front("a: ").replace(b"a: ", b"a: \xff\xfe"), "AKL006"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_that_is_too_much_is_one_finding(name: str, project: Path, capsys: Output) -> None:
    data, code = LARGE[name]
    (project / LOGS / NAME).write_bytes(data)
    for form in FORMATS:
        assert code in checked(capsys, "--format", form, code=int(code != "AKL001"))
    found = [one for one in check_document(data, NAME).findings if one.code[:4] == "AKL0"]
    assert [one.code for one in found] == [code]


def test_30_000_findings_in_one_file_are_cut_and_that_is_said(project: Path, capsys: Output) -> None:
    tasks = "".join(f"  - {{id: a, description: x, status: {n}}}\n" for n in range(6000))
    data = LOG.replace(b"tasks:\n", b"tasks:\n" + tasks.encode())
    (project / LOGS / NAME).write_bytes(data)
    report = json.loads(checked(capsys, "--format", "json", code=1).rpartition("akislog: ")[0])
    counts = report["summary"]["codes"]
    assert counts["AKL201"] == MOST
    assert counts["AKL011"] >= 1
    assert max(counts.values()) <= MOST
    for form in ("full", "github"):
        checked(capsys, "--format", form, code=1)


def test_many_files_with_many_findings(project: Path, capsys: Output) -> None:
    tasks = [task("t1", parent_task_id="nobody") for _ in range(15)]
    for number in range(70):
        (project / LOGS / f"{number}.md").write_text(render(record(tasks=tasks)))
    for form in FORMATS:
        out = checked(capsys, "--format", form, "--jobs", "2", code=1)
        assert form not in ("github", "full") or " more" in out, form


INPUTS = {
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "every byte": bytes(range(256)) * 300,
    "fences": b"---\n" * 5000,
    "too large": b"x" * (FILE_LIMIT + 2),
}


@pytest.mark.parametrize("name", INPUTS)
def test_standard_input_of_any_kind(name: str, project: Path) -> None:
    data = INPUTS[name]
    for more in ([], ["--format", "full"], ["--format", "json"]):
        done = akislog(project, "check", "-", *more, stdin=data)
        assert done.returncode in (0, 1)
        assert "AKL" in done.stdout
        assert attacks.seen_raw(done.stdout + done.stderr) == []


# ---- names

NAMES = [
    b"two\nlines.md", b"esc\x1b[31m.md", b"100%0A.md", b"::error file=x::y.md", b"a,b:c.md", b"quo\"te's.md",
    b"no-utf-8-\xff\xfe.md", b"-rf.md", b"--help.md", b"\xe2\x80\xaeltr.md", b"<b>&.md", b"a|b`c`.md", b" .md",
    b"\\.md",
]  # fmt: skip


@pytest.fixture
def named(project: Path) -> Path:
    """The project with a log under each of the names, all with the same fault."""
    for name in NAMES:
        (project / LOGS / os.fsdecode(name)).write_bytes(WRONG)
    return project


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("form", FORMATS)
def test_a_name_is_only_a_name(form: str, capsys: Output) -> None:
    out = checked(capsys, "--format", form, "--select", "AKL103", code=1).rpartition("akislog: ")[0]
    number = len(NAMES)
    if form == "json":
        assert len(json.loads(out)["findings"]) == number
    elif form == "sarif":
        assert len(json.loads(out)["runs"][0]["results"]) == number
    elif form == "junit":
        assert ET.fromstring(out).attrib["failures"] == str(number)
    elif form == "github":
        lines = out.splitlines()
        assert all(one.startswith(("::error file=", "::notice ")) for one in lines)
        assert len(lines) == 11
    elif form != "full":
        assert len([one for one in out.splitlines() if "AKL103" in one]) == number


@pytest.mark.usefixtures("named")
def test_a_baseline_knows_every_name(capsys: Output) -> None:
    checked(capsys, "--baseline", "b.json", "--write-baseline", code=0)
    assert f"{len(NAMES)} error" not in checked(capsys, "--baseline", "b.json", code=0)
    for name in NAMES:
        Path(LOGS, os.fsdecode(name)).write_bytes(LOG)
    assert "no longer needed" in checked(capsys, "--baseline", "b.json", code=0)


def test_names_on_the_command_line(named: Path) -> None:
    for name in NAMES:
        command = [
            sys.executable,
            "-m",
            "akislog",
            "check",
            "--select",
            "AKL103",
            "--",
            os.fsencode(LOGS) + b"/" + name,
        ]
        done = subprocess.run(command, cwd=named, env=environment(), capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        assert done.stdout.count(b"AKL103") == 1
        assert b"Traceback" not in done.stderr
    done = akislog(named / LOGS, "check", "-rf.md")
    assert done.returncode == 2
    assert akislog(named / LOGS, "check", "--", "-rf.md").returncode == 1


def test_what_nobody_may_read(project: Path) -> None:
    (project / LOGS / "closed.md").write_bytes(LOG)
    (project / LOGS / "closed.md").chmod(0)
    (project / LOGS / "folder").mkdir(mode=0)
    open_to_all(project / LOGS)
    command = [*as_nobody(), sys.executable, "-m", "akislog", "check", "--format", "json"]
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["findings"]
    told = {(Path(one["path"]).name, one["code"], one["severity"]) for one in found if one["code"] == "AKL010"}
    assert told == {("closed.md", "AKL010", "error"), ("folder", "AKL010", "error")}


# ---- baselines

ENTRY = {"path": f"{LOGS}/{NAME}", "code": "AKL103", "fingerprint": "0", "count": 1}


def with_entries(*entries: Any) -> bytes:
    return json.dumps({"akislog_baseline": 1, "entries": list(entries)}).encode()


NO_BASELINES = {
    "no JSON": b"{",
    "binary": bytes(range(256)),
    "nothing": b"",
    "a list": b"[]",
    "deep": b"[" * 200_000,
    "deep entries": b'{"akislog_baseline": 1, "entries": ' + b"[" * 200_000,
    "another version": b'{"akislog_baseline": "' + b"2" * 9999 + b'", "entries": []}',
    "no entries": b'{"akislog_baseline": 1}',
    "entries that are a number": b'{"akislog_baseline": 1, "entries": 5}',
    "an entry that is text": with_entries("x"),
    "a path that is a list": with_entries({**ENTRY, "path": []}),
    "a code that is null": with_entries({**ENTRY, "code": None}),
    "a count that is text": with_entries({**ENTRY, "count": "1"}),
    "a count that is true": with_entries({**ENTRY, "count": True}),
    "a count below 1": with_entries({**ENTRY, "count": -(10**9)}),
    "a count of 5 000 digits": with_entries(ENTRY).replace(b'"count": 1', b'"count": ' + b"9" * 5000),
}


@pytest.mark.parametrize("name", NO_BASELINES)
def test_a_baseline_that_is_none(name: str, project: Path, capsys: Output) -> None:
    (project / "b.json").write_bytes(NO_BASELINES[name])
    out = checked(capsys, "--baseline", "b.json", code=2)
    assert "b.json" in out
    assert len(out) < 500


@pytest.mark.parametrize("name", ["folder", "fifo", "link", "/dev/zero"])
def test_a_baseline_that_is_no_file(name: str, project: Path, capsys: Output) -> None:
    (project / "folder").mkdir()
    os.mkfifo(project / "fifo")
    (project / "link").symlink_to("/etc/hostname")
    assert name in checked(capsys, "--baseline", name, code=2)


def test_a_baseline_that_says_much_opens_and_costs_nothing(project: Path, capsys: Output) -> None:
    huge = [{**ENTRY, "count": 10**18}, {**ENTRY, "fingerprint": "1", "path": "../" * 9 + "etc/shadow"}]
    odd = [
        {**ENTRY, "path": path, "code": "\x1b[31m a"} for path in ("/etc/hostname", "a\0b", "x" * 5000, "\ud800", "")
    ]
    many = [{**ENTRY, "path": f"gone/{number}.md"} for number in range(20_000)]
    (project / "b.json").write_bytes(with_entries(*huge, *odd, *many))
    for number in range(30):
        (project / LOGS / f"{number}.md").write_bytes(WRONG)
    before = sorted(project.rglob("*"))
    out = checked(capsys, "--baseline", "b.json", code=1)
    assert "no longer needed" in out
    assert len(out.partition("no longer needed")[2]) < 60_000
    assert sorted(project.rglob("*")) == before


# ---- repositories

REFS = [
    "--output=x",
    "-O/etc/passwd",
    "--upload-pack=touch ran",
    "HEAD --ext-diff",
    "\n",
    "a" * 9999,
    "HEAD\0",
    "\x1b[31m",
]


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(project: Path) -> Path:
    """A repository whose configuration has a program run wherever git can be told to run one."""
    git(project, "init", "-q")
    (project / ".gitattributes").write_text("*.md filter=f diff=d\n*.txt filter=a=b\n")
    (project / "a.txt").write_text("one")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "all")
    ran = f"touch {project}/.git/ran-$$; cat"
    keys = ["core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand", "diff.external"]
    keys += [
        "filter.f.clean",
        "filter.f.process",
        "filter.a=b.clean",
        "diff.d.command",
        "diff.d.textconv",
        "gpg.program",
    ]
    for key in keys:
        git(project, "config", key, ran)
    for key in ("filter.f.required", "diff.relative", "log.showSignature", "color.ui"):
        git(project, "config", key, "true")
    hooks = project / ".git" / "hooks"
    for name in ("post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\n{ran}\n")
        (hooks / name).chmod(0o755)
    (project / LOGS / NAME).write_bytes(WRONG)
    (project / "a.txt").write_text("two")
    return project


def ran(project: Path) -> list[str]:
    return [one.name for one in (project / ".git").glob("ran-*")]


def test_a_repository_runs_nothing(repository: Path, capsys: Output) -> None:
    assert {path.name for path in changed_since(repository, "HEAD")} == {NAME, "a.txt"}
    assert {path.name for path in changed_since(repository / LOGS, "HEAD")} == {NAME, "a.txt"}
    assert added_with(repository, [str(repository / LOGS / NAME)])
    assert "AKL103" in checked(capsys, "--changed-since", "HEAD", "--git", code=1)
    assert ran(repository) == []
    subprocess.run(["git", "diff", "HEAD"], cwd=repository, capture_output=True, check=False)
    assert ran(repository) != []  # git itself does, when it is asked without care


@pytest.mark.parametrize("ref", REFS)
def test_a_ref_is_only_a_ref(ref: str, repository: Path, capsys: Output) -> None:
    before = sorted(one for one in repository.rglob("*") if ".git" not in one.parts)
    assert "--changed-since" in checked(capsys, "--changed-since", ref, code=2) or "\0" in ref
    assert sorted(one for one in repository.rglob("*") if ".git" not in one.parts) == before
    assert ran(repository) == []


def test_a_partial_clone_fetches_nothing(repository: Path, tmp_path: Path) -> None:
    """Blobs that are not there could come from a program of the repository's own choosing."""
    bare, clone = tmp_path / "bare", tmp_path / "clone"
    git(repository, "config", "--unset-all", "core.fsmonitor")
    subprocess.run(["git", "clone", "-q", "--bare", str(repository), str(bare)], check=True, capture_output=True)
    git(bare, "config", "uploadpack.allowFilter", "true")
    command = ["git", "clone", "-q", "--filter=tree:0", "--no-checkout", f"file://{bare}", str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    git(clone, "config", "protocol.ext.allow", "always")
    git(clone, "config", "remote.origin.url", f"ext::sh -c touch% {tmp_path}/ran-ext")
    (clone / LOGS).mkdir(parents=True)
    (clone / LOGS / NAME).write_bytes(LOG)
    assert added_with(clone, [str(clone / LOGS / NAME)]) == {}
    done = akislog(clone, "check", "--git", "--changed-since", "HEAD")
    assert done.returncode in (0, 1, 2)
    assert not (tmp_path / "ran-ext").exists()


# ---- where reports go

PLACES: dict[str, Callable[[Path], object]] = {
    "nowhere/x": lambda _: None,
    "folder": lambda at: at.mkdir(),
    "/dev/full": lambda _: None,
    "x" * 300: lambda _: None,
}


@pytest.mark.parametrize("name", PLACES)
def test_a_report_or_baseline_that_cannot_be_written(name: str, project: Path, capsys: Output) -> None:
    PLACES[name](project / name)
    for arguments in (["--format", f"json:{name}"], ["--baseline", name, "--write-baseline"]):
        out = checked(capsys, *arguments, code=1)
        assert "cannot be written" in out
        assert "give another file" in out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_behind_stdout_is_said(form: str, project: Path) -> None:
    (project / LOGS / NAME).write_bytes(WRONG * 1)
    command = [sys.executable, "-m", "akislog", "check", "--format", form]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, cwd=project, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
