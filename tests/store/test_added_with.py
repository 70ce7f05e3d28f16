"""The commit that a log came with, asked of real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from akislog.store.history import added_with

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder: Path, *arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def commit(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n" * 9, "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "some")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "main"
    root.mkdir()
    git(root, "init", "-q")
    commit(root, "src/a.py", "log/workflow/one.md")
    return root


def added(root: Path, *names: str) -> dict[str, list[str]]:
    found = added_with(root, [str(root / name) for name in names])
    return {Path(path).relative_to(root).as_posix(): sorted(names) for path, names in found.items()}


def test_each_log_with_its_own_commit(repository: Path) -> None:
    (repository / "src/a.py").unlink()
    commit(repository, "log/workflow/zwei ü\t.md", "two words.txt")
    (repository / "log/workflow/new.md").write_text("new", "utf-8")
    assert added(repository, "log/workflow/one.md", "log/workflow/zwei ü\t.md", "log/workflow/new.md") == {
        "log/workflow/one.md": ["log/workflow/one.md", "src/a.py"],
        "log/workflow/zwei ü\t.md": ["log/workflow/zwei ü\t.md", "src/a.py", "two words.txt"],
    }


def test_a_change_later_is_not_when_it_was_added(repository: Path) -> None:
    (repository / "log/workflow/one.md").write_text("changed", "utf-8")
    commit(repository, "src/b.py")
    assert added(repository, "log/workflow/one.md") == {"log/workflow/one.md": ["log/workflow/one.md", "src/a.py"]}


def test_a_renamed_log(repository: Path) -> None:
    git(repository, "mv", "log/workflow/one.md", "log/workflow/eins.md")
    commit(repository, "src/b.py")
    commit(repository, "log/workflow/one.md")
    assert added(repository, "log/workflow/eins.md", "log/workflow/one.md") == {
        "log/workflow/eins.md": ["log/workflow/one.md", "src/a.py"],
        "log/workflow/one.md": ["log/workflow/one.md"],
    }


def test_a_log_that_went_and_came_back(repository: Path) -> None:
    git(repository, "rm", "-q", "log/workflow/one.md")
    commit(repository, "src/b.py")
    commit(repository, "log/workflow/one.md", "src/c.py")
    assert added(repository, "log/workflow/one.md") == {"log/workflow/one.md": ["log/workflow/one.md", "src/c.py"]}


def test_a_merge(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "log/workflow/side.md", "src/side.py")
    git(repository, "checkout", "-q", "main")
    commit(repository, "src/b.py", "log/workflow/main.md")
    git(repository, "merge", "-q", "--no-ff", "side", "-m", "merge")
    assert added(repository, "log/workflow/side.md", "log/workflow/main.md") == {
        "log/workflow/side.md": ["log/workflow/side.md", "src/side.py"],
        "log/workflow/main.md": ["log/workflow/main.md", "src/b.py"],
    }


def test_what_first_stands_in_a_merge_is_unknown(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "src/side.py")
    git(repository, "checkout", "-q", "main")
    commit(repository, "src/b.py")
    git(repository, "merge", "-q", "--no-ff", "--no-commit", "side")
    commit(repository, "log/workflow/merged.md")
    assert added(repository, "log/workflow/merged.md") == {}


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    commit(repository, "log/workflow/two.md", "src/b.py")
    commit(repository, "log/workflow/three.md")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{repository}", str(clone))
    names = [f"log/workflow/{name}.md" for name in ("one", "two", "three")]
    assert added(clone, *names) == {"log/workflow/three.md": ["log/workflow/three.md"]}


def test_a_project_inside_a_repository(repository: Path) -> None:
    commit(repository, "app/src/x.py", "app/log/workflow/x.md", "src/b.py")
    root = repository / "app"
    assert added(root, "log/workflow/x.md") == {"log/workflow/x.md": ["log/workflow/x.md", "src/x.py"]}


def test_relative_paths(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    assert added_with(repository, ["log/workflow/one.md"]) == {
        "log/workflow/one.md": frozenset({"log/workflow/one.md", "src/a.py"})
    }


def test_without_a_repository_or_a_commit(tmp_path: Path) -> None:
    path = tmp_path / "one.md"
    path.write_text("one", "utf-8")
    assert added_with(tmp_path, [str(path)]) == {}
    git(tmp_path, "init", "-q")
    assert added_with(tmp_path, [str(path)]) == {}
    assert added_with(tmp_path, []) == {}
    assert added_with(tmp_path, [str(tmp_path.parent / "elsewhere.md")]) == {}
