"""The one boundary where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys

from akislog.cli.output import complain
from akislog.errors import AkislogError, InvalidRecord

TYPE_CHECKING = False  # known to type checkers: the hot query comes here

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FINDINGS = 20  # of a document that is refused; the rest is counted


def bounded(work: Callable[[], int]) -> int:
    """The exit code of ``work``; no traceback leaves this function for an error that is expected."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: nobody listens, which is no fault
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        code = work()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more on its way out
        return 0
    except AkislogError as error:
        complain(str(error))
        if isinstance(error, InvalidRecord):
            _tell(error)
        return error.exit_code
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror}")
        return 1
    except (ImportError, MemoryError) as error:  # the system refused what a late import needs
        complain(f"a part of akislog could not be loaded: {error or 'out of memory'}; try again, or install it anew")
        return 1


def _tell(error: InvalidRecord) -> None:
    from akislog.report.findings import line

    for finding in error.findings[:MOST_FINDINGS]:
        complain(f"  {line(finding)}")
    if len(error.findings) > MOST_FINDINGS:
        complain(f"  and {len(error.findings) - MOST_FINDINGS} more")
