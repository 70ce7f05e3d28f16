"""The common corpus is what the benchmarks say it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from akislog.checks.registry import run as check_rules
from akislog.checks.schema import check_schema
from akislog.text.document import parse, render
from benchmarks.corpus import front_size, plan, records, texts
from benchmarks.words import AWKWARD

LOGS = 500


@pytest.fixture(scope="module")
def logs() -> list[str]:
    return list(texts(LOGS, 7))


def _records(logs: list[str]) -> Iterator[dict[str, Any]]:
    for text in logs:
        log = parse(text).log
        assert log is not None
        yield dict(log.record)


def test_same_seed_same_bytes(logs: list[str]) -> None:
    assert list(texts(40, 7)) == logs[:40]
    assert list(texts(40, 8)) != logs[:40]


def test_a_log_does_not_depend_on_their_number() -> None:
    assert next(islice(records(100_000, 7), 30, None)) == list(records(31, 7))[30]


def test_sizes(logs: list[str]) -> None:
    sizes = sorted(front_size(text) for text in logs)
    assert 4_500 <= sum(sizes) / LOGS <= 5_500
    assert 10_000 <= sizes[int(LOGS * 0.95)] <= 14_000


def test_every_log_reads_back_clean(logs: list[str]) -> None:
    for text, record in zip(logs, records(LOGS, 7), strict=True):
        document = parse(text)
        assert document.findings == ()
        assert document.log is not None
        assert document.log.record == record
        assert render(document.log.record) == text


def test_every_log_follows_schema_and_rules(logs: list[str]) -> None:
    for record in _records(logs):
        assert check_schema(record) == []
        name = f"{record['session']['id']}.md"
        assert [one for one in check_rules(record, name) if one.severity == "error"] == []


def test_it_holds_what_benchmarks_ask_for(logs: list[str]) -> None:
    seen: set[str] = set()
    for text in logs:
        document = parse(text)
        assert document.log is not None
        assert max(level for _, level in document.log.tree()) >= 2
        record = document.log.record
        seen.update(record)
        seen.update(f"depth {one['delegation_depth']}" for one in record.get("delegations", []))
        seen.update(one["status"] for one in record.get("delegations", []))
        seen.update(record["session"])
    assert {"root_causes", "gotchas", "commands", "delegations", "parallel_groups", "errors", "approvals"} <= seen
    assert {"phases", "notes", "usage", "metadata", "verification", "commits", "pull_requests"} <= seen
    assert {"depth 1", "depth 2", "success", "failure", "partial", "parent", "continues"} <= seen


def test_every_class_of_text_occurs(logs: list[str]) -> None:
    everything = "\n".join(json.dumps(record, ensure_ascii=False) for record in _records(logs))
    for name, samples in AWKWARD.items():
        for sample in samples:
            assert json.dumps(sample, ensure_ascii=False)[1:-1] in everything, (name, sample)
    assert re.search(r'"no"|"yes"', everything)
    assert re.search(r'[^"]{600}', everything)


def test_names_are_unique_and_lines_of_descent_lead_somewhere() -> None:
    by_id = {record["session"]["id"]: record for record in records(64, 7)}
    assert len(by_id) == 64
    for record in by_id.values():
        session = record["session"]
        for before in session.get("continues", []):
            assert by_id[before]["session"]["started_at"] < session["started_at"]
        if "parent" in session:
            parent, _, task = session["parent"].partition("#")
            handed = [one for one in by_id[parent]["delegations"] if one["task_id"] == task]
            assert [one["session"] for one in handed] == [session["id"]]
    assert plan(7, 3).parent.startswith(plan(7, 2).id)
