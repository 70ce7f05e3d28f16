"""What one agent did in a Claude Code transcript, before ids and tasks are given to it.

A transcript holds a chain of records for the main agent and, in old versions, further ones for its sub-agents
(``isSidechain``). Reading fills a Chain each; ``claude_code`` links them and tells them as events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from akislog.core.values import NUMBER_LIMIT
from akislog.exchange.shared.fields import Fields, first_line, listed, text
from akislog.exchange.shared.todos import STATUSES

NOTIFICATION = re.compile(r"<(?:task|agent)-notification>")
COUNTS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}
_CLOSED = {
    **dict.fromkeys(("completed", "success"), "success"),
    **dict.fromkeys(("failed", "error", "killed", "stopped", "cancelled"), "failure"),
}
_STATUSES = {**STATUSES, "deleted": "cancelled"}
_EXIT_CODE = re.compile(r"exit code (-?\d{1,9})\b", re.IGNORECASE)
_TOOL_MARK, _RESULT_MARK = "[Tool: ", "--- RESULT ---"
_TOOL_LINE = re.compile(r"^\[Tool: .*\n?", re.MULTILINE)


def content_text(content: Any) -> str:
    """The text of a message or a tool's result: a text itself, or the text blocks of a list."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(one for one in (text(block, "text") for block in content) if one)


def heading(value: str) -> str:
    """The first line of ``value`` that says something, without the marks of a heading."""
    return first_line(value.lstrip("# \t\r\n")).strip("# ")


@dataclass
class Call:
    """A tool that was called and has not answered yet. ``message`` is the message that called it."""

    name: str
    input: Fields
    at: str
    message: str


@dataclass
class Delegation:
    """Work handed to a sub-agent. ``own`` is the sub-agent's chain, once it is found."""

    at: str
    agent: str
    description: str
    prompt: str
    message: str
    agent_id: str = ""
    status: str = "running"
    result: str = ""
    tokens: int | None = None
    closed_at: str = ""
    own: Chain | None = None

    def close(self, status: str, result: str, at: str) -> None:
        """Take the outcome: the first one that is told counts, a result may come later."""
        if self.status == "running":
            self.status = _CLOSED.get(status, "running")
            self.closed_at = max(at, self.at)
        if self.status != "running" and not self.result:
            self.result = _without_tools(result).strip()


@dataclass
class Command:
    """A command that was run: when it was called, and the fields of its event."""

    at: str
    fields: dict[str, Any]


@dataclass
class Todos:
    """The to-do list of one chain as changes in time. A key is the host's id, or the text of an entry without one."""

    states: dict[str, str] = field(default_factory=dict)
    dependencies: dict[str, list[str]] = field(default_factory=dict)
    changes: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    dropped: bool = False
    unnamed: bool = False
    _last: str = ""

    def _change(self, at: str, key: str, op: str, **fields: Any) -> None:
        self._last = max(at, self._last)  # a change never comes before the one it changes
        self.changes.append((self._last, key, op, fields))

    def see(self, at: str, key: str, description: str, status: str = "") -> None:
        """Take an entry and its status: a new one is added, a known one changed where the status is another."""
        state = _STATUSES.get(status)
        if key not in self.states:
            self.states[key] = "pending"
            self._change(at, key, "task.add", description=description)
        if state and state != self.states[key]:
            self.states[key] = state
            self._change(at, key, "task.status", status=state)

    def write(self, at: str, entries: list[Fields]) -> None:
        """Take a whole list that replaces the one before. An open entry that is gone from it was given up."""
        present: set[str] = set()
        for key, entry in _keyed(entries):
            present.add(key)
            self.see(at, key, text(entry, "content"), text(entry, "status"))
        for key in sorted(self.written - present):
            if self.states[key] in ("pending", "working"):
                self.see(at, key, "", "deleted")
                self.dropped = True
        self.written = present

    def update(self, at: str, key: str, values: Fields) -> None:
        """Take a change of one entry, which may have been made before this transcript began."""
        self.unnamed |= key not in self.states and not text(values, "subject")
        self.see(at, key, text(values, "subject") or f"Task {key}")
        changed = {"description": text(values, "subject"), "assigned_to": text(values, "owner")}
        changed = {name: value for name, value in changed.items() if value}
        if changed:
            self._change(at, key, "task.set", **changed)
        for earlier in _ids(values, "addBlockedBy"):
            self._depend(at, key, earlier)
        for later in _ids(values, "addBlocks"):
            self._depend(at, later, key)
        self.see(at, key, "", text(values, "status"))

    def _depend(self, at: str, key: str, earlier: str) -> None:
        known = self.dependencies.setdefault(key, [])
        if key in self.states and earlier not in known:
            known.append(earlier)
            self._change(at, key, "task.set", dependencies=list(known))


def _keyed(entries: list[Fields]) -> Iterator[tuple[str, Fields]]:
    """Entries of a list without ids by their text; the second of two equal ones is told apart by its number."""
    met: dict[str, int] = {}
    for entry in entries:
        content = text(entry, "content")
        if content:
            met[content] = met.get(content, 0) + 1
            yield f"{content}\n{met[content]}", entry


def _ids(values: Fields, key: str) -> list[str]:
    return [str(one) for one in listed(values, key) if isinstance(one, (str, int))]


@dataclass
class Chain:
    """What one agent did, in the order of the file. Times are as the transcript has them.

    ``root`` is the first working directory, ``cwd`` the present one; ``opening`` the first words said to the agent;
    ``ending`` how its last turn ended, where that was told; ``idle`` the calls of all chains of a file whose results
    tell nothing, with the chain that made each.
    """

    agent_id: str = ""
    agent_type: str = ""
    places: tuple[Any, ...] = ()
    session_ids: dict[str, None] = field(default_factory=dict)
    version: str = ""
    branch: str = ""
    root: str = ""
    cwd: str = ""
    now: str = ""
    seconds: set[str] = field(default_factory=set)
    opening: str = ""
    prompts: list[str] = field(default_factory=list)
    command_line: str = ""
    turns: int = 0
    turn_times: list[int] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    usage: dict[str, dict[str, int]] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)
    effort: str = ""
    compactions: int = 0
    interrupts: int = 0
    ending: str = ""
    speaks: bool = False
    last_message: str = ""
    planning: bool = False
    calls: dict[str, Call] = field(default_factory=dict)
    idle: dict[str, Chain] = field(default_factory=dict)
    facts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    background: dict[str, Delegation | Command] = field(default_factory=dict)
    approvals: list[tuple[str, str, str, str]] = field(default_factory=list)
    todos: Todos = field(default_factory=Todos)
    inferred: dict[str, None] = field(default_factory=dict)

    def fact(self, at: str, op: str, **fields: Any) -> None:
        """Note what needs no id: a file, a skill, a phase, an error, a remark, a commit."""
        self.facts.append((at, op, fields))

    def plan(self, at: str, planning: bool) -> None:
        """Note that the chain is in plan mode, or is not; only a change says something."""
        if planning != self.planning:
            self.planning = planning
            self.fact(at, "phase", to_phase="planning" if planning else "executing")

    def settle(self, name: str, status: str, result: str, at: str) -> None:
        """Take what became of a sub-agent or command that ran in the background."""
        job = self.background.get(name)
        if isinstance(job, Delegation):
            job.close(status, result, at)
        elif job is not None and status in _CLOSED and "success" not in job.fields:
            code = _EXIT_CODE.search(result[-4000:])
            if code:
                job.fields["exit_code"] = int(code[1])
            job.fields["success"] = _CLOSED[status] == "success" and not job.fields.get("exit_code")

    def notify(self, message: str, at: str) -> None:
        """Take a notification that something in the background has ended. One message may hold several."""
        for part in NOTIFICATION.split(message)[1:]:
            name = _tag(part, "task-id") or _tag(part, "agent-id")
            status, summary = _tag(part, "status"), _tag(part, "summary")
            told = _tag(part, "result") or (summary if status != "completed" or _EXIT_CODE.search(summary) else "")
            self.settle(name, status, told, at)

    def tokens(self) -> dict[str, int]:
        """Tokens by kind, as a log names them."""
        sums = dict.fromkeys(COUNTS.values(), 0)
        for counts in self.usage.values():
            for key, number in counts.items():
                sums[COUNTS[key]] += number
        return sums

    def count(self, message: str, usage: Fields) -> None:
        """Count one record's tokens. A message is written as several records, the first with placeholders, so the
        largest number of each field counts."""
        counts = self.usage.setdefault(message, {})
        for key in COUNTS:
            value = usage.get(key)
            if type(value) is int and counts.get(key, 0) < value < NUMBER_LIMIT:
                counts[key] = value


def _without_tools(result: str) -> str:
    """A sub-agent's result alone: older hosts put the tools that it called before it."""
    if _TOOL_MARK not in result:
        return result
    return result.partition(_RESULT_MARK)[2] or _TOOL_LINE.sub("", result)


def _tag(part: str, name: str) -> str:
    start, end = part.find(f"<{name}>"), part.find(f"</{name}>")
    return part[start + len(name) + 2 : end].strip() if 0 <= start < end else ""
