"""The rules about the meaning of a log: for each, records that keep it and records that break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.glob import within
from akislog.checks.registry import RULES, run
from akislog.core import finish
from akislog.core.events import replay
from akislog.core.shape import SHAPE
from tests.checks.records import SESSION_ID, delegation, record, task

Case = tuple[dict[str, Any], list[str]]


def chain(*links: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [{"task_id": task_id, "agent": agent, "depth": depth} for task_id, agent, depth in links]


FAMILY = [
    task("t1", delegation_depth=0),
    task("t2", parent_task_id="t1", delegation_depth=1, assigned_to="code"),
    task("t3", parent_task_id="t2", delegation_depth=1, assigned_to="code"),
]
HANDED = delegation("d1", "t2", parent_task_id="t1", delegation_depth=1)
GROUP = {"id": "pg1", "tasks": ["t1", "t2"]}
SIX = [task(f"t{number}") for number in range(6)]

FAILING: dict[str, list[Case]] = {
    "AKL201": [
        ({"tasks": [task("t1"), task("t2"), task("t1")]}, ["/tasks/2/id"]),
        ({"delegations": [delegation("d1", "t1"), delegation("d1", "t1")]}, ["/delegations/1/id"]),
        ({"parallel_groups": [{"id": "g"}, {"id": "g"}]}, ["/parallel_groups/1/id"]),
    ],
    "AKL202": [
        ({"delegations": [delegation("d1", "t9")]}, ["/delegations/0/task_id"]),
        ({"commands": [{"cmd": "make", "task": "t9"}]}, ["/commands/0/task"]),
        ({"changes": [{"path": "a"}, {"path": "b", "task": "t9"}]}, ["/changes/1/task"]),
        ({"parallel_groups": [{"id": "g", "tasks": ["t1", "t9"]}]}, ["/parallel_groups/0/tasks/1"]),
    ],
    "AKL203": [
        ({"tasks": [task("t1", parent_task_id="t9")]}, ["/tasks/0/parent_task_id"]),
        ({"delegations": [delegation("d1", "t1", parent_task_id="x")]}, ["/delegations/0/parent_task_id"]),
    ],
    "AKL204": [({"tasks": [task("t1", dependencies=["t1x", "t2"]), task("t2")]}, ["/tasks/0/dependencies/0"])],
    "AKL205": [
        ({"tasks": [task("t1", parent_task_id="t1")]}, ["/tasks/0/parent_task_id"]),
        (
            {"tasks": [task("t0"), task("t1", parent_task_id="t2"), task("t2", parent_task_id="t1")]},
            ["/tasks/1/parent_task_id"],
        ),
        (
            {"tasks": [task("t1", dependencies=["t3", "t2"]), task("t2", dependencies=["t1"]), task("t3")]},
            ["/tasks/0/dependencies"],
        ),
    ],
    "AKL206": [
        ({"tasks": [task("t1", delegation_depth=1)]}, ["/tasks/0/delegation_depth"]),
        (
            {"tasks": [*FAMILY[:2], {**FAMILY[2], "delegation_depth": 2}], "delegations": [HANDED]},
            ["/tasks/2/delegation_depth"],
        ),
        (
            {"tasks": FAMILY, "delegations": [{**HANDED, "delegation_depth": 2}]},
            ["/delegations/0/delegation_depth"],
        ),
    ],
    "AKL207": [
        (
            {"tasks": FAMILY, "delegations": [{**HANDED, "delegation_chain": chain(("t2", "code", 1))}]},
            ["/delegations/0/delegation_chain"],
        ),
        (
            {
                "tasks": FAMILY,
                "delegations": [
                    {**HANDED, "delegation_chain": chain(("t0", "lead", 0), ("t1", "lead", 0), ("t2", "code", 1))}
                ],
            },
            ["/delegations/0/delegation_chain"],
        ),
        (
            {
                "tasks": FAMILY,
                "delegations": [{**HANDED, "delegation_chain": chain(("t1", "test", 0), ("t2", "code", 2))}],
            },
            ["/delegations/0/delegation_chain/0/agent", "/delegations/0/delegation_chain/1/depth"],
        ),
    ],
    "AKL208": [
        ({"tasks": [task("t1", checklist=[{"item": "a", "done": True}, {"item": "b"}])]}, ["/tasks/0/checklist"]),
        (
            {"tasks": [task("t1"), task("t2", parent_task_id="t1", status="paused")]},
            ["/tasks/0/status"],
        ),
        (
            {"tasks": [task("t1", dependencies=["t2"]), task("t2", status="failed")]},
            ["/tasks/0/dependencies"],
        ),
    ],
    "AKL209": [
        ({"delegations": [delegation("d1", "t1", status="running")]}, ["/delegations/0/status"]),
        ({"tasks": [task("t1", status="delegated")]}, ["/tasks/0/status"]),
        (
            {"tasks": [task("t1", status="delegated")], "delegations": [delegation("d1", "t1")]},
            ["/tasks/0/status"],
        ),
    ],
    "AKL210": [
        ({"session": {"ended_at": "2026-03-04T10:14:59Z"}}, ["/session/ended_at"]),
        (
            {
                "tasks": [
                    task("t1", created_at="2026-03-04T10:20:00Z", completed_at="2026-03-04T10:19:00Z"),
                ]
            },
            ["/tasks/0/completed_at"],
        ),
        (
            {
                "delegations": [
                    delegation("d1", "t1", started_at="2026-03-04T10:20:00Z", completed_at="2026-03-03T10:20:00Z")
                ]
            },
            ["/delegations/0/completed_at"],
        ),
        (
            {
                "approvals": [
                    {"question": "?", "asked_at": "2026-03-04T10:20:00Z", "answered_at": "2026-03-04T10:10:00Z"}
                ]
            },
            ["/approvals/0/answered_at"],
        ),
        (
            {
                "phases": [
                    {"to_phase": "a", "at": "2026-03-04T10:20:00Z"},
                    {"to_phase": "b"},
                    {"to_phase": "c", "at": "2026-03-04T10:19:00Z"},
                ]
            },
            ["/phases/2/at"],
        ),
    ],
    "AKL211": [
        (
            {"tasks": [task("t1", status="working"), task("t2", status="working", assigned_to="lead")]},
            ["/tasks/1/status"],
        ),
    ],
    "AKL212": [
        ({"tasks": [task("t1", status="working")]}, ["/tasks/0/status"]),
        (
            {
                "tasks": [task("t1", status="delegated")],
                "delegations": [delegation("d1", "t1", status="running")],
            },
            ["/tasks/0/status"],
        ),
    ],
    "AKL213": [
        ({"files": {"modified": [{"path": "a.py", "type": "py"}], "types": {"py": 2}}}, ["/files/types"]),
        ({"files": {"modified": [{"path": "a.py"}], "types": {}}}, ["/files/types"]),
        ({"files": {"modified": [], "types": {"md": 1}}}, ["/files/types"]),
    ],
    "AKL214": [
        ({"session": {"date": "2026-03-05"}}, ["/session/date", "/session/id"]),
        ({"session": {"id": "2026-03-03_101500_parser-limits_5be1c0de"}}, ["/session/id"]),
    ],
    "AKL215": [
        ({"gotchas": [{"pattern": "a", "solution": "b"}, {"pattern": "c", "solution": " "}]}, ["/gotchas/1"]),
    ],
    "AKL216": [
        (
            {"tasks": [task("t1"), task("t2", dependencies=["t1"])], "parallel_groups": [GROUP]},
            ["/parallel_groups/0"],
        ),
        (
            {
                "tasks": [task("t1", dependencies=["t3"]), task("t2"), task("t3", dependencies=["t2"])],
                "parallel_groups": [GROUP],
            },
            ["/parallel_groups/0"],
        ),
        (
            {
                "tasks": [
                    task("t1", parallel_group="pg1"),
                    task("t2", parallel_group="pg1", dependencies=["t1"]),
                ],
                "parallel_groups": [{"id": "pg1"}],
            },
            ["/parallel_groups/0"],
        ),
    ],
    "AKL217": [
        (
            {"delegations": [delegation("d1", "t1", files_allowed=["src/**"], artifacts=["src/a.py", "docs/a.md"])]},
            ["/delegations/0/artifacts/1"],
        ),
    ],
    "AKL218": [
        (
            {"tasks": [task("t1", assigned_to="docs")], "delegations": [delegation("d1", "t1")]},
            ["/delegations/0/agent"],
        ),
        (
            {
                "tasks": [task("t1", assigned_to="docs")],
                "delegations": [delegation("d1", "t1", agent="docs-team"), delegation("d2", "t1", status="running")],
            },
            ["/delegations/1/agent"],
        ),
    ],
    "AKL220": [({"tasks": SIX}, ["/tasks"])],
    "AKL222": [
        ({"session": {"domain": "frontend"}}, ["/session/domain"]),
        ({"session": {"domain": "Full-Stack"}}, ["/session/domain"]),
        ({"session": {"domain": "documentaton"}}, ["/session/domain"]),
    ],
}

WORKING = task("t1", status="working")
PASSING: dict[str, list[dict[str, Any]]] = {
    "AKL201": [{"tasks": [task("t1"), task("T1")], "delegations": [delegation("t1", "t1")]}],
    "AKL202": [{"commands": [{"cmd": "make", "task": "t1"}, {"cmd": "make", "task": None}]}],
    "AKL203": [{"tasks": FAMILY, "delegations": [HANDED]}],
    "AKL204": [{"tasks": [task("t1", dependencies=["t2"]), task("t2", dependencies=[])]}],
    "AKL205": [
        {
            "tasks": [
                task("t1", dependencies=["t2", "t3"]),
                task("t2", dependencies=["t4"]),
                task("t3", dependencies=["t4"]),
                task("t4", parent_task_id="t1"),
            ]
        }
    ],
    "AKL206": [{"tasks": FAMILY, "delegations": [HANDED]}, {"tasks": [task("t1")]}],
    "AKL207": [
        {
            "tasks": FAMILY,
            "delegations": [{**HANDED, "delegation_chain": chain(("t1", "lead", 0), ("t2", "code", 1))}],
        },
        {"tasks": FAMILY, "delegations": [{**HANDED, "delegation_chain": None}]},
        {  # handed over twice: each chain names the agent of its own time
            "tasks": FAMILY,
            "delegations": [
                {**HANDED, "agent": "test", "delegation_chain": chain(("t1", "lead", 0), ("t2", "test", 1))},
                {**HANDED, "id": "d2", "delegation_chain": chain(("t1", "lead", 0), ("t2", "code", 1))},
            ],
        },
    ],
    "AKL208": [
        {
            "tasks": [
                task("t1", checklist=[{"item": "a", "done": True}], dependencies=["t2"]),
                task("t2", parent_task_id="t1"),
                task("t3", parent_task_id="t1", status="cancelled"),
                task("t4", status="paused", checklist=[{"item": "a", "done": False}]),
            ]
        }
    ],
    "AKL209": [{"delegations": [delegation("d1", "t1", status="failure")]}],
    "AKL210": [{"tasks": [task("t1", created_at="2026-03-04T10:20:00Z", started_at="2026-03-04T10:20:00Z")]}],
    "AKL211": [
        {"tasks": [WORKING, task("t2", status="working", parent_task_id="t1")]},
        {"tasks": [WORKING, task("t2", status="working", assigned_to="code")]},
        {"tasks": [WORKING, task("t2", parent_task_id="t1"), task("t3", parent_task_id="t2", status="working")]},
    ],
    "AKL212": [{"tasks": [task("t1", status="paused"), task("t2", status="pending")]}],
    "AKL213": [
        {
            "files": {
                "created": [{"path": "a.py", "type": "py"}],
                "modified": [{"path": "b.py", "type": None}, {"path": "Makefile", "type": "makefile"}],
                "deleted": [{"path": "c.md", "type": "md"}],
                "types": {"py": 2, "makefile": 1, "md": 1},
            }
        },
        {"files": {"modified": [], "types": {}}},
    ],
    "AKL214": [{"session": {"id": "by-hand"}}],
    "AKL215": [{"gotchas": [{"pattern": "a", "solution": "b"}]}],
    "AKL216": [
        {
            "tasks": [task("t1", dependencies=["t3"]), task("t2", dependencies=["t3"]), task("t3")],
            "parallel_groups": [GROUP],
        }
    ],
    "AKL217": [
        {"delegations": [delegation("d1", "t1", artifacts=["a"])]},
        {"delegations": [delegation("d1", "t1", files_allowed=["src", "*.md"], artifacts=["src/x/a.py", "a.md"])]},
    ],
    "AKL218": [
        {"tasks": [task("t1")], "delegations": [delegation("d1", "t1")]},
        {"tasks": [task("t1", assigned_to="code-2")], "delegations": [delegation("d1", "t1")]},
        {"tasks": [task("t1", assigned_to="lead")], "delegations": [delegation("d1", "t1", status="failure")]},
        {  # handed over twice
            "tasks": [task("t1", assigned_to="code")],
            "delegations": [delegation("d1", "t1"), delegation("d2", "t1", agent="review")],
        },
    ],
    "AKL220": [
        {"tasks": SIX[:5]},
        {"tasks": SIX, "delegations": [delegation("d1", "t1")]},
        {"tasks": SIX, "agents": {"delegated": [{"name": "code", "task": "Task t1"}]}},
        {"tasks": [*SIX[:5], task("t5", assigned_to="docs")]},
    ],
    "AKL222": [{"session": {"domain": one}} for one in ("fullstack", "unspecified", "payments", "mobile")],
}


def places(code: str, made: Any, path: str | None = None) -> list[str]:
    return [one.pointer for one in run(made, path) if one.code == code]


def test_a_whole_record_breaks_no_rule() -> None:
    assert run(record(), f"log/workflow/{SESSION_ID}.md") == []


@pytest.mark.parametrize(("code", "case"), [(code, case) for code, cases in FAILING.items() for case in cases])
def test_what_breaks_a_rule(code: str, case: Case) -> None:
    sections, expected = case
    assert places(code, record(**sections)) == expected


@pytest.mark.parametrize(("code", "case"), [(code, case) for code, cases in PASSING.items() for case in cases])
def test_what_keeps_a_rule(code: str, case: dict[str, Any]) -> None:
    assert places(code, record(**case)) == []


def test_every_rule_has_both() -> None:
    assert set(FAILING) == set(PASSING) == {rule.code for rule in RULES}


def test_the_registry_is_in_order() -> None:
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})
    assert len({rule.name for rule in RULES}) == len({rule.function for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.severity in ("error", "warning", "note")
        assert rule.doc.endswith(".")
        assert (rule.function.__doc__ or "").strip()


def test_findings_are_filled_in() -> None:
    made = record(tasks=[task("t1"), task("t2", parent_task_id="t9")])
    (finding,) = run(made, f"logs/{SESSION_ID}.md")
    assert finding.message == 'parent_task_id names no task "t9"'
    assert finding.hint == 'did you mean "t1"?'
    assert (finding.code, finding.severity, finding.found) == ("AKL203", "error", "t9")
    assert (finding.path, finding.pointer) == (f"logs/{SESSION_ID}.md", "/tasks/1/parent_task_id")


@pytest.mark.parametrize(
    ("path", "agrees"),
    [
        (f"log/workflow/{SESSION_ID}.md", True),
        (f"log\\workflow\\{SESSION_ID.upper()}.MD", True),
        (f"{SESSION_ID}-2.md", False),
        (f"{SESSION_ID}/notes.md", False),
        (None, True),
    ],
)
def test_the_file_is_named_after_the_id(path: str | None, agrees: bool) -> None:
    assert (places("AKL214", record(), path) == []) == agrees


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("src/a.py", "src/a.py", True),
        ("./src/a.py", "src//a.py", True),
        ("src/a.py", "src/*.py", True),
        ("src/b/a.py", "src/*.py", False),
        ("src/b/a.py", "src/**/*.py", True),
        ("src/a.py", "src/**/*.py", True),
        ("src/b/a.py", "src", True),
        ("src/b/a.py", "src/", True),
        ("src2/a.py", "src", False),
        ("a.py", "?.py", True),
        ("ab.py", "?.py", False),
        ("x/y/z", "**/z", True),
        ("x/y/z", "**/y", True),
        ("x/y/z", "y", False),
        ("pages/[id].ts", "pages/[id].ts", True),
        ("abcabd", "a*abd", True),
        ("abcabd", "a*abc", False),
        ("", "a", False),
        ("a", "**", True),
    ],
)
def test_path_patterns(path: str, pattern: str, fits: bool) -> None:
    assert within(path, pattern) == fits


def test_a_hostile_pattern_ends() -> None:
    assert not within("a" * 2000, "*a" * 300 + "b")
    assert not within("a/" * 2000, "**/a/" * 300 + "b")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "t1", "t2", "done", "working"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t1", "id", "x"]), inner, max_size=3),
    max_leaves=5,
)


def of_kind(kind: str) -> st.SearchStrategy[Any]:
    """Mostly what the shape says, sometimes anything."""
    if kind.startswith("["):
        return st.lists(of_kind(kind[1:-1]), max_size=3) | anything
    if kind in SHAPE:
        fields = {name: of_kind(inner) for name, inner in SHAPE[kind].items()}
        return st.fixed_dictionaries({}, optional=fields) | anything
    return anything


ids = st.sampled_from(["t1", "t2", "t3", "t4"])
linked = st.fixed_dictionaries(
    {"id": ids, "status": st.sampled_from(["working", "delegated", "done", "pending"])},
    optional={
        "parent_task_id": ids,
        "dependencies": st.lists(ids, max_size=3),
        "parallel_group": st.just("pg1"),
        "delegation_depth": st.integers(0, 3),
        "assigned_to": st.sampled_from(["lead", "code"]),
    },
)
tangled = st.fixed_dictionaries(
    {
        "tasks": st.lists(linked, max_size=6),
        "delegations": st.lists(
            st.fixed_dictionaries(
                {"task_id": ids}, optional={"delegation_chain": st.lists(of_kind("link"), max_size=3)}
            ),
            max_size=3,
        ),
        "parallel_groups": st.just([{"id": "pg1", "tasks": ["t1", "t3"]}]),
    }
)


@given(of_kind("record") | tangled, st.none() | st.text(max_size=5))
def test_no_shape_makes_a_rule_fail(made: Any, path: str | None) -> None:
    for finding in run(made, path):
        assert finding.message
        assert finding.pointer == "" or finding.pointer.startswith("/")
        place = made
        for step in finding.pointer.split("/")[1:]:
            place = place[int(step)] if isinstance(place, list) else place[step]


@given(tangled)
def test_a_circle_is_found_where_there_is_one(made: dict[str, Any]) -> None:
    tasks: dict[str, Any] = {}
    for one in made["tasks"]:
        tasks.setdefault(one["id"], one)

    def reached(start: str, link: str) -> set[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            value = tasks[todo.pop()].get(link) or []
            new = {one for one in ([value] if isinstance(value, str) else value) if one in tasks} - found
            found |= new
            todo.extend(new)
        return found

    for link in ("parent_task_id", "dependencies"):
        circular = any(start in reached(start, link) for start in tasks)
        assert circular == any(place.endswith(link) for place in places("AKL205", made))


def test_what_the_recorder_derives_keeps_the_rules() -> None:
    at = "2026-03-04T10:15:00Z"
    events: list[dict[str, Any]] = [
        {"op": "session.start", "id": SESSION_ID, "title": "t", "agent": "lead"},
        {"op": "task.add", "id": "t1", "description": "a"},
        {"op": "task.add", "id": "t2", "description": "b", "parent_task_id": "t1"},
        {"op": "delegation.open", "id": "d1", "task_id": "t2", "agent": "code"},
        {"op": "task.add", "id": "t3", "description": "c", "parent_task_id": "t2", "assigned_to": "code"},
        {"op": "delegation.open", "id": "d2", "task_id": "t3", "agent": "test"},
        {"op": "delegation.close", "id": "d2", "status": "success"},
        {"op": "delegation.close", "id": "d1", "status": "success"},
        {"op": "delegation.open", "id": "d3", "task_id": "t2", "agent": "review"},
        {"op": "delegation.close", "id": "d3", "status": "success"},
        {"op": "task.status", "id": "t1", "status": "done"},
        {"op": "file", "path": "src/a.py", "action": "created"},
        {"op": "file", "path": "README", "action": "modified"},
        {"op": "file", "path": "b.md", "action": "deleted"},
        {"op": "session.end", "outcome": "completed"},
    ]
    made = finish.record_of(replay({"seq": n, "at": at, **event} for n, event in enumerate(events)))
    assert [task["delegation_depth"] for task in made["tasks"]] == [0, 1, 2]
    assert [(one.code, one.pointer, one.message) for one in run(made)] == []


@pytest.mark.parametrize(
    ("date", "expected"), [("2025-11-02", []), ("2025-11-03", ["/session/id", "/session/date"]), (None, [])]
)
def test_of_an_older_log_only_the_dates_are_compared(date: str | None, expected: list[str]) -> None:
    made = {"session": {"id": "2025-11-02_host_list", "date": date}}
    assert places("AKL214", made, "log/workflow/2025-11-02_101500_host-list.md") == expected


def test_a_large_tangle_ends() -> None:
    number = 3000
    tasks = [
        task(f"t{n}", parent_task_id=f"t{n - 1}", dependencies=[f"t{n + 1}", f"x{n}"], parallel_group=f"g{n % 2}")
        for n in range(number)
    ]
    groups = [{"id": "g0"}, {"id": "g1"}]
    found = run(record(tasks=tasks, parallel_groups=groups, delegations=[delegation("d", f"t{number - 1}")]))
    assert len([one for one in found if one.code == "AKL204"]) == 1000
