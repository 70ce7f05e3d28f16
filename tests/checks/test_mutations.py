"""Three hundred seeded faults in good logs: the intended code stands at the intended line, and nothing beside it.

Lines come from an independent source: PyYAML's own nodes, walked along the pointer of the fault.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

import pytest
import yaml

from akislog.checks.document import check_document
from akislog.text.document import render
from benchmarks.corpus import record

NUMBER = 300
Record = dict[str, Any]


class Fault(NamedTuple):
    """What was done: the code it should have, where, and codes that rightly stand beside it."""

    code: str
    pointer: str
    beside: tuple[str, ...] = ()


class TextFault(NamedTuple):
    """The same in the text itself: the new text, and the line."""

    code: str
    text: str
    line: int
    beside: tuple[str, ...] = ()


Change = Callable[[Record, Random], "Fault | None"]
TextChange = Callable[[str, Random], TextFault]
CHANGES: list[Change] = []
TEXT_CHANGES: list[TextChange] = []


def change(function: Change) -> Change:
    CHANGES.append(function)
    return function


def text_change(function: TextChange) -> TextChange:
    TEXT_CHANGES.append(function)
    return function


def name_of(made: Record) -> str:
    return f"{made['session']['id']}.md"


@cache
def good_logs() -> list[Record]:
    """Logs of the common corpus of which nothing is said."""
    made = (record(seed, index) for seed in (1, 2, 3) for index in range(60))
    return [one for one in made if not check_document(render(one).encode(), name_of(one)).findings]


def pick(items: list[Any], random: Random) -> Any:
    return random.choice(items) if items else None


def leaves(made: Record) -> list[int]:
    """Numbers of tasks on which nothing else hangs."""
    named = {one for task in made["tasks"] for one in (task.get("parent_task_id"), *task.get("dependencies", ()))}
    named |= {one["task_id"] for one in made.get("delegations", ())}
    named |= {one for group in made.get("parallel_groups", ()) for one in group.get("tasks", ())}
    return [
        number
        for number, task in enumerate(made["tasks"])
        if task["id"] not in named and task["delegation_depth"] == 0 and "parallel_group" not in task
    ]


# --- 1xx ------------------------------------------------------------------------------------------------------------


@change
def a_required_field_is_missing(made: Record, random: Random) -> Fault:
    del made["session"][random.choice(["title", "domain", "outcome", "ended_at"])]
    return Fault("AKL101", "/session")


@change
def a_required_field_of_an_entry_is_missing(made: Record, random: Random) -> Fault | None:
    number = pick([n for n, one in enumerate(made["gotchas"]) if "pattern" in one], random)
    if number is None:
        return None
    del made["gotchas"][number]["pattern"]
    return Fault("AKL101", f"/gotchas/{number}")


@change
def a_value_of_the_wrong_type(made: Record, random: Random) -> Fault:
    section, field, value = random.choice(
        [("session", "title", 5), ("skills", "loaded", "backend"), ("session", "summary", {"a": 1})]
    )
    made[section][field] = value
    return Fault("AKL102", f"/{section}/{field}")


@change
def a_word_that_is_not_listed(made: Record, random: Random) -> Fault:
    made["session"]["complexity"] = random.choice(["simpel", "middle", "Complex"])
    return Fault("AKL103", "/session/complexity")


@change
def a_status_that_is_not_listed(made: Record, random: Random) -> Fault | None:
    number = pick(leaves(made), random)
    if number is None:
        return None
    made["tasks"][number]["status"] = "doen"
    return Fault("AKL103", f"/tasks/{number}/status")


@change
def a_time_of_the_wrong_form(made: Record, random: Random) -> Fault:
    number = random.randrange(len(made["tasks"]))
    made["tasks"][number]["completed_at"] = random.choice(["yesterday", "2026-01-01 10:00", "2026-13-01T10:00:00Z"])
    return Fault("AKL104", f"/tasks/{number}/completed_at")


@change
def a_number_out_of_bounds(made: Record, random: Random) -> Fault:
    made["session"]["duration_minutes"] = -random.randint(1, 9)
    return Fault("AKL105", "/session/duration_minutes")


# --- 2xx ------------------------------------------------------------------------------------------------------------


@change
def an_id_twice(made: Record, random: Random) -> Fault:
    twice = {"id": random.choice(made["tasks"])["id"], "description": "Once more", "status": "done"}
    made["tasks"].append(twice)
    return Fault("AKL201", f"/tasks/{len(made['tasks']) - 1}/id")


@change
def a_command_of_no_task(made: Record, random: Random) -> Fault:
    made.setdefault("commands", []).append({"cmd": "make", "task": f"none-{random.randint(1, 9)}"})
    return Fault("AKL202", f"/commands/{len(made['commands']) - 1}/task")


@change
def a_parent_that_is_none(made: Record, random: Random) -> Fault | None:
    number = pick(leaves(made), random)
    if number is None:
        return None
    made["tasks"][number]["parent_task_id"] = "nothing-like-it"
    return Fault("AKL203", f"/tasks/{number}/parent_task_id")


@change
def a_dependency_that_is_none(made: Record, random: Random) -> Fault:
    number = random.randrange(len(made["tasks"]))
    made["tasks"][number]["dependencies"] = ["nothing-like-it"]
    return Fault("AKL204", f"/tasks/{number}/dependencies/0")


@change
def a_circle(made: Record, random: Random) -> Fault | None:
    number = pick(leaves(made), random)
    if number is None:
        return None
    task = made["tasks"][number]
    task["dependencies"] = [task["id"]]
    return Fault("AKL205", f"/tasks/{number}/dependencies", ("AKL208",) if task["status"] == "done" else ())


@change
def a_wrong_depth(made: Record, random: Random) -> Fault:
    number = random.randrange(len(made["tasks"]))
    made["tasks"][number]["delegation_depth"] += random.randint(1, 3)
    return Fault("AKL206", f"/tasks/{number}/delegation_depth")


@change
def a_wrong_chain(made: Record, random: Random) -> Fault | None:
    number = pick([n for n, one in enumerate(made.get("delegations", ())) if one.get("delegation_chain")], random)
    if number is None:
        return None
    made["delegations"][number]["delegation_chain"][-1]["depth"] += 1
    last = len(made["delegations"][number]["delegation_chain"]) - 1
    return Fault("AKL207", f"/delegations/{number}/delegation_chain/{last}/depth")


@change
def done_with_an_open_item(made: Record, random: Random) -> Fault | None:
    number = pick([n for n, task in enumerate(made["tasks"]) if task["status"] == "done"], random)
    if number is None:
        return None
    made["tasks"][number].setdefault("checklist", []).append({"item": "One thing more", "done": False})
    return Fault("AKL208", f"/tasks/{number}/checklist")


@change
def a_delegation_without_outcome(made: Record, random: Random) -> Fault | None:
    number = pick([*range(len(made.get("delegations", ())))], random)
    if number is None:
        return None
    made["delegations"][number]["status"] = "running"
    return Fault("AKL209", f"/delegations/{number}/status")


@change
def times_that_run_backwards(made: Record, random: Random) -> Fault | None:
    number = pick(
        [n for n, task in enumerate(made["tasks"]) if "completed_at" in task and "created_at" in task], random
    )
    if number is None:
        return None
    made["tasks"][number]["completed_at"] = "2001-01-01T00:00:00Z"
    return Fault("AKL210", f"/tasks/{number}/completed_at")


@change
def two_at_once(made: Record, random: Random) -> Fault:
    for _ in range(2):
        number = len(made["tasks"])
        made["tasks"].append(
            {"id": f"more{number}", "description": "Go on", "status": "working", "assigned_to": "twin"}
        )
    assert random
    return Fault("AKL211", f"/tasks/{number}/status", ("AKL212",))


@change
def left_open(made: Record, random: Random) -> Fault:
    made["tasks"].append({"id": "more", "description": f"Go on {random.random()}", "status": "working"})
    return Fault("AKL212", f"/tasks/{len(made['tasks']) - 1}/status")


@change
def types_that_do_not_add_up(made: Record, random: Random) -> Fault:
    made["files"]["types"]["zig"] = random.randint(1, 9)
    return Fault("AKL213", "/files/types")


@change
def another_date(made: Record, random: Random) -> Fault:
    made["session"]["date"] = f"2001-01-{random.randint(10, 28)}"
    return Fault("AKL214", "/session/date")


@change
def a_gotcha_without_solution(made: Record, random: Random) -> Fault:
    made["gotchas"].append({"pattern": f"It fails on {random.choice(['Mondays', 'Fridays'])}", "warning": "It fails"})
    return Fault("AKL215", f"/gotchas/{len(made['gotchas']) - 1}")


@change
def members_that_wait_for_each_other(made: Record, random: Random) -> Fault:
    made["tasks"] += [
        {"id": "side-a", "description": "One side", "status": "done"},
        {"id": "side-b", "description": "Other side", "status": "done", "dependencies": ["side-a"]},
    ]
    groups = made.setdefault("parallel_groups", [])
    groups.append({"id": f"pg-{random.randint(10, 99)}", "tasks": ["side-a", "side-b"], "status": "completed"})
    return Fault("AKL216", f"/parallel_groups/{len(groups) - 1}")


@change
def an_artifact_outside(made: Record, random: Random) -> Fault | None:
    number = pick([*range(len(made.get("delegations", ())))], random)
    if number is None:
        return None
    made["delegations"][number].update(files_allowed=["docs/**"], artifacts=["docs/a.md", "src/b.py"])
    return Fault("AKL217", f"/delegations/{number}/artifacts/1")


@change
def a_task_of_another_agent(made: Record, random: Random) -> Fault | None:
    last = {one["task_id"]: n for n, one in enumerate(made.get("delegations", ())) if one["status"] == "success"}
    number = pick([*last.values()], random)
    if number is None:
        return None
    wanted = made["delegations"][number]["task_id"]
    next(task for task in made["tasks"] if task["id"] == wanted)["assigned_to"] = "somebody-else"
    return Fault("AKL218", f"/delegations/{number}/agent")


@change
def a_placeholder(made: Record, random: Random) -> Fault:
    made["files"]["modified"] = [{"path": "unknown", "type": "py", "domain": "backend"}]
    made["files"]["types"] = {"py": 1}
    made["files"].pop("created", None)
    made["files"].pop("deleted", None)
    assert random
    return Fault("AKL219", "/files/modified/0/path")


@change
def none_delegated(made: Record, random: Random) -> Fault | None:
    if made.get("delegations"):
        return None
    more = max(0, 6 - len(made["tasks"])) + random.randint(0, 2)
    made["tasks"] += [{"id": f"more{n}", "description": f"Step {n}", "status": "done"} for n in range(more)]
    return Fault("AKL220", "/tasks") if len(made["tasks"]) >= 6 else None


@change
def a_secret(made: Record, random: Random) -> Fault:
    token = "ghp_" + "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789ABCDEFGH", k=36))
    made["session"]["summary"] = f"Pushed with {token} in the URL"
    return Fault("AKL221", "/session/summary")


@change
def a_domain_nearly_known(made: Record, random: Random) -> Fault:
    made["session"]["domain"] = random.choice(["frontend", "fullstak", "documentaton"])
    return Fault("AKL222", "/session/domain")


# --- 0xx and 4xx: in the text itself ----------------------------------------------------------------------------------


def within(text: str, line: str, random: Random) -> tuple[str, int]:
    """``line`` put into the session, somewhere; the text, and the number of the line."""
    lines = text.split("\n")
    number = lines.index("skills:") - random.randint(0, 3)
    return "\n".join([*lines[:number], line, *lines[number:]]), number + 1


@text_change
def no_front_matter(text: str, random: Random) -> TextFault:
    assert random
    body = "A letter, and no log at all."
    return TextFault("AKL001", f"\n{text}" if random.random() < 0.5 else body, 1, ("AKL401", "AKL402"))


@text_change
def never_closed(text: str, random: Random) -> TextFault:
    assert random
    return TextFault("AKL002", text[: text.index("\n---\n")], 1)


@text_change
def no_yaml(text: str, random: Random) -> TextFault:
    return TextFault(
        "AKL003", *within(text, random.choice(["  purpose: fix: thing", "  purpose: @x", "\tpurpose: x"]), random)
    )


@text_change
def a_key_twice(text: str, random: Random) -> TextFault:
    return TextFault("AKL004", *within(text, "  id: twice", random))


@text_change
def no_mapping(text: str, random: Random) -> TextFault:
    assert random
    return TextFault("AKL005", "---\n- a\n- b\n---\n" + text.partition("\n---\n")[2], 2)


@text_change
def a_control_character(text: str, random: Random) -> TextFault:
    return TextFault(
        "AKL006", *within(text, f'  purpose: "a{random.choice(chr(1) + chr(127) + chr(0x2028))}b"', random)
    )


@text_change
def an_anchor(text: str, random: Random) -> TextFault:
    return TextFault("AKL007", *within(text, random.choice(["  purpose: &a x", "  <<: {a: 1}"]), random))


@text_change
def a_tag(text: str, random: Random) -> TextFault:
    return TextFault("AKL008", *within(text, random.choice(["  purpose: !x y", "  purpose: !!str y"]), random))


@text_change
def a_key_that_is_no_text(text: str, random: Random) -> TextFault:
    return TextFault("AKL009", *within(text, random.choice(["  1: x", "  true: x", "  null: x", "  [a]: x"]), random))


@text_change
def a_scalar_that_is_not_read_alike(text: str, random: Random) -> TextFault:
    word = random.choice(["no", "On", "012", "0x1F", "1_000", "12:30:45", "2026-01-15", "+1", ".inf"])
    return TextFault("AKL403", *within(text, f"  purpose: {word}", random), ("AKL404",))


@text_change
def a_comment(text: str, random: Random) -> TextFault:
    return TextFault("AKL404", *within(text, "# who reads this", random))


# --- the test -------------------------------------------------------------------------------------------------------


def line_of(text: str, pointer: str) -> int:
    """The line of a scalar, or of the key of a collection, or of an entry, by PyYAML's nodes."""
    node = yaml.compose(text.split("\n---\n", 1)[0][4:] + "\n", yaml.SafeLoader)
    line = 0
    for step in pointer.split("/")[1:]:
        if isinstance(node, yaml.MappingNode):
            key, node = next((key, value) for key, value in node.value if key.value == step)
            line = node.start_mark.line if isinstance(node, yaml.ScalarNode) else key.start_mark.line
        else:
            node = node.value[int(step)]
            line = node.start_mark.line
    return int(line) + 2


def applied(number: int) -> Iterator[Any]:
    """Change number ``number``, in the first of some good logs in which it can be made."""
    random = Random(number)
    which = number % (len(CHANGES) + len(TEXT_CHANGES))
    for made in random.sample(good_logs(), len(good_logs())):
        if which >= len(CHANGES):
            fault = TEXT_CHANGES[which - len(CHANGES)](render(made), random)
            yield made, fault.text, fault
            return
        changed = copy.deepcopy(made)
        done = CHANGES[which](changed, random)
        if done is not None:
            text = render(changed)
            yield made, text, TextFault(done.code, text, line_of(text, done.pointer), done.beside)
            return


@pytest.mark.parametrize("number", range(NUMBER))
def test_the_fault_is_found_where_it_is_and_nothing_else(number: int) -> None:
    made, text, fault = next(applied(number))
    found = check_document(text.encode(), name_of(made)).findings
    told = [(one.code, one.line) for one in found]
    assert (fault.code, fault.line) in told, (fault, told, json.dumps([one.message for one in found]))
    assert {code for code, _ in told} <= {fault.code, *fault.beside}, (fault.code, told)


def test_every_rule_of_a_single_log_is_among_them() -> None:
    from akislog.checks.registry import CATALOGUE

    used = {next(applied(number))[2].code for number in range(len(CHANGES) + len(TEXT_CHANGES))}
    of_files, of_more_than_one = {"AKL010", "AKL011"}, {code for code in CATALOGUE if code.startswith("AKL3")}
    assert set(CATALOGUE) - used == of_files | of_more_than_one | {"AKL401", "AKL402"}
