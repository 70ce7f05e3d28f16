"""What a name or a value looks like: is this the name of a secret, and could that be one?

Names are judged by their words (``clientSecret`` is ``client`` and ``secret``), values by their shape. No word list
of a language is used: a word is letters in regular case, and what people type as a stand-in is listed below.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

NameClass = Literal["", "password", "token", "key"]
"""``password``: chosen by people, may be simple. ``token``: made by machines. ``key``: only if the value is random."""

_NAME_WORDS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
_SUFFIXES = frozenset(["b64", "base64", "value", "base", "prod", "live", "dev", "staging", "old", "new"])
_PASSWORD = ("password", "passwd", "passphrase", "passwort", "pwd")
_TOKEN = ("secret", "secrets", "token", "credential", "credentials")
_JOINED_KEY = ("apikey", "secretkey", "privatekey", "accesskey", "authkey", "signingkey", "encryptionkey")
_KEY_OF = frozenset(
    [
        "api",
        "app",
        "access",
        "account",
        "admin",
        "auth",
        "client",
        "deploy",
        "encryption",
        "license",
        "master",
        "private",
        "secret",
        "service",
        "shared",
        "signing",
        "ssh",
        "storage",
        "webhook",
    ]
)
_PLAIN_KEY = frozenset(
    [
        "arrow",
        "cache",
        "composite",
        "config",
        "dict",
        "foreign",
        "group",
        "hot",
        "idempotency",
        "index",
        "lookup",
        "map",
        "natural",
        "object",
        "partition",
        "primary",
        "range",
        "registry",
        "row",
        "sort",
        "surrogate",
        "translation",
        "unique",
    ]
)
_POSITION = frozenset(  # tokens of a parser, a model or a page of results
    [
        "bos",
        "cls",
        "continuation",
        "cont",
        "end",
        "eos",
        "first",
        "last",
        "mask",
        "next",
        "pad",
        "page",
        "previous",
        "sep",
        "special",
        "start",
        "stop",
        "sync",
        "unk",
    ]
)

# Letters in regular case with a few digits behind: "worker2", "OAuth", "SECRET", "myFirstToken".
_WORD = r"(?:[a-z]{1,15}|[A-Z]{1,15})?(?:[A-Z][a-z]{2,15}){0,6}[A-Z]?"
_WORDS = rf"{_WORD}\d{{0,3}}(?:[-_.:/ ]{{1,2}}(?:{_WORD}\d{{0,3}}|v?\d{{1,4}})){{0,20}}"
_NUMBER = r"[-+]?(?:0[xX][0-9a-fA-F]{1,16}|[\d.,:_ TZeE+-]{1,40})"
_STAND_IN = (
    r"(?i)\\?\[REDACTED|^(?:[<{$%]|true$|false$|none$|null$|undefined$)|\$[({]|\{\{|%\(|\.\.\.|…|\*{3}|x{4}|•"
    r"|changeme|change[-_]me|placeholder|example|(?<![a-z])(?:your|dummy|insert|replace|redacted|todo)(?![a-z])"
)
_LOCATION = r"[a-zA-Z][\w+.-]{0,20}://|~?/|\.{1,2}/|[A-Za-z]:[\\/]"
_SCOPE = r"[^/\s]{1,128}/\d{8}/.*"  # of a signed request
_FILE = r"[\w./@-]{1,200}\.[a-z]{2,4}"
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"
_LOG = r"\d{4}-\d{2}-\d{2}_\d{6}_[a-z0-9-]{1,60}_[0-9a-f]{8}(?:\.md)?"  # the name of a session
_RUNS = r"[A-Z]?[a-z]+|[A-Z]+|\d+"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern made ready on first use: most processes need few of them, and a hook has little time."""
    return re.compile(pattern)


@lru_cache(maxsize=4096)  # names come again and again
def name_class(name: str) -> NameClass:
    """The class of secret that ``name`` is the name of, ``""`` if of none. Judged by its last word."""
    words = [word.lower() for word in compiled(_NAME_WORDS).findall(name)]
    while len(words) > 1 and (words[-1] in _SUFFIXES or words[-1].isdigit()):
        words.pop()
    if not words or "public" in words:
        return ""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last.endswith(_PASSWORD) or last == "pass":
        return "password"
    if last.endswith(_JOINED_KEY) or (last == "key" and before in _KEY_OF):
        return "token"
    if last.endswith(_TOKEN) and before not in _POSITION:
        return "token"
    if (last == "key" and before and before not in _PLAIN_KEY) or last in ("auth", "authorization"):
        return "key"
    return ""


def is_stand_in(value: str) -> bool:
    """Whether ``value`` stands for a secret without being one: ``<token>``, ``$TOKEN``, ``***``, ``changeme``."""
    return len(set(value)) <= 2 or compiled(_STAND_IN).search(value) is not None


def is_word(value: str) -> bool:
    """Whether ``value`` is one word: letters in regular case."""
    return compiled(_WORD).fullmatch(value) is not None


def is_words(value: str) -> bool:
    """Whether ``value`` is words and small numbers joined by the usual signs: ``oauth2-proxy``, ``my_secret.v2``."""
    return compiled(_WORDS).fullmatch(value) is not None


def is_number(value: str) -> bool:
    """Whether ``value`` is a number, a date or a time."""
    return compiled(_NUMBER).fullmatch(value) is not None


def is_location(value: str) -> bool:
    """Whether ``value`` is a path, a file name, the name of a session, an address of a page or of a mailbox."""
    return (
        any(compiled(shape).fullmatch(value) for shape in (_FILE, _EMAIL, _SCOPE, _LOG))
        or compiled(_LOCATION).match(value) is not None
    )


def is_random(value: str) -> bool:
    """Whether ``value`` looks made by a machine: long, and its letters and digits alternate more than in a name."""
    runs = compiled(_RUNS).findall(value)
    length = sum(map(len, runs))
    if length < 10 or is_words(value):
        return False
    digits = sum(map(str.isdigit, value))
    if digits == 0:
        return length >= 16 and length <= (3 if length >= 24 else 2.5) * len(runs)
    return length <= (3.5 if length >= 32 else 3) * len(runs) or (digits >= 4 and length >= 16 and "_" not in value)
