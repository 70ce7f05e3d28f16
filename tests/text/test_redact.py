"""Redaction: every kind is found wherever it stands, ordinary text is left alone, twice is once."""

from __future__ import annotations

import importlib
import json
import random
import string
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.text.redact import KINDS, Redactor
from akislog.text.secret_rules import RULES
from akislog.text.secret_words import name_class
from tests.text import secret_samples as samples

PLAIN = Redactor()
ROUNDS = 20


def found(text: str) -> tuple[str, int]:
    """Redact, and require that a second time changes nothing."""
    once, count = PLAIN.redact(text)
    assert PLAIN.redact(once) == (once, 0)
    return once, count


def fill(template: str, secret: str) -> str:
    return template.replace("{}", secret)


@pytest.mark.parametrize(("kind", "make"), samples.SHAPES)
@pytest.mark.parametrize("place", samples.PLACES)
def test_a_known_shape_is_replaced_wherever_it_stands(kind: str, make: samples.Maker, place: str) -> None:
    rng = random.Random(f"{kind} {place}")
    for _ in range(ROUNDS):
        secret = make(rng)
        text = place.format(secret)
        for form, sought in ((text, secret), (json.dumps(text), json.dumps(secret)[1:-1])):
            clean, count = found(form)
            assert sought not in clean
            assert count == 1
            assert f"[REDACTED:{kind}]" in clean


@pytest.mark.parametrize(("kind", "template", "make"), samples.CONTEXTS)
def test_a_secret_is_known_by_its_context(kind: str, template: str, make: samples.Maker) -> None:
    rng = random.Random(template)
    for _ in range(ROUNDS * 5):
        secret = make(rng)
        text = fill(template, secret)
        for form in (text, f"before\n{text}\nafter", json.dumps(f"x\n{text}"), json.dumps(json.dumps(text))):
            clean, count = found(form)
            assert secret not in clean, form
            assert f"[REDACTED:{kind}]" in clean
            assert count >= 1


@pytest.mark.parametrize(("kind", "template", "make"), samples.CONTEXTS)
def test_only_the_secret_is_replaced(kind: str, template: str, make: samples.Maker) -> None:
    head, _, tail = template.partition("{}")
    if kind == "private-key":  # there the frame goes too
        head = ""
    rng = random.Random(template)
    for _ in range(ROUNDS * 5):
        clean, _ = found(fill(template, make(rng)))
        assert clean.endswith(f"[REDACTED:{kind}]{tail}")
        assert clean.startswith(head) or "AK" + "IA" in head


@pytest.mark.parametrize("line", samples.UNTOUCHED)
def test_ordinary_text_is_untouched(line: str) -> None:
    assert PLAIN.redact(line) == (line, 0)
    assert PLAIN.redact(json.dumps(line)) == (json.dumps(line), 0)


def test_ordinary_lines_are_untouched_together() -> None:
    text = "\n".join(samples.UNTOUCHED)
    assert PLAIN.redact(text) == (text, 0)


@given(st.integers(0, 2**64))
def test_digests_and_ids_are_untouched(seed: int) -> None:
    rng = random.Random(seed)
    digests = [samples.some(rng, samples.HEX, n) for n in (7, 8, 12, 32, 40, 56, 64, 96, 128)]
    digests += ["sha512-" + samples.base64_key(rng, 64), samples.base64_key(rng, 300)]
    text = "\n".join(f"at {digest} now, {{sha: {digest}}} base_commit: {digest}" for digest in digests)
    assert PLAIN.redact(text) == (text, 0)


def test_two_secrets_side_by_side_are_two() -> None:
    rng = random.Random(3)
    make = dict(samples.SHAPES)
    one, two = make["npm-token"](rng), make["google-api-key"](rng)
    assert found(f"{one} {two}") == ("[REDACTED:npm-token] [REDACTED:google-api-key]", 2)


def test_a_secret_inside_another_leaves_nothing_of_either() -> None:
    token = dict(samples.SHAPES)["github-token"](random.Random(4))
    assert found(f"password = 'a!{token}#b'") == ("password = '[REDACTED:github-token]'", 1)


def test_a_service_account_file_loses_its_key_and_stays_json() -> None:
    rng = random.Random(5)
    account = {
        "type": "service_account",
        "project_id": "demo-1",
        "private_key_id": samples.some(rng, samples.HEX, 40),
        "private_key": samples.pem(rng, "PRIVATE KEY") + "\n",
        "client_email": "robot@demo-1.iam.example.com",
    }
    clean, count = found(json.dumps(account, indent=2))
    assert count == 2
    tag = "[REDACTED:gcp-service-account]"
    assert json.loads(clean) == account | {"private_key_id": tag, "private_key": tag}


# Bait, and texts made of bait and secrets: redacting twice is redacting once.

_FRAGMENTS = st.sampled_from(
    [*samples.BAITS, *samples.UNTOUCHED, " ", "\n", '"', "a1B2c3D4e5F6g7H8i9J0", "x" * 40, "hunter2!x"]
)
_SECRETS = st.builds(
    lambda seed, row: samples.SHAPES[row][1](random.Random(seed)),
    st.integers(0, 2**32),
    st.integers(0, len(samples.SHAPES) - 1),
)
_MIXED = st.lists(st.one_of(_FRAGMENTS, _SECRETS, st.text(max_size=6)), max_size=12).map("".join)


@given(_MIXED)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    found(text)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_is_taken(text: str) -> None:
    found(text)


@pytest.mark.parametrize("bait", samples.BAITS)
def test_long_bait_is_taken(bait: str) -> None:
    found(bait * (20_000 // len(bait)))


PARSER = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")


def open_in_open(tree: Iterable[tuple[Any, Any]], inside: bool = False) -> bool:
    """Whether a repetition without bound stands inside another one."""
    for op, argument in tree:
        if op in (PARSER.MAX_REPEAT, PARSER.MIN_REPEAT):
            unbounded = argument[1] == PARSER.MAXREPEAT
            if (inside and unbounded) or open_in_open(argument[2], inside or unbounded):
                return True
        elif op is PARSER.BRANCH:
            if any(open_in_open(branch, inside) for branch in argument[1]):
                return True
        elif op in (PARSER.SUBPATTERN, PARSER.ASSERT, PARSER.ASSERT_NOT) and open_in_open(argument[-1], inside):
            return True
    return False


def test_no_pattern_repeats_a_repetition_without_bound() -> None:
    """The proxy for linear time: an open repetition holds no other repetition, whichever rule is added."""
    assert [rule.pattern for rule in RULES if open_in_open(PARSER.parse(rule.pattern))] == []


def test_the_proxy_for_linear_time_sees_a_bad_pattern() -> None:
    for pattern in ("(?:a+)+", "(?:x(?:a|b+c))*", "(?:(?=a*)b){2,}"):
        assert open_in_open(PARSER.parse(pattern))


def test_every_rule_has_literals_that_can_be_found() -> None:
    assert all(rule.literals and all(rule.literals) for rule in RULES)
    assert all(literal == literal.lower() for rule in RULES if rule.any_case for literal in rule.literals)


# Names


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "PGPASSWORD",
        "userPassword",
        "passwd",
        "pwd",
        "DB_PASS",
        "passphrase",
        "secret",
        "client_secret",
        "clientSecret",
        "token",
        "AUTH_TOKEN",
        "accessToken",
        "X-Auth-Token",
        "githubtoken",
        "api_key",
        "apiKey",
        "APIKEY",
        "x-api-key",
        "SECRET_KEY",
        "SECRET_KEY_BASE",
        "private_key",
        "access_key",
        "credentials",
        "AWS_SECRET_ACCESS_KEY",
        "password2",
        "api_key_prod",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert name_class(name) in ("password", "token")


@pytest.mark.parametrize(
    "name",
    [
        "tokens",
        "tokens_used",
        "input_tokens",
        "max_tokens",
        "token_count",
        "tokenizer",
        "token_type",
        "keyboard",
        "primary_key",
        "key",
        "keys",
        "monkey",
        "author",
        "authors",
        "authority",
        "passed",
        "passes",
        "compass",
        "bypass",
        "password_reset_url",
        "password_hash",
        "secret_name",
        "secretName",
        "token_file",
        "next_token",
        "pad_token",
        "eos_token",
        "public_key",
        "cache_key",
        "foreign_key",
        "sort_key",
        "authenticated",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert name_class(name) == ""


@pytest.mark.parametrize("key", ["api_key", "password", "clientSecret", "AUTH_TOKEN"])
def test_the_whole_value_under_a_secret_name_is_replaced(key: str) -> None:
    assert PLAIN.redact_value(key, "correct horse battery") == ("[REDACTED:assignment]", 1)
    assert PLAIN.redact_value(key, "[REDACTED:assignment]") == ("[REDACTED:assignment]", 0)


@pytest.mark.parametrize("text", ["t1", "none", "<token>", "$TOKEN_42", "********", "changeme", "/run/secrets/db1", ""])
def test_a_short_value_or_stand_in_under_a_secret_name_is_left(text: str) -> None:
    assert PLAIN.redact_value("password", text) == (text, 0)


def test_under_another_name_a_value_is_a_text() -> None:
    token = dict(samples.SHAPES)["npm-token"](random.Random(6))
    assert PLAIN.redact_value("tokens_used", "about 15000 in all") == ("about 15000 in all", 0)
    assert PLAIN.redact_value("note", f"with {token}") == ("with [REDACTED:npm-token]", 1)


# Values of the environment

SEED = "plum" + "!7tango"


@pytest.mark.parametrize(
    "name",
    ["API_KEY", "X_TOKEN", "MY_SECRET", "DB_PASSWORD", "DB_PASSWD", "DB_PASS", "A_PWD", "A_CREDENTIALS", "X_AUTH"],
)
def test_the_value_of_a_variable_named_like_a_secret_is_replaced(name: str) -> None:
    redactor = Redactor({name: SEED})
    assert redactor.redact(f"it said x{SEED}x, then {SEED}") == ("it said x[REDACTED:env]x, then [REDACTED:env]", 2)
    assert redactor.redact("it said x[REDACTED:env]x") == ("it said x[REDACTED:env]x", 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME_DIR", SEED),
        ("GIT_AUTHOR_NAME", SEED),
        ("MAX_TOKENS", SEED),
        ("API_KEY", "short7!"),
        ("API_KEY", "/etc/keys/api1"),
        ("API_KEY", "~/keys/api1"),
        ("AUTH_URL", "https://auth.example.org/1"),
        ("API_KEY", "1234567890"),
        ("API_KEY", "development"),
        ("API_KEY", "DISABLED"),
        ("API_KEY", "changeme123"),
        ("API_KEY", "REDACTED:env"),
        ("SSH_AUTH_SOCK", "/tmp/agent.42"),
    ],
)
def test_other_variables_are_not_secrets(name: str, value: str) -> None:
    text = f"{value} and [REDACTED:env] as {value}"
    assert Redactor({name: value}).redact(text) == (text, 0)


def test_a_variables_value_is_known_in_json_too_and_the_longest_first() -> None:
    value = 'a"b\\c' + SEED
    redactor = Redactor({"A_SECRET": value, "B_SECRET": SEED})
    assert redactor.redact(json.dumps({"v": value})) == ('{"v": "[REDACTED:env]"}', 1)
    assert redactor.redact(value) == ("[REDACTED:env]", 1)


@given(st.text(string.ascii_letters + "!:[]7", min_size=8, max_size=20), _MIXED)
def test_variables_keep_twice_equal_to_once(value: str, text: str) -> None:
    redactor = Redactor({"A_SECRET": value})
    once, _ = redactor.redact(f"{text}{value}{text}")
    assert redactor.redact(once) == (once, 0)


def test_every_kind_has_samples() -> None:
    shown = {kind for kind, _ in samples.SHAPES} | {kind for kind, _, _ in samples.CONTEXTS}
    assert shown | {"env"} == set(KINDS)
    assert len(set(KINDS)) == len(KINDS)
