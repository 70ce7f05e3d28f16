"""Events: whatever verbs record replays to the same session, and ``apply`` takes any event there can be."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from akislog.checks.schema import check_schema
from akislog.core.events import OPS, replay
from akislog.core.session import Session
from akislog.core.shape import SHAPE
from akislog.text.document import parse, render
from tests.sessions import ID, START, attempts, filled, json_values, sessions, started, texts


def through_json(events: Any) -> Any:
    return json.loads(json.dumps(events))


@given(data=st.data())
def test_every_prefix_replays_to_the_same_session(data: st.DataObject) -> None:
    live = started(data.draw(filled()))
    texts_so_far = (render(live.finish().record) for refused in attempts(live, data.draw) if refused is None)
    rendered = [render(live.finish().record), *texts_so_far]
    assert len(rendered) == len(live.events)
    again = Session()
    for event, text in zip(through_json(live.events), rendered, strict=True):
        again.apply(event)
        assert render(again.finish().record) == text
    assert again == live
    assert Session.replay(through_json(live.events)) == live


@given(data=st.data())
def test_a_refused_verb_changes_nothing(data: st.DataObject) -> None:
    live = started()
    before = copy.deepcopy((live.events, live.state))
    for refused in attempts(live, data.draw):
        if refused is not None:
            assert (live.events, live.state) == before
        before = copy.deepcopy((live.events, live.state))


@given(session=sessions())
def test_what_verbs_record_fits_the_published_schema(session: Session) -> None:
    assert check_schema(session.finish().record) == []


@given(session=sessions())
def test_finishing_changes_nothing_and_is_repeatable(session: Session) -> None:
    before = copy.deepcopy((session.events, session.state))
    assert session.finish() == session.finish()
    assert (session.events, session.state) == before


def fields_of(op: str) -> dict[str, str]:
    """Every field an op could carry, with its kind."""
    entity = {"gate": "violation", "approval.ask": "approval", "group.add": "group"}.get(op, op.partition(".")[0])
    extra = {"reason": "text", "name": "text", "kind": "text", "action": "text", "text": "text", "passed": "flag"}
    own = {"metadata": "map", "host": "host", "commits": "[commit]", "inferred": "texts", "writer": "text"}
    return {**extra, **SHAPE.get(entity, {}), **SHAPE["change"], **(own if entity == "session" else {}), "id": "text"}


NUMBERS = st.sampled_from([0, 1, 7, 2.5])
RIGHT = {
    "text": st.one_of(st.sampled_from(["t1", "t2", "d1", "a1", "pg1"]), texts()),
    "name": texts(),
    "time": st.just(START),
    "count": st.integers(0, 10),
    "number": NUMBERS,
    "flag": st.booleans(),
    "texts": st.lists(st.sampled_from(["t1", "t2", "x"]), max_size=2),
    "names": st.lists(texts(), max_size=2),
    "task_status": st.sampled_from(["working", "done", "pending", "delegated"]),
    "delegation_status": st.sampled_from(["running", "success", "partial", "failure"]),
}
ODD = st.one_of(
    json_values(st.text(max_size=5)),
    st.sampled_from([True, -1, 10**15, 10**20, -(10**20), 999999999999999.9, 1e300, 1.5, "", [], {}, ["t1"], {"a": 1}]),
    st.sampled_from(["2026-02-31T00:00:00Z", "0000-00-00T00:00:00Z", "2026-13-01T25:61:61Z", "٢٠٢٦-01-01T00:00:00Z"]),
    st.sampled_from(["t 1", "../x", "con", "t1", "T1", "x" * 200]),
    st.lists(st.dictionaries(st.sampled_from(["item", "done", "task_id", "sha", "path"]), json_values(st.just("x")))),
)


@st.composite
def events(draw: Any) -> dict[str, Any]:
    """An event of a known op whose fields are right, wrong, absent or unknown; or no known op at all."""
    op = draw(st.one_of(st.sampled_from(OPS), st.sampled_from(OPS), ODD))
    at = draw(st.one_of(st.just(START), st.just("2026-03-04T11:00:00Z"), ODD))
    event = {"seq": draw(st.one_of(st.just(1), ODD)), "at": at, "op": op}
    known = fields_of(op) if isinstance(op, str) else {}
    names = draw(st.lists(st.sampled_from([*known, "id", "id", "task_id", "extra", "redacted"]), unique=True))
    for name in names:
        right = RIGHT.get(known.get(name, ""), ODD)
        event[name] = draw(st.one_of(right, right, ODD))
    return event


@settings(max_examples=2 * settings().max_examples)
@given(told=st.lists(events(), max_size=12))
def test_apply_takes_any_events(told: list[dict[str, Any]]) -> None:
    before = json.dumps(told)
    state = replay(told)
    assert json.dumps(told) == before, "an event was changed"
    assert state == replay(told)
    start = {"seq": 1, "at": START, "op": "session.start", "id": ID, "title": "Any events"}
    record = Session.replay([start, *told]).finish().record
    assert check_schema(record) == []
    text = render(record)
    read = parse(text)
    assert read.findings == ()
    assert read.log is not None
    assert read.log.record == record
    assert render(read.log.record) == text
