"""Commands run in hooks, scripts and prompts, again and again: their command line read by hand, without the tree.

What is not understood here, and every ``--help``, is left to the command tree, which says the same of these options.
"""

from __future__ import annotations

TYPE_CHECKING = False  # known to type checkers: typing itself would cost more than everything else here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

SOURCES = {"query": "logs", "tasks": "tasks", "gotchas": "gotchas", "delegations": "delegations", "files": "files"}
"""The commands that ask for rows, and what they ask for."""

_LONG = 19  # digits of a number that is larger than anything counted here


class Syntax:
    """What a command understands: switches, options with a text, with a whole number, and those that may be repeated,
    each under the name that its work has for it; and the name under which that has the arguments."""

    def __init__(
        self,
        arguments: str,
        flags: Mapping[str, str],
        texts: Mapping[str, str],
        numbers: Mapping[str, str],
        lists: Mapping[str, str] | None = None,
    ) -> None:
        self.arguments = arguments
        self.flags = flags
        self.texts = texts
        self.numbers = numbers
        self.lists = lists or {}


QUERY = Syntax(
    "expressions",
    {
        "--count": "counted",
        "--exit-status": "exit_status",
        "-e": "exit_status",
        "--explain-query": "explain_query",
        "--utc": "utc",
        "--no-index": "no_index",
        "--trusted": "trusted",
    },
    {
        "--select": "select",
        "--sort": "sort",
        "--group-by": "group_by",
        "--since": "since",
        "--until": "until",
        "--format": "format",
        "--on-error": "on_error",
        "--today": "today",
        "--dir": "directory",
    },
    {"--limit": "limit", "-n": "limit"},
)
CHECK = Syntax(
    "paths",
    {
        "--write-baseline": "write_baseline",
        "--statistics": "statistics",
        "--strict": "strict",
        "--git": "git",
    },
    {
        "--schema": "schema",
        "--fail-on": "fail_on",
        "--baseline": "baseline",
        "--changed-since": "changed_since",
        "--stdin-filename": "stdin_filename",
        "--dir": "directory",
    },
    {"--jobs": "jobs", "-j": "jobs"},
    {"--format": "formats", "--select": "select", "--ignore": "ignore"},
)
SEARCH = Syntax(
    "texts",
    {"--exit-status": "exit_status", "-e": "exit_status"},
    {"--in": "within", "--where": "where", "--format": "form", "--on-error": "on_error", "--dir": "directory"},
    {"--limit": "limit", "-n": "limit"},
)


def run(arguments: Sequence[str]) -> int | None:
    """The exit code of a hot command; None where the command line is not for here."""
    work = _work(arguments)
    if work is None:
        return None
    from akislog.cli.boundary import bounded

    return bounded(work)


def _work(arguments: Sequence[str]) -> Callable[[], int] | None:
    if arguments[:1] == ["check"]:
        checked = read(CHECK, arguments[1:])
        return None if checked is None else lambda: _check(checked)
    if arguments[:1] == ["search"]:
        sought = read(SEARCH, arguments[1:])
        return None if sought is None or len(sought["texts"]) != 1 else lambda: _search(sought)
    if arguments and arguments[0] in SOURCES:
        source, rest = _source(arguments)
        asked = read(QUERY, rest)
        return None if asked is None else lambda: _ask(arguments, source, asked)
    return None


def _source(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """What a query asks for, and the rest of its arguments."""
    source, rest = SOURCES[arguments[0]], list(arguments[1:])
    for number in reversed(range(len(rest) if arguments[0] == "query" else 0)):
        if rest[number].startswith("--from="):
            return rest.pop(number)[7:], rest
        if rest[number] == "--from" and number + 1 < len(rest):
            source = rest.pop(number + 1)
            del rest[number]
            return source, rest
    return source, rest


def read(syntax: Syntax, arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options by the names that the work has for them; None where one is not known."""
    found: dict[str, Any] = {}
    plain: list[str] = []
    rest = iter(arguments)
    for one in rest:
        name, equals, value = one.partition("=") if one.startswith("--") else (one, "", "")
        if name in syntax.flags and not equals:
            found[syntax.flags[name]] = True
        elif name in syntax.texts or name in syntax.numbers or name in syntax.lists:
            given = value if equals else next(rest, None)
            if given is None or not _keep(syntax, name, given, found):
                return None
        elif one.startswith("-") and one != "-":
            return None
        else:
            plain.append(one)
    return {**found, syntax.arguments: tuple(plain)}


def _keep(syntax: Syntax, name: str, given: str, found: dict[str, Any]) -> bool:
    """Put the value of an option where it belongs, if it can be one."""
    if name in syntax.texts:
        found[syntax.texts[name]] = given
    elif name in syntax.lists:
        found[syntax.lists[name]] = (*found.get(syntax.lists[name], ()), given)
    elif given.isdecimal() and given.isascii() and len(given) < _LONG:
        found[syntax.numbers[name]] = int(given)
    else:
        return False
    return True


def _ask(arguments: Sequence[str], source: str, options: dict[str, Any]) -> int:
    from akislog.cli.planned import Asked

    asked = Asked(arguments, options)
    code = asked.answer()
    if code is None:
        from akislog.cli.query import Options, ask

        code = ask(source, Options(**options), asked)
    return code


def _search(options: dict[str, Any]) -> int:
    from akislog.cli.find import search_logs

    (text,) = options.pop("texts")
    return search_logs(text, **options)


def _check(options: dict[str, Any]) -> int:
    from akislog.cli.check import Options, check

    return check(Options(**options))
