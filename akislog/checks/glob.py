"""Path patterns: ``*`` and ``?`` within a name, ``**`` for any folders.

Matching takes at most the product of the two lengths, whatever the pattern, since patterns come from anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def within(path: str, pattern: str) -> bool:
    """Whether ``path`` fits ``pattern``, or lies in a folder that does."""
    if path.startswith(pattern.removesuffix("**")) and pattern.endswith("/**"):
        return True  # as most do
    names, parts = _parts(path), _parts(pattern)
    return _fits(names, parts, "**", _name_fits) or _fits(names, [*parts, "**"], "**", _name_fits)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _name_fits(name: str, pattern: str) -> bool:
    return _fits(name, pattern, "*", lambda char, wanted: wanted in ("?", char))


def _fits(items: Sequence[str], pattern: Sequence[str], star: str, same: Callable[[str, str], bool]) -> bool:
    at = want = 0
    last_star, taken = -1, 0  # where to go back to: a later star never needs an earlier one to take more
    while at < len(items):
        if want < len(pattern) and pattern[want] == star:
            last_star, taken = want, at
            want += 1
        elif want < len(pattern) and same(items[at], pattern[want]):
            at, want = at + 1, want + 1
        elif last_star >= 0:
            taken += 1
            at, want = taken, last_star + 1
        else:
            return False
    return all(part == star for part in pattern[want:])
