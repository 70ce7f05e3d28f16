"""The entry of the command ``akislog``: the hot ones first, without importing anything, then the rest."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and give its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from akislog import __version__

        sys.stdout.write(f"akislog {__version__}\n")
        return 0
    from akislog.cli import hot

    code = hot.run(sys.argv[1:])
    if code is None:
        from akislog.cli.app import run

        code = run(sys.argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main())
