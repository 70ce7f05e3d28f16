from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akislog.errors import PublishError
from akislog.store import files, paths, placing
from akislog.store.files import Changed, NameTaken, Published, publish, replace

LOG = "log/workflow/a.md"


@pytest.fixture(params=["unnamed", "named"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, on this system and on one without files that have no name."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    (tmp_path / "root" / "spare").mkdir(parents=True)
    return tmp_path / "root"


def put(root: Path, data: bytes, relative: str = LOG) -> Published:
    return publish(root, relative, data, spare=root / "spare")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() or path.is_symlink()}


def test_creates_once(root: Path) -> None:
    assert put(root, b"one") == Published(root / LOG, created=True, durable=True)
    assert put(root, b"one") == Published(root / LOG, created=False, durable=True)
    with pytest.raises(NameTaken, match=r"a\.md") as caught:
        put(root, b"two")
    assert caught.value.path == root / LOG
    assert everything(root) == {LOG}
    assert (root / LOG).read_bytes() == b"one"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.binary(max_size=3_000))
def test_the_bytes_are_exact(root: Path, data: bytes) -> None:
    relative = f"log/{digest(data)}.md"
    put(root, data, relative)
    assert (root / relative).read_bytes() == data


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_ours_not_the_umasks(root: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        put(root, b"x")
        publish(root, "conflicts/a.md", b"x", spare=root / "spare", private=True)
    finally:
        os.umask(before)
    assert (root / LOG).stat().st_mode & 0o777 == 0o644
    assert (root / "log").stat().st_mode & 0o777 == 0o755 & ~umask
    assert (root / "conflicts").stat().st_mode & 0o777 == 0o700
    assert (root / "conflicts/a.md").stat().st_mode & 0o777 == 0o600


def test_whatever_has_the_name_stays(root: Path, tmp_path: Path) -> None:
    folder = (root / LOG).parent
    folder.mkdir(parents=True)
    (tmp_path / "outside").write_bytes(b"x")
    for make in (
        lambda path: path.mkdir(),
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to(tmp_path / "outside"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.write_bytes(b"y"),
        lambda path: path.write_bytes(b""),
    ):
        make(root / LOG)
        before = (root / LOG).lstat()
        with pytest.raises(NameTaken):
            put(root, b"x")
        assert os.path.samestat(before, (root / LOG).lstat())
        (root / LOG).rmdir() if (root / LOG).is_dir() else (root / LOG).unlink()
    assert (tmp_path / "outside").read_bytes() == b"x"
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("link", ["log", "log/workflow"])
def test_a_link_inside_the_project_is_not_written_through(root: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "outside").mkdir()
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(tmp_path / "outside")
    with pytest.raises(PublishError, match="symbolic link"):
        put(root, b"x")
    assert not everything(tmp_path / "outside")


@pytest.mark.parametrize(
    "relative", ["../a.md", "/a.md", "log/../../a.md", "", "log//a.md", "a\0b", "log/" + "n" * 300]
)
def test_bad_names_are_publish_errors(root: Path, relative: str) -> None:
    with pytest.raises(PublishError):
        put(root, b"x", relative)
    assert not everything(root.parent)


def test_an_error_names_path_cause_and_next_step(root: Path) -> None:
    (root / "log").write_bytes(b"")
    with pytest.raises(PublishError, match=r"a\.md: Not a directory.*; put a folder there"):
        put(root, b"x")


def test_without_a_spare_folder(root: Path) -> None:
    (root / "spare").rmdir()
    assert put(root, b"x").created
    assert everything(root) == {LOG}


def test_without_directory_descriptors(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of systems that have none, as far as it can be walked here: paths, and no promise for the name."""
    monkeypatch.setattr(paths, "_HAS_DIR_FD", False)
    assert put(root, b"one") == Published(root / LOG, created=True, durable=False)
    assert not put(root, b"one").created
    with pytest.raises(NameTaken):
        put(root, b"two")
    assert replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare").created
    assert everything(root) == {LOG, "spare/publish.lock"}
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(PublishError, match="a link inside the project"):
        put(root, b"x", "out/a.md")


def test_many_threads_one_winner(root: Path) -> None:
    outcomes: list[str] = []

    def work(letter: str) -> None:
        try:
            outcomes.append(f"created {put(root, letter.encode()).created}")
        except NameTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=work, args=(letter,)) for letter in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created True"] + ["taken"] * 7
    assert everything(root) == {LOG}


def test_replace_compares_first(root: Path) -> None:
    put(root, b"one")
    (root / LOG).chmod(0o664)
    swapped = replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare")
    assert swapped == Published(root / LOG, created=True, durable=True)
    assert (root / LOG).stat().st_mode & 0o777 == 0o664
    again = replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare")
    assert not again.created
    with pytest.raises(Changed) as caught:
        replace(root, LOG, b"three", expected=digest(b"one"), spare=root / "spare")
    assert caught.value.found == digest(b"two")
    assert (root / LOG).read_bytes() == b"two"
    assert everything(root) == {LOG, "spare/publish.lock"}


def test_replace_of_what_is_gone_or_no_file(root: Path, tmp_path: Path) -> None:
    (root / LOG).parent.mkdir(parents=True)
    with pytest.raises(Changed) as caught:
        replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare")
    assert caught.value.found is None
    (tmp_path / "outside").write_bytes(b"one")
    (root / LOG).symlink_to(tmp_path / "outside")
    with pytest.raises(PublishError, match="symbolic link"):
        replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare")
    assert (tmp_path / "outside").read_bytes() == b"one"


def test_replace_waits_for_the_lock_and_says_who_has_it(root: Path) -> None:
    put(root, b"one")
    with (
        files.lock(root / "spare/publish.lock", holder="agent B"),
        pytest.raises(PublishError, match=r"a\.md: not published: .*agent B"),
    ):
        replace(root, LOG, b"two", expected=digest(b"one"), spare=root / "spare", wait=0.01)
    assert (root / LOG).read_bytes() == b"one"


def interrupt_at(line: int, modules: set[str], call: Callable[[], object]) -> bool:
    """Raise KeyboardInterrupt at the n-th line run in our modules; False when the call has fewer lines."""
    seen = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal seen
        if frame.f_code.co_filename not in modules:
            return None
        if event == "line":
            seen += 1
            if seen == line:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_ctrl_c_at_every_line_leaves_a_whole_log_or_nothing(root: Path) -> None:
    modules = {files.__file__, paths.__file__, placing.__file__}
    interrupts = 0
    for line in range(1, 1_000):
        relative = f"log/workflow/{line}.md"
        if not interrupt_at(line, modules, lambda relative=relative: put(root, b"x" * 5_000, relative)):
            break
        interrupts += 1
        path = root / relative
        assert not path.exists() or path.read_bytes() == b"x" * 5_000
    assert interrupts > 60
    assert all(name.startswith("log/workflow/") and name.endswith(".md") for name in everything(root))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_no_descriptor_is_lost(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for n in range(20):
        put(root, b"x", f"log/{n}.md")
        for bad in (lambda n=n: put(root, b"y", f"log/{n}.md"), lambda n=n: put(root, b"y", f"log/{n}.md/z")):
            with pytest.raises(PublishError):
                bad()
    assert len(os.listdir("/proc/self/fd")) == before


def test_windows_waits_only_for_sharing_violations() -> None:
    """The bounded patience of the Windows branch; the rest of that branch is not tested here."""
    tries = []

    def fail(code: int, times: int) -> Callable[[], None]:
        def step() -> None:
            tries.append(code)
            if len(tries) <= times:
                error = OSError("refused")
                error.winerror = code  # type: ignore[attr-defined]
                raise error

        return step

    placing._patiently(fail(32, 2))
    assert tries == [32] * 3
    tries.clear()
    with pytest.raises(OSError, match="refused"):
        placing._patiently(fail(2, 1))
    assert tries == [2]
