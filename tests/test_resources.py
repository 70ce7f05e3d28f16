"""The files that come with akislog: found in the checkout, and in the wheel exactly once."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from akislog import resources
from akislog.errors import UsageError

ROOT = Path(__file__).parents[1]
KINDS = {"schemas": "*.schema.json", "templates": "*.j2", "log/workflow": "*.md"}


def test_the_schemas() -> None:
    assert {"workflow-log.v1", "session-document.v1"} <= set(resources.schema_names())
    for name in resources.schema_names():
        assert json.loads(resources.schema(name))["$id"].startswith("urn:akislog:")
        assert resources.schema(f"{name}.schema.json") == resources.schema(name)


@pytest.mark.parametrize(("kind", "pattern"), KINDS.items())
def test_every_file_of_a_checkout_is_there(kind: str, pattern: str) -> None:
    files = sorted((ROOT / kind).glob(pattern))
    assert len(resources.names(kind)) == len(files)
    for file in files:
        assert resources.text(kind, file.name) == file.read_text(encoding="utf-8")


def test_the_example_logs_are_a_folder() -> None:
    assert resources.example_logs().is_dir()
    assert resources.example_logs() == ROOT / "log" / "workflow"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("workflow-lag", "'workflow-log.v1'"), ("sesion-document.v1", "'session-document.v1'"), ("zzz", "there are")],
)
def test_an_unknown_name_is_a_usage_error_with_near_misses(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        resources.schema(name)
    assert name in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize("name", ["../pyproject.toml", "/etc/passwd", "", ".", "schemas/workflow-log.v1", "a\0b"])
def test_no_name_leads_elsewhere(name: str) -> None:
    for get in (resources.schema, resources.template):
        with pytest.raises(UsageError):
            get(name)


def test_an_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="schemas"):
        resources.text("schema", "workflow-log.v1")


def test_reading_a_schema_imports_nothing_heavy() -> None:
    program = (
        "import akislog, os; before = set(sys.modules); from akislog import resources; "
        "resources.schema('workflow-log.v1'); print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded == {"akislog"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    for needed in ("build", "hatchling"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_wheel_has_each_file_exactly_once(wheel: zipfile.ZipFile, kind: str) -> None:
    inside = Counter(wheel.namelist())
    files = [path for path in (ROOT / kind).rglob("*") if path.is_file()]
    assert files, f"no files in {kind}"
    for path in files:
        name = f"akislog/data/{kind}/{path.relative_to(ROOT / kind).as_posix()}"
        assert inside[name] == 1
        assert wheel.read(name) == path.read_bytes()
    assert sum(number for name, number in inside.items() if f"/{kind}/" in name) == len(files)


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"akislog"}
    assert "akislog/py.typed" in wheel.namelist()


def test_an_installed_package_reads_its_own_copy(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from akislog import resources; "
        "print(resources.example_logs()); print(resources.schema('workflow-log.v1'), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    folder, _, schema = done.stdout.partition("\n")
    assert Path(folder) == tmp_path / "akislog" / "data" / "log" / "workflow"
    assert schema == resources.schema("workflow-log.v1")
