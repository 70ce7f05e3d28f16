"""``akislog sql``: the logs as tables, for those who know SQL."""

from __future__ import annotations

from itertools import islice
from textwrap import wrap

from akislog.cli.output import complain, say_all
from akislog.cli.query import chosen_format, incomplete, show, the_corpus
from akislog.errors import UsageError

_INNER = ("meta", "stamps", "young", "reworded")
_WIDTH = 100


def ask_sql(statement: str, limit: int, form: str, on_error: str, directory: str | None, *, schema: bool) -> int:
    """Print what a statement gives, or the tables; the exit code."""
    if schema:
        return _print_tables()
    if not statement.strip():
        raise UsageError("a statement is missing, such as 'select id from logs'; --schema prints the tables")
    form = chosen_format(form)
    corpus = the_corpus(directory, on_error, words=True)  # which are a table too
    answer = corpus.sql(statement)
    rows = islice(answer.rows, limit or None)
    show(_paths(answer.columns) if form == "paths" else answer.columns, rows, form, corpus)
    return incomplete(corpus, on_error)


def _paths(columns: tuple[str, ...]) -> tuple[str, ...]:
    return ("path",) if "path" in columns else columns[:1]


def _print_tables() -> int:
    """Every table and view with its columns; those that only the index itself needs are left out."""
    from akislog.store.corpus import no_tables

    connection = no_tables()
    names = connection.execute("select name from sqlite_master where type in ('table', 'view') order by rowid")
    for (name,) in names.fetchall():
        if name not in _INNER and not name.startswith("words_"):
            found = connection.execute("select name from pragma_table_xinfo(?) where hidden <> 1", (name,)).fetchall()
            columns = ", ".join(one for (one,) in found if not one.startswith("_"))
            say_all(f"{line}\n" for line in wrap(f"{name}: {columns}", _WIDTH, subsequent_indent="  "))
    complain("log is the number of a log in every table; lists and mappings are JSON")
    return 0
