"""Every code has files that break its rule and files that keep it; what is expected stands in the files themselves.

A line ``expect: AKL203 at 41:5`` names a finding and its place; a file has these findings and no other, unless a line
``also: AKL101`` lets more of a code stand anywhere. A line ``file: NAME`` gives the name it is checked under, which
otherwise follows from its id. For rules about logs beside each other an example is a folder.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from akislog.checks.document import check_document
from akislog.checks.registry import CATALOGUE, CORPUS_RULES
from akislog.store.checking import check_together
from akislog.store.documents import Documents

EXAMPLES = Path(__file__).parent / "examples"
FILES = sorted(EXAMPLES.glob("*/*.md"))
FOLDERS = sorted(path for path in EXAMPLES.glob("*/*") if path.is_dir())
# Made by the tests themselves, here and in tests/store/test_added_with.py: with real files or a real repository.
ELSEWHERE = {"AKL010", "AKL305", "AKL306"}

_EXPECTED = re.compile(r"^expect: (AKL\d{3}) at (\d+):(\d+)\r?$", re.MULTILINE)
_ALSO = re.compile(r"^also: (.+?)\r?$", re.MULTILINE)
_NAMED = re.compile(r"^file: (\S+)\r?$", re.MULTILINE)
_ID = re.compile(r'^  id: "([^"]+)"', re.MULTILINE)


def read(path: Path) -> tuple[bytes, str, str]:
    """The file, the same as text, and the path it is checked under."""
    data = path.read_bytes()
    text = data.decode("utf-8", "replace")
    named, identity = _NAMED.search(text), _ID.search(text)
    name = named[1] if named else f"{identity[1]}.md" if identity else path.name
    return data, text, f"log/workflow/{name}"


def name(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file(path: Path) -> None:
    data, text, checked_as = read(path)
    expected = sorted((int(line), int(column), code) for code, line, column in _EXPECTED.findall(text))
    also = _ALSO.search(text)
    beside = also[1].split() if also else []
    found = [one for one in check_document(data, checked_as).findings if one.code not in beside]
    assert sorted((one.line, one.column, one.code) for one in found) == expected, [one.message for one in found]
    code = path.parent.name[:6]
    assert (code in {one.code for one in found}) == path.name.startswith("fail_")
    graver = ("AKL001", "AKL401")  # each graver where less is certain
    assert all(one.severity == CATALOGUE[one.code].severity for one in found if one.code not in graver)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_folder(folder: Path) -> None:
    facts, expected = [], []
    for path in sorted(folder.rglob("*.md")):
        checked = check_document(path.read_bytes(), str(path))
        assert checked.findings == ()
        assert checked.facts is not None
        facts.append(checked.facts)
        expected += [(path.name, *one) for one in _EXPECTED.findall(path.read_text("utf-8"))]
    found = check_together(facts)
    assert [(Path(one.path or "").name, one.code, str(one.line), str(one.column)) for one in found] == expected
    assert bool(found) == folder.name.startswith("fail_")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """AKL010 has no example files: what it is about is that there are none that could be read."""
    (tmp_path / "pass.md").write_bytes(FILES[0].read_bytes())
    os.mkfifo(tmp_path / "fail.md")
    (tmp_path / "link.md").symlink_to(tmp_path / "pass.md")
    (tmp_path / ".hidden").mkdir()
    documents = Documents(tmp_path)
    found = [
        (Path(one.path or "").name, one.severity)
        for document in documents.documents()
        for one in check_document(document, document.path or "").findings
        if one.code == "AKL010"
    ]
    assert found == [("fail.md", "error")]
    left_out = [(Path(one.path or "").name, one.code, one.severity) for one in documents.skipped]
    assert left_out == [(".hidden", "AKL010", "note"), ("link.md", "AKL010", "note")]


def test_every_code_has_both() -> None:
    for code, rule in CATALOGUE.items():
        if code not in ELSEWHERE:
            examples = [path.name for path in (EXAMPLES / f"{code}_{rule.name}").iterdir()]
            assert {one[:5] for one in examples} == {"fail_", "pass_"}, code


def test_every_folder_is_that_of_a_code() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} <= {f"{code}_{rule.name}" for code, rule in CATALOGUE.items()}
    assert {path.parent.name[:6] for path in FOLDERS} == {rule.code for rule in CORPUS_RULES}
