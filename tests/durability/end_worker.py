"""One session and its END, in a process of its own: what strace kills and disturbs. The exit code is the outcome."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import akislog
from akislog.errors import AkislogError, AlreadyFinished, DurabilityUnconfirmed, PublishError
from akislog.store.writer import prepare
from tests.durability.job import BEGIN, END, Outcome

ID = "2026-01-15_144530_kill-me_1f0c9a2e"
RETRIED = 30  # refused, then tried again in the same process, and written


def publish(live: akislog.LiveSession) -> int:
    try:
        return Outcome.CREATED if live.publish().created else Outcome.SAME
    except AlreadyFinished:
        return Outcome.TAKEN
    except DurabilityUnconfirmed:
        return Outcome.UNCONFIRMED
    except PublishError:
        return Outcome.REFUSED
    except AkislogError:
        return Outcome.OTHER


if __name__ == "__main__":
    root, title = sys.argv[1:]
    live = akislog.session(title, root=root, directory=f"{root}/log/workflow", id=ID, at="2026-01-15T14:45:30Z")
    live.task("One", at="2026-01-15T14:46:00Z").start(at="2026-01-15T14:47:00Z").done(
        "x" * 3000, at="2026-01-15T14:48:00Z"
    )
    live.end("completed", at="2026-01-15T14:50:00Z")
    prepare(live.finish().record, lambda text: (text, 0))  # so that no import stands between the marks
    events = live.events
    os.access(BEGIN, 0)
    outcome = publish(live)
    if outcome == Outcome.REFUSED and live.events == events and publish(live) in (Outcome.CREATED, Outcome.SAME):
        outcome = RETRIED
    os.access(END, 0)
    os._exit(outcome)
