"""What git's history knows: asked of git itself, in a way that no repository can make it run anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from akislog.errors import UsageError

# A repository's own configuration may name programs for these, or change what is told.
_HARMLESS = (
    *("--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "diff.external=", "-c", "log.showRoot=true", "-c", "color.ui=false"),
)
_PLAIN = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-relative", f"-O{os.devnull}")
# Blobs that a partial clone lacks are not fetched; older versions of git know only the second of the two.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
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
    compare = ("diff", "--name-only", "-z", *_PLAIN, base.decode().strip(), "--")
    names = _git(root, *compare, configured=_without_filters(root))
    new = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--full-name")
    if top is None or names is None or new is None:
        raise UsageError(f"--changed-since {ref}: git cannot list the changes in {root}")
    folder = Path(os.fsdecode(top.rstrip(b"\n")))
    return frozenset(folder / os.fsdecode(name) for name in (names + new).split(b"\0") if name)


def added_with(root: Path, paths: Sequence[str]) -> dict[str, frozenset[str]]:
    """Per path of a file the names in the commit that added it, deleted ones too, all relative to ``root``.

    A renamed file was added under its first name. Left out is what git does not know: files that are not committed,
    those of a clone that does not reach back so far, and those that came into being in a merge.
    """
    top = os.path.realpath(root)
    places = {os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/"): path for path in paths}
    folders = {name.rpartition("/")[0] or "." for name in places if not name.startswith("../")}
    prefix, cut = _git(root, "rev-parse", "--show-prefix"), _git(root, "rev-parse", "--git-path", "shallow")
    if not folders or prefix is None or cut is None:
        return {}
    ask = ("log", "--format=%x01%H", "--name-status", "-z", "-M", "--full-diff", *_PLAIN, "--no-show-signature")
    said = _git(root, "--literal-pathspecs", *ask, "HEAD", "--", *sorted(folders))
    shallow = _lines(root / os.fsdecode(cut.strip()))
    inside = os.fsdecode(prefix.strip())
    now = {inside + name: path for name, path in places.items()}  # what a file is called in the commit at hand
    found: dict[str, frozenset[str]] = {}
    for commit, changes in _commits(said or b""):
        added = [new for status, _, new in changes if status == "A" and new in now]
        if added and commit not in shallow:
            names = frozenset(name[len(inside) :] for _, *both in changes for name in both if name.startswith(inside))
            found.update((now[name], names) for name in added)
        for name in added:
            del now[name]
        renamed = {old: now.pop(new) for status, old, new in changes if status == "R" and new in now}
        now.update(renamed)
    return found


def _commits(said: bytes) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Commits, the newest first, each with its changes: a letter, the old name and the new one."""
    for entry in said.split(b"\x01")[1:]:
        commit, *fields = [os.fsdecode(field) for field in entry.lstrip(b"\n").split(b"\0")]
        changes, words = [], iter(word.lstrip("\n") for word in fields)
        for status in words:
            if status:
                old = next(words, "")
                changes.append((status[0], old, next(words, "") if status[0] in "RC" else old))
        yield commit, changes


def _lines(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text("ascii", "replace").split())
    except OSError:
        return frozenset()


def _without_filters(root: Path) -> dict[str, str]:
    """Configuration that takes its programs from every filter: git runs those on files it looks into."""
    listed = _git(root, "config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.") or b""
    names = {os.fsdecode(name).rpartition(".")[0] for name in listed.split(b"\0") if name}
    settings = (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    return {f"{name}.{key}": value for name in sorted(names) for key, value in settings}


def _git(root: Path, *arguments: str, configured: Mapping[str, str] | None = None) -> bytes | None:
    """What git says, with ``configured`` over its configuration; None where it fails. UsageError where there is no
    git, or it takes too long."""
    import subprocess  # slow to load, and few ask git

    environment = {**os.environ, **_OFFLINE, "LC_ALL": "C"}
    first = _whole(environment.get("GIT_CONFIG_COUNT", ""))  # by environment: names may hold "=", which -c cannot take
    for number, (name, value) in enumerate((configured or {}).items(), first):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        environment["GIT_CONFIG_COUNT"] = str(number + 1)
    command = ["git", *_HARMLESS, *arguments]
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIME_LIMIT,
            check=False,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # ValueError: a NUL in an argument
        raise UsageError(f"git cannot be asked: {error}") from None
    return done.stdout if done.returncode == 0 else None


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0
