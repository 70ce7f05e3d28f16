"""Places found in a part of a front matter are those found in the whole, wherever the parts begin and end."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from akislog.text.document import render
from akislog.text.frontmatter import Front, load, split
from akislog.text.part import PartFinder, finder
from akislog.text.places import Finder
from benchmarks.corpus import record, texts

# Each would be cut in the wrong place by somebody who only looks for lines.
ODD = {
    "braces around all": '{a: 1,\nb: [x, y],\nc: {d: "e"}}\n',
    "braces around all, one key a line": "{\na: 1,\nb: 2\n}\n",
    "braces, a key inside a text": '{a: 1, b: [], d:\n"x\nb: y",\nc: 4}\n',
    "a text over lines": 'a: "one\nb: two"\nb: 1\nc: 2\n',
    "as many lines as keys, but others": 'a: "one\nb: two"\nb: {x: 1}\n',
    "a plain text over lines": "a: one\n  two\nb:\n  - x\n  - y\n",
    "a block with what looks like items": 'a:\n  - |\n    x\n  - "y\n  - z"\n',
    "items at the first column": "a:\n- id: 1\n- id: 2\nb: 3\n",
    "items further in": "a:\n    - id: 1\n    - id: 2\nb: 3\n",
    "items inside of items": "a:\n  - - x\n    - y\n  - - z\n",
    "an item whose map begins on the next line": "a:\n  -\n    id: 1\n  - id: 2\n",
    "comments": "# one\na: 1\nb: # two\n  # three\n  - x # four\n  - y\n",
    "a comment before the value": "a: # [\n  [1, 2]\nb: 1\n",
    "empty lines": "\n\na:\n\n  - x\n\n  - y\n\nb: 1\n",
    "explicit keys": "? a\n: b\n? c\n: d\n",
    "quoted keys": '"a": 1\n\'b\':\n  - x\n"c d": [1]\n',
    "the whole further in": "  a: 1\n  b:\n    - x\n",
    "CR LF": "a: 1\r\nb:\r\n  - x\r\n  - y\r\n",
    "a mark of byte order in a text": 'a: "\ufeff"\nb:\n  - "\ufeffx"\n  - y\n',
    "beyond ASCII": 'a: "ü→𝄞"\nb:\n  - "ü→𝄞"\n  - id: "ü"\n    c: x\n',
    "no end of the last line": "a: 1\nb:\n  - x\n  - y: 2",
    "one key alone": "a: [1, {b: 2}]\n",
    "a key that begins like another": "ab: 1\na:\n  - x\n  - y\n",
}


def _pointers(value: Any, pointer: str = "") -> Iterator[str]:
    """Of every value, and some beside: keys and numbers that are not there."""
    yield pointer
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _pointers(one, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        yield f"{pointer}/none"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _pointers(one, f"{pointer}/{number}")
        yield from (f"{pointer}/{len(value)}", f"{pointer}/x")


def _found(places: Finder, pointer: str) -> tuple[Any, ...]:
    return places.span(pointer), places.position(pointer), places.extent(pointer), places.key_extent(pointer)


def _wrong(text: str, rng: Random, together: int = 5) -> list[str]:
    """The pointers whose places in a part are others than in the whole."""
    front = load(text.encode("utf-8", "surrogatepass"), by_layout=False)
    if front.value is None:
        return []
    whole, pointers = front.finder(), list(_pointers(front.value))
    rng.shuffle(pointers)
    wrong = []
    for start in range(0, len(pointers), together):
        part = PartFinder(Front(front.value, None, (), front.text))
        asked = pointers[start : start + together]
        wrong += [one for one in asked if _found(part, one) != _found(whole, one)]
    return wrong


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_what_is_laid_out_otherwise_is_read_as_a_whole(text: str) -> None:
    assert load(text.encode(), by_layout=False).value is not None
    for together in (1, 100):
        assert _wrong(text, Random(1), together) == []


def test_every_place_of_a_log_is_that_of_the_whole() -> None:
    for text in texts(6, 3):
        assert _wrong(split(text.encode())[0].yaml.decode(), Random(2)) == []


@pytest.mark.parametrize("count", [150, pytest.param(5_000, marks=pytest.mark.long)])
def test_places_in_logs_with_a_few_characters_changed(count: int) -> None:
    rng, read = Random(5), 0
    logs = [split(render(record(4, index)).encode())[0].yaml.decode()[:3000] for index in range(12)]
    for _ in range(count):
        text = rng.choice(logs)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice(["", "\n", " ", "  - ", '"', "#", ", ", "{", "x: "]) + text[at + 1 :]
        text = text[: text.rfind("\n", 0, rng.randrange(len(text))) + 1]
        read += load(text.encode(), by_layout=False).value is not None
        assert _wrong(text, rng, 20) == [], text
    assert read > count // 20


def test_a_log_of_ours_is_not_read_as_a_whole_for_a_few_places() -> None:
    front = load(split(next(iter(texts(1, 3))).encode())[0].yaml)
    places = finder(front)
    for pointer in ("/tasks", "/tasks/0/status", "/tasks/1", "/session/title", "/files/types"):
        assert places.span(pointer) == Finder(
            front.value, load(front.text.encode(), by_layout=False).places, front.text
        ).span(pointer)
    assert front._places is None
    for number in range(40):
        places.span(f"/tasks/{number}/status" if number < 8 else f"/{list(front.value or {})[number % 9]}/x")
    assert places.span("/tasks/0/id") == front.finder().span("/tasks/0/id")
