"""The real command in a process of its own, as a user types it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.children import environment


def akislog(folder: Path, *arguments: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``akislog`` with these arguments in ``folder``. Its output is text; a traceback fails at once."""
    done = subprocess.run(
        [sys.executable, "-m", "akislog", *arguments],
        cwd=folder,
        env=environment(**variables),
        input=stdin,
        capture_output=True,
        check=False,
    )
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)
