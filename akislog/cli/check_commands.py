"""The commands that check logs and mend them: their arguments, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from akislog.cli.app import Folder, app


@app.command(
    epilog="Examples:  akislog check   ·   akislog check --format sarif:out.sarif   ·   akislog check - < log.md"
)
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…|-]",
            help="Files, folders, or stdin. Where only folders are named, logs are compared with each other too.",
        ),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(metavar="F", help="A JSON Schema of your own, for any front matter.")
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:FILE]", help="full, concise, json, jsonl, github, md, sarif, junit; repeatable."),
    ] = None,
    select: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these, e.g. AKL2,AKL301.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Not these.")] = None,
    fail_on: Annotated[str, typer.Option(metavar="error|warning|never", help="What makes the exit code 1.")] = "error",
    baseline: Annotated[
        Path | None, typer.Option(metavar="F", help="Findings to leave out: only new ones count.")
    ] = None,
    write_baseline: Annotated[bool, typer.Option("--write-baseline", help="Write the findings to --baseline.")] = False,
    changed_since: Annotated[str | None, typer.Option(metavar="REF", help="Only files changed since then.")] = None,
    stdin_filename: Annotated[str, typer.Option(metavar="NAME", help="The name of what comes on stdin.")] = "",
    statistics: Annotated[bool, typer.Option("--statistics", help="How many findings of each code.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Hold older logs to the present format too.")] = False,
    git: Annotated[bool, typer.Option("--git", help="Compare the listed files with the log's commit.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes; 0: as many as processors.")] = 0,
    directory: Folder = None,
) -> None:
    """Check logs: YAML, schema, meaning, and what they say of each other. Exit code 1 where something is wrong."""
    from akislog.cli.check import Options
    from akislog.cli.check import check as check_logs

    options = Options(
        paths or (), schema, format or (), select or (), ignore or (), fail_on, baseline, write_baseline,
        changed_since, stdin_filename, statistics, strict, git, jobs, directory,
    )  # fmt: skip
    raise typer.Exit(check_logs(options))


@app.command(epilog="Examples:  akislog explain   ·   akislog explain AKL203")
def explain(code: Annotated[str, typer.Argument(metavar="[CODE]", help="A code, or its beginning.")] = "") -> None:
    """Say what a code of ``check`` means and how to mend it; without a code, list all."""
    from akislog.cli.check import explain as explain_code

    explain_code(code)


@app.command(epilog="Examples:  akislog fix   ·   akislog fix --write log/workflow   ·   akislog fix --select AKL103")
def fix(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Files or folders.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print what would change (the default).")] = False,
    write: Annotated[bool, typer.Option("--write", help="Change the files.")] = False,
    select: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these, e.g. AKL2,AKL103.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Not these.")] = None,
    directory: Folder = None,
) -> None:
    """Mend what can only be meant in one way. Exit code 1 where something would change, 0 once it is written."""
    from akislog.cli.fix import fix as fix_logs

    raise typer.Exit(fix_logs(paths or [], directory, select or [], ignore or [], diff=diff, write=write))


@app.command(epilog="Examples:  akislog migrate   ·   akislog migrate --diff old/   ·   akislog migrate --write")
def migrate(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH…]", help="Files or folders.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print what would change as a diff.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Change the files.")] = False,
    directory: Folder = None,
) -> None:
    """Bring older logs to the present format, bodies untouched. Exit code 1 where something would change."""
    from akislog.cli.migrate import migrate_logs

    raise typer.Exit(migrate_logs(paths or [], directory, diff=diff, write=write))
