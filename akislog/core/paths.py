"""Paths as a log says them: relative to the project, with ``/``, and never with a person's home in them."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"[A-Za-z]:/")


def log_path(path: str, root: str = "", home: str = "") -> str:
    """``path`` relative to ``root``; outside it ``~/…`` below ``home``, else ``<outside>/name``.

    A path that is relative already is taken as relative to ``root``. Nothing is looked up on disk.
    """
    steps = _steps(path)
    if not _is_absolute(path):
        return "/".join(steps) if steps[:1] != [".."] else f"<outside>/{steps[-1]}"
    for base, lead in ((root, []), (home, ["~"])):
        below = _below(steps, _steps(base)) if base else None
        if below:
            return "/".join([*lead, *below])
    return f"<outside>/{steps[-1]}" if steps else "<outside>"


def _is_absolute(path: str) -> bool:
    plain = path.replace("\\", "/")
    return plain.startswith("/") or _DRIVE.match(plain) is not None


def _steps(path: str) -> list[str]:
    """The parts of a path, with ``.`` and inner ``..`` resolved."""
    steps: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and steps and steps[-1] != "..":
            steps.pop()
        elif part not in ("", "."):
            steps.append(part)
    return steps


def _below(steps: list[str], base: list[str]) -> list[str] | None:
    return steps[len(base) :] if steps[: len(base)] == base else None
