from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.core.task import STATUSES
from akislog.text.todo_name import TodoName, parse, render


@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("○ [code:WORK:backend-api] Add login", TodoName("Add login", "pending", "code", "WORK", "backend-api")),
        (
            "⧖ [code:WORK:backend-api] Add login [parent→t1 deps→t2,t3]",
            TodoName("Add login", "delegated", "code", "WORK", "backend-api", "t1", ("t2", "t3")),
        ),
        ("✓ Plain", TodoName("Plain", "done")),
        ("◆ [AKIS:START:] Plan [deps→t9]", TodoName("Plan", "working", "AKIS", "START", "", "", ("t9",))),
        ("⊘ Wait", TodoName("Wait", "paused")),
        ("✗ Broke", TodoName("Broke", "failed")),
        ("no glyph [x] at all", TodoName("no glyph [x] at all")),
        ("○ [only:two] parts", TodoName("[only:two] parts")),
        ("", TodoName("")),
    ],
)
def test_names_are_read_in_their_parts(name: str, todo: TodoName) -> None:
    assert parse(name) == todo


WORD = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True)


@given(
    st.builds(
        TodoName,
        st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9 .,:→]{0,30}[A-Za-z0-9])?", fullmatch=True),
        st.sampled_from([status for status in STATUSES if status != "cancelled"]),
        WORD,
        WORD,
        WORD,
        st.one_of(st.just(""), WORD),
        st.lists(WORD, max_size=3).map(tuple),
    )
)
def test_what_is_rendered_is_parsed(todo: TodoName) -> None:
    assert parse(render(todo)) == todo


@given(st.text())
def test_any_text_is_a_name(text: str) -> None:
    parse(text)
