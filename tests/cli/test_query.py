"""``akislog query`` as it is typed: the twenty questions in every form, bad input, files that cannot be read."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from akislog import resources
from akislog.report.rows import FORMATS
from tests.cli.command import akislog
from tests.store import test_twenty_questions as twenty

QUESTIONS = twenty.QUESTIONS
corpus, logs = twenty.corpus, twenty.logs  # fixtures

Rows = list[tuple[Any, ...]]

# --- reading the forms back -------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """A value as a cell shows it."""
    if isinstance(value, list):
        return ", ".join(map(text_of, value))
    return "" if value is None else str(value)


def on_one_line(value: Any) -> str:
    return " ".join(text_of(value).split())


def from_tsv(out: str) -> list[list[str]]:
    def cell(text: str) -> str:
        return text.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\0", "\\")

    return [[cell(one) for one in line.split("\t")] for line in out.split("\n")[1:-1]]


def from_csv(out: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(out, newline="")))[1:]


def from_markdown(out: str) -> list[list[str]]:
    def cells(line: str) -> list[str]:
        found, text, escaped = [], "", False
        for char in line.strip("\n")[2:-2] + " | ":
            if char == "|" and not escaped:
                found.append(text.strip())
                text = ""
            elif char == "\\" and not escaped:
                escaped = True
                continue
            else:
                text += char
            escaped = False
        return found

    return [cells(line) for line in out.split("\n")[2:-1]]


def from_table(out: str) -> list[list[str]]:
    head, *lines = out.split("\n")[:-1]
    starts = [at for at in range(len(head)) if head[at] != " " and (at == 0 or head[at - 2 : at] == "  ")]
    ends = [*starts[1:], None]
    return [[line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines]


def records(parsed: list[dict[str, Any]]) -> Rows:
    return [tuple(one.values()) for one in parsed]


# What a form's output says, and what of the expected rows it is to say.
READERS: dict[str, tuple[Callable[[str], Any], Callable[[Any], Any]]] = {
    "json": (lambda out: records(json.loads(out)), lambda value: value),
    "jsonl": (lambda out: records([json.loads(line) for line in out.splitlines()]), lambda value: value),
    "yaml": (lambda out: records(yaml.safe_load(out)), lambda value: value),
    "tsv": (lambda out: [tuple(row) for row in from_tsv(out)], text_of),
    "csv": (lambda out: [tuple(row) for row in from_csv(out)], text_of),
    "md": (lambda out: [tuple(row) for row in from_markdown(out)], on_one_line),
    "table": (lambda out: [tuple(row) for row in from_table(out)], on_one_line),
    "paths": (lambda out: [(line,) for line in out.splitlines()], text_of),
}
FORMS = sorted(READERS)
CASES = [
    pytest.param(number, form, marks=[] if number % len(FORMS) == place else [pytest.mark.long])
    for number in range(len(QUESTIONS))
    for place, form in enumerate(FORMS)
]


@twenty.pytestmark
@pytest.mark.parametrize(("number", "form"), CASES)
def test_a_question_in_every_form(number: int, form: str, corpus: Any, logs: Any, tmp_path: Path) -> None:
    _, source, query, columns, answer = QUESTIONS[number]
    columns = () if form == "paths" else columns
    folder = str(corpus.roots[0])
    select = ",".join(("name", *columns))
    done = akislog(tmp_path, "query", "--from", source, query, "--select", select, "--format", form, "--dir", folder)
    assert done.returncode == 3, "one file is broken"
    assert "1 file could not be read" in done.stderr
    assert "broken.md" in done.stderr
    read, told = READERS[form]
    rows = [one if isinstance(one, tuple) else (one,) for one in answer(logs)]
    expected = [tuple(map(told, row[: 1 + len(columns)])) for row in rows]
    assert read(done.stdout) == (list(dict.fromkeys(expected)) if form == "paths" else expected)


def test_every_form_is_read_back() -> None:
    assert set(READERS) == set(FORMATS)


# --- over the example logs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the example logs, which nobody changes."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / ".akislog.toml").touch()
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    return folder


def asked(shop: Path, *arguments: str) -> Any:
    """The answer as JSON."""
    done = akislog(shop, *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


NO_HIT = {
    "json": "[]\n", "jsonl": "", "yaml": "[]\n", "table": "", "paths": "", "tsv": "id\n", "csv": "id\r\n",
    "md": "| id |\n|---|\n",
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(NO_HIT))
def test_no_hit(shop: Path, form: str) -> None:
    select = [] if form == "paths" else ["--select", "id"]
    done = akislog(shop, "query", "title=nothing", "--format", form, *select)
    assert (done.returncode, done.stdout.encode()) == (0, NO_HIT[form].encode())
    assert akislog(shop, "query", "title=nothing", "-e").returncode == 1


def test_a_hit_with_exit_status(shop: Path) -> None:
    assert akislog(shop, "query", "-e").returncode == 0
    assert akislog(shop, "tasks", "status=failed", "--exit-status").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query", "sesion.domain=x"], "did you mean 'session.domain'?"),
        (["query", "title="], "expected a value"),
        (["query", "a=1 and"], "expected a field"),
        (["query", "title~'['"], "the pattern cannot be read"),
        (["query", "title=1", "--sort", "nothing"], "unknown field 'nothing'"),
        (["query", "--sort", "-"], "expected a field"),
        (["query", "--select", "tilte"], "did you mean"),
        (["query", "--select", "tasks["], "expected a number in [ ]"),
        (["query", "--group-by", "nothing"], "unknown field"),
        (["query", "--group-by", "id", "--sort", "title"], "groups are sorted by id or count"),
        (["query", "--group-by", "id", "--select", "title"], "columns of their own"),
        (["query", "--count", "--select", "title"], "columns of their own"),
        (["query", "--count", "--format", "paths"], "prints one column"),
        (["query", "--select", "id,title", "--format", "paths"], "prints one column"),
        (["query", "--limit", "x"], "--limit"),
        (["query", "--limit", "-1"], "--limit"),
        (["query", "--limit", "9" * 30], "--limit"),
        (["query", "--limit", "9" * 5000], "--limit"),
        (["query", "--since", "soon"], "--since takes a date"),
        (["query", "--since", "2026-02-30"], "--since takes a date"),
        (["query", "--until", "2026-01-01 or true"], "--until takes a date"),
        (["query", "--today", "20260101"], "--today takes a date"),
        (["query", "--format", "xml"], "--format must be one of"),
        (["query", "--on-error", "cry"], "--on-error must be one of"),
        (["query", "--from", "everything"], "--from must be one of"),
        (["query", "--colour"], "No such option"),
        (["tasks", "--from", "logs"], "No such option"),
        (["search", ""], "no word to search for"),
        (["search", '"open'], "a quote that is not closed"),
        (["search", "token", "--in", "nowhere"], "cannot search in nowhere"),
        (["search", "token", "--where", "nothing=1"], "unknown field"),
        (["search", "token", "--format", "xml"], "--format must be one of"),
        (["why", "a.py", "--format", "xml"], "--format must be one of"),
        (["why", ""], "there is no path to ask about"),
        (["why", "./"], "there is no path to ask about"),
        (["open", "--since", "soon"], "--since takes a date"),
        (["fields", "nonsense"], "unknown field"),
        (["fields", "--format", "paths"], "--format must be one of"),
        (["lineage", "1f0c9a2e", "--format", "svg"], "--format must be one of"),
        (["root_causes"], "try akislog query --from root_causes"),
        (["command"], "try akislog query --from commands"),
        (["task"], "tasks"),
        (["gotcha"], "gotchas"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_refused_before_anything_is_read(tmp_path: Path, arguments: list[str], said: str) -> None:
    folder = tmp_path / "log" / "workflow"
    folder.mkdir(parents=True)
    (folder / "broken.md").write_text("---\na: [\n---\n", "utf-8")  # would be told if it were read
    done = akislog(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "broken" not in done.stderr


def test_a_wrong_query_is_shown_with_its_place(shop: Path) -> None:
    done = akislog(shop, "query", "complexity=medium and sesion.domain=x")
    *_, text, carets = done.stderr.splitlines()
    assert text[carets.index("^") : carets.rindex("^") + 1] == "sesion.domain"


@pytest.mark.parametrize("command", ["query", "tasks", "open", "fields", "search x", "why x", "lineage x"])
def test_no_folder_and_no_logs(tmp_path: Path, command: str) -> None:
    done = akislog(tmp_path, *command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no folder" in done.stderr
    assert "--dir" in done.stderr
    empty = tmp_path / "log" / "workflow"
    empty.mkdir(parents=True)
    done = akislog(tmp_path, *command.split())
    assert done.returncode == (1 if command.startswith("lineage") else 0)
    assert len(done.stdout.splitlines()) < 2 or command == "fields"


# --- files that cannot be read ----------------------------------------------------------------------------------------


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A project in which two of three files cannot be read."""
    folder = tmp_path / "log" / "workflow"
    folder.mkdir(parents=True)
    (folder / "a.md").write_bytes(b"---\nsession: {id: \xff}\n---\n")
    (folder / "b.md").write_text('---\nsession: {id: "b", date: "2026-01-10"}\ntasks: [{id: t1, status: done}]\n---\n')
    (folder / "c.md").write_text("---\nsession:\n  id: [\n---\n")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [["query", "--select", "id"], ["tasks", "--select", "id"], ["search", "done", "--where", "id=b"], ["why", "a.py"],
     ["open"], ["fields"], ["lineage", "b"], ["sql", "select id from logs"], ["query", "--count"],
     ["query", "--group-by", "id"]],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_read_is_told(torn: Path, arguments: list[str]) -> None:
    warned = akislog(torn, *arguments)
    assert warned.returncode == 3
    assert "2 files could not be read" in warned.stderr
    assert "a.md" in warned.stderr
    assert "c.md:" in warned.stderr
    skipped = akislog(torn, *arguments, "--on-error", "skip")
    assert (skipped.returncode, skipped.stdout) == (0, warned.stdout)
    assert "2 files could not be read" in skipped.stderr
    failed = akislog(torn, *arguments, "--on-error", "fail")
    assert (failed.returncode, failed.stdout) == (3, "")
    assert "a.md" in failed.stderr


def test_the_rest_is_answered(torn: Path) -> None:
    assert akislog(torn, "query", "--select", "id", "--format", "tsv").stdout == "id\nb\n"


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_findings_are_those_of_check(torn: Path, shop: Path) -> None:
    for place in (torn, shop):
        checked = json.loads(akislog(place, "check", "--format", "json").stdout)["findings"]
        keys = ("code", "severity", "path", "line", "column", "message")
        done = akislog(place, "query", "--from", "findings", "--select", ",".join(keys), "--format", "json")
        found = [tuple(one.values()) for one in json.loads(done.stdout)]
        assert found == [tuple(one.get(key) for key in keys) for one in checked]
        assert found


def test_findings_know_their_log(shop: Path) -> None:
    [row] = asked(shop, "query", "--from", "findings", "code=AKL212", "--select", "session.title,line")
    assert row == {"session.title": "Rotate mail keys", "line": 34}


def test_groups_and_counts(shop: Path) -> None:
    groups = asked(shop, "query", "--group-by", "session.domain", "--sort", "-count,session.domain", "--limit", "2")
    assert groups == [
        {"session.domain": "backend_only", "count": 3},
        {"session.domain": "documentation", "count": 2},
    ]
    assert asked(shop, "query", "--count") == [{"count": 10}]
    assert asked(shop, "query", "--count", "--limit", "3") == [{"count": 10}]
    both = asked(shop, "query", "--group-by", "session.outcome", "--count")
    assert sum(one["count"] for one in both) == 10


def test_sorting_and_limits(shop: Path) -> None:
    found = asked(shop, "query", "--sort", "-session.duration_minutes,id", "--select", "id,duration", "--limit", "3")
    lengths = [one["duration"] for one in found]
    assert lengths == sorted(lengths, reverse=True)
    assert len(found) == 3
    assert len(asked(shop, "query", "--limit", "0")) == 10


def test_since_and_until(shop: Path) -> None:
    within = ["--since", "2026-03-09", "--until", "2026-03-11", "--utc"]
    days = [one["session.date"] for one in asked(shop, "query", *within)]
    assert days == ["2026-03-09", "2026-03-10", "2026-03-11"]
    recent = asked(shop, "delegations", "--since", "-7d", "--today", "2026-03-12", "--utc", "--select", "session.date")
    assert {one["session.date"] for one in recent} == {"2026-03-06"}


def test_the_shorthands_are_queries(shop: Path) -> None:
    for source in ("tasks", "gotchas", "delegations", "files"):
        assert asked(shop, source) == asked(shop, "query", "--from", source) != []


def test_paths_are_of_logs_or_of_a_column(shop: Path) -> None:
    done = akislog(shop, "gotchas", "--format", "paths")
    assert all(Path(shop, line).is_file() for line in done.stdout.splitlines())
    done = akislog(shop, "query", "--select", "files.modified.path", "--format", "paths")
    assert "app/api/auth.py" in done.stdout.splitlines()


def test_people_see_their_own_time_and_programs_utc(shop: Path) -> None:
    arguments = ["query", "id~1f0c9a2e", "--select", "session.started_at"]
    assert akislog(shop, *arguments, "--format", "table", TZ="JST-9").stdout.split() == [
        "STARTED_AT", "2026-03-02", "22:05:10",
    ]  # fmt: skip
    assert "2026-03-02 13:05:10" in akislog(shop, *arguments, "--format", "table", "--utc", TZ="JST-9").stdout
    assert akislog(shop, *arguments, TZ="JST-9").stdout == "session.started_at\n2026-03-02T13:05:10Z\n"


def test_explaining_reads_nothing(torn: Path) -> None:
    done = akislog(torn, "query", "status=failed", "--from", "tasks", "--explain-query", "--sort", "-id")
    assert (done.returncode, done.stderr) == (0, "")
    assert dict(line.split(None, 1) for line in done.stdout.splitlines())["sort"] == "-id"


# --- fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["logs", "tasks", "files"])
def test_every_field_can_be_asked_and_is_counted(shop: Path, source: str) -> None:
    for line in asked(shop, "fields", source)[::7]:
        number = asked(shop, "query", "--from", source, f"{line['field']} exists", "--count")
        assert number == [{"count": line["present"]}], line


def test_keys_that_no_schema_knows_are_fields_too(tmp_path: Path) -> None:
    folder = tmp_path / "log" / "workflow"
    folder.mkdir(parents=True)
    text = '---\nsession: {id: "b", mood: "good"}\ncustom: [1, 2]\ntasks: [{id: t1, status: done, points: 3}]\n---\n'
    (folder / "b.md").write_text(text)
    found = {one["field"]: one["values"] for one in asked(tmp_path, "fields")}
    assert (found["extra.custom"], found["extra.session.mood"]) == ([1, 2], ["good"])
    assert asked(tmp_path, "query", "extra.session.mood=good and extra.custom=2", "--count") == [{"count": 1}]
    assert {one["field"]: one["values"] for one in asked(tmp_path, "fields", "tasks")}["extra.points"] == [3]


def test_fields_of_a_beginning(shop: Path) -> None:
    names = [one["field"] for one in asked(shop, "fields", "session.d")]
    assert names == ["session.date", "session.domain", "session.duration_minutes"]
