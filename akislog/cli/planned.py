"""A query that was asked before, answered by its plan: the same bytes, without what the first answer had to load.

Terminals, whose width and colours matter, are left to the ordinary way, and so is everything that is odd.
"""

from __future__ import annotations

import os
import sys
import time

from akislog.cli.output import complain, placed, say_all, tell_unread
from akislog.store.index import plan as plans
from akislog.store.index import sqlite
from akislog.store.index.place import Connection, Damaged, connect, is_unsettled
from akislog.store.surroundings import Surroundings, surroundings

TYPE_CHECKING = False  # known to type checkers: typing itself would cost more than everything else here

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from akislog.core.query import Filter
    from akislog.core.question import Question
    from akislog.store.index.scan import Scan

_LARGEST = 1 << 20  # characters of an answer: beside printing more, what is loaded before is little
_TIME = len("2026-01-15T14:45:30Z")
_UNUSABLE = (plans.Unplanned, Damaged, sqlite.Error, OSError, ValueError)


class Asked:
    """A command line, and what came of it: told what is printed, it keeps a plan that prints the same.

    ``scan`` is what was seen of the files, should they have been looked at.
    """

    def __init__(self, arguments: Sequence[str], options: Mapping[str, Any]) -> None:
        self._arguments = arguments
        self._options = options
        self.scan: Scan | None = None
        self._told: list[str] | None = []
        self._size = 0
        self._here = self._surroundings()

    def answer(self) -> int | None:
        """Answer by a plan, and give the exit code; None where the ordinary way has to."""
        if self._here is None:
            return None
        try:
            plan, connection, folder, state = plans.find(self._here, self._options.get("directory"))
            try:
                connection = self._current(connection, folder, state)
                unread = self._unread(plan, connection)
                rows = plans.answered(plan, connection)
            finally:
                connection.close()  # who changes the index now need not work on a copy
            text = _text(plan, rows)
        except _UNUSABLE:
            return None
        for hint in plan["hints"]:
            complain(f"note: {hint}")
        say_all([text])
        code = tell_unread(unread, self._options.get("on_error", "warn"))
        return code or int(bool(self._options.get("exit_status")) and not rows)

    def telling(self, parts: Iterable[str]) -> Iterator[str]:
        """The parts of the answer as the ordinary way prints them."""
        for part in parts:
            if self._told is not None:
                self._told.append(part)
                self._size += len(part)
                if self._size > _LARGEST:
                    self._told = None
            yield part

    def keep(self, question: Question, wanted: Filter, form: str, root: str, index: str) -> None:
        """Keep a plan for what was just answered from an index, if there is one that gives the same. ``root`` is the
        folder of the logs as its paths begin."""
        from akislog.store.index.planning import planned

        if self._here is None or self._told is None:
            return
        plan = planned(question, wanted, form, root)
        here = self._surroundings()
        if plan is None or here is None or here.text != self._here.text:  # midnight, for one
            return
        try:
            connection = connect(index, root)
            token = plans.token_of(connection)
            if token and _text(plan, plans.answered(plan, connection)) == "".join(self._told):
                plans.keep(plan, os.path.dirname(index), here, token, time.time_ns())
            connection.close()
        except _UNUSABLE:
            pass

    def _current(self, connection: Connection, folder: str, state: str) -> Connection:
        """The index as the files are now. Unplanned where that takes long."""
        if self._options.get("trusted"):
            return connection
        current, self.scan = plans.compared(connection, folder)
        if current and not is_unsettled(connection):
            return connection
        from akislog.store.index.current import Opening

        found = Opening(folder, state, lambda text: complain(f"note: {text}"), scan=self.scan).soon(connection)
        if found is None:
            raise plans.Unplanned
        return found

    def _unread(self, plan: plans.Plan, connection: sqlite.Connection) -> list[str]:
        """What is to be said of files that could not be read. Unplanned where the ordinary way fails for them."""
        unread = [f"{placed(*one[:3])}: {one[3]}" for one in plans.unread(connection, plan["root"])]
        if unread and self._options.get("on_error") == "fail":
            raise plans.Unplanned
        return unread

    def _surroundings(self) -> Surroundings | None:
        try:
            if self._options.get("no_index") or self._options.get("explain_query") or sys.stdout.isatty():
                return None
            return surroundings(self._arguments, os.environ)
        except (OSError, ValueError):
            return None


def _text(plan: plans.Plan, rows: list[tuple[Any, ...]]) -> str:
    """The answer as it is printed."""
    columns, form = plan["columns"], plan["form"]
    found = [dict(zip(columns, row)) for row in rows]  # noqa: B905 - every row has a value for every column
    if form == "tsv":
        from akislog.report.plain import tsv

        return "".join(tsv(columns, found))
    if form == "paths":
        from akislog.report.plain import values

        return "".join(values(columns[0], found))
    if form == "table" and any(_may_be_time(value) for row in rows for value in row):
        raise plans.Unplanned  # which people see in their zone
    from akislog.report.rows import FORMATS, Table

    return "".join(FORMATS[form](Table(columns, found)))


def _may_be_time(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and len(value) == _TIME)
