"""Values a session may hold: times, text within its limits, portable numbers, words. All pure.

The limits are those of the format page, docs/format.md §3 and §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from akislog.errors import InvalidValue

TEXT_LIMIT = 10_000
KEY_LIMIT = 128
DEPTH_LIMIT = 60  # the reader stops at 64; a value sits at most four levels down in a log
NUMBER_LIMIT = 10**15
WORD_LIMIT = 64
NOT_NAMES = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that some YAML reader takes for a value of another kind."""

_TIMESTAMP = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"
_SURROGATE = "[\ud800-\udfff]"
_NOT_WORD = r"[^A-Za-z0-9_]+"


def timestamp(value: str | datetime) -> str:
    """``value`` as UTC in whole seconds, ``2026-01-15T14:45:30Z``.

    Raises InvalidValue for a text that is no ISO 8601 time, and for a time without a zone.
    """
    try:
        if isinstance(value, str) and value[19:] == "Z" and value[10:17:3] == "T::":
            return datetime.fromisoformat(value[:19]).isoformat() + "Z"  # it is one already, as most are
        moment = value if isinstance(value, datetime) else _from_iso(value)
        if moment.tzinfo is None:
            raise InvalidValue(f"time {value!s} has no zone; end it with Z or an offset such as +01:00")
        return moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidValue(f"not an ISO 8601 time: {value!r}; write 2026-01-15T14:45:30Z") from None


def _from_iso(text: str) -> datetime:
    # Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits.
    text = re.sub(r"[.,]\d+", "", text.strip(), count=1)
    return datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in "Zz" else text)


def seconds_between(start: Any, end: Any) -> int | None:
    """Seconds from one recorded time to another; None where either is no time, 0 where they run backwards."""
    try:
        if not (re.fullmatch(_TIMESTAMP, start) and re.fullmatch(_TIMESTAMP, end)):
            return None
        took = datetime.fromisoformat(end[:-1]) - datetime.fromisoformat(start[:-1])
        return max(0, took.days * 86_400 + took.seconds)
    except (TypeError, ValueError):
        return None


def minutes_between(start: Any, end: Any) -> int | None:
    """Minutes from one recorded time to another, rounded half up."""
    seconds = seconds_between(start, end)
    return None if seconds is None else (seconds + 30) // 60


def cut(text: str, limit: int = TEXT_LIMIT, beyond: int = 0) -> str:
    """``text`` within ``limit`` characters, what is left out counted at its end: ``…[+N]``.

    ``beyond`` characters more were left out before.
    """
    whole = len(text) + beyond
    if whole <= limit:
        return text
    keep = limit
    while keep + len(mark := f"…[+{whole - keep}]") > limit:
        keep -= 1
    return text[:keep] + mark


def storable(text: str) -> str:
    """``text`` as a log can hold it: no lone surrogates, at most TEXT_LIMIT characters."""
    if not text.isascii() and re.search(_SURROGATE, text):
        text = re.sub(_SURROGATE, "\ufffd", text)
    return cut(text)


def word(text: str, default: str = "unspecified") -> str:
    """A word ``[A-Za-z][A-Za-z0-9_]*`` made from ``text``: ``front end`` → ``front_end``, ``y`` → ``y_``."""
    made = re.sub(_NOT_WORD, "_", text).strip("_").lstrip("0123456789_")[:WORD_LIMIT] or default
    return f"{made}_" if made.lower() in NOT_NAMES else made


def file_type(path: str) -> str:
    """The type of a file: its last suffix in lower case, else its name (``dockerfile``)."""
    name = path.rsplit("/", 1)[-1]
    stem, _, suffix = name.rpartition(".")
    return word((suffix if stem.strip(".") and suffix else name).lower(), "file")


def portable(value: Any, depth: int = 0) -> Any:
    """A JSON value as every YAML reader reads it back: see the format page, §3 rule 4, for numbers.

    Mappings and lists are copied; too long keys are shortened with a checksum; what lies too deep is text.
    """
    if isinstance(value, str):
        return value if len(value) <= TEXT_LIMIT and value.isascii() else storable(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < NUMBER_LIMIT else str(value) if abs(value) < 10**4000 else "<huge number>"
    if isinstance(value, float):
        return _portable_float(value)
    if depth >= DEPTH_LIMIT:
        return "<nested too deeply>"
    if isinstance(value, dict):
        return {portable_key(str(key)): portable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [portable(item, depth + 1) for item in value]
    return storable(str(value))


def _portable_float(value: float) -> float | int | str | None:
    if value != value or value in (float("inf"), float("-inf")):
        return None
    if value == 0:
        return 0
    rounded = float(f"{value:.15g}")
    if not 1e-6 <= abs(rounded) < NUMBER_LIMIT:
        return repr(value)
    return int(rounded) if rounded.is_integer() else rounded  # as it will be read


@lru_cache(maxsize=1024)
def portable_key(key: str) -> str:
    """A mapping's key as a log can hold it: what is too long is shortened, with a checksum."""
    from zlib import crc32  # hardly any key is too long

    key = storable(key)
    return key if len(key) <= KEY_LIMIT else f"{key[: KEY_LIMIT - 9]}~{crc32(key.encode()):08x}"


def require_text(value: Any, name: str) -> str:
    """``value`` if it is text with something in it; else InvalidValue."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(f"{name} must be text that is not empty, not {value!r}")
    return value


def require_count(value: Any, name: str) -> int:
    """``value`` if it is a whole number from 0 up; else InvalidValue."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < NUMBER_LIMIT:
        raise InvalidValue(f"{name} must be a whole number from 0 to 10^15, not {value!r}")
    return value


def require_texts(values: Any, name: str) -> list[str]:
    """``values`` as a list of texts; one text alone is refused, since it would be taken apart into letters."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidValue(f"{name} must be a list of texts, not {values!r}")
    return [require_text(value, f"an entry of {name}") for value in values]


def require_word_of(value: Any, words: tuple[str, ...], name: str) -> str:
    """``value`` if it is one of ``words``; else InvalidValue that lists them."""
    if value not in words:
        raise InvalidValue(f"{name} must be one of {', '.join(words)}, not {value!r}")
    return str(value)
