"""``akislog migrate``: older logs brought to format 1; shown first, written only when asked to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from akislog.api import WRITER
from akislog.checks.migrate import Migrated, migrate
from akislog.cli.output import complain, say
from akislog.cli.rewriting import Rewriting, counted, show
from akislog.errors import UsageError
from akislog.store.rewriting import Target
from akislog.text.document import Document, parse

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_NAMED = 8


def migrate_logs(paths: Sequence[Path], directory: str | None, *, diff: bool, write: bool) -> int:
    """Say, or show, what would be changed, or write it; the exit code."""
    if diff and write:
        raise UsageError("--diff and --write exclude each other; see the diff first, then write")
    run = Rewriting(paths, directory, write=write)
    current = 0
    for target, data in run.files():
        document = parse(data, str(target.path))
        if _is_no_log(document, target):
            complain(
                f"{target.path}: no front matter and no date in its name, so taken for no log; name it to migrate it"
            )
            continue
        done = migrate(document, WRITER)
        if not isinstance(done, Migrated):
            current += done.fine
            run.refused += not done.fine
            if not done.fine:
                complain(f"{target.path}: left as it is: {done.why}")
        elif run.put(target, data, done.data):
            if diff:
                show(target, data, done.data)
            else:
                say(_said(target, done))
    _summary(run, current)
    return run.code()


def _is_no_log(document: Document, target: Target) -> bool:
    """Any Markdown could be read as a log; in a folder only a dated name says that it is one."""
    without = any(one.code == "AKL001" for one in document.findings)
    return without and not target.named and not _DATED.search(target.path.name)


def _said(target: Target, done: Migrated) -> str:
    parts = []
    if done.inferred:
        parts.append(f"filled in: {_listed(done.inferred)}")
    if done.original:
        parts.append(f"kept as it was: {_listed(tuple(done.original))}")
    return f"{target.path}: {'; '.join(parts) or 'written anew'}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _summary(run: Rewriting, current: int) -> None:
    said = f"{counted(run.changed, 'log')} {'brought' if run.write else 'to be brought'} to format 1"
    rest = "" if run.write or not run.changed else "; nothing was written, see --diff, then add --write"
    refused = f", {run.refused} left as {'it is' if run.refused == 1 else 'they are'}" if run.refused else ""
    complain(f"{said}, {current} there already{refused}{rest}")
