"""The tables of the index hold whole records, and a query has the same rows from them as from the files."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akislog.core.log import WorkflowLog
from akislog.core.query import compile
from akislog.core.query_syntax import Expression
from akislog.core.rows import Row, rows
from akislog.store.index import schema
from akislog.store.index.filling import rows_of
from akislog.store.index.place import in_memory
from akislog.store.index.query import translate
from akislog.store.index.rows import Reader
from tests.queries import LOG_FIELDS, TASK_FIELDS, TODAY, ZONE, expressions, records

QUERIES = (
    ("", "logs"),
    ("", "tasks"),
    ("", "files"),
    ("path~a and not change=created", "files"),
    ("log.path = 'log/0.md'", "tasks"),
    ("name in ('0.md', '2.md')", "logs"),
    ("id = '1'", "logs"),
    ("id != '1' and session.id missing", "logs"),
    ("extra.custom exists", "logs"),
    ("tasks[0].status = done", "logs"),
    ("tasks[-1].status = done or tasks exists", "logs"),
    ("all(tasks.status exists)", "logs"),
    ("all(session.title missing)", "logs"),
    ("skills.loaded[0] = done", "logs"),
    ("not (title < 'k' or title >= 12)", "logs"),
    ("metadata has ticket", "logs"),
)


def connected(drawn: list[dict[str, Any]]) -> sqlite3.Connection:
    """The tables with these records in them."""
    connection = in_memory()
    for statement in (*schema.ddl(), *schema.completion()):
        connection.execute(statement)
    for number, record in enumerate(drawn):
        for name, found in rows_of(number + 1, f"{number}.md", record).items():
            marks = ",".join("?" * len(found[0]))
            connection.executemany(f"insert into {name} values ({marks})", found)
    return connection


def regular(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what has no place in the tables of lists."""
    kept = {key: value for key, value in record.items() if not isinstance(value, (type(None), list)) or key == "custom"}
    for key in ("tasks", "gotchas"):
        if isinstance(record.get(key), list):
            kept[key] = [one for one in record[key] if isinstance(one, dict)]
    if isinstance(kept.get("files"), dict) and "modified" in kept["files"]:
        listed = kept["files"]["modified"] or []
        kept["files"] = {**kept["files"], "modified": [one for one in listed if isinstance(one, dict)]}
    return kept


def told(found: Any) -> list[str]:
    """Rows with all that is in them, the order of keys too."""
    return [repr((row.path, row.pointer, row.address, dict(row.own), row.record)) for row in found]


def from_files(drawn: list[dict[str, Any]], wanted: Any) -> list[Row]:
    logs = [WorkflowLog(record, path=f"log/{number}.md") for number, record in enumerate(drawn)]
    return [row for log in logs for row in rows(log, wanted.source) if wanted.matches(row)]


def agree(drawn: list[dict[str, Any]], query: Expression | str, source: str) -> None:
    def wanted() -> Any:
        return compile(query, source, TODAY, ZONE)

    reader = Reader(connected(drawn), "log")
    expected = from_files(drawn, wanted())
    assert told(reader.rows(wanted())) == told(expected), str(query)
    assert reader.count(wanted()) == len(expected), str(query)
    few = [(row.address, row.log.session.record) for row in reader.rows(wanted(), ())]
    assert few == [(row.address, row.log.session.record) for row in expected]


keys = st.sampled_from(["id", "title", "tasks", "session", "files", "modified", "extra", "status", "", "x"]) | st.text(
    st.characters(exclude_categories=("Cs",)), max_size=4
)
leaves = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=6) | st.sampled_from(
    ["2026-01-15T14:45:30Z", "2026-01-15", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", "2026-01-15T24:00:00Z"]
)
anything = st.recursive(
    leaves | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
entries = st.lists(st.dictionaries(st.sampled_from([*schema.SHAPE["task"], "x"]), anything, max_size=6), max_size=3)
any_records = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("notes", "custom", "metadata", "session", "skills", "gates", "files"), anything),
        "tasks": entries | anything,
        "delegations": entries,
        "session": st.dictionaries(st.sampled_from([*schema.SHAPE["session"], "x"]), anything) | anything,
    },
)


@given(any_records | records())
def test_nothing_of_a_record_is_lost(record: dict[str, Any]) -> None:
    (found,) = Reader(connected([record]), "log").rows(compile(""))
    assert repr(found.record) == repr(record)


@pytest.mark.parametrize(("query", "source"), QUERIES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(records().map(regular) | records(), max_size=4))
def test_questions_of_every_kind(query: str, source: str, drawn: list[dict[str, Any]]) -> None:
    agree(drawn, query, source)


@given(expressions(LOG_FIELDS), st.lists(records().map(regular) | records(), min_size=1, max_size=4))
def test_both_engines_give_the_same_logs(expression: Expression, drawn: list[dict[str, Any]]) -> None:
    agree(drawn, expression, "logs")


@given(expressions(TASK_FIELDS), st.lists(records().map(regular), min_size=1, max_size=4))
def test_both_engines_give_the_same_tasks(expression: Expression, drawn: list[dict[str, Any]]) -> None:
    agree(drawn, expression, "tasks")


def test_what_is_asked_most_is_said_in_sql() -> None:
    for query, source in (
        ("session.domain=backend_only and tasks.status=failed", "logs"),
        ("started_at >= 2026-03-10 or date < 2026-03-10", "logs"),
        ("title ~ login and not outcome in (failed, interrupted)", "logs"),
        ("agent=code and status!=success and session.complexity=complex", "delegations"),
        ("success=false and exit_code > 1", "commands"),
    ):
        assert translate(compile(query, source, TODAY, ZONE).tree, source).exact, query
