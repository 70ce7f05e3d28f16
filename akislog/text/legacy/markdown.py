"""A log without front matter, read from its Markdown as far as its headings, lists and tables tell it.

What a heading, a label or a table states is read; what was guessed on top of that is listed in
``provenance.inferred``. Prose is left in the body: decisions, learnings and metrics have no field of their own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from akislog.core.ids import safe_id
from akislog.text.legacy import words
from akislog.text.legacy.blocks import Section, column, label, plain, sections, tables
from akislog.text.legacy.fields import Normalised, Notes
from akislog.text.legacy.sections import read_sections

_STEM = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[_T-](\d{6})(?!\d))?[_-]*(.*)", re.DOTALL | re.ASCII)
_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)(?:[T _](\d{2}):?(\d{2}):?(\d{2})?(?!\d))?", re.ASCII)
_PREFIX = re.compile(
    r"(?:akis\s)?(?:workflow|session)(?:\s(?:session\s)?log)?\s?(?:[:–—]|\s-\s)\s?(?=\S)", re.IGNORECASE
)
_GENERIC = re.compile(r"(?:akis\s)?(?:workflow|session)(?:\s(?:session\s)?log)?:?", re.IGNORECASE)
_NOT_ID = re.compile(r"[^A-Za-z0-9._-]+")
_HEADER = re.compile(r"(?:session )?(?:metadata|metrics|info|information|details)|metadata", re.IGNORECASE)
_ABSENT = frozenset({"", "none", "#none", "n/a", "#n/a", "tbd", "unknown", "-"})
_SUMMARIES = ("summary", "executive summary", "overview", "objective", "task")
_TITLE_LIMIT = 200


def from_markdown(text: str, name: str = "") -> Normalised:
    """The record that a log's Markdown tells; ``name`` is its file name, which holds the id and the date.

    Total: any text gives a record, in time linear in its length. The result needs no further normalising.
    """
    notes = Notes()
    notes.older("", "no front matter; read from the Markdown")
    body = sections(text)
    inferred: set[str] = set()
    session = _session(body, name, notes, inferred)
    record: dict[str, Any] = {"session": session} if session else {}
    record.update(read_sections(body, inferred))
    loaded = _skills_of_label(_labels(body).get("skills", ""))
    if loaded and "skills" not in record:
        record["skills"] = {"loaded": loaded}
    record["provenance"] = {"source": "converted", "inferred": sorted(inferred)}
    return notes.result(record)


def _session(body: list[Section], name: str, notes: Notes, inferred: set[str]) -> dict[str, Any]:
    labels = _labels(body)
    heading = next((one.title for one in body if one.level == 1), "")
    title, *pipes = [part.strip() for part in heading.split(" | ")] if heading else [""]
    stated = _stated(pipes)
    labels = {**stated, **labels}
    stem, date, clock, slug = _file_name(name)
    session: dict[str, Any] = {}
    if stem:
        session["id"] = stem
        inferred.add("session.id")
    elif safe_id(labels.get("session", "")):
        session["id"] = labels["session"]
    _times(session, date, clock, labels, inferred)
    _complexity(session, labels.get("complexity", ""), notes)
    session["domain"] = _domain(labels.get("domain", ""))
    session["title"] = _title(plain(title), body, labels, slug, inferred)
    session["agent"] = plain(labels.get("agent", "")).lstrip("@").partition(" (")[0].strip()
    session["branch"] = plain(labels.get("branch", "")).strip("`")
    session["summary"] = _summary(body)
    _duration(session, labels.get("duration", ""), notes)
    _outcome(session, labels.get("status", ""), notes)
    return {key: value for key, value in session.items() if value not in (None, "")}


def _labels(body: list[Section]) -> dict[str, str]:
    """Labels at the head of the log and in its sections of metadata; the first of a name counts."""
    found: dict[str, str] = {}
    seen = 0
    for section in body:
        seen += section.level == 2
        if seen and not _HEADER.fullmatch(section.title):
            continue
        for line in section.lines:
            pair = None if line.code else label(line.text)
            if pair and _present(pair[1]):
                found.setdefault(*pair)
        for table in tables(section):
            at = column(table, ("metric", "field", "key", "property"))
            for row in table.rows if at is not None else ():
                if at is not None and len(row) > at + 1 and _present(row[at + 1]):
                    found.setdefault(plain(row[at]).lower(), row[at + 1])
    return found


def _present(value: str) -> bool:
    return value.strip().lower() not in _ABSENT and "{" not in value


def _stated(pipes: list[str]) -> dict[str, str]:
    """What the parts of a title ``T | 2026-01-08 | ~45min | Complex`` state."""
    stated: dict[str, str] = {}
    for part in pipes:
        if _DATE.match(part):
            stated["date"] = part
        elif words.complexity(part):
            stated["complexity"] = part
        elif words.minutes(part) is not None:
            stated["duration"] = part
    return stated


def _file_name(name: str) -> tuple[str, str, str, str]:
    """The id, the date, the clock (``HHMMSS``) and the words that a file name holds; each may be empty."""
    stem = re.split(r"[/\\]", name)[-1]
    stem = re.sub(r"\.(md|markdown)\Z", "", stem, flags=re.IGNORECASE)
    found = _STEM.fullmatch(stem)
    date, clock, slug = found.groups(default="") if found else ("", "", stem)
    if not date:
        inside = _DATE.search(stem)
        date = inside[1] if inside else ""
    stem = _NOT_ID.sub("-", stem).strip("-")[:120]
    return stem if safe_id(stem) else "", date, clock, " ".join(re.split(r"[-_\s]+", slug)).strip()


def _times(session: dict[str, Any], date: str, clock: str, labels: dict[str, str], inferred: set[str]) -> None:
    """The date of the file name, else of the label; a clock beside it is taken for the start, in UTC."""
    stated = _DATE.search(labels.get("date", ""))
    if not _moment(date, ""):
        date, clock = (stated[1], "") if stated else ("", "")
    if not _moment(date, ""):
        return
    session["date"] = date
    if not stated or stated[1] != date:
        inferred.add("session.date")
    if not clock and stated and stated[1] == date and stated[2]:
        clock = stated[2] + stated[3] + (stated[4] or "00")
    start = _moment(date, clock) if clock else ""
    if start:
        session["started_at"] = start
        inferred.add("session.started_at")


def _moment(date: str, clock: str) -> str:
    try:
        return datetime.strptime(date + (clock or "000000"), "%Y-%m-%d%H%M%S").isoformat() + "Z"
    except ValueError:
        return ""


def _title(title: str, body: list[Section], labels: dict[str, str], slug: str, inferred: set[str]) -> str:
    """The first heading without "Workflow Log:" and the like; else the nearest thing to a title."""
    bare = _PREFIX.sub("", title, count=1) if _PREFIX.match(title) else title
    if bare and not _GENERIC.fullmatch(bare):
        return bare[:_TITLE_LIMIT]
    inferred.add("session.title")
    lines = (plain(line.text) for one in body for line in one.lines if not line.code and line.text.strip())
    guesses = (
        plain(labels.get("task", "")),
        plain(labels.get("session", "")) if " " in labels.get("session", "") else "",
        slug.capitalize(),
        bare,
        next((plain(one.title) for one in body if one.title), ""),
        next((line for line in lines if any(map(str.isalnum, line))), ""),
    )
    found = next((guess for guess in guesses if guess), "")[:_TITLE_LIMIT]
    if not found:
        inferred.discard("session.title")
    return found


def _summary(body: list[Section]) -> str:
    """The first paragraph of the summary, or its list where it has no paragraph."""
    for title in _SUMMARIES:
        for section in body:
            if section.title.lower() == title and section.level > 1:
                text = _paragraph(section)
                if text and "{" not in text:
                    return text
    return ""


def _paragraph(section: Section) -> str:
    lines: list[str] = []
    listed = False
    for line in section.lines:
        text = line.text.strip()
        bullet = text.startswith(("- ", "* ", "+ "))
        if line.code or not text or text.startswith(("|", "---")) or (bullet and lines and not listed):
            if lines:
                break
            continue
        listed = listed or bullet
        lines.append(text[2:] if bullet else text)
    return plain("; ".join(lines) if listed else " ".join(lines))


def _complexity(session: dict[str, Any], stated: str, notes: Notes) -> None:
    complexity = words.complexity(plain(stated).partition(" ")[0])
    if complexity:
        session["complexity"] = complexity
        if complexity != stated:
            notes.keep("/session/complexity", stated)
    elif stated:
        notes.unfit("", "/session/complexity", stated, "a complexity")


def _domain(text: str) -> str:
    word = plain(text).strip("`")
    return words.domain(word) or (word if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", word) else "")


def _duration(session: dict[str, Any], stated: str, notes: Notes) -> None:
    minutes = words.minutes(plain(stated))
    if minutes is not None:
        session["duration_minutes"] = minutes
        notes.keep("/session/duration_minutes", {"duration": stated})
    elif stated:
        notes.unfit("", "/session/duration", stated, "a length of time")


def _outcome(session: dict[str, Any], stated: str, notes: Notes) -> None:
    text = words.leading_mark(plain(stated))[1]
    outcome = words.outcome(plain(stated)) or words.outcome(text.partition(" ")[0])
    if outcome:
        session["outcome"] = outcome
        notes.keep("/session/outcome", {"status": stated})
    elif stated:
        notes.unfit("", "/session/status", stated, "an outcome")


def _skills_of_label(text: str) -> list[str]:
    names = [part.strip().strip("`") for part in plain(text).split(",")]
    return [words.skill(name) for name in names if re.fullmatch(r"[a-z][a-z0-9_-]{0,60}", name)]
