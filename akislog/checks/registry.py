"""Every code a finding can have: its weight, its name, what it asks for, and the rule that finds it.

Codes never change meaning. A new rule is one function and one line here; its explanation stands in ``explained``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from akislog.checks import contents, corpus, log, portability
from akislog.checks.corpus import Facts, Found
from akislog.checks.reading import Problem, Reading
from akislog.checks.schema import CODES
from akislog.checks.source import Source, Spot
from akislog.core.finding import MOST, Finding, RuleInfo, Severity
from akislog.text.document import Document


class Rule(NamedTuple):
    """One rule: ``doc`` is what it asks for in one sentence, ``function`` finds where a log breaks it."""

    code: str
    severity: Severity
    name: str
    doc: str
    function: Callable[[Reading], Iterator[Problem]]


class TextRule(NamedTuple):
    """A rule about the text of one log."""

    code: str
    severity: Severity
    name: str
    doc: str
    function: Callable[[Source], Iterator[Spot]]


class CorpusRule(NamedTuple):
    """A rule about logs beside each other."""

    code: str
    severity: Severity
    name: str
    doc: str
    function: Callable[[Sequence[Facts]], Found]


class GitRule(NamedTuple):
    """A rule about a log beside the names in the commit that added it, which may be unknown."""

    code: str
    severity: Severity
    name: str
    doc: str
    function: Callable[[Facts, Collection[str] | None], Iterator[Problem]]


AnyRule = Rule | TextRule | CorpusRule | GitRule

RULES: tuple[Rule, ...] = (
    Rule(
        "AKL201",
        "error",
        "duplicate-id",
        "Ids are unique among tasks, among delegations and among groups.",
        log.duplicate_ids,
    ),
    Rule(
        "AKL202",
        "error",
        "unknown-task",
        "Delegations, commands, changes and groups name tasks of the log.",
        log.unknown_task,
    ),
    Rule("AKL203", "error", "unknown-parent", "A parent_task_id names a task of the log.", log.unknown_parent),
    Rule("AKL204", "error", "unknown-dependency", "A dependency names a task of the log.", log.unknown_dependency),
    Rule("AKL205", "error", "cycle", "Neither parents nor dependencies lead back to their start.", log.cycles),
    Rule(
        "AKL206",
        "error",
        "wrong-depth",
        "delegation_depth is the number of hand-overs on the path from the root to the task.",
        log.wrong_depth,
    ),
    Rule(
        "AKL207",
        "error",
        "wrong-chain",
        "delegation_chain is the path to the task: the root first, the task itself last.",
        log.wrong_chain,
    ),
    Rule(
        "AKL208",
        "warning",
        "done-with-open-ends",
        "A done task has no open checklist item, child or dependency.",
        log.done_with_open_ends,
    ),
    Rule(
        "AKL209",
        "warning",
        "no-outcome",
        "Every delegation has an outcome, and a delegated task a delegation.",
        log.no_outcome,
    ),
    Rule("AKL210", "warning", "backwards", "No time is before the one it follows.", log.times_run_backwards),
    Rule("AKL211", "warning", "two-at-once", "An agent works on one task at a time.", log.two_working_leaves),
    Rule("AKL212", "warning", "left-open", "No work is going on when the session ends.", log.left_open),
    Rule("AKL213", "warning", "file-types", "files.types counts the files that are listed.", log.file_types),
    Rule("AKL214", "warning", "identity", "Id, date, start and file name tell the same.", log.identity),
    Rule("AKL215", "note", "no-solution", "A gotcha says what to do instead.", log.no_solution),
    Rule(
        "AKL216",
        "warning",
        "dependent-members",
        "Members of a parallel group do not wait for each other.",
        log.dependent_members,
    ),
    Rule(
        "AKL217",
        "warning",
        "outside-allowed",
        "What a delegation returns is within its files_allowed.",
        log.outside_allowed,
    ),
    Rule("AKL218", "warning", "other-agent", "A delegation and its task name the same agent.", log.other_agent),
    Rule("AKL220", "note", "none-delegated", "Of six or more tasks some are delegated.", log.none_delegated),
    Rule(
        "AKL222",
        "warning",
        "unknown-domain",
        "A domain is no misspelling of a known one.",
        contents.unknown_domain,
    ),
)

TEXT_RULES: tuple[TextRule, ...] = (
    TextRule("AKL219", "warning", "placeholder", "No text is left to be filled in.", contents.placeholders),
    TextRule("AKL221", "error", "secret", "A log holds no secret.", contents.secrets),
    TextRule(
        "AKL403",
        "warning",
        "ambiguous-scalar",
        "Every YAML reader reads a plain scalar alike.",
        portability.ambiguous_scalars,
    ),
    TextRule(
        "AKL404",
        "warning",
        "old-reader",
        "The layout lets older, line-based tools find what they look for.",
        portability.old_readers,
    ),
)

ANY_TEXT_RULES = tuple(rule for rule in TEXT_RULES if rule.code == "AKL221")
"""Those that also look at a log without front matter."""

CORPUS_RULES: tuple[CorpusRule, ...] = (
    CorpusRule("AKL301", "warning", "repeated-session-id", "No two logs have the same id.", corpus.repeated_ids),
    CorpusRule(
        "AKL302",
        "warning",
        "unknown-continues",
        "A log that is continued is there.",
        corpus.unknown_continues,
    ),
    CorpusRule(
        "AKL303",
        "warning",
        "unknown-parent-session",
        "The session and the task that a session belongs to are there.",
        corpus.unknown_parent_session,
    ),
    CorpusRule(
        "AKL304",
        "warning",
        "unknown-delegated-session",
        "The session of a delegation is there.",
        corpus.unknown_delegated_session,
    ),
)

GIT_RULES: tuple[GitRule, ...] = (
    GitRule(
        "AKL305",
        "warning",
        "not-in-commit",
        "The commit that added a log touches the files it lists.",
        corpus.not_in_commit,
    ),
    GitRule(
        "AKL306",
        "note",
        "unknown-history",
        "Git knows the commit that added a log.",
        corpus.unknown_history,
    ),
)

_READING: tuple[tuple[str, str, Severity, str], ...] = (
    ("AKL001", "no-front-matter", "error", "There is no front matter."),
    ("AKL002", "never-closed", "error", "The front matter is never closed."),
    ("AKL003", "syntax", "error", "The YAML cannot be parsed."),
    ("AKL004", "duplicate-key", "error", "A key is given twice."),
    ("AKL005", "not-a-mapping", "error", "The front matter is not a mapping."),
    ("AKL006", "encoding", "error", "Not UTF-8, or a raw control character."),
    ("AKL007", "limit", "error", "Beyond a limit of size or depth, or an anchor, alias or merge key."),
    ("AKL008", "tag", "error", "A tag."),
    ("AKL009", "no-text-key", "error", "A key that is no text."),
    ("AKL010", "unreadable", "error", "A file that cannot be read; a link or hidden folder left out is a note."),
    ("AKL011", "too-many", "error", "More than a thousand findings of one code in one file."),
)
_SCHEMA_NAMES = ("missing-field", "wrong-type", "not-listed", "wrong-form", "schema")
_OLDER: tuple[tuple[str, str, Severity, str], ...] = (
    ("AKL401", "older-shape", "note", "An older shape was read as today's; a warning where it is not certain."),
    ("AKL402", "no-place", "warning", "A value fits nowhere and was kept aside."),
)


def _catalogue() -> dict[str, RuleInfo]:
    rules: tuple[AnyRule, ...] = (*RULES, *TEXT_RULES, *CORPUS_RULES, *GIT_RULES)
    schema = zip(CODES.items(), _SCHEMA_NAMES, strict=True)
    infos = (
        *(RuleInfo(*one) for one in (*_READING, *_OLDER)),
        *(RuleInfo(code, name, "error", doc) for (code, doc), name in schema),
        *(RuleInfo(rule.code, rule.name, rule.severity, rule.doc) for rule in rules),
    )
    return {info.code: info for info in sorted(infos)}


CATALOGUE: Mapping[str, RuleInfo] = _catalogue()
"""What is said of every code, in order."""


def explanation(code: str) -> str:
    """A code explained, as Markdown: why it matters, how to mend it, an example. KeyError for an unknown code."""
    from akislog.checks.explained import section

    return section(CATALOGUE[code])


def run(record: Any, path: str | None = None, *, valid: bool = False) -> list[Finding]:
    """What the rules find in ``record``, whatever its shape, or in a Reading of it: with pointers, no places.

    ``path`` is the log's path, if it has one; ``valid`` says that the schema has passed the record.
    """
    reading = record if isinstance(record, Reading) else Reading(record, path, valid)
    return [
        finding_of(rule, problem, reading.path) for rule in RULES for problem in islice(rule.function(reading), MOST)
    ]


def run_text(document: Document, current: bool, rules: Sequence[TextRule] = TEXT_RULES) -> list[Finding]:
    """What the rules about text find in a document that was read: with lines where pointers do not say them.

    ``current`` says that its log is of the format this version writes.
    """
    source = Source(document, current)
    found: list[Finding] = []
    for rule in rules:
        for problem, span in islice(rule.function(source), MOST):
            finding = finding_of(rule, problem, source.path)
            found.append(finding._replace(line=span[0], column=span[1], end=(span[2], span[3])) if span else finding)
    return found


def finding_of(rule: AnyRule, problem: Problem, path: str | None) -> Finding:
    """What a rule found, as a finding with a pointer and no place yet."""
    pointer, message, hint, found, expected = problem
    return Finding(rule.code, rule.severity, message, path, None, None, pointer, hint, found, expected)
