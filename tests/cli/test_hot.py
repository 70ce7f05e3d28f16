"""The command line that is read by hand means what the command tree makes of it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from akislog import resources
from akislog.cli import hot
from akislog.cli.app import app
from akislog.cli.check import Options as CheckOptions
from akislog.cli.query import Options, options_from
from tests.children import environment

import_module("akislog.cli.query_commands")
import_module("akislog.cli.check_commands")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LOGS = str(resources.example_logs())


def typed(arguments: list[str]) -> tuple[str, Options]:
    """The same, read by the command tree."""
    command = COMMANDS[arguments[0]]
    given = command.make_context(arguments[0], list(arguments[1:])).params
    return given.get("source", hot.SOURCES[arguments[0]]), options_from(given)


def by_hand(arguments: list[str]) -> tuple[str, Options] | None:
    source, rest = hot._source(arguments)
    found = hot.read(hot.QUERY, rest)
    return None if found is None else (source, Options(**found))


def checked(arguments: list[str]) -> Any:
    """What the command tree makes of ``check``: the options that its work is given."""
    given = COMMANDS["check"].make_context("check", list(arguments)).params
    told = {"formats" if name == "format" else name: value for name, value in given.items()}
    lists = {name: tuple(told[name] or ()) for name in ("paths", "formats", "select", "ignore")}
    return CheckOptions(**{**told, **lists})


def test_every_option_of_the_tree_is_read() -> None:
    for name in hot.SOURCES:
        for parameter in COMMANDS[name].params:
            for flag in (one for one in parameter.opts if one.startswith("-") and one not in ("--help", "-h")):
                given = [name, flag] if parameter.is_flag else [name, flag, "3"]
                assert by_hand(given) == typed(given), given


def test_every_option_of_check_is_read() -> None:
    for parameter in COMMANDS["check"].params:
        for flag in (one for one in parameter.opts if one.startswith("-") and one not in ("--help", "-h")):
            given = [flag] if parameter.is_flag else [flag, "3", "a", "-", flag, "4"]
            found = hot.read(hot.CHECK, given)
            assert found is not None, given
            wanted = checked(given)
            by_name = {
                name: str(value) if isinstance(value, Path) else value for name, value in wanted._asdict().items()
            }
            assert CheckOptions(**found)._asdict() == by_name, given


def test_every_option_of_search_is_read() -> None:
    for parameter in COMMANDS["search"].params:
        for flag in (one for one in parameter.opts if one.startswith("-") and one not in ("--help", "-h")):
            given = [flag, "word"] if parameter.is_flag else [flag, "3", "word"]
            found = hot.read(hot.SEARCH, given)
            assert found is not None, given
            (text,) = found.pop("texts")
            typed = COMMANDS["search"].make_context("search", list(given)).params
            told = {"form" if name == "format" else name: value for name, value in typed.items()}
            assert {**told, "text": text, **found} == told, given


@pytest.mark.parametrize("arguments", [["search"], ["search", "two", "words"], ["search", "--", "word"]])
def test_a_search_for_no_single_text_is_left_to_the_tree(arguments: list[str]) -> None:
    assert hot._work(arguments) is None


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6).filter(
    lambda text: not text.startswith("-")
)
pieces = (
    st.sampled_from([["--count"], ["-e"], ["--utc"], ["--no-index"], ["--trusted"], ["--limit", "3"], ["-n", "0"]])
    | st.tuples(st.sampled_from(["--select", "--sort", "--since", "--format", "--dir"]), texts).map(list)
    | st.tuples(st.sampled_from(["--select", "--until", "--today"]), texts).map(lambda pair: ["=".join(pair)])
    | texts.map(lambda text: [text])
)


@given(st.sampled_from(sorted(hot.SOURCES)), st.lists(pieces, max_size=5))
def test_the_same_is_meant(command: str, given: list[list[str]]) -> None:
    arguments = [command, *(part for piece in given for part in piece)]
    read = by_hand(arguments)
    assert read is not None
    assert read == typed(arguments)


@pytest.mark.parametrize(
    "arguments",
    [["query", "--help"], ["query", "--unknown"], ["query", "--select"], ["query", "-n", "x"], ["query", "--limit=-1"],
     ["query", "--count=yes"], ["tasks", "--from", "logs"], ["query", "-x"], ["query", "--"]],
)  # fmt: skip
def test_what_is_not_understood_is_left_to_the_tree(arguments: list[str]) -> None:
    assert by_hand(arguments) is None


def test_other_commands_are_not_read_here() -> None:
    assert hot.run(["show"]) is None
    assert hot.run([]) is None


@pytest.mark.parametrize("arguments", [["query", "--dir"], ["search", "keys", "--dir"], ["check", "--fail-on=never"]])
def test_hot_commands_do_without_the_command_tree(arguments: list[str], tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['akislog', *{arguments}, sys.argv[1]]\nfrom akislog.__main__ import main\nmain()\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, LOGS]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"typer", "click", "rich", "jsonschema", "jinja2", "ruamel", "frontmatter", "pydantic"}
    assert "rotate-mail-keys" in done.stdout
