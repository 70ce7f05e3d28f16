"""The page of commands, docs/commands.md, made from the code and from the transcripts beside this file.

``python -m tests.console.pages`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from akislog.cli import app as tree

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "commands.md"

_HEAD = """\
# Commands

Made from the code: `python -m tests.console.pages`. The examples are asked over the logs in
[log/workflow](../log/workflow) and are run by the tests.

stdout is data, stderr is talk. In a pipe nothing is coloured and nothing is cut. Exit codes: 0 fine · 1 something was
found, refused, or is not there · 2 wrong usage, configuration or query, said before any log is read · 3 the answer is
incomplete, because files could not be read · 130 interrupted.
"""
_HIDDEN = ("--help", "--install-completion", "--show-completion")


def commands() -> dict[str, Any]:
    """Every command by its name, in the order of the help."""
    for name in tree._DECLARED_IN:
        import_module(f"akislog.cli.{name}_commands")
    found: dict[str, Any] = typer.main.get_command(tree.app).commands  # type: ignore[attr-defined]
    # In the order of the help, whichever module was loaded first.
    declared = [f"akislog.cli.{name}_commands" for name in tree._DECLARED_IN]
    return dict(sorted(found.items(), key=lambda one: declared.index(one[1].callback.__module__)))


def transcript(name: str) -> Path:
    """The file of a command's transcript."""
    return FOLDER / f"{name}.txt"


def page() -> str:
    """The text of the page."""
    found = commands()
    index = "\n".join(f"- [{name}](#akislog-{name}): {_first(one)}" for name, one in found.items())
    return "\n".join([_HEAD, index, "", *(part for name, one in found.items() for part in _section(name, one))])


def _section(name: str, command: Any) -> Iterator[str]:
    yield f"## akislog {name}\n"
    yield f"{_flat(command.help)}\n"
    yield f"```text\n{_usage(name, command)}\n\n{_examples(command)}\n```\n"
    rows = [row for one in command.params if (row := _row(one))]
    if rows:
        yield "| | |\n|---|---|"
        yield "".join(f"| {what} | {_cell(meaning)} |\n" for what, meaning in rows)
    if transcript(name).exists():
        yield f"```console\n{transcript(name).read_text('utf-8')}```\n"


def _usage(name: str, command: Any) -> str:
    arguments = [one.metavar or one.name for one in command.params if _is_argument(one)]
    options = ["[OPTIONS]"] if any(map(_row, command.params)) and len(command.params) > len(arguments) else []
    return " ".join(["akislog", name, *arguments, *options])


def _examples(command: Any) -> str:
    """The examples of the help, one a line."""
    head, _, listed = command.epilog.partition(":")
    return "\n".join([f"{head}:", *(f"  {one.strip()}" for one in listed.split("·"))])


def _row(parameter: Any) -> tuple[str, str] | None:
    if _is_argument(parameter):
        return f"`{_cell(parameter.metavar or parameter.name)}`", parameter.help or ""
    if parameter.opts[0] in _HIDDEN:
        return None
    value = "" if parameter.is_flag else f" {parameter.metavar or 'N'}"
    names = ", ".join(sorted(parameter.opts, key=len, reverse=True))
    return f"`{names}{_cell(value)}`", parameter.help or ""


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _first(command: Any) -> str:
    return _flat(command.help).partition(". ")[0].rstrip(".") + "."


def _flat(text: str | None) -> str:
    return "\n\n".join(" ".join(part.split()) for part in (text or "").replace("``", "`").split("\n\n"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
