"""The split that loses no byte, the YAML profile of the format page, §5, and the place of every value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from yaml.nodes import MappingNode, Node, SequenceNode

from akislog.core.finding import Finding
from akislog.resources import example_logs
from akislog.text.document import parse, render
from akislog.text.emit import front_matter
from akislog.text.frontmatter import DEPTH_LIMIT, FILE_LIMIT, FRONT_LIMIT, Front, load, split
from tests.paths import CORPUS
from tests.sessions import json_values, sessions

# -- split ------------------------------------------------------------------------------------------------------

PIECES = [
    b"---",
    b"---\n",
    b"---\r\n",
    b"--- \t\n",
    b"----\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"a: 1\n",
    b"...\n",
    b"\xef\xbb\xbf",
]
MORE = [b"--- x\n", b" ---\n", b"+++\n", b"\xff", b"", b"# body\n", b"key: |\n  ---\n", b"\n---"]
FILES = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(PIECES + MORE), max_size=8).map(b"".join))


def by_lines(data: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """The same split, told slowly: BOM, first line, up to the first closing line, that line, the rest."""

    def delimiter(line: bytes) -> bool:
        return line.removesuffix(b"\n").removesuffix(b"\r").rstrip(b" \t") == b"---"

    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    lines = [line + b"\n" for line in data[len(bom) :].split(b"\n")]
    lines[-1] = lines[-1][:-1]
    if not delimiter(lines[0]) or not lines[0].endswith(b"\n"):
        return bom, b"", b"", b"", data[len(bom) :]
    for number, line in enumerate(lines[1:], 1):
        if delimiter(line):
            return bom, lines[0], b"".join(lines[1:number]), line, b"".join(lines[number + 1 :])
    return bom, b"", b"", b"", data[len(bom) :]


@given(data=FILES)
@example(b"---\n---")
@example(b"---\n---\r")
@example(b"---\n\n---\n")
@example(b"---")
def test_split_and_join_lose_no_byte(data: bytes) -> None:
    parts, missing = split(data)
    assert parts.join() == data
    assert tuple(parts) == by_lines(data)
    assert (missing is None) == bool(parts.opening)


@given(data=FILES)
def test_any_bytes_can_be_read(data: bytes) -> None:
    read = parse(data, "a.md")
    assert read.split.join() == data
    assert read.log is not None or read.findings
    for finding in read.findings:
        assert finding.path == "a.md"
        assert finding.line is None or finding.line >= 1


@given(data=st.one_of(st.binary(max_size=80), st.text(st.sampled_from("ab:-[]{},\n \"'&*!|>%@`#?~\t\\1"), max_size=60)))
def test_any_front_matter_can_be_read(data: bytes | str) -> None:
    front = load(data if isinstance(data, bytes) else data.encode())
    assert (front.value is None) == bool(front.findings)
    if front.value is not None:
        assert json.loads(json.dumps(front.value)) == front.value


# -- plain scalars ----------------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
    "0": 0,
    "-0": 0,
    "7": 7,
    "-12": -12,
    "1.5": 1.5,
    "-0.25": -0.25,
    "1e3": 1000.0,
    "1E+2": 100.0,
    "2.5e-3": 0.0025,
    "123456789012345": 123456789012345,
    "-123456789012345": -123456789012345,
    "0.123456789012345": 0.123456789012345,
    "0.000001": 0.000001,
    "100": 100,
}
_OTHERS = """
    True TRUE False NULL Null yes Yes no No on off y n Y N 2026-01-11 2026-01-11T10:00:00Z 1:30 1:30:15 012
    0o14 0x1F 0b1 1_000 .inf -.inf .Inf .nan .NaN nan inf Infinity .5 5. +7 +1.5 1e 1e+ e3 -e3 1.e3 .1e3
    01.5 -01 00 - -- 1-2 1234567890123456 12345678901234567890 1.2345678901234567 1e999 -1e999 = 12e4567
    1.10.1 1,5 ٣ １
"""
TEXTS = _OTHERS.split()


@pytest.mark.parametrize("plain", VALUES)
def test_plain_values(plain: str) -> None:
    for source in (f"a: {plain}\n", f"a: [{plain}, x]\n" if plain else "a: [null, x]\n", f"a: {{b: {plain}}}\n"):
        value: Any = load(source.encode()).value["a"]  # type: ignore[index]
        value = value[0] if isinstance(value, list) else value["b"] if isinstance(value, dict) else value
        assert value == VALUES[plain]
        assert type(value) is type(VALUES[plain])


@pytest.mark.parametrize("plain", TEXTS)
def test_every_other_plain_scalar_is_text(plain: str) -> None:
    assert load(f"a: {plain}\n".encode()).value == {"a": plain} or plain in ("-",)


@pytest.mark.parametrize("plain", [*VALUES, *TEXTS])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_what_is_quoted_is_text(plain: str, quote: str) -> None:
    assert load(f"a: {quote}{plain}{quote}\n".encode()).value == {"a": plain}


def test_block_and_folded_scalars_are_text() -> None:
    source = b"a: |\n  1\n\n  true\nb: >-\n  one\n  two\nc: one\n  two\n"
    assert load(source).value == {"a": "1\n\ntrue\n", "b": "one two", "c": "one two"}


def test_escapes_are_read() -> None:
    source = rb'a: "\u0085\u2028\u2029\x00\a\e\N\L\P\_\U0001F600\u007f\ufeff\/"'
    assert load(source).value == {"a": "\x85\u2028\u2029\x00\x07\x1b\x85\u2028\u2029\xa0\U0001f600\x7f\ufeff/"}


@pytest.mark.parametrize("source", ["", "\n", "# only a comment\n", "~\n", "null\n", "{}\n", "---\n"[3:]])
def test_nothing_is_an_empty_front_matter(source: str) -> None:
    assert load(source.encode()).value == {}


@given(value=st.dictionaries(st.text(max_size=5), json_values(), max_size=4))
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    from akislog.core.values import portable

    made = portable(value)
    front = load(json.dumps(made, ensure_ascii=True).encode())
    if "\\ud" not in json.dumps(made):  # JSON's pairs of surrogates are no YAML
        assert front.value == made


# -- refusals ---------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, str, int, int]] = {
    "duplicate key": ("a: 1\nb: 2\na: 3\n", "AKL004", 4, 1),
    "duplicate key below": ("a:\n  - x: 1\n    y: 2\n    x: 3\n", "AKL004", 5, 5),
    "duplicate key in flow": ("a: {b: 1, 'b': 2}\n", "AKL004", 2, 11),
    "duplicate key, quoted apart": ('a: 1\n"\\u0061": 2\n', "AKL004", 3, 1),
    "anchor": ("a: 1\nb: &x text\n", "AKL007", 3, 4),
    "anchor on a map": ("a: &x {b: 1}\n", "AKL007", 2, 4),
    "anchor on a key": ("a: 1\n&x b: 2\n", "AKL007", 3, 1),
    "alias": ("a: &x 1\nb: *x\n", "AKL007", 2, 4),
    "alias to nothing": ("a: 1\nb: *x\n", "AKL007", 3, 4),
    "alias as key": ("a: 1\n*x : 2\n", "AKL007", 3, 1),
    "merge key": ("a:\n  <<: {b: 1}\n", "AKL007", 3, 3),
    "tag": ("a: !!str 1\n", "AKL008", 2, 4),
    "own tag": ("a: 1\nb: !python/object:os.system x\n", "AKL008", 3, 4),
    "non-specific tag": ("a: ! x\n", "AKL008", 2, 4),
    "tag on a list": ("a: !!set [1]\n", "AKL008", 2, 4),
    "tag on a key": ("!!str a: 1\n", "AKL008", 2, 1),
    "number as key": ("a: 1\n5: x\n", "AKL009", 3, 1),
    "true as key": ("true: x\n", "AKL009", 2, 1),
    "null as key": ("~: x\n", "AKL009", 2, 1),
    "empty key": ("? \n: x\n", "AKL009", 2, 2),
    "list as key": ("? [a, b]\n: x\n", "AKL009", 2, 3),
    "map as key": ("{a: 1}: x\n", "AKL009", 2, 1),
    "second document": ("a: 1\n...\nb: 2\n", "AKL003", 4, 1),
    "second document, marked": ("a: 1\n--- b\n", "AKL003", 3, 1),
    "a list": ("- a\n- b\n", "AKL005", 2, 1),
    "a text": ("\nhello\n", "AKL005", 3, 1),
    "a number": ("5\n", "AKL005", 2, 1),
    "tab as indent": ("a:\n\tb: 1\n", "AKL003", 3, 1),
    "colon in plain text": ("a: b: c\n", "AKL003", 2, 5),
    "unclosed quote": ('a: "b\n', "AKL003", 3, 1),
    "unclosed list": ("a: [b\n", "AKL003", 3, 1),
    "reserved indicator": ("a: @b\n", "AKL003", 2, 4),
    "DEL": ("a: b\x7f\n", "AKL006", 2, 5),
    "NUL": ("a: 1\nb: \x00\n", "AKL006", 3, 4),
    "bell in a comment": ("a: 1 # \x07\n", "AKL006", 2, 8),
    "NEL": ("a: 'é\x85b'\n", "AKL006", 2, 6),
    "C1": ("a: \x9b\n", "AKL006", 2, 4),
    "U+2028": ("a: 1\nb: \U0001f600\u2028\n", "AKL006", 3, 5),
    "U+2029": ("a: \u2029\n", "AKL006", 2, 4),
    "U+FFFE": ("a: \ufffe\n", "AKL006", 2, 4),
    "U+FFFF": ("a: 1\nb: xy\uffff\n", "AKL006", 3, 6),
    "depth 65": ("a: " + "[" * 64 + "]" * 64 + "\n", "AKL007", 2, 67),
    "depth 65 in blocks": (
        "".join(f"{' ' * level}a:\n" for level in range(64)) + " " * 64 + "a: 1\n",
        "AKL007",
        66,
        65,
    ),
    "32 000 brackets": ("a: " + "[" * 32_000 + "\n", "AKL007", 2, 67),
    "32 000 brackets and an anchor": ("b: &x 1\na: " + "[" * 32_000 + "\n", "AKL007", 2, 4),
    "32 000 braces": ("a: " + "{b: " * 32_000 + "\n", "AKL007", 2, 4 + 4 * 63),
    "32 000 dashes": ("- " * 32_000 + "\n", "AKL007", 2, 1 + 2 * 64),
    "too large": ("a: " + "x" * FRONT_LIMIT + "\n", "AKL007", 1, 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    source, code, line, column = REFUSED[name]
    file = f"---\n{source}---\nbody\n".encode()
    read = parse(file, "x.md")
    assert read.log is None
    (finding,) = read.findings
    assert (finding.code, finding.severity, finding.path) == (code, "error", "x.md")
    assert (finding.line, finding.column) == (line, column), finding.message
    assert finding.message
    assert read.split.join() == file
    bom = parse(b"\xef\xbb\xbf" + file).findings[0]
    windows = parse(file.replace(b"\n", b"\r\n")).findings[0]
    for other in (bom, windows):
        assert (other.code, other.line, other.column) == (code, line, column) or code == "AKL003"


def test_invalid_utf8_is_placed() -> None:
    for source, line, column in (
        (b"a: \xff", 2, 4),
        ("é: é\nb: ü".encode() + b"\xc3\nc: 1\n", 3, 5),
        (b"\xed\xa0\x80", 2, 1),
    ):
        (finding,) = parse(b"---\n" + source + b"\n---\n").findings
        assert (finding.code, finding.line, finding.column) == ("AKL006", line, column)


@pytest.mark.parametrize("unit", ["[", "{a: "])
@pytest.mark.parametrize("bottom", ["", "x"])
def test_sixty_four_levels_are_read(unit: str, bottom: str) -> None:
    close = {"[": "]", "{a: ": "}"}[unit]
    front = load(f"a: {unit * 63}{bottom}{close * 63}\n".encode())
    assert front.findings == ()
    value, levels = front.value, 0
    while isinstance(value, (list, dict)) and value:
        value, levels = (value[0] if isinstance(value, list) else value["a"]), levels + 1
    assert levels >= DEPTH_LIMIT - 1


def test_limits_are_exact() -> None:
    room = "a: " + "x" * (FRONT_LIMIT - 4) + "\n"
    assert len(room) == FRONT_LIMIT
    assert parse(f"---\n{room}---\n").log is not None
    head = "---\na: 1\n---\n"
    assert parse(head + "x" * (FILE_LIMIT - len(head))).log is not None
    (finding,) = parse(head + "x" * (FILE_LIMIT - len(head) + 1)).findings
    assert (finding.code, str(FILE_LIMIT) in finding.message) == ("AKL007", True)


# -- delimiters -------------------------------------------------------------------------------------------------

READ = {
    "plain": "---\na: 1\n---\nbody\n",
    "BOM": "\ufeff---\na: 1\n---\nbody\n",
    "CRLF": "---\r\na: 1\r\n---\r\nbody\r\n",
    "trailing blanks": "--- \t\na: 1\n---  \nbody\n",
    "no final newline": "---\na: 1\n---",
    "no final newline, CR": "---\r\na: 1\r\n---\r",
    "another --- in the body": "---\na: 1\n---\n---\nb: 2\n---\n",
    "document end inside": "---\na: 1\n...\n---\n",
}


@pytest.mark.parametrize("name", READ)
def test_read_without_complaint(name: str) -> None:
    read = parse(READ[name])
    assert read.front.findings == ()
    assert read.front.value == {"a": 1}
    assert read.split.join() == READ[name].encode()


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("", "AKL001", "line ---"),
        ("----\na: 1\n----\n", "AKL001", "exactly ---"),
        ("+++\na = 1\n+++\n", "AKL001", "TOML"),
        (";;;\n{}\n;;;\n", "AKL001", "JSON"),
        ("{\n}\n", "AKL001", "JSON"),
        ("\n---\na: 1\n---\n", "AKL001", "before the first"),
        (" ---\na: 1\n---\n", "AKL001", "before the first"),
        ("<!-- x -->\n---\na: 1\n---\n", "AKL001", "before the first"),
        ("---\na: 1\n", "AKL002", "close it"),
        ("---\na: 1\n...\nbody\n", "AKL002", "not with ..."),
        ("---\na: 1\n ---\n", "AKL002", "close it"),
        ("---\na: 1\n----\n", "AKL002", "close it"),
        ("---", "AKL001", "line ---"),
    ],
)
def test_where_there_is_none(text: str, code: str, hint: str) -> None:
    finding = parse(text).findings[0]
    assert (finding.code, finding.line, finding.column) == (code, 1, 1)
    assert hint in finding.hint


# -- positions --------------------------------------------------------------------------------------------------


def marks(node: Node, pointer: str = "") -> Iterator[tuple[str, int, int]]:
    """Every pointer with the line and column that PyYAML's own composer gives."""
    if pointer:
        yield pointer, node.start_mark.line + 2, node.start_mark.column + 1
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from marks(value, f"{pointer}/{key.value.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield from marks(value, f"{pointer}/{number}")


def check_positions(source: str) -> int:
    front = load(source.encode())
    assert front.findings == ()
    expected = list(marks(yaml.compose(source, yaml.SafeLoader)))
    for pointer, line, column in expected:
        assert front.position(pointer) == (line, column), pointer
    return len(expected)


def examples() -> list[Path]:
    return sorted(example_logs().glob("*.md"))


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_every_place_in_the_example_logs(path: Path) -> None:
    assert check_positions(split(path.read_bytes())[0].yaml.decode()) > 30


def test_every_place_in_real_logs() -> None:
    for path in sorted(CORPUS.glob("*.md"))[::4]:
        source = split(path.read_bytes())[0].yaml.decode()
        if source:
            assert check_positions(source) > 5


@given(session=sessions(most=10))
def test_every_place_in_what_we_write(session: Any) -> None:
    check_positions(front_matter(session.finish().record))


def test_places_agree_with_ruamel() -> None:
    source = 'a: 1\n"é": {b: [x, {c: 2}]}\nlist:\n  - k: v\n    😀: "w"\n  - [1,\n     2]\n'
    front = load(source.encode())
    tree = YAML(typ="rt").load(source)
    for pointer, place in (
        ("/a", tree.lc.value("a")),
        ("/é", tree.lc.value("é")),
        ("/é/b", tree["é"].lc.value("b")),
        ("/é/b/1/c", tree["é"]["b"][1].lc.value("c")),
        ("/list/0/😀", tree["list"][0].lc.value("😀")),
        ("/list/1/1", tree["list"][1].lc.item(1)),
    ):
        assert front.position(pointer) == (place[0] + 2, place[1] + 1), pointer


def test_a_place_that_is_not_there_is_the_nearest() -> None:
    front = load(b"a: 1\nb:\n  c: [x, y]\n")
    assert front.position("") == (1, 1)
    assert front.position("/b/c/7") == (4, 3)
    assert front.position("/b/nothing/at/all") == (3, 1)
    assert front.position("/nothing") == (1, 1)
    assert front.position("/b/c/-1") == (4, 3)
    assert front.position("/b/c/x") == (4, 3)
    assert Front(None, None, ()).position("/a") == (1, 1)


def test_findings_of_older_shapes_have_places() -> None:
    read = parse("---\nsession:\n  id: a\ngotchas:\n  - just text\n---\n")
    assert isinstance(read.findings[0], Finding)
    assert (read.findings[0].line, read.findings[0].column) == (5, 5)


def test_what_was_rendered_has_its_front_matter_where_it_should_be() -> None:
    for path in examples():
        data = path.read_bytes()
        read = parse(data)
        assert read.findings == ()
        assert read.log is not None
        assert render(read.log.record).encode() == data
