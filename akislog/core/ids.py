"""Identifiers that become file names: the safe class, the slug of a title, the id of a session.

An id that touches a path is judged here before it does, on every system by the rules of the strictest one.
"""

from __future__ import annotations

import re

from akislog.errors import InvalidValue

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SLUG = re.compile(r"[a-z0-9-]{1,60}")
_HEX8 = re.compile(r"[0-9a-f]{8}")
_UTC = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))])
# Latin letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i"})


def safe_id(text: str, limit: int = 120) -> bool:
    """Whether ``text`` may stand in a file name: at most ``limit`` ASCII letters, digits and ``. _ -``.

    Refused are a first character that is no letter or digit, ``..``, and the device names of Windows
    (``CON``, ``nul``, ``COM1.txt``). Where ids are compared, they are compared without case.
    """
    if len(text) > limit or ".." in text or not _ID.fullmatch(text):
        return False
    return text.partition(".")[0].lower() not in _DEVICES


def slug(title: str) -> str:
    """``title`` as 1 to 60 of ``a-z 0-9 -``, accents folded; ``session`` where no letter or digit is left."""
    text = title.casefold()
    if not text.isascii():
        import unicodedata

        parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = "".join(char for char in parts if not unicodedata.combining(char)).casefold()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:60].rstrip("-") or "session"


def session_id(started_at: str, slug: str, hex8: str) -> str:
    """The id of a session: its start in UTC, its slug, 8 hex digits, as in ``2026-01-15_144530_jwt-auth_1f0c9a2e``.

    ``started_at`` is ``YYYY-MM-DDTHH:MM:SSZ``. ``InvalidValue`` names the part that has another form.
    """
    start = _UTC.fullmatch(started_at)
    if not start:
        raise InvalidValue(f"start {started_at!r} is not of the form 2026-01-15T14:45:30Z; give UTC, whole seconds")
    if not _SLUG.fullmatch(slug):
        raise InvalidValue(f"slug {slug!r} is not 1 to 60 of a-z, 0-9 and '-'; make it with slug(title)")
    if not _HEX8.fullmatch(hex8):
        raise InvalidValue(f"{hex8!r} is not 8 lower-case hex digits")
    date, *clock = start.groups()
    return f"{date}_{''.join(clock)}_{slug}_{hex8}"
