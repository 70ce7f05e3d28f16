"""``akislog lineage``, ``why`` and ``open`` as they are typed: addresses of every kind, ids that repeat, odd ids."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import akislog as library
from akislog import resources
from akislog.core.rows import log_id
from akislog.store.documents import NoSuchLog
from tests.cli.command import akislog


def log_text(session_id: str, title: str = "T", more: str = "", tasks: str = '[{id: "t1", status: "done"}]') -> str:
    session = f'{{id: {json.dumps(session_id)}, title: "{title}", date: "2026-01-10"{more}}}'
    return f"---\nsession: {session}\ntasks: {tasks}\n---\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / ".akislog.toml").touch()
    shutil.copytree(resources.example_logs(), tmp_path / "log" / "workflow")
    return tmp_path


def test_an_address_may_be_an_id_its_end_or_a_path(shop: Path) -> None:
    path = next((shop / "log" / "workflow").glob("*_1f0c9a2e.md"))
    names = [path.stem, "1f0c9a2e", "1F0C9A2E", str(path.relative_to(shop))]
    told = {akislog(shop, "lineage", f"{name}#t2").stdout for name in names}
    assert len(told) == 1
    assert "> " in told.pop()


def test_a_task_or_session_that_is_not_there(shop: Path) -> None:
    for address, said in (
        ("00000000", "no log has the id '00000000'"),
        ("1f0c9a2e#t9", "has no task 't9'; its tasks are: t1, t2"),
        ("#t1", "no log has the id"),
        ("", "no log has the id"),
        ("../../etc/passwd", "no log has the id"),
    ):
        done = akislog(shop, "lineage", address)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


def test_an_id_that_repeats_is_not_chosen_in_silence(shop: Path) -> None:
    logs = shop / "log" / "workflow"
    (logs / "one.md").write_text(log_text("twin"))
    (logs / "two.md").write_text(log_text("twin"))
    (logs / "three.md").write_text(log_text("child", more=', parent: "twin#t1"'))
    for command in ("lineage", "show"):
        done = akislog(shop, command, "twin")
        assert (done.returncode, done.stdout) == (1, "")
        assert "2 logs answer to 'twin'" in done.stderr
        assert all(f"log/workflow/{name}.md" in done.stderr for name in ("one", "two"))
    done = akislog(shop, "lineage", "log/workflow/two.md#t1")
    assert done.returncode == 0
    assert "note: 2 logs have the id twin; links to it lead to the first of them" in done.stderr
    done = akislog(shop, "lineage", "child")
    assert done.returncode == 0
    assert "note: 2 logs have the id twin" in done.stderr


ODD = ["", "a#b", "a b", "x" * 200, "ünïcode", "-e", "a/b", "=1+1", "id\n", "\u202eevil", "T1", "t1", "…"]


def test_odd_ids_have_a_lineage_each(tmp_path: Path) -> None:
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    for number, odd in enumerate(ODD):
        tasks = json.dumps([{"id": odd, "status": "done"}, {"id": f"{odd}x", "parent_task_id": odd}])
        (logs / f"{number}.md").write_text(log_text(odd, tasks=tasks), "utf-8")
    corpus = library.Corpus(logs)
    for log in corpus:
        by_path = corpus.lineage(str(log.path))
        assert by_path.chain[-1].address == log_id(log)
        for task in log.tasks:
            if task.id:
                found = corpus.lineage(f"{log.path}#{task.id}")
                assert found.chain[-1].address == f"{log_id(log)}#{task.id}"
    done = akislog(tmp_path, "lineage", "--", "-e")
    assert done.returncode == 0
    done = akislog(tmp_path, "lineage", "a#b")
    assert (done.returncode, done.stdout[:1]) == (0, ">")


def test_circles_end(tmp_path: Path) -> None:
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    (logs / "a.md").write_text(log_text("aaa", more=', continues: ["bbb"]'))
    (logs / "b.md").write_text(log_text("bbb", more=', continues: ["aaa"], parent: "bbb#t1"'))
    for form in ("tree", "mermaid", "dot", "json"):
        assert akislog(tmp_path, "lineage", "aaa", "--format", form).returncode == 0


def test_json_is_a_list_of_nodes(shop: Path) -> None:
    nodes = json.loads(akislog(shop, "lineage", "1f0c9a2e#t2", "--format", "json").stdout)
    assert [node["level"] for node in nodes] == [0, 1, 2, 3, 4]
    assert [node["asked"] for node in nodes] == [False, False, False, True, False]


def test_the_library_answers_the_same(shop: Path) -> None:
    corpus = library.Corpus(shop / "log" / "workflow")
    found = corpus.lineage("1f0c9a2e#t2")
    assert [node.title for node in found.chain][-1] == "Keep refresh tokens"
    with pytest.raises(NoSuchLog, match="no log has the id"):
        corpus.lineage("nothing")


def test_why_and_open_in_every_form(shop: Path) -> None:
    for command in (["why", "payments.py"], ["open"]):
        rows = json.loads(akislog(shop, *command, "--format", "json").stdout)
        assert len(rows) == 2
        paths = akislog(shop, *command, "--format", "paths").stdout.splitlines()
        assert paths == list(dict.fromkeys(row["path"] for row in rows))
        assert len(akislog(shop, *command, "--limit", "1").stdout.splitlines()) == 2
    assert akislog(shop, "why", "nothing.rs", "--format", "json").stdout == "[]\n"
    assert akislog(shop, "why", "nothing.rs", "-e").returncode == 1
    assert akislog(shop, "open", "--since", "2027-01-01", "-e").returncode == 1


def test_why_takes_paths_from_the_root_and_from_above(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As tools hand them over; logs name files from the project's root."""
    api, logs, elsewhere = shop / "app" / "api", str(shop / "log" / "workflow"), tmp_path_factory.mktemp("elsewhere")
    api.mkdir(parents=True)

    def addresses(place: Path, *arguments: str) -> list[str]:
        return [row["address"] for row in json.loads(akislog(place, "why", *arguments, "--format", "json").stdout)]

    expected = addresses(shop, "app/api/payments.py")
    assert len(expected) == 2
    for path in (str(api / "payments.py"), f"{api}/other/../payments.py", "app/other/../api/payments.py"):
        assert addresses(shop, path) == expected, path
    assert addresses(api, "../api/payments.py") == expected
    assert addresses(elsewhere, str(api / "payments.py"), "--dir", logs) == expected
    assert addresses(shop, str(elsewhere / "payments.py")) == []
    for path in (str(shop), f"{shop}/", "../.."):
        done = akislog(api, "why", path)
        assert (done.returncode, "there is no path to ask about" in done.stderr) == (2, True)


def test_work_left_open_is_closed_by_a_later_log(shop: Path) -> None:
    assert "2 still open, 0 closed later" in akislog(shop, "open").stderr
    before = next((shop / "log" / "workflow").glob("*_c0a1e5ce.md")).stem
    text = log_text("2026-04-01_090000_go-on_11111111", more=f', continues: ["{before}"]')
    (shop / "log" / "workflow" / "later.md").write_text(text.replace("2026-01-10", "2026-04-01"))
    rows = json.loads(akislog(shop, "open", "--format", "json").stdout)
    closed = {row["address"][-11:]: (row["closed_by"], row["how"]) for row in rows}
    assert closed["c0a1e5ce#t1"] == ("2026-04-01_090000_go-on_11111111#t1", "continued")
    assert len(json.loads(akislog(shop, "open", "--still", "--format", "json").stdout)) == 1
