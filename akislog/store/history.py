"""What git's history knows: asked of git itself, in a way that no repository can make it run anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from akislog.errors import UsageError

# A repository's own configuration may name programs for these.
_HARMLESS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external=", "--no-pager")
_TIME_LIMIT = 60.0  # seconds


def changed_since(root: Path, ref: str) -> frozenset[Path]:
    """The files that differ from where the present branch left ``ref``, committed or not, untracked ones too.

    UsageError where git cannot say: no repository, no such ref, a shallow clone that does not reach back so far.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    shallow = _git(root, "rev-parse", "--is-shallow-repository")
    remedy = "; this clone is shallow: fetch more with  git fetch --unshallow  (in GitHub Actions: fetch-depth: 0)"
    remedy = remedy if shallow == b"true\n" else ""
    if commit is None:
        raise UsageError(f"--changed-since {ref}: git knows no such commit in {root}{remedy}")
    base = _git(root, "merge-base", commit.decode().strip(), "HEAD")
    if base is None:
        raise UsageError(f"--changed-since {ref}: it has no commit in common with HEAD{remedy}")
    top = _git(root, "rev-parse", "--show-toplevel")
    names = _git(root, "diff", "--name-only", "-z", "--no-ext-diff", "--no-textconv", base.decode().strip(), "--")
    new = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--full-name")
    if top is None or names is None or new is None:
        raise UsageError(f"--changed-since {ref}: git cannot list the changes in {root}")
    folder = Path(os.fsdecode(top.rstrip(b"\n")))
    return frozenset(folder / os.fsdecode(name) for name in (names + new).split(b"\0") if name)


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git says; None where it fails. UsageError where there is no git, or it takes too long."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", *_HARMLESS, *arguments]
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=_TIME_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git cannot be asked: {error}") from None
    return done.stdout if done.returncode == 0 else None
