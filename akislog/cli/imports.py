"""``akislog import``: a project's past sessions become logs."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import typer

from akislog.api import WRITER
from akislog.cli.arguments import choose
from akislog.cli.output import complain, say
from akislog.errors import UsageError
from akislog.exchange.transcript import Settings
from akislog.hosts.history import Fate, Importer, Outcome
from akislog.report.escape import safe
from akislog.store import sources
from akislog.store.project import Project, find_project
from akislog.text.clean import POLICIES, cleaner
from akislog.text.redact import Redactor

ASK_ABOVE = 20
WARN_DAYS = 7


def import_history(
    paths: Sequence[Path],
    agent: str | None,
    directory: str | None,
    since: str | None,
    text: str | None,
    *,
    dry_run: bool,
    yes: bool,
    separate: bool,
    status: bool,
) -> int:
    """Import what is named, or what the agents have kept of this project; the exit code."""
    project = find_project(Path.cwd(), os.environ, directory)
    places = sources.Places(Path.home(), os.environ)
    found = _since(_found(paths, agent, project, places), since)
    policy = choose(text or project.config.text, POLICIES, "--text")
    settings = Settings(WRITER, cleaner(policy, os.environ), "" if paths else str(project.root), str(places.home))
    importer = Importer(project, settings, Redactor(os.environ).redact, separate, dry_run or status)
    if status:
        return _status(importer, found, places)
    if not (dry_run or _wanted(len(found), project, yes)):
        complain("nothing was written")
        return 1
    outcomes = _with_progress(importer, found)
    for outcome in outcomes:
        if outcome.path is not None and outcome.fate != "present":
            say(str(outcome.path))
    _summary(outcomes, dry_run)
    return 1 if any(outcome.fate == "failed" for outcome in outcomes) else 0


def _found(paths: Sequence[Path], agent: str | None, project: Project, places: sources.Places) -> list[Path]:
    if paths:
        return [transcript for path in paths for transcript in sources.transcripts(path)]
    agents = [choose(agent, tuple(sources.LAYOUTS), "--agent")] if agent else list(sources.LAYOUTS)
    return [path for name in agents for path in sources.LAYOUTS[name](places, project.root)]


def _since(paths: list[Path], since: str | None) -> list[Path]:
    """Those last written on or after a local date."""
    if since is None:
        return paths
    try:
        first = datetime.fromisoformat(since).astimezone()
    except ValueError:
        raise UsageError(f"--since takes a date such as 2026-01-10, not {since!r}") from None
    return [path for path in paths if sources.modified(path) >= first]


def _wanted(count: int, project: Project, yes: bool) -> bool:
    """Many new files in a repository are somebody's next commit: ask first. No answer is a no."""
    if count <= ASK_ABOVE or yes or not (project.root / ".git").exists():
        return True
    question = f"Write up to {count} logs into {project.logs}?"
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody is there to ask; pass --yes, or look first with --dry-run")
    sys.stderr.write(f"{safe(question)} [y/N]: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _with_progress(importer: Importer, found: list[Path]) -> list[Outcome]:
    if not sys.stderr.isatty():
        return list(importer.run(found))
    with typer.progressbar(found, label="importing", file=sys.stderr) as bar:
        return list(importer.run(bar))


def _summary(outcomes: Iterable[Outcome], dry_run: bool) -> None:
    """What was written, what was there, what could not be read, and what in it was not understood."""
    outcomes = list(outcomes)
    fates = Counter(outcome.fate for outcome in outcomes)
    words: dict[Fate, str] = {"written": "written", "continued": "continued", "present": "there already"}
    if dry_run:
        words["written"] = "would be written"
    parts = [f"{fates[fate]} {word}" for fate, word in words.items() if fates[fate]]
    if fates["failed"]:
        parts.append(f"{fates['failed']} failed")
    complain(f"{len(outcomes)} session{'' if len(outcomes) == 1 else 's'}: {', '.join(parts) or 'nothing to import'}")
    for outcome in outcomes:
        if outcome.fate == "failed":
            cause = outcome.problem.removeprefix(f"{outcome.source}: ").removeprefix(f"{outcome.source.name}: ")
            complain(f"  {outcome.source}: {cause}")
    unknown: Counter[str] = Counter()
    for outcome in outcomes:
        unknown.update(outcome.skipped or {})
    bad = sum(outcome.bad_lines for outcome in outcomes)
    if unknown:
        kinds = ", ".join(f"{kind} {number}" for kind, number in unknown.most_common(10))
        complain(f"  not understood: {unknown.total()} records of {len(unknown)} types ({kinds})")
    if bad:
        complain(f"  not readable: {bad} lines (a torn last line is normal)")


def _status(importer: Importer, found: Sequence[Path], places: sources.Places) -> int:
    """Sessions without a log, and when their transcripts will be gone."""
    without = [outcome for outcome in importer.run(found) if outcome.fate != "present"]
    today = datetime.now(timezone.utc)
    soon = 0
    for outcome in without:
        days = sources.retention_days(outcome.agent, places)
        gone = ""
        if days is not None and outcome.source.exists():
            day = sources.modified(outcome.source) + timedelta(days=days)
            soon += day - today <= timedelta(days=WARN_DAYS)
            gone = f"  deleted on {day.astimezone():%Y-%m-%d}"
        told = outcome.problem or f"{outcome.started_at}  {outcome.title}"
        say(importer.redact(f"{outcome.agent or 'unknown'}  {told}  {outcome.source}{gone}")[0])
    number = f"{len(without)} session{'' if len(without) == 1 else 's'} without a log"
    complain(number + (f", {soon} of them deleted within {WARN_DAYS} days" if soon else ""))
    return 0
