"""The last word on what looks like a secret by its shape: is it one by its value, and by what stands around it?

Each judge takes the match of a rule. The patterns of literal assignments to names of secrets stand here too, since
their judge reads their groups.
"""

from __future__ import annotations

import re

from akislog.text.secret_words import compiled, is_location, is_number, is_random, is_stand_in, is_words, name_class

_JUDGED = 400  # characters: what follows cannot change a verdict that matters, and bait can be long


def secret_of(match: re.Match[str]) -> str:
    """The part of a match that would be replaced, as much of it as is judged."""
    start, end = match.span(match.lastindex or 0)
    return match.string[start : min(end, start + _JUDGED)]


def not_words(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not is_stand_in(value) and not is_words(value)


def no_stand_in(match: re.Match[str]) -> bool:
    return not is_stand_in(secret_of(match))


def is_random_value(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not is_stand_in(value) and is_random(value)


def mixed_case(match: re.Match[str]) -> bool:
    value = secret_of(match)  # a digest has one case
    return value.upper() != value != value.lower()


def header_value(match: re.Match[str]) -> bool:
    if match.lastindex != 1:  # no scheme before it
        return is_random_value(match)
    return not_words(match) and not is_words(secret_of(match).partition("=")[0])  # parameters: realm="…"


_TYPED = frozenset(["pass", "passwd", "password", "pwd", "pw", "secret", "token", "user", "username", "apikey", "key"])


def url_password(match: re.Match[str]) -> bool:
    value = secret_of(match)
    return not (is_stand_in(value) or value.lower() in _TYPED or re.search(r"[][(){}\\|]|%s|^\d{1,5}[?#]", value))


def _line_before(match: re.Match[str], group: int = 0) -> str:
    """What stands before a match, or a group of it, on the same line, as far as it is looked at."""
    start = match.start(group)
    return match.string[max(0, start - 200) : start].rpartition("\n")[2]


def after_curl(match: re.Match[str]) -> bool:
    return "curl" in _line_before(match) and url_password(match)


def curl_cookie(match: re.Match[str]) -> bool:
    return "curl" in _line_before(match) and is_random_value(match)


def session_cookie(match: re.Match[str]) -> bool:
    values = (pair.partition("=")[2] for pair in secret_of(match).split(";"))
    return any(is_random(value) and not is_stand_in(value) for value in values)


def holds_key_data(match: re.Match[str]) -> bool:
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
ASSIGNMENT = rf"""(?xi)
    (?=([\w-]{{3,60}}))\1
    ((?:\\{{0,4}}["'`])?\]?\*{{0,2}}
      (?:[ \t]{{0,3}}:[ \t]{{0,3}}[&A-Z][\w.\[\]\ |&']{{0,30}}?(?=[ \t]{{0,3}}=)|[ ]string(?=[ ]=))?
      [ \t]{{0,20}}
      (?: :=|=>|[!?=]?={{1,2}}|:(?!:)|(?<=["'`]),|(?<=["'])[ ]value=|(?<=[\w-])> )
      \*{{0,2}}[ \t]{{0,20}})
    {_VALUE}
"""
OPTION = rf"(?xi)--(?=([a-z][\w-]{{2,60}}))\1([ \t]{{1,3}})(?!--){_VALUE}"
SAYING = r"""(?xi)(?=((?:pass(?:word|wd|phrase)?|secret|token|key)))\1
    (?:(?:[ ](is|was|to))?[ ]["'`]?([A-Za-z0-9!@\#$%^&*_+/=~.-]{8,200})(?<![.]))"""

# The same for the sieve: without look-around, and with what the judges below want of a value in any case, six
# characters with a letter among them, or sixteen.
_WORTH = "|".join([*(f"R{{{n}}}[A-Za-z]R{{{5 - n}}}" for n in range(5)), "R{5,}[A-Za-z]", "R{16}"])
_QUOTED, _BARE_RUN = (_WORTH.replace("R", run) for run in (r"[^\s\\]", _RUN.replace("&", "")))
_WIDE_VALUE = rf"(?:[rbfu@]?\\*[\"'`]{_SCHEME}(?:{_QUOTED})|{_SCHEME}(?:{_BARE_RUN}))"
_WIDE_NAME = r"[\w-]*(?:pass|pwd|secret|token|key|credential|auth)[\w-]*"
WIDE_ASSIGNMENT = rf"""(?xi)
    {_WIDE_NAME}
    (?:\\*["'`],
      |(?:\\*["'`])?\]?\**
       (?:[ \t]*:[ \t]*[&A-Z][\w.\[\]\ |&']*|[ ]string)?[ \t]*
       (?::=|=>|[!?=]?={{1,2}}|:|>|[ ]?value=))
    \**[ \t]*
    {_WIDE_VALUE}
"""
WIDE_OPTION = rf"(?xi)--{_WIDE_NAME}[ \t]+{_WIDE_VALUE}"
WIDE_SAYING = r"""(?xi)(?:pass\w*|secret|token|key)(?:[ ](?:is|was|to))?[ ]["'`]?[A-Za-z0-9!@\#$%^&*_+/=~.-]{8}"""
_BARE = 7
_CHAIN = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_CODE = r"[(\[{]|^[!*@&^~]|->|::"
_DIGITS_INSIDE = r"[a-z]\d{1,3}[a-z]{1,8}\d"
_SYMBOL_INSIDE = r"[A-Za-z0-9][!@#$%^&*+~?]{1,3}[A-Za-z0-9]"


def _name_of(match: re.Match[str]) -> tuple[str, int]:
    """The whole name, of which the match may have begun in the middle, and where it begins."""
    before = match.string[max(0, match.start() - 60) : match.start()]
    start = match.start() - (len(before) - len(before.rstrip(_NAME_CHARS)))
    if start and match.string[start - 1] == "\\" and match.string[start] in "nrt":
        start += 1  # an escaped line break, as in JSON, is not part of the name
    return match.string[start : match.end(1)], start


def is_assigned(match: re.Match[str]) -> bool:
    """Whether a name of a secret is given a literal value here, and not a reference, a type or a stand-in."""
    name, start = _name_of(match)
    kind, value = name_class(name), secret_of(match)
    if match.string.startswith("::", max(0, start - 2), start):
        return False  # the last part of a type's name
    if not kind or is_stand_in(value) or is_location(value) or is_number(value):
        return False
    if kind == "key":
        return len(value) >= 16 and is_random(value) and not (compiled(_CODE).search(value) or "." in value)
    if match.lastindex == _BARE:
        return _bare_literal(match, start, value, kind == "password")
    return could_be(value, kind == "password") and not re.search(r"\w\(", value)


def could_be(value: str, chosen: bool) -> bool:
    """Whether a string could be a secret. ``chosen`` by people: shorter and simpler ones count too."""
    if len(value) < (6 if chosen else 8) or not any(map(str.isalpha, value)):
        return False
    if any(map(str.isdigit, value)):
        return not is_words(value) or (chosen and value.isalnum())
    return is_random(value) or (chosen and compiled(_SYMBOL_INSIDE).search(value) is not None)


def _bare_literal(match: re.Match[str], start: int, value: str, chosen: bool) -> bool:
    """The same for a value without quotes, which in code is an expression and elsewhere a literal."""
    if compiled(_CODE).search(value) or "," in match.group(2) or not could_be(value, chosen):
        return False
    if compiled(_CHAIN).fullmatch(value) and "." in value:
        return any(len(part) >= 20 and is_random(part) for part in value.split("."))
    if is_random(value) or (
        chosen and not compiled(_CHAIN).fullmatch(value) and compiled(_SYMBOL_INSIDE).search(value)
    ):
        return True
    return (chosen and compiled(_DIGITS_INSIDE).search(value) is not None) or _outside_code(match, start)


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


_CLIENT = (
    r"(?:mysql|mariadb)\w*\b.*-p$|sshpass\b.*-p\W*$"
    r"|(?:buildah|docker|helm|nerdctl|podman)\b.*\blogin\b.*-p\W+$"
)


def is_literal(match: re.Match[str], chosen: bool = True) -> bool:
    value = secret_of(match)
    return could_be(value, chosen) and not (is_stand_in(value) or is_location(value) or is_number(value))


def after_client(match: re.Match[str]) -> bool:
    """Whether the option is that of a client whose short option is a password, and its value could be one."""
    return compiled(_CLIENT).search(_line_before(match, 1)) is not None and is_literal(match)


def of_secret_name(match: re.Match[str]) -> bool:
    kind = name_class(match.group(1))
    return kind in ("password", "token") and is_literal(match, kind == "password")


def is_said(match: re.Match[str]) -> bool:
    """Whether a sentence gives a random value to a name of a secret: "the API key is …". Words are not looked for."""
    kind = name_class(_line_before(match)[-40:] + match.group(1))
    if kind == "password" and match.group(2) is None and "login " in _line_before(match):
        return no_stand_in(match)  # a line of .netrc
    said = match.group(2) is not None or kind == "password"
    return said and kind in ("password", "token") and is_random_value(match) and is_literal(match)
