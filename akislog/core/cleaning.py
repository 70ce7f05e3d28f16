"""What a value goes through before it is recorded: limits, redaction, cutting. The rules come from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from akislog.core.shape import SHAPE
from akislog.core.values import DEPTH_LIMIT, portable, portable_key

Clean = Callable[[str, str], tuple[str, int]]
"""Maps (field, text) to (text, number of secrets replaced in it). An empty text is not recorded."""

_NAMES = frozenset(name for fields in SHAPE.values() for name in fields) | {"op"}


def keep(_key: str, text: str) -> tuple[str, int]:
    """The cleaning of a session that was handed none: text stays as it is."""
    return text, 0


def cleaned(fields: Mapping[str, Any], clean: Clean) -> tuple[dict[str, Any], int]:
    """The fields as they may be recorded, without those that hold nothing, and how many secrets were replaced."""
    total = 0

    def walk(key: str, value: Any, depth: int = 0) -> Any:
        nonlocal total
        if isinstance(value, str):
            text, count = clean(key, value)  # before it is cut: a secret must not be cut in two and then pass for none
            total += count
            return portable(text)
        if depth < DEPTH_LIMIT:
            if isinstance(value, dict):
                return {portable_key(told(str(name))): walk(str(name), one, depth + 1) for name, one in value.items()}
            if isinstance(value, (list, tuple)):
                return [walk(key, one, depth + 1) for one in value]
        return portable(value, depth)

    def told(name: str) -> str:
        """A name is text too: where it is none of ours, a secret may stand there."""
        return name if name in _NAMES else str(walk("", name))

    made: dict[str, Any] = {}
    for key, value in fields.items():
        if value is None or value == "":
            continue
        if value.__class__ is str:  # as most are: the same, a step shorter
            value, count = clean(key, value)
            total += count
            value = portable(value)
        else:
            value = walk(key, value)
        if value or _holds(value):
            made[key if key in _NAMES else told(key)] = value
    return made, total


def _holds(value: Any) -> bool:
    """Whether there is something in a value: False and 0 are something."""
    return bool(value) or not (value is None or isinstance(value, (str, list, tuple, dict)))
