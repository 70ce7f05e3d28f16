"""The filter language as meaning: what an expression asks of a row.

``bind`` settles everything that does not depend on a row: fields, dates, patterns. ``compile`` makes functions of the
result, and an index may make something else of it; both mean the same. The rules:

- a path through a list is true where it is true for any entry; ``all(…)`` wants every entry, and at least one;
- comparing what is missing is false, with ``!=`` and ``!~`` too; so is comparing null with anything but null;
- nothing is converted: comparing a number with text is false as well, and is counted in ``Filter.clashes``;
- ``exists`` is true for null, ``""`` and ``[]``; ``missing`` is its opposite.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timezone, tzinfo
from typing import Any, NamedTuple

from akislog.core import when
from akislog.core.fields import Field, own_fields, resolve
from akislog.core.pattern import PatternError, searcher
from akislog.core.query_syntax import ORDERINGS, PATTERNS, Expression, Logic, Not, Place, Test, Value, parse
from akislog.core.rows import MISSING, Row, indexed, reader
from akislog.errors import QueryError

__all__ = ["Bound", "Expression", "Filter", "Operand", "bind", "compile", "parse"]

_OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "has": operator.eq,
    "in": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FITTING = {
    "text": ("text", "pattern"),
    "whole": ("number",),
    "number": ("number",),
    "flag": ("flag",),
    "time": ("day", "moment", "text", "pattern"),
    "date": ("day", "moment", "text", "pattern"),
}


class Operand(NamedTuple):
    """A value that is compared with: text, number, flag, null, empty (``[]``), day, moment or pattern (its text)."""

    kind: str
    value: Any
    place: Place


class Bound(NamedTuple):
    """A test whose field is known. ``steps`` are the field's with the list indexes among them."""

    field: Field
    steps: tuple[str | int, ...]
    op: str
    operands: tuple[Operand, ...]
    every: bool


class Filter:
    """What decides whether a row matches.

    ``hints`` say what in the query will hardly be meant. ``clashes`` counts rows that did not match and in which
    values of different types were compared, ``lacks`` by field the rows that had nothing to compare: both as far as a
    row had to be looked at.
    """

    def __init__(self, tree: Any, source: str) -> None:
        self.tree = tree
        self.source = source
        self.hints = tuple(hint for bound in _tests(tree) for hint in _hints(bound))
        self.needs_body = any(bound.field.of == "file" and bound.field.steps == ("body",) for bound in _tests(tree))
        self.clashes = 0
        self.lacks: dict[str, int] = {}
        self._clashed = False
        self._matches = (lambda _: True) if tree is None else self._function(tree)

    def matches(self, row: Row) -> bool:
        """Whether the row matches."""
        self._clashed = False
        if self._matches(row):
            return True
        self.clashes += self._clashed
        return False

    def _function(self, tree: Any) -> Callable[[Row], bool]:
        if isinstance(tree, Bound):
            return self._test(tree)
        if isinstance(tree, Not):
            inner = self._function(tree.part)
            return lambda row: not inner(row)
        parts = [self._function(part) for part in tree.parts]
        if len(parts) == 2:
            first, second = parts
            if tree.op == "and":
                return lambda row: first(row) and second(row)
            return lambda row: first(row) or second(row)
        together = all if tree.op == "and" else any
        return lambda row: together(part(row) for part in parts)

    def _test(self, bound: Bound) -> Callable[[Row], bool]:
        found = reader(bound.field, bound.steps)
        if bound.op in ("exists", "missing"):
            return _presence(found, bound)
        whole = bound.op == "has" or bound.operands[0].kind == "empty"
        test = _any_of(bound)
        judge = _has(test) if bound.op == "has" else test
        return self._every(found, judge, whole) if bound.every else self._some(found, judge, whole, bound.field.name)

    def _some(
        self, found: Callable[[Row], Any], judge: Callable[[Any], bool | None], whole: bool, name: str
    ) -> Callable[[Row], bool]:
        lacks = self.lacks

        def test(row: Row) -> bool:
            nothing = True
            for value in found(row):
                if value is MISSING:
                    continue
                nothing = False
                for leaf in value if not whole and isinstance(value, list) else (value,):
                    answer = judge(leaf)
                    if answer:
                        return True
                    if answer is None:
                        self._clashed = True
            if nothing:
                lacks[name] = lacks.get(name, 0) + 1
            return False

        return test

    def _every(
        self, found: Callable[[Row], Any], judge: Callable[[Any], bool | None], whole: bool
    ) -> Callable[[Row], bool]:
        def test(row: Row) -> bool:
            there = False
            for value in found(row):
                for leaf in value if not whole and isinstance(value, list) else (value,):
                    answer = False if leaf is MISSING else judge(leaf)
                    if not answer:
                        self._clashed |= answer is None
                        return False
                    there = True
            return there

        return test


def compile(
    expression: Expression | str, source: str = "logs", today: date | None = None, zone: tzinfo = timezone.utc
) -> Filter:
    """The filter for rows of a source. Days begin at midnight of ``zone``; ``today`` is the day there.

    Raises QueryError.
    """
    return Filter(bind(expression, source, today, zone), source)


def bind(
    expression: Expression | str, source: str = "logs", today: date | None = None, zone: tzinfo = timezone.utc
) -> Any:
    """The tree with Bound in the place of each Test; None where everything matches. Raises QueryError."""
    own_fields(source)  # an unknown source is refused, whatever is asked
    tree = (parse(expression) if isinstance(expression, str) else expression).tree
    return None if tree is None else _bound(tree, source, today, zone)


def _bound(tree: Any, source: str, today: date | None, zone: tzinfo) -> Any:
    if isinstance(tree, Not):
        return Not(_bound(tree.part, source, today, zone))
    if isinstance(tree, Logic):
        return Logic(tree.op, tuple(_bound(part, source, today, zone) for part in tree.parts))
    try:
        field = resolve(tree.path, source)
        steps = indexed(field, tree.path)
    except QueryError as error:
        raise _at(tree.place, error.reason) from None
    operands = tuple(_operand(value, tree.op, today, zone) for value in tree.values)
    _check(tree, field, operands)
    return Bound(field, steps, tree.op, operands, tree.every)


def _operand(value: Value, op: str, today: date | None, zone: tzinfo) -> Operand:
    if op in PATTERNS:
        try:
            searcher(value.value)
        except PatternError as error:
            raise _at(value.place, str(error)) from None
        return Operand("pattern", value.value, value.place)
    if op in ORDERINGS and value.kind in ("flag", "null", "empty"):
        raise _at(value.place, f"{op} orders numbers, text and dates; use = or != here")
    if value.kind != "date":
        return Operand(value.kind, value.value, value.place)
    if today is None and when.is_relative(value.value):
        raise _at(value.place, "which day is today has to be said")
    meant = when.meant(value.value, today, zone)
    if meant is None:
        raise _at(value.place, "there is no such day; text stands in quotes")
    return Operand("day" if isinstance(meant, when.Day) else "moment", meant, value.place)


def _check(test: Test, field: Field, operands: tuple[Operand, ...]) -> None:
    """Refuse what can match no row whatever it holds."""
    if test.op in ("exists", "missing"):
        return
    kinds = {operand.kind for operand in operands}
    if test.op == "has" and "empty" in kinds:
        raise _at(operands[0].place, "has looks for one value")
    if field.kind == "part" and (test.op == "has" or not kinds <= {"empty", "null"}):
        raise _at(test.place, f"{field.name} has fields of its own; name one of them, or use exists")
    if field.kind == "map" and test.op != "has" and not kinds <= {"empty", "null"}:
        raise _at(test.place, f"{field.name} is a mapping; name one of its keys, as in {field.name}.key")
    if test.op == "has" and not field.lists and field.kind not in ("map", "any"):
        raise _at(test.place, f"{field.name} is no list; use = or ~")


def _at(place: Place, message: str) -> QueryError:
    return QueryError(message, *place)


# --- values -----------------------------------------------------------------------------------------------------------


def _presence(found: Callable[[Row], Any], bound: Bound) -> Callable[[Row], bool]:
    wanted = bound.op == "exists"
    if bound.every:
        return lambda row: bool(values := found(row)) and all((value is not MISSING) is wanted for value in values)
    return lambda row: any(value is not MISSING for value in found(row)) is wanted


def _any_of(bound: Bound) -> Callable[[Any], bool | None]:
    """True where the comparison with one of the operands is, None where none of them can be compared with."""
    if bound.op == "in" and all(operand.kind == "text" for operand in bound.operands):
        wanted = frozenset(operand.value for operand in bound.operands)
        return lambda value: value in wanted if isinstance(value, str) else False if value is None else None
    judges = [_judge(bound.op, operand) for operand in bound.operands]
    if len(judges) == 1:
        return judges[0]

    def judge(value: Any) -> bool | None:
        answers = [one(value) for one in judges]
        return True if True in answers else None if all(answer is None for answer in answers) else False

    return judge


def _has(judge: Callable[[Any], bool | None]) -> Callable[[Any], bool | None]:
    """Whether a list holds such a value, or a mapping such a key."""

    def has(value: Any) -> bool | None:
        if not isinstance(value, (list, dict)):
            return False if value is None else None
        return any(judge(one) for one in value)

    return has


def _judge(op: str, operand: Operand) -> Callable[[Any], bool | None]:
    """A function that compares one value: None where the types do not go together."""
    kind, wanted = operand.kind, operand.value
    if kind == "pattern":
        return _search(wanted, op == "~")
    if kind == "null":
        return (lambda value: value is not None) if op == "!=" else (lambda value: value is None)
    if kind == "empty":
        return lambda value: isinstance(value, list) and bool(value) is (op == "!=")
    compare = _OPERATIONS[op]
    if kind in ("day", "moment"):
        return _date(compare, wanted)
    types = {"text": (str,), "flag": (bool,), "number": (int, float)}[kind]

    def judge(value: Any) -> bool | None:
        if type(value) in types:
            return compare(value, wanted)
        return False if value is None else None

    return judge


def _search(pattern: str, wanted: bool) -> Callable[[Any], bool | None]:
    search = searcher(pattern)

    def judge(value: Any) -> bool | None:
        if isinstance(value, str):
            return search(value) is wanted
        return False if value is None else None

    return judge


def _date(compare: Callable[[Any, Any], bool], wanted: Any) -> Callable[[Any], bool | None]:
    def judge(value: Any) -> bool | None:
        order = when.compare(value, wanted) if isinstance(value, str) else None
        if order is None:
            return False if value is None else None
        return compare(order, 0)

    return judge


# --- hints ------------------------------------------------------------------------------------------------------------


def _tests(tree: Any) -> list[Bound]:
    if tree is None:
        return []
    if isinstance(tree, Bound):
        return [tree]
    parts = (tree.part,) if isinstance(tree, Not) else tree.parts
    return [bound for part in parts for bound in _tests(part)]


def _hints(bound: Bound) -> list[str]:
    hints = []
    field = bound.field
    for operand in bound.operands:
        word = operand.place.text[operand.place.at : operand.place.at + operand.place.width]
        if operand.kind in ("null", "empty") or field.kind not in _FITTING:
            continue
        if operand.kind not in _FITTING[field.kind]:
            quoted = f'; "{word}" in quotes is text' if field.kind == "text" else ""
            kinds = f"{field.name} is {_SAID[field.kind]} and {word} is {_SAID[operand.kind]}"
            hints.append(f"{kinds}: no row will match{quoted}")
        elif field.words and operand.kind == "text" and operand.value not in field.words:
            hints.append(f"{field.name} is one of {', '.join(field.words)}; {word} is not among them")
    return hints


_SAID = {
    "text": "text",
    "pattern": "a pattern",
    "whole": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "time": "a time",
    "date": "a date",
    "day": "a date",
    "moment": "a time",
}
