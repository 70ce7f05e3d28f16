"""Pitfalls that other tools for front matter fall into, each as a small file, with what akislog makes of it.

Where the format page, docs/format.md §5, and a widespread habit disagree, the format decides; the comment says so.
"""

from __future__ import annotations

from typing import Any

import pytest

from akislog.text.document import Document, parse
from akislog.text.frontmatter import FILE_LIMIT, FRONT_LIMIT


def read(data: str | bytes) -> Document:
    document = parse(data, "x.md")
    assert document.split.join() == (data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return document


def only(yaml: str | bytes) -> tuple[str, int | None, int | None]:
    """Code and place of the one finding of a file with this front matter."""
    (finding,) = read(b"---\n" + (yaml if isinstance(yaml, bytes) else yaml.encode()) + b"\n---\nbody\n").findings
    return finding.code, finding.line, finding.column


def value(data: str | bytes) -> Any:
    document = read(data)
    assert document.front.findings == ()
    return document.front.value


# -- the container ----------------------------------------------------------------------------------------------


def test_1_a_byte_order_mark_is_read() -> None:
    assert value("\ufeff---\na: 1\n---\n") == {"a": 1}
    assert read("\ufeff---\na: b: c\n---\n").findings[0][4:6] == (2, 5)  # columns do not count it


def test_2_line_ends_of_any_kind_and_lines_that_stay_right() -> None:
    for text in ("---\r\na: 1\r\nb: 2\r\n---\r\n", "---\na: 1\r\nb: 2\n---\r\n", "---\r\na: 1\nb: 2\r\n---\nx\r\n"):
        assert value(text) == {"a": 1, "b": 2}
        assert read(text.replace("2", "@")).findings[0][4:6] == (3, 4)
    # A lone CR is no control character of the format: inside it ends a line of YAML, but it closes nothing.
    assert value("---\na: 1\rb: 2\n---\n") == {"a": 1, "b": 2}
    (finding, _) = read("---\ra: 1\r---\r").findings
    assert (finding.code, finding.hint) == ("AKL001", "the lines end with CR alone; save the file with LF")
    assert only("a: 1\r---\rb: 2") == ("AKL003", 3, 1)


@pytest.mark.parametrize("yaml", ["", " \n\n", "# only a comment\n", "null\n", "~ # and why\n", "{}\n"])
def test_3_nothing_has_one_meaning(yaml: str) -> None:
    assert value(f"---\n{yaml}---\n") == {}


@pytest.mark.parametrize("yaml", ["- a", "text", "5", "true", "[]", '"a: 1"'])
def test_4_front_matter_that_is_no_mapping(yaml: str) -> None:
    assert only(yaml) == ("AKL005", 2, 1)


def test_5_a_block_that_is_never_closed() -> None:
    (finding,) = read("---\na: 1\n\n# body\n").findings
    assert (finding.code, finding.line, finding.column) == ("AKL002", 1, 1)


@pytest.mark.parametrize("before", ["\n", "\r\n", " ", "<!-- a comment -->\n", "\ufeff\n", "\u200b"])
def test_6_something_before_the_first_line(before: str) -> None:
    finding = read(f"{before}---\na: 1\n---\n").findings[0]
    assert (finding.code, finding.line, finding.column) == ("AKL001", 1, 1)
    assert "before the first" in finding.hint or before == "\u200b"


def test_7_delimiters() -> None:
    assert value("--- \na: 1\n---\t\nbody\n") == {"a": 1}
    assert value("---\t \t\na: 1\n--- \r\nbody\n") == {"a": 1}
    finding = read("----\na: 1\n----\n").findings[0]
    assert (finding.code, finding.hint) == ("AKL001", "the first line must be exactly ---")
    (finding,) = read("---\na: 1\n...\nbody\n").findings
    assert (finding.code, finding.hint) == ("AKL002", "close it with a line ---, not with ...")


def test_8_dashes_inside_a_text() -> None:
    assert value("---\na: |\n  x\n  ---\n  y\nb: 2\n---\n") == {"a": "x\n---\ny\n", "b": 2}
    (finding,) = read('---\na: "x\n---\ny"\n---\n').findings  # at the beginning of a line it closes, in quotes or not
    assert (finding.code, finding.line, finding.column) == ("AKL003", 3, 1)
    assert "quoted scalar" in finding.message


@pytest.mark.parametrize(
    "body", ["\n---\n\ntext\n\n---\n", "---\nb: 2\n---\n", "", "text without an end", "\n\n\n", "--- x\n---"]
)
def test_9_dashes_in_the_body_are_body(body: str) -> None:
    document = read(f"---\na: 1\n---\n{body}")
    assert (document.front.value, document.split.body) == ({"a": 1}, body.encode())
    assert value("---\na: 1\n---") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("+++\na = 1\n+++\n", "TOML"),
        (";;;\n{}\n;;;\n", "JSON"),
        ("{\n}\n", "JSON"),
        ('{"a": 1}\n\nbody\n', "JSON"),
        ("---toml\na = 1\n---\n", "another format"),
        ("---json\n{}\n---\n", "another format"),
        ("---js\nprocess.exit(1)\n---\n", "another format"),
    ],
)
def test_10_other_formats_are_named_and_never_run(text: str, named: str) -> None:
    finding = read(text).findings[0]
    assert (finding.code, finding.line) == ("AKL001", 1)
    assert named in finding.hint


@pytest.mark.parametrize("text", ["# README\n\ntext\n", "", "\n", "text"])
def test_11_no_front_matter(text: str) -> None:
    assert read(text).findings[0].code == "AKL001"


def test_12_characters() -> None:
    assert only("a: caf\u00e9 \ndata: caf".encode() + b"\xe9") == ("AKL006", 3, 10)
    assert only("a: x\0y") == ("AKL006", 2, 5)
    assert only(b"a: \xed\xa0\x80") == ("AKL006", 2, 4)
    assert only("a: x\u2028y") == ("AKL006", 2, 5)
    assert only('a: "\\ud800"')[0] == "AKL003"  # no character at all; libyaml knows no halves of a pair
    # U+00A0 is a character like others to YAML and to the format: what looks like an indent is part of the key.
    assert value("---\na:\n\u00a0 b: 1\n---\n") == {"a": None, "\u00a0 b": 1}


# -- YAML -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        ("a: 1\nb: 2\na: 3", (4, 1)),
        ("s:\n  id: 1\n  id: 2", (4, 3)),
        ("a: {b: 1, b: 2}", (2, 11)),
        ("a: [{b: 1}, {c: 1, c: 1}]", (2, 20)),
    ],
)
def test_13_duplicate_keys(yaml: str, place: tuple[int, int]) -> None:
    assert only(yaml) == ("AKL004", *place)
    message = read(f"---\n{yaml}\n---\n").findings[0].message
    assert "line" in message  # and it says where the first one stands
    # Through a merge they cannot come, since the anchor is refused before.
    assert only("a: &x {k: 1}\nb: {<<: *x, k: 2}") == ("AKL007", 2, 4)
    assert only("b: {<<: {k: 1}, k: 2}") == ("AKL007", 2, 5)


def test_14_dates_are_text_and_impossible_ones_too() -> None:
    texts = ["2026-01-11", "2026-01-11T10:00:00Z", "2026-13-41", "2026-01-11 10:00:00", "0000-00-00"]
    assert value("---\na: [" + ", ".join(texts) + "]\n---\n") == {"a": texts}


@pytest.mark.parametrize(
    ("plain", "meaning"),
    [
        (word, word)
        for word in [
            "no",
            "on",
            "y",
            "Yes",
            "OFF",
            "012",
            "0o14",
            "0x1F",
            "1:30",
            "1_000",
            ".inf",
            "-.inf",
            "NaN",
            ".nan",
            "+1",
            "1.",
            ".5",
        ]
    ]
    + [("1e3", 1000.0), ("~", None), ("null", None), ("true", True), ("-0", 0), ("1.50", 1.5)],
)
def test_15_what_plain_words_mean(plain: str, meaning: Any) -> None:
    found = value(f"---\na: {plain}\n---\n")["a"]
    assert (found, type(found)) == (meaning, type(meaning))


@pytest.mark.parametrize(
    ("yaml", "code", "place"),
    [
        ("solution: fix: thing", "AKL003", (2, 14)),
        ("a: @x", "AKL003", (2, 4)),
        ("a: `x`", "AKL003", (2, 4)),
        ("a: %x", "AKL003", (2, 4)),
        ("a: *bold* text", "AKL003", (2, 9)),
        ("a: [[Note]] and more", "AKL003", (2, 13)),
        ('a: "x" and more', "AKL003", (2, 8)),
        ("a: > x", "AKL003", (2, 6)),
        ("a: *x", "AKL007", (2, 4)),
        ("a: &x y", "AKL007", (2, 4)),
        ("a: !x", "AKL008", (2, 4)),
        ("a: {{ x }}", "AKL009", (2, 5)),
    ],
)
def test_16_text_that_needed_quotes(yaml: str, code: str, place: tuple[int, int]) -> None:
    assert only(yaml) == (code, *place)
    hint = read(f"---\n{yaml}\n---\n").findings[0].hint
    assert "quote" in hint or code == "AKL009" or yaml == "a: *x"


def test_16_a_tab_as_indent_and_a_link_that_is_a_list() -> None:
    for yaml, line in (("a:\n\tb: 1", 3), ("a:\n  b: 1\n\tc: 2", 4)):
        assert only(yaml) == ("AKL003", line, 1)
        assert read(f"---\n{yaml}\n---\n").findings[0].hint == "indent with blanks, not with tabs"
    assert value("---\na: [[Note]]\n---\n") == {"a": [["Note"]]}  # good YAML; the schema says what should stand there


@pytest.mark.parametrize(
    "yaml",
    [
        "a: &x 1",
        "a: &a [*a]",
        "&a [*a]",
        "a: *x",
        "a: {<<: {b: 1}}",
        "a: &a [x, x]\n" + "\n".join(f"b{i}: &b{i} [*a, *a, *a]" for i in range(7)),
    ],
)
def test_17_anchors_aliases_and_merges_are_refused(yaml: str) -> None:
    assert only(yaml)[0] == "AKL007"


def nested(levels: int) -> str:
    """A mapping with ``levels`` levels, itself the first."""
    return "a: " + "[" * (levels - 1) + "]" * (levels - 1)


def test_18_nesting() -> None:
    assert value(f"---\n{nested(64)}\n---\n")["a"] != []
    assert only(nested(65)) == ("AKL007", 2, 67)
    for deep in ("a: " + "[" * 32_000, "- " * 32_000, "a: " + "{b: " * 32_000):
        assert only(deep)[0] == "AKL007"
    assert only("? " * 32_000) == ("AKL009", 2, 3)  # a key that is a collection is refused before it is deep


def test_19_sizes() -> None:
    room = "a: " + "x" * (FRONT_LIMIT - 4) + "\n"
    assert value(f"---\n{room}---\n") == {"a": "x" * (FRONT_LIMIT - 4)}
    assert read(f"---\nb{room}---\n").findings[0].code == "AKL007"
    assert only("a: " + "x" * (1 << 20)) == ("AKL007", 1, 1)
    # A file has a limit too, of 4 MiB with its body: what is larger is refused, not read in part.
    (finding,) = read("---\na: 1\n---\n" + "x" * FILE_LIMIT).findings
    assert (finding.code, finding.line, finding.column) == ("AKL007", 1, 1)


@pytest.mark.parametrize(
    "tagged", ['!!python/object/apply:os.system ["true"]', "!foo x", "!!binary aGk=", "!!set {a}", "!<tag:x> y", "! z"]
)
def test_20_tags_are_refused(tagged: str) -> None:
    assert only(f"a: {tagged}") == ("AKL008", 2, 4)


@pytest.mark.parametrize("key", ["1", "true", "null", "~", "1.5", "1e3", "-7"])
def test_20_keys_that_are_no_text(key: str) -> None:
    assert only(f"{key}: x") == ("AKL009", 2, 1)


def test_20_what_other_readers_would_make_something_of() -> None:
    # Dates and words are text as keys, as they are as values; large numbers are text, so that none is rounded.
    assert value("---\n2026-01-11: x\nyes: y\n012: z\n---\n") == {"2026-01-11": "x", "yes": "y", "012": "z"}
    assert value("---\na: 9007199254740993\n---\n") == {"a": "9007199254740993"}
    assert only("? [a]\n: x") == ("AKL009", 2, 3)
