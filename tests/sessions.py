"""Sessions for the tests: small ones by hand, random ones from random verbs, and the texts that go wrong most often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from akislog.core.session import Session
from akislog.core.task import STATUSES
from akislog.core.values import timestamp
from akislog.errors import SessionError

ID = "2026-03-04_101500_parser-limits_5be1c0de"
START = "2026-03-04T10:15:00Z"

NASTY = (
    "plain words",
    'say "so"',
    "it's so",
    "key: value",
    "a:b",
    "ends with:",
    "# no comment",
    "with # inside",
    "---",
    "--- text",
    "...",
    "line one\nline two",
    "\n---\nsession:\n  id: other\n",
    "\r\n",
    "tab\there",
    "back\\slash \\n \\u0041 \\",
    "no",
    "Yes",
    "on",
    "y",
    "null",
    "~",
    "true",
    "True",
    "0o14",
    "014",
    "1e3",
    "12e4567",
    "1234567",
    "1_000",
    "0x1F",
    "1:30",
    ".inf",
    ".5",
    "-1",
    "2026-01-11",
    "2026-01-11T10:00:00Z",
    "<<",
    "=",
    "&anchor",
    "*alias",
    "!tag",
    "@at",
    "`tick`",
    "%percent",
    "? question",
    "- item",
    "| bar",
    "> folded",
    "{flow: [1, 2]}",
    "[a, b]",
    "a, b}, {c",
    "problem: words in a text\nsolution: that old readers search",
    "  around  ",
    "\u00e9\u0301 \u212b",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
    "nel\x85 ls\u2028 ps\u2029 end",
    "\ufeffbom",
    "bidi \u202e \u2066 \u200f \u061c",
    "\x00\x01\x07\x1b[31m\x7f\x80\x9f",
    "\ufffe\uffff \U0010ffff",
    "lone \ud800 and \udfff",
    "# heading\n\n* item\n\n| a | b |\n|---|---|\n\n<b>html</b> ![i](u) [l](u)",
    "\u4e00" * 400,
)
LONG = "ten thousand characters and more: " + "0123456789\n" * 1_000


def texts() -> st.SearchStrategy[str]:
    """Any text at all, and often one that is known to be hard."""
    hard = st.sampled_from([*NASTY, LONG])
    return st.one_of(hard, hard, st.text(max_size=40), st.text(st.characters(), max_size=8))


def filled() -> st.SearchStrategy[str]:
    """Text that a verb takes: not only white space."""
    return texts().filter(lambda text: bool(text.strip()))


def json_values(leaves: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Any JSON value, numbers of every size among them."""
    edges = st.sampled_from([10**15, -(10**15), 10**15 - 1, 1e-7, 999999999999999.9])
    numbers = st.one_of(st.integers(), st.floats(), edges)
    scalars = st.one_of(st.none(), st.booleans(), numbers, texts() if leaves is None else leaves)
    keys = st.one_of(st.text(max_size=6), st.sampled_from(NASTY))
    return st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def clock() -> Callable[[], str]:
    """A clock that goes on by seven seconds whenever it is read."""
    moment = datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)

    def read() -> str:
        nonlocal moment
        moment += timedelta(seconds=7)
        return timestamp(moment)

    return read


def started(title: str = "Limit what the parser takes", **facts: Any) -> Session:
    """A session that has just begun."""
    session = Session(clock=clock())
    session.begin(ID, title, START, **{"agent": "lead", "domain": "backend_only", **facts})
    return session


def ended(session: Session, outcome: str = "completed") -> Session:
    """The same session, ended."""
    session.end(outcome)
    return session


Draw = Callable[[st.SearchStrategy[Any]], Any]
_AGENTS = st.sampled_from(["", "code", "code-2", "no", "a b"])


def _some(session: Session, table: str, draw: Draw) -> str:
    """The id of something that is there, or sometimes one that is not."""
    return str(draw(st.sampled_from([*session.state[table], "t99"])))


def _add(s: Session, draw: Draw) -> None:
    parent = draw(st.one_of(st.none(), st.just(_some(s, "tasks", draw))))
    s.task(
        draw(texts()),
        id=draw(st.sampled_from([None, None, None, "own", "OWN", "bad id", "con"])),
        parent=parent,
        assigned_to=draw(_AGENTS),
        skill=draw(st.one_of(st.just(""), texts())),
        dependencies=draw(st.lists(st.just(_some(s, "tasks", draw)), max_size=2)),
        parallel_group=draw(st.sampled_from(["", "", "pg1", "pg 2"])),
        checklist=draw(st.lists(texts(), max_size=4)),
        **draw(st.sampled_from([{}, {"priority": "high"}, {"status": "done"}])),
    )


def _set_task(s: Session, draw: Draw) -> None:
    fields = {
        "description": texts(),
        "parent_task_id": st.just(_some(s, "tasks", draw)),
        "dependencies": st.lists(st.just(_some(s, "tasks", draw)), max_size=2),
        "result": texts(),
        "artifacts": st.lists(texts(), max_size=2),
        "tokens_used": st.integers(-1, 10**16),
        "estimate": json_values(),
    }
    name = draw(st.sampled_from(sorted(fields)))
    s.set_task(_some(s, "tasks", draw), **{name: draw(fields[name])})


def _move(s: Session, draw: Draw) -> None:
    task, status = _some(s, "tasks", draw), draw(st.sampled_from(STATUSES))
    s.move(task, status, reason=draw(st.one_of(st.just(""), texts())), force=draw(st.booleans()))


def _delegate(s: Session, draw: Draw) -> None:
    s.delegate(
        _some(s, "tasks", draw),
        draw(texts()),
        prompt=draw(texts()),
        reason=draw(texts()),
        skill_required=draw(texts()),
        files_allowed=draw(st.lists(texts(), max_size=2)),
        force=draw(st.booleans()),
    )


def _close(s: Session, draw: Draw) -> None:
    s.close_delegation(
        _some(s, "delegations", draw),
        draw(st.sampled_from(["success", "partial", "failure", "running"])),
        draw(texts()),
        artifacts=draw(st.lists(texts(), max_size=2)),
        tokens_used=draw(st.one_of(st.none(), st.integers(-1, 10**6))),
        subtasks=draw(st.sampled_from([None, {"total": 3, "completed": 2}])),
    )


def _file(s: Session, draw: Draw) -> None:
    counts = st.one_of(st.none(), st.integers(0, 500))
    task = draw(st.one_of(st.none(), st.just(_some(s, "tasks", draw))))
    path = draw(st.one_of(st.sampled_from(["src/a.py", "Dockerfile", "~/x", "no ext/.env"]), texts()))
    action = draw(st.sampled_from(["created", "modified", "deleted", "moved"]))
    s.file(path, action, added=draw(counts), removed=draw(counts), domain=draw(texts()), task=task)


def _command(s: Session, draw: Draw) -> None:
    task = draw(st.one_of(st.none(), st.just(_some(s, "tasks", draw))))
    code, seconds = draw(st.one_of(st.none(), st.integers(-9, 255))), draw(st.one_of(st.none(), st.floats()))
    s.command(draw(texts()), exit_code=code, seconds=seconds, domain=draw(texts()), task=task)


def _facts(s: Session, draw: Draw) -> None:
    facts = {
        "summary": texts(),
        "purpose": texts(),
        "branch": texts(),
        "domain": texts(),
        "complexity": st.sampled_from(["simple", "complex", "huge"]),
        "active_minutes": st.integers(-1, 500),
        "metadata": st.dictionaries(texts(), json_values(), max_size=3),
        "host": st.dictionaries(st.sampled_from(["version", "shell"]), texts(), max_size=2),
        "continues": st.just([ID]),
        "ticket": json_values(),
    }
    name = draw(st.sampled_from(sorted(facts)))
    s.set(**{name: draw(facts[name])})


VERBS: tuple[Callable[[Session, Draw], Any], ...] = (
    _add,
    _add,
    _add,
    _set_task,
    _move,
    _move,
    _move,
    _delegate,
    _delegate,
    _close,
    _close,
    _file,
    _command,
    _facts,
    lambda s, draw: s.check(_some(s, "tasks", draw), draw(texts()), draw(st.booleans())),
    lambda s, draw: s.reopen(_some(s, "tasks", draw), draw(texts())),
    lambda s, draw: s.group(draw(st.sampled_from(["pg1", "pg 2", ""])), [_some(s, "tasks", draw)]),
    lambda s, draw: s.gotcha(draw(texts()), warning=draw(texts()), solution=draw(texts()), applies_to=[draw(texts())]),
    lambda s, draw: s.root_cause(draw(texts()), draw(texts()), skill=draw(texts()), gate=draw(texts())),
    lambda s, draw: s.skill(draw(texts()), suggested=draw(st.booleans())),
    lambda s, draw: s.gate(draw(texts()), draw(st.booleans()), reason=draw(texts())),
    lambda s, draw: s.error(draw(texts()), type=draw(texts()), file=draw(texts()), fixed=True),
    lambda s, draw: s.phase(draw(texts())),
    lambda s, draw: s.ask(draw(texts())),
    lambda s, draw: s.answer(_some(s, "approvals", draw), draw(st.sampled_from(["approved", "maybe"]))),
    lambda s, draw: s.verify(draw(texts()), draw(st.booleans())),
    lambda s, draw: s.usage(models=[draw(texts())], input_tokens=draw(st.integers(-1, 10**15 - 1))),
    lambda s, draw: s.note(draw(texts())),
    lambda s, draw: s.commit(draw(texts()), draw(texts())),
    lambda s, draw: s.pull_request(draw(texts())),
)


def attempts(session: Session, draw: Draw, most: int = 25) -> Iterator[SessionError | None]:
    """Random verbs on ``session``, one by one; what each was refused with, or None."""
    for _ in range(draw(st.integers(0, most))):
        verb = draw(st.sampled_from(VERBS))
        try:
            verb(session, draw)
        except SessionError as error:
            yield error
        else:
            yield None


@st.composite
def sessions(draw: Draw, most: int = 25) -> Session:
    """A session after random verbs, perhaps ended."""
    session = started(draw(filled()), agent=draw(st.sampled_from(["lead", "no", "a b"])))
    for _ in attempts(session, draw, most):
        pass
    if draw(st.booleans()):
        session.end(draw(st.sampled_from(["completed", "failed", "abandoned", "interrupted"])))
    return session
