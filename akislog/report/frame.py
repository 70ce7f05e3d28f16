"""Rows as a data frame, for those who go on in pandas (the extra ``data``)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from akislog.core.rows import Row
from akislog.errors import UsageError


def frame(rows: Iterable[Row]) -> Any:
    """A ``pandas.DataFrame`` of rows: what is nested in a mapping has a dotted column, a list stays in its cell.

    Raises UsageError where pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise UsageError("data frames need pandas: pip install 'akislog[data]'") from error
    return pandas.json_normalize([row.to_dict() for row in rows], sep=".")
