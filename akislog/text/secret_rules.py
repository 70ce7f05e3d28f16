"""The shapes of known secrets, one row each, and the judgement of literal assignments to names of secrets.

A rule is tried only on a text that holds one of its literals. Every pattern begins with literal characters, which the
matcher finds fast, so a boundary on the left is written behind them, as a look-behind. Every pattern takes linear
time: a run that may be long is one character class that nothing has to follow, or that stops at the next place where
its rule could begin; all else is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from akislog.text.secret_words import (
    is_location,
    is_number,
    is_random,
    is_stand_in,
    is_words,
    name_class,
)


class Rule(NamedTuple):
    """One shape. The last group that took part, or the whole match, is what is replaced.

    With ``any_case`` the literals are lower case, are found in any case, and ``pattern`` is tried at each of them.
    ``accept`` has the last word on a match.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: str
    accept: Callable[[re.Match[str]], bool] | None = None
    any_case: bool = False


_JUDGED = 400  # characters: what follows cannot change a verdict that matters, and bait can be long


def secret_of(match: re.Match[str]) -> str:
    """The part of a match that would be replaced, as much of it as is judged."""
    start, end = match.span(match.lastindex or 0)
    return match.string[start : min(end, start + _JUDGED)]


def _not_words(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not is_stand_in(value) and not is_words(value)


def _random(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not is_stand_in(value) and is_random(value)


def _mixed_case(match: re.Match[str]) -> bool:
    value = secret_of(match)  # a digest has one case
    return value.upper() != value != value.lower()


def _header_value(match: re.Match[str]) -> bool:
    if match.lastindex != 1:  # no scheme before it
        return _random(match)
    return _not_words(match) and not is_words(secret_of(match).partition("=")[0])  # parameters: realm="…"


_TYPED = frozenset(["pass", "passwd", "password", "pwd", "pw", "secret", "token", "user", "username", "apikey", "key"])


def _url_password(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not (is_stand_in(value) or value.lower() in _TYPED or re.search(r"[][(){}\\|]|%s|^\d{1,5}[?#]", value))


def _after_curl(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 200) : match.start()]
    return "curl" in before.rpartition("\n")[2] and _url_password(match)


def _holds_key_data(match: re.Match[str]) -> bool:
    return re.search(r"[A-Za-z0-9+/=]{24}", match.group(0)) is not None


# Literal assignments: name, what stands between, value.

_NAME_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_SCHEME = r"(?:(?:Bearer|Basic|Token)[ ])?"
_RUN = r"""[^\s"'`\\,;<>|&]"""  # of a value without quotes; an & ends it only before the next name=
_VALUE = rf"""
    (?:[rbfu@](?=["']))?
    (?: "{_SCHEME}([^"\s\\]{{6,}})(?=["\\]|\Z)
      | '{_SCHEME}([^'\s\\]{{6,}})(?=['\\]|\Z)
      | `{_SCHEME}([^`\s\\]{{6,}})(?=[`\\]|\Z)
      | \\{{1,4}}["']{_SCHEME}([^"'\s\\]{{6,}})
      | {_SCHEME}({_RUN}+(?:&(?![\w.-]{{1,40}}=){_RUN}*){{0,40}}(?<![.:)\]}}&]))
    )
"""
_ASSIGNMENT = rf"""(?xi)
    (?=([\w-]{{3,60}}))\1
    ((?:\\{{0,4}}["'`])?\]?\*{{0,2}}
      (?:[ \t]{{0,3}}:[ \t]{{0,3}}[&A-Z][\w.\[\]\ |&']{{0,30}}?(?=[ \t]{{0,3}}=)|[ ]string(?=[ ]=))?
      [ \t]{{0,20}}
      (?: :=|=>|[!?=]?={{1,2}}|:(?!:)|(?<=["'`]),|(?<=["'])[ ]value=|(?<=[\w-])> )
      \*{{0,2}}[ \t]{{0,20}})
    {_VALUE}
"""
_OPTION = rf"(?xi)--(?=([a-z][\w-]{{2,60}}))\1([ \t]{{1,3}}){_VALUE}"
_BARE = 7
_CHAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CODE = re.compile(r"[(\[{]|^[!*@&^~]|->|::")
_DIGITS_INSIDE = re.compile(r"[a-z]\d{1,3}[a-z]{1,8}\d")
_SYMBOL_INSIDE = re.compile(r"[A-Za-z0-9][!@#$%^&*+~?]{1,3}[A-Za-z0-9]")


def _name_of(match: re.Match[str]) -> tuple[str, int]:
    """The whole name, of which the match may have begun in the middle, and where it begins."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    start = match.start() - (len(before) - len(before.rstrip(_NAME_CHARS)))
    if start and match.string[start - 1] == "\\" and match.string[start] in "nrt":
        start += 1  # an escaped line break, as in JSON, is not part of the name
    return match.string[start : match.end(1)], start


def _is_assigned(match: re.Match[str]) -> bool:
    """Whether a name of a secret is given a literal value here, and not a reference, a type or a stand-in."""
    name, start = _name_of(match)
    kind, value = name_class(name), secret_of(match)
    if match.string.startswith("::", max(0, start - 2), start):
        return False  # the last part of a type's name
    if not kind or is_stand_in(value) or is_location(value) or is_number(value):
        return False
    if kind == "key":
        return len(value) >= 16 and is_random(value) and not (_CODE.search(value) or "." in value)
    if match.lastindex == _BARE:
        return _bare_literal(match, start, value, kind == "password")
    return could_be(value, kind == "password") and not re.search(r"\w\(", value)


def could_be(value: str, chosen: bool) -> bool:
    """Whether a string could be a secret. ``chosen`` by people: shorter and simpler ones count too."""
    if len(value) < (6 if chosen else 8) or not any(map(str.isalpha, value)):
        return False
    if any(map(str.isdigit, value)):
        return not is_words(value) or (chosen and value.isalnum())
    return is_random(value) or (chosen and _SYMBOL_INSIDE.search(value) is not None)


def _bare_literal(match: re.Match[str], start: int, value: str, chosen: bool) -> bool:
    """The same for a value without quotes, which in code is an expression and elsewhere a literal."""
    if _CODE.search(value) or "," in match.group(2) or not could_be(value, chosen):
        return False
    if _CHAIN.fullmatch(value) and "." in value:
        return any(len(part) >= 20 and is_random(part) for part in value.split("."))
    if is_random(value) or (chosen and not _CHAIN.fullmatch(value) and _SYMBOL_INSIDE.search(value)):
        return True
    return (chosen and _DIGITS_INSIDE.search(value) is not None) or _outside_code(match, start)


def _outside_code(match: re.Match[str], start: int) -> bool:
    """Whether the assignment stands as in a shell, an option, an address or a YAML line, not as in a program."""
    text, between = match.string, match.group(2)
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    if between == "=":
        return not before.rstrip().endswith(("(", ","))
    if between.isspace():
        return text.startswith("--", start)
    if between == ">":
        return text.startswith("<", start - 1)
    rest = text[match.end() : match.end() + 3].lstrip(" \t\r")
    return between.strip("\"'* \t") == ":" and not before.strip(" \t-\"'*") and rest[:1] in ("", "\n", "\\", '"')


_BREAK = r"""(?:\\{1,4}[nr]|[\s"'>|,#*]){1,16}"""  # between lines of key data, however they are quoted or indented


def _start(literal: str, joined: str = "_-") -> str:
    """A pattern for ``literal`` where a word begins: also behind an escaped line break, a colour or a ``%3D``."""
    behind = (
        f"(?<![A-Za-z0-9{joined}]{{}})",
        r"(?<=\\[nrt]{})",
        "(?<=%[0-9A-F]{2}{})",
        r"(?<=\[\dm{})",
        r"(?<=\[\d\dm{})",
    )
    return f"{literal}(?<![a-z]\\]{literal})(?:{'|'.join(behind)})".replace("{}", literal)


_STOP = r"(?![A-Za-z0-9]|\[REDACTED)"  # a tag bounds no word, here and in _start: else twice could be more than once


RULES: tuple[Rule, ...] = (
    Rule(
        "gcp-service-account",
        ("private_key",),
        r'private_key\\{0,4}"\s{0,4}:\s{0,4}\\{0,4}"'
        r'(-----BEGIN[ ]PRIVATE KEY-----[^"-]*(?:-----END PRIVATE KEY-----)?(?:\\{1,4}n)?)',
        _holds_key_data,
    ),
    Rule(
        "gcp-service-account",
        ("private_key_id",),
        r'private_key_id\\{0,4}["\']?\s{0,4}[:=]\s{0,4}\\{0,4}["\']?([0-9a-f]{40})' + _STOP,
    ),
    Rule(
        "private-key",
        ("-----BEGIN ",),
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]*(?:-(?!----)[^-]*){0,64}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        rf"|(?:[^-\n]{{0,80}}\n|(?:Proc-Type|DEK-Info)[^\n]{{0,80}}\n){{0,4}}(?:{_BREAK}[A-Za-z0-9+/=]{{16,}}){{1,400}}"
        rf"(?:{_BREAK}[A-Za-z0-9+/=]{{1,15}}\s{{0,4}}\Z)?)",
        _holds_key_data,
    ),
    Rule(
        "aws-secret-key",
        ("secret",),
        r"(?i)secret[_-]?(?:access[_-]?)?key[\"'\\\s:=>,|]{1,12}([A-Za-z0-9/+]{40})(?![/+=])" + _STOP,
        _mixed_case,
        any_case=True,
    ),
    Rule(
        "aws-secret-key",
        ("AKIA", "ASIA"),
        r"A[KS]IA[A-Z0-9]{16}[^A-Za-z0-9]{1,20}?(?:[A-Za-z_ ]{0,24}[^A-Za-z0-9]{1,8}?)?"
        r"([A-Za-z0-9/+]{40})(?![/+=])" + _STOP,
        _mixed_case,
    ),
    Rule("aws-access-key", ("AKIA", "ASIA"), r"A[KS]IA[A-Z0-9]{16,}"),
    Rule("google-api-key", ("AIza",), _start("AIza") + r"[A-Za-z0-9_-]{35,}"),
    Rule("azure-key", ("AccountKey=",), r"AccountKey=([A-Za-z0-9+/]{40,}={0,2})"),
    Rule("azure-key", ("SharedAccessKey=",), r"SharedAccessKey=([A-Za-z0-9+/]{40,}={0,2})"),
    Rule("azure-key", ("sig=",), r"sig=(?<=[?&;]sig=)([A-Za-z0-9+/%]{40,}={0,2})"),
    Rule("github-token", ("gh",), r"gh[por]_[A-Za-z0-9_]{36,}"),
    Rule("github-app", ("gh",), r"gh[su]_[A-Za-z0-9_]{36,}(?:\.[A-Za-z0-9_-]{20,}){0,2}"),
    Rule("github-app", ("ghs_",), r"ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,}){2}"),
    Rule("github-fine-grained", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{36,}"),
    Rule(
        "gitlab-token",
        ("gl",),
        r"gl(?:pat|dt|rt|rtr|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]{2,}){0,2}",
        _not_words,
    ),
    Rule("slack-token", ("xox",), r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}", _not_words),
    Rule("slack-token", ("xapp-",), r"xapp-\d-[A-Za-z0-9-]{20,}", _not_words),
    Rule(
        "slack-webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{20,})",
        _not_words,
    ),
    Rule("stripe-key", ("sk_",), r"sk_(?:live|test)_[A-Za-z0-9]{10,}", _not_words),
    Rule("stripe-key", ("rk_",), r"rk_(?:live|test)_[A-Za-z0-9]{10,}", _not_words),
    Rule("stripe-key", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{24,}", _not_words),
    Rule("twilio-key", ("SK",), _start("SK") + "[0-9a-f]{32}" + _STOP),
    Rule("twilio-key", ("AC",), r"AC[0-9a-f]{32}(?:\\{0,4}[\"'])?[\s,:]{1,4}(?:\\{0,4}[\"'])?([0-9a-f]{32})" + _STOP),
    Rule("sendgrid-key", ("SG.",), r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    Rule("npm-token", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    Rule("pypi-token", ("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    Rule("anthropic-key", ("sk-",), r"sk-ant-[A-Za-z0-9_-]{20,}", _not_words),
    Rule("openai-key", ("sk-",), _start("sk-") + r"[A-Za-z0-9_-]{20,}", _random),
    Rule("huggingface-token", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    Rule("huggingface-token", ("api_org_",), r"api_org_[A-Za-z0-9]{30,}"),
    Rule(
        "jwt",
        ("eyJ",),
        _start("eyJ") + r"[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
        r"|[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
    ),
    Rule(
        "url-password",
        ("://",),
        r"""://[^\s/:@"'<>]*:([^\s/"'`<>]+)@(?=[\w\[.-])""",
        _url_password,
    ),
    Rule(
        "authorization",
        ("authorization",),
        "(?i)"
        + _start("authorization", "")
        + r"""(?:\\{0,4}["'])?\]?\s{0,4}[:=,]{1,2}>?\s{0,4}[fb]?(?:\\{0,4}["'`])?"""
        r"(?:[A-Za-z][A-Za-z-]{2,14}[ ]{1,3}([A-Za-z0-9._~+/=:-]{8,})|([A-Za-z0-9._~+/=-]{16,}))",
        _header_value,
        any_case=True,
    ),
    Rule("authorization", ("bearer ",), r"(?i)bearer ([A-Za-z0-9._~+/=-]{16,})", _random, any_case=True),
    Rule(
        "authorization",
        ("-u",),
        r"""-u(?:ser)? ["']?[^\s:"']{1,64}:([^\s"']{1,200})""",
        _after_curl,
    ),
    Rule(
        "assignment",
        ("pass", "pwd", "secret", "token", "key", "credential", "auth"),
        _ASSIGNMENT,
        _is_assigned,
        any_case=True,
    ),
    Rule("assignment", ("--",), _OPTION, _is_assigned),
)
