"""Where the shared sample data lies: real logs and transcripts, read in place and never copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("AKISLOG_TEST_SHARED", Path(__file__).parents[2] / "shared"))
CORPUS = SHARED / "corpus" / "akis"
TRANSCRIPTS = SHARED / "transcripts"


def need(path: Path) -> Path:
    """``path``, or skip the test with the reason."""
    if not path.exists():
        pytest.skip(f"no sample data at {path}; set AKISLOG_TEST_SHARED")
    return path
