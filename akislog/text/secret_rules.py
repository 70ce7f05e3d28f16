"""The shapes of known secrets, one row each.

A rule is tried only on a text that holds one of its literals. Every pattern begins with literal characters, which the
matcher finds fast, so a boundary on the left is written behind them, as a look-behind. Every pattern takes linear
time: a run that may be long is one character class that nothing has to follow, or that stops at the next place where
its rule could begin; all else is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from akislog.text.secret_issuers import AFTER_A_SIGN, SIGNS
from akislog.text.secret_judges import (
    ASSIGNMENT,
    OPTION,
    SAYING,
    WIDE_ASSIGNMENT,
    WIDE_OPTION,
    WIDE_SAYING,
    after_client,
    after_curl,
    curl_cookie,
    header_value,
    holds_key_data,
    is_assigned,
    is_literal,
    is_random_value,
    is_said,
    mixed_case,
    no_stand_in,
    not_words,
    of_secret_name,
    session_cookie,
    url_password,
)


class Rule(NamedTuple):
    """One shape. The last group that took part, or the whole match, is what is replaced.

    With ``any_case`` the literals are lower case, are found in any case, and ``pattern`` is tried at each of them.
    ``accept`` has the last word on a match. ``wide`` is what ``secret_sieve.py`` takes for the pattern where widening
    it would let too much through, or cannot be done: it may know what ``accept`` knows.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: str
    accept: Callable[[re.Match[str]], bool] | None = None
    any_case: bool = False
    wide: str = ""


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


_COOKIE = r"""["']?[^\s=;"']{1,64}=([^\s;"']{8,})"""
RULES: tuple[Rule, ...] = (
    Rule(
        "gcp-service-account",
        ("private_key",),
        r'private_key\\{0,4}"\s{0,4}:\s{0,4}\\{0,4}"'
        r'(-----BEGIN[ ]PRIVATE KEY-----[^"-]*(?:-----END PRIVATE KEY-----)?(?:\\{1,4}n)?)',
        holds_key_data,
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
        holds_key_data,
        wide=r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY",
    ),
    Rule(
        "aws-secret-key",
        ("secret",),
        r"(?i)secret[_-]?(?:access[_-]?)?key[\"'\\\s:=>,|]{1,12}([A-Za-z0-9/+]{40})(?![/+=])" + _STOP,
        mixed_case,
        any_case=True,
    ),
    Rule(
        "aws-secret-key",
        ("AKIA", "ASIA"),
        r"A[KS]IA[A-Z0-9]{16}[^A-Za-z0-9]{1,20}?(?:[A-Za-z_ ]{0,24}[^A-Za-z0-9]{1,8}?)?"
        r"([A-Za-z0-9/+]{40})(?![/+=])" + _STOP,
        mixed_case,
    ),
    Rule("aws-access-key", ("AKIA", "ASIA"), r"A[KS]IA[A-Z0-9]{16,}"),
    Rule("google-api-key", ("AIza",), _start("AIza") + r"[A-Za-z0-9_-]{35,}"),
    Rule("azure-key", ("AccountKey=",), r"AccountKey=([A-Za-z0-9+/]{40,}={0,2})"),
    Rule("azure-key", ("SharedAccessKey=",), r"SharedAccessKey=([A-Za-z0-9+/]{40,}={0,2})"),
    Rule("azure-key", ("sig=",), r"sig=(?<=[?&;]sig=)([A-Za-z0-9+/%]{40,}={0,2})"),
    Rule("github-token", ("gh",), r"gh[por]_[A-Za-z0-9_]{36,}", no_stand_in),
    Rule("github-app", ("gh",), r"gh[su]_[A-Za-z0-9_]{36,}(?:\.[A-Za-z0-9_-]{20,}){0,2}", no_stand_in),
    Rule("github-app", ("ghs_",), r"ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{8,}){2}"),
    Rule("github-fine-grained", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{36,}"),
    Rule(
        "gitlab-token",
        ("gl",),
        r"gl(?:pat|dt|rt|rtr|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]{2,}){0,2}",
        not_words,
    ),
    Rule("slack-token", ("xox",), r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}", not_words),
    Rule("slack-token", ("xapp-",), r"xapp-\d-[A-Za-z0-9-]{20,}", not_words),
    Rule(
        "slack-webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/_-]{20,})",
        not_words,
    ),
    Rule("stripe-key", ("sk_",), r"sk_(?:live|test)_[A-Za-z0-9]{10,}", not_words),
    Rule("stripe-key", ("rk_",), r"rk_(?:live|test)_[A-Za-z0-9]{10,}", not_words),
    Rule("stripe-key", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{24,}", not_words),
    Rule("twilio-key", ("SK",), _start("SK") + "[0-9a-f]{32}" + _STOP),
    Rule(
        "twilio-key",
        ("AC",),
        r"AC[0-9a-f]{32}(?:\\{0,4}[\"'])?[\s,:]{1,4}(?:\\{0,4}[\"'])?([0-9a-f]{32})" + _STOP,
    ),
    Rule("sendgrid-key", ("SG.",), r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    Rule("npm-token", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    Rule("pypi-token", ("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    Rule("anthropic-key", ("sk-",), r"sk-ant-[A-Za-z0-9_-]{20,}", not_words),
    Rule("openai-key", ("sk-",), _start("sk-") + r"[A-Za-z0-9_-]{20,}", is_random_value),
    Rule("huggingface-token", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    Rule("huggingface-token", ("api_org_",), r"api_org_[A-Za-z0-9]{30,}"),
    Rule(
        "jwt",
        ("eyJ",),
        _start("eyJ") + r"[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
        r"|[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
    ),
    Rule("service-token", SIGNS, AFTER_A_SIGN, is_random_value),
    Rule("service-token", ("Q~",), r"Q~(?<=[A-Za-z0-9_~.-]{3}\dQ~)([A-Za-z0-9_~.-]{31,})", is_random_value),  # Azure AD
    Rule("service-token", (":AA",), r":AA(?<=[0-9]{8}:AA)([A-Za-z0-9_-]{32,})", is_random_value),  # Telegram
    Rule("service-token", ("1//0",), r"1//0(?<![A-Za-z0-9/:.]1//0)([A-Za-z0-9_-]{40,})", is_random_value),  # Google
    Rule("service-token", ("AKCp",), _start("AKCp") + r"[A-Za-z0-9]{60,}", is_random_value),  # Artifactory
    Rule("service-token", ("ATATT3",), _start("ATATT3") + r"[A-Za-z0-9_=-]{60,}", is_random_value),  # Atlassian
    Rule("service-token", ("EAA",), _start("EAA") + r"[A-Za-z0-9_-]{60,}", is_random_value),  # Facebook, Square
    Rule("service-token", ("cio",), _start("cio") + r"[A-Za-z0-9]{32}" + _STOP, is_random_value),  # crates.io
    Rule("service-token", ("dapi",), r"dapi(?<![A-Za-z0-9]dapi)([0-9a-f]{32})" + _STOP),  # Databricks
    Rule("service-token", ("oy2",), _start("oy2") + "[a-z0-9]{43}" + _STOP),  # NuGet
    Rule(
        "service-token",
        ("-us",),
        r"-us(?<=([0-9a-f]{32})-us)(?<![A-Za-z0-9][0-9a-f]{32}-us)[0-9]{1,2}" + _STOP,
    ),
    Rule(
        "service-token",
        ("discord",),
        r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/([0-9]{16,20}/[A-Za-z0-9_-]{60,})",
    ),
    Rule("service-token", ("-Signature=",), r"-Signature=([0-9A-Fa-f]{40,})"),  # addresses signed for AWS and Google
    Rule(
        "cookie",
        ("cookie",),
        r"""(?i)cookie\\{0,4}["']?\s{0,3}[:,]\s{0,3}\\{0,4}["']?(?:\[REDACTED:[a-z-]+\][ ]?)?"""
        r"""([^\s=;,"'\\]{1,64}=[^\s;,"'\\]*(?:;\s?[^\s=;,"'\\]{1,64}(?:=[^\s;,"'\\]*)?){0,40})""",
        session_cookie,
        any_case=True,
    ),
    Rule("cookie", ("curl ",), rf"curl [^\n]{{0,200}}?-b {_COOKIE}", is_random_value),
    Rule("cookie", ("cookie",), rf"cookie[ =]{_COOKIE}", curl_cookie, any_case=True),
    Rule(
        "url-password",
        ("://",),
        r"""://[^\s/:@"'<>]*:([^\s/"'`<>]+)@(?=[\w\[.-])""",
        url_password,
    ),
    Rule(
        "authorization",
        ("authorization",),
        "(?i)"
        + _start("authorization", "")
        + r"""(?:\\{0,4}["'])?\]?\s{0,4}[:=,]{1,2}>?\s{0,4}[fb]?(?:\\{0,4}["'`])?"""
        r"(?:[A-Za-z][A-Za-z-]{2,14}[ ]{1,3}([A-Za-z0-9._~+/=:-]{8,})|([A-Za-z0-9._~+/=-]{16,}))",
        header_value,
        any_case=True,
    ),
    Rule("authorization", ("bearer ",), r"(?i)bearer ([A-Za-z0-9._~+/=-]{16,})", is_random_value, any_case=True),
    Rule(
        "authorization",
        ("-u",),
        r"""-u(?:ser)? ["']?[^\s:"']{1,64}:([^\s"']{1,200})""",
        after_curl,
        wide=r"""curl[^\n]*-u(?:ser)? ["']?[^\s:"']+:[^\s"']""",
    ),
    Rule(
        "assignment",
        ("pass", "pwd", "secret", "token", "key", "credential", "auth"),
        ASSIGNMENT,
        is_assigned,
        any_case=True,
        wide=WIDE_ASSIGNMENT,
    ),
    Rule("assignment", ("--",), OPTION, is_assigned, wide=WIDE_OPTION),
    Rule(
        "assignment",
        ("pass", "secret", "token", "key"),
        SAYING,
        is_said,
        any_case=True,
        wide=WIDE_SAYING,
    ),
    Rule(
        "assignment",
        ("-p",),
        r"""-p(?<![\w-]-p)(?:["'],[ ]?["']|[ ]?["']?)([^\s"'-][^\s"']{5,199})""",
        after_client,
        wide=r"""(?:mysql|mariadb|sshpass|login)[^\n]*[^\w\n-]-p[ "',]*[^\s"'-][^\s"']{5}""",
    ),
    Rule("assignment", ("redis-cli",), r"""redis-cli[^\n]{0,200}?-a[ "',]{1,4}([^\s"'-][^\s"']{5,199})""", is_literal),
    Rule(
        "assignment",
        ("echo ",),
        r"""echo (?:-n )?["']?([^\s"'|$]{6,200})["']? ?\|[^\n|]{1,200}--password-stdin""",
        is_literal,
    ),
    Rule(
        "assignment",
        ("secret",),
        r"""secret set [\w-]{1,80} (?:--body|-b)[ =]["']?([^\s"']{6,200})""",
        is_literal,
        any_case=True,
    ),
    Rule("assignment", ("ENV ",), r"""ENV ([A-Za-z_]\w{2,60})[ \t]([^\s"'=]{6,200})""", of_secret_name),
)
