"""What an edit changed, from the texts agents leave of it: apply_patch envelopes, unified diffs, replacements.

Only paths and numbers of lines are taken, never the lines themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BEGIN = "*** Begin Patch"
_ACTIONS = {"*** Add File: ": "created", "*** Update File: ": "modified", "*** Delete File: ": "deleted"}
_MOVE = "*** Move to: "


@dataclass(frozen=True)
class Change:
    """A change of one file: created, modified or deleted, with the lines it gained and lost where that is known."""

    path: str
    action: str
    added: int | None = None
    removed: int | None = None


def of_patch(patch: str) -> list[Change]:
    """The changes an apply_patch text asks for; a moved file is deleted in one place and created in another."""
    return [change for section in _sections(patch) for change in _of_section(section)]


def of_diff(diff: str) -> tuple[int, int]:
    """Lines added and removed by a unified diff, with or without its header."""
    added = removed = 0
    in_hunk = not diff.startswith(("diff ", "--- ", "Index: "))
    for line in diff.split("\n"):
        if line.startswith("@@"):
            in_hunk = True
        elif line.startswith(("diff --git ", "Index: ")):
            in_hunk = False  # the next file's header
        elif in_hunk and line.startswith("+"):
            added += 1
        elif in_hunk and line.startswith("-"):
            removed += 1
    return added, removed


def of_replacement(old: str, new: str) -> tuple[int, int]:
    """Lines added and removed where ``new`` takes the place of ``old``: all but what both begin and end with."""
    before, after = old.splitlines(), new.splitlines()
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if before[-1 - at] != after[-1 - at]), left)
    return len(after) - head - tail, len(before) - head - tail


def moved(path: str, to: str, added: int | None, removed: int | None) -> list[Change]:
    """The changes that a move makes."""
    return [Change(path, "deleted"), Change(to, "created", added, removed)]


def _sections(patch: str) -> Iterator[list[str]]:
    """The lines of each file of a patch, its header first."""
    section: list[str] = []
    for line in patch.split("\n"):
        if line.startswith(tuple(_ACTIONS)):
            if section:
                yield section
            section = [line]
        elif section and line.startswith("*** End Patch"):
            yield section
            section = []
        elif section:
            section.append(line)
    if section:
        yield section


def _of_section(section: list[str]) -> list[Change]:
    start = next(one for one in _ACTIONS if section[0].startswith(one))
    path, action = section[0][len(start) :].strip(), _ACTIONS[start]
    if not path:
        return []
    if action == "deleted":
        return [Change(path, action)]
    body = section[1:]
    added = sum(line.startswith("+") for line in body)
    removed = sum(line.startswith("-") for line in body)
    if body and body[0].startswith(_MOVE) and body[0][len(_MOVE) :].strip():
        return moved(path, body[0][len(_MOVE) :].strip(), added, removed)
    return [Change(path, action, added, removed)]
