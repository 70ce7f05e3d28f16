"""What is written is what is read: by us, by PyYAML, by ruamel.yaml and through python-frontmatter."""

from __future__ import annotations

import copy
import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from akislog.checks.schema import check_schema
from akislog.core.session import Session
from akislog.exchange.python_frontmatter import Handler, NotALog
from akislog.text.document import parse, render
from akislog.text.emit import front_matter
from akislog.text.frontmatter import load
from tests.sessions import LONG, NASTY, ended, json_values, sessions, started, texts


def stock_readings(text: str) -> dict[str, Any]:
    """The values that others read from a front matter, by name."""
    source = text.encode()
    return {
        "PyYAML": yaml.load(source, yaml.SafeLoader),
        "PyYAML with libyaml": yaml.load(source, yaml.CSafeLoader),
        "ruamel.yaml 1.2": YAML(typ="safe", pure=True).load(source),
    }


def same(text: str, record: Any) -> None:
    """Everybody reads exactly ``record`` from a front matter, types included."""
    expected = json.dumps(record, sort_keys=True)
    for name, value in stock_readings(text).items():
        assert value == record, name
        assert json.dumps(value, sort_keys=True) == expected, name


def round_trip(session: Session) -> str:
    log = session.finish()
    text = render(log.record)
    read = parse(text)
    assert read.findings == ()
    assert read.log == log
    assert parse(text.encode()).log == log
    assert render(read.log.record) == text
    assert render(json.loads(json.dumps(log.record))) == text
    assert check_schema(log.record) == []
    return text


@given(session=sessions())
def test_any_session_reads_back_as_it_was(session: Session) -> None:
    round_trip(session)


@given(session=sessions(most=8))
def test_everybody_reads_the_same_values(session: Session) -> None:
    record = session.finish().record
    same(front_matter(record), record)
    text = render(record)
    for handler in (frontmatter.YAMLHandler(), Handler()):
        post = frontmatter.loads(text, handler=handler)
        assert post.metadata == record
        assert post.content == parse(text).split.body.decode().strip()
    assert frontmatter.loads(text).metadata == record


def everywhere(text: str) -> Session:
    """A session with ``text`` in every place that takes text."""
    s = started(text, agent=text, domain=text)
    s.set(summary=text, purpose=text, branch=text, base_commit=text, head_commit=text, parent=text, writer=text)
    s.set(metadata={text: {text: [text, {text: text}]}}, host={"agent": text, "version": text, "session_id": text})
    s.set(own_key=text)
    s.skill(text)
    s.skill(text, suggested=True)
    task = s.task(text, skill=text, assigned_to=text, checklist=[text], own_key={text: text}).start()
    s.delegate(
        task.subtask(text).id, text, prompt=text, reason=text, skill_required=text, files_allowed=[text], session=text
    ).succeed(text, artifacts=[text])
    s.file(text, domain=text, added=1, task=task.id)
    s.file(text + ".py", "created")
    s.file(f"src/{text}/a.{text}", "deleted")
    s.command(text, exit_code=1, domain=text, task=task.id)
    s.root_cause(text, text, skill=text, gate=text)
    s.gotcha(text, warning=text, solution=text, applies_to=[text, text])
    s.gate(text)
    s.gate(text, passed=False, reason=text)
    s.error(text, type=text, file=text, root_cause=text)
    s.phase(text)
    s.answer(s.ask(text), "approved")
    s.verify(text, ok=True)
    s.usage(models=[text])
    s.note(text)
    s.commit(text, text)
    s.pull_request(text)
    task.done(text, artifacts=[text]).reopen(text)
    return ended(s)


@pytest.mark.parametrize("text", [text for text in NASTY if text.strip()], ids=lambda text: ascii(text[:30]))
def test_nasty_text_in_every_place(text: str) -> None:
    session = everywhere(text)
    written = round_trip(session)
    record = session.finish().record
    same(written.split("\n---\n", 1)[0].removeprefix("---\n") + "\n", record)
    assert frontmatter.loads(written).metadata == record
    assert frontmatter.loads(written, handler=Handler()).metadata == record
    kept = text.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd")
    assert record["tasks"][0]["description"] == record["gotchas"][0]["warning"] == record["notes"][0] == kept


def test_ten_thousand_characters_and_more() -> None:
    for text in (LONG, "a" * 10_000, "\U0001f600" * 10_001, "\x01" * 2_000):
        session = started(text)
        session.task(text, checklist=[text]).done(text)
        round_trip(session)
        same(front_matter(session.finish().record), session.finish().record)
        assert len(session.finish().record["tasks"][0]["result"]) == min(len(text), 10_000)


@given(text=texts().filter(lambda text: bool(text.strip()) and len(text) < 2_000))
def test_any_text_in_every_place(text: str) -> None:
    written = round_trip(everywhere(text))
    assert "\r" not in written
    assert not any(line.startswith("---") for line in written.split("\n---\n", 1)[0].split("\n")[1:])


@pytest.mark.parametrize("block", range(0, 0x110000, 0x2000))
def test_every_character(block: int) -> None:
    """Each one in a text and as a key, in blocks; and everybody reads it back."""
    chars = [chr(code) for code in range(block, min(block + 0x2000, 0x110000)) if not 0xD800 <= code < 0xE000]
    if block >= 0x40000 and block not in (0xE0000, 0x10E000):
        chars = chars[::97]
    text = "".join(chars)
    record = {"metadata": {"text": text, **{f"{char}": ord(char) for char in random.Random(block).sample(chars, 40)}}}
    written = front_matter({"metadata": record["metadata"]})
    read = load(written.encode())
    assert read.findings == ()
    assert read.value is not None
    assert read.value["metadata"] == record["metadata"]
    assert yaml.load(written.encode(), yaml.CSafeLoader)["metadata"] == record["metadata"]
    assert yaml.load(written.encode(), yaml.SafeLoader)["metadata"] == record["metadata"]
    if block < 0x4000 or block in (0xE000, 0x1E000, 0x10E000):
        assert YAML(typ="safe", pure=True).load(written)["metadata"] == record["metadata"]
    line = next(line for line in written.split("\n") if "text:" in line)
    allowed = {"Cn", "Co", "Cf", "Mn"}  # unassigned, private, joiners, marks
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in line)
    assert all(char.isprintable() or unicodedata.category(char) in {*allowed, "Zs"} for char in line)


@given(value=st.dictionaries(st.text(st.characters(), max_size=5), json_values(), max_size=4))
def test_any_metadata(value: dict[str, Any]) -> None:
    session = started()
    session.set(metadata=value)
    record = session.finish().record
    round_trip(session)
    same(front_matter(record), record)


def test_long_keys_are_read_by_everybody() -> None:
    session = started()
    session.set(metadata={"\u202e" * 500: 1, '"' * 300: {"\x07" * 200: [1]}, "k" * 5_000: 2})
    record = session.finish().record
    round_trip(session)
    same(front_matter(record), record)


def test_deep_metadata_is_read_back() -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = {"a": [deep]}
    session = started()
    session.set(metadata={"deep": deep})
    session.task("one", deep=deep)
    round_trip(session)


def test_line_ends_of_windows_change_nothing() -> None:
    log = everywhere("two\nlines").finish()
    text = render(log.record).replace("\n", "\r\n")
    assert parse(text).log == log
    assert parse("\ufeff" + text).log == log


# -- python-frontmatter -----------------------------------------------------------------------------------------


def test_dumping_with_our_handler_gives_our_front_matter(tmp_path: Path) -> None:
    log = everywhere("key: 'value' # [x]").finish()
    text = render(log.record)
    post = frontmatter.loads(text, handler=Handler())
    assert frontmatter.dumps(post, handler=Handler()) == text.rstrip("\n")
    frontmatter.dump(post, str(tmp_path / "a.md"), handler=Handler())
    assert parse((tmp_path / "a.md").read_bytes()).log == log


def test_our_handler_is_detected_and_refuses_in_words() -> None:
    handler = Handler()
    assert handler.detect("---\na: 1\n---\n")
    assert not handler.detect("a: 1\n---\n")
    with pytest.raises(NotALog, match=r"line 2, column 10.*twice"):
        frontmatter.loads('---\n{"a": 1, "a": 2}\n---\n', handler=handler)
    with pytest.raises(NotALog, match="never closed"):
        handler.split("---\na: 1\n")


def test_values_that_are_not_json_become_text() -> None:
    import datetime

    post = frontmatter.Post("body", date=datetime.date(2026, 1, 11), numbers=(1, 2), big=10**20, lone="\ud800")
    dumped = frontmatter.dumps(post, handler=Handler())
    read = frontmatter.loads(dumped, handler=Handler()).metadata
    assert read["date"] == "2026-01-11"
    assert read["numbers"] == [1, 2]
    assert read["big"] == str(10**20)
    assert read["lone"] == "\ufffd"


def test_rendering_changes_no_record() -> None:
    record = everywhere("text").finish().record
    before = copy.deepcopy(record)
    render(record)
    assert record == before
