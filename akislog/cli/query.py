"""``akislog query`` and its shorthands: a question to the logs, answered from the index or from the files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from akislog.cli.output import complain, placed, say_all, tell_unread
from akislog.cli.progress import Bar
from akislog.core.question import DEFAULT_COLUMNS, Question, answer
from akislog.errors import UsageError
from akislog.report.escape import safe
from akislog.report.rows import FORMATS, Row, Table

if TYPE_CHECKING:
    from akislog.cli.planned import Asked
    from akislog.store.corpus import Corpus
    from akislog.store.index.scan import Scan

_BEGUN = "session.started_at"
_TIME = len("2026-01-15T14:45:30Z")


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


def ask(source: str, options: Options, asked: Asked | None = None) -> int:
    """Ask, and print the answer; the exit code. ``asked`` is told the answer, and how to give it again."""
    from akislog.core.query_syntax import parse

    question = _question(source, options)
    form = chosen_format(options.format)
    corpus = the_corpus(
        options.directory,
        options.on_error,
        options.today,
        utc=options.utc,
        index="" if options.no_index else "trusted" if options.trusted else "checked",
        scan=asked.scan if asked else None,
    )
    if hasattr(corpus, "needs"):
        from akislog.store.index.opening import needed

        looked_at = question.group_by or (*question.sort, *(() if question.counted else question.columns))
        corpus.needs = needed(source, looked_at)
    wanted = corpus.filter(parse(*question.where), source)
    rows = answer(question, corpus.rows(source, wanted))
    for hint in wanted.hints:
        complain(f"note: {hint}")
    if options.explain_query:
        return _explained(question)
    found = show(question.columns, rows, form, corpus, asked)
    code = incomplete(corpus, options.on_error)
    if asked is not None and hasattr(corpus, "index"):
        asked.keep(question, wanted, form, os.fspath(corpus.roots[0]), corpus.index)
    if wanted.clashes:
        complain(f"note: {wanted.clashes} rows were left out where text met a number or a date")
    for field, number in wanted.lacks.items():
        if field != _BEGUN or not (options.since or options.until):  # these go by the date then
            complain(f"note: {number} rows have no {field}; they match only 'missing' and 'not'")
    return code or int(options.exit_status and not found)


def the_corpus(
    directory: str | None,
    on_error: str,
    today: str = "",
    *,
    utc: bool = False,
    index: str = "checked",
    words: bool = False,
    scan: Scan | None = None,
) -> Corpus:
    """The project's logs, for one command. UsageError where there are none.

    ``index`` says whether an index may answer: no (""), once it was held against the files, or ``trusted``; ``words``
    whether it has to answer a search. ``scan`` is what was seen of the files just now.
    """
    from akislog.store.corpus import Corpus, OnError
    from akislog.store.project import find_project

    if on_error not in ("skip", "warn", "fail"):
        raise UsageError(f"--on-error must be one of skip, warn, fail, not {on_error!r}")
    day = _today(today)
    project = find_project(Path.cwd(), os.environ, directory)
    logs = project.logs
    if not logs.is_dir():
        raise UsageError(f"there is no folder {logs}; name it with --dir")
    told: OnError = "fail" if on_error == "fail" else "skip"  # what is left out is told by ``incomplete``
    zone = timezone.utc if utc else None
    if index:
        from akislog.store.index.opening import opened

        corpus = opened(
            _from_here(logs),
            project.state,
            lambda why: complain(f"note: {why}"),
            trusted=index == "trusted",
            words=words,
            progress=Bar().step,
            scan=scan,
            on_error=told,
            today=day,
            zone=zone,
        )
    else:
        corpus = Corpus(_from_here(logs), on_error=told, today=day, zone=zone)
    corpus.watch = _with_progress
    return corpus


def show(columns: tuple[str, ...], rows: Iterable[Row], form: str, corpus: Corpus, asked: Asked | None = None) -> int:
    """Print rows in a form that ``chosen_format`` gave; how many there were.

    People see times of their zone. Where nothing is to be printed if a file cannot be read, and on a terminal, where
    progress is shown meanwhile, all rows are there before the first is printed.
    """
    terminal = sys.stdout.isatty()
    if terminal or corpus.on_error == "fail":
        rows = list(rows)
    if form == "table":
        rows = _in_zone(rows, corpus.zone)
    counted = _Counted(rows)
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    parts = FORMATS[form](Table(columns, counted, _screen() if terminal else 0, colour))
    say_all(parts if asked is None else asked.telling(parts))
    if terminal and form == "table" and not counted.number:
        complain("nothing matches")
    return counted.number


def chosen_format(form: str, without: tuple[str, ...] = ()) -> str:
    """The form of the answer: as asked for, else a table on a terminal and tab-separated in a pipe."""
    allowed = [name for name in FORMATS if name not in without]
    name = form or ("table" if sys.stdout.isatty() else "tsv")
    if name not in allowed:
        raise UsageError(f"--format must be one of {', '.join(allowed)}, not {form!r}")
    return name


def incomplete(corpus: Corpus, on_error: str) -> int:
    """Say which files could not be read; the exit code that this gives."""
    unread = [f"{placed(one.path, one.line, one.column)}: {one.message}" for one in corpus.findings]
    return tell_unread(unread, on_error)


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
    select, group_by = _names(options.select), _names(options.group_by)
    if select and (group_by or options.counted):
        raise UsageError("--select names the columns of rows; --group-by and --count have columns of their own")
    if options.format == "paths":
        if group_by or options.counted or len(select) > 1:
            raise UsageError("--format paths prints one column: the paths of the logs, or the one of --select")
        select = select or ("log.path",)
    where = (*options.expressions, *_dates(options))
    return Question(source, where, select, _names(options.sort), options.limit, group_by, options.counted)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _dates(options: Options) -> Iterator[str]:
    """``--since`` and ``--until`` as filters: by the start where it is known, else by the date."""
    for option, op, day in (("--since", ">=", options.since), ("--until", "<=", options.until)):
        if day:
            a_day(day, option)
            at, on = f"{_BEGUN} {op} {day}", f"session.date {op} {day}"
            yield f"{at} or ({_BEGUN} missing and {on})"


def a_day(word: str, option: str) -> str:
    """``word`` if it is a day; UsageError for anything else."""
    from akislog.core import when

    if not when.is_date(word) or when.meant(word, date(2000, 1, 1)) is None:
        raise UsageError(f"{option} takes a date such as 2026-01-10, today or -7d, not {word!r}")
    return word


def _today(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
    if text and (day is None or day.isoformat() != text):
        raise UsageError(f"--today takes a date such as 2026-01-10, not {text!r}")
    return day


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
    say_all(f"{name:9} {safe(text)}\n" for name, text in said.items() if text)
    return 0


def _from_here(path: Path) -> Path:
    """As a person standing here would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _screen() -> int:
    """How wide the terminal is; 80 columns where it does not say."""
    given = os.environ.get("COLUMNS", "")
    return (int(given) if given.isdecimal() else os.get_terminal_size(sys.stdout.fileno()).columns) or 80


def _with_progress(paths: Iterable[Path]) -> Iterable[Path]:
    if not sys.stderr.isatty():
        return paths
    from akislog.cli.progress import along

    found = list(paths)
    return along(found, len(found), "reading")


def _in_zone(rows: Iterable[Row], zone: tzinfo | None) -> Iterator[Row]:
    from akislog.store.clock import Local

    here = zone or Local()
    return ({name: _shown(value, here) for name, value in row.items()} for row in rows)


def _shown(value: Any, zone: tzinfo) -> Any:
    """A time in UTC as it is shown in a zone; anything else as it is."""
    if isinstance(value, list):
        return [_shown(one, zone) for one in value]
    if isinstance(value, str) and len(value) == _TIME and value[10] == "T" and value[-1] == "Z":
        from akislog.core import when

        return when.shown(value, zone) or value
    return value
