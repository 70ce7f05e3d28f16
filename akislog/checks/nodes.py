"""The nodes of a YAML text that was read before, as they stand there: what the rules about layout look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from akislog.text.places import Span


class Node(NamedTuple):
    """A scalar or a collection. ``style`` is the sign a scalar begins with, empty for a plain one.

    ``around`` says of the collections it is in, the outermost first, whether each is a map or a list; ``start`` and
    ``end`` are libyaml's marks, from 0 in the text.
    """

    pointer: str
    around: tuple[str, ...]
    start: Any
    end: Any
    is_scalar: bool
    text: str = ""
    style: str = ""
    is_key: bool = False
    is_map: bool = False
    flow: bool = False

    @property
    def span(self) -> Span:
        """Where to look in the file, whose first line is the opening one: a scalar, or the sign a collection begins
        with."""
        line, column = self.start.line + 2, self.start.column + 1
        if self.is_scalar and self.style not in ("|", ">"):
            return Span(line, column, self.end.line + 2, self.end.column + 1)
        return Span(line, column, line, column + 1)


class _Open:
    """A collection that has not ended yet."""

    def __init__(self, pointer: str, kind: str, event: Any) -> None:
        self.pointer, self.kind, self.event = pointer, kind, event
        self.number = 0
        self.key: str | None = None

    def step(self, text: str) -> tuple[str, bool]:
        """The pointer of the next node in it, which has this text, and whether that is a key."""
        if self.kind == "list":
            self.number += 1
            return f"{self.pointer}/{self.number - 1}", False
        if self.key is None:
            self.key = text.replace("~", "~0").replace("/", "~1")
            return f"{self.pointer}/{self.key}", True
        key, self.key = self.key, None
        return f"{self.pointer}/{key}", False


def nodes(text: str) -> Iterator[Node]:
    """Every scalar, and every collection once it has ended. Nothing for a text that is no YAML."""
    import yaml

    opened: list[_Open] = []
    kinds: tuple[str, ...] = ()
    try:
        for event in yaml.parse(text, Loader=yaml.CLoader):
            if isinstance(event, yaml.ScalarEvent):
                pointer, is_key = opened[-1].step(event.value) if opened else ("", False)
                style = event.style or ""
                yield Node(pointer, kinds, event.start_mark, event.end_mark, True, event.value, style, is_key)
            elif isinstance(event, yaml.CollectionStartEvent):
                pointer = opened[-1].step("")[0] if opened else ""
                opened.append(_Open(pointer, "map" if isinstance(event, yaml.MappingStartEvent) else "list", event))
                kinds = (*kinds, opened[-1].kind)
            elif isinstance(event, yaml.CollectionEndEvent):
                one, kinds = opened.pop(), kinds[:-1]
                is_map, flow, start = one.kind == "map", bool(one.event.flow_style), one.event.start_mark
                yield Node(one.pointer, kinds, start, event.end_mark, False, is_map=is_map, flow=flow)
    except yaml.YAMLError:
        return
