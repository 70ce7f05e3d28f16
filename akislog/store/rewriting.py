"""Files changed where they lie: only those that were named or lie below a named folder, and only as they were read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from akislog.store.corpus import Corpus
from akislog.store.files import Published, replace
from akislog.store.paths import read_regular
from akislog.store.project import Project
from akislog.store.writer import spare_folder
from akislog.text.frontmatter import FILE_LIMIT


class Target(NamedTuple):
    """A file that may be changed: ``root`` is the folder that was named, or that of the file that was."""

    root: Path
    path: Path
    named: bool

    def read(self) -> bytes:
        """What it holds. Unreadable for what is no regular file of a log's size, a link among them."""
        return read_regular(self.path, FILE_LIMIT)


def targets(corpus: Corpus | None, named: Path) -> Iterator[Target]:
    """The file that is ``named``, or the files of the corpus that lies in a folder of this name."""
    if corpus is None:
        yield Target(named.parent, named, True)
        return
    for path in corpus.paths():
        yield Target(named, path, False)


def rewrite(project: Project, target: Target, old: bytes, new: bytes) -> Published:
    """Put ``new`` in the place of the file, if it still holds ``old``; its permissions are kept.

    No link inside the project is followed. Raises Changed where the file is another by now, and PublishError for what
    the disk refuses.
    """
    path = Path(os.path.abspath(target.path))
    root = project.root if path.is_relative_to(project.root) else Path(os.path.abspath(target.root))
    digest = hashlib.sha256(old).hexdigest()
    return replace(root, path.relative_to(root).as_posix(), new, expected=digest, spare=spare_folder(project))
