"""The schema check: what it takes, what it refuses, and in which words."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from akislog import resources
from akislog.checks.schema import CODES, check_schema, check_with, compiled
from akislog.core.ids import safe_id
from akislog.core.shape import ALWAYS, SHAPE
from akislog.errors import UsageError
from tests.checks.records import delegation, record, task

LOG_SCHEMA = json.loads(resources.schema("workflow-log.v1"))
PURE = jsonschema.Draft202012Validator(LOG_SCHEMA)


def with_value(pointer: str, value: Any) -> dict[str, Any]:
    """A whole record in which ``pointer`` holds ``value``; lists of one entry are made on the way."""
    made = record(
        tasks=[task("t1", checklist=[{"item": "a", "done": True}])],
        delegations=[delegation("d1", "t1", delegation_chain=[{"task_id": "t1"}])],
        approvals=[{"question": "Go on?"}],
        parallel_groups=[{"id": "pg1"}],
        commands=[{"cmd": "make"}],
        phases=[{"to_phase": "executing"}],
    )
    *steps, last = pointer.split("/")[1:]
    place: Any = made
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    place[int(last) if isinstance(place, list) else last] = value
    return made


def without(pointer: str) -> dict[str, Any]:
    made = with_value(pointer, None)
    *steps, last = pointer.split("/")[1:]
    place: Any = made
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    del place[last]
    return made


def test_a_whole_record_is_in_order() -> None:
    assert check_schema(record()) == []


def test_unknown_keys_are_allowed_everywhere() -> None:
    for pointer in ("/x", "/session/x", "/tasks/0/x", "/delegations/0/x", "/provenance/x", "/files/x", "/gates/x"):
        assert check_schema(with_value(pointer, {"any": [1, "thing", None]})) == []


@pytest.mark.parametrize(
    "pointer",
    [
        *(f"/{name}" for name in ALWAYS["record"]),
        *(f"/session/{name}" for name in LOG_SCHEMA["$defs"]["session"]["required"]),
        "/skills/loaded",
        "/files/modified",
        "/gates/violations",
        "/agents/delegated",
        "/tasks/0/id",
        "/tasks/0/status",
        "/delegations/0/task_id",
    ],
)
def test_a_missing_field_points_at_its_parent(pointer: str) -> None:
    parent, _, name = pointer.rpartition("/")
    (finding,) = check_schema(without(pointer))
    assert (finding.code, finding.pointer, finding.expected) == ("AKL101", parent, (name,))
    assert finding.message.endswith(f"has no field {name}")


def test_the_words_for_places() -> None:
    messages = [one.message for one in check_schema({**record(), "tasks": [{"id": "t1", "status": "done"}]})]
    assert messages == ["tasks[0] has no field description"]
    assert check_schema({k: v for k, v in record().items() if k != "gates"})[0].message == (
        "the front matter has no field gates"
    )


def test_a_misspelt_field_is_named_and_a_known_one_is_not() -> None:
    made = record()
    made["session"]["titel"] = made["session"].pop("title")
    assert check_schema(made)[0].hint == "is titel meant to be title?"
    made = record()
    del made["session"]["started_at"]
    assert check_schema(made)[0].hint == ""  # ended_at is like it, but is itself


@pytest.mark.parametrize(
    ("pointer", "value", "expected", "found"),
    [
        ("/session/title", ["a"], "text", "a list"),
        ("/session/title", None, "text", "null"),
        ("/session/summary", 5, "text", "5"),
        ("/session/summary", ["a"], "text", "a list"),
        ("/session/active_minutes", 1.5, "a whole number", "1.5"),
        ("/session/active_minutes", True, "a whole number", "true"),
        ("/session/active_minutes", "31", "a whole number", '"31"'),
        ("/skills/loaded", None, "a list", "null"),
        ("/tasks", {}, "a list", "a map"),
        ("/tasks/0", "t1", "a map", '"t1"'),
        ("/tasks/0/forced", "yes", "true or false", '"yes"'),
        ("/commands/0/seconds", "1", "a number", '"1"'),
        ("/files/types", [], "a map", "a list"),
        ("/metadata", "x", "a map", '"x"'),
    ],
)
def test_wrong_types(pointer: str, value: Any, expected: str, found: str) -> None:
    (finding,) = check_schema(with_value(pointer, value))
    assert (finding.code, finding.pointer, finding.expected, finding.found) == (
        "AKL102",
        pointer,
        (expected,),
        found,
    )


@pytest.mark.parametrize(
    ("pointer", "value", "hint"),
    [
        ("/session/complexity", "simpel", 'did you mean "simple"?'),
        ("/session/complexity", "Medium", 'did you mean "medium"?'),
        ("/session/outcome", "victory", ""),
        ("/tasks/0/status", "cancled", 'did you mean "cancelled"?'),
        ("/delegations/0/status", "succes", 'did you mean "success"?'),
        ("/approvals/0/answer", "approve", 'did you mean "approved"?'),
        ("/parallel_groups/0/status", 7, ""),
        ("/provenance/source", "alive", 'did you mean "live"?'),
        ("/provenance/format", 2, ""),
    ],
)
def test_closed_lists_of_words(pointer: str, value: Any, hint: str) -> None:
    (finding,) = check_schema(with_value(pointer, value))
    assert (finding.code, finding.pointer, finding.hint) == ("AKL103", pointer, hint)
    assert finding.expected
    assert all(word in finding.message for word in finding.expected)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/session/date", "04.03.2026"),
        ("/session/date", "2026-13-01"),
        ("/session/started_at", "2026-03-04T10:15:00+01:00"),
        ("/session/started_at", "2026-03-04T10:15:00.5Z"),
        ("/session/ended_at", "2026-03-04T24:15:00Z"),
        ("/session/ended_at", "٢٠٢٦-03-04T10:15:00Z"),
        ("/session/utc_offset", "CET"),
        ("/session/id", "../../etc/passwd"),
        ("/session/id", "nul.txt"),
        ("/tasks/0/id", ""),
        ("/tasks/0/id", "t 1"),
        ("/tasks/0/started_at", "yesterday"),
        ("/phases/0/at", "2026-03-04"),
    ],
)
def test_forms(pointer: str, value: str) -> None:
    (finding,) = check_schema(with_value(pointer, value))
    assert (finding.code, finding.pointer) == ("AKL104", pointer)
    assert finding.expected[0] in finding.message
    assert "^" not in finding.message


def test_other_rules() -> None:
    (finding,) = check_schema(with_value("/tasks/0/tokens_used", -1))
    assert (finding.code, finding.message) == ("AKL105", "tasks[0].tokens_used must be no less than 0")


@pytest.mark.parametrize("entity", sorted(SHAPE.keys() - {"record"}))
def test_null_and_the_empty_list_are_absent_where_a_field_is_optional(entity: str) -> None:
    definition = LOG_SCHEMA["$defs"][entity]
    fields = set(definition["properties"]) - set(definition.get("required", ()))
    least = json.loads(json.dumps({"$ref": f"#/$defs/{entity}", "$defs": LOG_SCHEMA["$defs"]}))
    for name in definition.get("required", ()):  # only the optional ones are asked about here
        del least["$defs"][entity]["properties"][name]
    least["$defs"][entity].pop("required", None)
    empties: tuple[None, list[None]] = (None, [])
    for empty in empties:
        for name in sorted(fields):
            assert check_with(least, {name: empty}) == [], (entity, name)


def test_pointers_are_escaped() -> None:
    (finding,) = check_schema(with_value("/files/types", {"a/b~c": "1"}))
    assert finding.pointer == "/files/types/a~1b~0c"


ids = st.text(alphabet="aZ09._-cCoOnN1 é\n/", max_size=9) | st.integers(1, 130).map(lambda number: "x" * number)


@given(ids)
@example("x" * 64)
@example("x" * 120)
@example("CON")
@example("com1.md")
@example("console")
def test_ids_are_those_of_the_recorder(text: str) -> None:
    defs = LOG_SCHEMA["$defs"]
    assert (check_with(defs["session_id"], text) == []) == safe_id(text, 120)
    assert (check_with(defs["local_id"], text) == []) == safe_id(text, 64)


# In Python's re alone, $ is also before a line feed at the end.
texts = st.text(max_size=4).filter(lambda text: not text.endswith("\n"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
pointers = st.sampled_from(
    [
        f"{base}/{field}"
        for base, entity in (
            ("", "record"),
            ("/session", "session"),
            ("/tasks/0", "task"),
            ("/delegations/0", "delegation"),
            ("/provenance", "provenance"),
        )
        for field in SHAPE[entity]
    ]
)


@given(pointers, values)
def test_both_validators_agree(pointer: str, value: Any) -> None:
    made = with_value(pointer, value)
    found = check_schema(made)
    assert (found == []) == PURE.is_valid(made)
    assert all(one.code in CODES and one.severity == "error" and one.message for one in found)


@pytest.mark.parametrize(
    "value",
    [None, [], "text", 5, {1: 2}, {"session": {None: 1}}, {"session": {1}}, {"session": "\ud800"}, {"a": object()}],
)
def test_what_is_no_record_is_a_finding(value: Any) -> None:
    found = check_schema(value)
    assert found
    assert {one.code for one in found} <= set(CODES)


def test_a_schema_of_ones_own() -> None:
    schema = json.dumps(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "a": {"type": "integer"},
                "when": {"format": "date"},
                "n": {"maximum": 3},
                "list": {"type": "array", "maxItems": 0},
                "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "code": {"$ref": "#/definitions/code"},
                "never": False,
            },
            "additionalProperties": False,
            "definitions": {"code": {"pattern": "^[A-Z]+$"}},
        }
    )
    value = {"when": "soon", "n": 4, "list": [1], "either": 1, "code": "x", "never": 1, "more": 1}
    found = {one.pointer: (one.code, one.message) for one in check_with(schema, value)}
    assert {pointer: code for pointer, (code, _) in found.items()} == {
        "": "AKL105",
        "/when": "AKL104",
        "/n": "AKL105",
        "/list": "AKL105",
        "/either": "AKL105",
        "/code": "AKL104",
        "/never": "AKL105",
    }
    assert found["/code"][1] == 'code must be text of the pattern ^[A-Z]+$, not "x"'
    assert found[""][1] == "the front matter has fields that the schema does not allow: more"
    assert found["/list"][1] == "list may have no more entries than 0"
    assert check_with(compiled(schema), {"a": 1}) == []


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        "5",
        '{"type": 5}',
        '{"pattern": "("}',
        '{"$ref": "#/nowhere"}',
        '{"$ref": "https://example.org/schema.json"}',
        '{"$schema": "https://example.org/meta"}',
    ],
)
def test_a_schema_that_cannot_be_used_is_said_before_any_document(schema: str) -> None:
    with pytest.raises(UsageError, match="JSON Schema cannot be used"):
        check_with(schema, {})


def test_no_schema_is_fetched() -> None:
    with pytest.raises(UsageError, match="never fetched"):
        check_with({"$ref": "http://127.0.0.1:9/schema.json"}, {})
