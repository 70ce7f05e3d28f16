"""Plans give what the question gives, whatever the logs hold; and a file is a plan only where it is ours and whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from akislog.core.query import compile
from akislog.core.query_syntax import Expression
from akislog.core.question import DEFAULT_COLUMNS, Question, answer
from akislog.errors import QueryError
from akislog.store.index import plan as plans
from akislog.store.index import sqlite
from akislog.store.index.opening import rebuild
from akislog.store.index.place import Damaged, connect, database
from akislog.store.index.planning import planned
from akislog.store.index.rows import Reader
from akislog.store.surroundings import Surroundings, surroundings
from tests.queries import DATES, LOG_FIELDS, NUMBERS, TASK_FIELDS, TEXTS, TIMES, TODAY, ZONE, expressions, records
from tests.store.test_index_rows import any_records, connected, regular

REFUSED = (plans.Unplanned, Damaged, sqlite.Error, OSError)

# --- the same answer --------------------------------------------------------------------------------------------------


def both(question: Question, query: Expression | str, drawn: list[dict[str, Any]]) -> tuple[Any, Any]:
    """The answer, and the answer by plan; None for a plan that there is not, or that gives up."""
    wanted = compile(query, question.source, TODAY, ZONE)
    found = answer(question, Reader(connected(drawn), "log").rows(wanted))
    expected = [tuple(row.get(name) for name in question.columns) for row in found]
    plan = planned(question, wanted, "tsv", "log")
    if plan is None:
        return expected, None
    try:
        return expected, plans.answered(plan, connected(drawn))
    except (plans.Unplanned, sqlite3.Error):
        return expected, None


def names(fields: dict[str, tuple[str, ...]]) -> st.SearchStrategy[str]:
    return st.sampled_from([*fields, "path", "name", "id", "address"])


@st.composite
def questions(draw: Any, source: str, fields: dict[str, tuple[str, ...]]) -> Question:
    chosen = draw(st.lists(names(fields), max_size=3, unique=True))
    grouped, counted = draw(st.sampled_from([(False, False), (False, False), (True, False), (False, True)]))
    columns = (*chosen, "count") if grouped and chosen else tuple(fields)
    by = draw(st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from(columns)).map("".join), max_size=2))
    select, group_by = ((), tuple(chosen)) if grouped else (() if counted else tuple(chosen), ())
    return Question(source, (), select, tuple(by), draw(st.sampled_from([0, 0, 1, 2])), group_by, counted)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def fitting() -> st.SearchStrategy[dict[str, Any]]:
    """Records whose values are of their columns' kinds: for others most plans give up."""
    texts, times = st.sampled_from(TEXTS), st.sampled_from([*TIMES])
    many = st.lists(texts, max_size=3)
    task = _some(
        id=texts, status=texts, completed_at=times, tokens_used=st.sampled_from(NUMBERS), artifacts=many, custom=many
    )
    session = _some(
        id=texts, title=texts, date=st.sampled_from(DATES), started_at=times,
        duration_minutes=st.sampled_from(NUMBERS), continues=many,
    )  # fmt: skip
    return _some(session=session, skills=_some(loaded=many), tasks=st.lists(task, max_size=3), custom=many)


PLAIN_LOG_FIELDS = {
    name: LOG_FIELDS[name]
    for name in (
        "session.title", "title", "session.date", "session.started_at", "duration_minutes", "tasks.status",
        "tasks.completed_at", "tasks.tokens_used",
    )
}  # fmt: skip
PLAIN_TASK_FIELDS = {name: TASK_FIELDS[name] for name in ("status", "tasks.status", "completed_at", "tokens_used")}
LOG_COLUMNS = {name: LOG_FIELDS[name] for name in LOG_FIELDS if name.startswith(("session", "title", "dur", "skills"))}
TASK_COLUMNS = {name: TASK_FIELDS[name] for name in TASK_FIELDS if "check" not in name and "extra" not in name}
log_queries = st.just("") | expressions(PLAIN_LOG_FIELDS) | expressions(LOG_FIELDS)
task_queries = st.just("") | expressions(PLAIN_TASK_FIELDS) | expressions(TASK_FIELDS)


@given(questions("logs", LOG_COLUMNS), log_queries, st.lists(fitting() | fitting() | records(), max_size=5))
def test_any_plan_for_logs_gives_what_was_asked(question: Question, query: Expression, drawn: list[Any]) -> None:
    expected, found = both(question, query, drawn)
    event(f"planned: {found is not None}")
    assert found is None or repr(found) == repr(expected), str(query)


@given(questions("tasks", TASK_COLUMNS), task_queries, st.lists(fitting() | records().map(regular), max_size=5))
def test_any_plan_for_tasks_gives_what_was_asked(question: Question, query: Expression, drawn: list[Any]) -> None:
    expected, found = both(question, query, drawn)
    event(f"planned: {found is not None}")
    assert found is None or repr(found) == repr(expected), str(query)


@given(st.sampled_from(["logs", "tasks", "delegations"]), st.lists(any_records, max_size=3))
def test_whatever_a_record_holds(source: str, drawn: list[Any]) -> None:
    expected, found = both(Question(source), "", drawn)
    assert found is None or repr(found) == repr(expected)


LOG = {
    "session": {"id": "a", "title": "A", "date": "2026-03-10", "started_at": "2026-03-10T14:45:30Z"},
    "skills": {"loaded": ["x", "y"]},
    "tasks": [{"id": "t1", "status": "done"}, {"status": "failed", "description": "late"}],
    "gotchas": [{"pattern": "p", "solution": "s", "applies_to": ["docker"]}, {"pattern": "q"}],
    "files": {"created": [{"path": "a.py"}], "modified": [{"path": "b.py", "type": "py"}]},
    "commands": [{"cmd": "make", "success": False, "exit_code": 2}],
    "errors": [{"type": "x", "message": "y", "fixed": True}],
    "delegations": [{"agent": "code", "status": "failure", "task_id": "t1"}],
}
OLDER = {"session": {"title": "no id", "duration_minutes": 40}, "tasks": [{"description": "no status"}]}


@pytest.mark.parametrize("source", [source for source in DEFAULT_COLUMNS if source != "findings"])
def test_what_is_asked_most_has_a_plan(source: str) -> None:
    expected, found = both(Question(source), "", [LOG, OLDER])
    assert found == expected
    assert len(expected) >= (0 if source == "root_causes" else 1)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("status=failed and session.started_at >= 2026-03-01", Question("tasks")),
        ("started_at < -1d or (started_at missing and date < today)", Question()),
        ("session.title = A", Question(select=("skills.loaded", "session.started_at"), sort=("-id", "title"))),
        ("", Question("tasks", group_by=("status", "session.title"), sort=("-count",), limit=2)),
        ("", Question("commands", group_by=("success",))),
        ("duration_minutes > 12", Question(counted=True)),
    ],
)
def test_questions_of_every_kind_have_a_plan(query: str, question: Question) -> None:
    expected, found = both(question, query, [LOG, OLDER])
    assert found is not None
    assert repr(found) == repr(expected)
    assert expected


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("title ~ 'a.b'", Question()),  # the files' engine judges every title
        ("skills.loaded has x", Question()),
        ("body ~ x", Question()),
        ("", Question("findings")),
        ("", Question(select=("tasks.status",))),
        ("", Question(select=("extra.custom",))),
        ("", Question("tasks", select=("checklist",))),
    ],
)
def test_what_sql_alone_cannot_answer_has_none(query: str, question: Question) -> None:
    assert planned(question, compile(query, question.source, TODAY, ZONE), "tsv", "log") is None


@pytest.mark.parametrize(
    "record",
    [
        {"session": {"id": "x", "domain": None}},  # a value that is none of its column's kind
        {"session": {"title": ["x"]}},
        {"session": "text"},  # a log of no regular shape
    ],
)
def test_what_is_odd_is_left_to_the_ordinary_way(record: dict[str, Any]) -> None:
    plan = planned(Question(), compile("domain=backend_only or id exists"), "tsv", "log")
    assert plan is not None
    with pytest.raises(REFUSED):
        plans.answered(plan, connected([record, LOG]))


# --- the file ---------------------------------------------------------------------------------------------------------


class Place:
    """A folder of logs with an index, and a plan for it."""

    def __init__(self, folder: Path) -> None:
        self.logs, self.state = folder / "logs", folder / "state"
        self.logs.mkdir()
        (self.logs / "a.md").write_text("---\nsession: {id: a, title: A, domain: x}\n---\n")
        rebuild(str(self.logs), self.state, lambda _, __: None)
        self.index = database(str(self.state), str(self.logs))
        self.here = self.surroundings()
        found = planned(Question(), compile(""), "tsv", str(self.logs))
        assert found is not None
        self.plan = found

    def surroundings(self, *arguments: str) -> Surroundings:
        found = surroundings(["query", *arguments], {"AKISLOG_STATE": str(self.state)})
        assert found is not None
        return found

    def token(self) -> str:
        connection = connect(self.index, str(self.logs))
        try:
            return plans.token_of(connection)
        finally:
            connection.close()

    def keep(self, now: int = 10**20, **changed: Any) -> None:
        plan: Any = {**self.plan, **changed}
        plans.keep(plan, str(self.state), self.here, self.token(), now)

    def files(self) -> list[Path]:
        return sorted(self.state.glob("query-plan-*"))

    def answer(self, here: Surroundings | None = None) -> Any:
        plan, connection, _, _ = plans.find(here or self.here, None)
        try:
            return plans.answered(plan, connection)
        finally:
            connection.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    (tmp_path / ".akislog.toml").touch()
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path)
    made.keep()
    return made


def test_a_plan_is_found_again(place: Place) -> None:
    assert place.answer() == [(None, "a", None, "x", None, "A")]
    (path,) = place.files()
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_index_that_is_made_anew_throws_it_away(place: Place) -> None:
    rebuild(str(place.logs), place.state, lambda _, __: None)
    with pytest.raises(plans.Unplanned):
        place.answer()


def test_a_seal_that_is_broken_is_no_place_for_a_plan(place: Place) -> None:
    Path(place.index).touch()
    with pytest.raises(Damaged):
        place.answer()


def test_a_damaged_plan_is_none(place: Place) -> None:
    (path,) = place.files()
    whole, random = path.read_bytes(), Random(7)
    for number in range(300):
        data = bytearray(whole)
        if number % 3:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        else:
            del data[random.randrange(len(data)) :]
        path.write_bytes(data)
        with pytest.raises(plans.Unplanned):
            place.answer()
    for data in (b"", b"\n\n\n\n", b"x" * 100_000, bytes(1000)):
        path.write_bytes(data)
        with pytest.raises(plans.Unplanned):
            place.answer()
    path.write_bytes(whole)
    assert place.answer()


def test_a_plan_that_somebody_else_made_is_none(place: Place) -> None:
    """Whoever puts a file there, in a repository for one, knows everything but the token."""
    other: Any = {**place.plan, "sql": "select 'lies', 'a', 1, 2, 3, 4"}
    for token in ("", "00" * 16, "None"):
        plans.keep(other, str(place.state), place.here, token, 10**20)
        with pytest.raises(plans.Unplanned):
            place.answer()
    connection = sqlite3.connect(place.index)
    connection.execute("delete from meta where key = 'token'")
    connection.commit()
    connection.close()
    from akislog.store.index.place import seal

    seal(place.index)
    plans.keep(other, str(place.state), place.here, "", 10**20)
    with pytest.raises(plans.Unplanned):
        place.answer()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from logs",
        "pragma user_version = 3",
        "attach database 'x.db' as y",
        "create temp table t (x)",
        "insert into meta values ('x', 1) returning 1, 2, 3, 4, 5, 6",
        "select load_extension('x')",
        "commit",
        "with recursive n(x) as (select 1 union all select x from n) select x, x, x, x, x, x from n",
    ],
)
def test_a_plan_can_only_read(place: Place, statement: str) -> None:
    before = Path(place.index).read_bytes()
    place.keep(sql=statement)
    with pytest.raises((sqlite3.Error, plans.Unplanned)):
        place.answer()
    assert Path(place.index).read_bytes() == before
    assert not Path("x.db").exists()


def test_what_was_touched_just_now_is_no_ground_to_build_on(place: Place) -> None:
    (path,) = place.files()
    path.unlink()
    place.keep(now=Path(".akislog.toml").stat().st_mtime_ns + 10**9)
    assert place.files() == []
    place.keep(now=Path(".akislog.toml").stat().st_mtime_ns + 3 * 10**9)
    assert place.files() == [path]


def test_there_are_never_many_and_never_large_ones(place: Place) -> None:
    for number in range(3 * plans.MOST):
        plans.keep(place.plan, str(place.state), place.surroundings(str(number)), place.token(), 10**20)
        assert len(place.files()) <= plans.MOST
    last = place.surroundings(str(3 * plans.MOST - 1))
    assert place.answer(last)
    others = [place.state / name for name in ("query-plan-for-2027.md", "query-plan-0123456789", "plan-01234567")]
    for path in others:
        path.touch()
    plans.forget(str(place.state))
    assert sorted([*place.files(), others[2]]) == sorted(others), "a state folder may be anybody's"
    for path in others:
        path.unlink()
    place.keep(hints=["x" * 70_000])
    assert place.files() == []


def test_what_a_killed_process_left_does_not_stay_for_ever(place: Place) -> None:
    (path,) = place.files()
    beside = Path(f"{path}.{os.getpid()}")
    beside.write_text("half")
    path.unlink()
    place.keep()  # the same process again: it has to leave the file of the other alone
    assert place.files() == [beside]
    plans.forget(str(place.state))
    place.keep()
    assert place.files() == [path]


# --- surroundings -----------------------------------------------------------------------------------------------------


def test_surroundings_change_with_what_marks_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "repo" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    def told(**environment: str) -> tuple[str, list[str]]:
        found = surroundings([], environment)
        assert found is not None
        return found.text, [os.path.relpath(state, tmp_path) for state in found.states]

    first, states = told()
    assert states[-1] == "repo/a/b/.akislog"
    (tmp_path / "repo" / ".git").mkdir()
    second, states = told()
    assert states == ["repo/.akislog"]
    (below.parent / "pyproject.toml").write_text("[tool.x]\n")
    third, states = told()
    assert states == ["repo/a/.akislog", "repo/.akislog"]
    (below.parent / "pyproject.toml").write_text("[tool.y]\n")
    os.utime(below.parent / "pyproject.toml", ns=(0, 0))
    fourth, _ = told()
    (below / ".akislog.toml").touch()
    fifth, states = told()
    assert states == ["repo/a/b/.akislog"]
    sixth, states = told(AKISLOG_STATE=str(tmp_path / "state"))
    assert states == ["state"]
    assert len({first, second, third, fourth, fifth, sixth}) == 6
    here = surroundings([], {})
    monkeypatch.chdir(tmp_path)
    there = surroundings([], {})
    assert here is not None
    assert there is not None
    assert here.name != there.name, "in one state folder plans for two places do not displace each other"


def test_a_worktree_is_left_to_those_who_know_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").write_text("gitdir: /elsewhere/.git/worktrees/x\n")
    monkeypatch.chdir(tmp_path)
    assert surroundings([], {}) is None
    assert surroundings([], {"AKISLOG_STATE": str(tmp_path)}) is not None


def test_a_question_that_cannot_be_asked_is_an_error_with_a_plan_too() -> None:
    with pytest.raises(QueryError):
        planned(Question(select=("nothing",)), compile(""), "tsv", "log")
