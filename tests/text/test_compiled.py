"""The compiled parser behind its guard reads what the positioned path reads: values, findings and places.

Differential over all files at hand, nasty pieces in every position, all short plain scalars, and seeded mutants; then
the same over guards with one mistake each, every one of which must be caught.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from akislog.resources import example_logs
from akislog.text import compiled
from akislog.text.document import parse
from akislog.text.emit import front_matter
from akislog.text.frontmatter import load, split
from benchmarks.corpus import texts
from tests.children import CHECKOUT, run
from tests.paths import CORPUS
from tests.sessions import NASTY
from tests.text.yaml_pieces import DEEP, PIECES, PLACES, PROPERTIES, QUOTES, SCALARS

if not compiled.available():
    pytest.skip("the extra is not there (pip install akislog[fast])", allow_module_level=True)

QUICK, LONG = 4_000, 60_000

# -- what is read -----------------------------------------------------------------------------------------------


@cache
def fronts() -> tuple[bytes, ...]:
    """The front matter of every file at hand: examples, fixtures, faults that were, real logs, the common corpus."""
    folders = (example_logs(), CHECKOUT / "tests" / "fixtures", CHECKOUT / "tests" / "hostile" / "regressions", CORPUS)
    files = [path.read_bytes() for folder in folders for path in sorted(Path(folder).rglob("*.md"))]
    files += [text.encode() for text in texts(40)]
    return tuple(front for front in (split(data)[0].yaml for data in files) if front)


def told(source: bytes, *, with_compiled: bool) -> str:
    """All that a reading says; numbers with their types and signs, keys in their order."""
    front = load(source, compiled=with_compiled)
    return repr((front.value, front.places, front.findings, front.text))


def is_text(source: bytes) -> bool:
    """Whether the guard would be asked at all."""
    return not any(finding.code == "AKL006" for finding in load(source, compiled=False).findings)


def differs(source: bytes) -> bool:
    return told(source, with_compiled=True) != told(source, with_compiled=False)


def first_difference(sources: Iterable[bytes]) -> bytes | None:
    return next((source for source in sources if differs(source)), None)


def nasty() -> Iterator[bytes]:
    """Every nasty piece in every position, and quotes that are not where they seem."""
    for piece in (*SCALARS, *PROPERTIES, *PIECES, *NASTY):
        for place in PLACES:
            yield place.replace("%s", piece).encode("utf-8", "surrogatepass")
    for whole in (
        *QUOTES,
        *DEEP,
        "",
        "\n",
        "~",
        "{}",
        "5",
        "True",
        "- a\n",
        "a",
        '"a"',
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
    ):
        yield whole.encode()


def tokens(length: int) -> Iterator[bytes]:
    """All plain scalars of so many signs of which numbers and words are made."""
    signs = "0159+-._:eExXobaAnNiIfTF~"

    def longer(head: str) -> Iterator[str]:
        yield from (
            longer_one
            for sign in signs
            for longer_one in (longer(head + sign) if len(head) + 1 < length else (head + sign,))
        )

    return (f"a: {token}\n".encode() for token in longer(""))


def damaged(random: Random, front: bytes) -> bytes:
    """A few random edits of bytes."""
    data = bytearray(front[:3000] if random.random() < 0.5 else front)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        act = random.randrange(4)
        if act == 0:
            data[at : at + 1] = bytes((random.randrange(256),))
        elif act == 1:
            data[at:at] = random.choice(
                (b'"', b"'", b"\\", b"#", b" ", b"\n", b":", b",", b"-", b"[", b"}", b"0", b"\t")
            )
        elif act == 2:
            del data[at : at + random.randint(1, 12)]
        else:
            other = random.randrange(len(data) + 1)
            data[at:at] = data[other : other + random.randint(1, 60)]
    return bytes(data)


def tricked(random: Random, front: bytes) -> bytes:
    """Nasty pieces put where values, keys and items begin, in block and in flow, and lines with another indentation."""
    lines = front.split(b"\n")[: random.choice((30, 80, 400))]
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        line = lines[at]
        piece = random.choice((*SCALARS, *PROPERTIES, *PIECES)).encode("utf-8", "surrogatepass")
        spots = [i + 1 for i, sign in enumerate(line) if sign in b" [{,:"] or [0]
        spot = random.choice(spots)
        act = random.randrange(5)
        if act == 0:
            lines[at] = line[:spot] + piece
        elif act == 1:
            lines[at] = line[:spot] + piece + line[spot:]
        elif act == 2:
            end = next((i for i in range(spot, len(line)) if line[i] in b",]}:"), len(line))
            lines[at] = line[:spot] + piece + line[end:]
        elif act == 3:
            lines[at] = b" " * random.randint(0, 9) + line.lstrip()
        else:
            lines.insert(at, line[: len(line) - len(line.lstrip())] + piece)
    return b"\n".join(lines)


def mutants(count: int, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    small = [front for front in fronts() if len(front) < 6000]
    for _ in range(count):
        yield random.choice((damaged, tricked))(random, random.choice(small))


# -- it is the same ---------------------------------------------------------------------------------------------


def test_every_file_at_hand() -> None:
    assert len(fronts()) > 60
    assert first_difference(fronts()) is None


def test_ordinary_logs_pass_the_guard() -> None:
    """Else it would be right, and of no use."""
    own = [split(text.encode())[0].yaml for text in texts(40)]
    assert sum(compiled.values(front) is not None for front in own) >= 38
    readable = [front for front in fronts() if load(front, compiled=False).value is not None]
    assert sum(compiled.values(front) is not None for front in readable) >= 0.95 * len(readable)


def test_texts_that_go_wrong_most_often_pass_it_in_quotes() -> None:
    for said in (text for text in NASTY if "\ud800" not in text):
        front = front_matter({"session": {"title": said}, "metadata": {"more": [said, {said[:100]: 1}]}}).encode()
        assert not differs(front)
        assert compiled.values(front) is not None


def test_every_nasty_piece_in_every_position() -> None:
    assert first_difference(nasty()) is None


def test_all_short_plain_scalars() -> None:
    assert first_difference(source for length in (1, 2, 3) for source in tokens(length)) is None


@pytest.mark.long
def test_all_plain_scalars_of_four_signs() -> None:
    assert first_difference(tokens(4)) is None


def test_mutants_of_files() -> None:
    assert first_difference(mutants(QUICK, 1)) is None
    assert sum(compiled.values(source) is not None for source in mutants(QUICK, 1) if is_text(source)) > QUICK / 20


@pytest.mark.long
def test_many_mutants_of_files() -> None:
    for seed in range(2, 8):
        assert first_difference(mutants(LONG // 6, seed)) is None


def test_places_are_found_when_they_are_asked_for() -> None:
    source = b"a: 1\nb:\n  - {c: [x, y]}\n"
    assert compiled.values(source) == {"a": 1, "b": [{"c": ["x", "y"]}]}
    front = load(source, compiled=True)
    assert front.position("/b/0/c/1") == (4, 13)
    assert front.finder().position("/b/0/c/1") == (4, 13)
    read = parse(b"---\nsession:\n  id: a\ngotchas:\n  - just text\n---\n", compiled=True)
    assert (read.findings[0].line, read.findings[0].column) == (5, 5)


# -- a guard with a mistake is caught ----------------------------------------------------------------------------

ALLOWED = 'b"\\t#&!<"'
MISTAKES: dict[str, tuple[str, str]] = {
    "no guard at all": ("or _odd(source):", ":"),
    "tabs": (ALLOWED, 'b"#&!<"'),
    "comments": (ALLOWED, 'b"\\t&!<"'),
    "anchors": (ALLOWED, 'b"\\t#!<"'),
    "tags": (ALLOWED, 'b"\\t#&<"'),
    "merge keys": (ALLOWED, 'b"\\t#&!"'),
    "plain scalars": ("or _ODD.search(outside):", ":"),
    "words": ("(_NUMBER, _WORD, _SIGN)", "(_NUMBER, _SIGN)"),
    "numbers": ("(_NUMBER, _WORD, _SIGN)", "(_WORD, _SIGN)"),
    "points and pluses": ("(_NUMBER, _WORD, _SIGN)", "(_NUMBER, _WORD)"),
    "points": (r'rb"(?<=\.)|(?<=\+)[0-9.]"', r'rb"(?<=\+)[0-9.]"'),
    "pluses": (r'rb"(?<=\.)|(?<=\+)[0-9.]"', r'rb"(?<=\.)"'),
    "words in flow": (r"ULL)(?=[\n\r,\]}]", r"ULL)(?=[\n\r]"),
    "words before CR": (r"ULL)(?=[\n\r,\]}]", r"ULL)(?=[\n,\]}]"),
    "words in capitals": ("rue|RUE|lse|ALSE|ull|ULL", "rue|lse|ull"),
    "zeros in front": ("(?:(?<=0)|(?<=[1-9])[0-9]{0,8})", "(?:(?<=[0-9])[0-9]{0,8})"),
    "many digits": ("[0-9]{0,8}", "[0-9]*"),
    "many digits behind the point": ("{1,6}", "+"),
    "no digits behind the point": (r"\.[0-9]{1,6}", r"\.[0-9]{0,6}"),
    "letters behind a zero": ("(?!(?<=[1-9])[0-9]*[A-D", "(?!(?<=[0-9])[0-9]*[A-D"),
    "what comes behind LF": (r"(?<![^\n\r:,\[-].)", r"(?<![^\r:,\[-].)"),
    "what comes behind CR": (r"(?<![^\n\r:,\[-].)", r"(?<![^\n:,\[-].)"),
    "what comes behind a colon": (r"(?<![^\n\r:,\[-].)", r"(?<![^\n\r,\[-].)"),
    "what comes behind a comma": (r"(?<![^\n\r:,\[-].)", r"(?<![^\n\r:\[-].)"),
    "what comes behind a bracket": (r"(?<![^\n\r:,\[-].)", r"(?<![^\n\r:,-].)"),
    "what comes behind a dash": (r"(?<![^\n\r:,\[-].)", r"(?<![^\n\r:,\[].)"),
    "what comes behind two dashes": (r"(?<![^\n\r:,\[-]-.)", r"(?<![^\n\r:,\[]-.)"),
    "letters that tell": ('b" _/abcd', 'b" _/xabcd'),
    "a mark that begins a line": ("return _BOM[:1] in source and _BOM in source", "return False"),
    "keys that are no text": ("orjson.OPT_INDENT_2", "orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS"),
    "not a mapping": ("value.__class__ is not dict or", ""),
    "depth": ("or _DEEP in said", ""),
    "one level too many": ("* 128", "* 129"),
    "quotes": ("or not _accounted(source, said)", ""),
    "escaped quotes": ('_ESCAPED.sub(b"", source) if b"\\\\" in source else source', "source"),
    "escaped backslashes": (r"""rb'\\([\\"])'""", r"""rb'\\(["])'"""),
    "comments with quotes": ("if escaped and any(", "if False and any("),
    "comments behind a digit": ("#(?<![A-Za-z]#)", "#(?<![0-9A-Za-z]#)"),
}


def with_mistake(old: str, new: str) -> Callable[[bytes], object]:
    """``compiled.values`` of a guard whose source says ``new`` where it says ``old``."""
    source = Path(str(compiled.__file__)).read_text("utf-8")
    assert source.count(old) == 1, old
    module = ModuleType("broken_guard")
    sys.modules[module.__name__] = module  # NamedTuple looks for the module it is in
    try:
        exec(compile(source.replace(old, new), "broken_guard", "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
    values: Callable[[bytes], object] = module.values
    return values


def test_guards_with_a_mistake_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = []
    for name, (old, new) in MISTAKES.items():
        monkeypatch.setattr(compiled, "values", with_mistake(old, new))
        try:
            caught = first_difference(nasty()) is not None
        except Exception:  # places of what the positioned path refuses
            caught = True
        if not caught:
            passed.append(name)
    print(f"\nmutants caught {len(MISTAKES) - len(passed)}/{len(MISTAKES)}")
    assert passed == []


# -- hostile input ----------------------------------------------------------------------------------------------

HOSTILE = {
    "brackets": "b'a: ' + b'[' * 32_000",
    "brackets that close": "b'a: ' + b'[' * 32_000 + b']' * 32_000",
    "braces": "b'a: ' + b'{b: ' * 32_000",
    "dashes": "b'- ' * 60_000",
    "question marks": "b'? ' * 60_000",
    "bomb": "b'a: &a [x]\\n' + b''.join(b'%c: &%c [*%c, *%c]\\n' % (n, n, n - 1, n - 1) for n in range(98, 122))",
    "many aliases": "b'a: &a ' + b'[' * 60 + b']' * 60 + b'\\n' + b''.join(b'k%d: *a\\n' % n for n in range(9000))",
    "invalid UTF-8": "b'a: \\xff\\nb: \\xed\\xa0\\x80\\n'",
    "controls": "bytes(range(256)) * 200",
    "quotes": "b'a: ' + b'\"' * 200_000",
    "escapes": "b'a: \"' + b'\\\\' * 200_001",
    "hashes and an escaped quote": "b'a: \"' + b' #' * 100_000 + b'\\\\\"\"'",
    "one long plain scalar": "b'a: ' + b'9' * 250_000",
    "points": "b'a: [' + b'.,' * 120_000 + b']'",
    "digits and dashes": "b'a: [' + b'1-' * 120_000 + b']'",
    "keys": "b''.join(b'k%d: 1\\n' % n for n in range(20_000))",
    "one long key": "b'x' * 250_000 + b': 1'",
    "a long text": "b'a: \"' + b'x' * 250_000 + b'\"'",
    "nothing": "b''",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_without_a_signal(name: str, tmp_path: Path) -> None:
    """Past the guard too: the parser itself has to bear it, should the guard ever let it pass."""
    code = (
        "from akislog.text import compiled\nfrom akislog.text.frontmatter import load\n"
        f"source = {HOSTILE[name]}\n"
        "one, other = load(source, compiled=True), load(source, compiled=False)\n"
        "assert repr((one.value, one.places, one.findings)) == repr((other.value, other.places, other.findings))\n"
        "try:\n    compiled._tools().dumps(compiled._tools().loads(source[:8000]))\nexcept Exception:\n    pass\n"
        "print('done')\n"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]
