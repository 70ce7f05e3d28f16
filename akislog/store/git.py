"""What a log says of the repository: branch and commit, read from git's own files without starting git.

Where git keeps them in another way (a reftable repository, say) nothing is known, and the log says nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Head(NamedTuple):
    """The branch, ``""`` where HEAD is detached, and the commit, ``""`` before the first one."""

    branch: str
    commit: str


def git_dir(root: Path) -> Path | None:
    """The git folder of the worktree at ``root``; None where there is none."""
    dot_git = root / ".git"
    if os.path.isdir(dot_git):  # unlike Path.is_dir, never an error: this is asked at END
        return dot_git
    named = _line(dot_git)
    return (root / named[8:]).resolve() if named.startswith("gitdir: ") else None


def main_worktree(root: Path) -> Path:
    """The root of the main worktree of the repository that ``root`` belongs to; ``root`` where that is it."""
    folder = git_dir(root)
    common = _line(folder / "commondir") if folder else ""
    if folder is None or not common:
        return root
    main = (folder / common).resolve()
    return main.parent if main.name == ".git" else root


def head(root: Path) -> Head:
    """Branch and commit of the worktree at ``root``, as far as they are known."""
    folder = git_dir(root)
    if folder is None:
        return Head("", "")
    line = _line(folder / "HEAD")
    if not line.startswith("ref: "):
        return Head("", line if _COMMIT.fullmatch(line) else "")
    ref = line[5:]
    common = folder / (_line(folder / "commondir") or ".")
    commit = _line(common / ref) or _packed(common / "packed-refs", ref)
    return Head(ref.removeprefix("refs/heads/"), commit if _COMMIT.fullmatch(commit) else "")


def _line(path: Path) -> str:
    """The first line of a small file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.readline(4096).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _packed(path: Path, ref: str) -> str:
    try:
        for line in path.read_text("utf-8", "replace").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref:
                return commit
    except OSError:
        pass
    return ""
