"""What is read by its layout is what the positioned path reads: values, findings and places.

Differential over all files at hand, nasty pieces in every position, all short plain scalars, and seeded mutants; then
the same over readers with one mistake each, every one of which must be caught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given

from akislog.core.session import Session
from akislog.resources import example_logs
from akislog.text import frontmatter, layout
from akislog.text.emit import front_matter
from akislog.text.frontmatter import load, split
from benchmarks.corpus import texts
from tests.children import CHECKOUT, run
from tests.paths import CORPUS
from tests.sessions import NASTY, sessions
from tests.text.yaml_mutants import damaged, moved, tricked
from tests.text.yaml_pieces import DEEP, PIECES, PLACES, PROPERTIES, QUOTES, SCALARS

QUICK, LONG = 4_000, 60_000

# -- what is read -----------------------------------------------------------------------------------------------


@cache
def fronts() -> tuple[bytes, ...]:
    """The front matter of every file at hand: examples, fixtures, faults that were, real logs, the common corpus."""
    folders = (example_logs(), CHECKOUT / "tests" / "fixtures", CHECKOUT / "tests" / "hostile" / "regressions", CORPUS)
    files = [path.read_bytes() for folder in folders for path in sorted(Path(folder).rglob("*.md"))]
    files += [text.encode() for text in texts(40)]
    return tuple(front for front in (split(data)[0].yaml for data in files) if front)


def told(source: bytes, *, by_layout: bool) -> str:
    """All that a reading says; numbers with their types and signs, keys in their order."""
    front = load(source, by_layout=by_layout)
    return repr((front.value, front.places, front.findings, front.text))


def taken(source: bytes) -> bool:
    """Whether a text is read by its layout."""
    front = load(source)
    return front.value is not None and front._places is None


def differs(source: bytes) -> bool:
    return told(source, by_layout=True) != told(source, by_layout=False)


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


def ill_laid_out() -> Iterator[bytes]:
    """Lines as akislog writes them, but for one thing, which YAML takes otherwise or not at all."""
    for whole in (
        'a: "x\\ud83d"\n',
        'a: "\\u0000"\n',
        'a: "\ufeff"\n',
        "a: 1\n\ufeffb: 2\n",
        f'"{"k" * 1100}": 1\n',
        f'a: {{"{"k" * 1100}": 1}}\n',
        'a: {"' + "\\\\" * 520 + '": 1}\n',
        '"a": 1\nb: 2\n"',
        '"a": 1\n"\n',
        'a: "say \\"x: 1\\" and"\n',
        'a: "\\\\"\n',
        "a: {b:1}\n",
        "a: [b, ]\n",
        "a: [b,]\n",
        "a: -\n",
        "a: [-]\n",
        "a: b:\n",
        "a: x#y: z\n",
        "a: 12345678901234567890\n",
        "a: 1\nb: 2",
        "a:\n  - b: [\n      c,\n      d]\n  - e: 1\n",
        "a:\n  - b: [\n  c,\n  d]\n",
        "a:\n  - b: 1\n      c: 2\n",
        "a:\n  - b: 1\n    b: 2\n",
        "a:\n  b:\n  - c: 1\n",
        "a:\n  b:\n  - c\n",
        "a:\n  b: 1\n   c: 2\n",
        "a:\n  b\n",
        "a:\n  b\n  c\n",
        "a:\nb: 1\n",
        "a: 1\n  b: 2\n",
        "a: b\n  - c\n",
        f"a: {'[' * 70}{']' * 70}\n",
        f"a:\n  - b: [\n{'      [' * 5}\n",
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


def mutants(count: int, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    small = [front for front in fronts() if len(front) < 6000]
    laid_out = [front for front in small if taken(front)]
    for _ in range(count):
        front = random.choice(random.choice((small, laid_out, laid_out)))
        yield random.choice((damaged, tricked, moved, moved))(random, front)


# -- it is the same ---------------------------------------------------------------------------------------------


def test_every_file_at_hand() -> None:
    assert len(fronts()) > 60
    assert first_difference(fronts()) is None


def test_what_akislog_writes_is_read_by_its_layout() -> None:
    """Else it would be right, and of no use."""
    assert all(taken(split(text.encode())[0].yaml) for text in texts(40))


@given(session=sessions())
def test_whatever_a_session_held_is_read_by_its_layout(session: Session) -> None:
    front = front_matter(session.finish().record).encode()
    deep = any(line.count(b"[") + line.count(b"{") > layout._DEEPEST for line in front.split(b"\n"))
    assert taken(front) or deep
    assert not differs(front)


def test_texts_that_go_wrong_most_often_are_read_too() -> None:
    for said in (text for text in NASTY if "\ud800" not in text):
        front = front_matter({"session": {"title": said}, "metadata": {"more": [said, {said[:100]: 1}]}}).encode()
        assert not differs(front)
        assert taken(front)


def test_every_nasty_piece_in_every_position() -> None:
    assert first_difference(nasty()) is None


def test_what_is_nearly_laid_out_as_usual() -> None:
    assert first_difference(ill_laid_out()) is None


def test_all_short_plain_scalars() -> None:
    assert first_difference(source for length in (1, 2, 3) for source in tokens(length)) is None


@pytest.mark.long
def test_all_plain_scalars_of_four_signs() -> None:
    assert first_difference(tokens(4)) is None


def test_mutants_of_files() -> None:
    assert first_difference(mutants(QUICK, 1)) is None
    assert sum(map(taken, mutants(QUICK, 1))) > QUICK / 40


@pytest.mark.long
def test_many_mutants_of_files() -> None:
    for seed in range(2, 8):
        assert first_difference(mutants(LONG // 6, seed)) is None


def test_places_are_found_when_they_are_asked_for() -> None:
    source = b"a: 1\nb:\n  - {c: [x, y]}\n"
    assert layout.values(source.decode()) == {"a": 1, "b": [{"c": ["x", "y"]}]}
    front = load(source)
    assert front.position("/b/0/c/1") == (4, 13)
    assert front.finder().position("/b/0/c/1") == (4, 13)


# -- a reader with a mistake is caught ---------------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, str]] = {
    "half a character": ("if _ODD.search(text):", "if False:"),
    "long keys": ("> _LONGEST_KEY and", "> 10**9 and"),
    "long keys with escapes": ("_LONGEST_KEY = 400", "_LONGEST_KEY = 1000"),
    "the last line has no end": ("if lines.pop():", "lines.pop()\n    if False:"),
    "words": ("json.dumps(scalar(match[0]))", "json.dumps(match[0])"),
    "a key that is given twice": ("object_pairs_hook=_once", ""),
    "no blank behind a colon": (r"|[,:] )*", r"|[,:] ?)*"),
    "commas outside of brackets": ("if form in _WHOLE and not", "if form == 0 and not"),
    "many digits": ("[0-9]{0,8}", "[0-9]*"),
    "signs that begin a word": ("(?:-?[0-9]|[A-Za-z])[", "(?:-?[0-9]|[A-Za-z+.*&!%@-])["),
    "depth": ("> _DEEPEST", "> 10**9"),
    "entries below a value": ('top.update(leave_top(""))', 'top.update({**leave_top(""), "2entry": (",", top)})'),
    "margins": ('f"{len(margin)}{dash}', 'f"{len(margin) // 2 * 2}{dash}'),
    "deeper entries": ('f"{margin + 2}entry"', 'f"{margin + 4}entry"'),
}


def with_mistake(old: str, new: str) -> Callable[[str], object]:
    """``layout.values`` of a reader whose source says ``new`` where it says ``old``."""
    source = Path(str(layout.__file__)).read_text("utf-8")
    assert source.count(old) == 1, old
    module = ModuleType("broken_reader")
    exec(compile(source.replace(old, new), "broken_reader", "exec"), vars(module))
    values: Callable[[str], object] = module.values
    return values


def test_readers_with_a_mistake_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = []
    for name, (old, new) in MISTAKES.items():
        monkeypatch.setattr(frontmatter, "values", with_mistake(old, new))
        try:
            caught = first_difference((*nasty(), *ill_laid_out(), *mutants(QUICK // 4, 1))) is not None
        except Exception:  # places of what the positioned path refuses
            caught = True
        if not caught:
            passed.append(name)
    print(f"\nmutants caught {len(MISTAKES) - len(passed)}/{len(MISTAKES)}; not: {passed}")
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
    code = (
        "from akislog.text.frontmatter import load\n"
        f"source = {HOSTILE[name]}\n"
        "one, other = load(source), load(source, by_layout=False)\n"
        "assert repr((one.value, one.places, one.findings)) == repr((other.value, other.places, other.findings))\n"
        "print('done')\n"
    )
    done = run(code, tmp_path)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]
