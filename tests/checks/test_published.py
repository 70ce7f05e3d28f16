"""The published schemas: in order, in step with each other and with the shape that the recorder works by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from akislog import resources
from akislog.checks.published import draft7, session_document
from akislog.checks.schema import check_with
from akislog.core.shape import ALWAYS, SHAPE, WORDS
from tests.checks.records import delegation, record, task

LOG = json.loads(resources.schema("workflow-log.v1"))
DOCUMENT = json.loads(resources.schema("session-document.v1"))


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return {**LOG["$defs"][reference.rpartition("/")[2]], **schema} if reference else schema


def schemas(schema: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field's schema, with its place."""
    for name, field in schema.get("properties", {}).items():
        yield f"{place}/{name}", field
        yield from schemas(field, f"{place}/{name}")
    for name, definition in schema.get("$defs", {}).items():
        yield from schemas(definition, f"{place}/$defs/{name}")


@pytest.mark.parametrize("name", resources.schema_names())
def test_every_schema_is_one(name: str) -> None:
    text = resources.schema(name)
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:akislog:")
    assert "http" not in text.replace(schema["$schema"], "")
    assert text.endswith("}\n")


def test_every_field_is_described_in_a_sentence() -> None:
    fields = dict(schemas(LOG))
    assert len(fields) > 130
    for place, field in fields.items():
        assert field.get("description", "").endswith("."), place


def test_every_pattern_is_anchored_and_free_of_dialects() -> None:
    patterns = [one["pattern"] for _, one in [*schemas(LOG), *LOG["$defs"].items()] if "pattern" in one]
    assert len(patterns) >= 6
    for pattern in patterns:
        assert pattern.startswith("^"), pattern
        assert pattern.endswith("$"), pattern
        assert not any(dialect in pattern for dialect in ("\\d", "\\w", "\\s", "\\A", "\\Z", "(?P", "(?i", "(?<"))


def test_time_and_optional_time_are_of_one_form() -> None:
    for keyword in ("pattern", "x-form", "examples"):
        assert LOG["$defs"]["time"][keyword] == LOG["$defs"]["optional_time"][keyword]


@pytest.mark.parametrize("entity", sorted(SHAPE))
def test_the_schema_has_the_fields_of_the_shape_in_its_order(entity: str) -> None:
    schema = LOG if entity == "record" else LOG["$defs"][entity]
    assert list(schema["properties"]) == list(SHAPE[entity])


KINDS = {"text": "string", "name": "string", "time": "string", "count": "integer", "integer": "integer"} | {
    "flag": "boolean",
    "offset": "string",
}


@pytest.mark.parametrize(("entity", "field"), [(entity, field) for entity in sorted(SHAPE) for field in SHAPE[entity]])
def test_the_schema_has_the_kinds_of_the_shape(entity: str, field: str) -> None:
    kind = SHAPE[entity][field]
    schema = resolved((LOG if entity == "record" else LOG["$defs"][entity])["properties"][field])
    if kind in WORDS:
        assert tuple(word for word in schema["enum"] if word not in (None, [])) == WORDS[kind]
        return
    if "const" in schema:
        assert (kind, schema["const"]) == ("count", 1)
        return
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert (schema.get("pattern") == LOG["$defs"]["time"]["pattern"]) == (kind == "time")
    if kind in ("texts", "names"):
        assert types[0] == "array"
        assert resolved(schema["items"])["type"] == "string"
    elif kind.startswith("["):
        assert types[0] == "array"
        assert schema["items"] == {"$ref": f"#/$defs/{kind[1:-1]}"}
    elif kind == "number":
        assert types[0] in ("number", "integer")
    else:
        assert types[0] == KINDS.get(kind, "object")


@pytest.mark.parametrize("entity", sorted(ALWAYS))
def test_what_is_always_written_is_never_null(entity: str) -> None:
    schema = LOG if entity == "record" else LOG["$defs"][entity]
    if entity != "provenance":  # logs from elsewhere need not say what was inferred or dropped
        assert set(ALWAYS[entity]) <= set(schema["required"])
        assert all(isinstance(resolved(schema["properties"][name])["type"], str) for name in ALWAYS[entity])


def test_the_session_document_is_made_from_the_log() -> None:
    assert json.dumps(session_document(LOG), indent=2, ensure_ascii=False) + "\n" == resources.schema(
        "session-document.v1"
    )


def test_a_session_document_needs_a_title_and_what_nobody_can_fill_in() -> None:
    assert check_with(DOCUMENT, {"session": {"title": "By hand"}}) == []
    assert [(one.code, one.pointer) for one in check_with(DOCUMENT, {"session": {}})] == [("AKL101", "/session")]
    assert [(one.code, one.pointer) for one in check_with(DOCUMENT, {})] == [("AKL101", "")]
    part = {"session": {"title": "t"}, "tasks": [{"description": "d"}], "files": {"created": [{"path": "a.py"}]}}
    assert check_with(DOCUMENT, part) == []
    bare = {"session": {"title": "t"}, "tasks": [{}], "delegations": [{}], "gotchas": [{}]}
    found = {(one.pointer, one.expected) for one in check_with(DOCUMENT, bare)}
    assert found == {
        ("/tasks/0", ("description",)),
        ("/delegations/0", ("task_id",)),
        ("/delegations/0", ("agent",)),
        ("/gotchas/0", ("pattern",)),
    }


def test_a_session_document_keeps_every_other_rule() -> None:
    assert check_with(DOCUMENT, record()) == []
    part = {"session": {"title": "t", "complexity": "huge"}, "tasks": [{"description": "d", "status": 1}]}
    found = check_with(DOCUMENT, part)
    assert [one.code for one in found] == ["AKL103", "AKL103"]


def test_the_log_schema_is_not_changed_on_the_way() -> None:
    before = json.dumps(LOG)
    session_document(LOG)
    draft7(LOG)
    assert json.dumps(LOG) == before


FINDING = {
    "code": "AKL203", "severity": "error", "path": None, "line": 3, "column": 1, "end": {"line": 3, "column": 4},
    "pointer": "", "message": "m", "found": "", "expected": [], "hint": "", "fix": None, "docs": "docs/rules.md#akl203",
}  # fmt: skip
REPORT = {
    "schema_version": 1,
    "tool": {"name": "akislog", "version": "0.1.0"},
    "files": 1,
    "summary": {"errors": 1, "warnings": 0, "notes": 0, "codes": {"AKL203": 1}},
    "findings": [FINDING],
}
BROKEN_REPORTS: list[dict[str, Any]] = [
    {**REPORT, "files": -1},
    {**REPORT, "tool": {"name": "akislog"}},
    {**REPORT, "findings": [{**FINDING, "severity": "grave"}]},
    {**REPORT, "findings": [{**FINDING, "fix": {"title": "t", "edits": [{"start": 1}]}}]},
    {},
]


@pytest.mark.parametrize("name", resources.schema_names())
def test_draft7_says_the_same(name: str) -> None:
    schema = json.loads(resources.schema(name))
    old = draft7(schema)
    jsonschema.Draft7Validator.check_schema(old)
    assert "$defs" not in json.dumps(old)
    before, after = jsonschema_rs.validator_for(schema), jsonschema_rs.validator_for(old)
    whole = record(tasks=[task("t1")], delegations=[delegation("d1", "t1")])
    broken = [
        {**whole, "session": {"title": 5}},
        {**whole, "tasks": [{"id": "t 1"}]},
        {**whole, "delegations": [{"status": "won"}]},
        {**whole, "usage": {"interrupts": -1}},
        {},
    ]
    if name.startswith("check-report"):
        whole, broken = REPORT, BROKEN_REPORTS
    assert [before.is_valid(one) for one in (whole, *broken)] == [True, *([False] * 5)]
    assert [after.is_valid(one) for one in (whole, *broken)] == [True, *([False] * 5)]


def test_draft7_of_every_keyword_that_changed() -> None:
    schema = {
        "prefixItems": [{"$ref": "#/$defs/a"}],
        "items": {"$ref": "#/$defs/a", "description": "d"},
        "dependentRequired": {"a": ["b"]},
        "dependentSchemas": {"c": {"required": ["d"]}},
        "properties": {"$defs": {"enum": [{"$ref": "#/$defs/a"}]}},
        "$defs": {"a": {"type": "string"}},
    }
    assert draft7(schema) == {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [{"$ref": "#/definitions/a"}],
        "additionalItems": {"allOf": [{"$ref": "#/definitions/a"}], "description": "d"},
        "dependencies": {"a": ["b"], "c": {"required": ["d"]}},
        "properties": {"$defs": {"enum": [{"$ref": "#/$defs/a"}]}},
        "definitions": {"a": {"type": "string"}},
    }
    with pytest.raises(ValueError, match="unevaluatedProperties"):
        draft7({"properties": {"a": {"unevaluatedProperties": False}}})
