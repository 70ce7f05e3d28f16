"""The index is never wrong: whatever happens to the logs or to the index, the answer is that of the files."""

from __future__ import annotations

import marshal
import operator
import os
import shutil
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest

from akislog.errors import AkislogError, QueryError
from akislog.store.corpus import Corpus
from akislog.store.index import build as index_build
from akislog.store.index import current as index_current
from akislog.store.index import opening as index
from akislog.store.index import place as index_place
from akislog.store.index import scan as index_scan
from akislog.store.index import schema as index_schema
from akislog.store.index import sql as index_sql
from akislog.store.index import stamps as index_stamps
from akislog.store.index import update as index_update
from akislog.store.index.opening import Indexed
from akislog.store.locks import lock as locked
from benchmarks.corpus import texts
from tests.children import as_nobody, open_to_all, run, start

QUESTIONS = (
    ("logs", ""),
    ("logs", "session.domain=backend or tasks.status=failed"),
    ("tasks", "description~log"),
    ("gotchas", "log.path~a and not solution missing"),
)
WORDS = ("log", "token*", '"a title"', "straße")
BROKEN = "---\nsession: {id: broken, title: [unclosed\n---\n\n# Body\n"


def log(random: Random, name: str) -> str:
    """A log of an older shape, with front matter or without, or none at all."""
    word = random.choice(("log", "token", "tokens", "Straße", "a title", "x"))
    kind = random.random()
    if kind < 0.05:
        return BROKEN
    if kind < 0.15:
        return f"# Session Log: {word}\n\n**Complexity:** simple\n\n## Tasks\n\n- ✓ {word}\n"
    tasks = "".join(
        f'  - {{id: t{n}, description: "{word} {n}", status: {random.choice(("done", "failed", "working"))}}}\n'
        for n in range(random.randint(0, 3))
    )
    domain = random.choice(("backend", "frontend", "null", "[a, b]"))
    gotchas = random.choice(("", "gotchas:\n  - plain\n", f"gotchas:\n  - {{pattern: {word}, solution: y}}\n"))
    return (
        f'---\nsession:\n  id: {name}\n  title: "{word}"\n  domain: {domain}\n{gotchas}tasks:\n{tasks}---\n\n{word}\n'
    )


def corpus(folder: Path, number: int, seed: int = 1) -> Path:
    """A folder of logs in two levels."""
    random = Random(seed)
    for n in range(number):
        place = folder / ("" if n % 3 else "a")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{n:04}.md").write_text(log(random, f"s{n}"), "utf-8")
    return folder


def facts(found: Corpus) -> list[Any]:
    """What a corpus answers to all questions."""
    answers: list[Any] = []
    for source, query in QUESTIONS:
        rows = found.rows(source, found.filter(query, source))
        answers.append([(row.path, row.address, dict(row.own), row.record) for row in rows])
        answers.append((list(found.findings), list(found.skipped)))
    answers += [[(hit.row.path, *hit[1:]) for hit in found.search(text)] for text in WORDS]
    return answers


HOW: dict[str, Any] = {"on_error": "skip", "today": date(2026, 3, 12), "zone": timezone.utc}


class Place:
    """A folder of logs and a state folder, and the notes that were made."""

    def __init__(self, folder: Path, number: int = 40) -> None:
        self.logs = corpus(folder / "logs", number)
        self.state = folder / "state"
        self.notes: list[str] = []

    @property
    def file(self) -> Path:
        return Path(index_place.database(str(self.state), str(self.logs)))

    @property
    def is_sealed(self) -> bool:
        """Whether there is an index, and it is as akislog left it."""
        try:
            index_place.connect(str(self.file), str(self.logs)).close()
        except (index_place.Damaged, FileNotFoundError):
            return False
        return True

    def opened(self, **how: Any) -> Corpus:
        return index.opened(self.logs, self.state, self.notes.append, **HOW, **how)

    def make(self, *, words: bool = True) -> None:
        """Make the index anew; without words as a query does."""
        index.rebuild(str(self.logs), self.state, lambda _, __: None)
        if not words:
            index_build.build(str(self.file), index_scan.Scan(str(self.logs)), lambda _, __: None, words=False)

    def is_right(self, *, by_index: bool = True, words: bool = False) -> None:
        """The answer is that of the files, and it comes from the index."""
        found = self.opened(words=words)
        assert isinstance(found, Indexed) is by_index, self.notes
        answers, expected = facts(found), facts(Corpus(self.logs, **HOW))
        assert answers == expected
        assert repr(answers) == repr(expected)  # 1 is not 1.0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.make()
    return made


def regular_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.md") if path.is_file() and not path.is_symlink())


def age(folder: Path) -> None:
    """Let every file look as if it had not been touched for long; its inode's time cannot be set."""
    for path in regular_files(folder):
        os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**12))


# --- when there is one ------------------------------------------------------------------------------------------------


def test_a_small_corpus_has_no_index_unless_it_is_asked_for(tmp_path: Path) -> None:
    place = Place(tmp_path, 10)
    place.is_right(by_index=False)
    assert not place.state.exists()
    place.make()
    place.is_right()
    assert place.notes == []
    found = index.status(str(place.logs), place.state)
    assert (found.there, found.whole, found.files, found.changed) == (True, True, 10, 0)
    assert index.clear(str(place.logs), place.state)
    assert not index.clear(str(place.logs), place.state)
    assert [path.name for path in place.state.iterdir() if not path.name.endswith((".lock", ".gitignore"))] == []
    place.is_right(by_index=False)


def test_a_large_corpus_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_current, "THRESHOLD", 20)
    place = Place(tmp_path, 20)
    place.is_right()
    assert place.file.exists()
    assert place.notes == []


def test_each_folder_has_its_own(tmp_path: Path) -> None:
    one, other = Place(tmp_path / "one"), Place(tmp_path / "other", 5)
    other.state = one.state
    for place in (one, other):
        place.make()
    assert one.file != other.file
    for place in (one, other):
        place.is_right()


def test_a_trusted_index_is_not_compared_with_the_files(place: Place) -> None:
    before = facts(place.opened())
    (place.logs / "new.md").write_text(log(Random(3), "new"), "utf-8")
    assert facts(place.opened(trusted=True))[0] == before[0]
    place.is_right()


# --- logs change ------------------------------------------------------------------------------------------------------


def edit(random: Random, folder: Path) -> str:
    """Change something about the logs; what was done."""
    paths = regular_files(folder)
    path = random.choice(paths)
    what = random.choice(
        ("add", "edit", "rename", "delete", "swap", "same", "replace", "folder", "empty", "link", "special")
    )
    if what == "add":
        (folder / f"n{random.random()}.md").write_text(log(random, "n"), "utf-8")
    elif what == "edit":
        path.write_text(log(random, "e"), "utf-8")
    elif what == "rename":
        path.rename(path.with_name(f"r{random.random()}.md"))
    elif what == "delete" and len(paths) > 10:
        path.unlink()
    elif what == "swap":
        other = random.choice(paths)
        path.rename(folder / "swap")
        if other != path:
            other.rename(path)
        (folder / "swap").rename(other)
    elif what in ("same", "replace"):
        _same_size_and_time(path, in_place=what == "same")
    elif what == "folder":
        deep = folder / f"f{random.random()}" / "deep"
        deep.mkdir(parents=True)
        shutil.copy(path, deep / "c.md")
    elif what == "empty" and path.parent != folder:
        path.rename(path.with_suffix(".txt"))  # and is filled when one is renamed
    elif what == "link":
        (folder / f"l{random.random()}.md").symlink_to(path)
    else:
        os.mkfifo(folder / f"p{random.random()}.md")
    return what


def _same_size_and_time(path: Path, *, in_place: bool) -> None:
    before = path.stat()
    data = bytearray(path.read_bytes())
    at = data.rfind(b"o")
    data[at if at >= 0 else -1] = ord("u")
    if in_place:
        path.write_bytes(data)
    else:
        beside = path.with_name("beside")
        beside.write_bytes(data)
        beside.rename(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("seed", range(3))
def test_after_random_changes_the_answer_is_that_of_the_files(
    place: Place, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(index_stamps, "_PIECE", 4)
    _change_at_random(place, seed, 12)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_after_many_random_changes(place: Place, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(index_stamps, "_PIECE", 4)
    _change_at_random(place, seed, 40)


def _change_at_random(place: Place, seed: int, times: int) -> None:
    random = Random(seed)
    if seed % 2:
        age(place.logs)
        place.make(words=False)
    for _ in range(times):
        if random.random() < 0.3:
            age(place.logs)
        done = [edit(random, place.logs) for _ in range(random.randint(1, 4))]
        try:
            place.is_right(words=random.random() < 0.1)
            _holds_nothing_else(place)
        except AssertionError as error:
            raise AssertionError(f"after {done}") from error
    assert place.notes == []


def _holds_nothing_else(place: Place) -> None:
    """The index has the stamps of now, no row of a log that is not there, and knows which tables have rows of one."""
    with closing(index_place.connect(str(place.file), str(place.logs))) as connection:
        assert not index_scan.compare(index_scan.Scan(str(place.logs)), index_scan.known_pieces(connection))
        logs = dict(connection.execute("select log, _filled from logs"))
        unread = {log for (log,) in connection.execute("select log from unread")}
        for name in index_schema.OF_LOG:
            there = {log for (log,) in connection.execute(f"select log from {name}")}
            assert there <= logs.keys() | unread
            assert there - unread == {log for log, number in logs.items() if name in index_schema.tables_of(number)}


def test_stamps_of_several_pieces_are_compared_and_kept(place: Place) -> None:
    """Whatever has changed between two scans: what differs is told, and what is kept is the later one."""
    random = Random(3)
    known: list[dict[str, list[index_stamps.Stamp]]] = [{}]
    connection = index_place.in_memory()
    for statement in index_schema.ddl(words=False):
        connection.execute(statement)
    for _ in range(400):
        now = {folder: _some_stamps(random, known[-1].get(folder, [])) for folder in ("", "a/", "b/")}
        for folder in ("a/", "b/"):
            if random.random() < 0.2:
                del now[folder]
        scan = index_scan.Scan(str(place.state))
        scan.folders = {
            folder: [marshal.dumps(some[at : at + 4], 2) for at in range(0, len(some), 4)]
            for folder, some in now.items()
        }
        changes = index_scan.compare(scan, index_scan.known_pieces(connection))
        before, after = ({f + one[0]: one for f, some in each.items() for one in some} for each in (known[-1], now))
        assert changes.changed == {path: one for path, one in after.items() if before.get(path) != one}
        assert sorted(changes.gone) == sorted(before.keys() - after.keys())
        index_build.put_stamps(connection, changes)
        kept = index_scan.known_pieces(connection)
        assert kept == scan.folders
        assert not index_scan.compare(scan, kept)
        assert connection.execute("select count(*) from stamps").fetchone()[0] == sum(
            len(pieces) or 1 for pieces in scan.folders.values()
        )
        known.append(now)
    connection.close()


def _some_stamps(random: Random, before: list[index_stamps.Stamp]) -> list[index_stamps.Stamp]:
    """Stamps that are mostly those of before: some are changed, gone, new, or stand elsewhere."""
    some = [one for one in before if random.random() > 0.05]
    if random.random() < 0.1:
        some = []
    if random.random() < 0.2:
        random.shuffle(some)
    if some and random.random() < 0.5:
        at = random.randrange(len(some))
        some[at] = (some[at][0], *(random.randrange(9) for _ in range(4)))
    names = {one[0] for one in some}
    added = {f"{random.randrange(50)}.md" for _ in range(random.choice((0, 0, 1, 7)))} - names
    for name in sorted(added):
        some.insert(random.randint(0, len(some)), (name, 1, 2, 3, 4))
    return some


def test_a_file_changed_at_the_moment_it_was_read_is_read_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file system whose clock stands still: no stamp of a file says that it was written.
    stamps = {path.name: path.stat() for path in place.logs.rglob("*.md")}
    now = time.time_ns()

    class Still(index_scan.Scan):
        def __init__(self, root: str) -> None:
            super().__init__(root)
            for folder, pieces in self.folders.items():
                found = [one[0] for piece in pieces for one in index_stamps.stamps(piece) if one[0] in stamps]
                still = [(name, 1, stamps[name].st_size, now, now) for name in found]
                self.folders[folder] = [marshal.dumps(still, 2)]

    for module in ("opening", "current", "build"):
        monkeypatch.setattr(f"akislog.store.index.{module}.Scan", Still)
    place.make()
    path = sorted(place.logs.glob("*.md"))[2]
    path.write_bytes(path.read_bytes().replace(b"o", b"u"))
    place.is_right()
    monkeypatch.setattr(index_scan, "YOUNG", -(10**18))  # the files have grown old
    place.is_right()
    connection = index_place.connect(str(place.file), str(place.logs))
    assert connection.execute("select count(*) from young").fetchone() == (0,)
    connection.close()


def _in_two_processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[index_scan.Scan, index_scan.Scan]:
    """A scan by one process, and one by two."""
    monkeypatch.setattr(index_stamps, "_PIECE", 4)
    monkeypatch.setattr(index_stamps, "_may_fork", lambda: hasattr(os, "fork"))
    alone = index_scan.Scan(str(folder))
    monkeypatch.setattr(index_stamps, "_MANY", 2)
    return alone, index_scan.Scan(str(folder))


@pytest.mark.parametrize("numbers", [(1,), (9,), (3, 0, 8, 5, 1), (16, 16)])
def test_two_processes_see_what_one_sees(
    numbers: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, number in enumerate(numbers):
        corpus(tmp_path / f"{folder}", number)
    alone, both = _in_two_processes(tmp_path, monkeypatch)
    assert both.folders == alone.folders
    assert both.count == sum(numbers)
    assert not index_scan.compare(both, alone.folders)


def test_a_second_process_that_is_killed_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(index_stamps, "_tell", killed)
    alone, both = _in_two_processes(corpus(tmp_path / "logs", 9), monkeypatch)
    assert both.folders == alone.folders


@pytest.mark.parametrize("many", [2, 1000])
def test_a_log_that_goes_away_at_this_moment_is_no_fault(
    many: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = corpus(tmp_path / "logs", 9)
    original = index_stamps.pieces

    def late(root: str, names: index_stamps.Names) -> index_stamps.Pieces:
        for path in sorted(folder.glob("*.md"))[::5]:
            path.unlink()
        return original(root, names)

    monkeypatch.setattr(index_stamps, "_MANY", many)
    monkeypatch.setattr(index_scan, "pieces", late)
    scan = index_scan.Scan(str(folder))
    assert scan.skipped == []
    assert len([one for piece in scan.folders[""] for one in index_stamps.stamps(piece)]) == 4


def _has_words(place: Place) -> bool:
    found = place.opened()
    assert isinstance(found, Indexed)
    lacking = index_update.wordless(found.connection)
    found.close()
    return lacking == 0


def test_words_are_there_from_the_first_search_on(place: Place) -> None:
    place.make(words=False)
    place.is_right()
    assert not _has_words(place)
    place.is_right(words=True)
    assert _has_words(place)
    (place.logs / "0.md").write_text(log(Random(1), "new"), "utf-8")
    place.is_right()
    assert not _has_words(place)  # a query has no use for those of the new log
    assert place.opened().search("new") != []
    place.is_right(words=True)
    assert _has_words(place)
    assert place.opened().search("new") != []
    assert place.notes == []


def test_words_are_added_while_somebody_reads(place: Place) -> None:
    place.make(words=False)
    reading = place.opened()
    rows = reading.rows()
    first = next(rows).path
    place.is_right(words=True)
    assert [first, *(row.path for row in rows)] == [row.path for row in reading.rows()]


def test_while_words_are_added_others_are_answered(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_update, "FEW", 5)
    place.make(words=False)
    original = index_update._add_words
    asked: list[int] = []

    def adding(*arguments: Any) -> int:
        last = original(*arguments)
        place.is_right()
        asked.append(1)
        return last

    monkeypatch.setattr(index_update, "_add_words", adding)
    place.is_right(words=True)
    assert asked == [1]
    assert place.notes == []


def read_whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that this process reads as documents, from now on."""
    from akislog.store.index import whole

    read: list[str] = []
    original: Callable[..., Any] = whole.read_document

    def reading(path: Path) -> Any:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(whole, "read_document", reading)
    return read


def test_rows_come_from_the_lines_of_what_akislog_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And they are the same as from its record, whatever else is there."""
    place = Place(tmp_path)
    for number, text in enumerate(texts(30)):
        (place.logs / f"written-{number}.md").write_text(text, "utf-8", newline="\n")
    age(place.logs)
    monkeypatch.setattr(index_scan, "YOUNG", -(10**18))
    read = read_whole(monkeypatch)
    place.make(words=False)
    assert len(read) == 40 + 30 + 40  # for a search all of them, and then the older ones
    place.is_right()


def test_one_edited_log_costs_one_log(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    age(place.logs)
    monkeypatch.setattr(index_scan, "YOUNG", 0)
    place.make()
    read = read_whole(monkeypatch)
    sorted(place.logs.glob("*.md"))[0].write_text(log(Random(5), "edited"), "utf-8")
    assert isinstance(place.opened(), Indexed)
    assert len(read) == 1


def test_an_index_of_which_much_has_changed_is_made_anew(place: Place) -> None:
    def stale() -> int:
        found = place.opened()
        assert isinstance(found, Indexed)
        number: int = found.connection.meta["stale"]
        found.close()
        return number

    with closing(sqlite3.connect(place.file)) as connection:
        connection.execute("update meta set value = 998 where key = 'stale'")
        connection.commit()
    index_place.seal(str(place.file))
    first, second, *_ = regular_files(place.logs)
    first.write_text(log(Random(5), "edited"), "utf-8")
    assert stale() == 999
    second.unlink()
    assert stale() == 1000
    first.write_text(log(Random(6), "edited"), "utf-8")
    assert stale() == 0
    place.is_right()
    assert place.notes == []


# --- one log is edited ------------------------------------------------------------------------------------------------

EDITED = """---
session:
  id: edited
  title: "{title}"
  duration_minutes: {minutes}
  complexity: {complexity}
tasks:
{tasks}gotchas:
  - pattern: {word}
    solution: y
files:
  added:
    - {{path: {word}.py}}
  modified:
    - {{path: b.py}}
{commands}---

{word}
"""


def edited(random: Random) -> str:
    """A log that says one or other of few things, so that what is edited is often as it was before."""
    number = random.choice(("1", "1.0", "2", "0.0", "-0.0"))
    tasks = "".join(
        f"  - {{id: t{random.choice((n, 9))}, description: d{n}, status: {random.choice(('done', 'failed'))}}}\n"
        for n in range(random.randint(1, 3))
    )
    return EDITED.format(
        title=random.choice(("a", "b")),
        minutes=random.choice(("1", "2", '"1"', "null")),
        complexity=random.choice(("simple", "complex")),
        tasks=tasks,
        word=random.choice(("log", "token", "tokens", "x")),
        commands=random.choice(("", f"commands: [{{cmd: x, success: true, exit_code: 0, seconds: {number}}}]\n")),
    )


def _edit_at_random(place: Place, seed: int, times: int) -> None:
    random = Random(seed)
    for number in range(times):
        for name in random.sample(("p", "q", "r"), random.randint(1, 2)):
            (place.logs / f"{name}.md").write_text(edited(random), "utf-8")
        place.is_right(words=number % 3 == 2)


def test_an_edited_log_says_what_it_says_now(place: Place) -> None:
    _edit_at_random(place, 1, 20)
    assert place.notes == []


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("update._same", operator.eq),  # 1 for 1.0
        ("update._same", lambda one, other: len(one) == len(other)),
        ("update._rewrite", lambda *_: None),
        ("schema.filled", lambda _: 0),
        ("schema.tables_of", lambda _: ["logs", "tasks"]),
        ("update._renumber", lambda connection, last: connection.execute("delete from reworded") and last),
    ],
)
def test_what_is_left_as_it_was_shows(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(f"akislog.store.index.{name}", broken)
    with pytest.raises((AssertionError, TypeError)):
        _edit_at_random(place, 1, 20)


def _edit_as_written(place: Place, monkeypatch: pytest.MonkeyPatch, seed: int, times: int) -> None:
    """Change lines of a log that akislog wrote, once and again, and let no file be young."""
    monkeypatch.setattr(index_scan, "YOUNG", -(10**15))
    random, path = Random(seed), place.logs / "p.md"
    lines = next(text for text in texts(30) if "gotchas:\n" in text and "delegations:\n" in text).split("\n")
    told = [n for n, line in enumerate(lines) if '"' in line or "status:" in line]
    for number in range(times):
        for at in random.sample(told, random.randint(0, 2)):
            key, *said = lines[at].split('"', 2)
            key = key.replace("done", "failed") if "done" in key else key.replace("failed", "done")
            lines[at] = '"'.join([key, *[one.translate({ord("a"): "o", ord("o"): "a"}) for one in said[:1]], *said[1:]])
        path.write_text("\n".join(lines), "utf-8")
        place.is_right(words=number % 7 == 6)


def test_an_edited_log_as_akislog_writes_it_says_what_it_says_now(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit_as_written(place, monkeypatch, 1, 40)
    assert place.notes == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: b"",
        lambda yaml: yaml[: yaml.find(b"\ntasks:")],
        lambda yaml: yaml[yaml.find(b"\ntasks:") :],
        lambda yaml: yaml[: yaml.find(b"\nskills:")] + yaml[yaml.find(b"\ndelegations:") :],
    ],
)
def test_what_was_not_looked_at_shows(
    place: Place, monkeypatch: pytest.MonkeyPatch, broken: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr("akislog.store.index.direct._beside_tasks", broken)
    with pytest.raises(AssertionError):
        _edit_as_written(place, monkeypatch, 1, 40)


def test_an_edited_log_keeps_its_number_and_what_it_still_says(place: Place) -> None:
    path, text = place.logs / "p.md", edited(Random(5))
    path.write_text(text, "utf-8")
    place.is_right()

    def kept() -> dict[str, list[Any]]:
        with closing(index_place.connect(str(place.file), str(place.logs))) as connection:
            log = connection.execute("select log from logs where path = 'p.md'").fetchone()
            return {
                name: connection.execute(f"select * from {name} where log = ?", log).fetchall()
                for name in index_schema.OF_LOG
            }

    before = kept()
    path.write_text(text.replace("description: d0", "description: d5"), "utf-8")
    found = place.opened()
    assert isinstance(found, Indexed)
    assert found.connection.total_changes < 12  # with stamps, counters and the like
    after = kept()
    assert sum(map(len, before.values())) > 5
    assert {name for name in before if before[name] != after[name]} == {"tasks"}


# --- the index is damaged ---------------------------------------------------------------------------------------------


def damage(random: Random, path: Path) -> str:
    """Do something to the file of an index that leaves its size and times as they may be."""
    data = bytearray(path.read_bytes())
    what = random.choice(("flip", "flip", "flip", "zero", "cut", "grow", "empty", "swap", "text", "seal", "lost seal"))
    at = random.randrange(len(data))
    page = at // 4096 * 4096
    if what == "flip":
        data[at] ^= 1 << random.randrange(8)
    elif what == "zero":
        data[page : page + 4096] = bytes(len(data[page : page + 4096]))
    elif what == "cut":
        del data[at:]
    elif what == "grow":
        data += random.randbytes(random.randint(1, 5000))
    elif what == "empty":
        data.clear()
    elif what == "swap":
        other = random.randrange(len(data)) // 4096 * 4096
        data[page : page + 4096], data[other : other + 4096] = data[other : other + 4096], data[page : page + 4096]
    elif what == "text":
        data[at : at + 8] = random.randbytes(len(data[at : at + 8]))
    seal = path.with_suffix(".seal")
    if what == "seal":
        sealed = bytearray(seal.read_bytes())
        sealed[random.randrange(len(sealed))] ^= 1
        seal.write_bytes(sealed)
    elif what == "lost seal":
        seal.unlink()
    else:
        before = path.stat()
        path.write_bytes(data)
        if random.random() < 0.7:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return what


def _damage_at_random(place: Place, seed: int, times: int) -> None:
    expected, random = facts(Corpus(place.logs, **HOW)), Random(seed)
    for number in range(times):
        what = damage(random, place.file)
        place.notes.clear()
        assert facts(place.opened(trusted=random.random() < 0.5)) == expected, (number, what)
        assert len(place.notes) == 1, (number, what, place.notes)
        assert place.notes[0].startswith("the index is made anew")


def test_damage_never_changes_an_answer(tmp_path: Path) -> None:
    place = Place(tmp_path, 12)
    place.make()
    _damage_at_random(place, 1, 20)


@pytest.mark.long
def test_200_damages_never_change_an_answer(tmp_path: Path) -> None:
    place = Place(tmp_path, 25)
    place.make()
    _damage_at_random(place, 2, 200)


def test_damage_of_the_very_moment_shows(place: Place) -> None:
    """Nothing waits for the clock: a byte that changes right behind the sealing is seen."""
    path = str(place.file)
    for _ in range(50):
        index_place.seal(path)
        with open(path, "r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(byte)
        assert not place.is_sealed


def test_an_index_that_fails_on_the_way_is_followed_by_the_files(place: Place) -> None:
    found, expected = place.opened(), [row.path for row in Corpus(place.logs, **HOW).rows()]
    assert isinstance(found, Indexed)
    rows = found.rows()
    first = next(rows)
    found.connection.interrupt()
    found.connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        found.connection.execute("select 1")
    assert [first.path, *(row.path for row in rows)] == expected


def test_a_damaged_page_of_logs_is_searched_in_the_files(place: Place) -> None:
    with sqlite3.connect(place.file) as connection:
        (size,) = connection.execute("pragma page_size").fetchone()
        (page,) = connection.execute("select rootpage from sqlite_master where name = 'logs'").fetchone()
    connection.close()
    with place.file.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    index_place.seal(str(place.file))
    found = place.opened(trusted=True)
    assert isinstance(found, Indexed)
    assert facts(found) == facts(Corpus(place.logs, **HOW))


def test_an_older_version_is_made_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_place, "TABLES_VERSION", 999)
    place.is_right()
    assert place.notes == ["the index is made anew: it was made by another version"]


def test_an_index_of_another_folder_is_not_taken(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other", 5)
    other.state = place.state
    shutil.copy(place.file, other.file)
    index_place.seal(str(other.file))
    other.is_right()
    assert "another folder" in other.notes[0]


# --- the state folder -------------------------------------------------------------------------------------------------


READ_ONLY = """
import sys
from pathlib import Path
from akislog.store.index import build as index_build
from akislog.store.index import opening as index
from akislog.store.index.opening import Indexed
found = index.opened(sys.argv[1], Path(sys.argv[2]), lambda note: print("note", note), on_error="skip")
print(isinstance(found, Indexed), sum(1 for _ in found.rows()))
"""


@pytest.mark.parametrize("kind", ["old", "current", "changed", "damaged"])
def test_a_state_folder_that_cannot_be_written(place: Place, kind: str) -> None:
    open_to_all(place.logs)
    open_to_all(place.state)
    place.state.chmod(0o755)
    place.file.chmod(0o644)
    index_place.seal(str(place.file))
    place.file.with_suffix(".seal").chmod(0o644)
    if kind == "old":
        for path in place.state.glob("index-*"):
            path.unlink()
    elif kind == "changed":
        (place.logs / "new.md").write_text(log(Random(1), "new"), "utf-8")
    elif kind == "damaged":
        place.file.write_bytes(b"x" + place.file.read_bytes()[1:])
    number = sum(1 for _ in Corpus(place.logs, **HOW).rows())
    time.sleep(0.01)
    code = READ_ONLY.replace("sys.argv[1]", repr(str(place.logs))).replace("sys.argv[2]", repr(str(place.state)))
    done = run(code.replace("from pathlib", "index_t = None\nfrom pathlib"), place.logs, *as_nobody())
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert lines[-1] == f"{kind == 'current'} {number}", lines
    assert (len(lines) == 1) is (kind in ("old", "current")), lines


def test_a_state_folder_that_is_a_file(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.state.write_text("no folder", "utf-8")
    with pytest.raises(Exception, match="state"):
        place.make()
    place.is_right(by_index=False)


def test_a_disk_without_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.logs / "new.md").write_text(log(Random(1), "new"), "utf-8")

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("akislog.store.index.update._change", full)
    place.is_right(by_index=False)
    assert place.notes == [
        "the index cannot be used (database or disk is full); the files are read, which takes longer"
    ]
    monkeypatch.undo()
    place.is_right()


# --- killed, and side by side -----------------------------------------------------------------------------------------

BUILD = """
import sys
from pathlib import Path
from akislog.store.index import build as index_build
from akislog.store.index import opening as index
print("begun", flush=True)
index.rebuild({logs!r}, Path({state!r}), lambda _, __: None)
"""
UPDATE = BUILD.replace("index.rebuild(", "index.opened(").replace("lambda _, __: None", "print, words=True")


def _kill_at_random(place: Place, times: int) -> None:
    random = Random(4)
    for number in range(times):
        if number % 2:
            edit(random, place.logs)
        if number % 4 == 3:
            place.make(words=False)
        code = (UPDATE if number % 2 else BUILD).format(logs=str(place.logs), state=str(place.state))
        child = start(code, place.logs)
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        time.sleep(random.random() * (0.15 if number % 2 else 0.3))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        place.notes.clear()
        place.is_right()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_build_or_update_does_no_harm(place: Place) -> None:
    _kill_at_random(place, 6)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_50_kills_do_no_harm(tmp_path: Path) -> None:
    place = Place(tmp_path, 400)
    place.make()
    _kill_at_random(place, 50)


def test_who_reads_for_long_keeps_nobody_from_changing_the_index(place: Place) -> None:
    reading = place.opened()
    rows = reading.rows()
    first = next(rows).path
    before = place.file.stat().st_ino
    (place.logs / "0.md").write_text(log(Random(1), "new"), "utf-8")
    place.is_right()
    assert place.file.stat().st_ino != before  # a copy took its place
    assert [first, *(row.path for row in rows)] == [row.path for row in reading.rows()]
    assert place.notes == []


def test_who_waits_for_another_does_not_read_meanwhile(place: Place) -> None:
    (place.logs / "0.md").write_text(log(Random(1), "new"), "utf-8")
    code = UPDATE.format(logs=str(place.logs), state=str(place.state))
    with (
        closing(sqlite3.connect(place.file, timeout=0, isolation_level=None)) as other,
        locked(place.file.with_suffix(".lock")),
    ):
        child = start(code, place.logs)
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        time.sleep(1)
        other.execute("begin exclusive")  # else it is locked
        other.execute("rollback")
        assert child.poll() is None
    child.communicate()
    assert child.returncode == 0
    place.is_right()


def test_an_index_that_nobody_reads_is_changed_in_place(place: Place) -> None:
    place.is_right()
    before = place.file.stat().st_ino
    (place.logs / "0.md").write_text(log(Random(2), "new"), "utf-8")
    place.is_right()
    assert place.file.stat().st_ino == before


def test_killed_inside_a_transaction(place: Place) -> None:
    """What a process wrote before it was killed is not taken for an index."""
    code = f"""
import os, sqlite3
from akislog.store.index.place import open_changing
connection = open_changing({str(place.file)!r})
connection.execute("pragma cache_size = 1")
connection.execute("update tasks set status = 'wrong', description = description || zeroblob(3000)")
os.kill(os.getpid(), 9)
"""
    done = run(code, place.logs)
    assert done.returncode == -9
    assert not place.is_sealed
    place.is_right()


def test_many_ask_while_logs_change(place: Place) -> None:
    code = """
import sys
from pathlib import Path
from akislog.store.index import build as index_build
from akislog.store.index import opening as index
for _ in range(5):
    found = index.opened({logs!r}, Path({state!r}), lambda note: print(note), on_error="skip")
    rows = [row.path for row in found.rows()]
    assert rows == sorted(rows) and len(rows) >= 30, len(rows)
"""
    code = code.format(logs=str(place.logs), state=str(place.state))
    children = [start(code, place.logs) for _ in range(3)]
    stop = threading.Event()

    def change() -> None:
        random = Random(7)
        while not stop.wait(0.01):
            (place.logs / f"{random.randint(0, 9)}x.md").write_text(log(random, "x"), "utf-8")

    thread = threading.Thread(target=change)
    thread.start()
    ended = [(child.communicate(), child.returncode) for child in children]
    stop.set()
    thread.join()
    assert [(err, code) for (_, err), code in ended] == [("", 0)] * 3
    place.is_right()


# --- the machine stops ------------------------------------------------------------------------------------------------


def start_anew(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on it is another start of the machine; ``""`` for a machine that has no names for them."""
    for module in (index_place, index_update):
        monkeypatch.setattr(module, "boot", lambda: name)


def changed(place: Place) -> str:
    """Change a log, and let the index follow; what its seal says."""
    (place.logs / "new.md").write_text(log(Random(time.time_ns()), "new"), "utf-8")
    place.is_right()
    return index_place.seal_of(str(place.file))


def test_what_was_made_outlasts_a_start_of_the_machine(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(monkeypatch, "another")
    place.is_right()
    assert place.notes == []


def test_what_was_changed_in_place_is_not_trusted_after_a_start(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(monkeypatch, "one")
    assert changed(place).endswith("\none")
    assert changed(place).endswith("\none")
    start_anew(monkeypatch, "another")
    place.is_right()
    assert place.notes == ["the index is made anew: the machine was started anew before it was on disk"]
    start_anew(monkeypatch, "one")
    place.is_right()
    assert len(place.notes) == 1


def test_without_names_of_starts_the_disk_is_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(monkeypatch, "")
    assert changed(place).count("\n") == 1
    start_anew(monkeypatch, "one")
    place.is_right()
    assert place.notes == []


def test_a_seal_is_written_over_one_that_said_more_or_less(place: Place) -> None:
    for until in ("one", "a longer name of a start", "", "two", "x"):
        inode = place.file.with_suffix(".seal").stat().st_ino
        beside = place.file.with_name("beside")
        beside.touch()  # so that no number comes again
        said = index_place.seal(str(place.file), until)
        assert index_place.seal_of(str(place.file)) == said
        assert said.rpartition("\n")[2] == until or not until
        assert (place.file.with_suffix(".seal").stat().st_ino == inode) is bool(until)
        beside.unlink()


def test_before_an_index_is_changed_it_is_sealed_for_good_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not by writing over that seal: after a power cut half of it might stand there."""
    seal, told = place.file.with_suffix(".seal"), []
    original, inode = index_update._change, seal.stat().st_ino

    def change(*given: Any) -> None:
        told.append((index_place.seal_of(str(place.file)).rpartition("\n")[2], seal.stat().st_ino == inode))
        original(*given)

    start_anew(monkeypatch, "one")
    monkeypatch.setattr(index_update, "_change", change)
    changed(place)
    assert told == [("one", False)]


def test_an_index_that_was_replaced_is_not_the_latest(place: Place) -> None:
    (place.logs / "new.md").write_text(log(Random(5), "new"), "utf-8")
    found = place.opened()
    assert isinstance(found, Indexed)
    connection = found.connection
    assert isinstance(connection, index_place.Connection)
    assert index_place.is_latest(connection)  # its seal was made just now
    os.utime(place.file)
    assert not index_place.is_latest(connection)
    index_place.seal(str(place.file))
    assert not index_place.is_latest(connection)  # it is another seal
    place.file.with_suffix(".seal").unlink()
    assert not index_place.is_latest(connection)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed here")
def test_what_a_seal_is_a_link_to_is_not_written(place: Place) -> None:
    seal = place.file.with_suffix(".seal")
    target = seal.rename(seal.with_name("target"))
    before = target.read_bytes()
    seal.symlink_to(target)
    index_place.seal(str(place.file), "one")
    assert target.read_bytes() == before
    assert index_place.seal_of(str(place.file)).endswith("\none")


def test_of_a_seal_that_is_half_written_another_is_made(place: Place) -> None:
    seal = place.file.with_suffix(".seal")
    for length in (0, 9, 40):
        seal.write_bytes(seal.read_bytes()[:length])
        place.notes.clear()
        place.is_right()
        assert "the index is made anew: its seal is damaged" in place.notes


def test_some_time_after_a_change_the_index_is_on_disk(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(monkeypatch, "one")
    changed(place)
    age(place.logs)
    monkeypatch.setattr(index_scan, "YOUNG", 0)
    for _ in range(2):
        place.is_right()
    assert index_place.seal_of(str(place.file)).endswith("\none")
    seal = place.file.with_suffix(".seal")
    os.utime(seal, (seal.stat().st_atime, seal.stat().st_mtime - 3600))
    place.is_right()
    assert index_place.seal_of(str(place.file)).count("\n") == 1
    start_anew(monkeypatch, "another")
    place.is_right()
    assert place.notes == []


def unsettled(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change an index in place, and let some time go by."""
    start_anew(monkeypatch, "one")
    changed(place)
    age(place.logs)
    monkeypatch.setattr(index_scan, "YOUNG", 0)
    place.is_right()
    seal = place.file.with_suffix(".seal")
    os.utime(seal, (seal.stat().st_atime, seal.stat().st_mtime - 3600))


def test_who_seals_for_good_goes_on_reading(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is opened and closed beside SQLite loses the locks of its readers."""
    unsettled(place, monkeypatch)
    found = place.opened()
    assert index_place.seal_of(str(place.file)).count("\n") == 1
    code = f"import sqlite3; sqlite3.connect({str(place.file)!r}, timeout=0).execute('begin exclusive')"
    assert "database is locked" in run(code, place.logs).stderr
    assert facts(found) == facts(Corpus(place.logs, **HOW))


def test_who_reads_beside_it_keeps_nobody_from_answering(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    unsettled(place, monkeypatch)
    reading = place.opened(trusted=True)
    place.is_right()
    assert index_place.seal_of(str(place.file)).endswith("\none")
    assert isinstance(reading, Indexed)
    reading.close()
    place.is_right()
    assert index_place.seal_of(str(place.file)).count("\n") == 1
    assert place.notes == []


@pytest.mark.parametrize("name", ["build.seal", "update.seal"])
def test_what_happens_to_the_file_meanwhile_is_told(place: Place, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, _, function = name.partition(".")
    original: Callable[..., str] = getattr(index_place, function)

    def touched(path: str, *rest: Any, **how: Any) -> str:
        said = original(path, *rest, **how)
        os.utime(path)
        return said

    monkeypatch.setattr(f"akislog.store.index.{module}.{function}", touched)
    if module == "build":
        place.file.with_suffix(".seal").unlink()
    (place.logs / "0.md").write_text(log(Random(2), "new"), "utf-8")
    reading = place.opened(trusted=True) if name == "update.seal" else None  # so that a copy is made
    place.is_right(by_index=False)
    assert "the index cannot be used" in place.notes[-1]
    monkeypatch.undo()
    del reading
    place.is_right()


def test_a_full_disk_costs_no_index_that_was_not_changed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.logs / "new.md").write_text(log(Random(1), "new"), "utf-8")

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(index_update, "put_stamps", full)
    place.is_right(by_index=False)
    monkeypatch.undo()
    assert place.is_sealed is bool(index_place.boot())


# --- SQL --------------------------------------------------------------------------------------------------------------


REFUSED = """
delete from logs|update logs set title = ''|insert into meta values (1, 2)|drop table tasks|create table x (y)
create temp table x (y)|attach '/etc/passwd' as x|detach main|vacuum|vacuum into '/tmp/x'|pragma writable_schema = 1
pragma user_version|reindex|analyze|begin|select load_extension('x')|select writefile('x', 'y')
select readfile('/etc/passwd')|select fts3_tokenizer('x')|select zeroblob(1 << 30)|select randomblob(1 << 30)
select printf('%.*c', 1 << 30, 'x')|select 1; select 2|insert into words (words) values ('delete-all')
with x as (select 1) delete from logs|explain delete from logs|select * from pragma_table_info('logs')|savepoint x
;|select|select * from nothing
"""


@pytest.mark.parametrize("statement", ["", "\0", *REFUSED.strip().replace("\n", "|").split("|")])
def test_sql_may_only_read(place: Place, statement: str) -> None:
    before = place.file.read_bytes()
    for connection in (index_place.connect(str(place.file), str(place.logs)), _in_memory(place)):
        with pytest.raises(QueryError):
            list(index_sql.ask(connection, statement)[1])
        connection.close()
    assert place.file.read_bytes() == before
    assert place.is_sealed


def _in_memory(place: Place) -> sqlite3.Connection:
    from akislog.store.index.build import tables

    return tables(str(place.logs))


def test_sql_has_an_end(place: Place) -> None:
    connection = index_place.connect(str(place.file), str(place.logs))
    endless = "with recursive x (n) as (select 1 union all select n + 1 from x) select count(*) from x"
    with pytest.raises(QueryError, match=r"more than 0\.2 seconds"):
        list(index_sql.ask(connection, endless, 0.2)[1])


def test_sql_is_the_same_without_an_index(place: Place) -> None:
    for statement in (
        "select id, title, started_at from logs order by path",
        "select log.path, n, status from tasks join logs log using (log) order by 1, 2",
        "select code, count(*) from findings group by 1",
        "select path from logs join words on words.rowid = logs.log where words match 'token' order by 1",
        "select kind, skill from skills union all select kind, gate from gates union all select n, item from checks",
    ):
        connections = index_place.connect(str(place.file), str(place.logs)), _in_memory(place)
        (names, one), (others, other) = (index_sql.ask(connection, statement) for connection in connections)
        assert names == others
        assert list(one) == list(other)


@pytest.mark.skipif(sys.platform != "linux", reason="every name is Unicode here")
def test_sql_says_which_name_it_cannot_hold(place: Place) -> None:
    (place.logs / "a\udcff.md").write_text(log(Random(1), "a"), "utf-8")
    for corpus in (Corpus(place.logs, **HOW), place.opened()):
        with pytest.raises(AkislogError, match=r"logs/a\\udcff\.md' is no name in Unicode, which SQL needs"):
            corpus.sql("select path from logs")
    place.notes.clear()
    place.is_right(by_index=False)
    (said,) = place.notes
    assert said.startswith("the index cannot be used ('/")
    assert r"/logs/a\udcff.md' is no name in Unicode" in said


def test_sql_finds_the_words_of_now(place: Place) -> None:
    path = place.logs / "p.md"
    statement = "select path from logs where log in (select rowid from words where words match '{}')"
    path.write_text(log(Random(1), "aardvark"), "utf-8")
    for words, old, new in ((True, "zebra", "aardvark"), (False, "aardvark", "zebra"), (True, "aardvark", "zebra")):
        path.write_text(f"# Session Log: {new}\n", "utf-8")
        found = place.opened(words=words)
        assert [*found.sql(statement.format(new))[1]] == [{"path": "p.md"}]
        assert [*found.sql(statement.format(old))[1]] == []


def test_the_tables_are_told(place: Place) -> None:
    connection = index_place.connect(str(place.file), str(place.logs))
    told = index_sql.tables(connection)
    assert any(one.lower().startswith("create table logs (") for one in told)
    assert not any("words_" in one for one in told)
