"""A secret of every kind through everything that takes text: it reaches no log, no output and no message.

One cleaning stands before the first event; the search over the finished log must find nothing left to do.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import akislog
from akislog.cli.app import run
from akislog.core.session import Session
from akislog.errors import AkislogError
from akislog.exchange import registry, session_document
from akislog.exchange.transcript import Settings, Transcript, decoded
from akislog.store.writer import prepare
from akislog.text.clean import cleaner
from akislog.text.redact import KINDS, Redactor
from tests.exchange.importing import FIXTURES, lines_of, loaded
from tests.text import secret_samples as samples

VARIABLE = "plum" + "!7tango-of-the-environment"
ENVIRONMENT = {"SERVICE_TOKEN": VARIABLE}
REDACT = Redactor(ENVIRONMENT).redact


def planted() -> dict[str, tuple[str, str]]:
    """Of every kind a text that gives a secret away, and the secret."""
    rng = random.Random(20260301)
    told = {"env": (VARIABLE, VARIABLE)}
    for kind, template, make in samples.CONTEXTS:
        secret = make(rng)
        told.setdefault(kind, (template.replace("{}", secret), secret))
    for kind, make in samples.SHAPES:
        secret = make(rng)
        told[kind] = (secret, secret)
    return told


PLANTED = planted()


def test_every_kind_is_planted() -> None:
    assert set(PLANTED) == set(KINDS)


def leaks(secret: str, text: str) -> list[str]:
    """The pieces of a secret that can be read in a text, in whatever case: a slug has lower case only."""
    lower = text.lower()
    width = min(12, len(secret))
    starts = range(min(8, len(secret) - width), min(len(secret) - width + 1, 400), 4)
    return [piece for start in starts if (piece := secret[start : start + width].lower()) in lower]


def everything(folder: Path, *but: Path) -> str:
    """Names and contents of all files below a folder."""
    files = [one for one in folder.rglob("*") if one not in but]
    return "\n".join([*map(str, files), *(one.read_text("utf-8", "replace") for one in files if one.is_file())])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".akislog.toml").write_text('text = "full"\n')
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SERVICE_TOKEN", VARIABLE)
    monkeypatch.delenv("AKISLOG_STATE", raising=False)
    return folder


# -- verbs ------------------------------------------------------------------------------------------------------


def tell(s: Session, text: str) -> None:
    """Every verb, with ``text`` wherever it takes a text."""
    told = {"summary": text, "purpose": text, "branch": text, "domain": text, "parent": text, "ticket": text}
    s.set(**told, **{text: text}, continues=[text], metadata={"a": {text: [text]}}, host={"agent": text, text: text})
    task = s.task(text, assigned_to=text, skill=text, checklist=[text], **{text: {text: text}})
    task.check(text).check(text, done=True).set(description=text, result=text, artifacts=[text])
    task.start().pause(text).start().done(text, artifacts=[text]).reopen(text)
    handed = task.delegate(text, prompt=text, reason=text, skill_required=text, files_allowed=[text], session=text)
    handed.succeed(text, artifacts=[text], session=text)
    other = task.subtask(text)
    other.delegate(text, prompt=text).partial(text)
    other.fail(text)
    s.task(text).cancel(text)
    s.gotcha(text, warning=text, solution=text, applies_to=[text])
    s.root_cause(text, text, skill=text, gate=text)
    s.file(text, "created", domain=text, task=task.id)
    s.file(f"src/{text}/a.{text}")
    s.command(text, exit_code=1, domain=text)
    s.skill(text)
    s.skill(text, suggested=True)
    s.gate(text, False, reason=text)
    s.error(text, type=text, file=text, root_cause=text)
    s.phase(text)
    s.answer(s.ask(text), "approved")
    s.verify(text, False)
    s.usage(models=[text], input_tokens=1)
    s.note(text)
    s.commit(text, text)
    s.pull_request(text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", ["full", "summary", "none"])
def test_no_verb_lets_a_secret_through(kind: str, policy: Any) -> None:
    text, secret = PLANTED[kind]
    for told in (text, f"{'x' * 190} {text} and more", f"it said:\n{text}\n"):
        session = Session(clean=cleaner(policy, ENVIRONMENT), clock=lambda: "2026-03-01T10:00:00Z")
        session.begin("a", told, agent=told, source="live")
        tell(session, told)
        session.end(summary=told)
        assert leaks(secret, json.dumps(session.events)) == []
        rendered = prepare(session.finish().record, REDACT)
        assert rendered.caught == 0
        assert leaks(secret, rendered.data.decode()) == []
        assert leaks(secret, repr(rendered.findings)) == []
        assert f"[REDACTED:{kind}]" in rendered.data.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_gives_a_log_no_telling_name(kind: str, project: Path) -> None:
    text, secret = PLANTED[kind]
    with akislog.session(f"Use {text}") as live:
        live.note("x")
    assert live.written is not None
    assert leaks(secret, everything(project)) == []


# -- session documents ------------------------------------------------------------------------------------------


def document(text: str) -> dict[str, Any]:
    """A session document with ``text`` in every field that takes one."""
    session = dict.fromkeys(("title", "summary", "purpose", "branch", "agent", "domain", "base_commit"), text)
    return {
        "session": {**session, "started_at": "2026-03-01T10:00:00Z", text: text},
        "skills": {"loaded": [text], "suggested": [text]},
        "files": {kind: [{"path": text, "domain": text}] for kind in ("created", "modified")},
        "root_causes": [{"problem": text, "solution": text, "skill": text}],
        "gotchas": [{"pattern": text, "warning": text, "solution": text, "applies_to": [text]}],
        "gates": {"passed": [text], "violations": [{"gate": text, "reason": text}]},
        "commands": [{"cmd": text, "domain": text}],
        "tasks": [
            {"id": "t1", "description": text, "assigned_to": text, "skill": text, "result": text, "artifacts": [text]},
            {
                "id": "t2",
                "description": text,
                "checklist": [{"item": text, "done": True}],
                "parent_task_id": "t1",
                text: text,
            },
        ],
        "delegations": [
            {
                "id": "d1",
                "task_id": "t1",
                "agent": text,
                "prompt": text,
                "result": text,
                "reason": text,
                "status": "success",
            }
        ],
        "changes": [{"path": text, "added": 1}],
        "commits": [{"sha": "3f2a91c0", "subject": text}],
        "pull_requests": [text],
        "phases": [{"to_phase": text, "at": "2026-03-01T10:00:00Z"}],
        "approvals": [{"question": text, "answer": "approved"}],
        "errors": [{"type": text, "message": text, "file": text, "root_cause": text}],
        "verification": [{"check": text, "ok": True}],
        "usage": {"models": [text]},
        "metadata": {"a": text, text: text},
        "notes": [text],
        text: text,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_session_document_lets_a_secret_through(
    kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, secret = PLANTED[kind]
    clean = cleaner("full", ENVIRONMENT)
    events = session_document.events(document(text), now="2026-03-01T10:00:00Z", writer="akislog test", clean=clean)
    assert leaks(secret, json.dumps(events)) == []
    assert prepare(Session.replay(events).finish().record, REDACT).caught == 0
    source = project / "d.json"
    source.write_text(json.dumps(document(text)), "utf-8")
    for more in (["--dry-run"], [], ["--format", "json"]):
        assert run(["write", "d.json", *more]) == 0, capsys.readouterr().err
    assert leaks(secret, "".join(capsys.readouterr())) == []
    told = everything(project, source)
    assert leaks(secret, told) == []
    assert f"[REDACTED:{kind}]" in told


def every_place(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in entries:
        yield (*path, key)
        yield from every_place(one, (*path, key))


def test_a_refused_document_is_told_of_without_its_secrets(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A secret in the place of every value, whatever stood there: most are refused, and the refusal quotes them."""
    text, secret = PLANTED["github-token"]
    whole = document("x")
    source = project / "d.json"
    refused = 0
    for number, path in enumerate(every_place(whole)):
        changed = copy.deepcopy(whole)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = [text, {text: text}] if number % 2 else text
        source.write_text(json.dumps(changed), "utf-8")
        refused += run(["write", "d.json", "--dry-run"]) != 0
    assert refused > 50
    assert leaks(secret, "".join(capsys.readouterr())) == []


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("kind", [kind for kind, (text, _) in PLANTED.items() if not {"\n", "/"} & set(text)])
def test_names_and_errors_keep_secrets_to_themselves(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, secret = PLANTED[kind]
    name = text[:200]  # a secret with a slash in it makes folders, and is none any more
    for content in (
        "---\na: 1\n",
        f"---\n{json.dumps(text)}: 1\n{json.dumps(text)}: 2\n---\n",
        f"---\na: *{text}\n---\n",
    ):
        Path(f"{name}.md").write_text(content, "utf-8")
        run(["show", f"./{name}.md"])
    Path(f"{name}.json").write_text(f"{{{json.dumps(text)}: 1, {json.dumps(text)}: 2, NaN {text}", "utf-8")
    Path(f"{name}.jsonl").write_text(json.dumps({"type": text}), "utf-8")
    for arguments in (
        ["write", f"{name}.json"],
        ["import", f"{name}.jsonl"],
        ["import", f"{name}.jsonl", "--status"],
        ["import", "--agent", text],
        ["import", "--since", text],
        ["import", text],
        ["show", text],
        ["show", "x", "--format", text],
        ["show", f"{text}/x.md"],
        ["write", text],
        ["schema", text],
        [text],
        ["show", "--", text],
    ):
        assert run(arguments) in (0, 1, 2), arguments
    assert leaks(secret, "".join(capsys.readouterr())) == [] or name != text


def test_what_could_not_be_published_is_kept_without_secrets(project: Path) -> None:
    text, secret = PLANTED["github-token"]
    for note in ("one", "two"):  # the second one is another session of the same id: its log goes to conflicts/
        live = akislog.session(f"Use {text}", id="same", at="2026-03-01T10:00:00Z", metadata={text: text})
        live.note(f"{note} {text}")
        if note == "one":
            live.publish(summary=text)
        else:
            with pytest.raises(AkislogError) as raised:
                live.publish(summary=text)
            assert leaks(secret, str(raised.value)) == []
    (project / "log" / "workflow").rename(project / "log" / "aside")
    (project / "log" / "workflow").write_text("no folder")
    live = akislog.session(f"Use {text}", id="other")
    with pytest.raises(AkislogError) as raised:
        live.publish(summary=text)
    assert "unpublished" in str(raised.value)
    live = akislog.session(f"Use {text}")
    live.apply({"seq": 2, "at": "x", "op": "session.set", "complexity": text})  # no verb would: no log can be made
    with pytest.raises(AkislogError):
        live.publish(summary=text)
    kept = [
        one.parent.name
        for one in project.rglob("*")
        if one.is_file() and one.parent.name in ("conflicts", "unpublished")
    ]
    assert {"conflicts", "unpublished"} <= set(kept)
    assert leaks(secret, everything(project)) == [] or live.events[1]["complexity"] == text


# -- transcripts ------------------------------------------------------------------------------------------------

_FIXED = frozenset(
    {"type", "timestamp", "role", "op", "kind", "createdAt", "startTime", "lastUpdated", "schema_version"}
)


def transcripts() -> list[Path]:
    return sorted(one for one in FIXTURES.rglob("*.json*") if not one.name.endswith((".meta.json", ".summary.json")))


def whole(path: Path) -> list[Any]:
    """The records of a transcript, without a torn last line."""
    if path.suffix != ".jsonl":
        return loaded(path)
    return [value for line in path.read_bytes().splitlines() if (value := decoded(line)) is not None]


def names_in(value: Any) -> set[str]:
    return {step for path in every_place(value) for step in path if isinstance(step, str)} - _FIXED


def with_secret(value: Any, name: str, text: str) -> Any:
    """A copy in which every text in a field of this name holds another text too."""
    if isinstance(value, dict):
        return {
            key: one + text if key == name and isinstance(one, str) else with_secret(one, name, text)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [with_secret(one, name, text) if not isinstance(one, str) else one for one in value]
    return value


def as_bytes(values: list[Any], path: Path) -> list[bytes]:
    data = lines_of(values) if path.suffix == ".jsonl" else json.dumps(values[0]).encode()
    return data.splitlines(keepends=True)


def without_secret(lines: list[bytes], name: str, secret: str) -> bool:
    """Import: whether it could be read. If so nothing of the secret is in it; if not, nothing is in the error."""
    settings = Settings("akislog test", cleaner("full", ENVIRONMENT), "/work", "/home/x")
    try:
        imported = registry.read(Transcript(name, lines), settings)
    except AkislogError as error:
        told, imported = str(error), None
    if imported is None:
        assert leaks(secret, told) == []
        return False
    for one in (imported, *imported.children):
        assert leaks(secret, json.dumps(one.events)) == []
        rendered = prepare(Session.replay(one.events).finish().record, REDACT)
        assert rendered.caught == 0
        assert leaks(secret, rendered.data.decode()) == []
    return True


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_field_of_a_transcript_lets_a_secret_through(path: Path) -> None:
    values = whole(path)
    kinds = [kind for kind in KINDS if "\n" not in PLANTED[kind][0]]
    lead = ("", " " * 4 + "x" * 80, "y" * 190)
    read = 0
    for number, name in enumerate(sorted(names_in(values))):
        text, secret = PLANTED[kinds[number % len(kinds)]]
        told = with_secret(values, name, f"{lead[number % 3]} {text} ")
        read += without_secret(as_bytes(told, path), path.name, secret)
    assert read > 5 or len(names_in(values)) < 10


@pytest.mark.parametrize("path", transcripts(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_secret_is_cut_in_two(path: Path) -> None:
    """A text is cleaned before it is cut to a title, a question or a description."""
    values = whole(path)
    text, secret = PLANTED["github-token"]
    for name in sorted(
        names_in(values) & {"content", "text", "prompt", "message", "title", "description", "name", "query"}
    ):
        for before in (70, 85, 95, 180, 195):
            told = with_secret(values, name, "")
            told = replaced(told, name, f"{'z' * (before - 1)} {text}")
            without_secret(as_bytes(told, path), path.name, secret)


def replaced(value: Any, name: str, text: str) -> Any:
    if isinstance(value, dict):
        return {
            key: text if key == name and isinstance(one, str) else replaced(one, name, text)
            for key, one in value.items()
        }
    return [replaced(one, name, text) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", ["github-token", "env", "assignment", "jwt"])
def test_an_import_through_the_command(kind: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, secret = PLANTED[kind]
    source = project / "in"
    source.mkdir()
    for path in transcripts():
        values = whole(path)
        for name in ("content", "text", "command", "cwd", "file_path", "output", "title", "prompt", "stdout", "type"):
            values = with_secret(values, name, "" if name == "type" else f" {text}")
        values.append({"type": text, "timestamp": "2026-03-01T10:00:00Z"})  # a record of a type that nobody knows
        (source / f"{path.parent.name}-{path.name}").write_bytes(b"".join(as_bytes(values, path)))
    sources = list(source.rglob("*"))
    for more in (["--status"], ["--dry-run", "-y"], ["-y", "--separate"], ["-y"]):
        run(["import", "in", *more])
    out, err = capsys.readouterr()
    assert "written" in err
    assert leaks(secret, out + err) == []
    assert leaks(secret, everything(project, *sources)) == []
