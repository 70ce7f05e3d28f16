"""Patterns that cannot hang: the search of ``~`` over text of any kind.

The standard library's ``re`` can take years over a short pattern. jsonschema-rs, which akislog needs anyway, brings
Rust's ``regex``: it never goes back over the text, so the time grows with the length of pattern and text alone; it has
no look-around and no back references for that reason. Its syntax is that of patterns in JSON Schema, to which ``(?i)``
and the other flags are added. Case is Unicode's simple case folding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LENGTH_LIMIT = 1_000
_COMPILED_LIMIT = 256 * 1024  # bytes: keeps counted repetition in bounds
_TABLE_LIMIT = 2 * 1024 * 1024
_PLAIN = re.compile(r"[A-Za-z0-9 _/:;,<>=@#%&!'\"`~-]*")
_BEYOND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=|\\k<")


class PatternError(Exception):
    """A pattern that cannot be used; the message says why."""


def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether the pattern is found anywhere in a text, whatever the case of either.

    Raises PatternError.
    """
    if len(pattern) > LENGTH_LIMIT:
        raise PatternError(f"the pattern has {len(pattern)} characters; the limit is {LENGTH_LIMIT}")
    return _plain(pattern) if _PLAIN.fullmatch(pattern) else _compiled(pattern)


def _plain(pattern: str) -> Callable[[str], bool]:
    """The search for what holds no sign of the syntax: the same answer without the cost of loading the engine."""
    wanted = pattern.lower()
    engine: list[Callable[[str], bool]] = []

    def found(text: str) -> bool:
        if text.isascii():
            return wanted in text.lower()
        if not engine:  # the long s and the Kelvin sign are letters of ASCII in another case
            engine.append(_compiled(pattern))
        return engine[0](text)

    return found


def _compiled(pattern: str) -> Callable[[str], bool]:
    from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

    options = RegexOptions(size_limit=_COMPILED_LIMIT, dfa_size_limit=_TABLE_LIMIT)
    try:
        validator = Draft202012Validator({"pattern": f"(?i){pattern}"}, pattern_options=options)
    except (ValidationError, ValueError) as error:
        raise PatternError(_complaint(pattern)) from error

    def found(text: str) -> bool:
        try:
            return validator.is_valid(text)
        except UnicodeEncodeError:  # half a pair of surrogates
            return validator.is_valid(text.encode("utf-8", "replace").decode())

    return found


def _complaint(pattern: str) -> str:
    """What is wrong with a pattern that the engine refused; it does not say so itself."""
    if _BEYOND.search(pattern):
        return "a pattern has no look-around and no back references here, so that none can hang"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern cannot be read: {error}"
    return "the pattern cannot be read, or is too large once its repetitions are counted out"
