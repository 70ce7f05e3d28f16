"""The commands that ask the logs: their arguments, and nothing else.

``akislog query`` and its like are hot: they are read by hand first (``cli/hot.py``), and come here only for help, and
for what that reader does not understand.
"""

from __future__ import annotations

from typing import Annotated

import typer

from akislog.cli.app import Folder, app

Expressions = Annotated[list[str] | None, typer.Argument(metavar="[EXPR…]", help="A filter; several must all hold.")]
Select = Annotated[str, typer.Option(metavar="FIELDS", help="The columns, with commas between them.")]
Sort = Annotated[str, typer.Option(metavar="FIELDS", help="In the order of these; -FIELD turns it round.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, max=10**18, help="No more than so many; 0: all.")]
GroupBy = Annotated[str, typer.Option(metavar="FIELDS", help="How many of each.")]
Count = Annotated[bool, typer.Option("--count", help="How many in all.")]
Since = Annotated[str, typer.Option(metavar="DATE", help="Sessions since, e.g. 2026-01-10, today, -7d.")]
Until = Annotated[str, typer.Option(metavar="DATE", help="Sessions until the end of that day.")]
Form = Annotated[str, typer.Option(metavar="NAME", help="table, tsv, csv, json, jsonl, md, paths, yaml.")]
ExitStatus = Annotated[bool, typer.Option("--exit-status", "-e", help="Exit code 1 where nothing matches.")]
ExplainQuery = Annotated[bool, typer.Option("--explain-query", help="How the query was understood; nothing is read.")]
OnError = Annotated[str, typer.Option(metavar="skip|warn|fail", help="What to do about files that cannot be read.")]
Utc = Annotated[bool, typer.Option("--utc", help="Days are those of UTC.")]
Today = Annotated[str, typer.Option(metavar="DATE", help="The day that today and -7d are counted from.")]
NoIndex = Annotated[bool, typer.Option("--no-index", help="Read the files.")]
Trusted = Annotated[bool, typer.Option("--trusted", help="Take the index as it is; files are not looked at.")]

_EXAMPLES = "Examples:  akislog query 'session.domain=backend_only and tasks.status=failed'   ·   "


def _ask(source: str, options: dict[str, object]) -> None:
    from akislog.cli.query import ask, options_from

    raise typer.Exit(ask(source, options_from(options)))


@app.command(epilog=_EXAMPLES + "akislog query 'gotchas.pattern~token' --format paths")
def query(
    expressions: Expressions = None,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="logs, tasks, delegations, gotchas, root_causes, files, commands, errors, findings.",
        ),
    ] = "logs",
    select: Select = "",
    sort: Sort = "",
    limit: Limit = 0,
    group_by: GroupBy = "",
    counted: Count = False,
    since: Since = "",
    until: Until = "",
    format: Form = "",
    exit_status: ExitStatus = False,
    explain_query: ExplainQuery = False,
    on_error: OnError = "warn",
    utc: Utc = False,
    today: Today = "",
    no_index: NoIndex = False,
    trusted: Trusted = False,
    directory: Folder = None,
) -> None:
    """Ask the logs. A field is session.domain, tasks.status, files.modified.path, …: akislog fields lists them."""
    _ask(source, locals())


def _shorthand(source: str, doc: str, example: str) -> None:
    """Declare a command for one source of ``query``."""

    def command(
        expressions: Expressions = None,
        select: Select = "",
        sort: Sort = "",
        limit: Limit = 0,
        group_by: GroupBy = "",
        counted: Count = False,
        since: Since = "",
        until: Until = "",
        format: Form = "",
        exit_status: ExitStatus = False,
        explain_query: ExplainQuery = False,
        on_error: OnError = "warn",
        utc: Utc = False,
        today: Today = "",
        no_index: NoIndex = False,
        trusted: Trusted = False,
        directory: Folder = None,
    ) -> None:
        _ask(source, locals())

    app.command(source, help=doc, epilog=f"Examples:  akislog {source} {example}")(command)


_shorthand("tasks", "Ask the tasks: akislog query --from tasks.", "status=failed   ·   akislog tasks --group-by status")
_shorthand("gotchas", "Ask the gotchas.", "'applies_to has docker'   ·   akislog gotchas 'pattern~websocket'")
_shorthand("delegations", "Ask the delegations.", "'agent=code and status!=success' --since -30d")
_shorthand("files", "Ask the files that sessions touched.", "'path~auth' --sort -session.date")


@app.command(epilog="Examples:  akislog search 'clock skew'   ·   akislog search 'token*' --in gotchas")
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help='All of these words; word*, "a phrase".')],
    within: Annotated[str, typer.Option("--in", metavar="PARTS", help="Only in title, gotchas, …")] = "",
    where: Annotated[str, typer.Option(metavar="EXPR", help="Only logs that match.")] = "",
    limit: Limit = 0,
    format: Form = "",
    exit_status: ExitStatus = False,
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Search the text of the logs, the best first."""
    from akislog.cli.find import search_logs

    raise typer.Exit(search_logs(text, within, where, limit, format, on_error, directory, exit_status))


@app.command(epilog="Examples:  akislog lineage 1f0c9a2e#t2   ·   akislog lineage 1f0c9a2e --format mermaid")
def lineage(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A session's id, or its last 8 characters, #task.")],
    format: Annotated[str, typer.Option(metavar="NAME", help="tree, mermaid, dot, json.")] = "tree",
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Where a task or session comes from, and what came of it, across delegations and sessions."""
    from akislog.cli.trace import show_lineage

    raise typer.Exit(show_lineage(address, format, on_error, directory))


@app.command(epilog="Examples:  akislog why app/auth.py   ·   akislog why auth.py --format json")
def why(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file or folder, or the end of its path.")],
    limit: Limit = 0,
    format: Form = "",
    exit_status: ExitStatus = False,
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Every session, task and lesson that had to do with a file, newest first."""
    from akislog.cli.trace import show_touches

    raise typer.Exit(show_touches(path, limit, format, on_error, directory, exit_status))


@app.command("open", epilog="Examples:  akislog open   ·   akislog open --still --format md")
def open_(
    still: Annotated[bool, typer.Option("--still", help="Only what nothing closed later.")] = False,
    since: Since = "",
    limit: Limit = 0,
    format: Form = "",
    exit_status: ExitStatus = False,
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Work that was left open when its session ended, and the later work that closed it."""
    from akislog.cli.trace import show_leftovers

    raise typer.Exit(show_leftovers(since, limit, format, on_error, directory, exit_status, still=still))


@app.command(epilog="Examples:  akislog fields   ·   akislog fields tasks   ·   akislog fields session.domain")
def fields(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A source, a field, or the beginning of one.")] = "",
    format: Form = "",
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Every field a query knows: its type, in how many logs it stands, and its commonest values."""
    from akislog.cli.find import list_fields

    raise typer.Exit(list_fields(name, format, on_error, directory))


@app.command(
    epilog="Examples:  akislog sql 'select agent, count(*) from delegations group by 1'   ·   akislog sql --schema"
)
def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One statement that only reads.")] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the tables.")] = False,
    limit: Limit = 0,
    format: Form = "",
    on_error: OnError = "warn",
    directory: Folder = None,
) -> None:
    """Ask in SQL. Nothing can be written, and a statement that takes too long is ended."""
    from akislog.cli.sql import ask_sql

    raise typer.Exit(ask_sql(statement, limit, format, on_error, directory, schema=schema))


@app.command(epilog="Examples:  akislog index --status   ·   akislog index --rebuild")
def index(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make it anew.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what there is (the default).")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Delete it. Queries read the files again.")] = False,
    directory: Folder = None,
) -> None:
    """The index that makes queries fast. It may be deleted at any moment; the logs are the truth."""
    from akislog.cli.index import manage_index

    raise typer.Exit(manage_index(directory, rebuild=rebuild, status=status, clear=clear))
