"""A lineage drawn: every node has its line and its arrow, and no text breaks out of a label."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from akislog.core.lineage import Lineage, Node
from akislog.report.escape import safe
from akislog.report.lineage import as_dot, as_mermaid, as_text

LONG = "2026-01-02_000000_build_bbbbbbbb"
EXAMPLE = Lineage(
    (Node(LONG, 0, "", "Build it", "completed", "AKIS"), Node(f"{LONG}#t1", 1, "task", "Sign in", "done", "AKIS")),
    (
        Node(f"{LONG}#t2", 2, "delegated", "Endpoint", "failed", "code"),
        Node("x_cccccccc", 3, "session", "", "failed", ""),
        Node("gone", 2, "session", missing=True),
    ),
)


def test_as_text() -> None:
    assert (
        "\n".join(as_text(EXAMPLE))
        == """\
  Build it  (bbbbbbbb, AKIS, completed)
>   ✓ Sign in  (bbbbbbbb#t1, AKIS, done)
      ✗ Endpoint  (bbbbbbbb#t2, code, failed)
        in its own session: (no title)  (x_cccccccc, failed)
      ? gone: no log holds it"""
    )


def test_as_mermaid() -> None:
    assert (
        "\n".join(as_mermaid(EXAMPLE))
        == """\
flowchart TD
  n0["Build it (bbbbbbbb)"]
  n1["Sign in (bbbbbbbb#35;t1)"]
  n2["Endpoint (bbbbbbbb#35;t2)"]
  n3["(x_cccccccc)"]
  n4["gone: no log holds it"]
  n0 --> n1
  n1 -. delegated .-> n2
  n2 -. session .-> n3
  n1 -. session .-> n4
  style n1 stroke-width:3px"""
    )


def test_as_dot() -> None:
    assert '  n1 -> n2 [style=dashed, label="delegated"];' in list(as_dot(EXAMPLE))


nodes: st.SearchStrategy[Any] = st.builds(
    lambda level, title, status: Node(f"a#{title}", level, "task", title, status, "x"),
    st.integers(1, 4), st.text(max_size=15), st.text(max_size=4),
)  # fmt: skip


@given(st.lists(nodes, max_size=8), st.text(max_size=15))
def test_no_text_leaves_its_label(below: list[Node], title: str) -> None:
    made = Lineage((Node("a", 0, "", title),), tuple(below))
    number = 1 + len(below)
    assert len("\n".join(as_text(made)).split("\n")) == number
    drawn = "\n".join(as_mermaid(made)).split("\n")
    assert len(drawn) == 2 + number + number - 1
    assert all(line.count('"') == 2 for line in drawn[1 : 1 + number])
    dot = "\n".join(as_dot(made)).split("\n")
    assert len(dot) == 3 + number + number - 1
    for line in dot[2 : 2 + number]:
        assert line.replace("\\\\", "").replace('\\"', "").count('"') == 2
    assert safe("".join(drawn)) == "".join(drawn)
