"""The words of older logs and what they are read as: statuses, glyphs, domains, skills, lengths of time.

The lists come from the logs themselves. A word that stands in no list is nobody's near miss: it is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

GLYPHS: Mapping[str, str] = {
    "✓": "done",
    "✔": "done",
    "✅": "done",
    "☑": "done",
    "◆": "working",
    "○": "pending",
    "☐": "pending",
    "⊘": "paused",
    "⏸": "paused",
    "⧖": "delegated",
    "✗": "failed",
    "✘": "failed",
    "❌": "failed",
}
BOXES: Mapping[str, str] = {"[x]": "done", "[X]": "done", "[ ]": "pending"}

_STATUSES: Mapping[str, tuple[str, ...]] = {
    "done": ("completed", "complete", "finished", "success", "successful", "succeeded", "closed", "x"),
    "working": ("in_progress", "active", "doing", "started", "running", "wip"),
    "pending": ("todo", "to_do", "not_started", "open", "planned", "queued"),
    "paused": ("blocked", "on_hold", "waiting", "suspended"),
    "delegated": ("handed_over",),
    "failed": ("failure", "error"),
    "cancelled": ("deleted", "canceled", "skipped", "dropped"),
}
_RESULTS: Mapping[str, tuple[str, ...]] = {
    "running": ("working", "in_progress", "active", "started", "pending", "delegated"),
    "success": ("completed", "complete", "done", "finished", "successful", "succeeded"),
    "partial": ("partially", "incomplete", "paused"),
    "failure": ("failed", "error"),
}
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "running": ("working", "in_progress", "active", "started", "pending"),
    "completed": ("complete", "done", "finished", "success", "successful", "succeeded"),
    "failed": ("failure", "error"),
}
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "completed": ("complete", "done", "finished", "success", "successful", "succeeded"),
    "failed": ("failure", "error"),
    "abandoned": ("cancelled", "canceled", "dropped"),
    "interrupted": ("crashed", "stopped"),
}
_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "frontend_only": ("frontend", "front_end", "front_end_only"),
    "backend_only": ("backend", "back_end", "back_end_only"),
    "fullstack": ("full_stack",),
    "documentation": ("docs", "doc"),
}
_SKILLS: Mapping[str, str] = {"akis-development": "akis-dev"}

_SIGNS = re.compile("[" + "".join(GLYPHS) + "\ufe0f]")
_GAP = re.compile(r"[\s_-]+")
_WORD_LIMIT = 40


def _table(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {name: word for word, others in words.items() for name in (word, *others)}


_STATUS_OF = _table(_STATUSES)
_RESULT_OF = _table(_RESULTS)
_GROUP_OF = _table(_GROUPS)
_OUTCOME_OF = _table(_OUTCOMES)
_DOMAIN_OF = _table(_DOMAINS)


def status(text: str) -> str | None:
    """The task status that a word, a glyph or a tick box stands for; None for any other text."""
    return _word(text, _STATUS_OF) or _sign(text)


def result(text: str) -> str | None:
    """The status of a delegation that a word or a glyph stands for; None for any other text."""
    return _word(text, _RESULT_OF) or _RESULT_OF.get(_sign(text) or "")


def group(text: str) -> str | None:
    """The status of a parallel group that a word or a glyph stands for; None for any other text."""
    return _word(text, _GROUP_OF) or _GROUP_OF.get(_sign(text) or "")


def outcome(text: str) -> str | None:
    """The outcome of a session that a word or a glyph stands for; None for any other text."""
    return _word(text, _OUTCOME_OF) or _OUTCOME_OF.get(_sign(text) or "")


def domain(text: str) -> str | None:
    """The known domain that ``text`` comes near to; None for a free word."""
    return _word(text, _DOMAIN_OF)


def complexity(text: str) -> str | None:
    """simple, medium or complex, however it is written; None for any other text."""
    word = text.strip().lower()
    return word if word in ("simple", "medium", "complex") else None


def skill(text: str) -> str:
    """The present name of a skill."""
    return _SKILLS.get(text, text)


def _word(text: str, table: Mapping[str, str]) -> str | None:
    if text in table:
        return table[text]
    if len(text) > _WORD_LIMIT:
        return None
    bare = _SIGNS.sub("", text).strip().strip("*.!:").strip().lower()
    return table.get(_GAP.sub("_", bare))


def _sign(text: str) -> str | None:
    text = text.strip().replace("\ufe0f", "")
    return GLYPHS.get(text) or BOXES.get(text)


def leading_mark(text: str) -> tuple[str | None, str, bool]:
    """The status of the glyph or tick box that ``text`` begins with, the rest, and whether it was a box.

    Without one: None and the whole text. Bold round the mark or the text is taken off.
    """
    rest = text.strip().removeprefix("**").lstrip()
    box = rest[:3] if rest[:3] in BOXES and not rest[3:4].strip() else ""
    if not box and rest[:1] not in GLYPHS:
        return None, text.strip(), False
    found = BOXES[box] if box else GLYPHS[rest[0]]
    return found, rest[len(box) or 1 :].lstrip("\ufe0f").strip(), bool(box)


# --- lengths of time ------------------------------------------------------------------------------------------------

_NUMBER = r"(\d{1,7}(?:\.\d{1,6})?)"
_UNITS: Mapping[str, float] = {"d": 1440, "h": 60, "m": 1, "s": 1 / 60}
_PART = re.compile(
    _NUMBER + r"(?:\s?[-–]\s?" + _NUMBER + r")?\s{0,3}"
    r"(days?|d|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|s)?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?<=\d)\s?(h|hr|hrs|hours?)(?=\d)", re.IGNORECASE)  # 2h15
_BETWEEN = re.compile(r"[\s~><=≈≥≤+,.]|about|around|circa|approximately|approx|and|nearly|over", re.IGNORECASE)
_TEXT_LIMIT = 80
_MINUTES_LIMIT = 10_000_000


def minutes(value: Any) -> int | None:
    """A length of time in whole minutes, rounded half up: ``~2 hours``, ``>15 min``, ``1h 30m``, ``120``.

    A bare number is minutes, of a range the middle is taken, a note in brackets is passed over. None for what is
    no length of time.
    """
    if isinstance(value, str):
        return _whole(_minutes_in(value))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _whole(value)


def _whole(value: float | None) -> int | None:
    if value is None or not 0 <= value <= _MINUTES_LIMIT:
        return None
    return value if isinstance(value, int) else int(value + 0.5)


def _minutes_in(text: str) -> float | None:
    text = text.strip().partition("(")[0]
    if not text or len(text) > _TEXT_LIMIT:
        return None
    text = _JOINED.sub("h ", text)
    parts = list(_PART.finditer(text))
    if not parts or _BETWEEN.sub("", _PART.sub("", text)):
        return None
    if len(parts) > 1 and not all(part[3] for part in parts[:1]):
        return None
    return sum(_part(part) for part in parts)


def _part(part: re.Match[str]) -> float:
    low = float(part[1])
    number = (low + float(part[2])) / 2 if part[2] else low
    return number * _UNITS[(part[3] or "m")[0].lower()]
