"""SQL from a stranger: one statement that reads, no more than it may, no longer than it may."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

from akislog.errors import QueryError

ROWS = 1_000_000
SECONDS = 30.0
_LENGTH = 50_000_000  # bytes of a value
_STEPS = 20_000  # of SQLite's machine between two looks at the clock

_NAMED = """
abs avg bm25 ceil ceiling char coalesce count cume_dist date datetime dense_rank exp first_value floor glob group_concat
hex highlight ifnull iif instr json json_array json_array_length json_each json_extract json_group_array
json_group_object json_object json_quote json_tree json_type json_valid julianday lag last_value lead length like ln log
log10 log2 lower ltrim match max min mod nth_value ntile nullif percent_rank pow power quote rank replace round
row_number rtrim sign snippet sqrt strftime string_agg substr substring sum time total trim trunc typeof unicode
unixepoch upper -> ->>
"""
_FUNCTIONS = frozenset(_NAMED.split())
_ACTIONS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))


def ask(
    connection: sqlite3.Connection, statement: str, seconds: float = SECONDS
) -> tuple[list[str], Iterator[list[Any]]]:
    """The names of the columns and the rows of a select. QueryError for anything else, and when time is up.

    The connection serves nothing else from now on.
    """
    connection.execute("select 1 from words limit 0")  # the full-text table is set up while that is allowed
    connection.set_authorizer(_allowed)
    if sys.version_info >= (3, 11):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LENGTH)
    end = monotonic() + seconds
    connection.set_progress_handler(lambda: monotonic() > end, _STEPS)
    try:
        cursor = connection.execute(statement)
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise _refused(error, seconds) from None
    if cursor.description is None:
        raise QueryError("a statement that gives no rows; only select is allowed")
    return [one[0] for one in cursor.description], _rows(cursor, seconds)


def _rows(cursor: sqlite3.Cursor, seconds: float) -> Iterator[list[Any]]:
    number = 0
    try:
        for row in cursor:
            number += 1
            if number > ROWS:
                raise QueryError(f"more than {ROWS} rows; add a limit")
            yield [_plain(value) for value in row]
    except sqlite3.Error as error:
        raise _refused(error, seconds) from None


def _refused(error: Exception, seconds: float) -> QueryError:
    said = str(error)
    if said == "interrupted":
        said = f"it takes more than {seconds:g} seconds; ask for less"
    elif "not authorized" in said or "prohibited" in said:
        said = f"{said}; only select over the tables that --schema shows is allowed"
    elif "one statement" in said:
        said = "one statement at a time"
    return QueryError(f"SQL: {said}")


def _plain(value: Any) -> Any:
    """A value as JSON has it: a blob holds what is none of its column's kind, as JSON."""
    if not isinstance(value, bytes):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value.hex() if value else None


def _allowed(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in _ACTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    # The full-text table asks whether another connection has written.
    if action == sqlite3.SQLITE_PRAGMA and first == "data_version" and second is None:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def tables(connection: sqlite3.Connection) -> Sequence[str]:
    """The statements that made the tables."""
    text = (
        "select sql from sqlite_master where sql is not null and name not like 'words\\_%' escape '\\' order by rowid"
    )
    return [one[0] for one in connection.execute(text)]
