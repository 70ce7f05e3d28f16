"""Every way to publish and replace, through every campaign; and the harness itself against wrong writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.durability import campaigns
from tests.durability.campaigns import CAMPAIGNS, WAYS, Way
from tests.durability.harness import STRACE, faults, fresh, run
from tests.durability.job import Job, Outcome
from tests.durability.mutants import MUTANTS

pytestmark = pytest.mark.skipif(STRACE is None, reason="no strace here; install it to run the durability tests")


def survived(capsys: pytest.CaptureFixture[str], name: str, lines: list[str]) -> None:
    """Print how many runs there were, and fail with all that went wrong."""
    wrong = [line for line in lines if line]
    with capsys.disabled():
        print(f"\n{name}: {len(lines)} runs, {len(wrong)} wrong", end="")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("campaign", ["undisturbed", "killed", "raced", "modelled"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way(way: str, campaign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(CAMPAIGNS[campaign](WAYS[way], tmp_path))
    survived(capsys, f"{campaign}, {way}", lines)
    assert campaign != "killed" or len(lines) >= 20, "the trace misses calls"


@pytest.mark.parametrize("way", ["unnamed", "named"])
def test_short_writes(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survived(capsys, f"short, {way}", list(campaigns.short(WAYS[way], tmp_path)))


def test_interrupts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survived(capsys, "interrupted, named", list(campaigns.interrupted(WAYS["named"], tmp_path)))


def test_every_error_at_every_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survived(capsys, "disturbed, unnamed", list(campaigns.disturbed(WAYS["unnamed"], tmp_path)))


@pytest.mark.parametrize(
    ("nth", "error", "outcome"),
    [
        (3, "EIO", Outcome.CREATED),  # the data, once: a new file from memory
        (3, "ENOSPC", Outcome.REFUSED),
        (1, "EINVAL", Outcome.BEST_EFFORT),  # a file system that cannot sync folders
        (4, "EINVAL", Outcome.BEST_EFFORT),
        (4, "EIO", Outcome.UNCONFIRMED),
        (4, "ENOSPC", Outcome.UNCONFIRMED),
    ],
)
def test_what_a_failed_fsync_means(nth: int, error: str, outcome: Outcome, tmp_path: Path) -> None:
    """The four: the root, the folder on the way, the data, the log folder."""
    job = fresh(Job(), tmp_path)
    assert run(job, (f"fsync:error={error}:when={nth}",))[0] is outcome
    assert faults(job, outcome) == []


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_more_errors_in_every_way(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    errors = campaigns.ERRORS + campaigns.MORE_ERRORS
    survived(capsys, f"disturbed, {way}", list(campaigns.disturbed(WAYS[way], tmp_path, errors)))


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_interrupts_and_short_writes_in_every_way(way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survived(capsys, f"interrupted, {way}", list(campaigns.interrupted(WAYS[way], tmp_path)))
    survived(capsys, f"short, {way}", list(campaigns.short(WAYS[way], tmp_path)))


def test_mutants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each wrong writer is caught by the campaign for its mistake, and for that mistake; some by the model, too."""

    def catch(name: str) -> str:
        mutant, base = MUTANTS[name], tmp_path / name
        base.mkdir()
        way = Way(Job(writer=name, prior="b", expected="b") if mutant.replaces else Job(writer=name))
        if mutant.model and not any(mutant.model in line for line in campaigns.modelled(way, base)):
            return ""
        return next((line for line in CAMPAIGNS[mutant.campaign](way, base) if mutant.fault in line), "")

    caught = dict(zip(MUTANTS, campaigns.each(catch, list(MUTANTS)), strict=True))
    with capsys.disabled():
        print("".join(f"\n  {name}: {line or 'NOT CAUGHT'}" for name, line in caught.items()))
        print(f"mutants caught {sum(map(bool, caught.values()))}/{len(MUTANTS)}", end="")
    assert all(caught.values()), [name for name, line in caught.items() if not line]
