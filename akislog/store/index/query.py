"""A query as SQL. What SQL can say exactly is said in SQL; a value that is none of its column's kind, and what is in
JSON, is judged by a function that is the files' engine itself. What cannot be said at all is left to that engine too.

A NULL in a condition counts as false, which is right as long as nothing turns it round: ``not`` makes it false first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from akislog.core.fields import Field
from akislog.core.query import Bound, Filter, Operand
from akislog.core.query_syntax import ORDERINGS, Not
from akislog.core.rows import reader
from akislog.store.index.schema import COMMON, LISTS, LOG_COLUMNS, TABLES
from akislog.store.index.values import DATE, FLAG, JSON, PLAIN, TIME, Column, loaded

Function = Callable[[Any], bool | int | None]

_NUMBER, _TEXT = "typeof({0}) in ('integer', 'real')", "typeof({0}) = 'text'"
_LETTERS_OF_ASCII = {"s": "\u017f", "k": "\u212a"}  # beyond ASCII, but in another case letters of it
_BY_STEPS = {one.steps: one for one in LOG_COLUMNS}


class Sql(NamedTuple):
    """A condition, its values in order, and the functions that it calls, by name. ``exact`` is False where it lets
    through more than was asked for."""

    text: str
    values: list[Any]
    functions: dict[str, Function]
    exact: bool


class _Beyond(Exception):
    """SQL cannot say this."""


class _Place(NamedTuple):
    """Where a value lies: the expression of its column, the column, and the steps from there. ``table`` and ``where``
    are those of a list in a log that has to be gone through."""

    text: str
    column: Column
    steps: tuple[str | int, ...]
    table: str = ""
    where: str = ""


class _Holder:
    """A row that holds one value: what the files' engine needs to judge it."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own


def translate(tree: Any, source: str) -> Sql:
    """The condition of a bound query on ``L``, a row of ``logs``, and ``T``, the row of the source's table.

    It may call ``full_path(path)``, ``file_name(path)`` and ``log_id(id, path)`` besides the functions it brings.
    """
    writer = _Writer(source)
    if tree is None:
        return Sql("1", [], {}, True)
    parts = tree.parts if not isinstance(tree, (Bound, Not)) and tree.op == "and" else (tree,)
    texts, exact = [], True
    for part in parts:
        known = len(writer.values)
        try:
            texts.append(writer.condition(part))
        except _Beyond:
            del writer.values[known:]
            exact = False
    return Sql(" and ".join(texts) or "1", writer.values, writer.functions, exact)


class _Writer:
    """Writes conditions; values are collected in the order in which they stand in the text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.values: list[Any] = []
        self.functions: dict[str, Function] = {}

    def condition(self, tree: Any) -> str:
        """The condition of a tree, in brackets."""
        if isinstance(tree, Bound):
            return self._test(tree)
        if isinstance(tree, Not):
            return f"(not coalesce({self.condition(tree.part)}, 0))"
        return f"({f' {tree.op} '.join([self.condition(part) for part in tree.parts])})"

    def _test(self, bound: Bound) -> str:
        place = self._place(bound.field, bound.steps)
        if bound.every:
            return self._every(bound, place)
        if bound.op == "missing":
            return f"(not {self._some(bound._replace(op='exists'), place)})"
        return self._some(bound, place)

    def _some(self, bound: Bound, place: _Place) -> str:
        if not place.table:
            return self._one(bound, place)
        return f"exists (select 1 from {place.table} E where {place.where} and {self._one(bound, place)})"

    def _every(self, bound: Bound, place: _Place) -> str:
        """Nothing that fails, and something to be judged; of a column alone both are one."""
        if not place.table:
            if bound.op == "missing":
                raise _Beyond  # there is a difference between a section without the key and no section
            return f"({self._call(_judges_all(bound, place), place)} is 1)"
        call = self._call(_judges_all(bound, place), place)
        among = f"exists (select 1 from {place.table} E where {place.where} and"
        return f"(not {among} {call} is 0) and {among} {call} is 1))"

    def _one(self, bound: Bound, place: _Place) -> str:
        """The condition on one value."""
        if bound.op == "exists" and not place.steps:
            return f"({place.text} is not null)"
        if place.steps or bound.op in ("exists", "has"):
            return self._by_function(bound, place)
        known = len(self.values)
        fast = [self._fast(bound.op, operand, place) for operand in bound.operands]
        if None in fast:
            del self.values[known:]
            return self._by_function(bound, place)
        # Blobs are greater than everything else; said so, an index on the column serves both halves.
        odd = f"({place.text} >= x'' and {self._call(_judges(bound, place), place)})"
        common = COMMON.get((place.table or self.source, place.column.name))
        uncommon = common and bound.op in ("=", "in") and all(one.value != common for one in bound.operands)
        return f"({f'{place.text} <> {common!r} and ' if uncommon else ''}({' or '.join([*filter(None, fast), odd])}))"

    def _by_function(self, bound: Bound, place: _Place) -> str:
        call = self._call(_judges(bound, place), place)
        hint = ""
        if (
            place.column.kind is JSON
            and all(one.kind == "text" for one in bound.operands)
            and bound.op in ("=", "in", "has")
        ):
            texts = [json.dumps(one.value, ensure_ascii=False)[1:-1] for one in bound.operands]
            if bound.operands and all(text.isprintable() for text in texts):
                hint = " or ".join(f"instr({place.text}, {self._value(text)})" for text in texts)
                hint = f" and (typeof({place.text}) = 'blob' or {hint})"
        return f"({place.text} is not null{hint} and {call})"

    def _fast(self, op: str, operand: Operand, place: _Place) -> str | None:
        """The condition on a value of the column's own kind; "" where it is never true, None where SQL has no word."""
        text, kind, wanted = place.text, place.column.kind, operand.value
        if kind is JSON:
            return None
        if operand.kind == "null":
            return f"{text} < x''" if op == "!=" else ""
        if operand.kind == "empty":
            return ""
        if operand.kind in ("day", "moment"):
            return self._date(op, operand, place)
        if kind is FLAG:
            same = self._compare(text, op, int(wanted)) if operand.kind == "flag" else ""
            return f"({text} < '' and {same})" if same else ""
        if kind is TIME:
            return "" if operand.kind in ("flag", "number") else None
        if operand.kind == "flag":
            return ""
        if operand.kind == "pattern":
            return self._pattern(op, wanted, place)
        if operand.kind == "number":
            return self._compare(text, "=", wanted) if op in ("=", "in") else self._typed(_NUMBER, text, op, wanted)
        if not _storable(wanted):
            return None
        return self._compare(text, "=", wanted) if op in ("=", "in") else self._typed(_TEXT, text, op, wanted)

    def _typed(self, form: str, text: str, op: str, wanted: Any) -> str:
        return f"({form.format(text)} and {self._compare(text, op, wanted)})"

    def _compare(self, text: str, op: str, wanted: Any) -> str:
        return f"{text} {'=' if op == 'in' else '<>' if op == '!=' else op} {self._value(wanted)}"

    def _date(self, op: str, operand: Operand, place: _Place) -> str | None:
        text, wanted = place.text, operand.value
        if place.column.kind is DATE:
            return self._typed(_TEXT, text, op, wanted.date) if op != "=" else self._compare(text, op, wanted.date)
        if place.column.kind is FLAG:
            return ""
        if place.column.kind is not TIME:
            return None
        start, end = (wanted.start, wanted.end) if operand.kind == "day" else (wanted.seconds, None)
        if end is None:
            return f"({text} < '' and {self._compare(text, op, start)})"
        if op in ORDERINGS:
            edge, sign = {"<": (start, "<"), "<=": (end, "<"), ">": (end, ">="), ">=": (start, ">=")}[op]
            return f"({text} < '' and {self._compare(text, sign, edge)})"
        within = f"({text} >= {self._value(start)} and {text} < {self._value(end)})"
        return within if op in ("=", "in") else f"({text} < '' and not {within})"

    def _pattern(self, op: str, wanted: str, place: _Place) -> str | None:
        """A search for plain text without letters that others beyond ASCII are the same as."""
        letters = {char.lower() for char in wanted}
        if not (wanted and all(char.isascii() and (char.isalnum() or char in " /:;,<>=@#&!'\"`~-") for char in wanted)):
            return None
        if letters & {*_LETTERS_OF_ASCII}:
            return None
        found = f"{place.text} like {self._value(f'%{wanted}%')}"
        return f"({_TEXT.format(place.text)} and {found if op == '~' else f'not {found}'})"

    # --- where values lie -------------------------------------------------------------------------------------------

    def _place(self, field: Field, steps: Sequence[str | int]) -> _Place:
        if field.of == "file":
            return self._of_file(field.steps[0])
        if field.of == "row":
            return self._of_row(steps)
        names: tuple[Any, ...] = tuple(steps)
        for count in (2, 1):
            if names[:count] in LISTS:
                return self._in_list(names[:count], names[count:])
            if names[:count] in _BY_STEPS:
                column = _BY_STEPS[names[:count]]
                return _Place("L.id" if column.name == "id" else f'L."{column.kept}"', column, names[count:])
        raise _Beyond

    def _of_file(self, name: str) -> _Place:
        if name == "body":
            raise _Beyond
        text = {"path": "full_path(L.path)", "name": "file_name(L.path)", "id": "log_id(L.id, L.path)"}[name]
        return _Place(text, Column(name, (name,), PLAIN), ())

    def _of_row(self, steps: Sequence[str | int]) -> _Place:
        if steps[0] == "change" and self.source == "files":
            return _Place("T.change", Column("change", ("change",), PLAIN), tuple(steps[1:]))
        at = TABLES[self.source].at.get(str(steps[0]))
        if at is None:
            raise _Beyond
        return _Place(f'T."{at[1].kept}"', at[1], tuple(steps[1:]))

    def _in_list(self, steps: tuple[str, ...], rest: tuple[str | int, ...]) -> _Place:
        table = LISTS[steps][0]
        where = "E.log = L.log"
        if table == "files":
            where += f" and E.change = '{steps[1]}'"
        if rest and isinstance(rest[0], int):
            if rest[0] < 0:
                raise _Beyond
            where += f" and E.n = {rest[0]}"
            rest = rest[1:]
        at = TABLES[table].at.get(str(rest[0])) if rest else None
        if at is None:
            raise _Beyond
        return _Place(f'E."{at[1].kept}"', at[1], rest[1:], table, where)

    # --- functions and values ---------------------------------------------------------------------------------------

    def _call(self, function: Function, place: _Place) -> str:
        name = f"judge_{len(self.functions)}"
        self.functions[name] = function
        return f"{name}({place.text})"

    def _value(self, value: Any) -> str:
        self.values.append(value)
        return "?"


def _storable(text: str) -> bool:
    return text.isprintable() or ("\0" not in text and text.isascii())


def _single(bound: Bound, place: _Place) -> tuple[Bound, str]:
    """The same test on a row that holds only the value of a column."""
    key = place.column.steps[-1]
    steps = (key, *place.steps)
    names = tuple(step for step in steps if isinstance(step, str))
    field = bound.field._replace(of="row", steps=names)
    return bound._replace(field=field, steps=steps, every=False), key


def _judges(bound: Bound, place: _Place) -> Function:
    single, key = _single(bound, place)
    judge, column = Filter(single, "tasks").matches, place.column

    def function(value: Any) -> bool:
        return value is not None and judge(_Holder({key: loaded(value, column)}))  # type: ignore[arg-type]

    return function


def _judges_all(bound: Bound, place: _Place) -> Function:
    """1 where every value there is passes, 0 where one fails, None where there is nothing to judge."""
    single, key = _single(bound, place)
    judge, column = Filter(single._replace(every=True), "tasks").matches, place.column
    found = reader(single.field, single.steps)
    whole = bound.op in ("has", "exists", "missing") or bound.operands[0].kind == "empty"

    def function(value: Any) -> int | None:
        row: Any = _Holder({} if value is None else {key: loaded(value, column)})
        there = any(whole or not isinstance(one, list) or one for one in found(row))
        return int(judge(row)) if there else None

    return function
