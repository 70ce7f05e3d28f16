"""Two line-based readers of older tools, as test oracles: own code, made from what those readers are known to do.

``by_lines`` cuts the front matter into lines: an unindented key begins a section, a dash adds the raw text behind it
to the section or to its present sub-list, ``key: value`` is kept where the section is a mapping, and ``key:`` alone
begins a sub-list. What lies deeper than an item is dropped. One of the tools checks nothing before it begins a
sub-list (``guarded=False``) and fails with TypeError inside a list; it then loses the whole log.

``flattened`` puts every nested key at the top, and finds files by an exact pattern in the whole text.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple


def _matter(text: str) -> str:
    return text[4 : text.index("\n---", 4)]


def by_lines(text: str, *, guarded: bool) -> dict[str, Any]:
    """What the first kind of reader makes of a log; TypeError where it would drop it."""
    found: dict[str, Any] = {}
    section = sub = ""
    for line in _matter(text).split("\n"):
        stripped = line.strip()
        key, colon, value = (part.strip() for part in stripped.partition(":"))
        if line[:1] not in (" ", "-", "") and colon:
            section, sub = ("", "") if value else (key, "")
            found[key] = value if value else {}
        elif stripped.startswith("- ") and section:
            if sub:
                found[section][sub].append(stripped[2:])
            else:
                found[section] = [*(found[section] or []), stripped[2:]]
        elif colon and section:
            if not value and (not guarded or isinstance(found[section], dict)):
                found[section][key] = []
                sub = key
            elif value and isinstance(found[section], dict):
                found[section][key] = value
    return found


class Flattened(NamedTuple):
    """What the second kind of reader sees: scalars by key, the session's domain, files, and numbers by file type."""

    fields: dict[str, str]
    domain: str
    files: list[tuple[str, str, str]]
    types: dict[str, int]


def flattened(text: str) -> Flattened:
    """What the second kind of reader makes of a log."""
    fields: dict[str, str] = {}
    for line in _matter(text).split("\n"):
        pair = re.fullmatch(r"\s*(\w+):\s*(\S.*)", line)
        if pair:
            fields[pair[1]] = pair[2]
    domain = re.search(r"session:.*?domain:\s*(\w+)", text, re.DOTALL)
    types = re.search(r"types:\s*\{([^}]*)\}", text)
    return Flattened(
        fields,
        domain[1] if domain else "",
        re.findall(r'\{path: "([^"]+)", type: (\w+), domain: (\w+)\}', text),
        {name: int(number) for name, number in re.findall(r"(\w+):\s*(\d+)", types[1] if types else "")},
    )
