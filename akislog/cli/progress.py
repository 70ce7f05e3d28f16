"""Progress of long work: a bar on a terminal, once it has taken a second; nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_PATIENCE = 1.0  # seconds


def along(items: Iterable[T], length: int, label: str) -> Iterator[T]:
    """``items`` as they come, with a bar on stderr as they do."""
    if not sys.stderr.isatty():
        yield from items
        return
    begun, done = time.monotonic(), 0
    remaining = iter(items)
    for item in remaining:
        yield item
        done += 1
        if time.monotonic() - begun > _PATIENCE:
            break
    else:
        return
    import typer  # queries come here too, and most are over by now

    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        bar.update(done)
        for item in remaining:
            yield item
            bar.update(1)


class Bar:
    """A bar on a terminal once indexing has taken a second; nothing anywhere else."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._done = 0
        self._bar: Any = None

    def step(self, done: int, of: int) -> None:
        """So many files more are read."""
        self._done += done
        if self._bar is not None:
            self._bar.update(done)
            if self._done >= of:
                self._bar.render_finish()
        elif sys.stderr.isatty() and time.monotonic() - self._begun > _PATIENCE:
            import typer  # queries make the index too, and most do not need to

            self._bar = typer.progressbar(length=of, label="indexing", file=sys.stderr)
            self._bar.update(self._done)
