"""The shape of a record, checked against the published JSON Schema, in words of our own.

jsonschema-rs decides and says where and by which keyword; the wording is made here from the schema at that place.
No schema is ever fetched: a reference to one that is not at hand is an error of the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from akislog import resources
from akislog.checks.wording import closest, kind, shown
from akislog.core.finding import MOST, Finding
from akislog.errors import UsageError

if TYPE_CHECKING:
    import jsonschema_rs

MISSING, WRONG_TYPE, NOT_LISTED, WRONG_FORM, OTHER = "AKL101", "AKL102", "AKL103", "AKL104", "AKL105"

CODES: Mapping[str, str] = {
    MISSING: "A required field is missing.",
    WRONG_TYPE: "A value is of the wrong type.",
    NOT_LISTED: "A value is not one of the words its field allows.",
    WRONG_FORM: "A text does not have the form its field asks for.",
    OTHER: "A value breaks another rule of the schema.",
}

_MOST_BACKTRACKS = 100_000  # of a regular expression in one text: some milliseconds
_TOO_SLOW = " too slow"  # no keyword is named like that
_MOST_NAMED = 20  # words of a list in a message
_LONGEST_NAME = 200  # characters of a place in a message

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a map",
    "string": "text",
}
_LIMITS = {
    "exclusiveMaximum": "must be less than",
    "exclusiveMinimum": "must be more than",
    "maxItems": "may have no more entries than",
    "maxLength": "may have no more characters than",
    "maxProperties": "may have no more keys than",
    "maximum": "must be no more than",
    "minItems": "must have at least so many entries:",
    "minLength": "must have at least so many characters:",
    "minProperties": "must have at least so many keys:",
    "minimum": "must be no less than",
    "multipleOf": "must be a multiple of",
}


class Compiled(NamedTuple):
    """A schema with the validator made from it."""

    schema: Any
    validator: jsonschema_rs.Validator


class _Fault(NamedTuple):
    code: str
    message: str
    hint: str = ""
    expected: tuple[str, ...] = ()


def check_schema(record: Mapping[str, Any]) -> list[Finding]:
    """What in ``record`` does not follow the schema of the workflow log; an empty list if all does."""
    return check_with(log_schema(), record)


def check_with(schema: str | Mapping[str, Any] | Compiled, value: Any) -> list[Finding]:
    """What in ``value`` does not follow ``schema``: JSON text, its value, or what ``compiled`` made of it.

    Findings have pointers, no places. Raises UsageError where the schema itself is not in order.
    """
    ready = schema if isinstance(schema, Compiled) else compiled(schema)
    plain = dict(value) if isinstance(value, Mapping) and not isinstance(value, dict) else value
    try:
        if ready.validator.is_valid(plain):
            return []
        faults = list(islice(_faults(ready, plain), MOST))
    except (ValueError, OverflowError, RecursionError) as error:
        faults = [("", _Fault(OTHER, f"this is no JSON value: {error}"), "")]
    return [_finding(pointer, fault, found) for pointer, fault, found in dict.fromkeys(faults)]


def compiled(schema: str | Mapping[str, Any]) -> Compiled:
    """``schema`` made ready to check many values with. Raises UsageError where it is not in order."""
    import jsonschema_rs

    try:
        parsed = json.loads(schema) if isinstance(schema, str) else dict(schema)
        regexes = jsonschema_rs.FancyRegexOptions(backtrack_limit=_MOST_BACKTRACKS)
        validator = jsonschema_rs.validator_for(
            parsed, validate_formats=True, retriever=_never_fetched, pattern_options=regexes
        )
        return Compiled(parsed, validator)
    except (ValueError, TypeError, RecursionError) as error:
        reason = (str(error).splitlines() or ["it is no JSON Schema"])[0]
        raise UsageError(f"the JSON Schema cannot be used: {reason}; mend the schema and run again") from None


def _never_fetched(uri: str) -> Any:
    raise ValueError(f"{uri} is not at hand, and schemas are never fetched")


@cache
def log_schema() -> Compiled:
    """The schema of the workflow log, made ready once."""
    return compiled(resources.schema("workflow-log.v1"))


def _finding(pointer: str, fault: _Fault, found: str) -> Finding:
    code, message, hint, expected = fault
    return Finding(code, "error", message, pointer=pointer, hint=hint, found=found, expected=expected)


def _faults(schema: Compiled, value: Any) -> Iterator[tuple[str, _Fault, str]]:
    for error in schema.validator.iter_errors(value):
        place, steps = list(error.instance_path), list(error.schema_path)
        keyword = str(steps[-1]) if steps else ""
        around = _schema_at(schema.schema, steps[:-1])
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)
        if type(error.kind).__name__ == "BacktrackLimitExceeded":
            keyword = _TOO_SLOW
        for fault in _explained(keyword, around, error.instance, _name(place)):
            yield pointer, fault, "" if fault.code == MISSING else shown(error.instance)


def _schema_at(schema: Any, steps: Sequence[str | int]) -> Mapping[str, Any]:
    """The schema at a path that may lead through local references; empty where it leads elsewhere."""
    current = schema
    for step in steps:
        current = _step(current, step)
        if step == "$ref":
            target = str(current).split("/")
            local = target[0] == "#" and "$ref" not in target  # anchors and other documents are not followed
            current = _schema_at(schema, [_unescaped(one) for one in target[1:]]) if local else {}
    return current if isinstance(current, Mapping) else {}


def _step(schema: Any, step: str | int) -> Any:
    if isinstance(schema, list):
        return schema[step] if isinstance(step, int) and step < len(schema) else {}
    return schema.get(step, {}) if isinstance(schema, Mapping) else {}


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _explained(keyword: str, schema: Mapping[str, Any], found: Any, name: str) -> Iterator[_Fault]:
    limit = schema.get(keyword)
    if keyword == _TOO_SLOW:
        message = f"{name} is not matched with the pattern {shown(schema.get('pattern'))}: it tries too many ways"
        yield _Fault(WRONG_FORM, message, "write the pattern of the schema so that there is one way to match")
    elif keyword not in schema:
        yield _Fault(OTHER, f"{name} breaks the schema's rule {keyword or 'at this place'}")
    elif keyword == "required" and isinstance(limit, list) and isinstance(found, Mapping):
        strange = [key for key in found if key not in schema.get("properties", {})]
        for key in limit:
            if key not in found:
                yield _Fault(MISSING, f"{name} has no field {key}", _misspelt(key, strange), (key,))
    elif keyword == "type" or (keyword == "maxItems" and _may_be_absent(schema)):
        expected = _expected_types(schema)
        yield _Fault(WRONG_TYPE, f"{name} must be {' or '.join(expected)}, not {kind(found)}", "", expected)
    elif keyword in ("enum", "const"):
        allowed = limit if keyword == "enum" and isinstance(limit, list) else [limit]
        words = tuple(one if isinstance(one, str) else shown(one) for one in allowed if one not in (None, []))
        yield _Fault(NOT_LISTED, f"{name} must be {_one_of(words)}, not {shown(found)}", _near(found, words), words)
    elif keyword in ("pattern", "format"):
        form = str(schema.get("x-form") or f"text of the {keyword} {limit}")
        yield _Fault(WRONG_FORM, f"{name} must be {form}, not {shown(found)}", "", (form,))
    elif keyword in _LIMITS:
        yield _Fault(OTHER, f"{name} {_LIMITS[keyword]} {shown(limit)}", "", (shown(limit),))
    elif keyword in ("anyOf", "oneOf"):
        yield _Fault(OTHER, f"{name} fits none, or more than one, of the forms the schema allows ({keyword})")
    elif keyword == "additionalProperties" and isinstance(found, Mapping) and "patternProperties" not in schema:
        more = [shown(str(key))[1:-1] for key in found if key not in schema.get("properties", {})]
        yield _Fault(OTHER, f"{name} has fields that the schema does not allow: {_listed(more)}")
    else:
        yield _Fault(OTHER, f"{name} breaks the schema's rule {keyword}")


def _may_be_absent(schema: Mapping[str, Any]) -> bool:
    """Whether null and the empty list are allowed here, only because they say that there is no value."""
    types = schema.get("type")
    return schema.get("maxItems") == 0 and isinstance(types, list) and {"null", "array"} < set(types)


def _expected_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    types = schema.get("type")
    listed = types if isinstance(types, list) else [types]
    if _may_be_absent(schema):
        listed = [one for one in listed if one not in ("null", "array")]
    return tuple(_TYPES.get(str(one), str(one)) for one in listed)


def _one_of(words: Sequence[str]) -> str:
    return "".join(words) if len(words) < 2 else f"one of {_listed(words)}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:_MOST_NAMED]) + (", …" if len(words) > _MOST_NAMED else "")


def _near(found: Any, words: Sequence[str]) -> str:
    near = closest(found.strip().lower(), words) if isinstance(found, str) else ""
    return f"did you mean {shown(near)}?" if near else ""


def _misspelt(key: str, strange: Sequence[str]) -> str:
    near = closest(key, strange, 0.75)
    return f"is {near} meant to be {key}?" if near else ""


def _name(place: Sequence[str | int]) -> str:
    """A place as people write it: ``tasks[0].checklist[2].item``."""
    name = ""
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{step}"
    name = name.removeprefix(".")
    return (name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…") or "the front matter"
