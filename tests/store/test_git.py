"""Branch, commit and main worktree, read from repositories that git itself has made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from akislog.store.git import Head, git_dir, head, main_worktree

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
IDENTITY = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=trunk", "-c", "gc.auto=0")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "main"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    return root


def now(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def test_a_branch(repository: Path) -> None:
    assert head(repository) == Head("trunk", now(repository))
    git(repository, "checkout", "-q", "-b", "feature/deep/name")
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    assert head(repository) == Head("feature/deep/name", now(repository))
    assert main_worktree(repository) == repository
    assert git_dir(repository) == repository / ".git"


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert head(tmp_path) == Head("trunk", "")


def test_detached(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    assert head(repository) == Head("", now(repository))


def test_packed_refs(repository: Path) -> None:
    git(repository, "tag", "-a", "-m", "tag", "v1")
    git(repository, "branch", "other")
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git/refs/heads/trunk").exists()
    assert head(repository) == Head("trunk", now(repository))
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    assert head(repository) == Head("trunk", now(repository))


@pytest.mark.parametrize("packed", [False, True])
def test_worktrees(repository: Path, tmp_path: Path, packed: bool) -> None:
    other = tmp_path / "other"
    git(repository, "worktree", "add", "-q", "-b", "side", str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "two")
    if packed:
        git(repository, "pack-refs", "--all")
    assert head(other) == Head("side", now(other))
    assert head(repository) == Head("trunk", now(repository))
    assert head(other).commit != head(repository).commit
    assert main_worktree(other) == repository
    git(other, "checkout", "-q", "--detach")
    assert head(other) == Head("", now(other))


def test_a_submodule_is_a_repository_of_its_own(repository: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "commit", "-q", "--allow-empty", "-m", "inner")
    git(repository, "submodule", "--quiet", "add", str(inner), "sub")
    module = repository / "sub"
    assert head(module).commit == now(module)
    assert main_worktree(module) == module


def test_a_bare_repository_with_a_worktree(repository: Path, tmp_path: Path) -> None:
    bare, tree = tmp_path / "bare.git", tmp_path / "tree"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    git(bare, "worktree", "add", "-q", str(tree))
    assert main_worktree(tree) == tree
    assert head(tree).commit == now(tree)


def test_sha256_and_reftable(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    assert head(tmp_path) == Head("trunk", now(tmp_path))
    assert len(head(tmp_path).commit) == 64


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (".git", b""),
        (".git", b"gitdir: nowhere\n"),
        (".git", b"\xff\xfe"),
        (".git/HEAD", b""),
        (".git/HEAD", b"ref: \n"),
        (".git/HEAD", b"ref: refs/heads/../../../etc/passwd\n"),
        (".git/HEAD", b"not a commit\n"),
        (".git/HEAD", b"\xff" * 5_000),
        (".git/commondir", b"../..\n"),
    ],
)
def test_what_is_broken_says_nothing(tmp_path: Path, file: str, content: bytes) -> None:
    path = tmp_path / "root" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert head(tmp_path / "root").commit == ""
    assert main_worktree(tmp_path / "root").is_dir()


def test_where_there_is_no_repository(tmp_path: Path) -> None:
    assert git_dir(tmp_path) is None
    assert head(tmp_path) == Head("", "")
    assert main_worktree(tmp_path) == tmp_path
