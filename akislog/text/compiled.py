"""Values by a compiled parser, where a guard shows that the positioned path would give the same; else None.

The extra ``akislog[fast]`` brings the parser. It complains about nothing: what is odd is left to the positioned path.

Why what passes is the same. The parser (oryaml) scans with libyaml 0.2.5 translated to Rust, and the positioned path
with that very libyaml: both see the same events, or both an error. They differ only in what they make of the events:

1. *Plain scalars.* Both take ``true``, ``false``, ``null``, ``~``, nothing and the numbers of JSON for what they are;
   the parser takes more: other spellings of the words, ``0x``, ``+1``, ``.5``, ``.inf``, more digits. ``_ODD`` finds
   them.
2. *Properties.* Without ``&``, ``!`` and ``<`` outside of double quotes there is no anchor, hence no alias, no tag and
   no merge key.
3. *Keys.* What is no text does not go through ``dumps``; a key that is given twice is an error of the parser.
4. *Depth.* ``dumps`` indents each level by two blanks, and no text has a raw line break there.
5. *Documents.* A second one is an error of the parser; the first must be a mapping.

1 and 2 look at what stands outside of double quotes, and find it by counting quotes. That is right if each quote that
is not escaped begins or ends a double-quoted scalar. The first that does not stands in a comment, then its ``#`` was
seen outside and is barred; or inside of another scalar, then a text of the result has a quote that is no escaped one of
the source. ``_accounted`` compares their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

_LIBYAML = (0, 2, 5)
_BOM = b"\xef\xbb\xbf"  # skipped where it begins a line
_DEEP = b"\n" + b" " * 128  # in what is indented by two: the inside of a 64th level
_BRACKETS = 300  # opening ones; the scanner's time grows with their depth, the positioned path stops at a 65th level
_NO_BRACKET = bytes(code for code in range(256) if code not in b"[{")
_ALLOWED = bytes(code for code in range(256) if code not in b"\t#&!<")  # outside of double quotes
_ESCAPED = re.compile(rb'\\([\\"])')
_COMMENT = re.compile(rb"#(?<![A-Za-z]#)[^\n\r]*")  # what may be one: a digit may end the head of a block scalar

# A plain scalar that is no key and may be read otherwise. It begins behind a line break, a bracket of a list, a comma,
# a colon or a dash, blanks apart. It is odd if it is a word in another spelling; a number unless it is one of JSON with
# few digits and no exponent; a point; a plus before what may be a number. Digits before a dash or a colon, and digits
# without a zero in front before a letter other than e, are text. Letters that are not needed to tell are left out
# before, which halves what has to be searched; so 0o17 is seen as 017 and False as Flse.
_FILLER = b" _/abcdfghijkmnopqtvwyz"
_BEGIN = rb"[+.0-9TFN](?<![^\n\r:,\[-].)(?<![^\n\r:,\[-]-.)"
_NUMBER = (
    rb"(?<=[0-9])(?![\n\r,\]}])(?!(?:(?<=0)|(?<=[1-9])[0-9]{0,8})(?:\.[0-9]{1,6})?(?:[\n\r,\]}]|\Z))"
    rb"(?![0-9]*[-:])(?!(?<=[1-9])[0-9]*[A-DF-Za-df-z])"
)
_WORD = rb"(?<=[TFN])(?:rue|RUE|lse|ALSE|ull|ULL)(?=[\n\r,\]}]|\Z)"
_SIGN = rb"(?<=\.)|(?<=\+)[0-9.]"
_ODD = re.compile(_BEGIN + rb"(?:" + rb"|".join((_NUMBER, _WORD, _SIGN)) + rb")", re.DOTALL)


class _Tools(NamedTuple):
    """The parser, and what walks over its values in compiled code: it refuses keys that are no text."""

    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]


@cache
def _tools() -> _Tools | None:
    """Looked for once. None too where PyYAML has another libyaml than the one that the argument is about."""
    try:
        import orjson
        import oryaml
        from yaml._yaml import get_version
    except ImportError:
        return None
    if get_version() != _LIBYAML:
        return None
    return _Tools(oryaml.loads, lambda value: orjson.dumps(value, None, orjson.OPT_INDENT_2))


def available() -> bool:
    """Whether the extra is there and can be used."""
    return _tools() is not None


def values(source: bytes) -> dict[str, Any] | None:
    """What the positioned path would read from a text whose size, encoding and control characters were checked.

    None if there is any doubt, and if the extra is not there.
    """
    tools = _tools()
    if tools is None or _odd(source):
        return None
    try:
        value = tools.loads(source)
        said = tools.dumps(value)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic in Rust is no Exception
        return None
    if value.__class__ is not dict or _DEEP in said or not _accounted(source, said):
        return None
    return value


def _odd(source: bytes) -> bool:
    """Whether something outside of double quotes may be read in two ways, if quotes are where they seem to be.

    Odd is too what may take the parser long.
    """
    if len(source.translate(None, _NO_BRACKET)) > _BRACKETS:
        return True
    unescaped = _ESCAPED.sub(b"", source) if b"\\" in source else source
    outside = b'"'.join(unescaped.split(b'"')[::2]).translate(None, _FILLER)
    if outside.translate(None, _ALLOWED) or _ODD.search(outside):
        return True
    return _BOM[:1] in source and _BOM in source


def _accounted(source: bytes, said: bytes) -> bool:
    """Whether every quote inside the texts of the result is an escaped one of the source.

    An escaped one that is in no text stands in a comment: where there may be such a comment, nothing is accounted for.
    """
    escaped = _escaped_quotes(source)
    if escaped and any(b'\\"' in comment for comment in _COMMENT.findall(source)):
        return False
    return _escaped_quotes(said) == escaped


def _escaped_quotes(text: bytes) -> int:
    return _ESCAPED.findall(text).count(b'"') if b"\\" in text else 0
