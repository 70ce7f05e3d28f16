"""Schemas that follow from the one of the workflow log: the session document, and draft-07 for editors.

The session document is what ``akislog write`` takes from a program in any language: the same structure, of which
only the title is required, since the writer fills in or derives the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Schema = dict[str, Any]

# Where a schema holds further schemas. Everything else in it is data and is left alone.
_ONE = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_NOT_IN_DRAFT7 = ("$anchor", "$dynamicAnchor", "$dynamicRef", "maxContains", "minContains", "unevaluatedItems")
_NO_DRAFT7 = frozenset({*_NOT_IN_DRAFT7, "unevaluatedProperties"})

# What the writer fills in or derives, by entity: a document need not say it.
_FILLED_IN: Mapping[str, tuple[str, ...]] = {
    "session": ("id", "date", "complexity", "domain", "outcome", "started_at", "ended_at"),
    "skills": ("loaded", "suggested"),
    "files": ("modified", "types"),
    "gates": ("passed", "violations"),
    "agents": ("delegated",),
    "task": ("id", "status"),
    "delegation": ("id", "status"),
    "provenance": ("format",),
}


def session_document(log_schema: Mapping[str, Any]) -> Schema:
    """The schema of a session document, made from that of the workflow log."""
    made: Schema = json.loads(json.dumps(log_schema))
    for name, part in made["$defs"].items():
        if "required" in part:
            part["required"] = [key for key in part["required"] if key not in _FILLED_IN.get(name, ())]
            if not part["required"]:
                del part["required"]
    made.update(
        {
            "$id": "urn:akislog:session-document:1",
            "title": "Session document, version 1",
            "description": "A finished session as any program can hand it over to be written as a workflow log. "
            "Only the title of the session is required; what is left out is filled in or derived. Unknown keys are "
            "kept. Null and an empty list mean the same as leaving an optional field out.",
            "required": ["session"],
        }
    )
    return _in_order(made)


def draft7(schema: Mapping[str, Any]) -> Schema:
    """A 2020-12 schema in the words of draft-07, which most editors still read.

    Raises ValueError for a keyword that draft-07 has no words for.
    """
    made = _each(schema, _to_draft7)
    made["$schema"] = "http://json-schema.org/draft-07/schema#"
    return _in_order(made)


def _each(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """``schema`` with ``change`` applied to it and to every schema inside it, innermost first."""
    if not isinstance(schema, Mapping):
        return schema
    made: Schema = {}
    for key, value in schema.items():
        if key in _MAPS:
            made[key] = {name: _each(one, change) for name, one in value.items()}
        elif key in _LISTS:
            made[key] = [_each(one, change) for one in value]
        else:
            made[key] = _each(value, change) if key in _ONE else value
    return change(made)


def _to_draft7(schema: Schema) -> Schema:
    foreign = sorted(_NO_DRAFT7 & schema.keys())
    if foreign:
        raise ValueError(f"draft-07 has no {foreign[0]}")
    made = dict(schema)
    if "$defs" in made:
        made["definitions"] = made.pop("$defs")
    if "prefixItems" in made:
        if "items" in made:
            made["additionalItems"] = made.pop("items")
        made["items"] = made.pop("prefixItems")
    dependencies = {**made.pop("dependentRequired", {}), **made.pop("dependentSchemas", {})}
    if dependencies:
        made["dependencies"] = dependencies
    reference = made.get("$ref")
    if isinstance(reference, str):
        made["$ref"] = reference.replace("#/$defs/", "#/definitions/", 1)
        if len(made) > 1:  # draft-07 ignores whatever stands beside $ref
            made = {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made


def _in_order(schema: Schema) -> Schema:
    """What a reader wants first comes first; definitions come last."""
    first = ("$schema", "$id", "title", "description", "type", "required")
    last = ("$defs", "definitions")
    middle = [key for key in schema if key not in first and key not in last]
    return {key: schema[key] for key in (*first, *middle, *last) if key in schema}
