"""A baseline knows a finding again after lines shift, list positions change and a file is renamed; no other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.checks.baseline import compare, dumped, fingerprint, loaded
from akislog.core.finding import Finding
from akislog.errors import UsageError


def finding(
    code: str = "AKL203", path: str = "a.md", pointer: str = "/tasks/1/parent_task_id", **more: object
) -> Finding:
    return Finding(code, "error", "said", path=path, pointer=pointer, **more)  # type: ignore[arg-type]


def known(*findings: Finding):  # type: ignore[no-untyped-def]
    return loaded(dumped(findings), "baseline.json")


def test_the_same_finding_is_known_wherever_it_moves() -> None:
    before = finding(line=4, column=2, found="t9")
    after = finding(line=90, column=7, found="t9", pointer="/tasks/12/parent_task_id")
    assert fingerprint(before) == fingerprint(after)
    assert fingerprint(before) != fingerprint(finding(found="t8"))
    assert fingerprint(before) != fingerprint(finding(found="t9", code="AKL204"))
    assert fingerprint(before) != fingerprint(finding(found="t9", pointer="/delegations/1/parent_task_id"))


def test_what_is_known_is_left_out_and_what_is_new_is_not() -> None:
    old, new = finding(found="t9"), finding(found="t7")
    compared = compare([old, new], known(old), ["a.md"], [])
    assert compared == ([new], 1, [])


def test_one_more_of_the_same_kind_is_new() -> None:
    one = finding(found="t9")
    two = finding(found="t9", pointer="/tasks/5/parent_task_id")
    compared = compare([one, two], known(one), ["a.md"], [])
    assert (len(compared.new), compared.known) == (1, 1)


def test_what_was_mended_is_no_longer_needed() -> None:
    compared = compare([], known(finding(), finding(code="AKL206")), ["a.md"], [])
    assert sorted(compared.unneeded) == [("a.md", "AKL203", 1), ("a.md", "AKL206", 1)]


def test_a_renamed_file_keeps_its_entries() -> None:
    before = [finding(found=one) for one in ("t7", "t8", "t9")]
    after = [one._replace(path="b.md") for one in before[:2]] + [finding(found="t1", path="b.md")]
    compared = compare(after, known(*before), ["b.md"], ["a.md"])
    assert compared.new == [after[2]]
    assert (compared.known, compared.unneeded) == (2, [("a.md", "AKL203", 1)])


def test_a_file_that_is_still_there_was_not_renamed() -> None:
    compared = compare([finding(path="b.md")], known(finding()), ["b.md"], [])
    assert (len(compared.new), compared.unneeded) == (1, [])


def test_entries_of_files_that_were_not_checked_are_left_alone() -> None:
    compared = compare([], known(finding(path="a.md"), finding(path="b.md")), ["a.md"], [])
    assert compared.unneeded == [("a.md", "AKL203", 1)]


def test_entries_of_a_deleted_file_are_not_needed() -> None:
    assert compare([], known(finding(path="gone.md")), ["a.md"], ["gone.md"]).unneeded == [("gone.md", "AKL203", 1)]


def test_two_renamed_files_do_not_share_their_entries() -> None:
    before = [finding(path="a.md", found="t1"), finding(path="b.md", found="t2")]
    after = [finding(path="d.md", found="t2"), finding(path="c.md", found="t1")]
    assert compare(after, known(*before), ["c.md", "d.md"], ["a.md", "b.md"]) == ([], 2, [])


findings = st.builds(
    lambda code, path, number, found: finding(code, path, f"/tasks/{number}/id", found=found),
    st.sampled_from(["AKL201", "AKL203", "AKL206"]),
    st.sampled_from(["a.md", "b.md", 'c "\u2028\n.md']),
    st.integers(0, 30),
    st.text(max_size=5),
)


@given(st.lists(findings))
def test_a_baseline_of_findings_knows_them_all(found: list[Finding]) -> None:
    paths = sorted({one.path or "" for one in found})
    assert compare(found, known(*found), paths, []) == ([], len(found), [])


@given(st.lists(findings), findings)
def test_one_fault_more_is_always_told(found: list[Finding], more: Finding) -> None:
    paths = sorted({one.path or "" for one in [*found, more]})
    compared = compare([*found, more], known(*found), paths, [])
    assert [fingerprint(one) for one in compared.new] == [fingerprint(more)]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"akislog_baseline": 1}', '{"akislog_baseline": 1, "entries": [{}]}', "[" * 100_000]
    + [json.dumps({"akislog_baseline": 1, "entries": [{"path": "a", "code": "b", "fingerprint": "c", "count": bad}]})
       for bad in (0, -1, "1", None)],
)  # fmt: skip
def test_what_is_no_baseline_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match=r"old\.json: no akislog baseline; write one with --write-baseline"):
        loaded(text, "old.json")


def test_a_baseline_of_another_version_is_said_to_be_one() -> None:
    with pytest.raises(UsageError, match="a baseline of version 2"):
        loaded('{"akislog_baseline": 2}', "old.json")
