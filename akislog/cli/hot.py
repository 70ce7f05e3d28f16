"""Queries asked in scripts and prompts, again and again: their command line read by hand, without the command tree.

What is not understood here, and every ``--help``, is left to the command tree, which says the same of these options.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from akislog.cli.boundary import bounded

SOURCES = {"query": "logs", "tasks": "tasks", "gotchas": "gotchas", "delegations": "delegations", "files": "files"}
"""The commands that are read here, and what they ask for."""

_FLAGS = {
    "--count": "counted",
    "--exit-status": "exit_status",
    "-e": "exit_status",
    "--explain-query": "explain_query",
    "--utc": "utc",
    "--no-index": "no_index",
    "--trusted": "trusted",
}
_VALUES = {
    "--select": "select",
    "--sort": "sort",
    "--limit": "limit",
    "-n": "limit",
    "--group-by": "group_by",
    "--since": "since",
    "--until": "until",
    "--format": "format",
    "--on-error": "on_error",
    "--today": "today",
    "--dir": "directory",
}


def run(arguments: Sequence[str]) -> int | None:
    """The exit code of a query; None where the command line is not for here."""
    if not arguments or arguments[0] not in SOURCES:
        return None
    read = options(arguments)
    return None if read is None else bounded(lambda: _ask(*read))


def options(arguments: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """What is asked for, and the options by the names they have in ``cli.query``; None where one is not known."""
    found: dict[str, Any] = {"source": SOURCES[arguments[0]]}
    expressions: list[str] = []
    rest = iter(arguments[1:])
    for one in rest:
        name, equals, value = one.partition("=") if one.startswith("--") else (one, "", "")
        if name in _FLAGS and not equals:
            found[_FLAGS[name]] = True
        elif name in _VALUES or (name == "--from" and arguments[0] == "query"):
            given = value if equals else next(rest, None)
            if given is None or (name in ("--limit", "-n") and not given.isdecimal()):
                return None
            found[_VALUES.get(name, "source")] = given
        elif one.startswith("-") and not one[1:2].isdigit():
            return None
        else:
            expressions.append(one)
    source = found.pop("source")
    return source, {**found, "limit": int(found.get("limit", 0)), "expressions": tuple(expressions)}


def _ask(source: str, found: dict[str, Any]) -> int:
    from akislog.cli.query import Options, ask

    return ask(source, Options(**found))
