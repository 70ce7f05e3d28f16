"""Publishing on disks that are full, read-only or split, for real: no injected errors here."""

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
@pytest.mark.parametrize("way", ["unnamed", "named"])
@pytest.mark.parametrize("case", small_disk.CASES)
def test_real_faults(case: str, way: str, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no mount namespace to this user")
    script = [sys.executable, "-S", small_disk.__file__, case, way, str(tmp_path)]
    done = subprocess.run([*NAMESPACE, *script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
