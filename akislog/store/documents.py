"""The files below one or more folders: found, and read one by one. Nothing is skipped in silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from akislog.core.finding import Finding
from akislog.errors import AkislogError, UsageError
from akislog.store.paths import Unreadable, read_regular

if TYPE_CHECKING:
    from akislog.text.document import Document


class NoSuchLog(AkislogError):
    """No log, or more than one, answers to a name."""


class Documents:
    """The Markdown files below these folders, in the order of their paths; a single file is one.

    Folders are read recursively. Hidden folders and links are left out with a note, ``README*`` without one; both
    stand in ``skipped`` once the files have been gone through.
    """

    watch: Callable[[Iterable[Path]], Iterable[Path]] | None = None
    """Is handed the paths as they are about to be read, and gives them back: for a display of progress."""

    def __init__(self, *paths: str | os.PathLike[str]) -> None:
        self.roots = [Path(path) for path in paths]
        self.skipped: list[Finding] = []
        for path in self.roots:
            if not path.exists():
                raise UsageError(f"{path}: no such file or folder")

    def paths(self) -> Iterator[Path]:
        """The files."""
        self.skipped = []
        for path in self.roots:
            yield from self._below(path) if path.is_dir() else [path]

    def documents(self) -> Iterator[Document]:
        """Every file as it was read, with what was odd about it; also those in which no log could be read."""
        paths = self.paths()
        return (read_document(path) for path in (self.watch(paths) if self.watch else paths))

    def _below(self, folder: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as entries:
                # As if the whole paths were sorted: "a.md" stands before what is in "a/".
                present = sorted(entries, key=lambda one: one.name + "/" * one.is_dir(follow_symlinks=False))
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

    def _skip(self, path: Path, why: str, severity: Literal["error", "note"] = "note") -> None:
        self.skipped.append(Finding("AKL010", severity, why, str(path)))


def read_document(path: Path) -> Document:
    """Read one file; what the system refuses is a finding."""
    from akislog.text.document import Document, parse  # an index answers without the readers
    from akislog.text.frontmatter import FILE_LIMIT, Front, Split

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
