"""What the rules share of a record: found out once, and the same as where each looks for itself."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from akislog.checks import source
from akislog.checks.log import _cycles
from akislog.checks.reading import Reading
from akislog.checks.registry import run
from akislog.checks.schema import check_schema
from akislog.core import task as graph
from akislog.text.redact import Redactor
from akislog.text.secret_rules import RULES
from tests.checks.records import delegation, record, task

_TIMES = [f"2026-03-04T{hour}:30:00Z" for hour in (10, 11, 12)]
_AGENTS = ["lead", "code", "code-2", "docs"]


def _tasks(rng: Random, in_order: bool) -> list[dict[str, Any]]:
    """Tasks whose parents and dependencies stand before them, or anywhere, or nowhere; some ids come twice."""
    made: list[dict[str, Any]] = []
    for number in range(rng.randrange(9)):
        others = [f"t{other}" for other in range(number if in_order else 10)]
        fields: dict[str, Any] = {"status": rng.choice([*graph.STATUSES, "done", "done"])}
        if others and rng.random() < 0.7:
            fields["parent_task_id"] = rng.choice(others)
        if others and rng.random() < 0.3:
            fields["dependencies"] = rng.sample(others, min(2, len(others)))
        times = zip(("created_at", "started_at", "completed_at"), rng.choices(_TIMES, k=3), strict=True)
        fields |= {field: time for field, time in times if rng.random() < 0.5}
        made.append(task(f"t{number if rng.random() < 0.95 else 0}", **fields, assigned_to=rng.choice(_AGENTS)))
    return made


def _record(seed: int) -> dict[str, Any]:
    rng = Random(seed)
    tasks = _tasks(rng, in_order=seed % 2 == 0)
    by_id = {one["id"]: one for one in reversed(tasks)}
    delegations = [
        delegation(f"d{number}", f"t{rng.randrange(9)}", agent=rng.choice(_AGENTS), started_at=rng.choice(_TIMES))
        for number in range(rng.randrange(4))
    ]
    handed = {one["task_id"] for one in delegations}
    for one in delegations:
        one["delegation_chain"] = graph.chain(one["task_id"], by_id, handed, "lead")
        for link in one["delegation_chain"]:
            if rng.random() < 0.1:
                link[rng.choice(["agent", "depth"])] = rng.choice(["docs", "lead"]) if rng.random() < 0.5 else 1
    made = record(tasks=tasks, delegations=delegations, parallel_groups=[{"id": "g", "tasks": ["t0", "t1"]}])
    for entry in [
        made["session"],
        *tasks,
        *delegations,
        *(link for one in delegations for link in one["delegation_chain"]),
    ]:
        for field in [one for one in entry if rng.random() < 0.05]:
            entry[field] = rng.choice([None, []])
    return made


def test_depths_are_those_of_the_tree_in_whatever_order_it_stands() -> None:
    in_order = 0
    for seed in range(600):
        log = Reading(_record(seed))
        assert log.depths == graph.depths(log.by_id, {one["task_id"] for one in log.delegations})
        assert not (log.parents_first and list(_cycles(log.by_id, "parent_task_id")))
        in_order += log.parents_first
        ids = [one["id"] for one in log.raw["tasks"]]
        assert log.places == {one: f"/tasks/{ids.index(one)}" for one in log.by_id}
    assert 100 < in_order < 500


def test_null_and_an_empty_list_are_no_values_in_a_valid_record_either() -> None:
    """A record that the schema has passed is read as it is, any other without what is of the wrong kind: both alike."""
    valid = 0
    for seed in range(1500):
        made = _record(seed)
        if not check_schema(made):
            assert run(made, valid=True) == run(made)
            valid += 1
    assert valid > 300


def test_a_line_that_is_not_searched_for_secrets_holds_none() -> None:
    rng, redactor = Random(3), Redactor()
    redactor._rules = lambda _: list(RULES)  # type: ignore[method-assign]
    fields = sorted(source._FIELDS)
    bait = "password secret token key bearer basic pass is was login curl mysql hunter sshpass docker cookie apikey"
    words = [*bait.split(), "abcdefghijk", "qwrtzpsdfgh", "ghp", "sk", "0", "true", '""', *fields]

    def value(depth: int = 0) -> str:
        kind = rng.random()
        if depth < 3 and kind < 0.15:
            return f"[{', '.join(value(depth + 1) for _ in range(rng.randrange(4)))}]"
        if depth < 3 and kind < 0.3:
            return f"{{{', '.join(f'{rng.choice(fields)}: {value(depth + 1)}' for _ in range(rng.randint(1, 3)))}}}"
        return rng.choice(words)

    plain = 0
    for _ in range(6000):
        line = f"{rng.choice(['', '  ', '    ', '  - ', 'tasks:{0}  - '])}{rng.choice(fields)}: {value()}".replace(
            "{0}", "\0"
        )
        runs = [run for run, _ in re.findall(source._RUN, line)]
        if re.fullmatch(source._LINE, line) and all(map(source._is_plain, runs)):
            assert redactor.redact(line) == (line, 0)
            plain += 1
    assert plain > 3000
