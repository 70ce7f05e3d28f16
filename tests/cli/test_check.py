"""``akislog check`` and ``akislog explain`` as a user, a CI job and an editor run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from akislog import resources
from tests.children import environment
from tests.cli.command import akislog
from tests.paths import CORPUS, need

LOGS = "log/workflow"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the example logs in it."""
    logs = tmp_path / LOGS
    logs.mkdir(parents=True)
    (tmp_path / ".akislog.toml").touch()
    for log in resources.example_logs().glob("*.md"):
        shutil.copy(log, logs)
    return tmp_path


def a_log(project: Path) -> Path:
    return next(path for path in sorted((project / LOGS).iterdir()) if "parent_task_id" in path.read_text("utf-8"))


def broken(project: Path) -> tuple[Path, int]:
    """A log with a parent that is none; the path, and the line."""
    path = a_log(project)
    lines = path.read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines) if line.strip().startswith("parent_task_id:"))
    lines[number] = '    parent_task_id: "nothing-like-it"'
    path.write_text("\n".join(lines), "utf-8")
    return path, number + 1


def test_good_logs_are_fine(project: Path) -> None:
    done = akislog(project, "check", "--ignore", "AKL208,AKL212")  # the examples show these
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert done.stderr == f"akislog: no findings in {len(list(resources.example_logs().glob('*.md')))} logs\n"


def test_a_fault_is_told_with_its_place(project: Path) -> None:
    path, line = broken(project)
    done = akislog(project, "check")
    assert done.returncode == 1
    assert f"{path.relative_to(project)}:{line}:21: error[AKL203] parent_task_id names no task" in done.stdout
    assert "1 error" in done.stderr


def test_paths_and_folders_may_be_named(project: Path) -> None:
    path, _ = broken(project)
    others = [str(one) for one in (project / LOGS).iterdir() if one != path]
    assert akislog(project, "check", *others).returncode == 0
    assert akislog(project, "check", str(path)).returncode == 1
    assert akislog(project, "check", LOGS).returncode == 1


def test_what_fails_is_ones_own_choice(project: Path) -> None:
    broken(project)
    assert akislog(project, "check", "--fail-on", "never").returncode == 0
    assert akislog(project, "check", "--ignore", "AKL2").returncode == 0
    assert akislog(project, "check", "--select", "AKL1").returncode == 0
    assert akislog(project, "check", "--select", "AKL2", "--ignore", "AKL203").returncode in (0, 1)


def test_standard_input_is_one_log_with_a_name(project: Path) -> None:
    path, line = broken(project)
    done = akislog(project, "check", "-", "--stdin-filename", path.name, stdin=path.read_bytes())
    assert done.returncode == 1
    assert done.stdout.startswith(f"{path.name}:{line}:")
    assert akislog(project, "check", "-", stdin=b"no log").stdout.startswith("<stdin>:1:1: ")


def test_formats_go_to_files_too(project: Path) -> None:
    broken(project)
    done = akislog(project, "check", "--format", "json:out.json", "--format", "sarif:out.sarif", "--format", "github")
    assert done.returncode == 1
    assert done.stdout.startswith("::error ")
    assert json.loads((project / "out.json").read_text("utf-8"))["findings"][0]["code"] == "AKL203"
    assert json.loads((project / "out.sarif").read_text("utf-8"))["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "jsno"], "--format must be one of"),
        (["--format", "json", "--format", "sarif"], "only one --format can go to stdout"),
        (["--select", "AKL9"], "is no code"),
        (["--fail-on", "errors"], "--fail-on must be one of"),
        (["--baseline", "none.json"], "no such baseline; write it with --write-baseline"),
        (["--write-baseline"], "--write-baseline needs --baseline"),
        (["--schema", "none.json"], "--schema none.json"),
        (["--changed-since", "HEAD"], "git knows no such commit"),
        (["nothing.md"], "no such file or folder"),
        (["empty"], "no file to check"),
        (["-", "empty"], "- is standard input and stands alone"),
    ],
)
def test_wrong_usage_is_said_before_any_log_is_read(project: Path, arguments: list[str], said: str) -> None:
    broken(project)
    (project / "empty").mkdir()
    done = akislog(project, "check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_project_without_logs_says_so(tmp_path: Path) -> None:
    done = akislog(tmp_path, "check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no folder" in done.stderr


def test_a_schema_of_ones_own_for_any_front_matter(project: Path) -> None:
    (project / "notes").mkdir()
    (project / "notes" / "a.md").write_text("---\ntitle: 3\ntags: [x]\n---\nbody\n", "utf-8")
    (project / "schema.json").write_text('{"properties": {"title": {"type": "string"}}}', "utf-8")
    done = akislog(project, "check", "notes", "--schema", "schema.json")
    assert done.stdout == "notes/a.md:2:8: error[AKL102] title must be text, not a number\n"
    (project / "schema.json").write_text('{"$ref": "https://example.org/never"}', "utf-8")
    done = akislog(project, "check", "notes", "--schema", "schema.json")
    assert done.returncode == 2
    assert "is not at hand, and schemas are never fetched" in done.stderr


def test_a_baseline_leaves_out_what_was_there(project: Path) -> None:
    path, _ = broken(project)
    assert akislog(project, "check", "--baseline", "b.json", "--write-baseline").returncode == 0
    done = akislog(project, "check", "--baseline", "b.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "known from the baseline" in done.stderr
    renamed = path.with_name("renamed-" + path.name)
    path.rename(renamed)
    text = renamed.read_text("utf-8").replace("---\nsession:", "---\n# a line more\nsession:", 1)
    renamed.write_text(text.replace("status: done", "status: doen", 1), "utf-8")
    done = akislog(project, "check", "--baseline", "b.json", "--select", "AKL1,AKL203")
    assert done.returncode == 1
    assert [line.split("[")[1][:6] for line in done.stdout.splitlines()] == ["AKL103"]


def test_a_baseline_knows_a_file_however_it_is_named(project: Path) -> None:
    """An editor names files by their whole path, a hook from the root."""
    broken(project)
    akislog(project, "check", "--baseline", "b.json", "--write-baseline")
    folder = "log/workflow"
    for spelt in (folder, f"./{folder}", f"../{project.name}/{folder}", str(project / folder)):
        done = akislog(project, "check", spelt, "--baseline", "b.json", "--fail-on", "warning")
        assert (done.returncode, done.stdout) == (0, ""), spelt
    assert str(project) not in (project / "b.json").read_text("utf-8")
    done = akislog(project, "check", str(project / folder), "--fail-on", "warning")
    assert str(project) in done.stdout


def test_a_selection_says_nothing_of_the_rest_of_a_baseline(project: Path) -> None:
    path, _ = broken(project)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x"], cwd=project, check=True)
    akislog(project, "check", "--baseline", "b.json", "--write-baseline")
    for more in (["--select", "AKL1"], ["--ignore", "AKL203"], ["--changed-since", "HEAD"], [f"{LOGS}/{path.name}"]):
        done = akislog(project, "check", "--baseline", "b.json", *more)
        assert (done.returncode, done.stdout) == (0, ""), more
        assert "no longer needed" not in done.stderr, more


def test_what_was_mended_is_told(project: Path) -> None:
    path, _ = broken(project)
    akislog(project, "check", "--baseline", "b.json", "--write-baseline")
    shutil.copy(resources.example_logs() / path.name, path)
    done = akislog(project, "check", "--baseline", "b.json")
    assert done.returncode == 0
    assert "no longer needed" in done.stderr
    assert f"{LOGS}/{path.name} AKL203" in done.stderr


def test_the_real_corpus_has_no_error_and_a_baseline_makes_it_clean(tmp_path: Path) -> None:
    shutil.copytree(need(CORPUS), tmp_path / "logs")
    done = akislog(tmp_path, "check", "logs", "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 0, [one for one in report["findings"] if one["severity"] == "error"]
    assert report["findings"]
    written = akislog(tmp_path, "check", "logs", "--baseline", "b.json", "--write-baseline")
    assert written.returncode == 0, written.stderr
    done = akislog(tmp_path, "check", "logs", "--baseline", "b.json", "--fail-on", "warning")
    assert done.returncode == 0, done.stdout
    assert "error" not in done.stdout + done.stderr
    assert "no longer needed" not in done.stderr


def test_a_baseline_of_the_real_corpus_sees_what_is_new_and_what_is_mended(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(need(CORPUS), logs)
    baseline = ("check", "logs", "--ignore", "AKL214", "--baseline", "b.json")  # the name is no part of this
    akislog(tmp_path, *baseline, "--write-baseline")
    named = [path for path in sorted(logs.glob("*.md")) if b"\n  complexity: medium\n" in path.read_bytes()]
    shifted, renamed, planted = named[:3]
    for path in (shifted, renamed):  # all lines move
        path.write_bytes(path.read_bytes().replace(b"---\n", b"---\n# one\n# two\n", 1))
    renamed = renamed.rename(logs / f"2026-01-01_renamed_{renamed.name}")
    moved = akislog(tmp_path, *baseline, "--fail-on", "warning")
    assert (moved.returncode, moved.stdout) == (0, ""), moved.stdout
    assert "no longer needed" not in moved.stderr
    for path in (shifted, renamed, planted):
        path.write_bytes(path.read_bytes().replace(b"\n  complexity: medium\n", b"\n  complexity: huge\n", 1))
    caught = akislog(tmp_path, *baseline, "--fail-on", "warning")
    assert caught.returncode == 1
    told = [line.split(":")[0] for line in caught.stdout.splitlines()]
    assert sorted(told) == sorted(str(path.relative_to(tmp_path)) for path in (shifted, renamed, planted))
    assert caught.stdout.count("warning[AKL103] session.complexity must be one of") == 3
    for path in (shifted, renamed, planted):
        path.write_bytes(path.read_bytes().replace(b"complexity: huge", b"complexity: medium"))
    akislog(tmp_path, "migrate", "--write", str(planted.relative_to(tmp_path)))
    mended = akislog(tmp_path, *baseline, "--fail-on", "error")
    assert mended.returncode == 0, mended.stdout
    assert f"{planted.relative_to(tmp_path)} AKL401" in mended.stderr
    assert "no longer needed" in mended.stderr


def test_logs_are_compared_where_only_folders_are_named(project: Path) -> None:
    one, other = sorted((project / LOGS).glob("*.md"))[:2]
    text = one.read_text("utf-8")
    one.write_text(
        re.sub(
            r"^(  ended_at: .*)$", r'\1\n  continues: ["2020-01-01_000000_nothing_00000000"]', text, count=1, flags=re.M
        ),
        "utf-8",
    )
    for paths, told in (([], True), ([LOGS], True), ([str(one)], False), ([LOGS, str(other)], False)):
        assert ("AKL302" in akislog(project, "check", *paths).stdout) == told, paths


def test_colours_are_for_terminals(project: Path) -> None:
    broken(project)
    for name in ("full", "concise", "github"):
        for variables in ({}, {"GITHUB_ACTIONS": "true", "CI": "true"}, {"FORCE_COLOR": "1"}):
            assert "\x1b" not in akislog(project, "check", "--format", name, **variables).stdout


def test_several_processes_say_the_same(project: Path) -> None:
    broken(project)
    for number in range(150):
        shutil.copy(a_log(project), project / LOGS / f"copy-{number:03}.md")
    one, two = (akislog(project, "check", "--jobs", jobs) for jobs in ("1", "2"))
    assert one.stdout
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_links_and_special_files_are_told(project: Path) -> None:
    logs = project / LOGS
    os.mkfifo(logs / "pipe.md")
    (logs / "link.md").symlink_to(a_log(project))
    (logs / ".hidden").mkdir()
    done = akislog(project, "check")
    assert done.returncode == 1
    assert "pipe.md:1:1: error[AKL010] not a regular file" in done.stdout
    assert "link.md: note[AKL010] a symbolic link; it is not followed" in done.stdout
    assert ".hidden: note[AKL010] a hidden folder" in done.stdout


def test_changed_files_only(project: Path) -> None:
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    broken(project)
    assert akislog(project, "check", "--changed-since", "HEAD").returncode == 1
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "y"], cwd=project, check=True)
    assert akislog(project, "check", "--changed-since", "HEAD").returncode == 0
    assert akislog(project, "check", "--changed-since", "HEAD~1").returncode == 1


def test_a_closed_pipe_ends_quietly(project: Path) -> None:
    for number in range(40):
        shutil.copy(a_log(project), project / LOGS / f"copy-{number:03}.md")
    command = f"{sys.executable} -m akislog check --format full | head -1"
    done = subprocess.run(
        command, shell=True, cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_codes_are_explained(tmp_path: Path) -> None:
    listed = akislog(tmp_path, "explain").stdout
    codes = [line.split()[0] for line in listed.splitlines()]
    assert {"AKL001", "AKL101", "AKL203", "AKL301", "AKL403"} <= set(codes)
    for code in codes:
        assert code in akislog(tmp_path, "explain", code.lower()).stdout
    assert akislog(tmp_path, "explain", "AKL3").stdout.count("\n") == sum(code.startswith("AKL3") for code in codes)
    done = akislog(tmp_path, "explain", "AKL2O3")
    assert done.returncode == 2
    assert "did you mean AKL2" in done.stderr
    for odd in ("", "x" * 5000, "AKL", "\x1b[31m", "--", "*", "AKL203,AKL204"):
        done = akislog(tmp_path, "explain", "--", odd)
        assert done.returncode == (0 if odd in ("", "AKL", "AKL203,AKL204") else 2), odd
        assert done.stdout or "explain" in done.stderr
