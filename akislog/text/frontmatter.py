"""Front matter: a lossless split of the file, and YAML to JSON values by a strict profile, with a position for each.

One path: libyaml composes nodes with tag resolution switched off, and our own builder makes the values. What the
profile refuses (duplicate keys, anchors, tags, …) is a finding with its place; docs/format.md §5 has the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from akislog.core.finding import Finding

FRONT_LIMIT = 256 * 1024
FILE_LIMIT = 4 * 1024 * 1024
DEPTH_LIMIT = 64

_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"---[ \t]*\r?\n")
_CLOSING = re.compile(rb"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_DOCUMENT_END = re.compile(rb"^\.\.\.[ \t]*\r?$", re.MULTILINE)
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\r")
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_START_OF_NUMBER = frozenset("-0123456789")


class Split(NamedTuple):
    """A file in its parts; joined in order they are the file, byte for byte. Without front matter all is ``body``."""

    bom: bytes
    opening: bytes
    yaml: bytes
    closing: bytes
    body: bytes

    def join(self) -> bytes:
        """The file."""
        return b"".join(self)


class Front(NamedTuple):
    """What the front matter says: JSON values, the composed nodes for positions, and what was refused."""

    value: dict[str, Any] | None
    root: Node | None
    findings: tuple[Finding, ...]

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column in the file, from 1, of the value at a JSON pointer, or of what is nearest to it."""
        node, line, column = self.root, 1, 1
        for step in pointer.split("/")[1:]:
            found = None if node is None else _child(node, step.replace("~1", "/").replace("~0", "~"))
            if found is None:
                break
            key, node = found
            line, column = key.start_mark.line + 2, key.start_mark.column + 1
        else:
            if node is not None and pointer:
                line, column = node.start_mark.line + 2, node.start_mark.column + 1
        return line, column


def split(data: bytes) -> tuple[Split, Finding | None]:
    """Take a file apart. The finding says why there is no front matter, if there is none."""
    bom = _BOM if data.startswith(_BOM) else b""
    opening = _OPENING.match(data, len(bom))
    if opening is None:
        return Split(bom, b"", b"", b"", data[len(bom) :]), _no_front_matter(data[len(bom) :])
    closing = _CLOSING.search(data, opening.end())
    if closing is None:
        ended = _DOCUMENT_END.search(data, opening.end())
        hint = "close it with a line ---" + (", not with ..." if ended else "")
        finding = Finding("AKL002", "error", "the front matter is never closed", line=1, column=1, hint=hint)
        return Split(bom, b"", b"", b"", data[len(bom) :]), finding
    start, end = closing.span()
    return Split(bom, opening[0], data[opening.end() : start], closing[0], data[end:]), None


def _no_front_matter(data: bytes) -> Finding:
    first = data[:64].split(b"\n")[0].strip()
    known = {b"+": "TOML", b";": "JSON", b"{": "JSON"}
    if first in (b"+++", b";;;", b"{") or (first.startswith(b"---") and first.strip(b"-")):
        hint = f"this looks like {known.get(data[:1], 'another format')}; a log begins with a line ---"
    elif first.startswith(b"----"):
        hint = "the first line must be exactly ---"
    elif data.lstrip()[:3] == b"---" or first.startswith(b"<!--"):
        hint = "nothing may stand before the first ---"
    else:
        hint = "a log begins with a line ---, its YAML, and another line ---"
    return Finding("AKL001", "error", "no front matter", line=1, column=1, hint=hint)


def load(source: bytes) -> Front:
    """The values of the YAML between the delimiters."""
    try:
        text = _checked(source)
        root = _Composer(text).get_single_node()
        if root is None:
            return Front({}, None, ())
        if not isinstance(root, MappingNode):
            if isinstance(root, ScalarNode) and not root.style and root.value in ("", "~", "null"):
                return Front({}, None, ())
            raise _Refused("AKL005", "the front matter is not a mapping of keys to values", root.start_mark)
        return Front(_build(root), root, ())
    except _Refused as refused:
        return Front(None, None, (refused.finding,))
    except yaml.YAMLError as error:
        return Front(None, None, (_syntax(error, source),))


class _Refused(Exception):
    """Something the profile does not take; carries its finding."""

    def __init__(self, code: str, message: str, mark: Any = None, hint: str = "") -> None:
        line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
        self.finding = Finding(code, "error", message, line=line, column=column, hint=hint)


class _Composer(CParser):
    """libyaml's composer without resolution: it calls these for every node, and only the depth is of interest."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, _kind: type, _value: object, _implicit: object) -> None:
        return None

    def descend_resolver(self, _parent: object, _index: object) -> None:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:  # before libyaml's own recursion can exhaust the stack
            raise _Refused("AKL007", f"more than {DEPTH_LIMIT} levels of nesting", getattr(_parent, "start_mark", None))

    def ascend_resolver(self) -> None:
        self.depth -= 1


def _checked(source: bytes) -> str:
    """The source as text, after everything that can be refused before parsing."""
    if len(source) > FRONT_LIMIT:
        raise _Refused("AKL007", f"the front matter has {len(source)} bytes; the limit is {FRONT_LIMIT}")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start)
        column = error.start - (source.rfind(b"\n", 0, error.start) + 1)
        mark = _Place(line, len(source[error.start - column : error.start].decode("utf-8", "replace")))
        raise _Refused("AKL006", "not UTF-8", mark, "save the file as UTF-8") from None
    if source.translate(None, _CONTROLS) != source or not source.isascii():
        _refuse_controls(text)
    if b"&" in source or b"*" in source or b"<<" in source:
        _refuse_references(text)
    return text


class _Place(NamedTuple):
    """A place from 0, as libyaml's marks have it."""

    line: int
    column: int


def _refuse_controls(text: str) -> None:
    found = _REFUSED.search(text)
    if found:
        before = text[: found.start()]
        mark = _Place(before.count("\n"), len(before) - (before.rfind("\n") + 1))
        code = f"U+{ord(found[0]):04X}"
        hint = f'inside a double-quoted text write it as "\\u{ord(found[0]):04x}"'
        raise _Refused("AKL006", f"raw control character {code}", mark, hint)


def _refuse_references(text: str) -> None:
    """Anchors and aliases, seen in the events before any node is built."""
    parser = CParser(text)
    depth = 0
    while (event := parser.get_event()) is not None:
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("AKL007", f"alias *{anchor}", event.start_mark, "write the value itself")
        if anchor:
            raise _Refused("AKL007", f"anchor &{anchor}", event.start_mark, 'quote text that begins with "&"')
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_LIMIT:
                raise _Refused("AKL007", f"more than {DEPTH_LIMIT} levels of nesting", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(node: Node) -> Any:
    if node.tag is not None:
        raise _Refused("AKL008", f"tag {node.tag}", node.start_mark, 'quote text that begins with "!"')
    if node.__class__ is ScalarNode:
        return node.value if node.style else _scalar(node.value)
    if node.__class__ is SequenceNode:
        return [_build(one) for one in node.value]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if key_node.__class__ is not ScalarNode or not key_node.style or key_node.tag is not None:
            _plain_key(key_node)
        if key in result:
            first = next(one for one, _ in node.value if one.value == key).start_mark.line
            above = key_node.start_mark.line - first
            where = f"{above} line{'s' if above > 1 else ''} above" if above else "in this very line"
            message = f"the key {key!r} is given twice, first {where}"
            raise _Refused("AKL004", message, key_node.start_mark)
        result[key] = _build(value_node)
    return result


def _plain_key(node: Node) -> None:
    """Refuse a key that is no text."""
    if node.__class__ is not ScalarNode:
        raise _Refused("AKL009", "a key must be text, not a collection", node.start_mark)
    if node.tag is not None:
        raise _Refused("AKL008", f"tag {node.tag}", node.start_mark)
    if not node.style and node.value == "<<":
        raise _Refused("AKL007", "merge key <<", node.start_mark, "write the fields themselves")
    if not node.style and not isinstance(_scalar(node.value), str):
        raise _Refused("AKL009", f"the key {node.value or 'null'} is no text", node.start_mark, "quote it")


def _scalar(text: str) -> Any:
    """The value of a plain scalar: true, false, null, a JSON number of at most 15 digits, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _START_OF_NUMBER:
        return text
    number = _NUMBER.fullmatch(text)
    if number is None or len(text) > 32:
        return text
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("-0")
    if len(digits) > 15:
        return text
    if number[1] is None and "e" not in text and "E" not in text:
        return int(text)
    value = float(text)
    return value if abs(value) != float("inf") else text


def _syntax(error: yaml.YAMLError, source: bytes) -> Finding:
    """libyaml's complaint as a finding, with the advice that helps most often."""
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        position = getattr(error, "position", None)
        code = "AKL006" if isinstance(error, yaml.reader.ReaderError) else "AKL003"
        line = source.count(b"\n", 0, position) + 2 if isinstance(position, int) and position >= 0 else 1
        return Finding(code, "error", str(message), line=line, column=1)
    context = getattr(error, "context", None)
    lines = source.decode("utf-8", "replace").split("\n")
    line_text = lines[mark.line] if mark.line < len(lines) else ""
    hint = ""
    if "mapping values are not allowed" in message or "cannot start any token" in message:
        hint = "put the text in double quotes"
    elif "\t" in line_text[: len(line_text) - len(line_text.lstrip())]:
        hint = "indent with blanks, not with tabs"
    elif "expected a single document" in f"{message} {context}":
        hint = "a log has one document; the front matter closes at the first line ---"
    full = f"{message} ({context})" if context else str(message)
    return Finding("AKL003", "error", full, line=mark.line + 2, column=mark.column + 1, hint=hint)


def _child(node: Node, step: str) -> tuple[Node, Node] | None:
    """The key node (the item itself in a list) and value node of one step below ``node``."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and step.isdecimal() and int(step) < len(node.value):
        return node.value[int(step)], node.value[int(step)]
    return None


def nodes(root: Node) -> Iterator[Node]:
    """All nodes below ``root`` that hold values, itself included."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, MappingNode):
            stack.extend(value for _, value in node.value)
        elif isinstance(node, SequenceNode):
            stack.extend(node.value)
