"""Which codes are reported."""

from __future__ import annotations

import pytest

from akislog.checks.selection import Selection, selection
from akislog.errors import UsageError

CODES = ("AKL001", "AKL101", "AKL201", "AKL203", "AKL301")


@pytest.mark.parametrize(
    ("select", "ignore", "taken"),
    [
        ([], [], CODES),
        (["AKL2"], [], ("AKL201", "AKL203")),
        (["AKL203,AKL301"], [], ("AKL203", "AKL301")),
        (["akl203", " AKL1 "], [], ("AKL101", "AKL203")),
        ([], ["AKL2"], ("AKL001", "AKL101", "AKL301")),
        (["AKL2"], ["AKL203"], ("AKL201",)),
        (["AKL203"], ["AKL2"], ("AKL203",)),
        (["AKL203"], ["AKL203"], ()),
    ],
)
def test_the_longer_beginning_decides(select: list[str], ignore: list[str], taken: tuple[str, ...]) -> None:
    chosen = selection(select, ignore, CODES)
    assert tuple(code for code in CODES if chosen.takes(code)) == taken


def test_nothing_chosen_is_everything() -> None:
    assert all(Selection().takes(code) for code in CODES)


@pytest.mark.parametrize("option", ["select", "ignore"])
def test_an_unknown_code_is_wrong_usage(option: str) -> None:
    with pytest.raises(UsageError, match=rf'--{option} "AKL2O3" is no code.*did you mean AKL203\?'):
        selection(**{"select": [], "ignore": [], option: ["AKL2O3"]}, codes=CODES)
