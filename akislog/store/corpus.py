"""A corpus: the logs below one or more folders, found, read and iterated. Nothing is skipped in silence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.errors import AkislogError, UsageError
from akislog.store.paths import Unreadable, read_regular
from akislog.text.document import Document, parse
from akislog.text.frontmatter import FILE_LIMIT, Front, Split


class NoSuchLog(AkislogError):
    """No log, or more than one, answers to a name."""


class Corpus:
    """The logs below these folders, in the order of their paths; a single file is a corpus of one.

    Folders are read recursively. Hidden folders and links are left out with a note, ``README*`` without one; both
    stand in ``skipped`` once the corpus has been read.
    """

    def __init__(self, *paths: str | os.PathLike[str]) -> None:
        self.paths = [Path(path) for path in paths]
        self.skipped: list[Finding] = []
        for path in self.paths:
            if not path.exists():
                raise UsageError(f"{path}: no such file or folder")

    def files(self) -> Iterator[Path]:
        """The files of the corpus."""
        self.skipped = []
        for path in self.paths:
            yield from self._below(path) if path.is_dir() else [path]

    def documents(self) -> Iterator[Document]:
        """Every file as it was read, with what was odd about it; also those in which no log could be read."""
        return (read_document(path) for path in self.files())

    def logs(self) -> Iterator[WorkflowLog]:
        """Every log that could be read. What could not is told by ``documents``."""
        return (document.log for document in self.documents() if document.log is not None)

    __iter__ = logs

    def get(self, name: str) -> Document:
        """The log with this id, or the one whose id begins or ends with it. Ids are compared without case.

        Raises NoSuchLog where there is none, or more than one.
        """
        wanted = name.lower().removesuffix(".md")
        named = [(path.stem.lower(), path) for path in self.files()]
        found = [path for stem, path in named if stem == wanted]
        if not found and len(wanted) >= 4:
            found = [path for stem, path in named if stem.startswith(wanted) or stem.endswith(f"_{wanted}")]
        if len(found) == 1:
            return read_document(found[0])
        where = ", ".join(str(path) for path in self.paths)
        if not found:
            raise NoSuchLog(f"no log {name!r} in {where}; give its path, its id, or the last 8 characters of its id")
        listed = "\n  ".join(str(path) for path in sorted(found)[:10])
        raise NoSuchLog(f"{len(found)} logs answer to {name!r}; give more of the id:\n  {listed}")

    def _below(self, folder: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as entries:
                present = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._skip(folder, f"cannot be read: {error.strerror}", "error")
            return
        for entry in present:
            path = folder / entry.name
            if entry.is_symlink():
                self._skip(path, "a symbolic link; it is not followed")
            elif entry.is_dir():
                if entry.name.startswith("."):
                    self._skip(path, "a hidden folder")
                else:
                    yield from self._below(path)
            elif entry.name.endswith(".md") and not entry.name.upper().startswith("README"):
                yield path

    def _skip(self, path: Path, why: str, severity: str = "note") -> None:
        self.skipped.append(Finding("AKL010", "error" if severity == "error" else "note", why, str(path)))


def read_document(path: Path) -> Document:
    """Read one file; what the system refuses is a finding."""
    try:
        data = read_regular(path, FILE_LIMIT)
    except Unreadable as error:
        code = "AKL007" if error.reason == "too_big" else "AKL010"
        message = str(error).removeprefix(f"{path}: ")
        nothing = Split(b"", b"", b"", b"", b"")
        return Document(
            str(path), nothing, Front(None, None, ()), None, (Finding(code, "error", message, str(path), 1, 1),)
        )
    return parse(data, str(path))
