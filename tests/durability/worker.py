"""One writer, one call, in a process of its own: what strace kills and disturbs. Its exit code is the outcome.

Faults are meant for the call only; it stands between two system calls that mark it in the trace.
"""

from __future__ import annotations

import ctypes  # noqa: F401  imported before the mark, so that its own files are no points of the test
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from akislog.errors import AkislogError, DurabilityUnconfirmed, PublishError
from akislog.store.files import Changed, NameTaken
from tests.durability import mutants
from tests.durability.job import BEGIN, END, Job, Outcome


def call(job: Job) -> Outcome:
    writer = mutants.WRITERS[job.writer]
    root, spare = Path(job.root), Path(job.root, job.spare)
    try:
        if job.expected:
            done = writer(root, job.relative, job.data, expected=job.expected, spare=spare)
        else:
            done = writer(root, job.relative, job.data, spare=spare)
    except (NameTaken, Changed):
        return Outcome.TAKEN
    except DurabilityUnconfirmed:
        return Outcome.UNCONFIRMED
    except PublishError as error:
        return Outcome.REFUSED if str(Path(job.root, job.relative)) in str(error) else Outcome.OTHER
    except AkislogError:
        return Outcome.OTHER
    except KeyboardInterrupt:
        return Outcome.INTERRUPTED
    except BaseException:
        return Outcome.OTHER
    if not done.created:
        return Outcome.SAME
    return Outcome.CREATED if done.durable else Outcome.BEST_EFFORT


if __name__ == "__main__":
    job = Job(**json.loads(sys.argv[1]))
    os.umask(job.umask)
    if not job.unnamed:
        del os.O_TMPFILE
    if job.gate:
        Path(f"{job.gate}.{os.getpid()}").touch()
        while not os.path.exists(job.gate):
            time.sleep(0.002)
    os.access(BEGIN, 0)
    outcome = call(job)
    os.access(END, 0)
    os._exit(outcome)
