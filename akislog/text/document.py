"""A log as text, and text as a log. ``render`` is the END of a session; ``parse`` reads any log, of any age.

For every log that ``render`` made, ``render(parse(text).log.record) == text`` and the record is the session's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from akislog.core.finding import Finding
from akislog.core.log import WorkflowLog
from akislog.text.frontmatter import FILE_LIMIT, Front, Split, load, split

_CURRENT = b"\nprovenance:"  # near the end of what this version writes


class Document(NamedTuple):
    """A file that was read: its parts, its front matter as it stands, its log, and what was odd about it.

    ``log`` is None only where nothing could be read; ``findings`` then says why.
    """

    path: str | None
    split: Split
    front: Front
    log: WorkflowLog | None
    findings: tuple[Finding, ...]


def render(record: Mapping[str, Any], template: str | None = None, *, in_order: bool = False) -> str:
    """The whole file for a record: front matter and body. ``template`` replaces the body's; ``in_order`` as there."""
    from akislog.text.body import body
    from akislog.text.emit import front_matter

    return f"---\n{front_matter(record, in_order=in_order)}---\n{body(record, template)}"


def reads_back(data: bytes, record: Mapping[str, Any]) -> bool:
    """Whether the file ``data`` says exactly this record, in this order."""
    from akislog.text.positioned import holds

    parts, missing = split(data)
    return missing is None and len(data) <= FILE_LIMIT and holds(parts.yaml, dict(record))


def parse(source: str | bytes, path: str | None = None, *, by_layout: bool = True) -> Document:
    """Read a log. Never raises on what the file holds: that is what ``findings`` are for.

    ``by_layout`` as in ``frontmatter.load``.
    """
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(data) > FILE_LIMIT:
        finding = Finding("AKL007", "error", f"the file has {len(data)} bytes; the limit is {FILE_LIMIT}", path, 1, 1)
        return Document(path, Split(b"", b"", b"", b"", data), Front(None, None, ()), None, (finding,))
    parts, missing = split(data)
    if missing is not None:
        return _without_front_matter(path, parts, missing)
    # An older log has findings, whose places would cost a second reading.
    front = load(parts.yaml, by_layout=by_layout and parts.yaml.rfind(_CURRENT) >= 0)
    findings = tuple(one._replace(path=path) for one in front.findings)
    if front.value is None:
        return Document(path, parts, front, None, findings)
    if is_current(front.value):
        return Document(path, parts, front, WorkflowLog(front.value, path=path), findings)
    from akislog.text.legacy.front import of_file  # most logs are of today

    old = of_file(front.value)
    log = WorkflowLog(old.record, path=path, kept=old.kept)
    return Document(path, parts, front, log, (*findings, *_placed(old.findings, front, path)))


def is_current(record: Mapping[str, Any]) -> bool:
    """Whether a record says it is of the format this version writes, so that nothing in it is an older shape."""
    provenance = record.get("provenance")
    return isinstance(provenance, dict) and provenance.get("format") == 1


def _without_front_matter(path: str | None, parts: Split, missing: Finding) -> Document:
    """A file without front matter: read from its Markdown, unless a front matter was begun and is broken."""
    front, finding = Front(None, None, ()), missing._replace(path=path)
    if missing.code != "AKL001" or not parts.body.strip():
        return Document(path, parts, front, None, (finding,))
    from akislog.text.legacy.markdown import from_markdown

    name = (path or "").replace("\\", "/").rsplit("/", 1)[-1]
    old = from_markdown(parts.body.decode("utf-8", "replace"), name)
    log = WorkflowLog(old.record, path=path, kept=old.kept)
    return Document(path, parts, front, log, (finding, *(one._replace(path=path) for one in old.findings)))


def _placed(findings: Sequence[Finding], front: Front, path: str | None) -> Iterator[Finding]:
    if findings:
        finder = front.finder()
        for one in findings:
            line, column, *end = finder.span(one.pointer)
            yield one._replace(path=path, line=line, column=column, end=(end[0], end[1]))
