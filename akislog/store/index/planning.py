"""Making plans: which questions can be asked by SQL alone, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from akislog.core.query import Filter
from akislog.core.question import Question
from akislog.core.rows import Column, column
from akislog.store.index import schema
from akislog.store.index.plan import AS_IT_IS, FLAG, JSON, LIST
from akislog.store.index.query import Sql, translate
from akislog.store.index.rows import select
from akislog.store.index.values import Column as Kept

if TYPE_CHECKING:
    from akislog.store.index.plan import Plan

_OF_FILE = {"path": "full_path(L.path)", "name": "file_name(L.path)", "id": "log_id(L.id, L.path)"}
_BY_STEPS: dict[tuple[str | int, ...], Kept] = {one.steps: one for one in schema.LOG_COLUMNS}


def planned(question: Question, wanted: Filter, form: str, root: str) -> Plan | None:
    """The plan for a question, None where SQL alone cannot answer it. ``wanted`` is what it asks for, bound."""
    source = question.source
    sql = translate(wanted.tree, source) if source != "findings" else None
    if sql is None or not sql.exact or _judges_all(sql):
        return None
    shown = question.group_by or (() if question.counted else question.columns)
    by = () if question.group_by or question.counted else question.sort
    names = list(dict.fromkeys((*shown, *(name.removeprefix("-") for name in by))))
    if len(names) < len(shown):  # one column twice
        return None
    cells = [_cell(column(name, source), source) for name in names]
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells):
        return None
    if question.counted and not question.group_by:
        known = [("count(*)", AS_IT_IS)]
    if question.group_by:
        names, by = list(question.columns), question.sort
    return {
        "root": root,
        "sql": select(source, [text for text, _ in known], sql.text),
        "values": sql.values,
        "judges": len(sql.functions),
        "columns": list(question.columns),
        "kinds": [kind for _, kind in known],
        "sort": [(names.index(name.removeprefix("-")), name.startswith("-")) for name in by],
        "grouped": bool(question.group_by),
        "limit": question.limit,
        "form": form,
        "hints": list(wanted.hints),
    }


def _judges_all(sql: Sql) -> bool:
    """Whether the files' engine judges more than values that are none of their column's kind."""
    return sql.text.count("judge_") > sql.text.count(">= x'' and judge_")


def _cell(wanted: Column, source: str) -> tuple[str, str] | None:
    """The expression of a column, and how its cells are loaded."""
    field, steps = wanted.field, wanted.steps
    if field.of == "file":
        return (_address(source), AS_IT_IS) if steps == ("address",) else _plainly(_OF_FILE.get(field.steps[0]))
    if field.of == "log":
        kept = _BY_STEPS.get(steps)
        return None if kept is None else _of(kept, "L", wanted.many)
    if source == "files" and steps == ("change",):
        return "T.change", AS_IT_IS
    at = schema.TABLES[source].at.get(str(steps[0])) if len(steps) == 1 else None
    return None if at is None else _of(at[1], "T", wanted.many)


def _plainly(text: str | None) -> tuple[str, str] | None:
    return None if text is None else (text, AS_IT_IS)


def _of(kept: Kept, table: str, many: bool) -> tuple[str, str] | None:
    """A column that is kept: of times the text is asked for, which SQLite computes."""
    if kept.kind == "json":
        return None if kept.entity else (f'{table}."{kept.name}"', LIST if many else JSON)
    return None if many else (f'{table}."{kept.name}"', FLAG if kept.kind == "flag" else AS_IT_IS)


def _address(source: str) -> str:
    log = "log_id(L.id, L.path)"
    if source == "logs":
        return log
    change = "T.change || '/' || " if source == "files" else ""
    own = "T.id" if source == "tasks" else "null"
    return f"address({log}, {own}, '/{source}/' || {change}T.n)"
