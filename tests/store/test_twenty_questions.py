"""Twenty questions over real logs, each answered a second time straight from the YAML, without akislog.

What older shapes are read as is worked out here again, from the format page, docs/format.md §7. A broken file stands
among the logs: it is reported, and everything else is answered.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from akislog.core.rows import column, group, sort
from akislog.store.corpus import Corpus
from tests.paths import CORPUS

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"no sample logs at {CORPUS}; set AKISLOG_TEST_SHARED")

Log = dict[str, Any]
Answer = list[Any]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    place = tmp_path_factory.mktemp("logs")
    for path in CORPUS.glob("*.md"):
        shutil.copy(path, place / path.name)
    (place / "2026-01-15_000000_broken.md").write_text("---\nsession:\n  id: [\n---\n# Broken\n", "utf-8")
    return Corpus(place, on_error="skip")


@pytest.fixture(scope="module")
def logs(corpus: Corpus) -> list[Log]:
    """The front matter of every log but the broken one, in today's words, under ``name`` and ``text`` its file's."""
    found = []
    for path in sorted(corpus.roots[0].glob("*.md")):
        text = path.read_text("utf-8")
        head, _, body = text.removeprefix("---\n").partition("\n---")
        try:
            front = yaml.safe_load(head)
        except yaml.YAMLError:
            assert "broken" in path.name
            continue
        found.append({**_todays(front), "name": path.name, "body": body})
    return found


DOMAINS = {"frontend": "frontend_only", "backend": "backend_only", "docs": "documentation"}
UNITS = {"hours": 60, "min": 1}


def _todays(front: Log) -> Log:
    session = dict(front["session"])
    if "domain" in session:
        session["domain"] = DOMAINS.get(session["domain"], session["domain"])
    if "duration" in session:
        number, unit = re.fullmatch(r"[~>]?(\d+) ?(\w+)", session.pop("duration")).groups()  # type: ignore[union-attr]
        session["duration_minutes"] = int(number) * UNITS[unit]
    skills = {key: [_skill(one) for one in held] for key, held in front.get("skills", {}).items()}
    return {
        **front,
        "session": session,
        "skills": skills,
        "gotchas": [_gotcha(one) for one in front.get("gotchas") or []],
        "root_causes": [{**one, **_skilled(one)} for one in front.get("root_causes") or []],
    }


def _skill(name: str) -> str:
    return "akis-dev" if name == "akis-development" else name


def _skilled(cause: Log) -> Log:
    return {"skill": _skill(cause["skill"])} if "skill" in cause else {}


def _gotcha(raw: Any) -> Log:
    if isinstance(raw, str):
        return {"pattern": raw}
    names = {"problem": "pattern", "issue": "pattern", "reason": "warning"}
    gotcha = {names.get(key, key): value for key, value in raw.items()}
    if "applies_to" in gotcha:
        gotcha["applies_to"] = [_skill(one) for one in gotcha["applies_to"]]
    return gotcha


def files(log: Log) -> list[Log]:
    """The files of a log in the order of rows: created, modified."""
    held = log.get("files", {})
    return [{**one, "change": change} for change in ("created", "modified") for one in held.get(change) or []]


def having(test: Callable[[Log], Any]) -> Callable[[list[Log]], Answer]:
    """The names of the logs of which ``test`` is true."""
    return lambda logs: [log["name"] for log in logs if test(log)]


def each(entries: Callable[[Log], list[Log]], test: Callable[[Log, Log], Any], *keys: str) -> Callable[..., Answer]:
    """The values of the entries for which ``test`` (entry, log) is true, after the log's name."""
    return lambda logs: [
        (log["name"], *(one.get(key) for key in keys)) for log in logs for one in entries(log) if test(one, log)
    ]


def _list(name: str) -> Callable[[Log], list[Log]]:
    return lambda log: log.get(name) or []


def _has(pattern: str, text: Any) -> bool:
    return isinstance(text, str) and re.search(pattern, text, re.IGNORECASE) is not None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


# Question, source, filter, the columns after the log's name, and the answer worked out from the YAML.
QUESTIONS: list[tuple[str, str, str, tuple[str, ...], Callable[[list[Log]], Answer]]] = [
    (
        "Which complex full-stack sessions were there since the tenth of January?",
        "logs",
        "complexity=complex and domain=fullstack and date>=2026-01-10",
        (),
        having(
            lambda log: (
                log["session"].get("complexity") == "complex"
                and log["session"].get("domain") == "fullstack"
                and log["session"].get("date", "") >= "2026-01-10"
            )
        ),
    ),
    (
        "Which logs lack a date?",
        "logs",
        "session.date missing",
        (),
        having(lambda log: "date" not in log["session"]),
    ),
    (
        "Which sessions were not about the back end alone? (Those without a domain say nothing.)",
        "logs",
        "session.domain != backend_only",
        (),
        having(lambda log: log["session"].get("domain", "backend_only") != "backend_only"),
    ),
    (
        "And with those that say nothing?",
        "logs",
        "not session.domain = backend_only",
        (),
        having(lambda log: log["session"].get("domain") != "backend_only"),
    ),
    (
        "Which sessions on the front end alone, under either of its words?",
        "logs",
        "domain=frontend_only",
        (),
        having(lambda log: log["session"].get("domain") == "frontend_only"),
    ),
    (
        "Which sessions loaded both debugging and testing?",
        "logs",
        "skills.loaded has debugging and loaded=testing",
        (),
        having(lambda log: {"debugging", "testing"} <= set(log["skills"]["loaded"])),
    ),
    (
        "Where was a skill suggested?",
        "logs",
        "skills.suggested exists and skills.suggested != []",
        (),
        having(lambda log: log["skills"].get("suggested")),
    ),
    (
        "Who used the skill that has another name today?",
        "logs",
        "skills.loaded=akis-dev",
        (),
        having(lambda log: "akis-dev" in log["skills"]["loaded"]),
    ),
    (
        "Which gates did nobody speak of, and which sessions have gate G0?",
        "logs",
        "gates missing or gates.passed=G0",
        (),
        having(lambda log: "gates" not in log or "G0" in log["gates"]["passed"]),
    ),
    (
        "Which gotchas speak of a socket or a port?",
        "gotchas",
        "pattern ~ 'socket|port'",
        ("pattern", "solution"),
        each(_list("gotchas"), lambda one, _: _has("socket|port", one.get("pattern")), "pattern", "solution"),
    ),
    (
        "Which gotchas have no warning, or no solution?",
        "gotchas",
        "warning missing or solution missing",
        ("pattern",),
        each(_list("gotchas"), lambda one, _: "warning" not in one or "solution" not in one, "pattern"),
    ),
    (
        "Which gotchas apply to the front end, in sessions of medium size?",
        "gotchas",
        "applies_to=frontend-react and session.complexity=medium",
        ("pattern",),
        each(
            _list("gotchas"),
            lambda one, log: "frontend-react" in one.get("applies_to", []) and log["session"]["complexity"] == "medium",
            "pattern",
        ),
    ),
    (
        "Which root causes were found with debugging?",
        "root_causes",
        "skill=debugging",
        ("problem", "solution"),
        each(_list("root_causes"), lambda one, _: one.get("skill") == "debugging", "problem", "solution"),
    ),
    (
        "Which root causes name a gate?",
        "root_causes",
        "gate exists",
        ("gate", "problem"),
        each(_list("root_causes"), lambda one, _: "gate" in one, "gate", "problem"),
    ),
    (
        "Which Python files of the back end were touched in January after the twelfth?",
        "files",
        "type=py and domain=backend and session.date>2026-01-12",
        ("path", "change"),
        each(
            files,
            lambda one, log: (
                (one.get("type"), one.get("domain")) == ("py", "backend")
                and log["session"].get("date", "") > "2026-01-12"
            ),
            "path",
            "change",
        ),
    ),
    (
        "Which touched files have an ending in .tsx but no type?",
        "files",
        r"path ~ '\.tsx$' and type missing",
        ("path",),
        each(files, lambda one, _: _has(r"\.tsx$", one["path"]) and "type" not in one, "path"),
    ),
    (
        "What does a key that no schema knows say of the files?",
        "files",
        "extra.changes exists or extra.action=modified",
        ("path", "extra.changes"),
        each(files, lambda one, _: "changes" in one or one.get("action") == "modified", "path", "changes"),
    ),
    (
        "Which sessions took more than an hour?",
        "logs",
        "duration>60",
        ("session.duration_minutes",),
        lambda logs: [
            (log["name"], log["session"]["duration_minutes"])
            for log in logs
            if log["session"].get("duration_minutes", 0) > 60
        ],
    ),
    (
        "What was handed over, and which commands were run?",
        "logs",
        "agents.delegated.result=success or commands.success=true",
        (),
        having(
            lambda log: (
                any(one["result"] == "success" for one in log.get("agents", {}).get("delegated", []))
                or any(one["success"] for one in log.get("commands", []))
            )
        ),
    ),
    (
        "Where did someone touch nothing but documents?",
        "logs",
        "all(files.modified.domain in (docs, documentation))",
        (),
        having(
            lambda log: (
                log["files"]["modified"]
                and all(one["domain"] in ("docs", "documentation") for one in log["files"]["modified"])
            )
        ),
    ),
]


@pytest.mark.parametrize(
    ("source", "query", "columns", "answer"), [one[1:] for one in QUESTIONS], ids=[one[0] for one in QUESTIONS]
)
def test_a_question(
    corpus: Corpus, logs: list[Log], source: str, query: str, columns: tuple[str, ...], answer: Callable[..., Answer]
) -> None:
    shown = [column(name, source) for name in columns]
    found = [(row.name, *(one.value(row) for one in shown)) for row in corpus.rows(source, query)]
    expected = [one if isinstance(one, tuple) else (one,) for one in answer(logs)]
    assert found == expected
    assert 0 < len(found) < corpus.counts()[source], "a question that tells something apart"
    assert ["broken" in str(one.path) for one in corpus.findings] == [True]


def test_there_are_twenty() -> None:
    assert len(QUESTIONS) == len({query for _, _, query, _, _ in QUESTIONS}) == 20


def test_how_many_sessions_loaded_each_skill(corpus: Corpus, logs: list[Log]) -> None:
    groups = group(corpus.rows(), [column("skills.loaded")])
    expected = Counter(skill for log in logs for skill in set(log["skills"]["loaded"]) or {None})
    assert {one.key[0]: len(one.rows) for one in groups} == dict(expected)


def test_the_newest_first_and_those_without_a_date_before_them(corpus: Corpus, logs: list[Log]) -> None:
    found = [row.name for row in sort(corpus.rows(), ["-session.date", "-name"])]
    by_name = sorted(logs, key=lambda log: str(log["name"]), reverse=True)
    dated = sorted(by_name, key=lambda log: str(log["session"].get("date", "9")), reverse=True)
    assert found == [log["name"] for log in dated]


@pytest.mark.parametrize("wanted", [["websocket"], ["docker", "api"], ["knowledge", "json"]])
def test_searching_text(corpus: Corpus, logs: list[Log], wanted: list[str]) -> None:
    found = {hit.row.name for hit in corpus.search(" ".join(wanted))}
    expected = set()
    for log in logs:
        told = " | ".join([*_texts({key: value for key, value in log.items() if key != "name"})]).lower()
        if all(re.search(rf"(?<![^\W_]){word}(?![^\W_])", told) for word in wanted):
            expected.add(log["name"])
    assert found == expected
    assert 0 < len(found) < len(logs)


def test_the_broken_file_is_told_and_the_rest_is_there(corpus: Corpus, logs: list[Log]) -> None:
    assert len(list(corpus)) == len(logs) == len(list(CORPUS.glob("*.md")))
    [finding] = corpus.findings
    assert (finding.severity, Path(str(finding.path)).name) == ("error", "2026-01-15_000000_broken.md")
