"""A corpus: the logs below one or more folders, read, asked and iterated. Nothing is skipped in silence."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from akislog.core import search
from akislog.core.fields import SOURCES
from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.core.query import Expression, Filter, compile
from akislog.core.rows import Row, log_id, rows
from akislog.core.search import Term
from akislog.errors import AkislogError, QueryError, UsageError
from akislog.store import clock
from akislog.store.documents import Documents, NoSuchLog, read_document

if TYPE_CHECKING:
    import sqlite3

    from akislog.core.lineage import Lineage
    from akislog.text.document import Document

OnError = Literal["skip", "warn", "fail"]
Query = str | Expression | Filter


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


class Answer(NamedTuple):
    """What a statement of SQL gave: the names of its columns, and its rows, which can be read once."""

    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


class Corpus(Documents):
    """The logs below these folders, to be read and asked; a single file is a corpus of one.

    What could not be read stands in ``findings``; ``on_error``
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
        super().__init__(*paths)
        self.on_error = on_error
        self.today = today
        self.zone = zone
        self.findings: list[Finding] = []
        if on_error not in ("skip", "warn", "fail"):
            raise UsageError(f"on_error is skip, warn or fail, not {on_error!r}")

    # --- reading ----------------------------------------------------------------------------------------------------

    def paths(self) -> Iterator[Path]:
        """The files of the corpus."""
        self.findings = []
        return super().paths()

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
        """The rows of a source that match. Raises QueryError at once; the files are read as the rows are asked for.

        ``findings`` are those of a check: every file is held against schema and rules, and against the others.
        """
        wanted = self.filter(query, source)
        return filter(wanted.matches, self._findings()) if source == "findings" else self._rows(source, wanted)

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
        """How many rows each source has but ``findings``, which take a check, and how many files were ``unread``."""
        found = dict.fromkeys((source for source in SOURCES if source != "findings"), 0)
        for log in self.logs():
            for source in found:
                found[source] += sum(1 for _ in rows(log, source))
        return {**found, "unread": len(self.findings)}

    def search(self, text: str, query: Query = "", within: tuple[str, ...] = (), limit: int = 0) -> list[Hit]:
        """The logs that have all of these words and match, the most hits first, then in the order of their paths.

        A word may end in ``*``; words in quotes stand side by side. ``within`` are the parts of a log that are
        searched (``search.COLUMNS``); none is all. ``limit`` is how many logs are wanted; 0 is all. Raises QueryError.
        """
        searched = search.terms(text)
        columns = within or search.COLUMNS
        unknown = [name for name in columns if name not in search.COLUMNS]
        if unknown:
            raise QueryError(f"cannot search in {', '.join(unknown)}; there are {', '.join(search.COLUMNS)}")
        return self._hits(searched, columns, self.filter(query), limit)

    def lineage(self, address: str) -> Lineage:
        """Where a session or a task comes from, and what came of it. Raises NoSuchLog where no log, or no single one,
        answers to the address: a session's id, the last 8 characters of it, or a path, with ``#`` and a task's id."""
        from akislog.store.family import CorpusFamily  # which is made from this module

        return CorpusFamily(self).lineage(address)

    def sql(self, statement: str, seconds: float = 30.0) -> Answer:
        """What one statement that only reads gives, over the tables that ``akislog sql --schema`` prints.

        Raises QueryError: for a bad statement before any file is read, for one that takes more than ``seconds`` while
        its rows are read. A corpus of several folders has no tables (UsageError), nor has one with a file whose name is
        no Unicode (AkislogError).
        """
        from akislog.store.index import sql as index_sql

        if len(self.roots) != 1 or not self.roots[0].is_dir():
            raise UsageError("SQL asks the logs of one folder")
        index_sql.ask(no_tables(), f"explain {statement}")  # is compiled, and not run
        connection = self._tables()
        self._tell_untold(connection)
        names, found = index_sql.ask(connection, statement, seconds)
        columns = _distinct(names)
        return Answer(columns, (dict(zip(columns, row, strict=True)) for row in found))

    # --- steps ------------------------------------------------------------------------------------------------------

    def _rows(self, source: str, wanted: Filter) -> Iterator[Row]:
        for document in self._told():
            log = document.log
            if log is not None:
                found = rows(log, source, body=_body_of(document))
                yield from found if wanted.tree is None else filter(wanted.matches, found)

    def _findings(self) -> Iterator[Row]:
        """What a check finds, in the order of places."""
        from akislog.checks.document import check_document  # no other source pays for the rules
        from akislog.store.checking import check_together

        facts, logs = [], {}
        found: list[Finding] = []
        for document in self._told():
            checked = check_document(document, document.path or "")
            found += checked.findings
            facts += [checked.facts] if checked.facts else []
            if document.log is not None:
                logs[document.path] = document.log
        if all(root.is_dir() for root in self.roots):  # beside a few logs most others would seem to be missing
            found += check_together(facts)
        found += self.skipped
        found.sort(key=lambda one: (one.path or "", one.line or 0, one.column or 0, one.code))
        for one in found:
            log = logs.get(one.path or "") or WorkflowLog({}, path=one.path)
            yield from rows(log, "findings", findings=[one])

    def _tables(self) -> sqlite3.Connection:
        """A connection to the tables, which only this caller uses."""
        import sqlite3

        from akislog.store.index.build import tables

        try:
            return tables(str(self.roots[0]))
        except sqlite3.Error as error:
            raise AkislogError(f"{self.roots[0]}: the tables that SQL asks cannot be made ({error})") from None

    def _tell_untold(self, connection: sqlite3.Connection) -> None:
        """Tell what could not be read when the tables were made."""
        self.skipped, self.findings = [], []
        for path, why, severity in connection.execute("select path, why, severity from skipped order by path"):
            self._skip(self.roots[0] / path, why, severity)
        names = ("code", "severity", "message", "path", "line", "column", "pointer", "hint", "found", "expected")
        listed = ", ".join(f'F."{name}"' for name in names)
        text = f"select {listed} from unread join findings F using (log) where n = 0 order by F.path"
        for cells in connection.execute(text):
            told = dict(zip(names, cells, strict=True))
            told |= {"path": str(self.roots[0] / told["path"]), "expected": tuple(json.loads(told["expected"]))}
            self._tell(Finding(**told))
        self._tell_folders(0)

    def _hits(self, searched: tuple[Term, ...], columns: tuple[str, ...], wanted: Filter, limit: int) -> list[Hit]:
        return best(self._rows("logs", wanted), searched, columns, limit)

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
            raise Incomplete(f"{message}; mend it, or leave it out (on_error=skip, --on-error skip)")
        if self.on_error == "warn":
            warnings.warn(message, UnreadWarning, stacklevel=4)


def no_tables() -> sqlite3.Connection:
    """The tables that SQL can ask, with nothing in them."""
    from akislog.store.index.place import in_memory
    from akislog.store.index.schema import completion, ddl

    connection = in_memory()
    for statement in (*ddl(), *completion()):
        connection.execute(statement)
    return connection


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each different: a second ``n`` is ``n_2``."""
    found: dict[str, None] = {}
    for name in names:
        number, one = 1, name
        while one in found:
            number, one = number + 1, f"{name}_{number + 1}"
        found[one] = None
    return tuple(found)


def _answering(wanted: str, named: Iterator[tuple[str, Path]]) -> list[Path]:
    known = list(named)
    found = [path for name, path in known if name == wanted]
    if not found and len(wanted) >= 4:
        found = [path for name, path in known if name.startswith(wanted) or name.endswith(f"_{wanted}")]
    return found


def _body_of(document: Document) -> Callable[[], str]:
    return lambda: document.split.body.decode("utf-8", "replace")


def best(found: Iterable[Row], searched: Sequence[Term], columns: Sequence[str], limit: int) -> list[Hit]:
    """Of some logs those that have all the terms: the most hits first, then by path."""
    counted = []
    for row in found:
        held = search.texts(row.record, row.body if "body" in columns else "")
        hits = search.hits(searched, [search.folded(held[name]) for name in columns])
        if hits:
            counted.append((row, hits))
    counted.sort(key=lambda one: (-one[1], one[0].path))
    made = (first(row, hits, searched, columns) for row, hits in counted[: limit or None])
    return [hit for hit in made if hit]


def first(row: Row, hits: int, searched: Sequence[Term], columns: Sequence[str]) -> Hit | None:
    """The first place of a term in these parts of a log."""
    held = search.texts(row.record)
    for name in columns:
        snippet = search.snippet(searched, held[name] if name != "body" else [row.body])
        if snippet:
            return Hit(row, hits, name, snippet)
    return None
