"""Diffs: what ``patch`` makes of them is the new file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akislog.report.diff import unified

LINES = st.lists(st.sampled_from([b"a\n", b"b\r\n", b"\n", b"long line\n", "ü\n".encode(), b"--- x\n"]), max_size=40)


def test_the_same_has_no_diff() -> None:
    assert unified(b"a\nb", b"a\nb", "f.md") == b""


def test_one_line_with_its_context() -> None:
    old = b"".join(b"%d\n" % number for number in range(9))
    told = unified(old, old.replace(b"5", b"five"), "log/x.md").decode().split("\n")
    assert told == [
        "--- log/x.md", "+++ log/x.md", "@@ -3,7 +3,7 @@",
        " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8", "",
    ]  # fmt: skip


def test_a_name_stays_on_its_line() -> None:
    assert unified(b"a", b"b", "x\ny\t.md").split(b"\n")[0] == b"--- x\\ny\\t.md"


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
@given(before=LINES, after=LINES, cut=st.booleans())
def test_patch_takes_it(
    tmp_path_factory: pytest.TempPathFactory, before: list[bytes], after: list[bytes], cut: bool
) -> None:
    old, new = b"".join(before), b"".join([*before[:5], *after, *before[5:]])
    new = new.rstrip(b"\n") if cut else new
    if old == new or not old or not new:
        return
    folder = tmp_path_factory.mktemp("patched")
    file = Path(folder, "f.md")
    file.write_bytes(old)
    done = subprocess.run(
        ["patch", "-p0", "--binary", "-s"],
        input=unified(old, new, "f.md"),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, file.read_bytes()) == (0, new), done


def test_very_different_files_are_not_compared_line_by_line() -> None:
    old, new = b"a\nb\n" * 100_000, b"b\nc\n" * 100_000  # comparing each with each would take hours
    told = unified(old, new, "f.md").split(b"\n")[3:]
    assert [line[:1] for line in told] == [b"-"] * 200_000 + [b"+"] * 200_000 + [b""]
