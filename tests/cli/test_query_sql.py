"""``akislog sql``: statements that read are answered, all others are refused before anything is read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import akislog as library
from akislog import resources
from akislog.errors import QueryError, UsageError
from tests.cli.command import akislog


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / ".akislog.toml").touch()
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    return folder


@pytest.mark.parametrize(
    ("statement", "query"),
    [
        ("select count(*) as count from logs", ["query", "--count"]),
        ("select id from logs order by path", ["query", "--select", "id"]),
        ("select count(*) as count from tasks where status = 'failed'", ["tasks", "status=failed", "--count"]),
        (
            "select agent, count(*) as count from delegations group by agent order by agent",
            ["delegations", "--group-by", "agent"],
        ),
        ("select started_at from logs order by path", ["query", "--select", "started_at"]),
    ],
)  # fmt: skip
def test_the_same_as_the_query(shop: Path, statement: str, query: list[str]) -> None:
    found = json.loads(akislog(shop, "sql", statement, "--format", "json").stdout)
    assert found == json.loads(akislog(shop, *query, "--format", "json").stdout) != []


def test_forms_limits_and_columns(shop: Path) -> None:
    assert akislog(shop, "sql", "select 1 a, 2 a, null b").stdout == "a\ta_2\tb\n1\t2\t\n"
    assert akislog(shop, "sql", "select id from logs", "--limit", "2", "--format", "json").stdout.count('"id"') == 2
    assert akislog(shop, "sql", "select id from logs where 0", "--format", "json").stdout == "[]\n"
    paths = akislog(shop, "sql", "select id, path from logs order by path", "--format", "paths").stdout.splitlines()
    assert paths == [path.name for path in sorted((shop / "log" / "workflow").glob("*.md"))]
    assert akislog(shop, "sql", "/* all of them */ select count(*) from logs;").returncode == 0


def test_the_tables(shop: Path) -> None:
    done = akislog(shop, "sql", "--schema")
    tables = {line.partition(":")[0] for line in done.stdout.splitlines() if line[0] != " "}
    assert {"logs", "tasks", "delegations", "gotchas", "root_causes", "files", "commands", "errors"} <= tables
    corpus = library.Corpus(shop / "log" / "workflow")
    for table in tables - {"words"}:
        [counted] = corpus.sql(f"select count(*) as n from {table}").rows
        assert counted["n"] >= 0


REFUSED = [
    "", "   ", "selct 1", "select", "select 1; select 2", "select 1; drop table logs", "drop table logs",
    "delete from logs", "update logs set path = ''", "insert into logs (path) values ('x')",
    "replace into meta values (1, 2)", "create table x (y)", "create temp table x (y)", "create view x as select 1",
    "create trigger x after insert on logs begin select 1; end",
    "alter table logs rename to x", "attach 'x.db' as x", "attach database '/etc/passwd' as x", "detach main",
    "pragma user_version = 3", "pragma writable_schema = on", "pragma table_info(logs)", "vacuum", "vacuum into 'x.db'",
    "reindex", "analyze", "begin", "commit", "savepoint x", "explain select 1", "explain query plan select 1",
    "select load_extension('x')", "select load_extension('x', 'y')", "select readfile('/etc/passwd')",
    "select writefile('x', 'y')", "select randomblob(100)", "select zeroblob(1000000000)", "select fts5(1)",
    "select edit('x')", "select * from pragma_database_list", "select * from nothing", "select nothing from logs",
    "with x as (select 1) delete from logs", "with x as (select 1) insert into logs select * from x",
    "select 1 \x01", "select '", "select \"", "/*", "--", "values", "select * from logs where path = 'x' union delete",
    "select sqlite_compileoption_get(1)", "select total_changes(), changes()", "select printf('%.*c', 1000000000, 'x')",
]  # fmt: skip


def test_the_list_of_what_is_refused(shop: Path) -> None:
    """In one process, since there are many; the command says what the library says."""
    corpus = library.Corpus(shop / "log" / "workflow")
    before = sorted(path.name for path in shop.rglob("*"))
    for statement in REFUSED:
        with pytest.raises(QueryError, match="SQL: "):
            list(corpus.sql(statement).rows)
    assert sorted(path.name for path in shop.rglob("*")) == before


@pytest.mark.parametrize("statement", ["", "selct", "delete from logs", "attach 'x.db' as x", "select 1; select 2"])
def test_the_command_refuses(tmp_path: Path, statement: str) -> None:
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    (logs / "broken.md").write_text("---\na: [\n---\n")
    done = akislog(tmp_path, "sql", statement)
    assert (done.returncode, done.stdout) == (2, "")
    assert "broken" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "with recursive a (x) as (select 1 union all select x + 1 from a) select count(*) from a",
        "with recursive a (x) as (select 1 union all select x + 1 from a) select x from a where x < 0",
        "select count(*) from tasks a, tasks b, tasks c, tasks d, tasks e, tasks f, tasks g",
        "select a.id from tasks a, tasks b, tasks c, tasks d, tasks e, tasks f order by a.id || b.id || f.id",
    ],
)
def test_what_takes_too_long_is_ended(shop: Path, statement: str) -> None:
    corpus = library.Corpus(shop / "log" / "workflow")
    with pytest.raises(QueryError, match=r"takes more than 0\.2 seconds"):
        list(corpus.sql(statement, seconds=0.2).rows)


def test_what_grows_too_large_is_ended(shop: Path) -> None:
    corpus = library.Corpus(shop / "log" / "workflow")
    growing = "with recursive a (x, n) as (select 'x', 1 union all select x || x, n + 1 from a where n < 40)"
    with pytest.raises(QueryError, match="SQL: "):
        list(corpus.sql(f"{growing} select max(length(x)) from a").rows)


def test_one_folder(shop: Path) -> None:
    folder = shop / "log" / "workflow"
    with pytest.raises(UsageError, match="one folder"):
        library.Corpus(folder, folder).sql("select 1")


def test_rows_are_read_as_they_are_asked_for(shop: Path) -> None:
    answer = library.Corpus(shop / "log" / "workflow").sql("select id, date from logs order by date")
    assert answer.columns == ("id", "date")
    assert next(answer.rows)["date"] == "2026-03-02"
    assert len(list(answer.rows)) == 9
