"""Sections of old logs read by their headings: files, root causes, gotchas, agents, checks, skills."""

from __future__ import annotations

import re
from typing import Any

from akislog.core.values import file_type
from akislog.text.legacy import words
from akislog.text.legacy.blocks import Section, Table, cell, codes, column, item, label, plain, tables
from akislog.text.legacy.headings import AGENTS, CHECKS, FILES, SKILLS, bare, under
from akislog.text.legacy.section_tasks import tasks_of

_SUBAGENT = re.compile(r"#?run_?subagent\W{0,3}(\w[\w.-]{0,63})", re.IGNORECASE)
_HANDED = re.compile(r"- ([^(]{1,64}) \((running|success|partial|failure)\): (.*)")

_PROBLEMS = ("problem", "issue", "error", "bug", "root cause")
_SOLUTIONS = ("solution", "fix", "resolution")
_ARROW = re.compile(r"\s(?:→|->|=>)\s")
_NEW = re.compile(r"\W{0,6}(?:NEW\b|[Nn]ew\)|[Cc]reated\b|[Aa]dded\b\s?\))")
_GONE = re.compile(r"\W{0,6}(?:DELETED\b|[Dd]eleted\b|[Rr]emoved\)|REMOVED\b)")
_END = re.compile(r"\s[-–—(]|:")
_DASH = re.compile(r"\s[-–—]\s")
_SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,9})\Z")
_PATH = re.compile(r"[\w./~@+#\[\]-]{1,260}")
_FILE_NAMES = frozenset({"dockerfile", "makefile", "license", ".gitignore", ".dockerignore", ".env", ".editorconfig"})
_SUFFIX_WORDS = (
    "bash c cc cfg conf cpp cs css csv dart env ex go gradle h hpp html ini ipynb java jinja js json jsonl jsx kt less"
    " lock lua md mdc mjs php pl proto ps1 py pyi r rb rs rst scala scss sh sql svelte svg swift tex tf toml ts tsx txt"
    " vue xml yaml yml zig"
)
_SUFFIXES = frozenset(_SUFFIX_WORDS.split())


def read_sections(body: list[Section], inferred: set[str]) -> dict[str, Any]:
    """The fields that the sections tell, only where there is something; guessed ones are added to ``inferred``."""
    record: dict[str, Any] = {
        "skills": _skills(body),
        "files": _files(body, inferred),
        "root_causes": _root_causes(body),
        "gotchas": _gotchas(body),
        "agents": _agents(body),
        "tasks": tasks_of(body, inferred),
        "verification": _checks(body),
    }
    return {key: value for key, value in record.items() if value}


# --- files ----------------------------------------------------------------------------------------------------------


def _files(body: list[Section], inferred: set[str]) -> dict[str, Any]:
    """Files named by tables, items and headings under a heading about files, and by ``**File:**`` labels."""
    paths: dict[str, str] = {}
    for section in under(body, FILES):
        bucket = _bucket(section)
        for path in _paths_in(section.title):
            paths.setdefault(path, _bucket_of(section.title, bucket))
        for table in tables(section):
            _file_rows(table, bucket, paths)
        for line in section.lines:
            found = None if line.code else item(line.text)
            if found:
                _file_item(found.text, bucket, paths)
    stated = bool(paths)
    for line in (line for section in body for line in section.lines if not line.code):
        pair = label(line.text)
        if pair and pair[0] in ("file", "files"):
            for path in _paths_in(pair[1]):
                paths.setdefault(path, "modified")
    if paths and not stated:
        inferred.add("files.modified")
    files: dict[str, Any] = {}
    for path, bucket in paths.items():
        files.setdefault(bucket, []).append({"path": path, "type": file_type(path)})
    return files


def _bucket(section: Section) -> str:
    for title in (section.title, *reversed(section.above)):
        title = bare(title)
        if re.search(r"delet|remov", title):
            return "deleted"
        if re.search(r"creat|\bnew\b|\badded\b", title):
            return "created"
        if re.search(r"modif|chang|updat", title):
            return "modified"
    return "modified"


def _bucket_of(text: str, bucket: str) -> str:
    """The bucket that the words right before or after a path tell, else ``bucket``."""
    before, _, after = text.partition("`")
    around = (before, after.partition("`")[2])
    if any(_NEW.match(words_) for words_ in around):
        return "created"
    return "deleted" if any(_GONE.match(words_) for words_ in around) else bucket


def _file_rows(table: Table, bucket: str, paths: dict[str, str]) -> None:
    at = column(table, ("file", "files", "path", "file path", "filename"))
    for row in table.rows if at is not None else ():
        rest = " ".join(one for index, one in enumerate(row) if index != at)
        for path in _paths_in(cell(row, at)):
            paths.setdefault(path, _bucket_of(f"`{path}` {rest}", bucket))


def _file_item(text: str, bucket: str, paths: dict[str, str]) -> None:
    head = _DASH.split(text, maxsplit=1)[0]
    for path in _paths_in(head):
        paths.setdefault(path, _bucket_of(text, bucket))


def _paths_in(text: str) -> list[str]:
    """The paths in code spans; without a code span, the first word where it is a path."""
    spans = codes(text)
    if not spans:
        spans = text.split(maxsplit=1)[:1]
    return [span for span in map(_path, spans) if span]


def _path(text: str) -> str:
    text = text.strip().strip("*").rstrip(":,")
    if not _PATH.fullmatch(text) or text.startswith(("-", "#", "path/to/")):
        return ""
    name = text.rsplit("/", 1)[-1]
    suffix = _SUFFIX.search(name)
    known = name.lower() in _FILE_NAMES or (suffix is not None and suffix[1].lower() in _SUFFIXES)
    return text if known or ("/" in text and suffix) else ""


# --- problems -------------------------------------------------------------------------------------------------------


def _root_causes(body: list[Section]) -> list[dict[str, str]]:
    """Items and tables under "Root Causes", and ``**Problem:**`` … ``**Solution:**`` pairs of any one section."""
    causes: list[dict[str, str]] = []
    for section in body:
        if re.match(r"root causes?\b", bare(section.title)):
            causes += _pairs(section, "problem", (*_PROBLEMS, "cause"))
        problem = ""
        for line in section.lines:
            pair = None if line.code else label(line.text)
            if pair and pair[0] in _PROBLEMS and pair[1]:
                problem = pair[1]
            elif pair and problem and pair[0] in _SOLUTIONS and pair[1]:
                causes.append({"problem": plain(problem), "solution": plain(pair[1])})
                problem = ""
    return causes


def _gotchas(body: list[Section]) -> list[dict[str, str]]:
    """Items and tables under a heading with "gotcha" in it."""
    return [
        one
        for section in body
        if "gotcha" in section.title.lower()
        for one in _pairs(section, "pattern", ("pattern", "gotcha", *_PROBLEMS))
    ]


def _pairs(section: Section, key: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    pairs: list[dict[str, str]] = []
    for table in tables(section):
        at, to = column(table, names), column(table, _SOLUTIONS)
        rows = table.rows if at is not None else ()
        pairs += [_pair(key, cell(row, at), cell(row, to)) for row in rows if plain(cell(row, at))]
    for line in section.lines:
        told = line.text.strip()
        if pairs and told.startswith("→"):
            _told(pairs[-1], plain(told[1:]))
            continue
        found = None if line.code else item(line.text)
        if not found or found.indent > 1 or not found.text:
            continue
        named = label(line.text)
        if named and named[0] in (*_PROBLEMS, *_SOLUTIONS):
            continue
        first, *rest = (named[0], named[1]) if named and named[1] else _ARROW.split(found.text, maxsplit=1)
        if named and named[1]:
            first = found.text[: len(named[0])]
        pairs.append(_pair(key, first, rest[0] if rest else ""))
    return pairs


def _told(pair: dict[str, str], text: str) -> None:
    """A line beneath a gotcha or root cause: the solution; of two lines beneath a gotcha the first is the warning."""
    if "solution" in pair and "pattern" in pair:
        pair.setdefault("warning", pair["solution"])
    pair["solution"] = text


def _pair(key: str, first: str, second: str) -> dict[str, str]:
    solution = plain(second) if second else ""
    return {key: plain(first), "solution": solution} if solution else {key: plain(first)}


# --- agents, checks, skills -----------------------------------------------------------------------------------------


def _agents(body: list[Section]) -> dict[str, Any]:
    delegated: list[dict[str, str]] = []
    for section in under(body, AGENTS):
        for table in tables(section):
            who, what = column(table, ("agent", "name")), column(table, ("task", "purpose"))
            end = column(table, ("result", "outcome", "status"))
            rows = [row for row in table.rows if who is not None and plain(cell(row, who))]
            delegated += [_hand_over(cell(row, who), cell(row, what), cell(row, end)) for row in rows]
        for line in section.lines:
            told = None if line.code else _HANDED.match(line.text)
            if told:
                delegated.append(_hand_over(plain(told[1]), told[3], told[2]))
        named = _SUBAGENT.search(section.title)
        if named:
            labels = dict(filter(None, (label(line.text) for line in reversed(section.lines) if not line.code)))
            result = labels.get("result", labels.get("status", ""))
            delegated.append(_hand_over(named[1], labels.get("task", ""), result))
    return {"delegated": delegated} if delegated else {}


def _hand_over(name: str, task: str, end: str) -> dict[str, str]:
    end = plain(end)
    mark = words.leading_mark(end)[0]
    result = words.result(end) or {"done": "success", "failed": "failure"}.get(mark or "")
    told = {"name": plain(name).strip("`@"), "task": plain(task), "result": result or ""}
    return {key: value for key, value in told.items() if value}


def _checks(body: list[Section]) -> list[dict[str, Any]]:
    """Ticked items and rows of the sections about checks, and the bare items under "Verification"."""
    checks: list[dict[str, Any]] = []
    for section in under(body, CHECKS):
        bare = "verification" in section.title.lower()
        for line in section.lines:
            found = None if line.code or line.text.strip().startswith("|") else item(line.text)
            if found and found.text and (found.status or bare):
                checks.append(_check(found.text, found.status))
        for table in tables(section):
            for row in table.rows:
                marks = [words.leading_mark(one)[0] for one in row[1:]]
                mark = next(filter(None, marks), None)
                if mark and plain(row[0]):
                    checks.append(_check(plain(row[0]), mark))
    return checks


def _check(text: str, status: str | None) -> dict[str, Any]:
    ok = {"done": True, "failed": False}.get(status or "")
    said = next((word for word in (": passed", ": failed") if text.endswith(word)), "")
    if ok is None and said:
        text, ok = text.removesuffix(said), said == ": passed"
    return {"check": text} if ok is None else {"check": text, "ok": ok}


def _skills(body: list[Section]) -> dict[str, Any]:
    loaded: dict[str, None] = {}
    for section in under(body, SKILLS):
        for line in section.lines if "suggest" not in section.title.lower() else ():
            found = None if line.code else item(line.text)
            name = _skill_name(found.text) if found else ""
            if name:
                loaded.setdefault(words.skill(name))
    return {"loaded": list(loaded)} if loaded else {}


def _skill_name(text: str) -> str:
    """The skill that an item names: ``backend-api``, ``backend-api.md`` or ``…/backend-api/SKILL.md``."""
    name = (codes(text) or _END.split(text, maxsplit=1))[0].strip()
    parts = name.split("/")
    name = parts[-2] if parts[-1] == "SKILL.md" and len(parts) > 1 else parts[-1].removesuffix(".md")
    return name if re.fullmatch(r"[a-z][a-z0-9_-]{0,60}", name) and name != "skill-name" else ""
