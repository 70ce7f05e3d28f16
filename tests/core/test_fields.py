"""The field table against the shape of a record, the published schema and the tables that older logs are read by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from akislog import resources
from akislog.core.fields import FINDING, OLD_NAMES, SOURCES, Field, fields, resolve
from akislog.core.finding import Finding
from akislog.core.shape import SHAPE, WORDS
from akislog.errors import QueryError
from akislog.text.legacy import front, tasks


def test_every_source_is_a_list_of_entities() -> None:
    record = SHAPE["record"]
    for source, entity in SOURCES.items():
        if source not in ("logs", "files", "findings"):
            assert record[source] == f"[{entity}]"
    assert set(SHAPE["files"]) - {"types"} == {"created", "modified", "deleted"}
    assert set(FINDING) <= set(Finding._fields)


def schema_fields(schema: Any, name: str, definitions: Any) -> dict[str, Any]:
    """Every field below a part of the published schema, by its dotted name."""
    found: dict[str, Any] = {}
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for key, below in schema.get("properties", {}).items():
        found[f"{name}{key}"] = below
        found |= schema_fields(below, f"{name}{key}.", definitions)
    if "items" in schema:
        found |= schema_fields(schema["items"], name, definitions)
    return found


def test_the_fields_are_those_of_the_published_schema() -> None:
    schema = json.loads(resources.schema("workflow-log"))
    known = {field.name for field in fields("logs").values() if field.of == "log"}
    assert known == set(schema_fields(schema, "", schema["$defs"]))


def test_every_field_is_found_by_its_own_name() -> None:
    for source in SOURCES:
        table = fields(source)
        for name, field in table.items():
            assert field.name == name
            assert resolve(name, source) == field, (source, name)


def test_kinds_and_words() -> None:
    table = fields("logs")
    assert table["session.date"].kind == "date"
    assert table["tasks.completed_at"] == Field("tasks.completed_at", "time", "log", ("tasks", "completed_at"), (0,))
    assert table["tasks.status"].words == WORDS["task_status"]
    assert table["session.duration_minutes"].kind == "whole"
    assert table["commands.seconds"].kind == "number"
    assert table["tasks.checklist.done"].lists == (0, 1)
    assert table["skills.loaded"].lists == (1,)
    assert table["files.types"].kind == table["metadata"].kind == "map"
    assert table["session"].kind == "part"
    assert not table["session"].many
    assert table["tasks"].many
    assert fields("files")["change"].words == ("created", "modified", "deleted")


@pytest.mark.parametrize(
    ("name", "source", "meant", "of"),
    [
        ("complexity", "logs", "session.complexity", "log"),
        ("domain", "logs", "session.domain", "log"),  # of several that end so, the session's
        ("started_at", "logs", "session.started_at", "log"),
        ("loaded", "logs", "skills.loaded", "log"),
        ("duration", "logs", "session.duration_minutes", "log"),
        ("id", "logs", "id", "file"),
        ("body", "tasks", "body", "file"),
        ("status", "tasks", "status", "row"),
        ("id", "tasks", "id", "row"),
        ("log.id", "tasks", "log.id", "file"),
        ("tasks.status", "tasks", "status", "row"),
        ("log.tasks.status", "tasks", "log.tasks.status", "log"),
        ("delegations.status", "tasks", "delegations.status", "log"),
        ("title", "tasks", "description", "row"),  # its older name comes before the session's field
        ("domain", "tasks", "session.domain", "log"),
        ("date", "gotchas", "session.date", "log"),
        ("skills.loaded", "gotchas", "skills.loaded", "log"),
        ("skills", "gotchas", "skills", "log"),
        ("problem", "gotchas", "pattern", "row"),
        ("session", "delegations", "session", "row"),
        ("session.title", "delegations", "session.title", "log"),
        ("parent_id", "tasks", "parent_task_id", "row"),
        ("tasks.parent_id", "logs", "tasks.parent_task_id", "log"),
        ("todos.state", "logs", "tasks.status", "log"),
        ("delegates.files", "logs", "delegations.artifacts", "log"),
        ("path", "files", "path", "row"),
        ("files.path", "files", "path", "row"),
        ("files.modified.path", "files", "files.modified.path", "log"),
        ("log.path", "files", "log.path", "file"),
        ("metadata.ticket.id", "logs", "metadata.ticket.id", "log"),
        ("files.types.py", "tasks", "files.types.py", "log"),
        ("extra.ticket", "logs", "extra.ticket", "log"),
        ("extra.session.mood", "logs", "extra.session.mood", "log"),
        ("extra.estimate", "tasks", "extra.estimate", "row"),
        ("log.extra.ticket", "tasks", "log.extra.ticket", "log"),
        ("code", "findings", "code", "row"),
    ],
)
def test_what_a_name_means(name: str, source: str, meant: str, of: str) -> None:
    field = resolve(name, source)
    assert (field.name, field.of) == (meant, of)


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("session.domian", "logs", "did you mean 'session.domain'"),
        ("complexty", "logs", "did you mean 'session.complexity'"),
        ("task.status", "logs", "did you mean 'tasks.status'"),
        ("staus", "tasks", "did you mean 'status'"),
        ("zzz", "logs", "unknown field 'zzz' (a key"),
        ("session.mood", "logs", "extra.KEY"),
        ("session.title.x", "logs", "unknown field"),
        ("status", "logs", "may mean 3 fields: tasks.status, delegations.status, parallel_groups.status"),
        ("extra.tasks.status", "logs", "known field"),
        ("extra.metadata.x", "logs", "known field"),
        ("extra", "logs", "unknown field"),
        ("log", "tasks", "unknown field"),
        ("title", "taks", "did you mean 'tasks'"),
    ],
)
def test_what_is_no_field_is_told_with_what_is_near(name: str, source: str, message: str) -> None:
    with pytest.raises(QueryError) as raised:
        resolve(name, source)
    assert message in str(raised.value)


def test_older_names_are_those_that_older_logs_are_read_by() -> None:
    shapes = {SHAPE["record"][name].strip("[]"): shape for name, shape in front._LISTS.items()}
    shapes |= {SHAPE["gates"]["violations"].strip("[]"): front._PARTS["gates"]["violations"]}
    shapes |= {SHAPE["agents"]["delegated"].strip("[]"): front._PARTS["agents"]["delegated"]}
    shapes |= {"file": front._FILE, "task": tasks.TASK, "session": front._SESSION}
    read = {entity: dict(shape.aliases) for entity, shape in shapes.items() if shape.aliases}
    read["session"] |= {"duration": "duration_minutes"}
    read["record"] = {"delegates": "delegations", "todos": "tasks"}
    assert read == {entity: dict(names) for entity, names in OLD_NAMES.items()}
    for entity, names in OLD_NAMES.items():
        assert set(names.values()) <= set(SHAPE[entity])
        assert not set(names) & set(SHAPE[entity])
