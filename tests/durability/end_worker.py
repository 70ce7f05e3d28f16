"""One session and its END, in a process of its own: what strace kills and disturbs. The exit code is the outcome.

``publish`` ends it by hand, and tries again in the same process; ``block`` leaves a ``with`` block; ``interrupt``
leaves it by Ctrl-C, as a signal would.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import akislog
from akislog import api
from akislog.errors import AkislogError, AlreadyFinished, DurabilityUnconfirmed, PublishError
from akislog.store.writer import prepare
from tests.durability.job import BEGIN, END, Outcome

ID = "2026-01-15_144530_kill-me_1f0c9a2e"
WRITTEN = (Outcome.CREATED, Outcome.BEST_EFFORT, Outcome.SAME)


def attempt(end: Callable[[], api.Written | None]) -> Outcome:
    """END, and what it said."""
    try:
        written = end()
    except AlreadyFinished:
        return Outcome.TAKEN
    except DurabilityUnconfirmed:
        return Outcome.UNCONFIRMED
    except PublishError:
        return Outcome.REFUSED
    except KeyboardInterrupt:
        return Outcome.INTERRUPTED
    except AkislogError:
        return Outcome.OTHER
    if written is None or not written.created:
        return Outcome.SAME
    return Outcome.CREATED if written.durable else Outcome.BEST_EFFORT


def recorded(root: str, title: str) -> akislog.LiveSession:
    """A session before its END, the clock standing still; everything is imported."""
    api.now = lambda: "2026-01-15T14:50:00Z"
    live = akislog.session(title, root=root, directory=f"{root}/log/workflow", id=ID, at="2026-01-15T14:45:30Z")
    live.task("One", at="2026-01-15T14:46:00Z").start(at="2026-01-15T14:47:00Z").done(
        "x" * 3000, at="2026-01-15T14:48:00Z"
    )
    other = akislog.Session.replay(live.events)
    other.end("completed", at="2026-01-15T14:50:00Z")
    prepare(other.finish().record, lambda text: (text, 0))
    return live


def publish(live: akislog.LiveSession) -> Outcome:
    """END by hand, and once more where it was refused; LOST where that changed the session."""
    live.end("completed")
    events, data = live.events, prepare(live.finish().record, lambda text: (text, 0)).data
    os.access(BEGIN, 0)
    outcome = attempt(live.publish)
    if outcome in (Outcome.REFUSED, Outcome.INTERRUPTED) and attempt(live.publish) in WRITTEN:
        outcome = Outcome.RETRIED
    os.access(END, 0)
    same = live.events == events and prepare(live.finish().record, lambda text: (text, 0)).data == data
    return outcome if same else Outcome.LOST


def block(live: akislog.LiveSession, root: str, interrupt: bool) -> Outcome:
    """END by leaving the block; the signals of the test may leave it earlier."""

    def end() -> api.Written | None:
        with live:
            os.access(BEGIN, 0)
            with suppress(OSError):
                os.listdir(root)
            if interrupt:
                raise KeyboardInterrupt
        return live.written

    outcome = attempt(end)
    os.access(END, 0)
    if outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    return outcome


def keep_nothing() -> None:
    """A refused session is not kept aside."""
    api.rescue = lambda _project, _rendered, error: error


def hold_nothing() -> None:
    """Signals break END off."""
    api._Signals.hold = lambda _self: None  # type: ignore[method-assign]
    api._Signals.release = lambda _self: 0  # type: ignore[method-assign]


def forget_signals() -> None:
    """Signals wait for the end of END, and then for ever."""
    release = api._Signals.release
    api._Signals.release = lambda self: release(self) and 0  # type: ignore[method-assign]


def swallow() -> None:
    """An END that must never fail, and therefore never says that it did."""
    write = api.write

    def publish(project: Any, rendered: Any, **more: Any) -> api.Written:
        try:
            return write(project, rendered, **more)
        except PublishError:
            return api.Written(project.logs, True, True, rendered)

    api.write = publish


# Wrong ENDs, the campaign that must catch each, and words of the fault it must be caught for.
MUTANTS = {
    "nothing kept aside": (keep_nothing, "disturbed", "lost"),
    "signals not held": (hold_nothing, "signalled", "lost"),
    "signals forgotten": (forget_signals, "signalled", "ended with"),
    "errors swallowed": (swallow, "disturbed", "false success"),
}

if __name__ == "__main__":
    how, root, title, *mutant = sys.argv[1:]
    live = recorded(root, title)
    for name in mutant:
        MUTANTS[name][0]()
    outcome = publish(live) if how == "publish" else block(live, root, interrupt=how == "interrupt")
    os._exit(outcome)
