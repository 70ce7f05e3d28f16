"""``akislog demo``: one scripted session through the public API, and what one can ask afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import akislog
from akislog.errors import UsageError
from akislog.report import findings
from akislog.report.tree import tree
from akislog.resources import example_logs
from akislog.store.corpus import Corpus
from akislog.store.documents import read_document

Say = Callable[[str], None]
TITLE = "Let people sign in"


def tour(folder: Path | None, say: Say) -> None:
    """Record the session in ``folder`` (a new temporary one by default) and show what came of it."""
    place = _place(folder)
    say(f"A session works in memory. Its project is {place}")
    live = record(place)
    if live.written is None:
        raise UsageError(f"{place}: the demo's log was not written")
    path = live.written.path
    say(f"It ended, and one file appeared:\n\n  {path}\n\n{path.read_text('utf-8')}")
    document = read_document(path)
    if document.log is None:
        raise UsageError(f"{path}: the demo's log does not read back")
    say(f"$ akislog show {document.log.session.id[-8:]}\n\n{tree(document.log)}\n")
    found = [one._replace(path=path.name) for one in (*document.findings, *live.written.rendered.findings)]
    said = "\n".join(findings.line(one) for one in found)
    say(f"Its check:\n\n{said}\n{findings.summary(found, 1)}\n")
    corpus = Corpus(place / "log" / "workflow", example_logs())
    say("What should the next backend session beware of?\n\n" + _listed(_gotchas(corpus)))
    say("What was handed over, and failed?\n\n" + _listed(_failed(corpus)))


def _place(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="akislog-demo-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Its own configuration makes the folder a project, wherever it lies.
        (folder / ".akislog.toml").touch()
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}; name a folder that can be written") from None
    return folder.resolve()


def record(place: Path) -> akislog.LiveSession:
    """The scripted session: three levels of tasks, two delegations side by side of which one fails."""
    facts = {"agent": "AKIS", "complexity": "medium", "domain": "backend_only"}
    with akislog.session(TITLE, root=place, directory=str(place / "log" / "workflow"), **facts) as s:
        s.skill("backend-api")
        s.skill("testing")
        s.phase("executing")
        login = s.task("Sign in with a token", skill="backend-api").start()
        login.check("A login answers with a token pair").check("Tokens expire").check("The API is described")
        store = login.subtask("Keep refresh tokens", skill="backend-api")
        store.subtask("Add the table", assigned_to="AKIS").done("migration 0042")
        endpoint = login.subtask("Login endpoint", parallel_group="pg1", skill="backend-api")
        page = login.subtask("Login page", parallel_group="pg1", skill="frontend-react")
        coding = endpoint.delegate(
            "code", prompt="Write the endpoint and its tests", files_allowed=["app/**", "tests/**"]
        )
        drawing = page.delegate("design", prompt="Draw the page in the style of the others")
        s.file("app/security.py", "created", added=84, removed=0, task=endpoint.id)
        s.file("app/api/auth.py", added=31, removed=4, task=endpoint.id)
        coding.succeed("Token pair with rotation", artifacts=["app/security.py", "app/api/auth.py"], tokens_used=15000)
        drawing.fail("No access to the style guide")
        store.done("Refresh tokens are kept hashed")
        login.check("A login answers with a token pair", done=True).check("Tokens expire", done=True)
        # A secret in a command: what is recorded is [REDACTED:…].
        s.command("curl -H 'Authorization: Bearer " + "f3a9" * 10 + "' localhost:8000/me", exit_code=0, seconds=0.2)
        s.command("pytest -q", exit_code=0, seconds=12.4, domain="testing", task=endpoint.id)
        s.root_cause("Tokens were refused right after login", "Allow 30 s of clock skew", skill="debugging")
        s.gotcha(
            "Token issued in the future",
            warning="Login fails on hosts whose clocks drift",
            solution="Allow 30 s of clock skew",
            applies_to=["backend-api"],
        )
        s.verify("pytest", True)
        login.done("People can sign in; the page is still missing")
        s.set(summary="Token login with rotation works; the login page was handed over and failed.")
    return s


def _gotchas(corpus: Corpus) -> Iterator[str]:
    for log in corpus:
        for gotcha in log.gotchas:
            if "backend-api" in gotcha.applies_to:
                yield f"{gotcha.pattern}: {gotcha.solution}  ({log.session.id[-8:]})"


def _failed(corpus: Corpus) -> Iterator[str]:
    for log in corpus:
        for delegation in log.delegations:
            if delegation.status == "failure":
                task = log.task(delegation.task_id)
                told = task.description if task else delegation.task_id
                yield f"{delegation.agent}: {told}: {delegation.result}  ({log.session.id[-8:]})"


def _listed(lines: Iterator[str]) -> str:
    return "".join(f"  {line}\n" for line in lines) or "  nothing\n"
