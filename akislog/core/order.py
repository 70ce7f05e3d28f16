"""The order of values in a query, and how rows fall into groups: the same whoever found the rows.

This module is on the way of the hot query and imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # known to type checkers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


def leaves(value: Any) -> list[Any]:
    """Every single value in what a row has in a column: lists are taken apart, None is none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def sort_key(leaves: Iterable[Any], turned: bool = False) -> tuple[int, Any]:
    """The place of a row among others by its values in one column."""
    ranked = [key for key in map(_ranked, leaves) if key is not None]
    if not ranked:
        return (9, 0)
    return max(ranked) if turned else min(ranked)


def group_keys(values: Sequence[Sequence[Any]]) -> Iterable[tuple[tuple[int, Any], ...]]:
    """The groups that a row is in: every combination of one value from each column, each combination once."""
    keys: dict[tuple[tuple[int, Any], ...], None] = {(): None}
    for leaves in values:
        ranked = dict.fromkeys(key for key in map(_ranked, leaves) if key is not None)
        keys = {(*key, one): None for key in keys for one in ranked or {(9, 0): None}}
    return keys


def group_values(key: Sequence[tuple[int, Any]]) -> tuple[Any, ...]:
    """The values that all rows of a group have; None is none."""
    return tuple(None if rank == 9 else value for rank, value in key)


def _ranked(value: Any) -> tuple[int, Any] | None:
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, value) if isinstance(value, str) else None
