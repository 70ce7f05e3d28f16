"""``akislog lineage``, ``why`` and ``open``: where work comes from, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from akislog.cli.output import complain, say_all
from akislog.cli.query import a_day, chosen_format, incomplete, show, the_corpus
from akislog.core.leftover import Leftover, leftovers
from akislog.core.lineage import Lineage
from akislog.core.paths import log_path
from akislog.core.touched import Touch, touches
from akislog.core.when import meant
from akislog.errors import UsageError
from akislog.report.lineage import as_dot, as_mermaid, as_text
from akislog.report.rows import Table, as_json
from akislog.store import clock
from akislog.store.corpus import Corpus
from akislog.store.family import CorpusFamily
from akislog.store.project import find_project

_DRAWINGS = {"tree": as_text, "mermaid": as_mermaid, "dot": as_dot}


def show_lineage(address: str, form: str, on_error: str, directory: str | None) -> int:
    """Print where a session or task comes from and what came of it; the exit code."""
    if form not in (*_DRAWINGS, "json"):
        raise UsageError(f"--format must be one of {', '.join(_DRAWINGS)}, json, not {form!r}")
    corpus = the_corpus(directory, on_error)
    family = CorpusFamily(corpus)
    found = family.lineage(address)
    if form == "json":
        say_all(_json(found))
    else:
        say_all(f"{line}\n" for line in _DRAWINGS[form](found))
    for session_id, paths in family.shared(found).items():
        complain(f"note: {len(paths)} logs have the id {session_id}; links to it lead to the first of them:")
        for path in paths:
            complain(f"  {path}")
    return incomplete(corpus, on_error)


def _json(found: Lineage) -> Iterator[str]:
    columns = ("level", "link", "address", "title", "status", "agent", "missing", "asked")
    asked = found.chain[-1]
    nodes = ({**node._asdict(), "asked": node is asked} for node in (*found.chain, *found.below))
    return as_json(Table(columns, nodes))


def show_touches(path: str, limit: int, form: str, on_error: str, directory: str | None, exit_status: bool) -> int:
    """Print what had to do with a file; the exit code."""
    form = chosen_format(form)
    asked = _as_logged(path, directory)
    if not asked.strip("./\\"):
        raise UsageError("there is no path to ask about; name a file or a folder, or its last parts")
    corpus = the_corpus(directory, on_error)
    found = touches(corpus.logs(), asked)
    _print(Touch._fields, found, limit, form, corpus)
    return incomplete(corpus, on_error) or int(exit_status and not found)


def _as_logged(path: str, directory: str | None) -> str:
    """A path as logs say it, also one from the root of the system or from above here; ``""`` for the project itself."""
    if not os.path.isabs(path) and os.path.normpath(path).split(os.sep)[0] != os.pardir:
        return log_path(path)
    project = find_project(Path.cwd(), os.environ, directory)
    root = find_project(project.logs, os.environ).root if project.logs == project.root else project.root
    folder, name = os.path.split(os.path.abspath(path))
    meant = os.path.join(os.path.realpath(folder), name)
    return "" if meant == str(root) else log_path(meant, str(root), os.path.expanduser("~"))


def show_leftovers(
    since: str, limit: int, form: str, on_error: str, directory: str | None, exit_status: bool, *, still: bool
) -> int:
    """Print the work that was left open; the exit code."""
    told = not form
    form = chosen_format(form)
    if since:
        a_day(since, "--since")
    corpus = the_corpus(directory, on_error)
    first = _first_day(since, corpus) if since else ""
    found = [one for one in leftovers(corpus.logs()) if one.date >= first and not (still and one.closed_by)]
    if found and told:
        opened = sum(not one.closed_by for one in found)
        complain(f"{opened} still open, {len(found) - opened} closed later")
    _print(Leftover._fields, found, limit, form, corpus)
    return incomplete(corpus, on_error) or int(exit_status and not found)


def _first_day(since: str, corpus: Corpus) -> str:
    day = meant(since, corpus.today or clock.today(), corpus.zone or clock.Local())
    if day is None:
        raise UsageError(f"--since {since}: there is no such day")
    return day.date


def _print(columns: tuple[str, ...], found: Iterable[NamedTuple], limit: int, form: str, corpus: Corpus) -> None:
    rows: Iterator[Mapping[str, Any]] = (one._asdict() for one in islice(found, limit or None))
    show(("path",) if form == "paths" else columns, rows, form, corpus)
