"""A lineage for the eye, and as the source of a drawing: Mermaid and Graphviz DOT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from akislog.core.lineage import Lineage, Node
from akislog.core.task import GLYPHS
from akislog.report.escape import safe

_WORDS = {"session": "in its own session: ", "continues": "continued by: "}
_LINES = {"task": "-->", "delegated": "-. delegated .->", "session": "-. session .->", "continues": "== continued ==>"}
_STYLES = {"task": "", "delegated": ' [style=dashed, label="delegated"]', "session": ' [style=dashed, label="session"]',
           "continues": ' [style=bold, label="continued"]'}  # fmt: skip


def as_text(lineage: Lineage) -> Iterator[str]:
    """One line per node, indented by how far it is from the root; ``>`` marks what was asked for."""
    asked = lineage.chain[-1]
    for node in (*lineage.chain, *lineage.below):
        mark = ">" if node is asked else " "
        yield f"{mark} {'  ' * node.level}{safe(_said(node))}"


def as_mermaid(lineage: Lineage) -> Iterator[str]:
    """A Mermaid flow chart, as GitHub draws it."""
    yield "flowchart TD"
    nodes = (*lineage.chain, *lineage.below)
    for number, node in enumerate(nodes):
        label = _label(node).replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
        yield f'  n{number}["{label}"]'
    for above, below, link in _edges(nodes):
        yield f"  n{above} {_LINES.get(link, '-->')} n{below}"
    yield f"  style n{len(lineage.chain) - 1} stroke-width:3px"


def as_dot(lineage: Lineage) -> Iterator[str]:
    """A graph in Graphviz DOT."""
    yield "digraph lineage {"
    yield "  node [shape=box];"
    nodes = (*lineage.chain, *lineage.below)
    for number, node in enumerate(nodes):
        label = _label(node).replace("\\", "\\\\").replace('"', '\\"')
        bold = ", penwidth=3" if number == len(lineage.chain) - 1 else ""
        yield f'  n{number} [label="{label}"{bold}];'
    for above, below, link in _edges(nodes):
        yield f"  n{above} -> n{below}{_STYLES.get(link, '')};"
    yield "}"


def _edges(nodes: Sequence[Node]) -> Iterator[tuple[int, int, str]]:
    """Numbers of a node above and one below, and the link between: nodes come in pre-order."""
    path: list[int] = []
    for number, node in enumerate(nodes):
        del path[node.level :]
        if path:
            yield path[-1], number, node.link
        path.append(number)


def _said(node: Node) -> str:
    if node.missing:
        return f"? {_one_line(node.address)}: no log holds it"
    facts = ", ".join(_one_line(fact) for fact in (_short(node.address), node.agent, node.status) if fact)
    glyph = f"{GLYPHS.get(node.status, '?')} " if "#" in node.address else ""
    return f"{glyph}{_WORDS.get(node.link, '')}{_one_line(node.title) or '(no title)'}  ({facts})"


def _label(node: Node) -> str:
    told = f"{node.address}: no log holds it" if node.missing else f"{node.title} ({_short(node.address)})"
    return safe(_one_line(told))


def _short(address: str) -> str:
    """The last 8 characters of a session's id, and the task's id."""
    session_id, _, task_id = address.partition("#")
    short = session_id.rpartition("_")[2] if len(session_id) > 20 else session_id
    return f"{short}#{task_id}" if task_id else short


def _one_line(text: str) -> str:
    return " ".join(text.split())
