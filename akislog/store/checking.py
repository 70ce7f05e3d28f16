"""A corpus checked: every file on its own, with several processes where there are many, and then all together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from akislog.checks import registry
from akislog.checks.corpus import Facts
from akislog.checks.document import Checked, Checks, check_document, placed
from akislog.checks.registry import finding_of
from akislog.checks.schema import compiled
from akislog.core.finding import Finding
from akislog.store.corpus import read_document
from akislog.store.history import added_with

FEW = 300
"""Up to so many files one process is faster than starting others."""

_BATCH = 64


class Plan(NamedTuple):
    """What a check does: ``schema`` is one's own, as JSON text; ``strict`` and ``fixes`` as in Checks; ``jobs`` is how
    many processes may work (0: as many as there are processors)."""

    schema: str | None = None
    strict: bool = False
    fixes: bool = False
    jobs: int = 0


def check_files(paths: Sequence[Path], plan: Plan) -> Iterator[Checked]:
    """Every file on its own, in the order of ``paths``. UsageError, before any is read, for a bad schema."""
    checks = checks_of(plan)
    jobs = min(plan.jobs or _processors(), -(-len(paths) // _BATCH))
    if jobs < 2 or (plan.jobs == 0 and len(paths) <= FEW):
        return (_check(path, checks) for path in paths)
    return _side_by_side(paths, plan, jobs)


def check_together(facts: Sequence[Facts]) -> list[Finding]:
    """What the logs say about each other that cannot be."""
    return _placed(
        (path, finding_of(rule, problem, path))
        for rule in registry.CORPUS_RULES
        for path, problem in rule.function(facts)
    )


def check_history(facts: Sequence[Facts], root: Path) -> list[Finding]:
    """What the logs say of files, beside the commits that git says the logs came with."""
    added = added_with(root, [one.path for one in facts])
    return _placed(
        (one.path, finding_of(rule, problem, one.path))
        for one in facts
        for rule in registry.GIT_RULES
        for problem in rule.function(one, added.get(one.path))
    )


def _placed(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Findings of rules that saw no file, with their places: their files are read once more, each once."""
    by_path: dict[str, list[Finding]] = {}
    for path, finding in found:
        by_path.setdefault(path, []).append(finding)
    return [
        one for path, listed in sorted(by_path.items()) for one in placed(listed, read_document(Path(path)).front, path)
    ]


def checks_of(plan: Plan) -> Checks:
    """What to check each file with. UsageError for a schema that is not in order."""
    return Checks(compiled(plan.schema) if plan.schema is not None else None, plan.strict, plan.fixes)


def _check(path: Path, checks: Checks) -> Checked:
    return check_document(read_document(path), str(path), checks)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _side_by_side(paths: Sequence[Path], plan: Plan, jobs: int) -> Iterator[Checked]:
    import multiprocessing

    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in ways else "spawn")
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    with context.Pool(jobs, _begin, (plan,)) as pool:
        yield from chain.from_iterable(pool.imap(_batch, batches))


_worker: dict[str, Checks] = {}
"""What a process of the pool checks with: compiled once when it begins."""


def _begin(plan: Plan) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the pool
    _worker["checks"] = checks_of(plan)


def _batch(paths: Sequence[Path]) -> list[Checked]:
    return [_check(path, _worker["checks"]) for path in paths]
