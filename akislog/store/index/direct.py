"""The rows of a log straight from the lines of its front matter, as akislog lays them out; of any other file, None.

It is a walk along the lines, of which ``lines`` knows what each says. What is not just as usual ends the walk, and the
log is read whole. ``filling.rows_of`` says what the rows are; these are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL first
except ImportError:
    from hashlib import blake2b

from akislog.store.index import schema
from akislog.store.index.filling import named
from akislog.store.index.lines import CONSTANT, HELD, TEXT, Place, top
from akislog.store.index.steps import Log, Odd, Strings
from akislog.store.index.values import encode
from akislog.store.paths import Unreadable, read_regular
from akislog.text.frontmatter import FILE_LIMIT, Refused, checked, split
from akislog.text.layout import BACKSLASH, QUOTE, Apart, apart, restored

_FORMAT = schema.LOG_AT["provenance", "format"][0]
_TASKS, _AFTER = b"\ntasks:\n", re.compile(rb"\n[^ ]").search
_ODD = ("\\", BACKSLASH, QUOTE, "\t", "\r", "\n")  # what says something else than it is; other controls were refused


def rows_of_file(log: int, path: str, file: str) -> schema.Rows | None:
    """The rows of a log in a file, by table. ``path`` is what it is called below the folder of the logs."""
    try:
        parts, missing = split(read_regular(file, FILE_LIMIT))
        rows = rows_of_text(log, path, checked(parts.yaml)) if missing is None else None
    except (Unreadable, Refused):
        return None
    if rows is not None:
        rows["logs"][0][schema.BESIDE] = _beside_tasks(parts.yaml)
    return rows


def _beside_tasks(yaml: bytes) -> bytes:
    """The digest of a front matter without the entries of its tasks, which are the indented lines behind that word."""
    begin = yaml.find(_TASKS) + len(_TASKS)
    after = _AFTER(yaml, begin - 1) if begin >= len(_TASKS) else None
    told = yaml[:begin] + yaml[after.start() :] if after else yaml
    return blake2b(told, digest_size=8).digest()


def rows_of_text(log: int, path: str, text: str) -> schema.Rows | None:
    """The rows of the log whose front matter this is, its control characters checked."""
    found = apart(text)
    if found is None or found.skeleton[-1:] != "\n":
        return None
    try:
        made = Log(log, path, _strings(found))
        _walk(found.skeleton[:-1].split("\n"), made)
    except (Odd, ValueError):
        return None
    if made.record[_FORMAT] != 1:  # else the provenance was there, and all that is always there before it
        return None
    named(made.record, path)
    return made.rows


def _strings(parts: Apart) -> Strings:
    found = parts.pieces[1::2]
    together = "".join(found)
    signs = [sign for sign in _ODD if sign in together]
    if not signs:
        return Strings(found, found, found)
    odd = sorted({number for sign in signs for number, one in enumerate(found) if sign in one})
    texts, written = [*found], [*found]
    told = '","'.join([found[number] for number in odd])
    for number, said in zip(odd, json.loads(f'["{restored(told)}"]'), strict=False):
        if "\0" in said:
            raise Odd
        texts[number], written[number] = said, encode(said)[1:-1]
    return Strings(found, texts, written)


def _walk(lines: Sequence[str], log: Log) -> None:
    """Fill the rows."""
    Place.learnt = 0
    row, texts, at, place = log.record, log.strings.texts, 0, top(0)
    for line in lines:
        kind, cell, more, place = place[line]
        if kind == CONSTANT:
            row[cell] = more
        elif kind == TEXT:
            row[cell] = texts[at]
            at += 1
        elif kind == HELD:
            row[cell] = more(texts[at])
            at += 1
        else:
            row, at = cell(log, row, at, *more)
