"""The rules about logs beside each other and beside git's history."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.corpus import Facts, facts_of, not_in_commit
from akislog.checks.reading import Reading
from akislog.checks.registry import CORPUS_RULES, GIT_RULES
from akislog.store.checking import check_history
from akislog.text.document import render
from tests.checks.records import SESSION_ID, delegation, record, task
from tests.checks.test_log_rules import of_kind, tangled

FIRST = "2026-03-03_150000_design-the-limits_77AA01bb"


def facts(path: str, **sections: Any) -> Facts:
    return facts_of(Reading(record(**sections), path))


def found(*logs: Facts) -> list[tuple[str, str, str]]:
    return [(rule.code, path, problem.pointer) for rule in CORPUS_RULES for path, problem in rule.function(logs)]


def session(path: str, name: str, **fields: Any) -> Facts:
    return facts(path, session={"id": name, **fields})


def test_facts() -> None:
    files = {"created": [{"path": "a.py"}], "modified": [{"path": "b.py"}], "deleted": [{"path": "c.py"}]}
    one = facts("x.md", tasks=[task("t1"), task("t2")], delegations=[delegation("d1", "t1", session="s")], files=files)
    assert one == Facts(
        "x.md",
        SESSION_ID,
        "t1\nt2",
        "created/0 a.py\nmodified/0 b.py\ndeleted/0 c.py",
        delegated=(("/delegations/0", "s"),),
    )


@given(of_kind("record") | tangled)
def test_no_shape_makes_a_rule_fail(made: Any) -> None:
    one = facts_of(Reading(made, "x.md"))
    found(one, one._replace(path="y.md"))
    for rule in GIT_RULES:
        for names in (None, frozenset({"a"})):
            assert all(problem.message for problem in rule.function(one, names))


@pytest.mark.parametrize(
    ("address", "known"),
    [
        (FIRST, True),
        (FIRST.upper(), True),
        ("77aa01bb", True),
        ("77AA01BB", True),
        (f"{FIRST}#t1", True),
        ("77aa01bb#t1", True),
        ("77aa01bb#t9", False),
        ("77aa01b", False),
        ("design-the-limits", False),
        ("#t1", False),
    ],
)
def test_what_a_log_answers_to(address: str, known: bool) -> None:
    for field, code in (("continues", "AKL302"), ("parent", "AKL303")):
        value = [address] if field == "continues" else address
        place = "/session/continues/0" if field == "continues" else "/session/parent"
        expected = [] if known else [(code, "b.md", place)]
        assert found(session("a.md", FIRST), session("b.md", SESSION_ID, **{field: value})) == expected
    handed = facts("b.md", delegations=[delegation("d1", "t1", session=address)])
    expected = [] if known else [("AKL304", "b.md", "/delegations/0/session")]
    assert found(session("a.md", FIRST), handed) == expected


def test_a_task_of_one_of_two_logs_of_an_id() -> None:
    logs = [session("a.md", FIRST), facts("b.md", session={"id": FIRST.lower()}, tasks=[task("t7")])]
    assert found(*logs, session("c.md", SESSION_ID, parent=f"{FIRST}#t7")) == [("AKL301", "b.md", "/session/id")]


def test_a_near_miss_is_named() -> None:
    (problem,) = (
        one
        for rule in CORPUS_RULES
        for _, one in rule.function([session("a.md", FIRST), session("b.md", SESSION_ID, parent=FIRST[:-1] + "c")])
    )
    assert problem.hint == f'did you mean "{FIRST.lower()}"?'


def test_many_logs_end() -> None:
    logs = [session(f"{n}.md", f"s{n // 2}", continues=[f"x{n}"], parent=f"s{n}#t9") for n in range(20_000)]
    counts = [sum(1 for _ in rule.function(logs)) for rule in CORPUS_RULES]
    assert counts == [10_000, 20_000, 20_000, 0]


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("src/a.py", True),
        ("./src/a.py", True),
        ("src/b.py", False),
        ("~/notes.md", True),
        ("<outside>/x.py", True),
        ("/etc/hosts", True),
        ("../x.py", True),
        ("two words.py", False),
    ],
)
def test_what_must_be_in_the_commit(path: str, there: bool) -> None:
    one = facts("x.md", files={"modified": [{"path": path}]})
    pointers = [problem.pointer for problem in not_in_commit(one, {"src/a.py"})]
    assert pointers == ([] if there else ["/files/modified/0/path"])


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_in_a_real_repository(tmp_path: Path) -> None:
    logs = tmp_path / "log" / "workflow"
    logs.mkdir(parents=True)
    git(tmp_path, "init", "-q")
    good, bad, new = (
        "2026-03-04_101500_good_00000001",
        "2026-03-04_111500_bad_00000002",
        "2026-03-04_121500_n_00000003",
    )
    for name, path in ((good, "src/parse.py"), (bad, "src/other.py"), (new, "src/parse.py")):
        files = {"modified": [{"path": path, "type": "py", "domain": "src"}], "types": {"py": 1}}
        (logs / f"{name}.md").write_text(render(record(session={"id": name}, files=files)), "utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "parse.py").write_text("limits = 64\n", "utf-8")
    git(tmp_path, "add", "src", f"log/workflow/{good}.md", f"log/workflow/{bad}.md")
    git(tmp_path, "commit", "-q", "-m", "limits")
    listed = [
        facts(str(logs / f"{name}.md"), session={"id": name}, files={"modified": [{"path": path}]})
        for name, path in ((good, "src/parse.py"), (bad, "src/other.py"), (new, "src/parse.py"))
    ]
    told = check_history(listed, tmp_path)
    assert [(one.code, one.severity, Path(one.path or "").stem, one.line) for one in told] == [
        ("AKL305", "warning", bad, told[0].line),
        ("AKL306", "note", new, 1),
    ]
    line = (logs / f"{bad}.md").read_text("utf-8").splitlines()[(told[0].line or 0) - 1]
    assert line[(told[0].column or 0) - 1 :].startswith('"src/other.py"')


def test_without_a_repository_the_history_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(render(record()), "utf-8")
    assert {one.code for one in check_history([facts(str(path))], tmp_path)} == {"AKL306"}


@given(st.lists(st.sampled_from(["s1", "S1", "s2", ""]), max_size=6))
def test_an_id_is_told_once_for_every_log_after_the_first(names: list[str]) -> None:
    logs = [Facts(f"{number}.md", name) for number, name in enumerate(names)]
    known = [name.lower() for name in names if name]
    assert len(found(*logs)) == len(known) - len(set(known))
