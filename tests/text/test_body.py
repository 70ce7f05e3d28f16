"""The body: what a session says can open nothing, and the template has the last word on nothing but the layout."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from akislog.core.session import Session
from akislog.errors import UsageError
from akislog.text.body import OUTPUT_LIMIT, PROMPT_WIDTH, TEXT_WIDTH, body, code, escape, one_line
from tests.sessions import NASTY, ended, sessions, started, texts
from tests.text.test_roundtrip import everywhere

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INLINE = {"text", "text_special", "softbreak", "strong_open", "strong_close", "code_inline"}
HOSTILE = [
    *NASTY,
    "# heading",
    "#",
    "title #",
    "ends with hashes ##",
    "## a ##",
    "=====",
    "- - -",
    "* * *",
    "+ item",
    "1. item",
    "1) item",
    "123456789. item",
    "> quote",
    "```",
    "~~~",
    "    code",
    "| a | b |",
    "|---|---|",
    ":-: | :-:",
    "[x] done",
    "[link](https://example.org)",
    "[ref]: https://example.org",
    "![image](https://example.org/x.png)",
    "<script>alert(1)</script>",
    "<!-- comment",
    "<https://example.org>",
    "<a@b.c>",
    "&lt;b&gt; &amp; &#65; &#x41; &copy",
    "**bold** __bold__ *a* _b_ ~~gone~~ ~gone~",
    "snake_case_name and _edge_ and __dunder__",
    "`code` ``more``",
    "`" * 7,
    "a ` b `` c",
    "\\",
    "ends with \\",
    "\\* \\[ \\`",
    "\\|",
    "a\\|b|c",
    "x\n# heading\n\n- item",
    "x\r\n\r\n# heading",
    "x\u2028# heading",
    "\u200b# heading",
    "word" * 100,
    "[" * 400,
    "*" * 200,
    "_a_" * 100,
]


def blocks(text: str) -> list[tuple[str, str, int]]:
    """The structure of a Markdown text, without what is said in it."""
    found = []
    for token in MARKDOWN.parse(text):
        found.append((token.type, token.tag, token.level))
        for child in token.children or []:
            assert child.type in INLINE, f"{child.type} in {token.content!r}"
    return found


def said(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens if token.type != "softbreak")


def seen(text: str) -> bool:
    return bool(one_line(text))


STRUCTURE = blocks(body(everywhere("words").finish().record))


@pytest.mark.parametrize("text", [text for text in HOSTILE if seen(text)], ids=lambda text: ascii(text[:20]))
def test_no_text_opens_anything(text: str) -> None:
    assert blocks(body(everywhere(text).finish().record)) == STRUCTURE


@given(text=st.one_of(texts(), st.text("#*_`[]()<>!|~\\&;-+=.1 \nax:", max_size=40)).filter(seen))
def test_no_random_text_opens_anything(text: str) -> None:
    if text.strip():
        assert blocks(body(everywhere(text).finish().record)) == STRUCTURE


@given(
    text=st.one_of(st.sampled_from(HOSTILE), texts(), st.text("#*_`[]()<>!|~\\&;-+=.1 ax:é", max_size=40)).filter(seen)
)
def test_escaped_text_reads_as_its_characters(text: str) -> None:
    line = one_line(text)
    for lead in ("", "- ", "# ", "> ", "- x\n  → "):
        tokens = MARKDOWN.parse(lead + escape(text))
        inline = next(token for token in reversed(tokens) if token.type == "inline")
        assert said(inline.children or []).removeprefix("x→ ") == line, lead


@given(text=st.one_of(st.sampled_from(HOSTILE), texts(), st.text("`|\\ a", max_size=30)).filter(seen))
def test_code_spans_hold_what_they_are_given(text: str) -> None:
    line = one_line(text)
    (inline,) = [token for token in MARKDOWN.parse(f"- {code(text)} passed") if token.type == "inline"]
    first, rest = inline.children or []
    assert (first.type, first.content, rest.content) == ("code_inline", line, " passed")
    table = MARKDOWN.parse(f"| File | Changes |\n|------|---------|\n| {code(text, cell=True)} | x |\n")
    cells = [token for token in table if token.type == "inline"]
    assert len(cells) == 4
    assert said(cells[2].children or []) == line
    assert cells[3].content == "x"


@given(text=texts(), width=st.integers(2, 200))
def test_one_line(text: str, width: int) -> None:
    made = one_line(text, width)
    assert len(made) <= width
    assert made == made.strip()
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u202a-\u202e\u2066-\u2069\u200e\u200f]|\s\s|[^\S ]", made
    )
    assert one_line(made, width) == made


def test_what_is_escaped_and_what_is_not() -> None:
    assert escape("plain words, with: signs; (and) more!") == "plain words, with: signs; (and) more!"
    assert escape("a_b_c _d_") == "a_b_c \\_d\\_"
    assert escape("1. one") == "1\\. one"
    assert escape("# x - y") == "\\# x - y"
    assert escape("AT&T &amp; co") == "AT&T \\&amp; co"
    assert escape("a\n\tb\u2028c") == "a b c"
    assert escape("x" * 500) == "x" * (TEXT_WIDTH - 1) + "…"
    assert len(escape("x" * 500, PROMPT_WIDTH)) == PROMPT_WIDTH


# -- the sections -----------------------------------------------------------------------------------------------


def sections(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_a_session_with_nothing_in_it_has_a_summary_alone() -> None:
    text = body(ended(started("Nothing done")).finish().record)
    assert sections(text) == ["Summary"]
    assert text.startswith(
        "\n# Session Log: Nothing done\n\n"
        "**Date:** 2026-03-04\n**Duration:** ~0 min\n**Complexity:** simple\n\n"
        "## Summary\n\nSession completed: no work.\n"
    )
    assert text.endswith("no work.\n")


@pytest.mark.parametrize(
    ("section", "verb"),
    [
        ("Tasks Completed", lambda s: s.task("one").done()),
        ("Files Modified", lambda s: s.file("a.py")),
        ("Root Causes", lambda s: s.root_cause("p")),
        ("Gotchas", lambda s: s.gotcha("p")),
        ("Verification", lambda s: s.command("make")),
        ("Verification", lambda s: s.verify("make", True)),
    ],
)
def test_a_section_is_there_where_there_is_something(section: str, verb: Any) -> None:
    session = started()
    verb(session)
    assert sections(body(ended(session).finish().record)) == ["Summary", section]


def test_all_sections_in_order() -> None:
    assert sections(body(everywhere("word").finish().record)) == [
        "Summary",
        "Tasks Completed",
        "Left Open",
        "Delegations",
        "Files Modified",
        "Root Causes",
        "Gotchas",
        "Verification",
    ]


def test_how_it_reads() -> None:
    s = started("Sign in", complexity="medium")
    top = s.task("Sign in with a token", skill="backend-api", checklist=["Tests", "Docs"]).start(
        at="2026-03-04T10:16:00Z"
    )
    low = top.subtask("Login page")
    low.delegate("design", prompt="Draw it").fail("no access")
    other = top.subtask("Write")
    other.delegate("docs").partial("half of it")
    top.check("Tests", done=True).done("People can sign in", at="2026-03-04T10:28:00Z")
    s.task("Later")
    s.task("Not wanted").cancel()
    s.file("app/a.py", "created", added=84, removed=0)
    s.file("app/b.py", added=3, removed=1)
    s.file("app/b.py", added=1, removed=1, task="t1")
    s.root_cause("Refused", "Allow skew")
    s.gotcha("Clocks", warning="They drift", solution="Allow skew")
    s.command("pytest -q", exit_code=0)
    s.command("make", exit_code=2)
    s.command("ls")
    s.verify("lint", ok=True)
    text = body(ended(s).finish().record)
    assert text.split("## Tasks Completed\n")[1] == (
        "\n- ✓ Sign in with a token [backend-api, 12 min]\n"
        "  → People can sign in\n"
        "  - [x] Tests\n"
        "  - [ ] Docs\n"
        "  - ✗ Login page [design, 0 min]\n"
        "    → no access\n"
        "  - ⊘ Write [docs]\n"
        "    → half of it\n"
        "- ○ Later\n"
        "- ✗ Not wanted\n"
        "\n## Left Open\n\n"
        "- [ ] Docs (Sign in with a token)\n"
        "- ⊘ Write\n"
        "- ○ Later\n"
        "\n## Delegations\n\n"
        "- design (failure): Login page\n"
        "  - asked: Draw it\n"
        "  - returned: no access\n"
        "- docs (partial): Write\n"
        "  - returned: half of it\n"
        "\n## Files Modified\n\n"
        "| File | Changes |\n|------|---------|\n"
        "| `app/a.py` | created (+84 −0) |\n"
        "| `app/b.py` | modified (+4 −2) |\n"
        "\n## Root Causes\n\n- Refused\n  → Allow skew\n"
        "\n## Gotchas\n\n- Clocks\n  → They drift\n  → Allow skew\n"
        "\n## Verification\n\n"
        "- `pytest -q` passed\n- `make` failed (exit code 2)\n- `ls`\n- lint: passed\n"
    )


HOT = r"(?i)(problem|issue|error|bug|solution|fix|resolved):"


def test_no_label_is_one_that_old_readers_search_for() -> None:
    assert not re.search(HOT, body(everywhere("word").finish().record))


@given(session=sessions())
def test_the_body_of_any_session(session: Session) -> None:
    text = body(session.finish().record)
    blocks(text)
    assert text.startswith("\n# Session Log:")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text


# -- a template of one's own ------------------------------------------------------------------------------------


def mine(template: str) -> str:
    session = started("A *title*")
    session.task("one <b>", checklist=["a"]).done("fine")
    return body(ended(session).finish().record, template)


def test_a_template_sees_escaped_text() -> None:
    assert mine("T: {{ title }}{% for t in tasks %} {{ t.glyph }} {{ t.description }}{% endfor %}") == (
        "\nT: A \\*title\\* ✓ one \\<b\\>\n"
    )


@pytest.mark.parametrize(
    "template",
    [
        "{% for %}",
        "{{ title",
        "{{ nothing.at.all }}",
        "{{ 1 / 0 }}",
        "{{ title + 5 }}",
        "{{ tasks[99].x }}",
        "{{ title.__class__.__mro__[1].__subclasses__() }}",
        "{{ tasks.append(1) }}",
        "{{ ''.__class__ }}{{ cycler.__init__.__globals__.os.system('true') }}",
        "{% include 'other' %}",
        "{% extends 'other' %}",
        "{% import '/etc/passwd' as x %}",
        "{{ title | nofilter }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for a in range(99999999) %}x{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}" + "x" * 100 + "{% endfor %}{% endfor %}",
        "{{ 'x' * 5000000 }}",
        "{{ '%9999999d' % 1 }}",
        "{{ 'x'.ljust(99999999999999) }}",
    ],
)
def test_a_template_that_fails_is_named(template: str) -> None:
    with pytest.raises(UsageError, match="template"):
        mine(template)


def test_the_output_of_a_template_is_limited() -> None:
    assert len(mine("x" * OUTPUT_LIMIT)) == OUTPUT_LIMIT + 2
    with pytest.raises(UsageError, match=str(OUTPUT_LIMIT)):
        mine("x" * (OUTPUT_LIMIT + 1))


def test_a_template_sees_the_record_alone() -> None:
    assert mine("{{ environ }}{{ os }}{{ open }}{{ log }}{{ record }}") == "\n\n"
