"""Where a project begins, what it settles, and where its logs and its unfinished things go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from akislog.errors import PublishError, UsageError
from akislog.store.project import Config, find_project, open_state
from tests.children import as_nobody, open_to_all, run


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder that is a root in any case, so that nothing above it is looked at."""
    (tmp_path / ".git").mkdir()
    return tmp_path.resolve()


def below(folder: Path) -> Path:
    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    return deep


@pytest.mark.parametrize("marker", [".akislog.toml", "pyproject.toml", ".git", ".git as a file"])
def test_the_nearest_marker_is_the_root(base: Path, marker: str) -> None:
    root = base / "root"
    deep = below(root)
    if marker == ".git":
        (root / ".git").mkdir()
    elif marker == ".git as a file":
        (root / ".git").write_text("gitdir: elsewhere\n")
    else:
        (root / marker).write_text("[tool.akislog]\n" if marker == "pyproject.toml" else "")
    project = find_project(deep, {})
    assert (project.root, project.logs) == (root, root / "log" / "workflow")
    assert project.state == root / ".akislog"
    assert find_project(root, {}).root == root


def test_a_pyproject_that_is_not_about_us_is_passed_by(base: Path) -> None:
    deep = below(base)
    (base / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert find_project(deep, {}).root == base
    (base / "a" / "pyproject.toml").write_text("tool = 5\n")
    assert find_project(deep, {}).root == base


def test_own_file_before_pyproject(base: Path) -> None:
    (base / ".akislog.toml").write_text('agent = "own"\n')
    (base / "pyproject.toml").write_text('[tool.akislog]\nagent = "shared"\n')
    assert find_project(base, {}).config.agent == "own"


def test_without_a_marker_the_folder_itself() -> None:
    ended = run(
        "import tempfile, os\nfrom pathlib import Path\nfrom akislog.store.project import find_project\n"
        "place = Path(tempfile.mkdtemp()).resolve()\nprint(find_project(place, {}).root == place)\nos.rmdir(place)\n",
        Path("/"),
    )
    assert ended.stdout == "True\n", ended.stderr


def test_what_can_be_settled(base: Path) -> None:
    (base / ".akislog.toml").write_text('dir = "docs/log/"\ntext = "full"\nagent = "AKIS"\n')
    project = find_project(base, {})
    assert project.config == Config(dir="docs/log", text="full", agent="AKIS")
    assert project.logs == base / "docs" / "log"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("dir = '../outside'", "inside the project"),
        ("dir = '/etc'", "inside the project"),
        ("dir = '~/logs'", "inside the project"),
        ("dir = 'a/../../b'", "inside the project"),
        ("dir = '.git/hooks'", "inside the project"),
        ("dir = 'a//b'", "inside the project"),
        ("dir = ''", "dir"),
        ("dir = 5", "dir"),
        ("text = 'all'", "summary, full, none"),
        ("texts = 'full'", "did you mean 'text'"),
        ("command = 'rm'", "unknown key 'command'"),
        ("dir = [", "TOML"),
        ("\udcff", "TOML"),
    ],
)
def test_what_cannot_be_settled_names_the_file(base: Path, said: str, word: str) -> None:
    path = base / ".akislog.toml"
    path.write_bytes(said.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=word) as caught:
        find_project(base, {})
    assert str(path) in str(caught.value)


def test_a_table_that_is_none(base: Path) -> None:
    (base / "pyproject.toml").write_text("[tool]\nakislog = 5\n")
    with pytest.raises(UsageError, match="table"):
        find_project(base, {})


def test_a_folder_of_the_users_choice(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = base / "root"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    assert find_project(root, {}, "other").logs == root / "other"
    assert find_project(root, {}, str(root / "x" / "y")).config.dir == "x/y"
    assert find_project(root, {}, str(root)).logs == root
    outside = find_project(root, {}, str(base / "outside"))
    assert outside.logs == base / "outside"
    assert outside.root == base / "outside"
    with pytest.raises(UsageError):
        find_project(root, {}, "~no-such-user-here/logs")


def test_the_state_folder_can_be_named(base: Path) -> None:
    assert find_project(base, {"AKISLOG_STATE": str(base / "elsewhere")}).state == base / "elsewhere"
    assert find_project(base, {"AKISLOG_STATE": ""}).state == base / ".akislog"


def worktrees(base: Path) -> tuple[Path, Path]:
    """The main worktree of a repository, and another one."""
    main, side = base / "main", base / "side"
    main.mkdir()
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init"], ["commit", "--allow-empty", "-m", "x"], ["worktree", "add", str(side)]):
        subprocess.run(["git", *identity, *arguments], cwd=main, check=True, capture_output=True)
    return main, side


def test_the_state_of_a_worktree_is_in_the_main_one(tmp_path: Path) -> None:
    main, side = tmp_path / "main", tmp_path / "side"
    main.mkdir()
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["worktree", "add", "-q", str(side)],
    ):
        subprocess.run(["git", *identity, *arguments], cwd=main, check=True, capture_output=True)
    project = find_project(side, {})
    assert project.root == side.resolve()
    assert project.state == main.resolve() / ".akislog"
    assert project.logs == side.resolve() / "log" / "workflow"


def test_a_main_worktree_without_rights_leaves_the_state_here(tmp_path: Path) -> None:
    main, side = tmp_path / "main", tmp_path / "side"
    main.mkdir()
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "x"],
        ["worktree", "add", "-q", str(side)],
    ):
        subprocess.run(["git", *identity, *arguments], cwd=main, check=True, capture_output=True)
    before = as_nobody()
    open_to_all(main)
    main.chmod(0o555)
    side.chmod(0o777)
    try:
        code = "import pathlib, akislog.store.project as p\nprint(p.find_project(pathlib.Path(), {}).state)"
        ended = run(code, side, *before)
    finally:
        main.chmod(0o755)
    assert ended.stdout.strip() == str(side.resolve() / ".akislog"), ended.stderr


def test_the_state_folder_is_private_and_ignored(base: Path) -> None:
    before = os.umask(0)
    try:
        state = open_state(base / "deep" / "state")
    finally:
        os.umask(before)
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / ".gitignore").read_text() == "*\n"
    (state / ".gitignore").write_text("mine\n")
    assert open_state(state) == state
    assert (state / ".gitignore").read_text() == "mine\n"


def test_a_state_folder_that_cannot_be_made_is_named(base: Path) -> None:
    (base / "file").write_text("")
    for wrong in (base / "file", base / "file" / "below"):
        with pytest.raises(PublishError, match="AKISLOG_STATE"):
            open_state(wrong)
