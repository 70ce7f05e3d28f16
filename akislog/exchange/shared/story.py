"""What importers tell of a session, agent by agent: a story notes events and the sums that follow from them.

A sub-agent's story is told within its giver's: same time line and ids, its tasks below the task it was handed, its
tokens and files also summed up apart for the delegation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from akislog.core.ids import safe_id
from akislog.core.values import seconds_between
from akislog.exchange.shared.fields import first_line, moment
from akislog.exchange.shared.patches import Change
from akislog.exchange.shared.shell import published, tells_of_commits
from akislog.exchange.shared.todos import TodoList
from akislog.exchange.shared.toolcalls import Handover, Item
from akislog.exchange.transcript import Imported, Settings, Tally, Timeline, Transcript

PAUSE = 300  # seconds between two records that still count as activity
DEEPEST = 12  # sub-agents of sub-agents; nothing real comes near
UNKNOWN_START = "1970-01-01T00:00:00Z"
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


class Ids:
    """Hands out ids for tasks, delegations and approvals: the host's own where it can stand in a log.

    ``since`` is when each was first told of, ``now`` when the last event of all was.
    """

    def __init__(self) -> None:
        self.since: dict[str, str] = {}
        self.now = ""
        self._used: set[str] = set()
        self._last: Counter[str] = Counter()

    def new(self, letter: str, wanted: str = "") -> str:
        """A new id: ``wanted`` where that is free and safe, else the letter with the next number."""
        if wanted and safe_id(wanted, 64) and wanted.lower() not in self._used:
            self._used.add(wanted.lower())
            return wanted
        while True:
            self._last[letter] += 1
            made = f"{letter}{self._last[letter]}"
            if made not in self._used:
                self._used.add(made)
                return made


class Story:
    """The story of one agent. ``above`` is the story of the agent that handed it its task."""

    def __init__(self, settings: Settings, above: Story | None = None, task: str = "", agent: str = "") -> None:
        self.settings = settings
        self.above, self.task, self.agent = above, task, agent
        self.timeline: Timeline = above.timeline if above else Timeline(settings)
        self.ids: Ids = above.ids if above else Ids()
        self.moments: set[str] = above.moments if above else set()
        self.depth: int = above.depth + 1 if above else 0
        self.cwd: str = above.cwd if above else ""
        self.prompt = ""
        self.models: dict[str, None] = {}
        self.tokens: Counter[str] = Counter()
        self.interrupts = 0
        self.paths: dict[str, None] = {}
        self._todos = TodoList()
        self._todo_ids: dict[str, str] = {}
        self._delegation = ""
        self._returned = "", ""

    # -- what happened --------------------------------------------------------------------------------------

    def see(self, value: Any) -> str:
        """Note that the agent was at work at this time, and give it as a log has it."""
        if isinstance(value, str) and value in self.moments:
            return value
        at = moment(value)
        if at:
            self.moments.add(at)
        return at

    def add(self, at: Any, op: str, **fields: Any) -> None:
        """Note one event. Without a time of its own it happened when the last one did; where a transcript's times
        run backwards, what became of a task is still told after the task.
        """
        when = self.ids.now = self.see(at) or self.ids.now
        for key in ("task_id", "id"):
            if key in fields:
                when = max(when, self.ids.since.setdefault(fields[key], when))
        self.timeline.add(when, op, **fields)

    def ask(self, prompt: str) -> None:
        """Note a person's prompt: the first one may become the title."""
        self.prompt = self.prompt or first_line(prompt)

    def file(self, at: Any, edit: Change) -> None:
        """Note a successful edit of one file."""
        path = self.timeline.path(edit.path, self.cwd)
        if path:
            self.paths[path] = None
            counts = {"added": edit.added, "removed": edit.removed}
            self.add(at, "file", path=path, action=edit.action, task=self.task, **counts)

    def command(
        self,
        at: Any,
        cmd: str,
        *,
        exit_code: int | None = None,
        success: bool | None = None,
        seconds: float | None = None,
        output: str = "",
    ) -> None:
        """Note a command that was run; its output may tell of commits and pull requests."""
        told = {"exit_code": exit_code, "success": success, "seconds": seconds}
        self.add(at, "command", cmd=cmd, task=self.task, **told)
        facts = published(cmd, output) if success is not False and tells_of_commits(cmd) else {}
        if facts:
            self.add(at, "session.set", **facts)

    def approval(self, at: Any, question: str, answer: str) -> None:
        """Note that a person was asked, and what came of it."""
        approval_id = self.ids.new("a")
        self.add(at, "approval.ask", id=approval_id, question=first_line(question))
        self.add(at, "approval.answer", id=approval_id, answer=answer)

    def error(self, at: Any, kind: str, message: str) -> None:
        """Note an error that the host names."""
        if message.strip():
            self.add(at, "error", type=kind, message=first_line(message))

    def spend(self, model: str = "", **tokens: int | None) -> None:
        """Count tokens, each once: input without what the cache gave, output with what was thought."""
        if model:
            self.models[model] = None
        self.tokens.update({key: value for key, value in tokens.items() if value})

    # -- tasks ----------------------------------------------------------------------------------------------

    def todos(self, at: Any, wanted: Iterable[Item]) -> None:
        """Note a to-do list that replaces the last one."""
        items = list(wanted)
        for item in items:
            self._todo_ids.setdefault(item.description, item.id)
        self._todos.replace(self.see(at), [(item.description, item.status) for item in items])

    def _tell_todos(self) -> None:
        for todo in self._todos:
            task_id = self.ids.new("t", self._todo_ids.pop(todo.description, ""))
            for at, op, fields in todo.events(task_id):
                below = {"parent_task_id": self.task, "assigned_to": self.agent} if op == "task.add" else {}
                self.add(at, op, **fields, **below)

    def new_task(self, at: Any, description: str, wanted: str = "") -> str:
        """Note a new task of this agent; its id."""
        task_id = self.ids.new("t", wanted)
        told = {"parent_task_id": self.task, "assigned_to": self.agent}
        self.add(at, "task.add", id=task_id, description=description, **told)
        return task_id

    def delegate(self, at: Any, given: Handover) -> Story:
        """Note that a task was handed over; the story of the agent that got it, to be closed when it came back."""
        task_id = self.new_task(at, given.description or first_line(given.prompt) or f"Work of {given.agent}")
        below = Story(self.settings, self, task_id, given.agent)
        below._delegation = self.ids.new("d")
        told = {"task_id": task_id, "agent": given.agent, "prompt": given.prompt}
        self.add(at, "delegation.open", id=below._delegation, **told)
        return below

    def returned(self, status: str, result: str) -> None:
        """Keep what came back until the story is closed, where its parts are told after its end."""
        self._returned = status, result

    def close(self, at: Any, status: str = "", result: str = "") -> None:
        """Note what came back from this agent; without a status it is still at work. Its sums go to its giver."""
        status, result = (status, result) if status or result else self._returned
        self._tell_todos()
        tokens = sum(self.tokens.values()) or None
        if status or tokens or self.paths:
            told = {"result": result, "tokens_used": tokens, "artifacts": list(self.paths)}
            self.add(at, "delegation.close", id=self._delegation, status=status or "running", **told)
        if self.above is not None:
            self.above.tokens.update(self.tokens)
            self.above.models |= self.models
            self.above.interrupts += self.interrupts

    # -- the end --------------------------------------------------------------------------------------------

    def active_minutes(self) -> int:
        """Minutes of activity: the time between records, pauses counted as five minutes at most."""
        times = sorted(self.moments)
        gaps = [min(seconds_between(*pair) or 0, PAUSE) for pair in pairwise(times)]
        return (sum(gaps) + 30) // 60

    def imported(
        self,
        transcript: Transcript,
        tally: Tally,
        *,
        agent: str,
        host_id: str,
        stand_in: str = "",
        version: str = "",
        title: str = "",
        outcome: str = "",
        guess: str = "completed",
        active_minutes: int | None = None,
        start: Mapping[str, Any] | None = None,
        children: Iterable[Imported] = (),
    ) -> Imported:
        """The finished import. Without an ``outcome`` there is only the ``guess``; so is a title made from a prompt.

        ``host_id`` is the agent's own id of the session. Without one, what ``stand_in`` gives or the name of the file
        makes the log's id.
        """
        self._tell_todos()
        identity = host_id or stand_in or transcript.name
        inferred = [] if title else ["session.title"]
        inferred += [] if outcome else ["session.outcome"]
        minutes = active_minutes
        if not self.moments:
            self.see(self.see(transcript.modified) or UNKNOWN_START)
            inferred += ["session.started_at", "session.ended_at"]
        elif minutes is None:
            minutes = self.active_minutes()
        begin, end = min(self.moments), max(self.moments)
        self._sum_up(end)
        host = _told({"agent": agent, "version": version, "session_id": host_id})
        events = self.timeline.events(
            agent=agent,
            host_id=identity,
            title=title or self.prompt,
            started=begin,
            ended=end,
            start={"agent": agent, "host": host, **(start or {}), "inferred": inferred},
            end={"outcome": outcome or guess, "active_minutes": minutes},
        )
        skipped = dict(tally.skipped)
        return Imported(agent, identity, events, skipped, tally.bad_lines, tuple(children))

    def _sum_up(self, at: str) -> None:
        usage: dict[str, Any] = {key: self.tokens[key] for key in _TOKENS if self.tokens[key]}
        if self.interrupts:
            usage["interrupts"] = self.interrupts
        if usage or self.models:
            self.add(at, "usage", models=list(self.models), **usage)


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, "")}
