"""What changed since a commit, asked of a real git in real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from akislog.errors import UsageError
from akislog.store.history import changed_since


def git(folder: Path, *arguments: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "files")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, a="one", b="one", c="one")
    return folder


def names(found: frozenset[Path], folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder.resolve())) for path in found)


def test_committed_changed_and_new_files_are_told(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, b="two")
    (repository / "c.md").write_text("two", "utf-8")
    (repository / "naïve name\n.md").write_text("new", "utf-8")
    assert names(changed_since(repository, "main"), repository) == ["b.md", "c.md", "naïve name\n.md"]


def test_what_others_did_meanwhile_is_not_ours(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "work")
    commit(repository, b="two")
    git(repository, "checkout", "-q", "main")
    commit(repository, a="two")
    git(repository, "checkout", "-q", "work")
    assert names(changed_since(repository, "main"), repository) == ["b.md"]


def test_from_a_folder_below(repository: Path) -> None:
    below = repository / "logs"
    below.mkdir()
    (below / "x.md").write_text("new", "utf-8")
    assert names(changed_since(below, "HEAD"), repository) == ["logs/x.md"]


@pytest.mark.parametrize("ref", ["nothing", "--output=/tmp/x", "", "main:a.md", "HEAD~7"])
def test_no_such_commit(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="git knows no such commit"):
        changed_since(repository, ref)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git knows no such commit"):
        changed_since(tmp_path, "HEAD")


def test_a_shallow_clone_says_how_to_mend_it(repository: Path, tmp_path: Path) -> None:
    commit(repository, a="two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        changed_since(tmp_path / "shallow", "HEAD~1")


def test_a_repository_cannot_run_anything(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv", "diff.x.command"):
        git(repository, "config", key, f"touch {mark};")
    (repository / ".gitattributes").write_text("*.md diff=x\n", "utf-8")
    (repository / "a.md").write_text("two", "utf-8")
    assert "a.md" in names(changed_since(repository, "HEAD"), repository)
    assert not mark.exists()
