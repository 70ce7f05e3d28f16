"""A corpus checked: every file on its own, with several processes where there are many, and then all together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from akislog.checks import registry
from akislog.checks.corpus import Facts
from akislog.checks.document import Checked, Checks, check_document, placed
from akislog.checks.registry import finding_of
from akislog.checks.schema import compiled
from akislog.core.finding import Finding
from akislog.errors import AkislogError
from akislog.store.documents import read_document
from akislog.store.processes import context, processors

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

FEW = 300
"""Up to so many files one process is faster than starting others."""

T = TypeVar("T")
_BATCH = 64
_PATIENCE = 60.0  # seconds for a batch, with a schema of one's own: some take for ever
_MEMORY = 4 << 30  # bytes of address space, for the same reason


class Plan(NamedTuple):
    """What a check does: ``schema`` is one's own, as JSON text; ``strict`` and ``fixes`` as in Checks; ``jobs`` is how
    many processes may work (0: as many as there are processors)."""

    schema: str | None = None
    strict: bool = False
    fixes: bool = False
    jobs: int = 0


def check_files(paths: Sequence[Path], plan: Plan) -> Iterator[Checked]:
    """Every file on its own, in the order of ``paths``.

    UsageError, before any is read, for a bad schema; AkislogError for one of one's own with which no end is found.
    """
    checks = checks_of(plan)
    jobs = min(plan.jobs or processors(), -(-len(paths) // _BATCH))
    if plan.schema is None and (jobs < 2 or (plan.jobs == 0 and len(paths) <= FEW)):
        return (_check(path, checks) for path in paths)
    return _side_by_side(paths, plan, max(jobs, 1))


def check_typed(data: bytes, name: str, plan: Plan) -> Checked:
    """What has no file of its own, such as standard input. Errors are those of ``check_files``."""
    if plan.schema is None:
        return check_document(data, name, checks_of(plan))
    checks_of(plan)
    with _pool(1, plan) as pool:
        return _waited(pool.apply_async(_typed, (data, name)).get, name)


def check_together(facts: Sequence[Facts]) -> list[Finding]:
    """What the logs say about each other that cannot be."""
    return _placed(
        (path, finding_of(rule, problem, path))
        for rule in registry.CORPUS_RULES
        for path, problem in rule.function(facts)
    )


def check_history(facts: Sequence[Facts], root: Path) -> list[Finding]:
    """What the logs say of files, beside the commits that git says the logs came with."""
    from akislog.store.history import added_with

    added = added_with(root, [one.path for one in facts])
    return _placed(
        (one.path, finding_of(rule, problem, one.path))
        for one in facts
        for rule in registry.GIT_RULES
        for problem in rule.function(one, added.get(one.path))
    )


def _placed(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Findings of rules that saw no file, with their places: their files are read once more, each once."""
    from akislog.checks.discretion import discreet

    by_path: dict[str, list[Finding]] = {}
    for path, finding in found:
        by_path.setdefault(path, []).append(finding)
    told: list[Finding] = []
    for path, listed in sorted(by_path.items()):
        document = read_document(Path(path))
        told += discreet(list(placed(listed, document.front, path)), document)
    return told


def checks_of(plan: Plan) -> Checks:
    """What to check each file with. UsageError for a schema that is not in order."""
    return Checks(compiled(plan.schema) if plan.schema is not None else None, plan.strict, plan.fixes)


def _check(path: Path, checks: Checks) -> Checked:
    return check_document(read_document(path), str(path), checks)


def _side_by_side(paths: Sequence[Path], plan: Plan, jobs: int) -> Iterator[Checked]:
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    with _pool(jobs, plan) as pool:
        results = pool.imap(_batch, batches)
        for batch in batches:
            yield from results.next() if plan.schema is None else _waited(results.next, str(batch[0]))


def _pool(jobs: int, plan: Plan) -> Pool:
    return context().Pool(jobs, _begin, (plan,))


def _waited(result: Callable[[float], T], name: str) -> T:
    """A result, if there is one in time: a process that is lost in a schema can only be ended."""
    import multiprocessing

    try:
        return result(_PATIENCE)
    except multiprocessing.TimeoutError:
        raise AkislogError(
            f"{name}, or one of the next {_BATCH} files: not checked after {_PATIENCE:.0f} seconds, or out of memory; "
            "--schema asks for too much: does it refer to itself, or twice to the same?"
        ) from None


_worker: dict[str, Checks] = {}
"""What a process of the pool checks with: compiled once when it begins."""


def _begin(plan: Plan) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the pool
    if plan.schema is not None:
        _limit_memory()
    _worker["checks"] = checks_of(plan)


def _batch(paths: Sequence[Path]) -> list[Checked]:
    return [_check(path, _worker["checks"]) for path in paths]


def _typed(data: bytes, name: str) -> Checked:
    return check_document(data, name, _worker["checks"])


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit, some systems a lower one
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
