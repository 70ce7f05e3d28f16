"""Child processes for tests: real exits, real signals, real users without rights, real small disks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
NOBODY = 65534


def environment(**more: str) -> dict[str, str]:
    """The environment of a child: this checkout can be imported, and nothing of akislog is set."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AKISLOG")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def start(code: str, folder: Path, *before: str, **variables: str) -> subprocess.Popen[str]:
    """Begin ``code`` in a Python of its own, in ``folder``; ``before`` is put before the command."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", code],
        cwd=folder,
        env=environment(**variables),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(code: str, folder: Path, *before: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` to its end."""
    child = start(code, folder, *before, **variables)
    out, err = child.communicate()
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def as_nobody() -> tuple[str, ...]:
    """What to put before a command so that it runs without the rights of root; nothing where we have none."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to drop the rights of root")
    before = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if subprocess.run([*before, sys.executable, "-c", "pass"], capture_output=True, check=False).returncode:
        pytest.skip("this Python cannot be run by nobody: it lies in a folder of root's own")
    return before


def in_own_mounts() -> tuple[str, ...]:
    """What to put before a command so that it may mount file systems that nobody else sees."""
    before = ("unshare", "--mount", "--user", "--map-root-user") if os.geteuid() else ("unshare", "--mount")
    if shutil.which("unshare") is None or subprocess.run([*before, "true"], capture_output=True).returncode:
        pytest.skip("cannot make a mount namespace here")
    return before


def open_to_all(folder: Path) -> None:
    """Let any user reach ``folder`` through the private folders of pytest above it."""
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if above.stat().st_uid == os.geteuid() and not mode & 0o001:
            above.chmod(mode | 0o011)
