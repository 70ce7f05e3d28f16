"""SQLite as it is built into Python, without the package around it, which loads what keeps dates and times in columns.

The names are the very objects of ``sqlite3``, so either may be used with the other. That they can be had so is how
CPython is built and no promise: where they cannot, the package is loaded. On the way of the hot query.
"""

from __future__ import annotations

try:
    from _sqlite3 import (
        SQLITE_DENY,
        SQLITE_FUNCTION,
        SQLITE_OK,
        SQLITE_READ,
        SQLITE_SELECT,
        Connection,
        Error,
        OperationalError,
        connect,
    )
except ImportError:
    from sqlite3 import (
        SQLITE_DENY,
        SQLITE_FUNCTION,
        SQLITE_OK,
        SQLITE_READ,
        SQLITE_SELECT,
        Connection,
        Error,
        OperationalError,
        connect,
    )

__all__ = [
    "SQLITE_DENY",
    "SQLITE_FUNCTION",
    "SQLITE_OK",
    "SQLITE_READ",
    "SQLITE_SELECT",
    "Connection",
    "Error",
    "OperationalError",
    "connect",
]
