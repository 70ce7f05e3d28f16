"""``akislog index``: the index that makes queries fast, said what it is, made anew or deleted."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from akislog.cli.output import complain, say
from akislog.cli.progress import Bar
from akislog.errors import AkislogError, UsageError
from akislog.store.index import opening as index
from akislog.store.index.current import THRESHOLD
from akislog.store.project import find_project

_UNITS = (("GB", 1e9), ("MB", 1e6), ("KB", 1e3))


class NoIndex(AkislogError):
    """The index could not be made or deleted; the logs are as they were."""


def manage_index(directory: str | None, *, rebuild: bool, status: bool, clear: bool) -> int:
    """Make the index anew, delete it, or say what there is; the exit code."""
    if rebuild + status + clear > 1:
        raise UsageError("--rebuild, --status and --clear are three things; choose one")
    project = find_project(Path.cwd(), os.environ, directory)
    logs = str(project.logs)
    if not project.logs.is_dir():
        raise UsageError(f"there is no folder {logs}; name it with --dir")
    try:
        if clear:
            there = index.clear(logs, project.state)
            complain("the index is deleted; queries read the files" if there else "there is no index")
        elif rebuild:
            say(_told(index.rebuild(logs, project.state, Bar().step)))
        else:
            say(_told(index.status(logs, project.state)))
    except (sqlite3.Error, OSError) as error:
        raise NoIndex(f"{project.state}: {error}; the logs are as they were, and queries read them") from None
    return 0


def _told(found: index.Status) -> str:
    if not found.there:
        few = f"; one is made from {THRESHOLD} on" if found.files < THRESHOLD else ""
        return f"no index of {found.files} files{few}"
    if not found.whole:
        return f"{found.path}: not whole; the next query makes it anew"
    changed = f", {found.changed} changed since" if found.changed else ", up to date"
    return f"{found.path}: {found.logs} logs of {found.files} files{changed}, {_size(found.bytes)}"


def _size(number: int) -> str:
    return next((f"{number / unit:.1f} {name}" for name, unit in _UNITS if number >= unit), f"{number} bytes")
