"""Placeholders and secrets: what is found, where, and that nothing is said of a secret but its place."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given

from akislog.checks.document import check_document
from akislog.checks.registry import run_text
from akislog.core.finding import Finding
from akislog.core.session import Session
from akislog.text.document import parse, render
from akislog.text.redact import Redactor
from tests.checks.records import SESSION_ID, record, task
from tests.checks.test_log_rules import of_kind
from tests.sessions import sessions
from tests.text import secret_samples as samples


def findings(text: str, code: str) -> list[Finding]:
    return [one for one in check_document(text.encode(), f"{SESSION_ID}.md").findings if one.code == code]


def pointers(**sections: Any) -> list[str]:
    return [one.pointer for one in findings(render(record(**sections)), "AKL219")]


@pytest.mark.parametrize(
    "text",
    [
        "TODO",
        "todo",
        "Tbd",
        "FIXME",
        "...",
        "…",
        "???",
        "<session title>",
        "<title>",
        "{{ name }}",
        "{task name}",
        "~{N} minutes",
        "[Describe the task]",
        "[TODO: say why]",
        "unknown",
        "UNKNOWN",
    ],
)
def test_placeholders(text: str) -> None:
    assert pointers(tasks=[task("t1", description=text)]) == ["/tasks/0/description"]
    assert pointers(session={"summary": text}) == ["/session/summary"]


@pytest.mark.parametrize(
    "text",
    [
        "TODO list of the parser",
        "Read unknown fields",
        "wait ...",
        "<div>",
        "a <b> c",
        "{}",
        "[x]",
        "[parser] rewrite",
        "todos",
        "Vec<T>",
        "{a: 1}",
        "[ ] open",
        "x" * 5000,
        "<outside>/notes.md",
        "placeholders are found",
        "${HOME}",
    ],
)
def test_prose_is_no_placeholder(text: str) -> None:
    assert pointers(tasks=[task("t1", description=text)]) == []


def test_unknown_may_be_the_truth() -> None:
    assert pointers(errors=[{"type": "unknown", "message": "unknown"}]) == []
    assert pointers(files={"modified": [{"path": "unknown", "type": "py", "domain": "src"}], "types": {"py": 1}}) == [
        "/files/modified/0/path"
    ]
    assert pointers(metadata={"owner": "TODO"}) == []


@given(of_kind("record"))
def test_no_shape_makes_a_rule_fail(made: Any) -> None:
    for text in ("---\n---\n", "---\nsession: {title: TODO}\n---\n", "# only text"):
        document = parse(text)
        if document.log is not None and isinstance(made, dict):
            document.log.record.clear()  # type: ignore[attr-defined]
            document.log.record.update(made)  # type: ignore[attr-defined]
        for finding in run_text(document, current=True):
            assert finding.message


RANDOM = random.Random(7)
SECRETS = [(kind, "{}", make(RANDOM)) for kind, make in samples.SHAPES for _ in range(5)]
SECRETS += [(kind, around, make(RANDOM)) for kind, around, make in samples.CONTEXTS for _ in range(5)]


@given(session=sessions())
def test_what_the_recorder_writes_holds_no_secret(session: Session) -> None:
    text = render(session.finish().record)
    assert bool(findings(text, "AKL221")) == bool(Redactor().redact(text)[1])


@pytest.mark.parametrize("place", ["front", "key", "body"])
@pytest.mark.parametrize(("around", "secret"), [one[1:] for one in SECRETS[::5] if "\n" not in one[1] + one[2]])
def test_secrets_are_found_in_front_matter_and_body(around: str, secret: str, place: str) -> None:
    text = render(record())
    told = around.replace("{}", secret)
    if place == "front":
        text = render(record(tasks=[task("t1", result=told)]))
    elif place == "key":
        text = text.replace("provenance:", f'metadata: {{password: "{secret}"}}\nprovenance:')
    else:
        text += f"\nNote: {told}\n"
    found = findings(text, "AKL221")
    expected = Redactor().redact(text)[1]
    assert len(found) == expected if expected < 2 else found
    for one in found:
        assert one.end is not None
        line = text.splitlines()[(one.line or 0) - 1]
        assert line[(one.column or 0) - 1 : one.end[1] - 1] in text
        for said in (one.message, one.hint, one.found, *one.expected):
            assert secret not in said


def test_a_large_text_ends() -> None:
    text = render(record()) + 'token = "abc" --password x key: ' * 100_000
    assert findings(text, "AKL221") == []
