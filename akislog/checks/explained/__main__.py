"""Prints the page of all codes, docs/rules.md."""

from __future__ import annotations

import sys

from akislog.checks.explained import page

sys.stdout.write(page())
