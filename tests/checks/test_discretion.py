"""A secret in a log is found, and no form of report tells it: reports go to places where the log does not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from akislog.checks.discretion import masked
from akislog.checks.document import Checks, check_document
from akislog.checks.schema import compiled
from akislog.report.check import FORMATS
from akislog.text.document import render
from akislog.text.redact import Redactor
from tests.checks.records import SESSION_ID, record
from tests.cli.command import akislog
from tests.text.secret_samples import BASE62, key_body, some

NAME = f"{SESSION_ID}.md"
LOG = render(record())
RNG = random.Random(5)
TOKEN = "gh" + "p_" + some(RNG, BASE62, 36)
PASSWORD = some(RNG, BASE62, 14)
KEY = key_body(RNG)
PEM = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{KEY}\n-----END RSA {'PRIVATE'} KEY-----"

PLACES = {
    "a title": LOG.replace("Limit what the parser takes", f"Use {TOKEN} here", 1),
    "a word of a closed list": LOG.replace("outcome: completed", f"outcome: {TOKEN}"),
    "a plain text": LOG.replace('title: "Limit what the parser takes"', f"title: {TOKEN}"),
    "a text that YAML refuses": LOG.replace('title: "Limit what the parser takes"', f"title: use: {TOKEN}"),
    "a key": LOG.replace("outcome:", f"{TOKEN}: 1\n  {TOKEN}: 2\n  outcome:"),
    "the name of a task": LOG.replace('  - id: "t1"\n', f'  - id: "t1"\n    parent_task_id: "{TOKEN}"\n'),
    "a password": LOG.replace("outcome: completed", f'outcome: completed\n  password: "{PASSWORD}"'),
    "the body": LOG + f"\nIt is {TOKEN}.\n",
    "a key over lines in the body": f"{LOG}\n{PEM}\n",
    "an older log": f"---\nsession: {{id: a, date: 2026-01-05, complexity: {TOKEN}}}\n---\nbody\n",
    "a log without front matter": f"# The menu | 2026-01-05 | ~5min\n\n## Tasks\n- [x] Use {TOKEN}\n",
    "front matter that never ends": f"---\nsession: {{id: {TOKEN}}}\n",
}
UNREAD = {"a text that YAML refuses", "a key", "front matter that never ends"}  # one error, no cascade
SECRETS = (TOKEN, PASSWORD, *KEY.split("\n"))


@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_and_never_told(place: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(PLACES[place], "utf-8")
    (tmp_path / "s.json").write_text('{"properties": {"session": {"additionalProperties": {"enum": [1]}}}}')
    (tmp_path / ".akislog.toml").touch()
    to_files = [one for form in FORMATS for one in ("--format", f"{form}:{form}.out")]
    for more in ([], ["--strict"], ["--schema", "s.json"]):
        done = akislog(tmp_path, "check", NAME, "--baseline", "b.json", *to_files, *more)
        told = done.stdout + done.stderr
        assert done.returncode == 2, told  # there is no such baseline yet
        done = akislog(tmp_path, "check", NAME, *to_files, "--format", "full", *more)
        told = done.stdout + done.stderr
        akislog(tmp_path, "check", NAME, *more, "--baseline", "b.json", "--write-baseline")
        told += "".join((tmp_path / f"{form}.out").read_text("utf-8") for form in FORMATS)
        told += (tmp_path / "b.json").read_text("utf-8")
        (tmp_path / "b.json").unlink()
        assert [secret for secret in SECRETS if secret and secret in told] == [], more
        assert more == ["--schema", "s.json"] or place in UNREAD or "AKL221" in told


@pytest.mark.parametrize("place", PLACES)
def test_standard_input_tells_no_more(place: str, tmp_path: Path) -> None:
    done = akislog(tmp_path, "check", "-", "--format", "full", stdin=PLACES[place].encode())
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS if secret)


def test_a_value_of_the_environment_is_not_shown_either(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(LOG.replace("outcome: completed", f"outcome: {PASSWORD}"), "utf-8")
    done = akislog(tmp_path, "check", NAME, "--format", "full", SHOP_API_KEY=PASSWORD)
    assert f"outcome: {'*' * len(PASSWORD)}" in done.stdout


def test_stars_keep_every_place() -> None:
    text = f"a {TOKEN} b\r\n{PEM}\nc\n"
    stars = masked(text, Redactor())
    assert len(stars) == len(text)
    assert stars.startswith(f"a {'*' * len(TOKEN)} b\r\n***")
    assert stars.endswith("*\nc\n")
    assert [len(one) for one in stars.split("\n")] == [len(one) for one in text.split("\n")]
    assert masked("plain\ntext", Redactor()) == "plain\ntext"


def test_other_findings_are_told_as_before() -> None:
    text = PLACES["a title"].replace("outcome: completed", "outcome: compleet")
    told = {one.code: one for one in check_document(text.encode(), NAME, Checks(fixes=True)).findings}
    assert set(told) >= {"AKL103", "AKL221"}
    assert '"compleet"' in told["AKL103"].message
    assert told["AKL103"].fix is not None


def test_a_finding_that_quotes_a_secret_says_what_its_rule_asks() -> None:
    ready = compiled({"properties": {"a": {"const": 1}}})
    (one,) = check_document(f"---\na: {TOKEN}\n---\n".encode(), "a.md", Checks(ready, fixes=True)).findings
    assert (one.code, one.line, one.column, one.pointer) == ("AKL103", 2, 4, "/a")
    assert one.message.startswith("a value is not one of the words its field allows; here is a secret")
    assert (one.found, one.hint, one.expected, one.fix) == ("", "", (), None)
