"""The cleaning a session is handed: redaction of secrets, then the project's choice of how much text is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from akislog.core.cleaning import Clean
from akislog.core.values import storable
from akislog.text.redact import Redactor

TextPolicy = Literal["summary", "full", "none"]
POLICIES: tuple[TextPolicy, ...] = ("summary", "full", "none")
SUMMARY_WIDTH = 200

_LONG = frozenset({"prompt", "result", "cmd"})


def cleaner(policy: TextPolicy = "summary", environment: Mapping[str, str] | None = None) -> Clean:
    """The cleaning for one session. ``environment`` is searched for values that are secret by their name.

    Prompts, results and commands are kept whole (``full``), up to their first 200 characters (``summary``), or
    dropped (``none``; of a command its first word stays).
    """
    redactor = Redactor(environment)

    def clean(key: str, text: str) -> tuple[str, int]:
        text, count = redactor.redact_value(key, text) if key else redactor.redact(text)
        if key in _LONG and policy != "full":
            text = _shortened(key, text, policy)
        return storable(text), count

    return clean


def _shortened(key: str, text: str, policy: TextPolicy) -> str:
    if policy == "none":
        return text.split(maxsplit=1)[0][:40] if key == "cmd" and text.strip() else ""
    return text if len(text) <= SUMMARY_WIDTH else f"{text[:SUMMARY_WIDTH]}…[+{len(text) - SUMMARY_WIDTH}]"
