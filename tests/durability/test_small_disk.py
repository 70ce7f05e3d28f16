"""Publishing, and ``akislog write``, on disks that are full, read-only or split and
under the limits of the system, for real: no injected errors here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability import small_disk

NAMESPACE = ["unshare", "-Urm"]


@pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces are Linux's")
@pytest.mark.parametrize(
    ("case", "way"),
    [(case, way) for case in small_disk.CASES for way in ("unnamed", "named")]
    + [(case, "unnamed") for case in small_disk.COMMANDS],
)
def test_real_faults(case: str, way: str, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no mount namespace to this user")
    script = [sys.executable, "-s", "-B", small_disk.__file__, case, way, str(tmp_path)]
    done = subprocess.run([*NAMESPACE, *script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
