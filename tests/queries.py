"""Random records and random expressions, and a slow reading of what an expression means, made from the rules alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from akislog.core.query_syntax import Expression, Logic, Not, Place, Test, Value

TODAY = date(2026, 3, 12)
ZONE = timezone(timedelta(hours=2))
NOWHERE = Place("", 0, 0)
ABSENT = object()

TEXTS = (
    "",
    "done",
    "failed",
    "Done",
    "jwt",
    "JWT in the future",
    "straße",
    "STRASSE",
    "Grüße",
    "12",
    "a.b",
    "2026-03-10",
)
TIMES: dict[str, datetime] = {
    text: datetime.fromisoformat(text.replace("Z", "+00:00"))
    for text in (
        "2026-03-09T21:59:59Z",
        "2026-03-09T22:00:00Z",
        "2026-03-10T21:59:59Z",
        "2026-03-10T22:00:00Z",
        "2026-03-12T12:00:00Z",
        "2026-03-10T23:30:00+02:00",
    )
}
DATES = ("2026-03-09", "2026-03-10", "2026-03-11", "2025-03-12", "2026-02-12")
DAYS: dict[str, date] = {
    **{text: date.fromisoformat(text) for text in DATES},
    "today": TODAY,
    "yesterday": date(2026, 3, 11),
    "-2d": date(2026, 3, 10),
    "-1w": date(2026, 3, 5),
    "-1m": date(2026, 2, 12),
    "-1y": date(2025, 3, 12),
}
NUMBERS = (0, 1, -1, 12, 12.5, 3.0, 100000)

# Fields as they are asked for, where they stand, and whether a list may be on the way or at the end.
LOG_FIELDS: dict[str, tuple[str, ...]] = {
    "session.title": ("session", "title"),
    "title": ("session", "title"),
    "session.date": ("session", "date"),
    "session.started_at": ("session", "started_at"),
    "duration_minutes": ("session", "duration_minutes"),
    "session.continues": ("session", "continues"),
    "skills.loaded": ("skills", "loaded"),
    "files.modified.path": ("files", "modified", "path"),
    "files.types.py": ("files", "types", "py"),
    "gotchas.solution": ("gotchas", "solution"),
    "gotchas.applies_to": ("gotchas", "applies_to"),
    "tasks.status": ("tasks", "status"),
    "tasks.completed_at": ("tasks", "completed_at"),
    "tasks.tokens_used": ("tasks", "tokens_used"),
    "tasks.artifacts": ("tasks", "artifacts"),
    "tasks.checklist.done": ("tasks", "checklist", "done"),
    "metadata.ticket": ("metadata", "ticket"),
    "extra.custom": ("custom",),
    "extra.custom.deep": ("custom", "deep"),
}
TASK_FIELDS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "tasks.status": ("status",),
    "completed_at": ("completed_at",),
    "tokens_used": ("tokens_used",),
    "artifacts": ("artifacts",),
    "checklist.done": ("checklist", "done"),
    "extra.custom": ("custom",),
}
NO_LIST = {"title", "session.title", "session.date", "session.started_at", "duration_minutes", "status", "completed_at"}
NO_LIST |= {"tasks.status", "tasks.completed_at", "tasks.tokens_used", "tokens_used"}


def scalars() -> st.SearchStrategy[Any]:
    """What may stand in a field, of the right kind or not."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from(NUMBERS),
        st.sampled_from(TEXTS),
        st.sampled_from(DATES),
        st.sampled_from([*TIMES]),
    )


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def records() -> st.SearchStrategy[dict[str, Any]]:
    """A record with the fields of LOG_FIELDS in every state: missing, null, empty, of any kind, text among maps."""
    many = st.one_of(scalars(), st.lists(scalars(), max_size=3))
    checks = st.lists(_some(done=scalars()) | st.just("text"), max_size=2)
    task = _some(
        status=scalars(), completed_at=scalars(), tokens_used=scalars(), artifacts=many, checklist=checks, custom=many
    )
    gotcha = _some(solution=scalars(), applies_to=many)

    def entries(entry: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(st.none(), st.lists(entry | st.just("a plain text"), max_size=3))

    return _some(
        session=_some(
            title=scalars(), date=scalars(), started_at=scalars(), duration_minutes=scalars(), continues=many
        ),
        skills=_some(loaded=many),
        files=_some(modified=entries(_some(path=scalars())), types=_some(py=scalars())),
        gotchas=entries(gotcha),
        tasks=entries(task),
        metadata=_some(ticket=many),
        custom=st.one_of(many, _some(deep=many), st.lists(_some(deep=many), max_size=2)),
    )


def values() -> st.SearchStrategy[Value]:
    """What a field may be compared with."""

    def of(kind: str, drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Value]:
        return drawn.map(lambda value: Value(kind, value, NOWHERE))

    return st.one_of(
        of("text", st.sampled_from([*TEXTS, *DATES, *TIMES])),
        of("number", st.sampled_from(NUMBERS)),
        of("flag", st.booleans()),
        of("null", st.none()),
        of("empty", st.just([])).map(lambda value: value._replace(value="")),
        of("date", st.sampled_from([*DAYS, *TIMES])),
    )


def single(fields: dict[str, tuple[str, ...]]) -> st.SearchStrategy[Test]:
    """A test that ``bind`` accepts."""

    @st.composite
    def draw(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Test:
        name = draw(st.sampled_from([*fields]))
        ops = ["=", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "exists", "missing", "has"]
        op = draw(st.sampled_from([one for one in ops if one != "has" or name not in NO_LIST]))
        if op == "has" and name in ("gotchas.solution", "tasks.checklist.done", "files.modified.path"):
            op = "="
        if op in ("exists", "missing"):
            found: tuple[Value, ...] = ()
        elif op in ("~", "!~"):
            found = (Value("text", draw(st.sampled_from(["jwt", "^d", "a.b", "ss", "ß", "Ü", "in.*e", ""])), NOWHERE),)
        elif op == "in":
            texts = st.sampled_from(TEXTS).map(lambda text: Value("text", text, NOWHERE))
            found = tuple(draw(st.lists(values(), min_size=1, max_size=3) | st.lists(texts, min_size=1, max_size=3)))
            found = tuple(one for one in found if one.kind != "empty") or (Value("text", "done", NOWHERE),)
        else:
            found = (draw(values()),)
            if (op[0] in "<>" and found[0].kind in ("flag", "null", "empty")) or (op, found[0].kind) == (
                "has",
                "empty",
            ):
                found = (Value("number", 1, NOWHERE),)
        return Test(tuple(name.split(".")), op, found, draw(st.booleans()), NOWHERE)

    return draw()


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Trees over these tests."""
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(Not),
            st.builds(Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


def expressions(fields: dict[str, tuple[str, ...]]) -> st.SearchStrategy[Expression]:
    """Expressions over these fields."""
    return trees(single(fields)).map(Expression)


def unplaced(tree: Any) -> Any:
    """The tree without the places in the text that it was read from."""
    if isinstance(tree, Not):
        return Not(unplaced(tree.part))
    if isinstance(tree, Logic):
        return Logic(tree.op, tuple(unplaced(part) for part in tree.parts))
    values = tuple(value._replace(place=NOWHERE, value=value.value) for value in tree.values)
    return tree._replace(place=NOWHERE, values=values)


# --- the slow reading -------------------------------------------------------------------------------------------------


def holds(tree: Any, start: dict[str, Any], fields: dict[str, tuple[str, ...]]) -> bool:
    """Whether the expression is true of what ``fields`` point into."""
    if isinstance(tree, Not):
        return not holds(tree.part, start, fields)
    if isinstance(tree, Logic):
        return (all if tree.op == "and" else any)(holds(part, start, fields) for part in tree.parts)
    ends = list(_ends(start, fields[".".join(map(str, tree.path))]))
    if tree.op in ("exists", "missing"):
        if tree.every:
            return bool(ends) and all((end is ABSENT) == (tree.op == "missing") for end in ends)
        return any(end is not ABSENT for end in ends) == (tree.op == "exists")
    if tree.op != "has" and tree.values[0].kind != "empty":
        ends = [leaf for end in ends for leaf in (end if isinstance(end, list) else [end])]
    answers = [end is not ABSENT and _answer(tree.op, end, tree.values) for end in ends]
    return bool(answers) and all(answers) if tree.every else any(answers)


def _ends(value: Any, path: tuple[str, ...]) -> list[Any]:
    if not path:
        return [value]
    maps = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
    found = []
    for one in maps:
        if path[0] in one:
            found += _ends(one[path[0]], path[1:])
        elif len(path) == 1:
            found.append(ABSENT)
    return found


def _answer(op: str, end: Any, wanted: tuple[Value, ...]) -> bool:
    if op == "in":
        return any(_answer("=", end, (one,)) for one in wanted)
    if op == "has":
        held = list(end) if isinstance(end, (list, dict)) else []
        return any(_answer("=", one, wanted) for one in held)
    value = wanted[0]
    if op in ("~", "!~"):
        return isinstance(end, str) and _found(value.value, end) == (op == "~")
    if value.kind == "null":
        return (end is None) == (op == "=")
    if value.kind == "empty":
        return isinstance(end, list) and (end == []) == (op == "=")
    order = _order(end, value)
    if order is None:
        return False
    return {"=": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[op]


def _found(pattern: str, text: str) -> bool:
    """Searching for the few patterns that are drawn, each by hand."""
    plain = text.lower()
    if pattern == "^d":
        return plain.startswith("d")
    if pattern in ("a.b", "in.*e"):
        first, last, gap = ("a", "b", 1) if pattern == "a.b" else ("in", "e", None)
        starts = [at + len(first) for at in range(len(plain)) if plain.startswith(first, at)]
        if gap is None:
            return any(last in plain[at:] for at in starts)
        return any(plain[at + gap : at + gap + 1] == last for at in starts)
    return pattern.lower() in plain


def _order(end: Any, value: Value) -> int | None:
    """-1, 0 or 1, or None where the two cannot be compared."""
    if value.kind == "date":
        return _date_order(end, value.value)
    kinds: dict[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "flag": (bool,)}
    if type(end) not in kinds[value.kind]:
        return None
    return (end > value.value) - (end < value.value)


def _date_order(end: Any, word: str) -> int | None:
    """Days are compared as days of the zone, two times as moments."""
    if not isinstance(end, str) or (end not in DATES and end not in TIMES):
        return None
    if word in TIMES and end in TIMES:
        return (TIMES[end] > TIMES[word]) - (TIMES[end] < TIMES[word])
    left = TIMES[end].astimezone(ZONE).date() if end in TIMES else date.fromisoformat(end)
    right = DAYS[word] if word in DAYS else TIMES[word].astimezone(ZONE).date()
    return (left > right) - (left < right)
