"""The way to a connection on which the index says what the files say.

What is missing, older or damaged is made anew; what has changed is read again. A query that is asked again comes here
when a log was edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from akislog.errors import AkislogError
from akislog.store.index.build import FEW, Progress, build
from akislog.store.index.place import (
    Connection,
    Damaged,
    connect,
    database,
    is_latest,
    is_unsettled,
    settle,
)
from akislog.store.index.scan import Scan
from akislog.store.index.update import State, compared, update
from akislog.store.locks import LockBusy, lock

THRESHOLD = 1000
"""Where there are fewer files none is made, unless somebody asks for it."""

PATIENCE = 5.0
"""Seconds to wait for another process that makes the index."""

_REFUSED = (sqlite3.Error, OSError, AkislogError, Damaged)

Note = Callable[[str], object]
"""Is told why an answer takes longer."""


class Opening:
    """The way to a connection on which the index says what the files say."""

    def __init__(
        self,
        folder: str,
        state: str,
        note: Note,
        progress: Progress = lambda _, __: None,
        scan: Scan | None = None,
        words: bool = False,
    ) -> None:
        self.folder = folder
        self.state = state
        self.note = note
        self.progress = progress
        self.path = database(state, folder)
        self.lock = f"{self.path[:-3]}.lock"
        self.scan = scan
        self.words = words
        self.known: State | None = None  # how the index was found to be

    def connection(self, trusted: bool) -> Connection | None:
        """The connection, or None where the files are to be read."""
        try:
            found, why = self._present()
            if found is not None and (trusted or self._is_current(found)):
                return found
            if found is None and not why and self._scanned().count < THRESHOLD:
                return None
            return self._renewed(found, why)
        except _REFUSED as error:
            said = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
            self.note(f"the index cannot be used ({said}); the files are read, which takes longer")
            return None

    def soon(self, found: Connection) -> Connection | None:
        """The connection that read the index, once that is current; None where this takes a time worth telling."""
        try:
            if self._is_current(found):
                return found
            if self.known and self.known.anew <= FEW and not self.known.is_worn(self._scanned().count):
                with lock(self.lock, wait=0):
                    if is_latest(found):
                        return self._updated(found)
        except _REFUSED:
            pass
        found.close()
        return None

    def _scanned(self) -> Scan:
        """What one look at the files saw; that is always before they are read."""
        self.scan = self.scan or Scan(self.folder)
        return self.scan

    def _present(self) -> tuple[Connection | None, str]:
        """The index that is there, or why it is not used; no reason where there is none."""
        try:
            return connect(self.path, self.folder), ""
        except FileNotFoundError:
            return None, ""
        except (sqlite3.Error, OSError, Damaged) as error:
            return None, str(error)

    def _is_current(self, found: Connection) -> bool:
        """Whether the index says what the files say."""
        try:
            state = self.known = compared(found, self._scanned())
        except sqlite3.Error:
            return False  # who renews it will be told
        if not state.current or state.ripe or (self.words and state.wordless):
            return False
        self._settle(found)
        return True

    def _settle(self, found: Connection) -> None:
        if is_unsettled(found):
            with suppress(OSError, LockBusy), lock(self.lock, wait=0):
                if is_latest(found):
                    settle(found)

    def _renewed(self, found: Connection | None, why: str) -> Connection:
        """A connection after the index was brought up to date, or made."""
        if found is None:
            from pathlib import Path

            from akislog.store.project import open_state

            open_state(Path(self.state))
        try:
            with lock(self.lock, wait=0):
                return self._locked(found, why)
        except LockBusy:
            if found is not None:
                found.close()  # else who changes it would have to work on a copy
        with lock(self.lock, wait=PATIENCE):
            return self._locked(None, why)

    def _locked(self, found: Connection | None, why: str) -> Connection:
        if found is not None and not is_latest(found):
            found.close()
            found = None
        if found is None:
            found, now = self._present()  # somebody else may have made it meanwhile
            if found is not None:
                self.known = self.scan = None
            elif now or why:
                self.note(f"the index is made anew: {now or 'it is gone'}")
        if found is not None:
            found = self._updated(found)
        if found is None:
            build(self.path, self._scanned(), self.progress, words=self.words)
            found = connect(self.path, self.folder)
        return found

    def _updated(self, found: Connection) -> Connection | None:
        """The index brought up to date; None where it is to be made anew."""
        try:
            return update(found, self._scanned(), self.progress, self.known, words=self.words)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # busy, or the disk is full
                raise
            self.note(f"the index is made anew: {error}")
            return None
