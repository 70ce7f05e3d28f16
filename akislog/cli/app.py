"""The command tree: what every command has in common, and how one is run."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer

from akislog import __version__
from akislog.cli.boundary import bounded
from akislog.cli.hot import SOURCES as _HAVE_COMMANDS
from akislog.cli.output import complain, say
from akislog.core.fields import SOURCES

app = typer.Typer(
    name="akislog",
    help="The record of what coding agents did: one Markdown log per session, written once, checked, queried.",
    epilog="First steps:  akislog demo   ·   akislog write session.json   ·   akislog show 1f0c9a2e",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DECLARED_IN = ("record", "query", "check")  # the modules of the commands, in the order of the help

# click's base of usage errors; typer ships its own copy of click, or depends on click, by version.
_ParserError: Any = typer.BadParameter.__mro__[2]


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; no traceback leaves this function for an error that is expected."""
    return bounded(lambda: _run(arguments))


def _run(arguments: list[str]) -> int:
    for module in _DECLARED_IN:
        import_module(f"akislog.cli.{module}_commands")
    try:
        code = app(args=arguments or ["--help"], prog_name="akislog", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return 130
    except _ParserError as error:
        complain(f"{error.format_message()} (try {_near(arguments)})")
        return 2


def _near(arguments: list[str]) -> str:
    """What to try instead: the query, where somebody asked for rows that have no command of their own."""
    word = arguments[0].replace("-", "_") if arguments else ""
    for source in (word, f"{word}s"):
        if source in SOURCES and source not in _HAVE_COMMANDS:
            return f"akislog query --from {source}"
    return "akislog --help"


Folder = Annotated[str | None, typer.Option("--dir", metavar="DIR", help="The folder of the logs.")]


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Options before the command."""
    if version:
        say(f"akislog {__version__}")
        raise typer.Exit
