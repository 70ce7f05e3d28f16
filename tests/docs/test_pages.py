"""What the pages state as facts, compared with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from akislog.checks.explained import page as rules_page
from akislog.checks.registry import CATALOGUE, run
from akislog.checks.schema import check_schema
from akislog.core.events import OPS
from akislog.core.shape import SHAPE
from akislog.core.task import FINAL, MOVES
from akislog.text.emit import front_matter
from akislog.text.frontmatter import load
from akislog.text.redact import KINDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for target, anchor in _LINK.findall(text):
        if not target.startswith("https:"):
            there = (path.parent / target).resolve() if target else path
            assert there.exists(), f"{path.name}: {target}"
            assert not anchor or anchor in anchors(there.read_text("utf-8")), f"{path.name}: {target}#{anchor}"


@pytest.mark.parametrize("index", ["README.md", "decisions/README.md"])
def test_the_index_names_every_page(index: str) -> None:
    folder = (DOCS / index).parent
    named = {target for target, _ in _LINK.findall(page(index))}
    assert {path.name for path in folder.glob("*.md")} - {"README.md"} <= named


def example() -> str:
    """The annotated example of the format page, without its comments."""
    found = re.search(r"^```yaml\n---\n(.*?)^---\n```$", page("format.md"), re.MULTILINE | re.DOTALL)
    assert found
    return re.sub(r"\s+# .*$", "", found[1], flags=re.MULTILINE)


def test_the_example_of_the_format_is_what_the_writer_writes() -> None:
    front = load(example().encode())
    assert front.value is not None
    assert front.findings == ()
    assert check_schema(front.value) == []
    assert run(front.value, f"{front.value['session']['id']}.md") == []
    assert front_matter(front.value) == example()


def test_the_example_of_the_format_shows_every_field() -> None:
    text = example()
    missing = {
        f"{entity}.{field}"
        for entity, fields in SHAPE.items()
        for field in fields
        if not re.search(rf"(?:^|[ {{,]){field}:", text, re.MULTILINE)
    }
    assert missing == set()


def test_the_legal_moves() -> None:
    table = re.search(r"\| from \| to \|\n\|---\|---\|\n(.*?)\n\n", page("format.md"), re.DOTALL)
    assert table
    rows = dict(line.strip("| ").split(" | ") for line in table[1].splitlines())
    told = {start: frozenset(ways.split(", ")) for start, ways in rows.items() if start in MOVES}
    assert told == {start: ways for start, ways in MOVES.items() if start not in FINAL}


def test_the_ops() -> None:
    section = page("format.md").partition("The ops:")[2].partition("An op or field")[0]
    assert re.findall(r"`([a-z_.]+)`", section) == list(OPS)


def test_finding_codes() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "akislog").rglob("*.py"))
    assert set(re.findall(r"AKL[0-9]{3}", source)) == CATALOGUE.keys()
    assert page("rules.md") == rules_page()


def test_kinds_of_secrets() -> None:
    listed = page("configuration.md").partition("The kinds:")[2].partition("**Known limits.**")[0]
    assert {kind for line in listed.splitlines() for kind in re.findall(r"`([a-z-]+)`", line)} == set(KINDS)
