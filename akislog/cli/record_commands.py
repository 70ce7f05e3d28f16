"""The commands that make logs and show one: their arguments, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from akislog.cli.app import Folder, app
from akislog.errors import UsageError


@app.command(epilog="Example:  akislog demo /tmp/tour")
def demo(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where; default: a new folder.")] = None,
) -> None:
    """Record a scripted session, show its log and tree, check it, and ask two questions over it."""
    from akislog.cli.demo import tour
    from akislog.cli.output import say

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
