"""To-dos of Copilot CLI: a table of the session that the agent writes with SQL, before that a Markdown list.

Nothing is executed: plain INSERT, UPDATE and DELETE statements on ``todos`` with written-out values are followed, any
other statement is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from akislog.exchange.shared.toolcalls import Item

Row = dict[str, str]
Tokens = list[str]
Matches = Callable[[Row], bool]

_TOKEN = re.compile(r"'[^']*(?:''[^']*)*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+|[^\s]")
_COMMENT = re.compile(r"--[^\n]*$", re.MULTILINE)
_CHECKBOX = re.compile(r"^\s*[-*] \[([ xX~-])\] +(\S.*)$", re.MULTILINE)
_MARKS = {" ": "pending", "x": "completed", "X": "completed", "~": "in_progress", "-": "cancelled"}
_COLUMNS = ("id", "title", "description", "status")
_LONGEST = 200_000  # characters of one query; nothing an agent writes by hand comes near


class TodoTable:
    """The rows of the table as the statements so far have left them."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def items(self) -> list[Item]:
        """The to-dos in the order they were added."""
        return [
            Item(row["id"], row.get("title") or row["id"], row.get("status") or "pending")
            for row in self._rows.values()
        ]

    def run(self, query: str) -> bool:
        """Follow the statements of a query; whether one of them was about to-dos."""
        touched = False
        for statement in _statements(query) if len(query) <= _LONGEST else ():
            words = [token.lower() for token in statement[:6]]
            if words[:1] == ["insert"] and "todos" in words:
                touched = self._insert(statement[words.index("todos") + 1 :], "ignore" not in words) or touched
            elif words[:3] == ["update", "todos", "set"]:
                touched = self._update(statement[3:]) or touched
            elif words[:3] == ["delete", "from", "todos"]:
                touched = self._delete(statement[3:]) or touched
        return touched

    def _insert(self, tokens: Tokens, replace: bool) -> bool:
        start = next((at for at, token in enumerate(tokens) if token.lower() == "values"), None)
        if start is None:
            return False
        named = [_value(token).lower() for token in tokens[:start] if token not in "(),"]
        rows = [dict(zip(named or _COLUMNS, values, strict=False)) for values in _groups(tokens[start + 1 :])]
        for row in rows:
            key = row.get("id", "")
            if key and (replace or key not in self._rows):
                self._rows[key] = row
        return bool(rows)

    def _update(self, tokens: Tokens) -> bool:
        at = next((at for at, token in enumerate(tokens) if token.lower() == "where"), len(tokens))
        matches = _condition(tokens[at + 1 :])
        changes = {
            part[0].lower(): _value(part[2]) for part in _parts(tokens[:at]) if len(part) == 3 and part[1] == "="
        }
        if matches is None or not changes:
            return False
        for row in self._rows.values():
            if matches(row):
                row.update(changes, id=row["id"])
        return True

    def _delete(self, tokens: Tokens) -> bool:
        matches = _condition(tokens[1:])
        if matches is None or (tokens and tokens[0].lower() != "where"):
            return False
        self._rows = {key: row for key, row in self._rows.items() if not matches(row)}
        return True


def checkboxes(markdown: str) -> list[Item]:
    """The to-dos of a Markdown list of checkboxes."""
    return [Item("", text.strip(), _MARKS[mark]) for mark, text in _CHECKBOX.findall(markdown)]


def _statements(query: str) -> Iterator[Tokens]:
    statement: Tokens = []
    for token in _TOKEN.findall(_COMMENT.sub("", query)):
        if token == ";":
            yield statement
            statement = []
        else:
            statement.append(token)
    yield statement


def _parts(tokens: Tokens, between: str = ",") -> list[Tokens]:
    """The tokens between separators that stand in no bracket."""
    parts: list[Tokens] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token.lower() == between and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _groups(tokens: Tokens) -> Iterator[list[str]]:
    """The values of each bracket; what follows the last one, such as ON CONFLICT, is passed over."""
    for part in _parts(tokens):
        if part[:1] == ["("] and ")" in part:
            end = len(part) - 1 - part[::-1].index(")")
            yield [_value(one[0]) if len(one) == 1 else "" for one in _parts(part[1:end])]


def _condition(tokens: Tokens) -> Matches | None:
    """What a WHERE asks for: columns equal to a value or one of several, joined by AND; None for anything else."""
    wanted: list[tuple[str, frozenset[str]]] = []
    for part in _parts(tokens, "and") if tokens else []:
        if len(part) == 3 and part[1] == "=":
            wanted.append((part[0].lower(), frozenset({_value(part[2])})))
        elif len(part) >= 5 and part[1].lower() == "in" and part[2] == "(" and part[-1] == ")":
            wanted.append((part[0].lower(), frozenset(_value(one) for one in part[3:-1] if one != ",")))
        else:
            return None
    return lambda row: all((row.get(column) or _default(column)) in values for column, values in wanted)


def _default(column: str) -> str:
    return "pending" if column == "status" else ""


def _value(token: str) -> str:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    return "" if token.lower() == "null" else token.strip('"')
