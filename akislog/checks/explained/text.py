"""What an explanation consists of."""

from __future__ import annotations

from typing import NamedTuple


class Explanation(NamedTuple):
    """Why a rule matters, how to mend what it finds, and a piece of a log that breaks it and one that keeps it."""

    why: str
    mend: str
    wrong: str = ""
    right: str = ""
