"""The filter language as text: ``parse`` makes the tree, ``str(expression)`` writes it again.

    expression := and ("or" and)*        and := not ("and" not)*        not := "not" not | "(" expression ")" | test
    test := path operator value | path "in" "(" value, … ")" | path "has" value | path "exists" | path "missing"
          | "all" "(" test ")"
    operator := = != < <= > >= ~ !~      path := name ( "." name | "[" number "]" )*

A quoted value is text; bare ``true``, ``12``, ``null``, ``[]``, ``2026-01-11`` and ``-7d`` are what they look like;
any other bare word is text. Nothing is known here of fields: that is what binding is for.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

from akislog.core import when
from akislog.errors import QueryError

LENGTH_LIMIT = 20_000
DEPTH_LIMIT = 64

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
PATTERNS = ("~", "!~")
ORDERINGS = ("<", "<=", ">", ">=")
WORDS = ("in", "has", "exists", "missing")

_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"!=|!~|<=|>=|=|<|>|~")
_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"\w[\w-]*")
_INDEX = re.compile(r"\[\s*(-?[0-9]{1,9})\s*\]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_BARE = re.compile(r"""(?:[^\s()\[\],=<>~"'!]|!(?![=~]))+""")
_ESCAPE = re.compile(r"""\\(["'\\])""")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DIGITS = 15  # beyond these a number in a log is text, and so it is here
_EMPTY = re.compile(r"\[\s*\]")
_TYPED: dict[str, tuple[str, Any]] = {"true": ("flag", True), "false": ("flag", False), "null": ("null", None)}
_RESERVED = frozenset({"and", "or", "not"})
_NEED_QUOTES = ("(", ")", "[", "]", ",", "=", "<", ">", "~", "!")
_SLIPS = {"==": "=", "&&": "and", "||": "or", "!": "not"}


class Place(NamedTuple):
    """Where in a query something stands."""

    text: str
    at: int
    width: int


class Value(NamedTuple):
    """A value as it was written. Kinds: text, number, flag, null, empty (``[]``), date (a date, time or relative day;
    ``value`` is the word)."""

    kind: str
    value: Any
    place: Place


class Test(NamedTuple):
    """One test of a path: a list index is an int among the steps; ``every`` is ``all(…)``."""

    path: tuple[str | int, ...]
    op: str
    values: tuple[Value, ...]
    every: bool
    place: Place


class Not(NamedTuple):
    """The opposite of a test, of another Not, or of a Logic."""

    part: Any


class Logic(NamedTuple):
    """``and`` or ``or`` of two or more parts, each a test, a Not or a Logic."""

    op: str
    parts: tuple[Any, ...]


Tree = Test | Not | Logic


class Expression(NamedTuple):
    """A parsed query. ``tree`` is None where nothing is asked for: everything matches."""

    tree: Tree | None

    def __str__(self) -> str:
        return "" if self.tree is None else unparse(self.tree)


def parse(*texts: str) -> Expression:
    """The tree of a query; of several, all must hold. Raises QueryError with the place of what is wrong."""
    trees = [_Parser(text).whole() for text in texts if text.strip()]
    if len(trees) > 1:
        return Expression(Logic("and", tuple(trees)))
    return Expression(trees[0] if trees else None)


def parse_path(text: str) -> tuple[str | int, ...]:
    """The steps of one path, such as ``tasks[0].status``. Raises QueryError."""
    return _Parser(text).only_path()


class _Parser:
    """Recursive descent; the tokens are cut where they are expected, so that ``~ ^a.*`` needs no quotes."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH_LIMIT:
            raise QueryError(f"the query has {len(text)} characters; the limit is {LENGTH_LIMIT}")
        self.text = text
        self.at = 0
        self.depth = 0
        self.open = 0  # brackets, those of all(…) among them

    def whole(self) -> Tree:
        tree = self.either()
        if not self._ended():
            self._fail_after()
        return tree

    def only_path(self) -> tuple[str | int, ...]:
        self._skip()
        path = self._path()
        if not self._ended():
            self._fail("expected the end of the field's name")
        return path

    def either(self) -> Tree:
        return self._joined("or")

    def _joined(self, op: str) -> Tree:
        part = self.negated if op == "and" else lambda: self._joined("and")
        parts = [part()]
        while self._keyword(op):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(op, tuple(parts))

    def negated(self) -> Tree:
        begin = self._skip()
        if self._keyword("not"):
            self._deeper(begin)
            tree: Tree = Not(self.negated())
        elif self._char("("):
            self._deeper(begin)
            self.open += 1
            tree = self.either()
            self._close(begin)
        else:
            return self.test()
        self.depth -= 1
        return tree

    def test(self) -> Test:
        begin = self._skip()
        if self._keyword("all") and self._char("("):
            self.open += 1
            inner = self._test(True)
            self._close(begin)
            return inner
        self.at = begin
        return self._test(False)

    def _test(self, every: bool) -> Test:
        begin = self._skip()
        path = self._path()
        place = Place(self.text, begin, self.at - begin)
        op = self._op(place)
        values: tuple[Value, ...] = ()
        if op == "in":
            values = self._values()
        elif op not in ("exists", "missing"):
            values = (self._value(op in PATTERNS),)
        return Test(path, op, values, every, place)

    # --- parts of a test --------------------------------------------------------------------------------------------

    def _path(self) -> tuple[str | int, ...]:
        begin = self.at
        word = _WORD.match(self.text, begin)
        if self._ended() or (word and word[0].lower() in _RESERVED) or not (self._here('"', "'") or word):
            self._fail("expected a field, such as session.domain")
        steps: list[str | int] = [self._step()]
        while True:
            index = _INDEX.match(self.text, self.at)
            if index:
                self.at = index.end()
                steps.append(int(index[1]))
            elif self._here("."):
                self.at += 1
                steps.append(self._step())
            elif self._here("["):
                self._fail("expected a number in [ ], such as tasks[0]")
            else:
                return tuple(steps)

    def _step(self) -> str:
        if self._here('"', "'"):
            return self._quoted()
        name = _NAME.match(self.text, self.at)
        if not name:
            self._fail("expected a name after the dot")
        self.at = name.end()
        return name[0]

    def _op(self, path: Place) -> str:
        begin = self._skip()
        found = _OPERATOR.match(self.text, begin)
        if found and self.text[begin : begin + 2] != "==":
            self.at = found.end()
            return found[0]
        word = _WORD.match(self.text, begin)
        if word and word[0].lower() in WORDS:
            self.at = word.end()
            return word[0].lower()
        name = self.text[path.at : path.at + path.width]
        raise self._failure(f"expected one of {' '.join((*COMPARISONS, *WORDS))} after {name}")

    def _values(self) -> tuple[Value, ...]:
        begin = self._skip()
        if not self._char("("):
            self._fail("expected a list in round brackets after in, such as in (done, failed)")
        self.open += 1
        values = [self._value(False)]
        while self._char(","):
            values.append(self._value(False))
        self._close(begin)
        return tuple(values)

    def _value(self, pattern: bool) -> Value:
        begin = self._skip()
        kind, value = "text", ""
        empty = None if pattern else _EMPTY.match(self.text, begin)
        bare = _BARE.match(self.text, begin)
        if self._here('"', "'"):
            value = self._quoted()
        elif empty:
            kind, self.at = "empty", empty.end()
        elif bare:
            self.at = bare.end()
            kind, value = ("text", bare[0]) if pattern else classify(bare[0])
        else:
            self._fail("expected a value; text with spaces or signs stands in quotes")
        place = Place(self.text, begin, self.at - begin)
        if pattern and self.at < len(self.text) and self._here(*_NEED_QUOTES) and not (self.open and self._here(")")):
            self._fail("a pattern with brackets or signs stands in quotes")
        return Value(kind, value, place)

    def _quoted(self) -> str:
        found = _QUOTED.match(self.text, self.at)
        if not found:
            self._fail("a quote that is not closed")
        self.at = found.end()
        return _ESCAPE.sub(r"\1", found[1] if found[1] is not None else found[2])

    # --- small steps ------------------------------------------------------------------------------------------------

    def _skip(self) -> int:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _ended(self) -> bool:
        return self._skip() == len(self.text)

    def _here(self, *chars: str) -> bool:
        return self.text.startswith(chars, self.at)

    def _char(self, char: str) -> bool:
        self._skip()
        found = self._here(char)
        self.at += found
        return found

    def _keyword(self, word: str) -> bool:
        found = _WORD.match(self.text, self._skip())
        if not found or found[0].lower() != word:
            return False
        self.at = found.end()
        return True

    def _close(self, opened: int) -> None:
        if not self._char(")"):
            if self._ended():
                raise QueryError("a bracket that is not closed", self.text, self.text.index("(", opened))
            self._fail_after()
        self.open -= 1

    def _deeper(self, at: int) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise QueryError(f"nested deeper than {DEPTH_LIMIT}; write it with fewer brackets", self.text, at)

    def _fail_after(self) -> NoReturn:
        if self._here(")"):
            self._fail("a bracket that was never opened")
        self._fail("expected and, or, or the end; text with spaces stands in quotes")

    def _fail(self, message: str) -> NoReturn:
        raise self._failure(message)

    def _failure(self, message: str) -> QueryError:
        self._skip()
        slip = next((slip for slip in _SLIPS if self.text.startswith(slip, self.at)), "")
        found = slip or (_BARE.match(self.text, self.at) or [""])[0]
        if slip:
            message = f"{message}; write {_SLIPS[slip]} for {slip}"
        return QueryError(message, self.text, self.at, len(found) or 1)


def classify(word: str) -> tuple[str, Any]:
    """The kind and the value of a bare word."""
    if word in _TYPED:
        return _TYPED[word]
    number = _NUMBER.fullmatch(word)
    if number and len(word) <= 2 * _DIGITS and len(_leading(word)) <= _DIGITS:
        value = float(word) if number[1] or number[2] else int(word)
        if abs(value) < float("inf"):
            return "number", value
    if when.is_date(word):
        return "date", word
    return "text", word


def _leading(word: str) -> str:
    """The significant digits of a number."""
    return word.lower().partition("e")[0].replace(".", "").lstrip("-0")


# --- the tree as text ------------------------------------------------------------------------------------------------


def unparse(tree: Tree) -> str:
    """A text that parses to ``tree``."""
    if isinstance(tree, Test):
        return _test_text(tree)
    if isinstance(tree, Not):
        inner = unparse(tree.part)
        return f"not ({inner})" if isinstance(tree.part, Logic) else f"not {inner}"
    # A chain inside a chain of its own kind keeps its brackets: a tree is read back as it was.
    loose = (Test, Not)
    parts = [unparse(part) if isinstance(part, loose) else f"({unparse(part)})" for part in tree.parts]
    return f" {tree.op} ".join(parts)


def path_text(path: tuple[str | int, ...]) -> str:
    """A path as it is written."""
    text = ""
    for number, step in enumerate(path):
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        plain = _NAME.fullmatch(step) and (number or (_WORD.match(step) and step.lower() not in _RESERVED))
        text += ("." if number else "") + (step if plain else _quote(step))
    return text


def value_text(value: Value, pattern: bool = False) -> str:
    """A value as it is written."""
    if value.kind == "text":
        bare = not pattern and _BARE.fullmatch(value.value) and classify(value.value)[0] == "text"
        return value.value if bare else _quote(value.value)
    if value.kind == "empty":
        return "[]"
    if value.kind == "flag":
        return "true" if value.value else "false"
    return "null" if value.kind == "null" else str(value.value)


def _test_text(test: Test) -> str:
    values = ", ".join(value_text(value, test.op in PATTERNS) for value in test.values)
    path = path_text(test.path)
    if test.op == "in":
        text = f"{path} in ({values})"
    elif test.op in COMPARISONS:
        text = f"{path}{test.op}{values}"
    else:
        text = f"{path} {test.op} {values}".rstrip()
    return f"all({text})" if test.every else text


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
