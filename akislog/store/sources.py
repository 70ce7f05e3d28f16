"""Transcripts on disk: where each agent keeps those of a project, and how one is opened for its importer.

Nothing is ever written here. Lines are handed out one by one; only what is one JSON text is read whole.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from akislog.errors import AkislogError

LINE_LIMIT = 64 * 1024 * 1024  # bytes; a longer line comes in pieces, which no importer takes for a record
BUFFER = 64 * 1024  # bytes read at a time; with Python's own choice reading lines takes twice as long
HEAD = 64 * 1024  # bytes read to learn whose a transcript is

_CWD = re.compile(rb'"cwd"\s*:\s*("(?:[^"\\]|\\.)*")')
_PARENT = re.compile(rb'"parent_thread_id"\s*:\s*"([^"\\]+)"')
_SESSION = re.compile(rb'"sessionId": ?"([^"\\]+)"')
_ENDINGS = (".jsonl", ".json")


class NoTranscript(AkislogError):
    """A path that is no transcript: missing, special, or not to be read."""


class Places(NamedTuple):
    """Where agents keep their things: the home folder and the environment, handed in."""

    home: Path
    environment: Mapping[str, str]

    def named(self, variable: str, default: str) -> Path:
        """The folder a variable names, else ``default`` below home."""
        value = self.environment.get(variable)
        return Path(value).expanduser() if value else self.home / default


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a transcript. Raises NoTranscript where the file cannot be read."""
    with _opened(path) as file:
        yield from iter(partial(file.readline, LINE_LIMIT), b"")


@dataclass(frozen=True)
class Lines:
    """The lines of a transcript, read anew each time they are gone through, so that nobody has to keep them."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        return lines(self.path)


def data(path: Path) -> bytes:
    """A transcript's bytes, of one longer than a line may be only the first. Raises NoTranscript as ``lines`` does."""
    with _opened(path) as file:
        return file.read(LINE_LIMIT + 1)


def head(path: Path) -> bytes:
    """The beginning of a transcript; nothing where it cannot be read."""
    try:
        with _opened(path) as file:
            return file.read(HEAD)
    except NoTranscript:
        return b""


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Judged before it is opened, for opening a device can do something, and again on what was opened.
        # Not blocking: a FIFO must not hold us.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise NoTranscript(f"{path}: not a regular file; give a transcript or a folder of them")
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with open(fd, "rb", buffering=BUFFER) as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise NoTranscript(f"{path}: not a regular file; give a transcript or a folder of them")
            yield file
    except OSError as error:
        raise NoTranscript(f"{path}: {error.strerror}; give a transcript or a folder of them") from error


def modified(path: Path) -> datetime:
    """When a transcript was last written, in UTC."""
    return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)


class Beside(NamedTuple):
    """What stands in a folder of transcripts: its folders, and the transcripts of sub-agents in it, each with the id
    of the session that it is part of."""

    folders: frozenset[str]
    owned: tuple[tuple[str, Path], ...]


Seen = dict[str, Beside]
"""Folders and what was found in them, kept for the other sessions there: there may be hundreds."""


def children(path: Path, seen: Seen | None = None) -> dict[str, Lines]:
    """The transcripts of a session's sub-agents, by file name, wherever its agent keeps them."""
    folder, name = os.path.split(path)
    seen = {} if seen is None else seen
    if folder not in seen:
        seen[folder] = _beside(folder)
    beside, stem, found = seen[folder], path.stem, list[Path]()
    if stem in beside.folders:
        found += _below(Path(folder, stem, "subagents"))
    if name.startswith("rollout-"):
        found += (one for owner, one in beside.owned if owner in stem and one.name.startswith("rollout-"))
    elif name.endswith(".jsonl") and not name.startswith("agent-"):
        found += (one for owner, one in beside.owned if owner == stem)
    if name.startswith("session-"):
        found += _gemini_children(folder, stem, beside)
    return {one.name: Lines(one) for one in found if one != path and not one.name.startswith("agent-acompact-")}


def _beside(folder: str) -> Beside:
    entries = sorted(_entries(folder), key=lambda one: one.name)
    owners = {"agent-": _SESSION, "rollout-": _PARENT}  # how the beginnings of such files name the session
    owned: list[tuple[str, Path]] = []
    for start, owner in owners.items():
        for one in entries:
            if one.name.startswith(start) and one.name.endswith(".jsonl") and not one.is_symlink():
                named = owner.search(head(Path(one.path)))
                owned += [(named[1].decode("utf-8", "replace"), Path(one.path))] if named else []
    return Beside(frozenset(one.name for one in entries if _is_folder(one)), tuple(owned))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads to itself


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or ".") as entries:
            return list(entries)
    except OSError:
        return []


def _gemini_children(folder: str, stem: str, beside: Beside) -> list[Path]:
    """Sub-agents' chats stand in a folder that begins with the last eight digits of the chat's name."""
    named = re.search(r"[0-9a-f]{8}$", stem)
    folders = sorted(one for one in beside.folders if named and one.startswith(named[0]))
    return [child for one in folders for child in _below(Path(folder, one))]


def _below(folder: Path) -> Iterator[Path]:
    """Every transcript and companion below a folder; links are not followed."""
    for where, folders, names in os.walk(folder):
        folders.sort()
        found = (Path(where, name) for name in sorted(names) if name.endswith(_ENDINGS))
        yield from (path for path in found if not path.is_symlink())


def transcripts(path: Path) -> Iterator[Path]:
    """The transcripts a path stands for: itself, or those below a folder, without sub-agents' and companions."""
    if not path.is_dir():
        if not path.exists():
            raise NoTranscript(f"{path}: no such file or folder")
        yield path
        return
    yield from (one for one in _below(path) if is_main(one))


def is_main(path: Path) -> bool:
    """Whether a file below a folder of transcripts is a session of its own."""
    return "subagents" not in path.parts and not path.name.endswith(".meta.json") and not path.name.startswith("agent-")


def cwd_of(start: bytes) -> str | None:
    """The working folder that the beginning of a transcript names first."""
    found = _CWD.search(start)
    try:
        return None if found is None else str(json.loads(found[1]))
    except ValueError:
        return None


def _inside(path: Path, root: Path) -> bool:
    """Whether a transcript was recorded in the project."""
    named = cwd_of(head(path))
    return named is not None and Path(named).is_relative_to(root)


def _claude(places: Places, root: Path) -> Iterator[Path]:
    projects = places.named("CLAUDE_CONFIG_DIR", ".claude") / "projects"
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(root))[:200]
    for folder in sorted(projects.glob(f"{slug}*")):
        yield from (one for one in sorted(folder.glob("*.jsonl")) if is_main(one) and _inside(one, root))


def _codex(places: Places, root: Path) -> Iterator[Path]:
    base = places.named("CODEX_HOME", ".codex")
    for folder in (base / "sessions", base / "archived_sessions"):
        for path in _below(folder):
            start = head(path)
            named = cwd_of(start)
            ours = path.name.startswith("rollout-") and named is not None and Path(named).is_relative_to(root)
            if ours and not _PARENT.search(start):
                yield path


def _copilot(places: Places, root: Path) -> Iterator[Path]:
    base = places.named("COPILOT_HOME", ".copilot") / "session-state"
    for path in sorted([*base.glob("*/events.jsonl"), *base.glob("*.jsonl")]):
        if _inside(path, root):
            yield path


def _gemini(places: Places, root: Path) -> Iterator[Path]:
    chats = places.home / ".gemini" / "tmp" / sha256(str(root).encode()).hexdigest() / "chats"
    yield from sorted(path for path in chats.glob("session-*") if path.name.endswith(_ENDINGS))


def _vscode(places: Places, root: Path) -> Iterator[Path]:
    bases = [places.home / ".config", places.home / "Library" / "Application Support"]
    if "APPDATA" in places.environment:
        bases.append(Path(places.environment["APPDATA"]))
    for base in bases:
        for workspace in sorted(base.glob("Code*/User/workspaceStorage/*/workspace.json")):
            if _workspace_root(workspace) == root:
                yield from _below(workspace.parent / "chatSessions")


def _workspace_root(path: Path) -> Path | None:
    try:
        named = json.loads(path.read_bytes())["folder"]
        return Path(unquote(urlsplit(named).path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


LAYOUTS: Mapping[str, Callable[[Places, Path], Iterator[Path]]] = {
    "claude-code": _claude,
    "codex": _codex,
    "copilot-cli": _copilot,
    "gemini-cli": _gemini,
    "vscode-copilot": _vscode,
}
"""Agent to the transcripts it keeps of the project with this root, by its own layout."""


def retention_days(agent: str, places: Places) -> int | None:
    """After how many days without change the agent deletes a transcript; None where it never does, or nobody knows."""
    if agent != "claude-code":
        return None
    try:
        settings = json.loads((places.named("CLAUDE_CONFIG_DIR", ".claude") / "settings.json").read_bytes())
        days = settings.get("cleanupPeriodDays", 30)
    except (OSError, ValueError, AttributeError):
        return 30
    return days if isinstance(days, int) and days >= 0 else 30
