"""What commands ask of the values they are given."""

from __future__ import annotations

from typing import TypeVar

from akislog.errors import UsageError

Choice = TypeVar("Choice", bound=str)


def choose(value: str, allowed: tuple[Choice, ...], option: str) -> Choice:
    """``value`` if it is allowed; UsageError with what is."""
    for one in allowed:
        if one == value:
            return one
    raise UsageError(f"{option} must be one of {', '.join(allowed)}, not {value!r}")
