"""The command tree, and the one boundary where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any, TypeVar

import typer

from akislog import __version__
from akislog.cli.output import complain, say
from akislog.errors import AkislogError, InvalidRecord, UsageError

app = typer.Typer(
    name="akislog",
    help="The record of what coding agents did: one Markdown log per session, written once, checked, queried.",
    epilog="First steps:  akislog demo   ·   akislog write session.json   ·   akislog show 1f0c9a2e",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DECLARED_IN = ("akislog.cli.record_commands", "akislog.cli.check_commands")  # in the order of the help

MOST_FINDINGS = 20  # of a document that is refused; the rest is counted

Choice = TypeVar("Choice", bound=str)

# click's base of usage errors; typer ships its own copy of click, or depends on click, by version.
_ParserError: Any = typer.BadParameter.__mro__[2]


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; no traceback leaves this function for an error that is expected."""
    for module in _DECLARED_IN:
        import_module(module)
    try:
        code = app(args=arguments or ["--help"], prog_name="akislog", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more on its way out
        return 0
    except AkislogError as error:
        complain(str(error))
        if isinstance(error, InvalidRecord):
            from akislog.report.findings import line

            for finding in error.findings[:MOST_FINDINGS]:
                complain(f"  {line(finding)}")
            if len(error.findings) > MOST_FINDINGS:
                complain(f"  and {len(error.findings) - MOST_FINDINGS} more")
        return error.exit_code
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror}")
        return 1
    except (ImportError, MemoryError) as error:  # the system refused what a late import needs
        complain(f"a part of akislog could not be loaded: {error or 'out of memory'}; try again, or install it anew")
        return 1
    except _ParserError as error:
        complain(f"{error.format_message()} (try akislog --help)")
        return 2


Folder = Annotated[str | None, typer.Option("--dir", metavar="DIR", help="The folder of the logs.")]


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Options before the command."""
    if version:
        say(f"akislog {__version__}")
        raise typer.Exit


def choose(value: str, allowed: tuple[Choice, ...], option: str) -> Choice:
    """``value`` if it is allowed; UsageError with what is."""
    for one in allowed:
        if one == value:
            return one
    raise UsageError(f"{option} must be one of {', '.join(allowed)}, not {value!r}")
