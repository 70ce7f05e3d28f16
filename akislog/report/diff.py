"""The difference of two files as a unified diff, which ``patch -p0`` takes.

What is the same at both ends is left out first, and where very much differs the whole of it is told as taken away and
put in its place: a diff costs no more than its lines, whatever the files hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_CONTEXT = 3
_MOST_COMPARED = 4000  # lines; comparing takes up to the square of it
_Opcode = tuple[str, int, int, int, int]


def unified(old: bytes, new: bytes, name: str) -> bytes:
    """The diff from ``old`` to ``new``, a file called ``name``; empty where they are the same."""
    if old == new:
        return b""
    before, after = _lines(old), _lines(new)
    head = _same(before, after)
    tail = _same(before[head:][::-1], after[head:][::-1])
    title = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").encode("utf-8", "backslashreplace")
    told = [b"--- " + title, b"+++ " + title]
    for group in _Changes(before, after, head, tail).get_grouped_opcodes(_CONTEXT):
        told += _hunk(before, after, group)
    return b"\n".join([*told, b""])


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends, at LF alone."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _same(one: list[bytes], other: list[bytes]) -> int:
    """How many lines at the beginning are the same."""
    for number, (line, beside) in enumerate(zip(one, other, strict=False)):
        if line != beside:
            return number
    return min(len(one), len(other))


class _Changes(SequenceMatcher[bytes]):
    """What differs between two lists of lines of which ``head`` and ``tail`` lines at the ends are the same."""

    def __init__(self, before: list[bytes], after: list[bytes], head: int, tail: int) -> None:
        self._ends = (head, len(before) - tail, len(after) - tail, tail)
        inside = before[head : len(before) - tail], after[head : len(after) - tail]
        self._large = len(inside[0]) + len(inside[1]) > _MOST_COMPARED
        super().__init__(None, *(([], []) if self._large else inside), autojunk=False)

    def get_opcodes(self) -> list[_Opcode]:  # type: ignore[override]
        """Opcodes of the whole lists."""
        head, old, new, tail = self._ends
        inside = [("replace", 0, old - head, 0, new - head)] if self._large else super().get_opcodes()
        moved = [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in inside]
        return [("equal", 0, head, 0, head), *moved, ("equal", old, old + tail, new, new + tail)]


def _hunk(before: list[bytes], after: list[bytes], group: Sequence[_Opcode]) -> Iterator[bytes]:
    """One hunk, line by line."""
    old, new = _range(group[0][1], group[-1][2]), _range(group[0][3], group[-1][4])
    yield f"@@ -{old} +{new} @@".encode()
    for tag, start, end, new_start, new_end in group:
        if tag == "equal":
            for line in before[start:end]:
                yield from _told(b" ", line)
            continue
        for line in before[start:end]:
            yield from _told(b"-", line)
        for line in after[new_start:new_end]:
            yield from _told(b"+", line)


def _range(start: int, end: int) -> str:
    first = start + 1 if end > start else start
    return f"{first}" if end - start == 1 else f"{first},{end - start}"


def _told(sign: bytes, line: bytes) -> Iterator[bytes]:
    yield sign + line.removesuffix(b"\n")
    if not line.endswith(b"\n"):
        yield b"\\ No newline at end of file"
