"""Which codes a check reports: chosen by their beginnings (``AKL2``, ``AKL203``).

The longer one decides; where both are as long, the one that ignores.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from akislog.checks.wording import closest, shown
from akislog.errors import UsageError


class Selection(NamedTuple):
    """Beginnings of codes that are reported, and of those that are not; nothing selected means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, code: str) -> bool:
        """Whether findings of this code are reported."""
        wanted = _longest(code, self.select) if self.select else 0
        return wanted >= 0 and wanted > _longest(code, self.ignore)


def selection(select: Sequence[str], ignore: Sequence[str], codes: Collection[str]) -> Selection:
    """What the options say, each of them one or more beginnings with commas. UsageError where one fits no code."""
    return Selection(beginnings(select, codes, "--select"), beginnings(ignore, codes, "--ignore"))


def beginnings(given: Sequence[str], codes: Collection[str], option: str) -> tuple[str, ...]:
    """The beginnings in these texts, in capitals. UsageError, which names ``option``, where one fits no code."""
    found = tuple(one.strip().upper() for part in given for one in part.split(",") if one.strip())
    for one in found:
        if not any(code.startswith(one) for code in codes):
            near = closest(one, codes)
            hint = f"did you mean {near}?" if near else "akislog explain lists them"
            raise UsageError(f"{option} {shown(one)} is no code, nor the beginning of one; {hint}")
    return found


def _longest(code: str, beginnings: Sequence[str]) -> int:
    """The length of the longest beginning that fits; -1 where none does."""
    return max((len(one) for one in beginnings if code.startswith(one)), default=-1)
