"""What the headings of old logs mean, and the sections that stand under them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from akislog.text.legacy.blocks import Section

TASKS = re.compile(r"(?:completed |open |pending )?tasks\b|to-?dos?\b|(?:work|workflow|task|todo) ?tree\b")
FILES = re.compile(
    r"(?:key |main )?(?:files?|documents|docs) (?:modified|changed|created|deleted|updated|added|removed)\b|files$"
    r"|(?:modified|changed|new|created|deleted) files\b|(?:key |code )?changes(?: made)?$"
)
CHECKS = re.compile(r"verification\b|quality gates?\b|test(?:s|ing| results?)?$|validation\b|verified\b")
AGENTS = re.compile(r"delegations?\b|agent interactions\b|sub-?agents?\b|agents(?: used)?$")
SKILLS = re.compile(r"skills(?: used| loaded)?$")
OTHER = re.compile(
    r"\b(?:next|future|left open|remaining|recommend|short|medium|long|roadmap|skill|script|complian|protocol"
    r"|check|criteria|pattern|benefit|metric|capabilit|decision|flow|diagram|learn|lesson|strength|reflection|status)"
)


def under(body: list[Section], heading: re.Pattern[str]) -> Iterator[Section]:
    """The sections with such a heading, and those below them."""
    for section in body:
        if section.level > 1 and any(heading.match(bare(title)) for title in (section.title, *section.above)):
            yield section


def bare(title: str) -> str:
    """A heading in lower case, without the numbers and signs before it."""
    return title.lower().lstrip("0123456789.#*✓✅❌⚠️📋📚🐛 ")
