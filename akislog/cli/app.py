"""The command tree, and the one boundary where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
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


MOST_FINDINGS = 20  # of a document that is refused; the rest is counted

Choice = TypeVar("Choice", bound=str)

# click's base of usage errors; typer ships its own copy of click, or depends on click, by version.
_ParserError: Any = typer.BadParameter.__mro__[2]


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; no traceback leaves this function for an error that is expected."""
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


@app.command(epilog="Example:  akislog demo /tmp/tour")
def demo(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where; default: a new folder.")] = None,
) -> None:
    """Record a scripted session, show its log and tree, check it, and ask two questions over it."""
    from akislog.cli.demo import tour

    tour(folder, say)


@app.command(epilog="Examples:  akislog write session.json   ·   agent-report | akislog write - --dry-run")
def write(
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="The session document, JSON or YAML.")] = "-",
    directory: Folder = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the log, write nothing.")] = False,
    template: Annotated[Path | None, typer.Option(metavar="F", help="A template of your own for the body.")] = None,
    format: Annotated[str, typer.Option(metavar="path|json", help="What to print.")] = "path",
) -> None:
    """Write one log from a session document: END for any language. The same document twice is one log."""
    from akislog.cli.write import write_document

    write_document(file, directory, dry_run, template, format)


@app.command(epilog="Examples:  akislog show 1f0c9a2e   ·   akislog show log/workflow/x.md --format json")
def show(
    name: Annotated[str, typer.Argument(metavar="ID|PATH", help="A log's path, its id, or part of it.")],
    format: Annotated[str, typer.Option(metavar="tree|md|json|yaml", help="How to show it.")] = "tree",
    directory: Folder = None,
) -> None:
    """Show one log."""
    from akislog.cli.show import show_log

    show_log(name, format, directory)


@app.command("import", epilog="Examples:  akislog import --all   ·   akislog import --status   ·   akislog import old/")
def import_(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Transcripts, or folders.")] = None,
    agent: Annotated[str | None, typer.Option(metavar="NAME", help="One agent's transcripts of this project.")] = None,
    all_agents: Annotated[bool, typer.Option("--all", help="Every agent's (the default).")] = False,
    directory: Folder = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only those written since, e.g. 2026-01-10.")
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="summary|full|none", help="How much text is kept.")] = None,
    separate: Annotated[bool, typer.Option("--separate", help="Sub-agents get logs of their own, linked.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing many logs.")] = False,
    status: Annotated[bool, typer.Option("--status", help="List sessions without a log.")] = False,
) -> None:
    """Make logs of past sessions, from the transcripts that agents keep. Importing twice changes nothing.

    Tested on real sessions: Claude Code, Codex CLI, Gemini CLI, VS Code Copilot. Tested on samples and
    documentation only: Copilot CLI, ATIF, asynchronous sub-agents.
    """
    from akislog.cli.imports import import_history

    if agent and all_agents:
        raise UsageError("--agent and --all exclude each other")
    code = import_history(
        paths or [], agent, directory, since, text, dry_run=dry_run, yes=yes, separate=separate, status=status
    )
    raise typer.Exit(code)


@app.command(epilog="Examples:  akislog schema   ·   akislog schema session-document --draft 7 > .vscode/session.json")
def schema(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="workflow-log, session-document.")] = "workflow-log",
    draft: Annotated[str, typer.Option(metavar="2020-12|7", help="The JSON Schema draft, 7 for editors.")] = "2020-12",
) -> None:
    """Print a published JSON Schema."""
    from akislog.cli.show import show_schema

    show_schema(name, draft)


def choose(value: str, allowed: tuple[Choice, ...], option: str) -> Choice:
    """``value`` if it is allowed; UsageError with what is."""
    for one in allowed:
        if one == value:
            return one
    raise UsageError(f"{option} must be one of {', '.join(allowed)}, not {value!r}")
