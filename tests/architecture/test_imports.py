"""Who may import whom, read from the sources, and what importing starts: nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.children import CHECKOUT, environment

PACKAGE = CHECKOUT / "akislog"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each layer, and the layers it may import besides itself.
BASE = {"errors", "resources"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "resources": {"errors"},
    "core": BASE,
    "text": {*BASE, "core"},
    "checks": {*BASE, "core", "text"},
    "store": {*BASE, "core", "text", "checks"},
    "exchange": {*BASE, "core", "text"},
    "report": {*BASE, "core"},
}
EDGE = {*BASE, "core", "text", "checks", "store", "exchange", "report"}
ALLOWED |= {
    "api": EDGE,
    "hosts": {*EDGE, "api"},
    "cli": {*EDGE, "api", "hosts"},
    "__main__": {*EDGE, "api", "hosts", "cli"},
    "__init__": set(),
}
# Modules that some systems do not have, and the only modules that may import them.
PLATFORM: dict[str, set[str]] = {
    "fcntl": {"akislog.store.locks", "akislog.store.placing"},
    "msvcrt": {"akislog.store.locks"},
    "ctypes": {"akislog.store.placing"},
    "resource": {"akislog.store.checking"},
    **{name: set() for name in ("termios", "tty", "pwd", "grp", "syslog", "winreg", "_winapi", "winsound")},
}
HEAVY = {"yaml", "jinja2", "jsonschema", "jsonschema_rs", "typer", "frontmatter", "ruamel", "tomli", "tomllib"}
HEAVY |= {"msgspec"}


def name_of(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


# What is heavy is imported inside functions, or at the top of the modules that are about it.
ABOUT = {
    "yaml": {"akislog.text.positioned"},
    "frontmatter": {"akislog.exchange.python_frontmatter"},
    "typer": {name_of(path) for path in MODULES if layer(name_of(path)) == "cli"},  # dispatched to by __main__
}


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Every module that is imported, wherever it stands: its name, its line, whether at the top for real."""

    def walk(node: ast.AST, late: bool) -> Iterator[tuple[str, int, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, child.lineno, late) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno}: a relative import"
                assert child.module is not None
                for alias in child.names:
                    below = f"{child.module}.{alias.name}"
                    yield (below if exists(below) else child.module), child.lineno, late
            only_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            inner = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from walk(child, late or inner or only_for_types)

    yield from walk(ast.parse(path.read_text("utf-8")), False)


def exists(module: str) -> bool:
    place = CHECKOUT.joinpath(*module.split("."))
    return module.startswith("akislog") and (place.with_suffix(".py").exists() or (place / "__init__.py").exists())


def for_types(path: Path) -> set[int]:
    """The lines of imports that are only there for type checkers."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def test_every_package_has_a_layer() -> None:
    assert len(MODULES) > 60
    assert {layer(name_of(path)) for path in MODULES} <= set(ALLOWED)
    assert "akislog.text.document" in [name for name, _, _ in imports(PACKAGE / "store" / "writer.py")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    own = layer(name_of(path))
    typing_only = for_types(path) if own in ("__init__", "errors") else set()
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{line}: {own} imports {module}"
        for module, line, _ in imports(path)
        if module.split(".")[0] == "akislog"
        and module != "akislog"
        and line not in typing_only
        and layer(module) not in {own, *ALLOWED[own]}
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_of_one_system_stay_where_they_are_needed(path: Path) -> None:
    own = name_of(path)
    wrong = [
        f"{module} in line {line}"
        for module, line, _ in imports(path)
        if module.split(".")[0] in PLATFORM and own not in PLATFORM[module.split(".")[0]]
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_heavy_is_late(path: Path) -> None:
    own = name_of(path)
    wrong = [
        f"{module} in line {line}"
        for module, line, late in imports(path)
        if (top := module.split(".")[0]) in HEAVY and not late and own not in ABOUT.get(top, set())
    ]
    assert wrong == []


@pytest.mark.parametrize("path", [path for path in MODULES if layer(name_of(path)) == "core"], ids=name_of)
def test_the_core_knows_no_disk_clock_environment_or_chance(path: Path) -> None:
    known = {"os", "sys", "io", "tempfile", "shutil", "subprocess", "time", "random", "secrets", "uuid", "socket"}
    assert {module.split(".")[0] for module, _, _ in imports(path)} & {*known, "pathlib"} == set()
    tree = ast.parse(path.read_text("utf-8"))
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls & {"open", "print", "input", "datetime.now", "datetime.utcnow", "date.today"} == set()


@pytest.mark.parametrize(
    "path", [path for path in MODULES if layer(name_of(path)) in ("text", "checks", "exchange", "report")], ids=name_of
)
def test_only_the_store_and_the_edge_touch_the_disk(path: Path) -> None:
    known = {"os", "pathlib", "tempfile", "shutil", "subprocess", "time", "random", "secrets", "uuid", "socket"}
    assert {module.split(".")[0] for module, _, late in imports(path) if not late} & known == set()


def fresh(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment(), cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_importing_akislog_imports_nothing_and_starts_nothing() -> None:
    said = fresh(
        "import sys; before = set(sys.modules)\nimport akislog\n"
        "print(sorted(set(sys.modules) - before - {'__future__'}))\n"
        "import threading; print(threading.active_count())\n"
    )
    assert said == "['akislog']\n1"


def test_the_core_needs_the_standard_library_alone_and_no_dataclasses() -> None:
    loaded = fresh(
        "import sys\nimport akislog.core.session\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        f"{sorted({*HEAVY, 'dataclasses', 'asyncio', 'inspect', 'importlib.metadata'})!r}])"
    )
    assert loaded == "[]"


def test_every_public_name_is_there() -> None:
    import akislog

    for name in akislog.__all__:
        assert getattr(akislog, name) is not None
    assert set(dir(akislog)) == set(akislog.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = akislog.no_such_name
