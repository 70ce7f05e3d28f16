"""The rules about what other readers make of the text of a log: YAML 1.1 and 1.2 parsers, and older line-based tools.

What both YAML versions read is decided by the types of YAML 1.1 (https://yaml.org/type/), by the core schema of
YAML 1.2 (§10.3), and by what PyYAML and ruamel.yaml make of them. The layout is that of docs/format.md §3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from akislog.checks.reading import Problem
from akislog.checks.source import Source, Spot
from akislog.text.places import Span

if TYPE_CHECKING:
    from akislog.checks.nodes import Node

# A scalar that is ambiguous begins like this, and stands behind one of these.
_CANDIDATE = r"""(?xm)
    (?: ^ | [:\[{,?-] ) [ \t\r\n]*
    (?: [-+.]?[0-9._] | [-+]\.?[0-9iI] | [=<]
      | (?i: y | yes | n | no | on | off | true | false | null ) [ \t]* (?: [,\]}:\#\r\n] | $ ) )
    """
_SAME = frozenset({"true", "false", "null", "~", ""})
_WORD = r"(?i:y|yes|n|no|on|off|true|false|null)"
_MIXED = r"[a-z]+|[A-Z][a-z]*|[A-Z]+"  # yes, Yes and YES are words of YAML 1.1, yEs is none
_NUMBER = r"""(?x)
      [-+]? 0b[01_]+
    | [-+]? 0o?[0-7_]+
    | [-+]? 0x[0-9a-fA-F_]+
    | (?: [-+][0-9_]+ | [0-9][0-9_]* )
    | [-+]? [0-9][0-9_]* [eE][-+]?[0-9]+
    | [-+]? [0-9][0-9_]* \. [0-9_]* (?: [eE][-+]?[0-9]+ )?
    | [-+]? \. [0-9_]+ (?: [eE][-+][0-9]+ )?
    | [-+]? \. [0-9]+ [eE][-+]?[0-9]+
    | [-+]? [1-9][0-9_]* (?: :[0-5]?[0-9] )+
    | [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )+ \. [0-9_]*
    | [-+]? \. (?: inf | Inf | INF )
    | \. (?: nan | NaN | NAN )
    """
_TIME = r"""(?x)
      [0-9]{4}-[0-9]{2}-[0-9]{2}
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt] | [ \t]+ ) [0-9]{1,2} :[0-9]{2} :[0-9]{2} (?: \.[0-9]* )?
      (?: [ \t]* (?: Z | [-+][0-9]{1,2} (?: :[0-9]{2} )? ) )?
    """
# What both versions read as the same number as we do: a whole one, or one with a point and, if at all, a signed power.
_PORTABLE = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+][0-9]+)?)?"

_Loss = tuple[str, str, Span | None]
"""What is lost, at which pointer, and where, if the pointer does not say it."""

_AS_WRITTEN = "write it as docs/format.md §3 lays it out"
_INNER = "a list or map in block style inside an item: older tools lose the item, or the whole log"
_FIRST = ("root_causes", "gotchas")
_LATER = ("gates", "agents", "commands", "tasks")
_PLAIN_WORD = r"[A-Za-z][A-Za-z0-9_]*"


def read_as(text: str) -> str:
    """What a YAML 1.1 or 1.2 reader may take a plain scalar for, if not for what it is here; empty if none does."""
    if text in _SAME:
        return ""
    if re.fullmatch(_WORD, text) and re.fullmatch(_MIXED, text):
        return "null" if text.lower() == "null" else "true or false"
    if re.fullmatch(_NUMBER, text):
        return "" if _is_portable(text) else "another number or a text"
    if re.fullmatch(_TIME, text):
        return "a date or time"
    return {"=": "a default value", "<<": "a merge"}.get(text, "")


def _is_portable(number: str) -> bool:
    digits = number.lower().partition("e")[0].replace(".", "").lstrip("-0")
    if not re.fullmatch(_PORTABLE, number) or len(digits) > 15 or len(number) > 32:
        return False
    return abs(float(number)) != float("inf")


def ambiguous_scalars(source: Source) -> Iterator[Spot]:
    """A plain scalar that YAML 1.1 or 1.2 readers take for something else."""
    if source.quoted is not None or not re.search(_CANDIDATE, source.front.text):
        return
    from akislog.checks.nodes import nodes  # most logs are laid out as usual

    for node in nodes(source.front.text):
        meaning = read_as(node.text) if node.is_scalar and not node.style else ""
        if meaning:
            what = "the key " if node.is_key else ""
            message = f"{what}{node.text[:40]} is read as {meaning} by other YAML readers"
            pointer = node.pointer.rpartition("/")[0] if node.is_key else node.pointer
            yield Problem(pointer, message, "put it in double quotes", node.text[:80]), node.span


def old_readers(source: Source) -> Iterator[Spot]:
    """A layout in which older, line-based tools lose a part of the log; each kind is told once."""
    if not source.current or source.front.value is None:
        return
    found = chain(_out_of_order(source.front.value), () if source.quoted is not None else _layout(source.front.text))
    told: set[str] = set()
    for message, pointer, span in found:
        if message not in told:
            told.add(message)
            yield Problem(pointer, message, _AS_WRITTEN), span


def _out_of_order(record: Mapping[str, Any]) -> Iterator[_Loss]:
    """Sections and keys that older tools only find in front of others."""
    names = list(record)
    later = [names.index(one) for one in _LATER if one in record]
    for name in _FIRST:
        if name in record and later and names.index(name) > min(later):
            message = f"{name} stands behind {names[min(later)]}, where older tools do not look for it"
            yield message, f"/{name}", None
    session = record.get("session")
    if isinstance(session, dict) and "domain" in session:
        if isinstance(session["domain"], str) and not re.fullmatch(_PLAIN_WORD, session["domain"]):
            yield "a domain that is no plain word: older tools do not see it", "/session/domain", None
        keys = [*session, "title"]
        if keys.index("domain") > keys.index("title"):
            yield (
                "domain stands behind title, where older tools may take a word of the title for it",
                "/session/domain",
                None,
            )


def _layout(text: str) -> Iterator[_Loss]:
    """What a reader that goes by lines and indentation misses, or takes for something else."""
    from akislog.checks.nodes import nodes

    kept = list(nodes(text))
    for node in kept:
        message = _scalar_loss(node) if node.is_scalar else _collection_loss(node)
        if message:
            yield message, node.pointer, node.span
    yield from _between(text, kept)


def _scalar_loss(node: Node) -> str:
    if node.style in ("|", ">"):
        return "a block scalar: older tools read one line only"
    if node.end.line > node.start.line:
        return "a text over several lines: older tools read the first one only"
    if not node.style and not node.text:
        return "a key without a value: older tools take what follows for its list"
    return ""


def _collection_loss(node: Node) -> str:
    if node.flow:
        elements = len(node.around) > 2 and node.start.column > 4 and node.around[-2] == "list"
        over_lines = node.end.line > node.start.line
        return (
            "brackets over several lines: older tools read the first line only" if over_lines and not elements else ""
        )
    if not node.is_map and node.start.column == 0:
        return "list items at the start of the line: older tools take them for new sections"
    if "list" in node.around:
        return "" if node.is_map and node.around[-1] == "list" else _INNER
    return ""


def _between(text: str, kept: Sequence[Node]) -> Iterator[_Loss]:
    """Comments, which stand where no scalar does, and lines that look like the end of the front matter."""
    scalars = [(node.start.index, node.end.index) for node in kept if node.is_scalar]
    at = 0
    for start, end in [*scalars, (len(text), len(text))]:
        comment = text.find("#", at, start)
        if comment >= 0:
            yield "a comment: older tools take it for a part of the value", "", _span(text, comment)
            break
        at = max(at, end)
    divider = 0 if text.startswith("---") else text.find("\n---") + 1
    if divider or text.startswith("---"):
        yield "a line that begins with ---: older tools stop there", "", _span(text, divider)


def _span(text: str, place: int) -> Span:
    line, column = text.count("\n", 0, place) + 2, place - text.rfind("\n", 0, place)
    end = text.find("\n", place)
    return Span(line, column, line, column + (end if end >= 0 else len(text)) - place)
