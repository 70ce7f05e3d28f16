"""Every rule about the meaning of a log: its code, its weight and what it asks for. Codes never change meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from akislog.checks import log
from akislog.checks.reading import Problem, Reading
from akislog.checks.schema import MOST
from akislog.core.finding import Finding, Severity


class Rule(NamedTuple):
    """One rule: ``doc`` is what it asks for in one sentence, ``function`` finds where a log breaks it."""

    code: str
    severity: Severity
    name: str
    doc: str
    function: Callable[[Reading], Iterator[Problem]]


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
)


def run(record: Any, path: str | None = None, *, valid: bool = False) -> list[Finding]:
    """What the rules find in ``record``, whatever its shape: with pointers, no places.

    ``path`` is the log's path, if it has one; ``valid`` says that the schema has passed the record.
    """
    reading = Reading(record, path, valid)
    return [_finding(rule, problem, path) for rule in RULES for problem in islice(rule.function(reading), MOST)]


def _finding(rule: Rule, problem: Problem, path: str | None) -> Finding:
    pointer, message, hint, found, expected = problem
    return Finding(rule.code, rule.severity, message, path, None, None, pointer, hint, found, expected)
