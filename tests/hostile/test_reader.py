"""Hostile files, session documents, templates and transcripts: findings or named errors, and never anything else."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from akislog.checks.registry import run as check
from akislog.cli.app import run
from akislog.core.log import WorkflowLog
from akislog.exchange import registry, transcript
from akislog.exchange.transcript import Settings, Transcript
from akislog.report.tree import tree
from akislog.store import sources
from akislog.text.document import parse, render
from akislog.text.fit import FIT_LIMIT
from akislog.text.frontmatter import FILE_LIMIT
from tests.hostile import attacks

TITLE = '{"session": {"title": "x"'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which the present folder is, and nobody's home."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".akislog.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AKISLOG_STATE", raising=False)
    return folder


def logs(project: Path) -> list[Path]:
    return sorted((project / "log").rglob("*"))


# -- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", attacks.documents(300))
def test_an_attack_gives_findings_or_a_log_that_can_be_used(name: str) -> None:
    data = attacks.documents(8 * 1024)[name]
    document = parse(data, "x.md")
    assert document.split.join() == data
    assert document.log is not None or document.findings
    if document.log is not None:
        used(document.log)


def used(log: WorkflowLog) -> None:
    """Everything that commands do with a log that was read."""
    check(log.record, "x.md")
    tree(log)
    render(log.record)


CURRENT = "---\nsession: {id: a}\nprovenance: {format: 1}\n%s---\n"


@pytest.mark.parametrize(
    "wrong", ["5", "text", "[5]", "[[[]]]", "[{a: [{b: 1}]}]", "{a: 1}", "null", "true", "[null]", "1.5"]
)
def test_a_section_of_any_kind_can_be_used(wrong: str) -> None:
    for section in parse(next(iter(examples())).read_bytes()).front.value or {}:
        if section != "provenance":
            rest = CURRENT % "" if section == "session" else CURRENT
            text = (
                (rest % f"{section}: {wrong}\n")
                if "%s" in rest
                else f"---\nsession: {wrong}\nprovenance: {{format: 1}}\n---\n"
            )
            document = parse(text, "x.md")
            assert document.log is not None
            used(document.log)


def examples() -> list[Path]:
    from akislog.resources import example_logs

    return sorted(example_logs().glob("*.md"))


# -- session documents ------------------------------------------------------------------------------------------

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "text": b"hello",
    "torn": b'{"session": {"title": "x',
    "something after the end": b'{"session": {"title": "x"}} x',
    "two objects": b'{"session": {"title": "x"}}{}',
    "NaN": b'{"session": {"title": "x", "n": NaN}}',
    "Infinity": b'{"session": {"title": "x"}, "metadata": {"n": -Infinity}}',
    "a key twice": b'{"session": {"title": "x", "title": "y"}}',
    "a key twice, escaped": b'{"session": {"title": "x", "titl\\u0065": "y"}}',
    "a key twice, deep": b'{"session": {"title": "x"}, "metadata": {"a": [{"b": 1, "b": 2}]}}',
    "65 levels": TITLE.encode() + b'}, "metadata": {"a": ' + b"[" * 63 + b"]" * 63 + b"}}",
    "900 levels": TITLE.encode() + b'}, "metadata": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    "5 000 levels": TITLE.encode() + b', "m": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
    "200 000 levels": TITLE.encode() + b', "m": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"}}",
    "UTF-16 with a mark": (TITLE + "}}").encode("utf-16"),
    "UTF-16": (TITLE + "}}").encode("utf-16-le"),
    "Latin-1": b'{"session": {"title": "caf\xe9"}}',
    "half a pair, raw": b'{"session": {"title": "\xed\xa0\x80"}}',
    "half a pair as key": b'{"session": {"title": "x", "\\ud800": 1}}',
    "a raw control character": b'{"session": {"title": "a\x1bb"}}',
    "too large": b'{"session": {"title": "x"}, "notes": ["' + b"x" * FILE_LIMIT + b'"]}',
    "no title": b'{"session": {}}',
    "an empty title": b'{"session": {"title": ""}}',
    "a title that is a number": b'{"session": {"title": 5}}',
    "a session that is a list": b'{"session": []}',
    "a task that is a number": b'{"session": {"title": "x"}, "tasks": [5]}',
    "a time out of all range": b'{"session": {"title": "x", "started_at": "9999-12-31T23:59:59-12:00"}}',
    "YAML with an anchor": b"session: {title: &a x}",
    "YAML with a tag": b"session: {title: !!python/name:os.system x}",
    "YAML with a key twice": b"session: {title: x, title: y}",
    "YAML, deep": b"session: {title: x}\nm: " + b"[" * 32_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_is_refused(name: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "d.json").write_bytes(REFUSED[name])
    assert run(["write", "d.json"]) in (1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("akislog: ")
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 25
    assert not logs(project)


TAKEN: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + TITLE.encode() + b"}}",
    "half a pair": TITLE.encode() + b', "summary": "a\\ud800b"}}',
    "control characters": TITLE.encode() + b', "summary": "a\\u001b[31m\\u0000\\u202e\\u2028"}}',
    "64 levels": TITLE.encode() + b'}, "metadata": {"a": ' + b"[" * 62 + b"]" * 62 + b"}}",
    "a number of 400 digits": TITLE.encode() + b'}, "metadata": {"a": ' + b"9" * 400 + b"}}",
    "a number past all floats": TITLE.encode() + b'}, "metadata": {"a": 1e999}}',
    "tasks in a circle": TITLE.encode()
    + b'}, "tasks": [{"id": "a", "description": "a", "parent_task_id": "b"},'
    + b'{"id": "b", "description": "b", "parent_task_id": "a"}]}',
    "a title of 100 000 characters": b'{"session": {"title": "' + b"x" * 100_000 + b'"}}',
    "30 000 keys": TITLE.encode() + b'}, "metadata": {' + b", ".join(b'"k%d": 1' % i for i in range(30_000)) + b"}}",
    "5 000 tasks in a chain": TITLE.encode()
    + b'}, "tasks": ['
    + b", ".join(b'{"id": "t%d", "description": "a", "parent_task_id": "t%d"}' % (i + 1, i) for i in range(5_000))
    + b"]}",
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_document_that_is_taken_becomes_one_log(name: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "d.json").write_bytes(TAKEN[name])
    assert run(["write", "d.json"]) == 0, capsys.readouterr().err
    (path,) = (one for one in logs(project) if one.is_file())
    document = parse(path.read_bytes())
    assert document.log is not None
    assert (document.findings, render(document.log.record)) == ((), path.read_text("utf-8"))
    assert len(document.split.yaml) <= FIT_LIMIT


def test_a_number_of_5_000_digits_is_refused_or_text(project: Path) -> None:
    """Python refuses it since 3.10.7; what an older one makes of it must be a sound log."""
    (project / "d.json").write_bytes(TITLE.encode() + b'}, "metadata": {"a": ' + b"9" * 5_000 + b"}}")
    assert run(["write", "d.json", "--dry-run"]) in (0, 1)


# -- templates --------------------------------------------------------------------------------------------------

REACHING = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ title.__class__.__base__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].system('touch reached') }}",
    "{{ joiner.__init__.__globals__.os.system('touch reached') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ tasks.append(1) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('touch reached') }}",
    "{% extends '/etc/passwd' %}",
    "{% for i in range(100000000) %}x{% endfor %}",
    "{{ range(999999999) | list }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in range(9999) %}{% for b in range(9999) %}{{ 'x' * 999 }}{% endfor %}{% endfor %}",
    "{{ missing.field }}",
    "{{ 1 / 0 }}",
    "{% if %}",
    "{{",
)
HARMLESS = (
    "{{ ('{0.__class__.__mro__}').format(title) }}",
    "{{ title | attr('__class__') }}",
    "{{ ''['__class__'] }}",
    "{{ self._TemplateReference__context }}",
    "{% set x = title %}{{ x.__init__ }}",
    "{{ config }}{{ request }}{{ os }}",
)


def with_template(template: str) -> int:
    Path("d.json").write_text(TITLE + "}}", "utf-8")
    Path("t.j2").write_text(template, "utf-8")
    return run(["write", "d.json", "--dry-run", "--template", "t.j2"])


@pytest.mark.parametrize("template", REACHING)
def test_a_template_that_reaches_out_is_refused(
    template: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_template(template) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("akislog: the template cannot be used: ")) == ("", True)
    assert not (project / "reached").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("template", HARMLESS)
def test_a_template_that_asks_for_attributes_gets_nothing(template: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert with_template(template) in (0, 2)
    body = capsys.readouterr().out.rpartition("---\n")[2]
    assert "class" not in body
    assert "Undefined" not in body


def test_session_text_is_no_template(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = "{{ 7 * 7 }} {% raw %} {# x #} ${7*7} #{7*7} <%= 7 %>"
    (project / "d.json").write_text(json.dumps({"session": {"title": told, "summary": told}}), "utf-8")
    assert run(["write", "d.json", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "{{ 7" in out
    assert "49" not in out.replace("T", " ").split("# Session Log")[1]


@pytest.mark.parametrize("key", ["template", "templates", "command", "hooks", "state"])
def test_a_repository_names_no_template_and_no_command(key: str, project: Path) -> None:
    (project / ".akislog.toml").write_text(f'{key} = "t.j2"\n', "utf-8")
    (project / "d.json").write_text(TITLE + "}}", "utf-8")
    assert run(["write", "d.json"]) == 2
    assert not logs(project)


# -- transcripts ------------------------------------------------------------------------------------------------

RECORD = {
    "type": "user",
    "sessionId": "b",
    "uuid": "u",
    "timestamp": "2026-03-01T10:00:00Z",
    "cwd": "/",
    "message": {"role": "user", "content": "Count the boats"},
}


def line(**more: Any) -> bytes:
    return json.dumps({**RECORD, **more}).encode() + b"\n"


def imported(lines: list[bytes]) -> transcript.Imported:
    return registry.read(Transcript("b.jsonl", lines), Settings("akislog test"))


def test_a_line_of_ten_megabytes_is_read() -> None:
    long = line(uuid="v", message={"role": "user", "content": "x" * 10_000_000})
    made = imported([line(), long, line(uuid="w")])
    assert (made.bad_lines, max(len(json.dumps(event)) for event in made.events) < 100_000) == (0, True)


def test_a_line_over_the_limit_comes_in_pieces_and_is_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "LINE_LIMIT", 4096)  # 64 MiB in truth: the same code, less to write
    monkeypatch.setattr(transcript, "LINE_LIMIT", 4096)
    path = tmp_path / "b.jsonl"
    path.write_bytes(line() + line(uuid="v", message={"role": "user", "content": "x" * 50_000}) + line(uuid="w"))
    pieces = list(sources.lines(path))
    assert max(map(len, pieces)) == 4096
    assert imported(pieces).bad_lines == len(pieces) - 2


@pytest.mark.long
def test_a_line_over_64_mebibytes(project: Path) -> None:
    path = project / "b.jsonl"
    path.write_bytes(line() + line(uuid="v", message={"role": "user", "content": "x" * (65 << 20)}) + line(uuid="w"))
    assert run(["import", "b.jsonl"]) == 0


@pytest.mark.parametrize("size", [1 << 30, 8 << 30])
def test_a_sparse_file_is_refused_by_its_size_or_read_in_pieces(
    size: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Holes are nothing but NUL: no command may hold them in memory."""
    for name in ("hole.md", "hole.json"):
        with open(project / name, "wb") as file:
            file.truncate(size)
    assert run(["show", "./hole.md"]) == 1
    assert run(["write", "hole.json"]) == 2
    assert str(FILE_LIMIT) in capsys.readouterr().err


@pytest.mark.long
def test_a_sparse_transcript_is_read_in_pieces(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open(project / "hole.jsonl", "wb") as file:
        file.truncate(1 << 30)
    assert run(["import", "hole.jsonl"]) == 1
    assert "not a transcript" in capsys.readouterr().err


def test_nothing_is_unpacked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress(line() * 200_000)
    for name in ("b.jsonl.gz", "b.jsonl", "a.md", "d.json"):
        (project / name).write_bytes(packed)
    assert run(["import", "b.jsonl.gz"]) == 1
    assert run(["import", "b.jsonl"]) == 1
    assert run(["show", "./a.md"]) == 0  # read as the Markdown it is not
    assert run(["write", "d.json"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert not logs(project)


def test_deep_records_are_counted() -> None:
    made = imported([line(), b'{"type": "user", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", b"[" * 100_000])
    assert made.bad_lines == 2


def many(make: Callable[[int], bytes], number: int) -> list[bytes]:
    return [make(i) for i in range(number)]


def test_records_without_end_make_a_log_within_its_limits() -> None:
    def edit(i: int) -> bytes:
        use = {"type": "tool_use", "id": f"t{i}", "name": "Write", "input": {"file_path": f"/a/{i}.py", "content": "x"}}
        return line(uuid=f"u{i}", type="assistant", message={"role": "assistant", "content": [use]})

    from akislog.core.session import Session
    from akislog.store.writer import prepare

    record = Session.replay(imported([line(), *many(edit, 3_000)]).events).finish().record
    assert len(prepare(record, lambda text: (text, 0)).data) < FILE_LIMIT


@pytest.mark.usefixtures("project")
@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no /dev/zero on this system")
def test_standard_input_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/zero") as endless:
        monkeypatch.setattr("sys.stdin", endless)
        assert run(["write", "-"]) == 2
