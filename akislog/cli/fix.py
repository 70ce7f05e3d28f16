"""``akislog fix``: what can be mended for certain, shown as a diff or written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from akislog.checks.fix_apply import Mended, mend
from akislog.checks.registry import CATALOGUE
from akislog.checks.selection import selection
from akislog.cli.output import complain, say
from akislog.cli.rewriting import Rewriting, counted, show
from akislog.errors import UsageError
from akislog.report.findings import line


def fix(
    paths: Sequence[Path],
    directory: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    *,
    diff: bool,
    write: bool,
) -> int:
    """Print a diff of what would be mended, or write it and print the paths; the exit code."""
    if diff and write:
        raise UsageError("--diff and --write exclude each other; see the diff first, then write")
    chosen = selection(select, ignore, CATALOGUE)
    run = Rewriting(paths, directory, write=write)
    fixes = 0
    for target, data in run.files():
        mended = mend(data, str(target.path), chosen.takes)
        _tell_dropped(mended)
        if mended.data == data or not run.put(target, data, mended.data):
            continue
        fixes += len(mended.fixed)
        if write:
            say(str(target.path))
        else:
            show(target, data, mended.data)
    done = f"{counted(fixes, 'fix')} in {counted(run.changed, 'file')}"
    if not run.changed:
        complain("nothing to fix" if not run.refused else "nothing was written")
    else:
        complain(f"{done} written" if write else f"{done}; nothing was written, add --write to do so")
    return run.code()


def _tell_dropped(mended: Mended) -> None:
    for finding in mended.dropped:
        complain(f"{line(finding._replace(hint=''))}; not mended: other values would not stay as they are")
