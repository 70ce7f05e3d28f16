"""Typed views of plain mappings, and the kinds of fields they have.

Reading is total: a field that is absent or of another kind reads as empty (``""``, ``None``, ``[]``, ``{}``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, overload

V = TypeVar("V", bound="View")


class View:
    """A mapping of a record with named, typed fields. Two views are equal when their records are."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.record == other.record

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self.record)!r})"


class _Field:
    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class text(_Field):  # noqa: N801 - reads as a type in the class bodies below
    """A field of text; ``""`` where there is none."""

    def __get__(self, view: View, owner: type) -> str:
        value = view.record.get(self.name)
        return value if isinstance(value, str) else ""


class count(_Field):  # noqa: N801
    """A whole number, or None."""

    def __get__(self, view: View, owner: type) -> int | None:
        value = view.record.get(self.name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


class number(_Field):  # noqa: N801
    """Any number, or None."""

    def __get__(self, view: View, owner: type) -> float | None:
        value = view.record.get(self.name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class flag(_Field):  # noqa: N801
    """True, False, or None where nothing is known."""

    def __get__(self, view: View, owner: type) -> bool | None:
        value = view.record.get(self.name)
        return value if isinstance(value, bool) else None


class texts(_Field):  # noqa: N801
    """A list of texts."""

    def __get__(self, view: View, owner: type) -> list[str]:
        value = view.record.get(self.name)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


class mapping(_Field):  # noqa: N801
    """A mapping of free keys."""

    def __get__(self, view: View, owner: type) -> Mapping[str, Any]:
        value = view.record.get(self.name)
        return value if isinstance(value, dict) else {}


class one(_Field, Generic[V]):  # noqa: N801
    """A part that is there once."""

    def __init__(self, part: type[V]) -> None:
        self.part = part

    def __get__(self, view: View, owner: type) -> V:
        value = view.record.get(self.name)
        return self.part(value if isinstance(value, dict) else {})


class many(_Field, Generic[V]):  # noqa: N801
    """A list of parts; entries that are no mappings are not among them."""

    def __init__(self, part: type[V]) -> None:
        self.part = part

    @overload
    def __get__(self, view: None, owner: type) -> many[V]: ...
    @overload
    def __get__(self, view: View, owner: type) -> list[V]: ...
    def __get__(self, view: View | None, owner: type) -> list[V] | many[V]:
        if view is None:
            return self
        value = view.record.get(self.name)
        return [self.part(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []
