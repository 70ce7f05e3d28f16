from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core.ids import safe_id, session_id, slug
from akislog.errors import InvalidValue


@pytest.mark.parametrize(
    "text", ["a", "A9", "2026-01-15_144530_jwt-auth_1f0c9a2e", "a.b", "console", "com10", "a" * 120, "nul-1", "a-con"]
)
def test_safe(text: str) -> None:
    assert safe_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a..b",
        ".git",
        "-rf",
        "_a",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "../../x",
        "C:x",
        "abc\n",
        "a\0b",
        "a b",
        "é",
        "٣",
        "ａ",
        "a" * 121,
        "CON",
        "con",
        "Nul.txt",
        "aux.tar.gz",
        "COM1",
        "lpt9.md",
        "prn",
        "a\u202eb",
        "\ud800",
    ],
)
def test_unsafe(text: str) -> None:
    assert not safe_id(text)


def test_limit_is_the_callers() -> None:
    assert safe_id("a" * 64, 64)
    assert not safe_id("a" * 65, 64)


@given(st.text(max_size=140))
def test_what_is_safe_stays_one_plain_file_name(text: str) -> None:
    if safe_id(text):
        assert text.isascii()
        assert not set(text) & set('/\\:*?"<>|\0\n ')
        assert text[0] not in ".-_"


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Implement authentication", "implement-authentication"),
        ("  Crème brûlée, déjà-vu!  ", "creme-brulee-deja-vu"),
        ("Straße nach Łódź", "strasse-nach-lodz"),
        ("Æsir & Øre", "aesir-ore"),
        ("ＦＵＬＬ width ½", "full-width-1-2"),
        ("İstanbul", "istanbul"),
        ("修正認證", "session"),
        ("🎉", "session"),
        ("", "session"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 59 + " bcd", "a" * 59),
        ("x" * 200, "x" * 60),
    ],
)
def test_slug(title: str, wanted: str) -> None:
    assert slug(title) == wanted


@given(st.text())
def test_slug_is_stable_and_fits_its_id(title: str) -> None:
    made = slug(title)
    assert slug(made) == made
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert safe_id(session_id("2026-01-15T14:45:30Z", made, "1f0c9a2e"))


def test_session_id() -> None:
    made = session_id("2026-01-15T14:45:30Z", "implement-authentication", "1f0c9a2e")
    assert made == "2026-01-15_144530_implement-authentication_1f0c9a2e"


@pytest.mark.parametrize(
    ("start", "name", "digits"),
    [
        ("2026-01-15T14:45:30+01:00", "a", "1f0c9a2e"),
        ("2026-01-15T14:45:30.5Z", "a", "1f0c9a2e"),
        ("2026-01-15 14:45:30Z", "a", "1f0c9a2e"),
        ("2026-01-15T14:45:30Z\n", "a", "1f0c9a2e"),
        ("2026-01-15T14:45:30Z", "", "1f0c9a2e"),
        ("2026-01-15T14:45:30Z", "../a", "1f0c9a2e"),
        ("2026-01-15T14:45:30Z", "a" * 61, "1f0c9a2e"),
        ("2026-01-15T14:45:30Z", "a", "1F0C9A2E"),
        ("2026-01-15T14:45:30Z", "a", "1f0c9a2"),
    ],
)
def test_session_id_refuses(start: str, name: str, digits: str) -> None:
    with pytest.raises(InvalidValue):
        session_id(start, name, digits)
