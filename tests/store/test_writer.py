"""END: what is settled before the disk is touched, what is published, and what may be replaced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from akislog.core.session import Session
from akislog.errors import AlreadyFinished, InvalidRecord, InvalidValue, PublishError
from akislog.store.project import Config, Project
from akislog.store.writer import Rendered, Written, extends, keep_aside, prepare, rescue, write
from akislog.text.document import parse, render
from akislog.text.frontmatter import FRONT_LIMIT, split
from akislog.text.redact import Redactor
from tests.sessions import ID, ended, started

REDACT = Redactor().redact
SECRET = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, tmp_path / "state", Config())


def ready(session: Session) -> Rendered:
    return prepare(session.finish().record, REDACT)


def path_of(project: Project) -> Path:
    return project.logs / f"{ID}.md"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# -- prepare ----------------------------------------------------------------------------------------------------


def test_what_is_prepared_reads_back() -> None:
    session = started()
    session.task("a").done()
    rendered = ready(ended(session))
    assert rendered.record == session.finish().record
    assert rendered.data.decode() == render(rendered.record)
    assert parse(rendered.data).log == session.finish()
    assert rendered.findings == ()
    assert rendered.caught == 0


def test_what_the_rules_find_is_told_and_refuses_nothing() -> None:
    session = started()
    session.task("a", checklist=["open"]).done()
    codes = [finding.code for finding in ready(ended(session)).findings]
    assert codes == ["AKL208"]


@pytest.mark.parametrize("wrong", ["", "../x", "a/b", "con", "x" * 121])
def test_an_id_that_is_no_file_name_is_refused(wrong: str) -> None:
    record = ended(started()).finish().record
    with pytest.raises(InvalidValue, match="file name"):
        prepare({**record, "session": {**record["session"], "id": wrong}}, REDACT)


@pytest.mark.parametrize(
    "section", [{"session": {"id": ID}}, {"tasks": [{"id": "t1"}]}, {"gates": {}}, {"skills": None}]
)
def test_what_the_schema_refuses_is_not_written(section: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        prepare({**ended(started()).finish().record, **section}, REDACT)
    assert caught.value.findings
    assert caught.value.findings[0].pointer in str(caught.value)


def test_the_last_search_replaces_and_counts() -> None:
    """A session whose cleaning let secrets through: nothing of them is written, and they are counted."""
    session = started(f"Use {SECRET}")
    session.task(f"with {SECRET}", checklist=[f"and {SECRET}"])
    session.set(metadata={SECRET: {"deep": [SECRET]}})
    session.file(f"src/{SECRET}.py")
    rendered = ready(ended(session))
    assert SECRET.encode() not in rendered.data
    assert rendered.caught >= 6
    assert rendered.record["provenance"]["redactions"] == rendered.caught
    assert rendered.record["session"]["id"] == ID
    assert parse(rendered.data).log is not None
    again = prepare(rendered.record, REDACT)
    assert (again.caught, again.data) == (0, rendered.data)


def test_a_log_that_is_too_large_is_fitted() -> None:
    session = started()
    for number in range(2_000):
        session.task(f"task {number}", checklist=["x" * 150]).done("y" * 150)
    rendered = ready(ended(session))
    assert len(split(rendered.data)[0].yaml) < FRONT_LIMIT
    assert rendered.record["provenance"]["dropped"]["checklist_items"] == 2_000
    assert parse(rendered.data).findings == ()


def test_a_template_of_ones_own_changes_the_body_alone() -> None:
    record = ended(started()).finish().record
    own = prepare(record, REDACT, "Title: {{ title }}")
    assert own.data.endswith(b"---\n\nTitle: Limit what the parser takes\n")
    assert split(own.data)[0].yaml == split(prepare(record, REDACT).data)[0].yaml


def test_the_same_events_give_the_same_bytes() -> None:
    session = started()
    session.task("a")
    ended(session)
    assert ready(session).data == ready(Session.replay(session.events)).data


# -- write ------------------------------------------------------------------------------------------------------


def test_the_file_is_named_by_the_id_and_nothing_else_appears(project: Project) -> None:
    rendered = ready(ended(started()))
    written = write(project, rendered)
    assert written == Written(path_of(project), True, written.durable, rendered)
    assert path_of(project).read_bytes() == rendered.data
    assert names(project.logs) == [f"{ID}.md"]
    assert names(project.state) == [".gitignore"]
    assert (project.state / ".gitignore").read_text() == "*\n"
    assert project.state.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("folder", [".", "logs", "a/b/c"])
def test_logs_go_where_the_project_says(tmp_path: Path, folder: str) -> None:
    project = Project(tmp_path, tmp_path / "state", Config(dir=folder))
    assert write(project, ready(ended(started()))).path == tmp_path / folder / f"{ID}.md"


def test_the_same_log_twice_is_one(project: Project) -> None:
    rendered = ready(ended(started()))
    write(project, rendered)
    before = path_of(project).stat()
    again = write(project, rendered)
    assert not again.created
    after = path_of(project).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_log_of_the_same_id_is_kept_aside(project: Project) -> None:
    write(project, ready(ended(started("First"))))
    before = path_of(project).read_bytes()
    for title in ("Second", "Second", "Third"):
        with pytest.raises(AlreadyFinished, match="conflicts"):
            write(project, ready(ended(started(title))))
    assert path_of(project).read_bytes() == before
    kept = sorted((project.state / "conflicts").glob("*.md"))
    assert len(kept) == 2
    assert {parse(path.read_bytes()).log.session.title for path in kept} == {"Second", "Third"}  # type: ignore[union-attr]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept)


def test_what_is_no_log_is_left_alone(project: Project) -> None:
    project.logs.mkdir(parents=True)
    path_of(project).write_bytes(b"mine")
    for continuing in (False, True):
        with pytest.raises(AlreadyFinished):
            write(project, ready(ended(started())), continuing=continuing)
    assert path_of(project).read_bytes() == b"mine"


def test_a_twin_in_another_case_is_refused(project: Project) -> None:
    project.logs.mkdir(parents=True)
    twin = project.logs / f"{ID.upper()}.MD"
    twin.write_bytes(b"theirs")
    with pytest.raises(AlreadyFinished, match=re.escape(str(twin))):
        write(project, ready(ended(started())))
    assert names(project.logs) == [twin.name]
    assert len(names(project.state / "conflicts")) == 1


def test_a_link_inside_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "log").symlink_to(outside)
    with pytest.raises(PublishError, match="link"):
        write(Project(root, tmp_path / "state", Config()), ready(ended(started())))
    assert names(outside) == []


def test_the_state_folder_may_be_missing_where_the_logs_can_be_written(project: Project, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(PublishError, match="AKISLOG_STATE"):
        write(project, ready(ended(started())))
    project.logs.mkdir(parents=True)
    assert write(project, ready(ended(started()))).created
    assert names(project.logs) == [f"{ID}.md"]


def test_a_rescued_log_is_where_the_message_says(project: Project) -> None:
    rendered = ready(ended(started()))
    error = rescue(project, rendered, PublishError("it broke"))
    (kept,) = (project.state / "unpublished").glob("*.md")
    assert str(error) == f"it broke. It is kept in {kept}"
    assert kept.read_bytes() == rendered.data
    assert rescue(project, rendered, PublishError("again")).args[0].endswith(str(kept))
    finished = AlreadyFinished("other")
    assert rescue(project, rendered, finished) is finished


def test_what_is_kept_aside_is_kept_apart_by_content(project: Project) -> None:
    one = keep_aside(project, "unpublished", "a.b.md", b"one")
    two = keep_aside(project, "unpublished", "a.b.md", b"two")
    assert one != two
    assert keep_aside(project, "unpublished", "a.b.md", b"one") == one
    assert one.name == f"a.b.{hashlib.sha256(b'one').hexdigest()[:8]}.md"


# -- continuation -----------------------------------------------------------------------------------------------


def first_part() -> Session:
    session = started()
    task = session.task("one")
    task.delegate("code").succeed("done")
    session.command("make")
    session.file("a.py", added=1)
    session.task("two").start()
    return session


def gone_on(*more: Callable[[Session], Any]) -> Session:
    """The same session, ended later, with more in it."""
    session = first_part()
    session.get("t2").done("at last")
    session.task("three")
    for verb in more:
        verb(session)
    return ended(session)


def test_a_session_that_has_gone_on_replaces_its_own_log(project: Project) -> None:
    write(project, ready(ended(first_part(), "interrupted")))
    rendered = ready(gone_on())
    with pytest.raises(AlreadyFinished):
        write(project, rendered)
    written = write(project, rendered, continuing=True)
    assert written.created
    assert path_of(project).read_bytes() == rendered.data
    assert names(project.logs) == [f"{ID}.md"]
    assert not write(project, rendered, continuing=True).created


def test_line_ends_of_windows_are_no_edit(project: Project) -> None:
    path = write(project, ready(ended(first_part()))).path
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    rendered = ready(gone_on())
    write(project, rendered, continuing=True)
    assert path.read_bytes() == rendered.data


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data + b"\nA line by hand.\n",
        lambda data: data.replace(b"**Complexity:**", b"**Complexity**:"),
        lambda data: data.replace(b"outcome: completed", b"outcome:  completed"),
        lambda data: data.replace(b"outcome: completed", b"outcome: failed"),
        lambda data: data[:-1],
        lambda data: data[:200],
        lambda data: b"\xff" + data,
        lambda data: data[:0],
    ],
)
def test_an_edited_log_is_not_replaced(project: Project, edit: Callable[[bytes], bytes]) -> None:
    path = write(project, ready(ended(first_part()))).path
    edited = edit(path.read_bytes())
    path.write_bytes(edited)
    with pytest.raises(AlreadyFinished):
        write(project, ready(gone_on()), continuing=True)
    assert path.read_bytes() == edited


def test_a_record_that_has_lost_something_replaces_nothing(project: Project) -> None:
    path = write(project, ready(gone_on(lambda s: s.gotcha("beware")))).path
    before = path.read_bytes()
    with pytest.raises(AlreadyFinished):
        write(project, ready(ended(first_part())), continuing=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "told",
    [
        lambda s: s.gotcha("beware"),
        lambda s: s.root_cause("it broke"),
        lambda s: s.note("remark"),
        lambda s: s.error("boom"),
        lambda s: s.skill("testing"),
        lambda s: s.verify("make", True),
        lambda s: s.commit("abc"),
        lambda s: s.gate("G1"),
        lambda s: s.phase("executing"),
        lambda s: s.ask("Go on?"),
        lambda s: s.file("b.py"),
        lambda s: s.command("make"),
        lambda s: s.check("t1", "an item"),
    ],
    ids="gotcha root_cause note error skill verification commit gate phase approval file command check".split(),  # noqa: SIM905
)
def test_extends_means_that_nothing_is_gone(told: Callable[[Session], Any]) -> None:
    less = ended(first_part())
    more = first_part()
    told(more)
    ended(more)
    old, new = less.finish().record, more.finish().record
    assert extends(new, old)
    later = gone_on()
    assert not extends(later.finish().record, new)
    assert extends(gone_on(told).finish().record, old)


def test_another_session_of_the_same_id_extends_nothing() -> None:
    record = ended(first_part()).finish().record
    for key, value in (("id", "other"), ("started_at", "2026-03-04T10:14:59Z"), ("ended_at", "2026-03-04T10:15:01Z")):
        assert not extends({**record, "session": {**record["session"], key: value}}, record)
    assert extends(record, record)
