"""Whatever a session holds, its log is within the size that readers take; what went is counted, in a fixed order."""

from __future__ import annotations

from typing import Any

import pytest

from akislog.checks.schema import check_schema
from akislog.core.session import Session
from akislog.text.document import parse, render
from akislog.text.emit import front_matter
from akislog.text.fit import FIT_LIMIT, fit
from akislog.text.frontmatter import FILE_LIMIT, FRONT_LIMIT
from tests.sessions import LONG, ended, started

TEXT = "x" * 1_000


def fitted(session: Session) -> dict[str, Any]:
    """The fitted record, which is written, read back and in order whatever is in it."""
    record = session.finish().record
    small = fit(record)
    text = render(small)
    assert len(front_matter(small).encode()) <= FIT_LIMIT < FRONT_LIMIT
    assert len(text.encode()) <= FILE_LIMIT
    read = parse(text)
    assert read.findings == ()
    assert read.log is not None
    assert read.log.record == small
    assert check_schema(small) == []
    assert fit(small) == small
    return small


def dropped(session: Session) -> dict[str, int]:
    return dict(fitted(session)["provenance"]["dropped"])


def test_what_fits_is_left_alone() -> None:
    record = ended(started()).finish().record
    assert fit(record) == record
    assert record["provenance"]["dropped"] == {}


def bulky(number: int) -> Session:
    """A session with 40 KB per unit of everything that may go."""
    s = started()
    for _ in range(number * 10):
        task = s.task("one", checklist=[TEXT, TEXT + "2"])
        task.delegate("code", prompt=TEXT).succeed(TEXT)
        s.task("open", checklist=[TEXT]).done(TEXT)
        s.command(TEXT, exit_code=0)
        s.command("x" * 100, exit_code=1)
    return ended(s)


def test_things_go_in_order_and_are_counted() -> None:
    order = ["checklist_items", "prompts", "results", "commands"]
    assert dropped(bulky(3)) == {}
    assert dropped(bulky(4)) == {"checklist_items": 120}
    assert list(dropped(bulky(8))) == order[:3]
    assert dropped(bulky(8)) == {"checklist_items": 240, "prompts": 80, "results": 160}
    most = dropped(bulky(16))
    assert list(most) == order
    assert most["commands"] == 160
    small = fitted(bulky(16))
    assert len(small["commands"]) == 160
    assert all(command["exit_code"] == 1 for command in small["commands"])


def test_checklists_of_open_tasks_stay_as_long_as_they_can() -> None:
    s = started()
    for _ in range(60):
        s.task("done", checklist=[TEXT] * 1 + ["a" * 900, "b" * 900, "c" * 900]).done()
        s.task("open", checklist=["x" * 900])
    small = fitted(ended(s))
    assert all(("checklist" in task) == (task["description"] == "open") for task in small["tasks"])


def test_ten_thousand_tasks_are_written() -> None:
    s = started()
    for number in range(10_000):
        s.task(f"task {number}", skill="testing").done("fine")
    small = fitted(ended(s))
    assert 500 < len(small["tasks"]) < 10_000
    assert small["provenance"]["dropped"]["tasks"] == 10_000 - len(small["tasks"])
    assert [task["id"] for task in small["tasks"][:3]] == ["t1", "t2", "t3"]


def huge(**facts: Any) -> Session:
    s = started("\x01" * 10_000, agent="\x02" * 10_000)
    s.set(**facts)
    return ended(s)


CONTROL = "\x01" * 10_000  # sixty thousand bytes when written


@pytest.mark.parametrize(
    "facts",
    [
        dict.fromkeys(("summary", "purpose", "branch", "base_commit", "head_commit", "parent", "writer"), CONTROL),
        {f"own{number}": LONG for number in range(40)},
        {"own": [LONG] * 40},
        {"own": {f"k{number}": LONG for number in range(40)}},
        {"continues": ["x" * 100 for _ in range(1)] + [f"s{number}" for number in range(60_000)]},
        {"inferred": [f"session.x{number}" for number in range(40_000)]},
        {"host": {f"k{number}": LONG for number in range(40)}},
        {"metadata": {f"k{number}": LONG for number in range(40)}},
        {"metadata": {"a": ["x"], "b": {f"k{number}": LONG for number in range(40)}}},
        {"pull_requests": [f"https://example.org/{number}" for number in range(30_000)]},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_no_field_is_too_large(facts: dict[str, Any]) -> None:
    assert dropped(huge(**facts))


@pytest.mark.parametrize(
    "verb",
    [
        lambda s, n: s.file(f"src/{n}/{'x' * 50}.py", added=1),
        lambda s, n: s.file(f"src/{n}.type{n}"),
        lambda s, n: s.skill(f"skill-{n}-{'x' * 60}"),
        lambda s, n: s.gate(f"G{n}", passed=False, reason=TEXT[:60]),
        lambda s, n: s.gotcha(f"{n} {TEXT[:60]}"),
        lambda s, n: s.note(f"{n} {TEXT[:60]}"),
        lambda s, n: s.usage(models=[f"model {n} {TEXT[:60]}"]),
        lambda s, n: s.phase(f"phase-{n}-{'x' * 60}"),
        lambda s, n: s.error(f"{n} {TEXT[:60]}"),
    ],
    ids="file type skill gate gotcha note usage phase error".split(),  # noqa: SIM905
)
def test_no_list_is_too_long(verb: Any) -> None:
    s = started()
    for number in range(4_000):
        verb(s, number)
    assert dropped(ended(s))


def test_a_deep_chain_of_delegations_is_written() -> None:
    s = started()
    task = s.task("top")
    for number in range(300):
        task.delegate(f"agent{number}")
        task = task.subtask("below")
    task.set(result="bottom")
    for number in range(2_000):
        task.check(f"{number}")
    fitted(ended(s))
