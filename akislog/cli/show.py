"""``akislog show`` and ``akislog schema``: one thing, printed."""

from __future__ import annotations

import json
import os
from pathlib import Path

from akislog import resources
from akislog.checks.published import draft7
from akislog.cli.arguments import choose
from akislog.cli.output import complain, say
from akislog.report.findings import line
from akislog.report.tree import tree
from akislog.store.corpus import Corpus
from akislog.store.documents import NoSuchLog, read_document
from akislog.store.project import find_project
from akislog.text.document import Document
from akislog.text.emit import front_matter


def show_log(name: str, form: str, directory: str | None) -> None:
    """Print the log of this name or path."""
    choose(form, ("tree", "md", "json", "yaml"), "--format")
    document = _find(name, directory)
    for finding in document.findings:
        if finding.severity != "note":
            complain(line(finding))
    if document.log is None:
        raise NoSuchLog(f"{document.path}: no log could be read")
    if form == "tree":
        say(tree(document.log))
    elif form == "md":
        say(document.split.join().decode("utf-8", "replace").rstrip("\n"))
    elif form == "json":
        say(json.dumps(document.log.record, indent=2))
    else:
        say(front_matter(document.log.record).rstrip("\n"))


def _find(name: str, directory: str | None) -> Document:
    if Path(name).is_file() or "/" in name:
        return read_document(Path(name))
    logs = find_project(Path.cwd(), os.environ, directory).logs
    if not logs.is_dir():
        raise NoSuchLog(f"no log {name!r}: there is no folder {logs}; name it with --dir")
    return Corpus(logs).get(name)


def show_schema(name: str, draft: str) -> None:
    """Print a published schema."""
    choose(draft, ("2020-12", "7"), "--draft")
    text = resources.schema(name)
    say(json.dumps(draft7(json.loads(text)), indent=2) if draft == "7" else text.rstrip("\n"))
