"""The common corpus of all benchmarks: made-up sessions, recorded by a session's verbs, the same for the same seed.

``python benchmarks/corpus.py DIR --logs 1000 --seed 7`` writes them. Front matter has 5 KB on average, and more than
12 KB in one log of twenty. Log number n is the same however many are made; some logs continue or belong to the one
before.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from akislog.core.handles import TaskHandle
from akislog.core.ids import session_id, slug
from akislog.core.session import Session
from akislog.core.values import timestamp
from akislog.text.document import render
from benchmarks import words

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)
_SECONDS = 2 * 365 * 24 * 3600
_FAMILY = 8  # of each eight logs in a row the 4th and 5th belong to a task of the one before, the 7th and 8th go on

# Wanted sizes are log-normal; with these two numbers front matter comes out at 5 KB on average, 12 KB at p95.
_MU, _SIGMA = 7.7, 0.95
_HEAD = 500  # bytes of front matter beside the events, and for the end of the session


class Plan(NamedTuple):
    """What is settled of a log before its session is told."""

    id: str
    title: str
    started: datetime
    parent: str = ""
    continues: tuple[str, ...] = ()


def plan(seed: int, index: int) -> Plan:
    """The plan of log number ``index``, from 0."""
    random = Random(f"{seed}:{index}:plan")
    title, digits = words.title(random), f"{random.getrandbits(32):08x}"
    place = index % _FAMILY
    if place not in (3, 4, 6, 7):
        started = _FIRST_DAY + timedelta(seconds=int(_SECONDS * random.random()))
        return Plan(_id(started, title, digits), title, started)
    before = plan(seed, index - 1)
    if place in (3, 4):
        started = before.started + timedelta(seconds=random.randint(60, 600))
        return Plan(_id(started, title, digits), title, started, parent=f"{before.id}#t2")
    started = before.started + timedelta(hours=random.randint(5, 60))
    return Plan(_id(started, before.title, digits), before.title, started, continues=(before.id,))


def _id(started: datetime, title: str, digits: str) -> str:
    return session_id(timestamp(started), slug(title), digits)


class Story:
    """One session while it is told. Each method is a piece of it and leaves no task working."""

    def __init__(self, seed: int, index: int) -> None:
        self.random = Random(f"{seed}:{index}:story")
        self.plan = plan(seed, index)
        following = plan(seed, index + 1)
        self.helper = following.id if following.parent else ""
        self.moment = self.plan.started
        self.session = Session(clock=self._tick)
        self._begin()

    def _tick(self) -> str:
        """Every event is a little later than the one before."""
        self.moment += timedelta(seconds=self.random.randint(4, 180))
        return timestamp(self.moment)

    def _chance(self, of: float) -> bool:
        return self.random.random() < of

    def _begin(self) -> None:
        random, given = self.random, self.plan
        facts: dict[str, Any] = {
            "agent": "lead",
            "domain": words.often(random, words.DOMAINS),
            "utc_offset": random.choice(("+00:00", "+01:00", "-05:00", "+05:30")),
            "branch": random.choice(("main", "main", "1.10", "feature/login", "fix-1234567")),
            "base_commit": f"{random.getrandbits(28):07x}",
            "parent": given.parent,
            "continues": list(given.continues),
            "writer": "akislog benchmarks",
        }
        if self._chance(0.6):
            facts["complexity"] = random.choice(("simple", "medium", "medium", "complex"))
        if self._chance(0.4):
            facts["host"] = {"agent": "example-agent", "version": "1.10", "session_id": f"{random.getrandbits(64):x}"}
        if self._chance(0.2):
            facts["metadata"] = {"ticket": f"T-{random.randint(1, 999)}", "attempt": 2, "share": 0.25, "flag": True}
            facts["metadata"]["labels"] = {"free": {"text": words.awkward(random)}}
        self.session.begin(given.id, given.title, timestamp(given.started), **facts)
        for skill in random.sample(words.SKILLS, random.randint(1, 3)):
            self.session.skill(skill)

    def size(self) -> int:
        """About how many bytes the front matter will have."""
        return _HEAD + sum(len(json.dumps(event, ensure_ascii=False)) for event in self.session.events)

    # -- pieces ---------------------------------------------------------------------------------------------

    def work(self) -> None:
        """A task with two or more levels below it, worked on by the root agent or handed over."""
        root = self.session.task(words.topic(self.random), skill=words.often(self.random, words.SKILLS)).start()
        helper, self.helper = self.helper, ""
        if helper:  # the log that is told next is the work of this task
            self._hand_over(root.subtask(words.topic(self.random)), 2, helper)
        else:
            self._step(root, "lead", 2)
        if self._chance(0.3):
            self._step(root, "lead", 3)
        self._close(root)

    def side_by_side(self) -> None:
        """A task whose parts are handed to two or three agents at once."""
        random, group = self.random, f"pg{len(self.session.state['groups']) + 1}"
        root = self.session.task(words.topic(random)).start()
        parts = [root.subtask(words.topic(random), parallel_group=group) for _ in range(random.randint(2, 3))]
        self.session.group(group, [part.id for part in parts])
        opened = [part.delegate(words.often(random, words.AGENTS), prompt=words.prose(random)) for part in parts]
        for delegation in opened:
            delegation.succeed(words.sentence(random), tokens_used=random.randint(900, 60_000))
        self._close(root)

    def _step(self, parent: TaskHandle, agent: str, level: int) -> None:
        """A task below another: done by ``agent``, or handed over to the next one."""
        random = self.random
        task = parent.subtask(words.topic(random), assigned_to="" if agent == "lead" else agent)
        if self._chance(0.4):
            for _ in range(random.randint(2, 4)):
                task.check(words.prose(random), done=not self._chance(0.02))
        if self._chance(0.3):
            self._hand_over(task, level)
        else:
            task.start()
            self._deeper(task, agent, level)
            self._close(task)

    def _deeper(self, task: TaskHandle, agent: str, level: int) -> None:
        if level < 3 or (level < 7 and self._chance(0.2)):
            self._step(task, agent, level + 1)

    def _hand_over(self, task: TaskHandle, level: int, session: str = "") -> None:
        random = self.random
        agent, produced = words.often(random, words.AGENTS), words.path(random)
        delegation = task.delegate(
            agent,
            prompt=words.prose(random, 2),
            reason=words.topic(random) if self._chance(0.3) else "",
            skill_required=words.often(random, words.SKILLS),
            files_allowed=[f"{produced.rpartition('/')[0]}/**" if "/" in produced else produced],
            session=session,
        )
        self._deeper(task, agent, level)
        result, tokens, ending = words.prose(random), random.randint(900, 90_000), random.random()
        if ending < 0.82:
            delegation.succeed(result, artifacts=[produced], tokens_used=tokens)
        elif ending < 0.94:
            delegation.fail(result, tokens_used=tokens)
        else:
            delegation.partial(result, tokens_used=tokens)
            task.done(words.sentence(random))

    def _close(self, task: TaskHandle) -> None:
        ending = self.random.random()
        if ending < 0.9:
            task.done(words.prose(self.random) if self._chance(0.6) else "")
        elif ending < 0.96:
            task.fail(words.fault(self.random))
        else:
            task.cancel(words.topic(self.random))

    def files(self) -> None:
        """Files that were made or changed."""
        random = self.random
        for _ in range(random.randint(2, 5)):
            action = words.often(random, ("modified", "created", "deleted"))
            self.session.file(words.path(random), action, added=random.randint(0, 300), removed=random.randint(0, 80))

    def commands(self) -> None:
        """Commands that were run, and what they were run for."""
        random = self.random
        for _ in range(random.randint(1, 3)):
            cmd = words.often(random, words.COMMANDS).replace("{topic}", words.topic(random))
            code = 0 if self._chance(0.85) else random.choice((1, 2, 127))
            self.session.command(cmd, exit_code=code, seconds=round(random.random() * 40, 1), domain="testing")
        self.session.verify(words.topic(random), self._chance(0.9))

    def lessons(self) -> None:
        """What was broken, and what to beware of."""
        random = self.random
        skill = words.often(random, words.SKILLS)
        self.session.root_cause(words.fault(random), words.prose(random), skill=skill)
        self.session.gotcha(
            words.fault(random), warning=words.prose(random), solution=words.sentence(random), applies_to=[skill]
        )

    def incidents(self) -> None:
        """Gates, phases, questions, errors and remarks."""
        random, session = self.random, self.session
        session.phase(words.often(random, words.PHASES))
        session.gate(random.choice(words.GATES), self._chance(0.8), reason=words.topic(random), recovered=True)
        session.answer(session.ask(words.prose(random)), words.often(random, ("approved", "rejected", "expired")))
        session.error(words.fault(random), type=words.often(random, words.ERRORS), file=words.path(random), fixed=True)
        session.note(words.long_line(random) if self._chance(0.3) else words.prose(random))

    def end(self) -> dict[str, Any]:
        """END, and the record."""
        random = self.random
        self.session.usage(models=[words.often(random, words.MODELS)], input_tokens=random.randint(10_000, 900_000))
        if self._chance(0.5):
            self.session.commit(f"{random.getrandbits(160):040x}", words.topic(random))
        if self._chance(0.1):
            self.session.pull_request(f"https://example.org/pull/{random.randint(1, 4000)}")
        outcome = words.often(random, ("completed",) * 17 + ("failed", "interrupted", "abandoned"))
        self.session.end(outcome, summary=words.prose(random, 2), active_minutes=random.randint(1, 240))
        return dict(self.session.finish().record)


def record(seed: int, index: int) -> dict[str, Any]:
    """The record of log number ``index``, from 0."""
    story = Story(seed, index)
    wanted = story.random.lognormvariate(_MU, _SIGMA)
    story.work()
    pieces: tuple[Callable[[], None], ...] = (
        *(story.work, story.files, story.lessons, story.commands),
        *(story.work, story.files, story.side_by_side, story.incidents),
    )
    while story.size() < wanted:
        story.random.choice(pieces)()
    return story.end()


def records(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """The records of the first ``count`` logs, made one at a time."""
    return (record(seed, index) for index in range(count))


def texts(count: int, seed: int = 7) -> Iterator[str]:
    """The same logs as text."""
    return (render(one) for one in records(count, seed))


def front_size(text: str) -> int:
    """Bytes of front matter in a log that akislog wrote."""
    return len(text[4 : text.index("\n---\n", 3) + 1].encode())


def told(sizes: list[int]) -> str:
    """How large the front matter of a corpus is."""
    ordered = sorted(sizes)
    middle, high = (ordered[int((len(ordered) - 1) * part)] for part in (0.5, 0.95))
    return f"front matter in bytes: mean {sum(sizes) / len(sizes):.0f}, p50 {middle}, p95 {high}, max {ordered[-1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the logs go; made if it is not there")
    parser.add_argument("--logs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    sizes = []
    for index in range(options.logs):
        one = record(options.seed, index)
        text = render(one)
        options.folder.joinpath(f"{one['session']['id']}.md").write_text(text, "utf-8", newline="\n")
        sizes.append(front_size(text))
    print(f"{len(sizes)} logs in {options.folder}; {told(sizes) if sizes else ''}")


if __name__ == "__main__":
    main()
