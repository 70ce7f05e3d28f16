"""Everything that had to do with a file is told, newest first, and nothing else."""

from __future__ import annotations

import pytest

from akislog.core.log import WorkflowLog
from akislog.core.touched import Touch, touches

OLD = WorkflowLog(
    {
        "session": {"id": "s_aaaaaaaa", "date": "2026-01-01", "title": "Sign in"},
        "files": {"created": [{"path": "app/api/auth.py"}], "modified": [{"path": "app/auth.pyc"}]},
        "tasks": [{"id": "t1", "description": "Write the endpoint", "artifacts": ["app/api/auth.py"]}],
        "delegations": [
            {"task_id": "t1", "artifacts": ["app/api/auth.py", "docs/auth.py"], "result": "Endpoint and notes"}
        ],
        "changes": [{"path": "app/api/auth.py", "task": "t1"}],
    },
    path="old.md",
)
NEW = WorkflowLog(
    {
        "session": {"id": "s_bbbbbbbb", "date": "2026-02-01", "title": "Tidy"},
        "files": {"modified": [{"path": "web/auth.py"}], "deleted": [{"path": "app/api/auth.py"}]},
        "gotchas": [{"pattern": "app/api/auth.py caches keys", "solution": "restart"}, {"pattern": "reauth.py is old"}],
        "root_causes": [{"problem": "auth.pyx was built"}, {"problem": "Clock", "solution": "see (auth.py)."}],
        "errors": [{"type": "ImportError", "file": "web/auth.py"}],
    },
    path="new.md",
)


def told(asked: str) -> list[tuple[str, str, str]]:
    return [(one.what, one.address, one.file) for one in touches([OLD, NEW], asked)]


def test_a_name_is_every_file_of_that_name_newest_first() -> None:
    assert told("auth.py") == [
        ("modified", "s_bbbbbbbb", "web/auth.py"),
        ("deleted", "s_bbbbbbbb", "app/api/auth.py"),
        ("error", "s_bbbbbbbb", "web/auth.py"),
        ("gotcha", "s_bbbbbbbb", "auth.py"),
        ("root cause", "s_bbbbbbbb", "auth.py"),
        ("created", "s_aaaaaaaa#t1", "app/api/auth.py"),
        ("returned", "s_aaaaaaaa#t1", "app/api/auth.py"),
        ("returned", "s_aaaaaaaa#t1", "docs/auth.py"),
    ]


def test_a_path_is_that_file() -> None:
    assert {file for what, _, file in told("./app/api/auth.py") if what not in ("gotcha", "root cause")} == {
        "app/api/auth.py"
    }


@pytest.mark.parametrize("asked", ["app", "app/", "app\\api", "app/api/"])
def test_a_folder_is_what_is_in_it(asked: str) -> None:
    assert ("created", "s_aaaaaaaa#t1", "app/api/auth.py") in told(asked)


@pytest.mark.parametrize("asked", ["uth.py", "auth", "", "/", "api/auth", "nothing.py"])
def test_parts_of_names_are_not_meant(asked: str) -> None:
    assert [one for one in told(asked) if one[0] not in ("gotcha", "root cause")] == []


def test_the_text_says_what_it_was_for() -> None:
    found = touches([OLD, NEW], "app/api/auth.py")
    assert found[0] == Touch("2026-02-01", "deleted", "s_bbbbbbbb", "Tidy", "app/api/auth.py", "new.md")
    assert [one.text for one in found if one.path == "old.md"] == ["Write the endpoint", "Write the endpoint"]
