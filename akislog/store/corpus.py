"""A corpus: the logs below one or more folders, found, read, asked and iterated. Nothing is skipped in silence."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from datetime import date, tzinfo
from pathlib import Path
from typing import Literal, NamedTuple

from akislog.core import search
from akislog.core.fields import SOURCES
from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.core.query import Expression, Filter, compile
from akislog.core.rows import Row, log_id, rows
from akislog.errors import AkislogError, QueryError, UsageError
from akislog.store import clock
from akislog.store.paths import Unreadable, read_regular
from akislog.text.document import Document, parse
from akislog.text.frontmatter import FILE_LIMIT, Front, Split

OnError = Literal["skip", "warn", "fail"]
Query = str | Expression | Filter


class NoSuchLog(AkislogError):
    """No log, or more than one, answers to a name."""


class Incomplete(AkislogError):
    """A file of the corpus could not be read, so that no answer would be whole."""

    exit_code = 3


class UnreadWarning(UserWarning):
    """A file of the corpus could not be read; the answer is made from the rest."""


class Hit(NamedTuple):
    """A log that has all that was searched for: how often, and the first place."""

    row: Row
    hits: int
    column: str
    snippet: str


class Corpus:
    """The logs below these folders, in the order of their paths; a single file is a corpus of one.

    Folders are read recursively. Hidden folders and links are left out with a note, ``README*`` without one; both
    stand in ``skipped`` once the corpus has been read. What could not be read stands in ``findings``; ``on_error``
    says whether that is all (``skip``), a warning too (``warn``), or ends the reading with Incomplete (``fail``).
    Days in queries are those of ``zone``, ``today`` among them; not given, this machine's.
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        on_error: OnError = "warn",
        today: date | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        self.roots = [Path(path) for path in paths]
        self.on_error = on_error
        self.today = today
        self.zone = zone
        self.skipped: list[Finding] = []
        self.findings: list[Finding] = []
        if on_error not in ("skip", "warn", "fail"):
            raise UsageError(f"on_error is skip, warn or fail, not {on_error!r}")
        for path in self.roots:
            if not path.exists():
                raise UsageError(f"{path}: no such file or folder")

    # --- reading ----------------------------------------------------------------------------------------------------

    def paths(self) -> Iterator[Path]:
        """The files of the corpus."""
        self.skipped = []
        self.findings = []
        for path in self.roots:
            yield from self._below(path) if path.is_dir() else [path]

    def documents(self) -> Iterator[Document]:
        """Every file as it was read, with what was odd about it; also those in which no log could be read."""
        return (read_document(path) for path in self.paths())

    def logs(self) -> Iterator[WorkflowLog]:
        """Every log that could be read."""
        return (log for document in self._told() if (log := document.log) is not None)

    __iter__ = logs

    def get(self, name: str) -> Document:
        """The log with this id, or the one whose id begins or ends with it. Ids are compared without case.

        An address (``id#t1``) names its log. Older logs answer to their ``session.id`` too. Raises NoSuchLog where
        there is none, or more than one.
        """
        wanted = name.partition("#")[0].lower().removesuffix(".md")
        found = _answering(wanted, ((path.stem.lower(), path) for path in self.paths()))
        if not found:
            logs = (document.log for document in self.documents())
            found = _answering(wanted, ((log_id(log).lower(), Path(log.path)) for log in logs if log and log.path))
        if len(found) == 1:
            return read_document(found[0])
        where = ", ".join(str(path) for path in self.roots)
        if not found:
            raise NoSuchLog(f"no log {name!r} in {where}; give its path, its id, or the last 8 characters of its id")
        listed = "\n  ".join(str(path) for path in sorted(found)[:10])
        raise NoSuchLog(f"{len(found)} logs answer to {name!r}; give more of the id:\n  {listed}")

    # --- asking -----------------------------------------------------------------------------------------------------

    def filter(self, query: Query = "", source: str = "logs") -> Filter:
        """The filter of a query for rows of a source. Raises QueryError, before anything is read."""
        if isinstance(query, Filter):
            if query.source != source:
                raise QueryError(f"the filter is for {query.source}, not for {source}")
            return query
        return compile(query, source, self.today or clock.today(), self.zone or clock.Local())

    def rows(self, source: str = "logs", query: Query = "") -> Iterator[Row]:
        """The rows of a source that match. Raises QueryError at once; the files are read as the rows are asked for."""
        return self._rows(source, self.filter(query, source))

    def where(self, query: Query) -> Iterator[WorkflowLog]:
        """The logs that match. Raises QueryError at once."""
        return (row.log for row in self.rows("logs", query))

    def tasks(self, query: Query = "") -> Iterator[Row]:
        """The tasks that match, of all logs."""
        return self.rows("tasks", query)

    def delegations(self, query: Query = "") -> Iterator[Row]:
        """The delegations that match, of all logs."""
        return self.rows("delegations", query)

    def gotchas(self, query: Query = "") -> Iterator[Row]:
        """The gotchas that match, of all logs."""
        return self.rows("gotchas", query)

    def root_causes(self, query: Query = "") -> Iterator[Row]:
        """The root causes that match, of all logs."""
        return self.rows("root_causes", query)

    def files(self, query: Query = "") -> Iterator[Row]:
        """The files that sessions touched and that match; ``change`` is created, modified or deleted."""
        return self.rows("files", query)

    def commands(self, query: Query = "") -> Iterator[Row]:
        """The commands that match, of all logs."""
        return self.rows("commands", query)

    def errors(self, query: Query = "") -> Iterator[Row]:
        """The errors that sessions met and that match."""
        return self.rows("errors", query)

    def counts(self) -> dict[str, int]:
        """How many rows each source has, and under ``unread`` how many files could not be read."""
        found = dict.fromkeys(SOURCES, 0)
        for document in self._told():
            found["findings"] += len(document.findings)
            if document.log is not None:
                for source in SOURCES:
                    if source != "findings":
                        found[source] += sum(1 for _ in rows(document.log, source))
        return {**found, "unread": len(self.findings)}

    def search(self, text: str, query: Query = "", within: tuple[str, ...] = ()) -> list[Hit]:
        """The logs that have all of these words and match, the most hits first, then in the order of their paths.

        A word may end in ``*``; words in quotes stand side by side. ``within`` are the parts of a log that are
        searched (``search.COLUMNS``); none is all. Raises QueryError.
        """
        searched = search.terms(text)
        columns = within or search.COLUMNS
        unknown = [name for name in columns if name not in search.COLUMNS]
        if unknown:
            raise QueryError(f"cannot search in {', '.join(unknown)}; there are {', '.join(search.COLUMNS)}")
        found = (_hit(row, searched, columns) for row in self._searched(searched, self.filter(query)))
        return sorted((hit for hit in found if hit), key=lambda hit: (-hit.hits, hit.row.path))

    # --- steps ------------------------------------------------------------------------------------------------------

    def _rows(self, source: str, wanted: Filter) -> Iterator[Row]:
        for document in self._told():
            log = document.log
            if log is None and source == "findings":
                log = WorkflowLog({}, path=document.path)
            if log is not None:
                found = rows(log, source, body=_body_of(document), findings=document.findings)
                yield from found if wanted.tree is None else filter(wanted.matches, found)

    def _searched(self, searched: tuple[search.Term, ...], wanted: Filter) -> Iterator[Row]:  # noqa: ARG002
        """The logs that may have all the terms."""
        return self._rows("logs", wanted)

    def _told(self) -> Iterator[Document]:
        """The documents; of those without a log, and of folders that cannot be read, it is told why."""
        folders = 0
        for document in self.documents():
            folders = self._tell_folders(folders)
            if document.log is None:
                self._tell(document.findings[0])
            yield document
        self._tell_folders(folders)

    def _tell_folders(self, told: int) -> int:
        for finding in self.skipped[told:]:
            if finding.severity == "error":
                self._tell(finding)
        return len(self.skipped)

    def _tell(self, finding: Finding) -> None:
        self.findings.append(finding)
        place = f":{finding.line}:{finding.column}" if finding.line else ""
        message = f"{finding.path}{place}: {finding.message}"
        if self.on_error == "fail":
            raise Incomplete(f"{message}; mend it, or leave it out with on_error=skip")
        if self.on_error == "warn":
            warnings.warn(message, UnreadWarning, stacklevel=4)

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


def _answering(wanted: str, named: Iterator[tuple[str, Path]]) -> list[Path]:
    known = list(named)
    found = [path for name, path in known if name == wanted]
    if not found and len(wanted) >= 4:
        found = [path for name, path in known if name.startswith(wanted) or name.endswith(f"_{wanted}")]
    return found


def _body_of(document: Document) -> Callable[[], str]:
    return lambda: document.split.body.decode("utf-8", "replace")


def _hit(row: Row, searched: tuple[search.Term, ...], columns: tuple[str, ...]) -> Hit | None:
    held = search.texts(row.record, row.body)
    folded = {name: search.folded(held[name]) for name in columns}
    count = search.hits(searched, folded.values())
    if not count:
        return None
    name = next(name for name in columns if any(search.needle(term) in folded[name] for term in searched))
    return Hit(row, count, name, search.snippet(searched, held[name]))
