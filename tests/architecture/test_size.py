"""A module is one idea: under 400 lines, and no function over 60."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.children import CHECKOUT

MODULES = sorted((CHECKOUT / "akislog").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_a_module_is_one_idea(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it means"
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 60
    ]
    assert long == []
