"""Rows from the index: the same rows, in the same order, as from the files."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from akislog.core.fields import FILE_CHANGES
from akislog.core.log import WorkflowLog
from akislog.core.query import Bound, Filter
from akislog.core.query_syntax import Not
from akislog.core.rows import Row
from akislog.core.rows import rows as rows_of_log
from akislog.store.index import schema
from akislog.store.index.query import Sql, translate
from akislog.store.index.values import Column

_CHUNK = 500  # so many numbers fit into one statement of any SQLite
_ORDER_OF_FILES = " ".join(f"when '{change}' then {n}" for n, change in enumerate(FILE_CHANGES))

_INDEXED = ('L."date"', 'L."_started_at"')

Record = dict[str, Any]


class Reader:
    """Finds rows through a connection that is not shared. ``root`` is the folder as the paths of rows begin."""

    def __init__(self, connection: sqlite3.Connection, root: str) -> None:
        self.connection = connection
        self.root = root
        functions: Mapping[str, tuple[int, Any]] = {
            "full_path": (1, lambda path: os.path.join(root, path)),  # without self: a connection must go with it
            "file_name": (1, lambda path: path.rpartition("/")[2]),
            "log_id": (2, _log_id),
        }
        for name, (count, function) in functions.items():
            connection.create_function(name, count, function, deterministic=True)
        # Whether there are logs that are kept whole.
        self.irregular = connection.execute("select 1 from logs where whole is not null limit 1").fetchone() is not None

    def rows(self, wanted: Filter, needs: Collection[str] | None = None, words: str = "") -> Iterator[Row]:
        """The rows that match, in the order of their paths.

        ``needs`` are the sections of the record that will be looked at; the others may be left out. None is all. With
        ``words``, an expression of the tokenizer, only rows of logs that have these words.
        """
        if needs is not None:
            needs = {*needs, "session", *sections(wanted.tree)}
        sql = translate(wanted.tree, wanted.source)
        if words:
            text = f"{sql.text} and L.log in (select rowid from words where words match ?)"
            sql = sql._replace(text=text, values=[*sql.values, words])
        found = self._found(wanted.source, sql, needs)
        if not sql.exact:
            found = filter(wanted.matches, found)
        if self.irregular:
            others = filter(wanted.matches, self._whole(wanted.source))
            found = merge(found, others, key=lambda row: row.path)
        return found

    def count(self, wanted: Filter) -> int:
        """How many rows match."""
        sql = translate(wanted.tree, wanted.source)
        if not sql.exact:
            return sum(1 for _ in self.rows(wanted, ()))
        table = "" if wanted.source == "logs" else f" join {wanted.source} T on T.log = L.log"
        self._register(sql)
        condition = f"L.whole is null and {sql.text}"
        text = f"select count(*) from logs L{table} where {condition}"
        counted: int = self.connection.execute(text, sql.values).fetchone()[0]
        return counted + sum(map(wanted.matches, self._whole(wanted.source)))

    def numbered(self, logs: Sequence[int], needs: Collection[str] | None = None) -> Iterator[Row]:
        """The logs of these numbers, in no order."""
        columns = schema.columns_of(needs)
        for at in range(0, len(logs), _CHUNK):
            some = logs[at : at + _CHUNK]
            condition = f"L.log in ({','.join('?' * len(some))})"
            text = select("logs", _texts("logs", columns), f"{condition} and L.whole is null")
            yield from self._made("logs", self.connection.execute(text, some), columns, needs)
            yield from self._whole("logs", condition, some)

    def execute(self, sql: Sql, text: str, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """What a statement gives of which ``sql`` is a part."""
        self._register(sql)
        return self.connection.execute(text, values)

    def full(self, path: str) -> str:
        """The path of a log as its row tells it."""
        return os.path.join(self.root, path)

    # --- steps ------------------------------------------------------------------------------------------------------

    def _found(self, source: str, sql: Sql, needs: Collection[str] | None) -> Iterator[Row]:
        self._register(sql)
        columns = schema.columns_of(needs)
        text = select(source, _texts(source, columns), f"{'L.whole is null and ' if self.irregular else ''}{sql.text}")
        return self._made(source, self.connection.execute(text, sql.values), columns, needs)

    def _made(
        self,
        source: str,
        cells: Iterator[Sequence[Any]],
        columns: Sequence[Column],
        needs: Collection[str] | None,
    ) -> Iterator[Row]:
        width = 3 + len(columns)
        lists = {steps: name for steps, (name, _) in schema.LISTS.items() if needs is None or steps[0] in needs}
        while chunk := list(islice(cells, _CHUNK)):
            entries = self._entries(sorted({one[0] for one in chunk}), lists)
            log: WorkflowLog | None = None
            number = None
            for one in chunk:
                if one[0] != number or log is None:
                    number = one[0]
                    pairs = zip(columns, one[3:width], strict=True)
                    record = schema.record_of(one[1], pairs, one[2], entries.get(number, {}), needs)
                    log = WorkflowLog(record, path=self.full(one[1]))
                yield self._row(source, log, one[width:])

    def _row(self, source: str, log: WorkflowLog, cells: Sequence[Any]) -> Row:
        body = _Body(log.path or "")
        if source == "logs":
            return Row(source, log.record, log, None, body)
        own = schema.entry_of(schema.TABLES[source], cells)
        if source == "files":
            return Row(source, {**own, "change": cells[1]}, log, (f"/files/{cells[1]}", cells[2]), body)
        return Row(source, own, log, (f"/{source}", cells[1]), body)

    def _entries(
        self, logs: Sequence[int], lists: Mapping[tuple[str, ...], str]
    ) -> dict[int, dict[tuple[str, ...], list[Record]]]:
        """The lists of entries of some logs."""
        found: dict[int, dict[tuple[str, ...], list[Record]]] = {}
        marks = ",".join("?" * len(logs))
        for steps, name in lists.items():
            table = schema.TABLES[name]
            names = ", ".join(f'"{one}"' for one in table.kept)
            which = f" and change = '{steps[1]}'" if name == "files" else ""
            text = f"select {names} from {name} where log in ({marks}){which} order by log, n"
            for cells in self.connection.execute(text, logs):
                found.setdefault(cells[0], {}).setdefault(steps, []).append(schema.entry_of(table, cells))
        return found

    def _whole(self, source: str, condition: str = "true", values: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of the logs that are kept whole."""
        text = f"select path, whole from logs L where whole is not null and {condition} order by path"
        for path, whole in self.connection.execute(text, values):
            log = WorkflowLog(json.loads(whole), path=self.full(path))
            yield from rows_of_log(log, source, body=_Body(log.path or ""))

    def _register(self, sql: Sql) -> None:
        for name, function in sql.functions.items():
            self.connection.create_function(name, 1, function, deterministic=True)


class _Body:
    """The Markdown of a log, read when it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self) -> str:
        from akislog.store.paths import Unreadable, read_regular
        from akislog.text.frontmatter import FILE_LIMIT, split

        try:
            return split(read_regular(self.path, FILE_LIMIT))[0].body.decode("utf-8", "replace")
        except Unreadable:  # it went away just now
            return ""


def _texts(source: str, columns: Sequence[Column]) -> list[str]:
    """The expressions of which ``_made`` makes rows."""
    own = schema.TABLES[source].kept if source != "logs" else ()
    lead = ("L.log", "L.path", "L.extra")
    return [*lead, *(f'L."{one.kept}"' for one in columns), *(f'T."{name}"' for name in own)]


def select(source: str, texts: Sequence[str], condition: str) -> str:
    """The statement that finds these expressions of the rows of a source, in the order of their paths."""
    # A plus keeps SQLite from going through all logs in the order of the index on paths where it has a better one.
    order, table = "+L.path" if any(one in condition for one in _INDEXED) else "L.path", ""
    if source != "logs":
        table = f" join {source} T on T.log = L.log"
        order += f", case T.change {_ORDER_OF_FILES} end, T.n" if source == "files" else ", T.n"
    return f"select {', '.join(texts)} from logs L{table} where {condition} order by {order}"


def sections(tree: Any) -> set[str]:
    """The sections of a record that a bound query looks at."""
    if tree is None:
        return set()
    if isinstance(tree, Bound):
        return {str(tree.field.steps[0])} if tree.field.of == "log" else set()
    parts: Iterable[Any] = (tree.part,) if isinstance(tree, Not) else tree.parts
    return {one for part in parts for one in sections(part)}


def _log_id(found: Any, path: str) -> str:
    """The id of a log as a row tells it."""
    if isinstance(found, bytes):
        found = json.loads(found)
    return found if isinstance(found, str) and found else path.rpartition("/")[2].removesuffix(".md")
