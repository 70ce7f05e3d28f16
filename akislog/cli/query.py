"""``akislog query`` and its shorthands: a question to the logs, answered from the index or from the files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from akislog.cli.output import complain, say_all
from akislog.core.question import DEFAULT_COLUMNS, Question, answer
from akislog.errors import UsageError
from akislog.report.rows import FORMATS, Row, Table

if TYPE_CHECKING:
    from akislog.store.corpus import Corpus

MOST_TOLD = 10  # of the files that could not be read; the rest is counted


class Options(NamedTuple):
    """What the command line says."""

    expressions: tuple[str, ...] = ()
    select: str = ""
    sort: str = ""
    limit: int = 0
    group_by: str = ""
    counted: bool = False
    since: str = ""
    until: str = ""
    format: str = ""
    exit_status: bool = False
    explain_query: bool = False
    on_error: str = "warn"
    utc: bool = False
    today: str = ""
    no_index: bool = False
    trusted: bool = False
    directory: str | None = None


def options_from(given: Mapping[str, Any]) -> Options:
    """The options among what a command was given."""
    known = {name: value for name, value in given.items() if name in Options._fields and value is not None}
    return Options(**known)._replace(expressions=tuple(given.get("expressions") or ()))


def ask(source: str, options: Options) -> int:
    """Ask, and print the answer; the exit code."""
    from akislog.core.query_syntax import parse

    question = _question(source, options)
    corpus = the_corpus(options.directory, options.on_error, options.today, utc=options.utc)
    wanted = corpus.filter(parse(*question.where), source)
    rows = answer(question, corpus.rows(source, wanted))
    for hint in wanted.hints:
        complain(f"note: {hint}")
    if options.explain_query:
        return _explained(question)
    found = show(question.columns, rows, options.format)
    code = incomplete(corpus, options.on_error)
    if wanted.clashes:
        complain(f"note: {wanted.clashes} rows were left out where text met a number or a date")
    for field, number in wanted.lacks.items():
        complain(f"note: {number} rows have no {field}; they match only 'missing' and 'not'")
    return code or int(options.exit_status and not found)


def the_corpus(directory: str | None, on_error: str, today: str = "", *, utc: bool = False) -> Corpus:
    """The project's logs, for one command. UsageError where there are none."""
    from akislog.store.corpus import Corpus, OnError
    from akislog.store.project import find_project

    if on_error not in ("skip", "warn", "fail"):
        raise UsageError(f"--on-error must be one of skip, warn, fail, not {on_error!r}")
    logs = find_project(Path.cwd(), os.environ, directory).logs
    if not logs.is_dir():
        raise UsageError(f"there is no folder {logs}; name it with --dir")
    told: OnError = "fail" if on_error == "fail" else "skip"  # what is left out is told by ``incomplete``
    return Corpus(_from_here(logs), on_error=told, today=_day(today), zone=timezone.utc if utc else None)


def show(columns: tuple[str, ...], rows: Iterable[Row], form: str) -> int:
    """Print rows in a form; how many there were."""
    name = chosen_format(form)
    if name == "paths":
        columns = columns[-1:] if columns[-1].endswith("path") else ("log.path",)
    screen = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    counted = _Counted(rows)
    say_all(FORMATS[name](Table(columns, counted, screen)))
    return counted.number


def chosen_format(form: str, more: tuple[str, ...] = ()) -> str:
    """The form of the answer: as asked for, else a table on a terminal and tab-separated in a pipe."""
    allowed = (*FORMATS, *more)
    name = form or ("table" if sys.stdout.isatty() else "tsv")
    if name not in allowed:
        raise UsageError(f"--format must be one of {', '.join(allowed)}, not {form!r}")
    return name


def incomplete(corpus: Corpus, on_error: str) -> int:
    """Say which files could not be read; the exit code that this gives."""
    if not corpus.findings:
        return 0
    number = len(corpus.findings)
    complain(f"{number} file{'' if number == 1 else 's'} could not be read; the answer is made from the rest:")
    for finding in corpus.findings[:MOST_TOLD]:
        place = f":{finding.line}:{finding.column}" if finding.line else ""
        complain(f"  {finding.path}{place}: {finding.message}")
    if number > MOST_TOLD:
        complain(f"  and {number - MOST_TOLD} more; akislog check names them all")
    return 0 if on_error == "skip" else 3


class _Counted:
    """Rows as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.number += 1
            yield row


def _question(source: str, options: Options) -> Question:
    if source not in DEFAULT_COLUMNS:
        raise UsageError(f"--from must be one of {', '.join(DEFAULT_COLUMNS)}, not {source!r}")
    select = ("log.path",) if options.format == "paths" and not options.select else _names(options.select)
    return Question(
        source,
        (*options.expressions, *_dates(options)),
        select,
        _names(options.sort),
        options.limit,
        _names(options.group_by),
        options.counted,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _dates(options: Options) -> Iterator[str]:
    """``--since`` and ``--until`` as filters: by the start where it is known, else by the date."""
    for op, day in ((">=", options.since), ("<=", options.until)):
        if day:
            at, on = f"session.started_at {op} {day}", f"session.date {op} {day}"
            yield f"{at} or (session.started_at missing and {on})"


def _explained(question: Question) -> int:
    from akislog.core.query_syntax import parse

    said = {
        "from": question.source,
        "where": str(parse(*question.where)),
        "columns": ", ".join(question.columns),
        "sort": ", ".join(question.sort),
        "group by": ", ".join(question.group_by),
        "limit": str(question.limit or ""),
    }
    say_all(f"{name:9} {text}\n" for name, text in said.items() if text)
    return 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--today takes a date such as 2026-01-10, not {text!r}") from None


def _from_here(path: Path) -> Path:
    """As a person standing here would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
