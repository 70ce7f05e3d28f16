"""A file as the rules about its text read it: what stands in quotes, and whether all the rest is laid out as usual.

Most logs are as akislog wrote them. For these one pass over the text settles that there is nothing to look at closely,
at a fraction of what parsing costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import filterfalse
from typing import Any, NamedTuple

from akislog.checks.reading import Problem
from akislog.core.shape import SHAPE
from akislog.core.values import NOT_NAMES
from akislog.text.document import Document
from akislog.text.places import Span
from akislog.text.redact import Redactor
from akislog.text.secret_rules import RULES

Spot = tuple[Problem, Span | None]
"""A problem in a text, and where it stands in the file if its pointer does not say that."""

# The text without what stands between double quotes, line by line; a key with a block below it and the line that
# follows are one. What these patterns take, every YAML reader reads alike, and older tools too. No word is so long that
# a secret could hide in it.
_END = r"(?=[\]},: ]|$)"
_NUMBER = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?"
_WORD = r"[A-Za-z][A-Za-z0-9_.+/-]{0,39}"
_WITHIN = rf'(?:(?:""|-?{_NUMBER}|{_WORD}){_END}|[\[\]{{}}]|,[ ]|:[ ])*'
_KEY = rf'(?:{_WORD}|"")'
_LINE = (  # compiled on first use, as all patterns here: END imports this too, and has no use for them
    rf"""(?x)
    (?: {_KEY}:\0 )?
    (?: [ ]{{2}}(?:created|modified|deleted|violations|delegated):\0 (?=[ ]{{4}}-) )?
    (?: (?:[ ]{{2}}|[ ]{{4}}|[ ]{{2}}-[ ]|[ ]{{4}}-[ ]|[ ]{{6}})? {_KEY}:[ ](?=\S){_WITHIN}(?<![\[{{,:\s])
      | [ ]{{2}}(?:[ ]{{2}})?-[ ]{_WITHIN}(?<![\[{{,:\s])
      | [ ]{{2}}(?:[ ]{{2}})?(?:-[ ]|[ ]{{2}}){_KEY}:[ ][\[{{]
      | [ ]{{6}}(?:[ ]{{2}})?(?=\S){_WITHIN},?(?<![:\s])
    )?""".replace("\\0", "\0")
)
_RUN = r"([A-Za-z0-9_.+/-]+)(:?)"
_VALUES = frozenset({"true", "false", "null"})
_COUNT = rf": {_NUMBER}(?=[,}}\]\n])"
_FIELDS = frozenset(name for fields in SHAPE.values() for name in fields)
_LONGEST_WORD = 11  # in small letters: no secret is shorter, or so plain, unless its key says so
_SECRET_NAMES = tuple(literal for rule in RULES if rule.any_case for literal in rule.literals)
_KNOWN_LINES = 5000

_known: set[str] = set()
"""Lines that were found to be as usual: most lines of a log stand in others too. Without it the rules about text take
seven times as long. It only ever says what a line alone decides, so it is safe to share."""


class Quoted(NamedTuple):
    """The texts that stand between double quotes, as they are written; and all as one, ``one", "another``."""

    texts: list[str]
    joined: str


class Source:
    """A document and its text. ``current`` says that it is of the format this version writes."""

    def __init__(self, document: Document, current: bool) -> None:
        self.path = document.path
        self.front = document.front
        self.current = current
        self.record: Mapping[str, Any] = document.log.record if document.log is not None else {}
        self._parts = document.split

    @cached_property
    def text(self) -> str:
        """The whole file, a byte order mark apart."""
        return b"".join(self._parts[1:]).decode("utf-8", "replace")

    @cached_property
    def body(self) -> str:
        """What follows the front matter."""
        return self._parts.body.decode("utf-8", "replace")

    @cached_property
    def quoted(self) -> Quoted | None:
        """The texts of the front matter; None where it is not laid out as usual.

        Where it is, every plain scalar is a name or a number that all YAML readers read alike, no key is named like a
        secret, no text goes over lines, and there is no comment.
        """
        text = self.front.text
        if self.front.value is None or "\r" in text:
            return None
        if "\\" in text:  # an escaped quote ends no text
            text = text.replace("\\\\", "\\/").replace('\\"', "\\'")
        pieces = text.split('"')
        texts = pieces[1::2]
        joined, outside = '", "'.join(texts), '""'.join(pieces[::2])
        if "\n" in joined or len(pieces) % 2 == 0:
            return None
        new = "\n".join([*_unknown(outside.replace(":\n", ":\0")), ""])  # mostly lines with numbers of their own
        usual = all(map(_is_usual, _unknown(re.sub(_COUNT, ": 0", new))))
        return Quoted(texts, joined) if usual else None


def _unknown(text: str) -> Iterator[str]:
    return filterfalse(_known.__contains__, text.split("\n"))


def _is_usual(line: str) -> bool:
    if re.fullmatch(_LINE, line) is None:
        return False
    runs: list[tuple[str, str]] = re.findall(_RUN, line)
    if any(run.lower() in NOT_NAMES and (colon or run not in _VALUES) for run, colon in runs):
        return False
    named = {run for run, colon in runs if colon and run not in _FIELDS}
    if any(literal in name.lower() for name in named for literal in _SECRET_NAMES):
        return False
    # The patterns for secrets take long to make ready: a process that checks one log does without, as a rule.
    if (named or not all(_is_plain(run) for run, _ in runs)) and Redactor().redact(line)[1]:
        return False
    if len(_known) >= _KNOWN_LINES:
        _known.clear()
    _known.add(line)
    return True


def _is_plain(run: str) -> bool:
    """Whether a word is one of ours, or too plain to be a secret under a key of ours."""
    return run in _FIELDS or run in ("0", "-") or (len(run) <= _LONGEST_WORD and run.isalpha() and run.islower())
