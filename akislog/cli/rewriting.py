"""What ``akislog fix`` and ``akislog migrate`` share: the files, the diff, the writing, the exit code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from akislog.cli.output import complain, say
from akislog.cli.progress import along
from akislog.errors import PublishError, UsageError
from akislog.report.diff import unified
from akislog.report.findings import line
from akislog.store.corpus import Corpus
from akislog.store.documents import NoSuchLog
from akislog.store.paths import Unreadable
from akislog.store.project import Project, find_project
from akislog.store.rewriting import Target, rewrite, targets


class Rewriting:
    """One run over files: what would be changed or was, and what could not be.

    Without ``write`` no file is touched.
    """

    def __init__(self, paths: Sequence[Path], directory: str | None, *, write: bool) -> None:
        self.project: Project = find_project(Path.cwd(), os.environ, directory)
        self.write = write
        self.changed = 0
        self.refused = 0
        self.unread = 0
        self._files = self._found(paths)

    def files(self) -> Iterable[tuple[Target, bytes]]:
        """Every file with what it holds; one that cannot be read is told and counted."""
        for target in along(self._files, len(self._files), "reading"):
            data = self._read(target)
            if data is not None:
                yield target, data

    def put(self, target: Target, old: bytes, new: bytes) -> bool:
        """Write the file if it is to be written; whether it now is, or would be, ``new``."""
        if self.write:
            try:
                rewrite(self.project, target, old, new)
            except PublishError as error:
                complain(str(error))
                self.refused += 1
                return False
        self.changed += 1
        return True

    def code(self) -> int:
        """3 where files could not be read, 1 where something is left to be written or was refused, else 0."""
        if self.unread:
            return 3
        return int(self.refused > 0 or (self.changed > 0 and not self.write))

    def _read(self, target: Target) -> bytes | None:
        try:
            return target.read()
        except Unreadable as error:
            complain(f"{error}; it was left as it is")
            self.unread += 1
            return None

    def _found(self, paths: Sequence[Path]) -> list[Target]:
        if not paths and not self.project.logs.is_dir():
            raise NoSuchLog(f"there is no folder {self.project.logs}; name files or folders, or set --dir")
        found: dict[Path, Target] = {}
        for named in paths or [_relative(self.project.logs)]:
            if not os.path.lexists(named):
                raise UsageError(f"{named}: no such file or folder")
            corpus = Corpus(named) if named.is_dir() and not named.is_symlink() else None
            for target in targets(corpus, named):
                found.setdefault(target.path, target)
            for finding in corpus.skipped if corpus else ():
                complain(line(finding))
        return list(found.values())


def show(target: Target, old: bytes, new: bytes) -> None:
    """Print the diff of a file."""
    say(unified(old, new, str(target.path)).decode("utf-8", "replace").removesuffix("\n"))


def counted(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {what}{'' if number == 1 else 's' if not what.endswith('fix') else 'es'}"


def _relative(path: Path) -> Path:
    """As a person standing here would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
