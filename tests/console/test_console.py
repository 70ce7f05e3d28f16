"""Every command does what its transcript shows, over the example logs; the page of commands shows the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from akislog import resources
from tests import consoles
from tests.console.pages import FOLDER, PAGE, commands, page, transcript

NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.skipif(shutil.which("sh") is None, reason="the transcripts need a shell")
@pytest.mark.parametrize("name", NAMES)
def test_a_transcript(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = consoles.project(tmp_path, monkeypatch)
    shutil.copytree(resources.example_logs(), folder / "log" / "workflow")
    steps = list(consoles.shown(transcript(name).read_text("utf-8")))
    assert any(f"akislog {name}" in step.command for step in steps)
    assert not any(step.output.count("```") for step in steps), "it stands in a block of the page"
    for step in steps:
        place = f"{name}.txt:{step.line}: {step.command}"
        consoles.compare(consoles.run(step.command, place), step.output, place)


def test_every_command_has_a_transcript() -> None:
    assert set(NAMES) == set(commands())


def test_the_page_is_made_from_code_and_transcripts() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.console.pages writes it anew"


def test_every_command_says_what_it_is_for() -> None:
    for name, command in commands().items():
        assert command.help, name
        assert f"akislog {name}" in command.epilog, f"{name}: its help ends with examples"
        assert all(one.help for one in command.params if one.name != "help"), name
