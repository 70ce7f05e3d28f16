"""The filter language: each rule of its meaning in a table, and random expressions against a slow reading of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core import query_syntax as syntax
from akislog.core.log import WorkflowLog
from akislog.core.pattern import PatternError, searcher
from akislog.core.query import Bound, bind, compile, parse
from akislog.core.query_syntax import DEPTH_LIMIT, LENGTH_LIMIT, Expression, Logic, Not, Value, parse_path
from akislog.core.rows import Row, rows
from akislog.errors import QueryError, UsageError
from tests.queries import (
    LOG_FIELDS,
    NOWHERE,
    TASK_FIELDS,
    TODAY,
    ZONE,
    expressions,
    holds,
    records,
    trees,
    unplaced,
    values,
)


def row(record: dict[str, Any], path: str = "log/workflow/a.md") -> Row:
    return next(rows(WorkflowLog(record, path=path), body="The body says Hello."))


def matches(query: str, record: dict[str, Any], **how: Any) -> bool:
    return compile(query, today=TODAY, zone=ZONE, **how).matches(row(record))


# --- meaning ----------------------------------------------------------------------------------------------------------

RECORD: dict[str, Any] = {
    "session": {
        "id": "2026-03-10_101500_jwt_1f0c9a2e",
        "title": "JWT login",
        "domain": "backend",
        "complexity": "medium",
        "date": "2026-03-10",
        "started_at": "2026-03-10T21:59:59Z",
        "ended_at": "2026-03-10T22:00:00Z",
        "duration_minutes": 42,
        "summary": None,
        "purpose": "",
        "continues": [],
    },
    "skills": {"loaded": ["debugging", "testing"], "suggested": []},
    "files": {"modified": [{"path": "app/auth.py"}, {"path": "app/main.py"}], "types": {"py": 2}},
    "gotchas": [{"pattern": "WebSocket closes", "solution": ""}, "plain text", {"pattern": "clock skew"}],
    "tasks": [
        {"id": "t1", "status": "done", "checklist": [{"item": "a", "done": True}, {"item": "b", "done": False}]},
        {"id": "t2", "status": "failed", "tokens_used": 15000, "artifacts": ["x.py"]},
    ],
    "errors": [{"type": "TypeError", "fixed": True}, {"type": "ValueError", "fixed": "maybe"}],
    "commands": [{"cmd": "pytest", "exit_code": 0, "seconds": 12.5}],
    "metadata": {"ticket": "T1", "points": "5"},
    "review": {"by": "me", "score": 7},
}

TRUE = [
    # operators
    "session.domain=backend",
    "session.domain != frontend",
    "session.duration_minutes > 41 and session.duration_minutes < 43",
    "session.duration_minutes >= 42 and session.duration_minutes <= 42",
    "session.duration_minutes = 42.0",
    "commands.seconds = 12.5",
    "session.domain in (frontend, backend)",
    "not session.domain in (frontend, x) and not session.summary in (a, b) and not session.duration_minutes in (a, b)",
    "session.duration_minutes in (a, 42) and session.summary in (a, null)",
    "session.title < M",
    "session.title ~ jwt",
    "session.title !~ oauth",
    'session.title ~ "^jwt .*n$"',
    "tasks.id = t1",
    # and, or, not, brackets; and binds closer than or
    "domain=x and domain=y or domain=backend",
    "not (domain=backend and domain=x)",
    "not not domain=backend",
    "NOT domain=x AND domain=backend",
    "(domain=backend)",
    # a path through a list is true of any entry; a list is a set of members
    "tasks.status=failed",
    "tasks.status=done and tasks.status=failed",
    "tasks.status!=failed",
    "gotchas.pattern ~ websocket",
    "skills.loaded=debugging",
    "skills.loaded has debugging",
    "skills.loaded != debugging",
    "not skills.loaded=docker",
    "tasks.artifacts has x.py",
    "files.types has py",
    "tasks.checklist.done=true and tasks.checklist.done=false",
    "errors.fixed=true",
    # every one
    "all(tasks.status in (done, failed))",
    "not all(tasks.status=done)",
    "all(skills.loaded ~ ing$)",
    "not all(parallel_groups.status=completed)",
    "not all(skills.suggested=testing)",
    "all(tasks.id exists) and not all(tasks.tokens_used exists)",
    # a text among maps has no fields, and is no error
    "gotchas.pattern='clock skew'",
    "all(gotchas.pattern exists)",
    # one of a list
    "tasks[0].status=done",
    "tasks[-1].status=failed",
    "skills.loaded[1]=testing",
    "not tasks[7].status exists",
    # missing, null, "", []
    "session.branch missing",
    "session.summary exists and session.purpose exists and session.continues exists",
    "session.summary=null and session.purpose!=null",
    'session.purpose="" and not session.summary=""',
    "session.continues=[] and not session.purpose=[] and not session.summary=[] and not session.branch=[]",
    "skills.loaded != []",
    "not session.branch=null and not session.branch=''",
    "tasks.tokens_used exists",
    "gotchas.warning missing",
    "phases.at missing and phases missing",
    # what is missing is in no comparison, not even in !=
    "not session.branch=main and not session.branch!=main",
    "not session.branch~x and not session.branch!~x",
    "not session.branch in (main)",
    "not session.branch<z and not session.branch>=a",
    "not session.summary!=x and not session.summary!~x",
    # nothing is converted
    'not session.duration_minutes="42"',
    'not session.duration_minutes!="42"',
    "not metadata.points=5 and metadata.points='5'",
    "not metadata.points>4",
    "not tasks.status>1",
    "not errors.fixed=1 and not errors.fixed='true'",
    "not commands.exit_code=false",
    "session.date='2026-03-10'",
    # dates: days of the zone (+02:00), a day against a time
    "session.date=2026-03-10",
    "session.date>=2026-03-10 and session.date<=2026-03-10 and not session.date>2026-03-10",
    "session.started_at=2026-03-10",
    "session.ended_at=2026-03-11",
    "session.ended_at>2026-03-10 and session.started_at<2026-03-11",
    "session.started_at<=2026-03-10 and not session.ended_at<=2026-03-10",
    "session.started_at=2026-03-10T21:59:59Z and session.started_at=2026-03-10T23:59:59+02:00",
    "session.started_at=2026-03-10T23:59:59 and session.started_at<2026-03-11T00:00",
    "session.date=2026-03-10T20:00:00Z and session.date<2026-03-10T23:00:00Z",
    "session.date=-2d and session.date>-1w and session.date<today and session.date<yesterday",
    "session.date>=-1m and session.date>=-1y",
    "session.date in (2026-01-01, -2d)",
    "not session.title>2026-01-01 and not session.duration_minutes>2026-01-01",
    # names
    "domain=backend and loaded=testing and session.id ~ 1f0c9a2e and id ~ 1f0c9a2e",
    "path ~ workflow/a and name=a.md and body ~ hello",
    "duration=42",
    "extra.review.by=me and extra.review.score=7",
    "metadata.ticket=T1",
    "files.types.py=2",
    "log.title='JWT login'",
    "  ",
]


@pytest.mark.parametrize("query", TRUE)
def test_what_is_true(query: str) -> None:
    assert matches(query, RECORD)


def test_what_is_false_is_false_for_each_kind_of_absence() -> None:
    states: dict[str, dict[str, Any]] = {"missing": {}, "null": {"branch": None}, "text": {"branch": ""}}
    states["list"] = {"branch": []}
    found = {
        query: [name for name, session in states.items() if matches(query, {"session": session})]
        for query in (
            "branch missing",
            "branch exists",
            "branch=null",
            "branch!=null",
            'branch=""',
            'branch!=""',
            "branch=[]",
            "branch!=[]",
            "branch=main",
            "branch!=main",
            "not branch=main",
            "branch~x",
            "branch!~x",
            "branch<z",
        )
    }
    assert found == {
        "branch missing": ["missing"],
        "branch exists": ["null", "text", "list"],
        "branch=null": ["null"],
        "branch!=null": ["text"],
        'branch=""': ["text"],
        'branch!=""': [],
        "branch=[]": ["list"],
        "branch!=[]": [],
        "branch=main": [],
        "branch!=main": ["text"],
        "not branch=main": ["missing", "null", "text", "list"],
        "branch~x": [],
        "branch!~x": ["text"],
        "branch<z": ["text"],
    }


def test_one_record_of_another_type_is_left_out_and_counted() -> None:
    found = compile("duration_minutes > 10")
    minutes = [5, 20, "45 min", None, True, 30]
    answers = [found.matches(row({"session": {"duration_minutes": one}})) for one in minutes]
    assert answers == [False, True, False, False, False, True]
    assert found.clashes == 2
    assert not found.matches(row({"session": {}}))
    assert found.lacks == {"session.duration_minutes": 1}


def test_a_row_that_matches_all_the_same_is_no_clash() -> None:
    found = compile("skills.loaded=testing")
    assert found.matches(row({"skills": {"loaded": [1, "testing"]}}))
    assert found.clashes == 0
    assert not found.matches(row({"skills": {"loaded": [1, 2]}}))
    assert found.clashes == 1


def test_one_bad_date_spoils_no_other() -> None:
    found = compile("date >= 2026-01-10")
    dates = ["2026-01-09", "2026-01-10", "unknown", "2026-13-41", "2026-02-30", 20260111, "2026-01-11 10:00"]
    assert [found.matches(row({"session": {"date": one}})) for one in dates] == [False, True, *[False] * 4, True]
    assert found.clashes == 4


# --- rows of other sources --------------------------------------------------------------------------------------------


def addresses(query: str, source: str) -> list[str]:
    found = compile(query, source, today=TODAY)
    return [one.address.partition("#")[2] for one in rows(WorkflowLog(RECORD), source) if found.matches(one)]


@pytest.mark.parametrize(
    ("source", "query", "expected"),
    [
        ("tasks", "status=failed", ["t2"]),
        ("tasks", "tasks.status=failed", ["t2"]),
        ("tasks", "id=t1 and log.id ~ jwt", ["t1"]),
        ("tasks", "log.tasks.status=failed", ["t1", "t2"]),
        ("tasks", "log.tasks[0].status=done", ["t1", "t2"]),
        ("tasks", "status=done and session.domain=backend and skills.loaded=testing", ["t1"]),
        ("tasks", "checklist.done=false", ["t1"]),
        ("tasks", "not all(checklist.done=true)", ["t1", "t2"]),
        ("tasks", "date>=-1w and tokens_used missing", ["t1"]),
        ("tasks", "state=done", ["t1"]),
        ("gotchas", "pattern~clock", ["/gotchas/2"]),
        ("gotchas", "solution missing", ["/gotchas/2"]),
        ("gotchas", "skills.loaded=testing and solution=''", ["/gotchas/0"]),
        ("files", "path~auth", ["/files/modified/0"]),
        ("files", "change=modified", ["/files/modified/0", "/files/modified/1"]),
        ("files", "log.domain=backend and path ~ main", ["/files/modified/1"]),
        ("errors", "fixed=true", ["/errors/0"]),
        ("commands", "exit_code=0", ["/commands/0"]),
        ("delegations", "", []),
    ],
)
def test_a_row_s_own_fields_come_first(source: str, query: str, expected: list[str]) -> None:
    assert addresses(query, source) == expected


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = [
    ("session.domain", "expected one of", "              ^"),
    ("domain=", "expected a value", "       ^"),
    ("domain=a b", "expected and, or, or the end", "         ^"),
    ("domain==a", "write = for ==", "      ^^"),
    ("domain=a && domain=b", "write and for &&", "         ^^"),
    ("a and", "expected one of", "  ^^^"),
    ("domain=a and", "expected a field", "            ^"),
    ("and domain=a", "expected a field", "^^^"),
    ("(domain=a", "not closed", "^"),
    ("domain=a)", "never opened", "        ^"),
    ("all(domain=a", "not closed", "   ^"),
    ("domain in a", "round brackets", "          ^"),
    ("domain in (a b)", "expected and, or, or the end", "             ^"),
    ("domain='a", "quote that is not closed", "       ^"),
    ("tasks[x]=1", "expected a number in [ ]", "     ^"),
    ("session..id=1", "name after the dot", "        ^^^"),
    ("title ~ (a)", "in quotes", "        ^"),
    ("title ~ a(b)", "in quotes", "         ^"),
    ("session.domian=a", "did you mean 'session.domain'?", "^^^^^^^^^^^^^^"),
    ("domain=a and complexty=b", "did you mean 'session.complexity'?", "             ^^^^^^^^^"),
    ("status=done", "may mean 3 fields: tasks.status, delegations.status, parallel_groups.status", "^^^^^^"),
    ("extra.session.title=a", "known field", "^^^^^^^^^^^^^^^^^^^"),
    ("title ~ '(?=a)'", "no look-around", "        ^^^^^^^"),
    (r"title ~ '(a)\1'", "no back references", "        ^^^^^^^"),
    ("title ~ '[a'", "cannot be read", "        ^^^^"),
    ("title ~ 'a{999}{999}{999}'", "cannot be read", "        ^^^^^^^^^^^^^^^^^^"),
    ("date=2026-02-30", "no such day", "     ^^^^^^^^^^"),
    ("title has a", "no list", "^^^^^"),
    ("tasks=a", "fields of its own", "^^^^^"),
    ("tasks has a", "fields of its own", "^^^^^"),
    ("files.types=2", "files.types.key", "^^^^^^^^^^^"),
    ("errors.fixed < true", "use = or !=", "               ^^^^"),
    ("domain > []", "use = or !=", "         ^^"),
    ("skills.loaded has []", "one value", "                  ^^"),
]


@pytest.mark.parametrize(("query", "message", "carets"), REFUSED)
def test_what_is_wrong_is_pointed_at(query: str, message: str, carets: str) -> None:
    with pytest.raises(QueryError) as raised:
        compile(query, today=TODAY)
    said = str(raised.value).splitlines()
    assert message in said[0]
    assert said[1:] == [f"  {query}", f"  {carets}"]
    assert isinstance(raised.value, UsageError)
    assert raised.value.exit_code == 2


def test_a_relative_day_needs_to_know_the_day() -> None:
    with pytest.raises(QueryError, match="which day is today"):
        compile("date > -7d")
    assert compile("date > 2026-01-01").matches(row(RECORD))


def test_a_long_query_is_shown_where_it_is_wrong() -> None:
    query = " and ".join(["domain=backend"] * 100) + " and\ttitel=x"
    with pytest.raises(QueryError) as raised:
        compile(query)
    shown, carets = str(raised.value).splitlines()[1:]
    assert "\t" not in shown
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "titel"
    assert len(shown) < 130


@pytest.mark.parametrize(("open_", "close"), [("(", ")"), ("not ", ""), ("not (", ")")])
def test_depth_has_a_limit_and_a_clear_error(open_: str, close: str) -> None:
    fine = open_ * (DEPTH_LIMIT // 2) + "domain=backend" + close * (DEPTH_LIMIT // 2)
    assert matches(fine, RECORD)
    for times in (DEPTH_LIMIT + 1, 1_500):
        with pytest.raises(QueryError, match="nested deeper than 64"):
            parse(open_ * times + "domain=backend" + close * times)
    with pytest.raises(QueryError, match="the limit is"):
        parse("(" * (LENGTH_LIMIT + 1))


def test_many_terms_are_no_depth() -> None:
    query = " or ".join(f"domain=d{number}" for number in range(1_000)) + " or domain=backend"
    assert matches(query, RECORD)


# --- patterns ---------------------------------------------------------------------------------------------------------

BOMBS = ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*a){20}b", "^(([a-z])+.)+[0-9]([a-z])+$", "(a|a?)+b", "a*a*a*a*a*a*a*a*c"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_no_pattern_hangs(pattern: str) -> None:
    """An engine that goes back over the text would be at the first of these for longer than there are machines."""
    found = compile(f"title ~ '{pattern}'")
    for length in (10, 30, 1_000, 100_000):
        assert found.matches(row({"session": {"title": "a" * length + "!"}})) in (True, False)
    assert found.matches(row({"session": {"title": "aaac"}})) is (pattern.endswith("c"))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("STRASSE", "straße", False),
        ("straße", "STRAẞE", True),
        ("é", "É", True),
        ("σ", "Σ", True),
        ("ς", "Σ", True),
        ("k", "\u212a", True),
        ("[k]", "\u212a", True),
        ("s", "\u017f", True),
        ("i", "\u0130", False),
        ("auth.py", "AUTH.PY", True),
        ("auth.py", "authxpy", True),
        (r"auth\.py", "authxpy", False),
        (r"\bskew\b", "clock skew!", True),
        ("^a|b$", "xb", True),
        ("(?-i)JWT", "jwt", False),
        ("a.b", "a\nb", False),
        ("", "", True),
        ("x", "\ud800x", True),
    ],
)
def test_the_case_of_letters_of_any_script(pattern: str, text: str, found: bool) -> None:
    assert searcher(pattern)(text) is found


@given(st.text("abkKsS\u017f\u212aßé _-", max_size=4), st.text("abkKsS\u017f\u212aßÉ _-", max_size=8))
def test_a_plain_pattern_is_found_as_the_engine_finds_it(pattern: str, text: str) -> None:
    assert searcher(pattern)(text) is searcher(f"(?:{pattern})")(text)


def test_a_pattern_that_is_too_long_is_refused() -> None:
    with pytest.raises(PatternError, match="the limit is 1000"):
        searcher("a" * 1_001)


# --- text and tree ----------------------------------------------------------------------------------------------------


def a_test(path: tuple[str | int, ...], op: str, *given: tuple[str, Any], every: bool = False) -> syntax.Test:
    return syntax.Test(path, op, tuple(Value(kind, value, NOWHERE) for kind, value in given), every, NOWHERE)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=true", a_test(("a",), "=", ("flag", True))),
        ("a=TRUE", a_test(("a",), "=", ("text", "TRUE"))),
        ("a=12", a_test(("a",), "=", ("number", 12))),
        ("a=-1.5e3", a_test(("a",), "=", ("number", -1500.0))),
        ("a=012", a_test(("a",), "=", ("text", "012"))),
        ("a=1e999", a_test(("a",), "=", ("text", "1e999"))),
        ("a=1234567890123456", a_test(("a",), "=", ("text", "1234567890123456"))),
        ("a=null", a_test(("a",), "=", ("null", None))),
        ("a=[]", a_test(("a",), "=", ("empty", ""))),
        ("a=2026-01-11", a_test(("a",), "=", ("date", "2026-01-11"))),
        ("a=-7d", a_test(("a",), "=", ("date", "-7d"))),
        ("a='true'", a_test(("a",), "=", ("text", "true"))),
        ('a="x \\" y"', a_test(("a",), "=", ("text", 'x " y'))),
        ("a='it\\'s'", a_test(("a",), "=", ("text", "it's"))),
        (r"a~'\d+\\n'", a_test(("a",), "~", ("text", r"\d+\n"))),
        (r"a~^x.*\.py$", a_test(("a",), "~", ("text", r"^x.*\.py$"))),
        ("a~12", a_test(("a",), "~", ("text", "12"))),
        ("a=app/auth.py", a_test(("a",), "=", ("text", "app/auth.py"))),
        ("a=hm!", a_test(("a",), "=", ("text", "hm!"))),
        ("a!=b", a_test(("a",), "!=", ("text", "b"))),
        ("a . b", None),
        ('metadata."my key"[2].x-y=1', a_test(("metadata", "my key", 2, "x-y"), "=", ("number", 1))),
        ("all(a in (1, 'b'))", a_test(("a",), "in", ("number", 1), ("text", "b"), every=True)),
        ("all=1", a_test(("all",), "=", ("number", 1))),
        ("größe=1", a_test(("größe",), "=", ("number", 1))),
        ("a EXISTS", a_test(("a",), "exists")),
    ],
)
def test_how_text_is_read(text: str, tree: syntax.Test | None) -> None:
    if tree is None:
        with pytest.raises(QueryError):
            parse(text)
    else:
        assert unplaced(parse(text).tree) == tree


def any_values() -> st.SearchStrategy[Value]:
    words = st.text(max_size=6) | st.sampled_from(
        ["today", "-7d", "true", "12", "and", "a b", "\\", "'\"", "[]", "\\d"]
    )
    return values() | words.map(lambda word: Value("text", word, NOWHERE))


def any_tests() -> st.SearchStrategy[syntax.Test]:
    steps = st.text(min_size=1, max_size=5) | st.sampled_from(["not", "all", "in", "a-b", "2x", "x"])
    path = st.builds(lambda first, rest: (first, *rest), steps, st.lists(steps | st.integers(-99, 99), max_size=3))
    texts = st.text(max_size=6).map(lambda word: (Value("text", word, NOWHERE),))
    by_op = {
        ("=", "!=", "<", "<=", ">", ">=", "has"): any_values().map(lambda value: (value,)),
        ("~", "!~"): texts,
        ("in",): st.lists(any_values(), min_size=1, max_size=3).map(tuple),
        ("exists", "missing"): st.just(()),
    }
    return st.one_of(
        st.builds(syntax.Test, path, st.sampled_from(ops), given, st.booleans(), st.just(NOWHERE))
        for ops, given in by_op.items()
    )


@given(trees(any_tests()))
def test_what_is_written_is_read_back(tree: Any) -> None:
    text = str(Expression(tree))
    again = parse(text)
    assert unplaced(again.tree) == tree
    assert str(again) == text


@given(st.text(max_size=30) | st.text("ab=!~<>()[]'\".,\\ andornt0", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text).tree
    except QueryError as refused:
        error = refused
    else:
        assert not text.strip() if tree is None else unplaced(parse(str(Expression(tree))).tree) == unplaced(tree)
        return
    assert 0 <= error.at <= len(text)


def test_several_queries_must_all_hold() -> None:
    both = parse("domain=a or domain=b", "", "title=x")
    assert str(both) == "(domain=a or domain=b) and title=x"
    assert parse() == parse(" ") == Expression(None)
    assert parse_path(" tasks[0].status ") == ("tasks", 0, "status")


# --- binding ----------------------------------------------------------------------------------------------------------


def test_binding_settles_what_does_not_depend_on_a_row() -> None:
    tree = bind("tasks[0].parent_id=t1 and date > -1m", today=date(2026, 3, 31), zone=ZONE)
    assert isinstance(tree, Logic)
    first, second = tree.parts
    assert isinstance(first, Bound)
    assert first.steps == ("tasks", 0, "parent_task_id")
    assert second.field.name == "session.date"
    assert second.operands[0].value.date == "2026-02-28"
    began = datetime(2026, 2, 27, 22, tzinfo=timezone.utc).timestamp()
    assert second.operands[0].value[1:] == (began, began + 86_400)
    assert bind("") is None
    assert isinstance(bind("not domain=a"), Not)


@pytest.mark.parametrize(
    ("word", "today", "day"),
    [
        ("-1m", date(2026, 5, 31), "2026-04-30"),
        ("-1m", date(2024, 3, 30), "2024-02-29"),
        ("-3m", date(2026, 3, 31), "2025-12-31"),
        ("-1m", date(2026, 1, 15), "2025-12-15"),
        ("-12m", date(2026, 12, 31), "2025-12-31"),
        ("-1y", date(2024, 2, 29), "2023-02-28"),
        ("-2w", date(2026, 1, 10), "2025-12-27"),
        ("-0d", date(2026, 1, 10), "2026-01-10"),
    ],
)
def test_days_before_today(word: str, today: date, day: str) -> None:
    assert bind(f"date={word}", today=today).operands[0].value.date == day


class _Summer(tzinfo):
    """An hour is left out on 2026-03-29: +01:00 before, +02:00 after."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        assert at is not None
        return timedelta(hours=2 if at.replace(tzinfo=None) >= datetime(2026, 3, 29, 2) else 1)

    def dst(self, at: datetime | None) -> timedelta:
        return self.utcoffset(at) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "began", "ended"),
    [
        ("2026-03-28", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"),
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-03-30", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"),
    ],
)
def test_a_day_is_as_long_as_it_is_there(day: str, began: str, ended: str) -> None:
    found = compile(f"started_at={day}", zone=_Summer())
    assert found.matches(row({"session": {"started_at": began}}))
    assert not found.matches(row({"session": {"started_at": ended}}))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_first_and_the_last_day(day: str, hours: int) -> None:
    found = compile(f"date={day} and started_at={day}T12:00:00", zone=timezone(timedelta(hours=hours)))
    time_there = f"{day}T12:00:00{hours:+03d}:00"
    assert found.matches(row({"session": {"date": day, "started_at": time_there}}))
    with pytest.raises(QueryError, match="no such day"):
        compile("date=-99999y", today=date(2026, 1, 1))


def test_hints_say_what_is_hardly_meant() -> None:
    assert compile("outcome=done").hints == (
        "session.outcome is one of completed, failed, abandoned, interrupted; done is not among them",
    )
    assert "in quotes is text" in compile("tasks.id=12").hints[0]
    assert compile("duration_minutes='12'").hints != ()
    fine = (
        "tasks.status in (done, failed) and date>2026-01-01 and tasks.id='12' and duration_minutes>1 and summary=null"
    )
    assert compile(fine).hints == ()
    assert compile("body~x").needs_body
    assert not compile("title~x").needs_body


# --- against the slow reading -----------------------------------------------------------------------------------------


@given(expressions(LOG_FIELDS), st.lists(records(), min_size=1, max_size=4))
def test_logs_match_as_the_rules_say(expression: Expression, drawn: list[dict[str, Any]]) -> None:
    found = compile(expression, today=TODAY, zone=ZONE)
    for record in drawn:
        assert found.matches(row(record)) is holds(expression.tree, record, LOG_FIELDS), (str(expression), record)


@given(expressions(TASK_FIELDS), records())
def test_tasks_match_as_the_rules_say(expression: Expression, record: dict[str, Any]) -> None:
    found = compile(str(expression), "tasks", today=TODAY, zone=ZONE)
    for one in rows(WorkflowLog(record), "tasks"):
        assert found.matches(one) is holds(expression.tree, dict(one.own), TASK_FIELDS), (str(expression), one)
