"""The typed views against the shape: every field has an attribute of its kind, and no attribute is without a field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from akislog import resources
from akislog.core import log, view
from akislog.core.shape import ALWAYS, REQUIRED, SHAPE, WORDS, fits, fitting
from tests.sessions import json_values

VIEWS: dict[str, type[view.View]] = {
    "record": log.WorkflowLog,
    "session": log.SessionInfo,
    "skills": log.Skills,
    "files": log.Files,
    "file": log.File,
    "root_cause": log.RootCause,
    "gotcha": log.Gotcha,
    "gates": log.Gates,
    "violation": log.Violation,
    "agents": log.Agents,
    "delegated": log.Delegated,
    "command": log.Command,
    "task": log.Task,
    "check": log.Check,
    "delegation": log.Delegation,
    "link": log.Link,
    "group": log.Group,
    "change": log.Change,
    "commit": log.Commit,
    "phase": log.Phase,
    "approval": log.Approval,
    "error": log.Error,
    "verification": log.Verification,
    "usage": log.Usage,
    "provenance": log.Provenance,
}
PLAIN = {"subtasks", "host", "recovery"}  # shown as mappings
KINDS: dict[str, type] = {
    "text": view.text,
    "name": view.text,
    "time": view.text,
    "offset": view.text,
    "count": view.count,
    "integer": view.count,
    "number": view.number,
    "flag": view.flag,
    "texts": view.texts,
    "names": view.texts,
    "map": view.mapping,
}


def kind_of_view(kind: str) -> type:
    if kind in WORDS:
        return view.text
    if kind.startswith("["):
        return view.many
    return KINDS.get(kind, view.mapping if kind in PLAIN else view.one)


def test_every_entity_has_a_view() -> None:
    assert set(VIEWS) | PLAIN == set(SHAPE)
    assert {one for one in vars(log).values() if isinstance(one, type) and issubclass(one, view.View)} == {
        *VIEWS.values(),
        view.View,
    }


@pytest.mark.parametrize(("entity", "field"), [(entity, field) for entity in VIEWS for field in SHAPE[entity]])
def test_every_field_has_an_attribute_of_its_kind(entity: str, field: str) -> None:
    kind = SHAPE[entity][field]
    attribute = vars(VIEWS[entity])[field]
    assert type(attribute) is kind_of_view(kind)
    if isinstance(attribute, (view.one, view.many)):
        assert attribute.part is VIEWS[kind.strip("[]")]


@pytest.mark.parametrize("entity", sorted(VIEWS))
def test_every_attribute_has_a_field(entity: str) -> None:
    attributes = {name for name, one in vars(VIEWS[entity]).items() if isinstance(one, view._Field)}
    assert attributes == set(SHAPE[entity])


@given(value=json_values())
def test_views_take_any_record(value: Any) -> None:
    for entity, kind in VIEWS.items():
        shown = kind(dict.fromkeys(SHAPE[entity], value))
        for field in SHAPE[entity]:
            getattr(shown, field)
    made = log.WorkflowLog(dict.fromkeys(SHAPE["record"], value))
    made.tree()
    made.chain("t1")
    made.task("t1")
    repr(made)


def test_what_is_absent_reads_as_empty() -> None:
    empty = log.WorkflowLog({})
    assert empty.session.title == ""
    assert empty.session.duration_minutes is None
    assert empty.tasks == []
    assert empty.files.types == {}
    assert log.Check({}).done is None
    assert empty == log.WorkflowLog({})
    assert empty != log.Task({})


@pytest.mark.parametrize("entity", sorted(REQUIRED))
def test_what_an_entry_needs_the_schema_needs(entity: str) -> None:
    required = set(json.loads(resources.schema("workflow-log.v1"))["$defs"][entity]["required"])
    given_by_the_recorder = {"status", "date", "complexity", "domain", "outcome", "started_at", "ended_at"}
    assert required - given_by_the_recorder == set(REQUIRED[entity])


def test_what_is_always_there_is_a_field() -> None:
    for entity, fields in ALWAYS.items():
        assert set(fields) <= set(SHAPE[entity])


@given(value=json_values())
def test_what_fits_passes_the_schema_and_unknown_fields_stay(value: Any) -> None:
    for entity in SHAPE:
        kept = fitting({**dict.fromkeys(SHAPE[entity], value), "unknown": value}, entity)
        assert ("unknown" in kept) == (value is not None)
        assert all(fits(one, SHAPE[entity][key]) for key, one in kept.items() if key != "unknown")
