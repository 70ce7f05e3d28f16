"""One file checked: its container and YAML, its shape, its meaning. Facts that other logs must know go along.

YAML comes first, and a schema only sees what could be read: one syntax error is one finding, without a cascade.
A log of an older format is history that nobody should have to rewrite, so what would be an error in it is a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from akislog.checks import registry
from akislog.checks.corpus import Facts, facts_of
from akislog.checks.reading import Reading
from akislog.checks.schema import Compiled, check_with, log_schema
from akislog.core.finding import MOST, Finding, too_many
from akislog.text.document import Document, is_current, parse
from akislog.text.frontmatter import Front


class Checks(NamedTuple):
    """What to check with. A schema of one's own takes the place of everything that only concerns workflow logs.

    ``strict``: older logs are held to the present format too. ``fixes``: findings say how they can be mended.
    """

    schema: Compiled | None = None
    strict: bool = False
    fixes: bool = False


class Checked(NamedTuple):
    """What one file gave: findings in the order of their places, and facts where it is a log."""

    path: str
    findings: tuple[Finding, ...]
    facts: Facts | None


def check_document(source: bytes | Document, path: str, checks: Checks = Checks()) -> Checked:  # noqa: B008
    """What is wrong with one file. Never raises on what the file holds."""
    document = source if isinstance(source, Document) else parse(source, path)
    if checks.schema is not None:
        found, facts = _of_any_front_matter(document, checks.schema), None
    else:
        found, facts = _of_a_log(document, path, checks.strict)
    if not found:
        return Checked(path, (), facts)
    told = sorted(placed(_at_most(found), document.front, path), key=_order)
    if checks.fixes:
        from akislog.checks.fix import with_fixes

        told = with_fixes(told, document)
    from akislog.checks.discretion import discreet

    searched = checks.schema is None and document.log is not None
    return Checked(path, tuple(discreet(told, document, searched=searched)), facts)


def placed(findings: Iterable[Finding], front: Front, path: str) -> Iterator[Finding]:
    """Findings with path, line and column; those that have a line keep it."""
    from akislog.text.part import finder as finder_of  # most logs have no findings

    finder = finder_of(front)
    for finding in findings:
        if finding.line is None:
            line, column, *end = finder.span(finding.pointer)
            yield finding._replace(path=path, line=line, column=column, end=(end[0], end[1]))
        else:
            yield finding if finding.path == path else finding._replace(path=path)


def _of_any_front_matter(document: Document, schema: Compiled) -> list[Finding]:
    """The container and a schema, and nothing that only a workflow log must be."""
    found = [one for one in document.findings if one.code < "AKL1"]
    return found if document.front.value is None else found + check_with(schema, document.front.value)


def _of_a_log(document: Document, path: str, strict: bool) -> tuple[list[Finding], Facts | None]:
    raw, found = document.front.value, list(document.findings)
    if document.log is None:
        return found, None
    if raw is None:  # read from its Markdown: what else could be said would only follow from that
        found += registry.run_text(document, False, registry.ANY_TEXT_RULES)
        return [_lowered(one) for one in found] if not strict else found, facts_of(Reading(document.log.record, path))
    current = is_current(raw)
    record: Mapping[str, Any] = document.log.record
    schema = check_with(log_schema(), record)
    reading = Reading(record, path, valid=not schema)
    found += schema
    found += registry.run(reading)
    found += registry.run_text(document, current)
    if not current and not strict:
        found = [_OLDER, *(_lowered(one) for one in found if not _came_later(one))]
    return found, facts_of(reading)


_OLDER = Finding(
    "AKL401",
    "warning",
    "a log of an older format",
    line=1,
    column=1,
    end=(1, 4),
    hint="akislog migrate makes it format 1",
)


def _came_later(finding: Finding) -> bool:
    """Whether a section or a field of a section is missing, as it is in every log of an older format."""
    return finding.code == "AKL101" and finding.pointer.count("/") < 2


def _lowered(finding: Finding) -> Finding:
    """In an older log an error of shape or meaning is a warning; what cannot be read stays an error."""
    mere = finding.severity == "error" and (finding.code >= "AKL1" or finding.code == "AKL001")
    return finding._replace(severity="warning") if mere else finding


def _at_most(findings: list[Finding]) -> list[Finding]:
    """The first so many of each code, and a finding that tells how many were left out."""
    if len(findings) < MOST:
        return findings
    counts: Counter[str] = Counter()
    kept = []
    for finding in findings:
        counts[finding.code] += 1
        if counts[finding.code] <= MOST:
            kept.append(finding)
    for code, number in counts.items():
        if number >= MOST:
            more = too_many(code)
            kept += [] if any(one.message == more.message for one in kept) else [more]  # reading may have said so
    return kept


def _order(finding: Finding) -> tuple[int, int, str]:
    return (finding.line or 0, finding.column or 0, finding.code)
