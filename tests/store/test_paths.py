from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from akislog.store.paths import Unreadable, open_folder, read_regular, split


def reason(path: Path, limit: int = 1_000) -> str:
    with pytest.raises(Unreadable) as caught:
        read_regular(path, limit)
    assert str(path) in str(caught.value)
    return caught.value.reason


def test_reads_whole_files_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for data in (b"", b"x", os.urandom(1_000)):
        path.write_bytes(data)
        assert read_regular(path, 1_000) == data
    path.write_bytes(b"x" * 1_001)
    assert reason(path) == "too_big"


def test_a_file_whose_size_is_told_wrong() -> None:
    """Files of /proc say that they are empty; the limit counts what arrives."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc here")
    assert b"Pid:" in read_regular("/proc/self/status", 100_000)
    assert reason(Path("/proc/self/status"), 10) == "too_big"


def test_links_and_special_files_are_refused_without_blocking(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    assert [reason(tmp_path / name) for name in ("link", "loop", "zero")] == ["link"] * 3
    assert reason(tmp_path / "fifo") == "special"
    assert reason(tmp_path / "folder") == "special"
    assert reason(Path("/dev/zero")) == "special"
    assert reason(tmp_path / "none") == "missing"
    assert reason(tmp_path / "file" / "below") == "unreadable"


def test_a_socket_is_special(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        assert reason(Path("s")) == "special"


@pytest.mark.parametrize(
    "relative", ["", ".", "..", "../a", "a/../b", "a//b", "/a", "a/", "./a", "a\0b", "a/\ud800", "a/.."]
)
def test_split_refuses_what_could_lead_elsewhere(relative: str) -> None:
    with pytest.raises(OSError, match="not a plain path") as caught:
        split(relative)
    assert caught.value.errno == errno.EINVAL


def test_split() -> None:
    assert split("log/workflow/a..b.md") == ("log", "workflow", "a..b.md")


def test_a_link_on_the_way_is_refused_below_the_root_only(tmp_path: Path) -> None:
    (tmp_path / "real" / "log").mkdir(parents=True)
    (tmp_path / "root").symlink_to("real")
    with open_folder(tmp_path / "root", ["log"]) as folder:
        assert os.path.samestat(os.fstat(folder.fd or -1), (tmp_path / "real/log").stat())
    (tmp_path / "outside").mkdir()
    (tmp_path / "real/log/workflow").symlink_to(tmp_path / "outside")
    for make in (None, 0o755):
        with pytest.raises(OSError, match="symbolic link") as caught:
            open_folder(tmp_path / "root", ["log", "workflow"], make=make)
        assert caught.value.errno == errno.ELOOP


def test_missing_folders_are_made_on_demand_only(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_folder(tmp_path, ["log"])
    with open_folder(tmp_path, ["log", "workflow"], make=0o700) as folder:
        assert folder.durable
    assert (tmp_path / "log/workflow").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_swapped_for_a_link_never_leads_outside(tmp_path: Path) -> None:
    """A rival keeps changing the folder into a link to a place with another file of that name."""
    log, outside, spare = tmp_path / "log", tmp_path / "outside", tmp_path / "spare"
    for folder, data in ((log, b"inside"), (outside, b"outside")):
        folder.mkdir()
        (folder / "f").write_bytes(data)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            log.rename(spare)
            log.symlink_to(outside)
            log.unlink()
            spare.rename(log)

    rival = threading.Thread(target=swap)
    rival.start()

    def look() -> bytes | int | None:
        try:
            with open_folder(tmp_path, ["log"]) as folder:
                return read_regular("f", 100, folder=folder)
        except OSError as error:
            return error.errno

    seen: list[bytes | int | None] = []
    try:
        while rival.is_alive() and (b"inside" not in seen or seen.count(errno.ELOOP) < 50):
            seen += [look() for _ in range(500)]
    finally:
        stop.set()
        rival.join()
    assert set(seen) <= {b"inside", errno.ELOOP, errno.ENOENT, errno.ENOTDIR}
    assert {b"inside", errno.ELOOP} <= set(seen)
