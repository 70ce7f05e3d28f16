"""A corpus as a library: its files, its rows, its searches, and what it says of what it could not read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import akislog
from akislog.core.fields import SOURCES
from akislog.core.rows import Row
from akislog.errors import QueryError, UsageError
from akislog.report.frame import frame
from akislog.store.clock import Local, today
from akislog.store.corpus import Corpus, Incomplete, UnreadWarning
from akislog.store.documents import NoSuchLog
from tests.children import CHECKOUT

EXAMPLES = CHECKOUT / "log" / "workflow"
AUTH = "2026-03-02_130510_implement-authentication_1f0c9a2e"
BROKEN = "---\nsession: {id: broken, title: [unclosed\n---\n\n# Body\n"


def old_log(session_id: str, title: str = "A title", more: str = "") -> str:
    return f"---\nsession:\n  id: {session_id}\n  title: {title}\n{more}---\n\n# {title}\n\nThe body of it.\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Four logs, one of them broken, in two folders."""
    (tmp_path / "b").mkdir()
    (tmp_path / "a.md").write_text(old_log("one", more="gotchas:\n  - a plain text\n"), "utf-8")
    (tmp_path / "b" / "c.md").write_text(old_log("two"), "utf-8")
    (tmp_path / "b.md").write_text(old_log("three"), "utf-8")
    (tmp_path / "broken.md").write_text(BROKEN, "utf-8")
    (tmp_path / "README.md").write_text("# No log", "utf-8")
    return tmp_path


def names(rows: Any) -> list[str]:
    return [Path(row.path).name for row in rows]


# --- asking -----------------------------------------------------------------------------------------------------------


def test_the_example_of_the_readme_works() -> None:
    found = [
        (log.path, log.session.id, [task.description for task in log.tasks])
        for log in akislog.Corpus(EXAMPLES).where("tasks.status=failed and session.outcome=failed")
    ]
    assert [Path(str(path)).stem == session_id for path, session_id, _ in found] == [True]
    assert all(described for _, _, described in found)


def test_every_source_by_its_method() -> None:
    corpus = Corpus(EXAMPLES)
    methods: dict[str, Callable[..., Any]] = {
        "tasks": corpus.tasks,
        "delegations": corpus.delegations,
        "gotchas": corpus.gotchas,
        "root_causes": corpus.root_causes,
        "files": corpus.files,
        "commands": corpus.commands,
        "errors": corpus.errors,
    }
    counts = corpus.counts()
    assert set(methods) == set(SOURCES) - {"logs", "findings"}
    for source, method in methods.items():
        rows = list(method())
        assert rows
        assert all(isinstance(row, Row) and row.source == source for row in rows)
        assert counts[source] == len(rows)
        some = [row.address for row in method("session.date < 2026-03-05")]
        assert some == [row.address for row in rows if row["session.date"] < "2026-03-05"]
        assert some
    assert counts["logs"] == len(list(corpus)) == len(list(EXAMPLES.glob("2*.md")))
    assert counts["unread"] == 0


def test_rows_come_in_the_order_of_paths(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    found = [str(path) for path in corpus.paths()]
    assert found == sorted(found)
    assert names(corpus.rows()) == ["a.md", "b.md", "c.md"]


def test_a_wrong_query_is_refused_before_anything_is_read(place: Path) -> None:
    corpus = Corpus(place, on_error="fail")
    for ask in (corpus.where, corpus.tasks, corpus.files, corpus.search):
        with pytest.raises(QueryError):
            ask('tasks.statos = "')
    with pytest.raises(QueryError, match="unknown source"):
        corpus.rows("tusks")
    with pytest.raises(QueryError, match="the filter is for tasks"):
        corpus.rows("logs", corpus.filter("", "tasks"))


def test_reading_is_as_lazy_as_asking(place: Path) -> None:
    rows = Corpus(place, on_error="fail").rows()
    assert next(rows).name == "a.md"
    assert next(rows).name == "b.md"
    with pytest.raises(Incomplete):
        list(rows)


def test_the_body_is_no_front_matter(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    assert names(corpus.rows("logs", "body ~ 'the body of'")) == ["a.md", "b.md", "c.md"]
    assert names(corpus.rows("logs", "body ~ 'plain text' or title ~ body")) == []


def test_a_filter_may_be_made_before() -> None:
    corpus = Corpus(EXAMPLES)
    made = corpus.filter("duration_minutes > 'x'")
    assert list(corpus.rows("logs", made)) == []
    assert made.clashes == len(list(corpus))
    assert made.hints


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_skip_says_it_in_findings_alone(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(corpus)) == 3
    [finding] = corpus.findings
    assert (finding.code, finding.severity, Path(str(finding.path)).name) == ("AKL003", "error", "broken.md")
    assert finding.line
    assert corpus.counts()["unread"] == 1
    assert len(corpus.findings) == 1


def test_warn_says_it_at_once_and_goes_on(place: Path) -> None:
    corpus = Corpus(place)
    with pytest.warns(UnreadWarning, match=r"broken\.md:3:1: "):
        assert names(corpus.gotchas()) == ["a.md"]
    assert len(corpus.findings) == 1


def test_fail_raises_what_a_command_ends_with(place: Path) -> None:
    with pytest.raises(Incomplete, match=r"broken\.md") as raised:
        Corpus(place, on_error="fail").counts()
    assert raised.value.exit_code == 3
    with pytest.raises(UsageError, match="skip, warn or fail"):
        Corpus(place, on_error="ignore")  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_read_is_told(place: Path) -> None:
    """Here one that lies deeper than the system takes paths."""
    inner = os.open(place / "b", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=inner)
        outer, inner = inner, os.open("d" * 250, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    corpus = Corpus(place, on_error="skip")
    assert names(corpus.rows()) == ["a.md", "b.md", "c.md"]
    deep, broken = corpus.findings
    assert (deep.code, deep.severity, Path(str(deep.path)).name) == ("AKL010", "error", "d" * 250)
    assert Path(str(broken.path)).name == "broken.md"
    with pytest.raises(Incomplete, match="cannot be read: "):
        list(Corpus(place / "b", on_error="fail"))


def test_findings_are_rows_too(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    found = {(row.name, row["code"]) for row in corpus.rows("findings")}
    assert ("broken.md", "AKL003") in found
    assert ("a.md", "AKL401") in found
    assert names(corpus.rows("findings", "severity=error")) == ["broken.md"]
    assert "findings" not in corpus.counts()  # they take a check, which counting does without


# --- one log ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [AUTH, AUTH.upper(), f"{AUTH}.md", "1f0c9a2e", AUTH[:22], f"{AUTH}#t1", "1f0c9a2e#t1"])
def test_a_log_is_found_by_its_id(name: str) -> None:
    log = Corpus(EXAMPLES).get(name).log
    assert log is not None
    assert log.session.id == AUTH


def test_an_older_log_is_found_by_the_id_inside(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    assert names([corpus.get("TWO").log]) == ["c.md"]
    (place / "d.md").write_text(old_log("two"), "utf-8")
    with pytest.raises(NoSuchLog, match="2 logs answer"):
        corpus.get("two")
    with pytest.raises(NoSuchLog, match="no log 'four'"):
        corpus.get("four")


# --- searching --------------------------------------------------------------------------------------------------------


def test_searching_ranks_by_hits_then_by_path(tmp_path: Path) -> None:
    for name, title in (("b", "clock"), ("c", "Clock clock"), ("a", "clock"), ("d", "clocks"), ("e", "cl-ock")):
        (tmp_path / f"{name}.md").write_text(f"---\nsession:\n  id: x\n  title: {title}\n---\n", "utf-8")
    corpus = Corpus(tmp_path)
    assert [(hit.row.name, hit.hits) for hit in corpus.search("clock")] == [("c.md", 2), ("a.md", 1), ("b.md", 1)]
    assert names([hit.row for hit in corpus.search("clo*")]) == ["c.md", "a.md", "b.md", "d.md"]
    assert names([hit.row for hit in corpus.search("cl-ock")]) == ["e.md"]
    assert names([hit.row for hit in corpus.search("clock", "name < b")]) == ["a.md"]


def test_searching_tells_where(place: Path) -> None:
    corpus = Corpus(place, on_error="skip")
    [hit] = corpus.search("PLÁIN tex*")
    assert (hit.row.name, hit.hits, hit.column, hit.snippet) == ("a.md", 2, "gotchas", "a plain text")
    assert corpus.search("plain", within=("body",)) == []
    assert len(corpus.search('"body of it"', within=("body",))) == 3
    with pytest.raises(QueryError, match="cannot search in bodies; there are session, "):
        corpus.search("plain", within=("bodies",))


# --- days -------------------------------------------------------------------------------------------------------------


def test_the_day_and_the_zone_are_handed_in_or_this_machine_s(tmp_path: Path) -> None:
    more = "  started_at: 2026-03-09T22:30:00Z\n"
    (tmp_path / "a.md").write_text(old_log("one", more=more), "utf-8")

    def found(query: str, **how: Any) -> int:
        return len(list(Corpus(tmp_path, **how).where(query)))

    east = timezone(timedelta(hours=2))
    assert found("started_at=today", today=date(2026, 3, 10), zone=east) == 1
    assert found("started_at=today", today=date(2026, 3, 10), zone=timezone.utc) == 0
    assert found("started_at=yesterday", today=date(2026, 3, 10), zone=timezone.utc) == 1
    assert found("started_at<today") == 1


def test_the_zone_of_this_machine_is_what_its_clock_says() -> None:
    for moment in (datetime(2026, 1, 1), datetime(2026, 7, 1, 12), datetime(2026, 3, 29, 2, 30)):
        there = moment.replace(tzinfo=Local())
        assert there.timestamp() == moment.astimezone().timestamp()
        assert there.astimezone(timezone.utc).astimezone(Local()).timestamp() == there.timestamp()
    assert datetime.min.replace(tzinfo=Local()).utcoffset() is not None
    assert abs((today() - datetime.now().date()).days) <= 1


# --- data frames ------------------------------------------------------------------------------------------------------


def test_rows_as_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    corpus = Corpus(EXAMPLES)
    found = frame(corpus.tasks("status=failed"))
    assert isinstance(found, pandas.DataFrame)
    assert list(found["address"]) == [row.address for row in corpus.tasks("status=failed")]
    assert "session.title" in frame(corpus.rows()).columns
    assert len(frame([])) == 0
