"""Which rules may find a secret in a text, said at a fraction of what trying them costs: nearly all texts hold none.

The patterns of the rules are made wider, so that the regular expressions of jsonschema-rs take them, which look for all
of them in one pass. A rule that is not named here finds nothing; the reverse may happen. Texts are searched in ASCII:
any other character is a question mark there, and whatever may match one matches that.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import cache

from akislog.text.secret_rules import RULES, Rule

_ASSERTIONS = ("(?=", "(?!", "(?<=", "(?<!")
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?[=!]|\{\d+(?:,\d*)?\}|[()]|.", re.DOTALL)
_REPEATED = re.compile(r"\{(\d+)(,\d*)?\}")
_FLAGS = re.compile(r"\(\?([ix]+)\)")
_SIGN = re.compile(r"\[_\.-\](?:\(\?=[^()]*\))?(?=\(\?:\(\?<=)")  # one character, then what it must be the end of
_MEMBERS = re.compile(r"(\\.|.)(?:-(\\.|[^\]]))?", re.DOTALL)  # of a class: one character, or from this to that
_ASCII = frozenset(map(chr, range(128)))
_SETS = {
    r"\w": frozenset(string.ascii_letters + string.digits + "_"),
    r"\d": frozenset(string.digits),
    r"\s": frozenset(" \t\n\r\f\v\x1c\x1d\x1e\x1f"),
    r"\n": frozenset("\n"),
    r"\r": frozenset("\r"),
    r"\t": frozenset("\t"),
}
_BEYOND = "iks"  # letters that have another form beyond ASCII
_LEAST = 20  # repetitions: a longer run tells no more

_Search = Callable[[str], bool]


class Sieve:
    """The patterns of all rules, as one and each for itself."""

    def __init__(self) -> None:
        self._patterns = [(rule, f"(?:{widened(rule)})") for rule in RULES]
        self._any = searcher("|".join(pattern for _, pattern in self._patterns))

    def rules(self, text: str) -> list[Rule]:
        """The rules that may find a secret in ``text``."""
        searched = text if text.isascii() else text.encode("ascii", "replace").decode("ascii")
        if not self._any(searched):
            return []
        return [rule for rule, pattern in self._patterns if searcher(pattern)(searched)]


@cache
def sieve() -> Sieve:
    """What texts go through; made once, since that takes as long as searching a few hundred of them."""
    return Sieve()


@cache
def searcher(pattern: str) -> _Search:
    """A function that tells whether a pattern is found in a text."""
    import jsonschema_rs

    options = jsonschema_rs.RegexOptions()
    search: _Search = jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options).is_valid
    return search


def widened(rule: Rule) -> str:
    """A pattern without look-around that matches somewhere in every text that the rule finds a secret in."""
    pattern = rule.wide or rule.pattern
    flags = _FLAGS.match(pattern)
    pattern = pattern[flags.end() :] if flags else pattern
    any_case, verbose = "i" in (flags[1] if flags else ""), "x" in (flags[1] if flags else "")
    signed = _SIGN.match(pattern)
    if signed:
        pattern = pattern[signed.end() :].replace("(?<=", "(?:")
    kept: list[str] = []
    depth = skipped = 0
    for part in _PARTS.findall(pattern):
        if part in _ASSERTIONS or part == "(":
            depth += 1
            skipped = skipped or (depth if part in _ASSERTIONS else 0)
        if not skipped and not (verbose and part.isspace()):
            kept.append(_ascii(part, any_case))
        if part == ")":
            skipped = 0 if skipped == depth else skipped
            depth -= 1
    return "".join(kept)


def _ascii(part: str, any_case: bool) -> str:
    """A part of a pattern for text in ASCII. Of a repetition what it needs at least: its limit rules matches out."""
    if part[0] == "{":
        return _REPEATED.sub(lambda found: f"{{{min(int(found[1]), _LEAST)},}}", part)
    if part == r"\b":
        return ""
    if part[0] == "[":
        return _class(part, any_case)
    if part in _SETS:
        return _class(f"[{part}]", any_case)
    if any_case and part.isalpha():
        return f"[{'?' if part.lower() in _BEYOND else ''}{part.lower()}{part.upper()}]"
    return part


@cache
def _class(part: str, any_case: bool) -> str:
    """A class of characters with every one of ASCII that it takes named: the engine makes such ready fastest."""
    inside = part[2:-1] if part[1] == "^" else part[1:-1]
    named: set[str] = set()
    for first, last in _MEMBERS.findall(inside):
        named |= _SETS.get(first) or {chr(code) for code in range(ord(first[-1]), ord((last or first)[-1]) + 1)}
    if any_case:
        named |= {character.swapcase() for character in named}
    taken = {"?"} | (_ASCII - named if part[1] == "^" else named)
    return "[" + "".join(f"\\x{first:02x}-\\x{last:02x}" for first, last in _runs(sorted(map(ord, taken)))) + "]"


def _runs(codes: list[int]) -> list[tuple[int, int]]:
    """Numbers in order, as those of each row without a gap: the first and the last."""
    breaks = [at for at in range(1, len(codes)) if codes[at] != codes[at - 1] + 1]
    return [(codes[start], codes[end - 1]) for start, end in zip([0, *breaks], [*breaks, len(codes)], strict=True)]
