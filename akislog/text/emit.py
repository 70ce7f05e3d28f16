"""The front matter as text. Its layout lets line-based readers of older tools, and YAML 1.1 and 1.2 parsers, all read
the same values; the rules are numbered on the format page, docs/format.md §3, and named here where they are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from akislog.core.finish import ordered
from akislog.core.shape import SHAPE, WORDS
from akislog.core.values import NOT_NAMES

WIDTH = 100

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.+/-]*")
# Rule 3: what JSON leaves raw but YAML refuses or changes, or a person cannot see.
INVISIBLE = "\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_RAW_IN_JSON = re.compile(f"[{INVISIBLE}]")

_NAMES = frozenset({"name", "names", *WORDS})

_quote: Callable[[str], str] = encode_basestring

# Rule 2: inside these every item is a block of its own, and long collections are one element a line.
_BLOCK_ITEMS = frozenset({"tasks", "delegations", "gotchas", "root_causes", "delegated", "violations"})


def front_matter(record: Mapping[str, Any], *, in_order: bool = False) -> str:
    """The YAML text of a record, without its delimiters, in the order of the format.

    ``in_order`` is for records that are in this order already, as a finished session's are.
    """
    lines: list[str] = []
    for name, value in (record if in_order else ordered(record, "record")).items():
        _section(lines, name, value)
    return "\n".join([*lines, ""])


def _section(lines: list[str], name: str, value: Any) -> None:
    kind = SHAPE["record"].get(name, "")
    if kind.startswith("[") and isinstance(value, list):
        _items(lines, name, value, kind[1:-1], indent=0)
    elif kind in SHAPE and kind not in ("usage", "recovery", "provenance") and isinstance(value, dict) and value:
        lines.append(f"{_key(name)}:")
        for key, one in value.items():
            _entry(lines, key, one, SHAPE[kind].get(key, ""))
    else:
        lines.append(f"{_key(name)}: {_flow(value, kind)}")


def _entry(lines: list[str], name: str, value: Any, kind: str) -> None:
    """One field of a block section: a scalar or flow on its line, or a list of items below it."""
    if kind.startswith("[") and isinstance(value, list):
        _items(lines, name, value, kind[1:-1], indent=2)
    else:
        lines.append(f"  {_key(name)}: {_flow(value, kind)}")


def _items(lines: list[str], name: str, values: list[Any], entity: str, indent: int) -> None:
    margin = " " * indent
    if not values:
        lines.append(f"{margin}{_key(name)}: []")
        return
    lines.append(f"{margin}{_key(name)}:")
    for value in values:
        if name in _BLOCK_ITEMS and isinstance(value, dict) and value:
            _block_item(lines, value, entity, margin)
        else:
            lines.append(f"{margin}  - {_flow(value, entity)}")


def _block_item(lines: list[str], value: Mapping[str, Any], entity: str, margin: str) -> None:
    fields = SHAPE[entity]
    lead = f"{margin}  - "
    for key, one in value.items():
        kind = fields.get(key, "")
        start = f"{lead}{key if kind else _key(key)}: "  # the names of the format are plain
        lead = f"{margin}    "
        if not isinstance(one, (list, dict)):
            lines.append(start + _flow(one, kind))
            continue
        elements, (opening, closing) = _elements(one, kind), "[]" if isinstance(one, list) else "{}"
        line = f"{start}{opening}{', '.join(elements)}{closing}"
        if len(line) > WIDTH and elements:
            between = f",\n{margin}      "
            line = f"{start}{opening}\n{margin}      {between.join(elements)}{closing}"
        lines.append(line)


def _flow(value: Any, kind: str) -> str:
    """A value on one line."""
    if isinstance(value, str):
        return plain_or_quoted(value) if kind in _NAMES else quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, int):
        return str(value)
    joined = ", ".join(_elements(value, kind))
    return f"[{joined}]" if isinstance(value, list) else "{" + joined + "}"


def _elements(value: list[Any] | dict[str, Any], kind: str) -> list[str]:
    if isinstance(value, list):
        inner = kind[1:-1] if kind.startswith("[") else kind
        return [_flow(one, inner) for one in value]
    fields = SHAPE.get(kind, {})
    return [f"{key if key in fields else _key(key)}: {_flow(one, fields.get(key, ''))}" for key, one in value.items()]


def quoted(text: str) -> str:
    """Rule 3: ``text`` as a JSON string that YAML reads as the same text."""
    made = _quote(text)
    return made if made.isascii() and "\x7f" not in made else _RAW_IN_JSON.sub(_escape, made)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


@lru_cache(maxsize=1024)
def plain_or_quoted(text: str) -> str:
    """Rule 4: a name is plain where no YAML reader takes it for something else."""
    return text if _NAME.fullmatch(text) and text.lower() not in NOT_NAMES else quoted(text)


_key = plain_or_quoted


def _decimal(value: float) -> str:
    """Rule 4: at most 15 significant digits and no exponent."""
    return format(Decimal(f"{value:.15g}"), "f")
