"""What CI systems and editors are given: the hooks, the action and the page about them name what there is, and run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from akislog import resources
from akislog.report.check import FORMATS
from tests.children import CHECKOUT, environment
from tests.cli.command import akislog

LOGS = "log/workflow"
PAGE = (CHECKOUT / "docs" / "check-in-ci.md").read_text("utf-8")
SCRIPTS = sorted((CHECKOUT / "integrations" / "github-action").glob("*.sh"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
ACTION: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {one["name"]: one for one in ACTION["runs"]["steps"]}

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts of the action need bash")


@pytest.fixture(scope="module")
def options() -> set[str]:
    """The options of ``akislog check``, as its help names them."""
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", akislog(CHECKOUT, "check", "--help").stdout))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a log that has a fault."""
    folder = tmp_path / "shop"
    logs = folder / LOGS
    logs.mkdir(parents=True)
    (folder / ".akislog.toml").touch()
    log = next(one for one in sorted(resources.example_logs().iterdir()) if "parent_task_id" in one.read_text("utf-8"))
    text = re.sub(r"parent_task_id: .*", 'parent_task_id: "a,b:c%0A"', log.read_text("utf-8"), count=1)
    (logs / log.name).write_text(text, "utf-8")
    return folder


def block(kind: str, file: str) -> str:
    found = re.search(rf"^```{kind} file={re.escape(file)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, file
    return found[1]


# ---- what is named is there


def used_options(text: str) -> set[str]:
    """The options that stand behind ``akislog check`` on its line, or alone in a list of options."""
    lines = [line.partition("akislog check")[2] for line in text.splitlines() if "akislog check" in line]
    quoted = re.findall(r"`(--[^`]+)`", text)
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join([*lines, *quoted])))


def test_every_option_that_is_named_is_one(options: set[str]) -> None:
    assert {"--format", "--baseline", "--changed-since", "--stdin-filename"} <= options
    texts = [PAGE, json.dumps(HOOKS), json.dumps(ACTION), *(path.read_text("utf-8") for path in SCRIPTS)]
    for text in texts:
        assert used_options(text.replace("\\`", "`")) - options - {"--help"} == set()
    assert used_options(PAGE) >= {"--format", "--baseline", "--write-baseline", "--stdin-filename"}
    arguments = re.search(r"args = \{(.*?)\}", block("lua", "none-ls.lua"))
    assert arguments
    assert set(re.findall(r'"(--[a-z-]+)"', arguments[1])) <= options


def test_the_page_tells_every_form_and_every_input() -> None:
    rows = re.search(r"\| `--format` \| for \|\n\|---\|---\|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert rows
    told = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in rows[1].splitlines()))
    assert sorted(told) == sorted(FORMATS)
    table = re.search(r"\| input \| \|\n\|---\|---\|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table
    assert sorted(re.findall(r"^\| `([a-z-]+)`", table[1], re.MULTILINE)) == sorted(ACTION["inputs"])


def test_the_configurations_of_the_page_use_what_there_is(options: set[str]) -> None:
    workflow = yaml.safe_load(block("yaml", ".github/workflows/logs.yml"))
    (ours,) = [one for one in workflow["jobs"]["check"]["steps"] if "akislog" in one["uses"]]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    (repository,) = yaml.safe_load(block("yaml", ".pre-commit-config.yaml"))["repos"]
    assert {one["id"] for one in repository["hooks"]} == {one["id"] for one in HOOKS}
    for hook in repository["hooks"]:
        assert {one for one in hook["args"] if one.startswith("-")} <= options
    pipeline = yaml.safe_load(block("yaml", ".gitlab-ci.yml"))["logs"]
    assert any(pipeline["artifacts"]["reports"]["junit"] in line for line in pipeline["script"])


# ---- editors


def concise(project: Path) -> str:
    done = akislog(project, "check", "--format", "concise")
    assert done.returncode == 1
    return next(line for line in done.stdout.splitlines() if "AKL203" in line)


def test_the_problem_matcher_reads_the_concise_form(project: Path) -> None:
    (task,) = json.loads(block("json", ".vscode/tasks.json"))["tasks"]
    line = concise(project)
    pattern = task["problemMatcher"]["pattern"]
    found = re.fullmatch(pattern["regexp"], line)
    assert found
    named = {name: found[number] for name, number in pattern.items() if name != "regexp"}
    assert (project / named["file"]).is_file()
    assert (named["severity"], named["code"]) == ("error", "AKL203")
    assert line.startswith(f"{named['file']}:{named['line']}:{named['column']}: ")
    done = akislog(project, *task["args"])
    assert line in done.stdout.splitlines()


def test_none_ls_and_efm_read_the_concise_form(project: Path) -> None:
    line = concise(project)
    lua = re.search(r'from_pattern\(\s*"(.*?)"', block("lua", "none-ls.lua"))
    assert lua
    pattern = lua[1]
    for theirs, ours in ((".-", ".*?"), ("%d", r"\d"), ("%a", "[a-z]"), ("%[", r"\["), ("%]", r"\]")):
        pattern = pattern.replace(theirs, ours)
    found = re.fullmatch(pattern.strip("^$"), line)
    assert found
    assert found.groups()[2:4] == ("error", "AKL203")
    (efm,) = yaml.safe_load(block("yaml", "efm/config.yaml"))["tools"]["akislog"]["lint-formats"]
    expression = re.escape(efm.replace("%*[a-z]", "\0")).replace("\0", "[a-z]+")
    for letter, meaning in (("f", ".+"), ("l", r"\d+"), ("c", r"\d+"), ("t", "."), ("n", r"\d+"), ("m", ".+")):
        expression = expression.replace(f"%{letter}", f"({meaning})")
    found = re.fullmatch(expression, line)
    assert found
    assert found.groups()[3:5] == ("e", "203")


def test_what_is_typed_is_shown_not_what_is_on_disk(project: Path) -> None:
    (path,) = (project / LOGS).iterdir()
    typed = path.read_bytes().replace(b"a,b:c%0A", b"typed")
    command = yaml.safe_load(block("yaml", "efm/config.yaml"))["tools"]["akislog"]["lint-command"]
    name = str(path.relative_to(project))
    arguments = shlex.split(command.replace("${INPUT}", name))[1:]
    done = akislog(project, *arguments, stdin=typed)
    assert done.stdout.startswith(f"{name}:")
    assert '"typed"' in done.stdout
    full = akislog(project, "check", "-", "--stdin-filename", name, "--format", "full", stdin=typed)
    assert 'parent_task_id: "typed"' in full.stdout


# ---- pre-commit


def test_the_hooks_have_what_pre_commit_wants() -> None:
    assert [one["id"] for one in HOOKS] == ["akislog-check", "akislog-check-front-matter"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert hook["language"] == "python"
        assert hook["entry"].split()[:2] == ["akislog", "check"]
    logs = HOOKS[0]
    assert logs["pass_filenames"] is False
    assert logs["require_serial"] is True
    assert re.search(logs["files"], f"{LOGS}/2026-01-05_menu.md")
    assert not re.search(logs["files"], "docs/log/workflow/x.md")


def test_pre_commit_takes_the_hooks() -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    path = str(CHECKOUT / ".pre-commit-hooks.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_find_faults(project: Path) -> None:
    logs, front_matter = (shlex.split(one["entry"])[1:] for one in HOOKS)
    done = akislog(project, *logs)
    assert done.returncode == 1
    assert "AKL203" in done.stdout
    (project / "page.md").write_text("---\ntitle: 3\n---\n", "utf-8")
    (project / "fine.md").write_text("---\ntitle: x\n---\n", "utf-8")
    (project / "page.json").write_text('{"properties": {"title": {"type": "string"}}}', "utf-8")
    done = akislog(project, *front_matter, "page.json", "page.md", "fine.md")
    assert done.returncode == 1
    assert done.stdout == "page.md:2:8: error[AKL102] title must be text, not a number\n"
    done = akislog(project, *front_matter, "page.md", "fine.md")
    assert done.returncode == 2


# ---- the action


def test_no_input_is_read_as_code() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
    for path in SCRIPTS:
        text = path.read_text("utf-8")
        assert "${{" not in text
        assert "eval" not in text
        assert os.access(path, os.X_OK)


def test_every_input_arrives_in_a_script() -> None:
    given = {
        value: name
        for step in STEPS.values()
        for name, value in {**step.get("env", {}), **step.get("with", {})}.items()
    }
    assert set(given) == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    text = "".join(path.read_text("utf-8") for path in SCRIPTS)
    for name in given.values():
        assert name == "python-version" or f"${name}" in text or f"${{{name}" in text


def run_step(name: str, project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does: inputs into the environment, bash with ``-eo pipefail``, files for what is said."""
    runner = project.parent
    programs = runner / "bin"
    programs.mkdir(exist_ok=True)
    command = programs / "akislog"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m akislog "$@"\n')
    command.chmod(0o755)
    step = STEPS[name]
    values = {key: inputs.get(key, one.get("default", "")) for key, one in ACTION["inputs"].items()}
    variables = {
        key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], value)
        for key, value in step["env"].items()
    }
    assert step["shell"] == "bash"
    script = runner / "step.sh"
    script.write_text(step["run"], "utf-8")
    (runner / "temp").mkdir(exist_ok=True)
    for file in ("summary", "output", "path"):
        (runner / file).write_text("")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=project,
        env=environment(
            **variables,
            CI="true",
            GITHUB_ACTIONS="true",
            GITHUB_ACTION_PATH=str(CHECKOUT),
            GITHUB_OUTPUT=str(runner / "output"),
            GITHUB_PATH=str(runner / "path"),
            GITHUB_STEP_SUMMARY=str(runner / "summary"),
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            RUNNER_TEMP=str(runner / "temp"),
        ),
        capture_output=True,
        text=True,
        check=False,
    )


@needs_bash
def test_the_action_annotates_sums_up_and_writes_sarif(project: Path) -> None:
    done = run_step("Check", project, **{"sarif-file": "out, put.sarif"})
    assert done.returncode == 1, done.stderr
    errors = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert errors[0].startswith(f"::error file={LOGS}/")
    assert ',title=AKL203::parent_task_id names no task "a,b:c%250A"' in errors[0]
    assert "\x1b" not in done.stdout
    summary = (project.parent / "summary").read_text("utf-8")
    assert summary.startswith("### akislog check\n")
    assert "| error | AKL203 |" in summary
    sarif = json.loads((project / "out, put.sarif").read_text("utf-8"))
    (result,) = [one for one in sarif["runs"][0]["results"] if one["ruleId"] == "AKL203"]
    assert result["partialFingerprints"]["akislog/v1"].endswith(":1")
    assert (project.parent / "output").read_text("utf-8") == "sarif-file=out, put.sarif\n"


@needs_bash
def test_the_action_takes_paths_options_and_a_baseline(project: Path) -> None:
    (project / "a b").mkdir()
    (project / "a b" / "-c.md").write_text("no log", "utf-8")
    done = run_step("Check", project, paths="a b\n\n  \n", args="--select=AKL0\n--strict\r\n")
    assert done.returncode == 1
    assert "file=a b/-c.md," in done.stdout
    assert "AKL203" not in done.stdout
    assert run_step("Check", project, **{"fail-on": "never"}).returncode == 0
    akislog(project, "check", "--baseline", "b.json", "--write-baseline")
    assert run_step("Check", project, baseline="b.json").returncode == 0
    assert "no findings" in (project.parent / "summary").read_text("utf-8")
    assert (project.parent / "output").read_text("utf-8") == ""


@needs_bash
@pytest.mark.parametrize(
    "inputs",
    [
        {"paths": "$(touch pwned)"},
        {"paths": "`touch pwned`\n;touch pwned"},
        {"paths": "--format=json:pwned"},
        {"args": "--select=AKL2; touch pwned"},
        {"args": "touch pwned"},
        {"args": "log\n--format=json:$(touch pwned)/x"},
        {"fail-on": "never; touch pwned"},
        {"baseline": "$(touch pwned)"},
        {"sarif-file": "a.sarif\npwned=1"},
    ],
)
def test_hostile_inputs_are_refused_and_run_nothing(project: Path, inputs: dict[str, str]) -> None:
    done = run_step("Check", project, **inputs)
    assert done.returncode in (1, 2), done.stdout
    assert "::error title=akislog::" in done.stdout or "akislog: " in done.stderr
    assert not list(project.parent.rglob("pwned*"))
    assert (project.parent / "output").read_text("utf-8") == ""


@needs_bash
@pytest.mark.parametrize("version", ["1.0 --index-url=x", "$(touch pwned)", "-e .", "1.0\n2", "@ file:x"])
def test_only_a_version_is_installed(project: Path, version: str) -> None:
    done = run_step("Install akislog", project, version=version)
    assert done.returncode == 2
    assert "::error title=akislog::the input version" in done.stdout
    assert list((project.parent / "temp").iterdir()) == []


@pytest.mark.long
@needs_bash
def test_the_action_installs_itself(project: Path) -> None:
    done = run_step("Install akislog", project)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (project.parent / "path").read_text("utf-8").splitlines()
    assert os.listdir(folder) == ["akislog"]
    told = subprocess.run([f"{folder}/akislog", "check"], cwd=project, capture_output=True, text=True, check=False)
    assert told.returncode == 1, told.stderr
    assert "AKL203" in told.stdout
