"""Writers with one mistake each, every one of them seen in real programs. A harness that lets one pass proves nothing.

``MUTANTS`` says which campaign must catch which; ``WRITERS`` holds them beside the real ones for the worker.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from akislog.errors import PublishError
from akislog.store import files
from akislog.store.files import Changed, NameTaken, Published

Writer = Callable[..., Published]


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _temp(path: Path, data: bytes, *, check: bool = True, sync: bool = True, mode: int = 0o644) -> Path:
    temp = path.with_name(f".{os.urandom(4).hex()}.tmp")
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        _write(fd, data)
        if check and os.fstat(fd).st_size != len(data):
            raise OSError(errno.EIO, "short")
        os.fchmod(fd, mode)
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)
    return temp


def _writer(place: Callable[[Path, bytes, Path], None], *, ancestors: bool = True) -> Writer:
    """A writer that is right in everything but ``place``, which puts the bytes at a path that was free."""

    def publish(root: Path, relative: str, data: bytes, *, spare: Path) -> Published:
        path = Path(root, relative)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if ancestors:
                _sync(root)
                _sync(root / "log")
            if path.exists():
                if path.read_bytes() == data:
                    return Published(path, False, True)
                raise NameTaken(path)
            place(path, data, spare)
        except FileExistsError:
            raise NameTaken(path) from None
        except OSError as error:
            raise PublishError(f"{path}: {error}") from error
        return Published(path, True, True)

    return publish


def _discarding(place: Callable[[Path, Path, bytes], None], **options: Any) -> Callable[[Path, bytes, Path], None]:
    """``place(temporary file, path, data)``, the temporary file being in the spare folder and removed after it."""

    def step(path: Path, data: bytes, spare: Path) -> None:
        temp = _temp(spare / path.name, data, **options)
        try:
            place(temp, path, data)
        finally:
            with suppress(OSError):
                temp.unlink()

    return step


def in_place(path: Path, data: bytes, _spare: Path) -> None:
    """Opens the log itself and writes into it."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.fchmod(fd, 0o644)
        _write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    _sync(path.parent)


def look_then_replace(temp: Path, path: Path, _data: bytes) -> None:
    """Looks whether the name is free and then replaces: two finishers both look first."""
    if path.exists():
        raise FileExistsError(path)
    os.replace(temp, path)
    _sync(path.parent)


def link_unsynced(temp: Path, path: Path, _data: bytes) -> None:
    """Says success before the folder is synced."""
    os.link(temp, path)


def link(temp: Path, path: Path, _data: bytes) -> None:
    os.link(temp, path)
    _sync(path.parent)


def sync_after_link(temp: Path, path: Path, _data: bytes) -> None:
    """Syncs the data, but only when the name is there already."""
    os.link(temp, path)
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    _sync(path.parent)


def link_and_sync_elsewhere(temp: Path, path: Path, _data: bytes) -> None:
    """Syncs the folder that the name was taken from, not the one that it is in."""
    os.link(temp, path)
    _sync(temp.parent)


def link_after_sync(temp: Path, path: Path, _data: bytes) -> None:
    """Syncs the folder, but before the name is in it."""
    _sync(path.parent)
    os.link(temp, path)


def mode_after_link(temp: Path, path: Path, _data: bytes) -> None:
    """Gives the log its mode when it has its name already, and syncs that no more."""
    link(temp, path, _data)
    fd = os.open(path, os.O_RDONLY)
    os.fchmod(fd, 0o644)
    os.close(fd)


def rest_after_link(path: Path, data: bytes, spare: Path) -> None:
    """Gives the name to the first half, and adds the second one."""
    temp = _temp(spare / path.name, data[: len(data) // 2])
    os.rename(temp, path)
    _sync(path.parent)
    fd = os.open(path, os.O_WRONLY)
    os.lseek(fd, 0, os.SEEK_END)
    _write(fd, data[len(data) // 2 :])
    os.fsync(fd)
    os.close(fd)


def temp_beside_the_log(path: Path, data: bytes, _spare: Path) -> None:
    """Leaves its temporary file among the logs when something fails."""
    temp = _temp(path, data)
    os.link(temp, path)
    os.unlink(temp)
    _sync(path.parent)


def fsync_again(path: Path, data: bytes, _spare: Path) -> None:
    """After a failed fsync, syncs the same file again and trusts the answer."""
    fd = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o644)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _write(fd, data)
        if os.fstat(fd).st_size != len(data):
            raise OSError(errno.EIO, "short")
        os.fchmod(fd, 0o644)
        try:
            os.fsync(fd)
        except OSError:
            os.fsync(fd)
        os.link(f"/proc/self/fd/{fd}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(fd)
        os.close(folder)


def umask_decides(path: Path, data: bytes, _spare: Path) -> None:
    """Leaves the mode of the log to the umask."""
    fd = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o644)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _write(fd, data)
        if os.fstat(fd).st_size != len(data):
            raise OSError(errno.EIO, "short")
        os.fsync(fd)
        os.link(f"/proc/self/fd/{fd}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(fd)
        os.close(folder)


def replace_over(root: Path, relative: str, data: bytes, *, spare: Path) -> Published:
    """The usual "atomic write": the last one wins, the first one's log is gone."""
    path = Path(root, relative)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync(root)
        _sync(root / "log")
        _discarding(lambda temp, target, _: os.replace(temp, target))(path, data, spare)
        _sync(path.parent)
    except OSError as error:
        raise PublishError(f"{path}: {error}") from error
    return Published(path, True, True)


def swallow(root: Path, relative: str, data: bytes, *, spare: Path) -> Published:
    """A finish that must never fail, and therefore never says that it did."""
    path = Path(root, relative)
    with suppress(PublishError):
        return files.publish(root, relative, data, spare=spare)
    return Published(path, True, True)


def raw_errors(root: Path, relative: str, data: bytes, *, spare: Path) -> Published:
    """Lets the bare OSError out, which names neither the log nor the next step."""
    try:
        return files.publish(root, relative, data, spare=spare)
    except PublishError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise


def swap_blind(root: Path, relative: str, data: bytes, *, expected: str, spare: Path) -> Published:  # noqa: ARG001
    """Replaces whatever is there."""
    return replace_over(root, relative, data, spare=spare)


def swap_unlocked(root: Path, relative: str, data: bytes, *, expected: str, spare: Path) -> Published:
    """Compares the digest, but without a lock: two continuations both find it right."""
    _compared(Path(root, relative), expected)
    return replace_over(root, relative, data, spare=spare)


def _compared(path: Path, expected: str) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise Changed(path, "")


def swap_unsynced(root: Path, relative: str, data: bytes, *, expected: str, spare: Path) -> Published:
    """Compares and replaces, but never syncs the data: the usual empty file after a power cut."""
    path = Path(root, relative)
    _compared(path, expected)
    os.replace(_temp(spare / path.name, data, sync=False), path)
    _sync(path.parent)
    return Published(path, True, True)


def swap_by_removing(root: Path, relative: str, data: bytes, *, expected: str, spare: Path) -> Published:
    """Removes the old log to make room for the new one."""
    path = Path(root, relative)
    _compared(path, expected)
    temp = _temp(spare / path.name, data)
    os.unlink(path)
    link(temp, path, data)
    os.unlink(temp)
    return Published(path, True, True)


def swap_in_place(
    root: Path,
    relative: str,
    data: bytes,
    *,
    expected: str,
    spare: Path,  # noqa: ARG001
) -> Published:
    """Compares, then truncates and writes."""
    path = Path(root, relative)
    try:
        _compared(path, expected)
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
        try:
            _write(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise PublishError(f"{path}: {error}") from error
    return Published(path, True, True)


class Mutant(NamedTuple):
    """A wrong writer, the campaign that must catch it, and words of the fault it must be caught for.

    ``model``: words of what the model must see in it, too.
    """

    writer: Writer
    campaign: str
    fault: str
    replaces: bool = False
    model: str = ""


MUTANTS = {
    "in place": Mutant(_writer(in_place), "killed", "torn", model="torn"),
    "overwriting": Mutant(replace_over, "undisturbed", "overwritten"),
    "look, then replace": Mutant(_writer(_discarding(look_then_replace)), "raced", "CREATED: 10>, <Outcome.CREATED"),
    "no size check": Mutant(_writer(_discarding(link, check=False)), "short", "torn"),
    "data not synced": Mutant(
        _writer(_discarding(link, sync=False)), "undisturbed", "data was not synced", model="torn"
    ),
    "name not synced": Mutant(
        _writer(_discarding(link_unsynced)), "undisturbed", "name was not synced", model="false success"
    ),
    "parents not synced": Mutant(
        _writer(_discarding(link), ancestors=False), "undisturbed", "folders on the way", model="false success"
    ),
    "data synced late": Mutant(
        _writer(_discarding(sync_after_link, sync=False)), "undisturbed", "before the name", model="torn"
    ),
    "another folder synced": Mutant(_writer(_discarding(link_and_sync_elsewhere)), "modelled", "done, false success"),
    "name after the sync": Mutant(_writer(_discarding(link_after_sync)), "modelled", "done, false success"),
    "mode after the name": Mutant(_writer(_discarding(mode_after_link, mode=0o600)), "modelled", "done, wrong mode"),
    "rest after the name": Mutant(_writer(rest_after_link), "modelled", "torn"),
    "umask decides": Mutant(_writer(umask_decides), "undisturbed", "wrong mode"),
    "temporary file among the logs": Mutant(
        _writer(temp_beside_the_log), "disturbed", "left-over in the log", model="left-over in the log"
    ),
    "fsync again": Mutant(_writer(fsync_again), "disturbed", "fsync was repeated"),
    "errors swallowed": Mutant(swallow, "disturbed", "false success"),
    "bare errors": Mutant(raw_errors, "disturbed", "no named kind"),
    "swap without comparing": Mutant(swap_blind, "undisturbed", "overwritten", replaces=True),
    "swap without a lock": Mutant(swap_unlocked, "raced", "CREATED: 10>, <Outcome.CREATED", replaces=True),
    "swap without syncing": Mutant(swap_unsynced, "modelled", "torn", replaces=True),
    "swap by removing": Mutant(swap_by_removing, "modelled", "overwritten", replaces=True),
    "swap in place": Mutant(swap_in_place, "killed", "torn", replaces=True, model="torn"),
}
WRITERS: dict[str, Writer] = {
    "publish": files.publish,
    "replace": files.replace,
    **{name: mutant.writer for name, mutant in MUTANTS.items()},
}
