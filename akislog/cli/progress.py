"""Progress of long work: a bar on a terminal, once it has taken a second; nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import typer

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
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        bar.update(done)
        for item in remaining:
            yield item
            bar.update(1)
