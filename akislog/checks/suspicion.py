"""Whether a text may hold a secret, said at a fraction of what redacting costs: nearly all texts of a corpus hold none.

The patterns of the redaction are made wider, so that the regular expressions of jsonschema-rs take them, which look for
all of them at once. What this lets pass as clean, the redaction finds nothing in; the reverse may happen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import count

from akislog.text.redact import Redactor
from akislog.text.secret_rules import RULES, Rule

_ASSERTIONS = ("(?=", "(?!", "(?<=", "(?<!")
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?[=!]|\{\d+(?:,\d*)?\}|[()]|.", re.DOTALL)
_REPEATED = re.compile(r"\{(\d+)(?:,\d*)?\}")
_FLAGS = re.compile(r"\(\?([ix]+)\)")
_NAME = r"(?=([\w-]{3,60}))\1"
_AFTER_QUOTE = r"""(?<=["'`]),"""
_SIGN = re.compile(r"\[_\.-\](?:\(\?=[^()]*\))?(?=\(\?:\(\?<=)")  # one character, then what it must be the end of
_BACK = r"\1"
_WORD = r"A-Za-z0-9_\u0080-\U0010ffff"
_LEAST = 8
_FEW = 300
# What every log has. A pattern too wide to be of use finds something here.
_USUAL = """2026-03-04_101500_a-better-parser-for-the-configuration_5be1c0de", "implement-authentication-by-tokens"
The tests pass, the key is checked: token exchange, secret rotation and authorization work. See the password rules.
pytest -p no:cacheprovider --maxfail 1 --format=json tests/checks/test_configuration_of_the_parser.py -u https://a.example
"""

_asked = count()


class Sieve:
    """All patterns that are of use as one, and the rules whose patterns are not."""

    def __init__(self, pattern: str, others: tuple[Rule, ...]) -> None:
        self._may = _matcher(pattern)
        self._others = others
        self._redactor = Redactor()

    def suspects(self, text: str) -> bool:
        """Whether there may be a secret in ``text``."""
        return self._may(text) or self._redactor.finds(text, self._others)


@cache
def sieve() -> Sieve:
    """What texts go through; made once."""
    useful: list[str] = []
    others: list[Rule] = []
    for rule in RULES:
        pattern = widened(rule)
        if pattern and not _matcher(pattern)(_USUAL):
            useful.append(f"(?:{pattern})")
        else:
            others.append(rule)
    return Sieve("|".join(useful), tuple(others))


def suspicious(text: str) -> bool:
    """Whether ``text`` may hold a secret. The first ones of a process may always: making the sieve takes longer.

    Behind the sieve the rules about text take less than a third of the time.
    """
    return next(_asked) < _FEW or sieve().suspects(text)


def _matcher(pattern: str) -> Callable[[str], bool]:
    import jsonschema_rs

    options = jsonschema_rs.RegexOptions()
    is_match: Callable[[str], bool] = jsonschema_rs.validator_for(
        {"pattern": pattern}, pattern_options=options
    ).is_valid
    return is_match


def widened(rule: Rule) -> str:
    """A pattern without look-around that matches somewhere in every text that the rule matches in, or nothing."""
    flags = _FLAGS.match(rule.pattern)
    pattern = rule.pattern[flags.end() :] if flags else rule.pattern
    if rule.any_case and _NAME in pattern:  # a match begins at a literal and goes on to the end of the name
        pattern = pattern.replace(_NAME, rf"(?:{'|'.join(map(re.escape, rule.literals))})[\w-]*", 1)
    pattern = pattern.replace(_AFTER_QUOTE, r"""\\*["'`],""")  # the quote may also count as a part of what is before
    signed = _SIGN.match(pattern)
    if signed:
        pattern = pattern[signed.end() :].replace("(?<=", "(?:")
    body = _wide(pattern, verbose=bool(flags and "x" in flags[1]))
    if _BACK in body or r"\Z" in body:  # these have no other form
        return ""
    return f"(?i:{body})" if flags else body


def _wide(pattern: str, *, verbose: bool) -> str:
    """The pattern without look-ahead, look-behind and upper limits: these only ever rule matches out.

    Limits are also what takes long to make ready. Letters of all scripts are letters.
    """
    kept: list[str] = []
    depth = skipped = 0
    for part in _PARTS.findall(pattern):
        if part in _ASSERTIONS or part == "(":
            depth += 1
            skipped = skipped or (depth if part in _ASSERTIONS else 0)
        if not skipped and not (verbose and part.isspace()):
            kept.append(_wide_part(part))
        if part == ")":
            skipped = 0 if skipped == depth else skipped
            depth -= 1
    return "".join(kept)


def _wide_part(part: str) -> str:
    if part[0] == "{":
        return _REPEATED.sub(lambda found: f"{{{min(int(found[1]), _LEAST)},}}", part)
    if part == r"\b":
        return ""
    if part == r"\w":
        return f"[{_WORD}]"
    return part.replace(r"\w", _WORD) if part[0] == "[" else part
