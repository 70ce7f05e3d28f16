"""What tool calls did, by the names and arguments of several agents."""

from __future__ import annotations

from typing import Any

import pytest

from akislog.exchange.shared import toolcalls
from akislog.exchange.shared.patches import Change
from akislog.exchange.shared.toolcalls import Handover, Item


@pytest.mark.parametrize(
    ("name", "args", "line"),
    [
        ("Bash", {"command": " ls -l "}, "ls -l"),
        ("functions.shell", {"command": ["bash", "-lc", "make it"]}, "make it"),
        ("exec_command", {"cmd": "pwd"}, "pwd"),
        ("bash_command", {"keystrokes": "vim\n"}, "vim"),
        ("execute_bash", {"command": "C-c", "is_input": "true"}, ""),
        ("Bash", {"command": 3}, ""),
        ("read_file", {"command": "ls"}, ""),
    ],
)
def test_commands(name: str, args: dict[str, Any], line: str) -> None:
    assert toolcalls.command(name, args) == line


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("Output: x\nExit Code: 3\nSignal: 0", 3),
        ("Exit code: 0\nWall time: 1 seconds", 0),
        ("Process exited with code 12", 12),
        ("done\n[The command completed with exit code 1.]", 1),
        ("Output: a\\nExit Code: 4\\n", 4),
        ("Exit Code: 1\nit was\nExit Code: 2", 2),
        ("Exit Code: 6\n" + "x" * 5000, 6),
        ("x" * 5000 + "\nExit Code: 7", 7),
        ("its Exit Code: 5 was told", None),
        ("", None),
    ],
)
def test_exit_codes(result: str, code: int | None) -> None:
    assert toolcalls.exit_code(result) == code


@pytest.mark.parametrize(
    ("name", "args", "result", "changes"),
    [
        ("Write", {"file_path": "a", "content": "x\ny"}, "File created", [Change("a", "created", 2, 0)]),
        ("Write", {"file_path": "a", "content": "x\ny"}, "File updated", [Change("a", "modified")]),
        ("Edit", {"file_path": "a", "old_string": "x", "new_string": "y\nz"}, "", [Change("a", "modified", 2, 1)]),
        (
            "MultiEdit",
            {"file_path": "a", "edits": [{"old_string": "x", "new_string": "y"}, {"old_string": "k\n"}]},
            "",
            [Change("a", "modified", 1, 2)],
        ),
        (
            "multi_replace_string_in_file",
            {"replacements": [{"filePath": "a", "oldString": "x", "newString": "y"}, {"filePath": ""}]},
            "",
            [Change("a", "modified", 1, 1)],
        ),
        ("NotebookEdit", {"notebook_path": "n.ipynb"}, "", [Change("n.ipynb", "modified")]),
        ("str_replace_editor", {"command": "view", "path": "a"}, "", []),
        (
            "str_replace_editor",
            {"command": "insert", "path": "a", "new_str": "x\n"},
            "",
            [Change("a", "modified", 1, 0)],
        ),
        ("apply_patch", {"input": "*** Add File: n\n+1\n"}, "", [Change("n", "created", 1, 0)]),
        ("Write", {"file_path": 7}, "", []),
        ("unknown", {"file_path": "a"}, "", []),
    ],
)
def test_edits(name: str, args: dict[str, Any], result: str, changes: list[Change]) -> None:
    assert toolcalls.edits(name, args, result) == changes


@pytest.mark.parametrize(
    ("name", "args", "items"),
    [
        ("TodoWrite", {"todos": [{"content": "a", "status": "pending"}]}, [Item("", "a", "pending")]),
        ("update_plan", {"plan": [{"step": "b", "status": "completed"}, {"step": 1}]}, [Item("", "b", "completed")]),
        ("task_tracker", {"command": "plan", "task_list": [{"id": "x", "title": "c"}]}, [Item("x", "c", "")]),
        ("manage_todo_list", {"todoList": [{"id": 3, "title": "d", "description": "e"}]}, [Item("3", "d", "")]),
        ("task_tracker", {"command": "view"}, None),
        ("Bash", {"todos": []}, None),
    ],
)
def test_todos(name: str, args: dict[str, Any], items: list[Item] | None) -> None:
    assert toolcalls.todos(name, args) == items


def test_handovers() -> None:
    args = {"description": "d", "prompt": "p", "subagent_type": "s"}
    assert toolcalls.handover("Task", args) == Handover("s", "d", "p")
    assert toolcalls.handover("runSubagent", {"prompt": "p", "agentName": "m"}) == Handover("m", "", "p")
    assert toolcalls.handover("Bash", args) is None
