"""Claude Code: transcripts under ``~/.claude/projects`` as sessions.

The format is Claude Code's own and promised to nobody; what is read here was seen in versions 1.0 to 2.1. A
sub-agent's transcript (``subagents/agent-<id>.jsonl``) is part of the session that started it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from akislog.core.events import Event
from akislog.core.values import timestamp
from akislog.errors import InvalidValue
from akislog.exchange.claude_code.chain import Chain, Delegation, heading
from akislog.exchange.claude_code.records import KNOWN, chains
from akislog.exchange.shared.fields import text
from akislog.exchange.shared.span import PAUSE, rounded_minutes
from akislog.exchange.shared.story import Ids
from akislog.exchange.transcript import (
    Imported,
    Settings,
    Tally,
    Timeline,
    Transcript,
    Unreadable,
    decoded,
)

NAME = "claude-code"
CLAIM_FROM = 50
_COMPACTION = "agent-acompact"
_DEFAULT_AGENT = "general-purpose"


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these first records of a transcript are Claude Code's."""
    return any(_is_own(record) for record in records[:CLAIM_FROM])


def _is_own(record: Mapping[str, Any]) -> bool:
    kind = record.get("type")
    if not isinstance(kind, str) or kind not in KNOWN:
        return False
    if kind in ("summary", "file-history-snapshot"):
        return "leafUuid" in record or "snapshot" in record
    return "sessionId" in record and ("uuid" in record or "message" in record or "-" in kind)


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of a transcript; what its sub-agents did is part of it, and stands in ``children`` by itself.

    A child's session.start names its ``parent``: the session and, where one is known, the delegated task.
    Raises Unreadable for a transcript without one record that has a time.
    """
    tally = Tally()
    main, *sides = chains(transcript.lines, tally)
    files = [_File(name, transcript.children) for name in transcript.children if _is_agent(name)]
    pool = [*sides, *(chain for file in files for chain in (file.chain, *file.sides))]
    linked = _link(main, pool)
    teller = _Teller(settings, main, main.root)
    host_id = _host_id(main, transcript.name)
    events = teller.session(transcript, host_id, [one for one in pool if id(one) not in linked])
    children = []
    for file in files if settings.separate else ():
        if file.chain.seconds:
            parent = str(events[0]["id"]) + teller.places.get(id(file.chain), "")
            loose = [one for one in file.sides if id(one) not in linked]
            children.append(file.imported(transcript, settings, main.root, parent, loose))
    return Imported(NAME, host_id, events, dict(tally.skipped), tally.bad_lines, tuple(children))


class _File:
    """The transcript of one sub-agent."""

    def __init__(self, name: str, children: Mapping[str, Iterable[bytes]]) -> None:
        self.name, self.tally = name, Tally()
        self.chain, *self.sides = chains(children[name], self.tally)
        self.chain.agent_id = self.chain.agent_id or _stem(name).removeprefix("agent-")
        facts = decoded(b"".join(children.get(f"{name.removesuffix('.jsonl')}.meta.json", ())))
        self.chain.agent_type = text(facts, "agentType") or self.chain.agent_type

    def imported(self, parent: Transcript, settings: Settings, root: str, place: str, loose: list[Chain]) -> Imported:
        """The sub-agent's work as a session of its own, below ``place``."""
        host_id = _host_id(self.chain, parent.name)
        own = Transcript(self.name, (), modified=parent.modified)
        events = _Teller(settings, self.chain, root).session(own, host_id, loose, parent=place)
        return Imported(NAME, host_id, events, dict(self.tally.skipped), self.tally.bad_lines)


def _is_agent(name: str) -> bool:
    return name.endswith(".jsonl") and not _stem(name).startswith(_COMPACTION)


def _stem(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".jsonl")


def _host_id(chain: Chain, name: str) -> str:
    """The session's own id; a sub-agent's, which bears its parent's session id, with the agent's id behind it."""
    stem = _stem(name)
    session = stem if stem in chain.session_ids else next(iter(chain.session_ids), stem)
    return f"{session}/{chain.agent_id}" if chain.agent_id else session


def _link(main: Chain, pool: list[Chain]) -> set[int]:
    """Give each delegation the chain of its sub-agent, by the agent's id, else by the same prompt; which were given."""
    free = {id(chain): chain for chain in pool}
    by_id = {chain.agent_id: chain for chain in reversed(pool) if chain.agent_id}
    by_prompt: dict[str, list[Chain]] = {}
    for chain in reversed(pool):
        by_prompt.setdefault(chain.opening, []).append(chain)
    linked: set[int] = set()
    waiting = [main]
    while waiting:
        for delegation in waiting.pop().delegations:
            found = by_id.get(delegation.agent_id) if delegation.agent_id else None
            same = by_prompt.get(delegation.prompt.strip(), []) if delegation.prompt.strip() else []
            while found is None and same:
                candidate = same.pop()
                found = candidate if id(candidate) in free else None
            if found is not None and free.pop(id(found), None) is not None:
                linked.add(id(found))
                delegation.own = found
                waiting.append(found)
    return linked


class _Teller:
    """Tells the session that one chain led as events. ``places`` says below which task a chain was told: ``#t3``."""

    def __init__(self, settings: Settings, main: Chain, root: str) -> None:
        self.timeline = Timeline(settings)
        self.main, self.root = main, root
        self.places: dict[int, str] = {}
        self.inferred: dict[str, None] = {}
        self.ids = Ids()

    def session(self, transcript: Transcript, host_id: str, loose: list[Chain], parent: str = "") -> tuple[Event, ...]:
        """The events of the session that the main chain led. Of ``loose`` sub-agents nobody knows who sent them."""
        main = self.main
        told = [*self._chains(), *loose]
        for chain in loose:
            self._facts(chain, None)
        self._usage(told)
        moments = self._moments(told, transcript)
        outcome, title = self._outcome(), self._title()
        host = {"agent": NAME, "version": main.version, "session_id": host_id}
        start = {"agent": NAME, "host": host, "branch": main.branch, "parent": parent, "metadata": _metadata(main)}
        end = {"outcome": outcome, "active_minutes": _active(main, moments), "inferred": list(self.inferred)}
        return self.timeline.events(
            agent=NAME,
            host_id=host_id,
            title=title,
            started=f"{moments[0].isoformat()}Z",
            ended=f"{moments[-1].isoformat()}Z",
            start=start,
            end=end,
        )

    # -- the session as a whole -----------------------------------------------------------------------------------

    def _moments(self, told: list[Chain], transcript: Transcript) -> list[datetime]:
        """The seconds in which something happened, in order; failing that, when the file was last written."""
        found = [moment for moment in map(_moment, sorted(set().union(*(chain.seconds for chain in told)))) if moment]
        if not found:
            try:
                found = [datetime.fromisoformat(timestamp(transcript.modified)[:19])]
            except InvalidValue:
                raise Unreadable(
                    f"{transcript.name}: no record with a time in it; it may be empty or cut, leave it out"
                ) from None
            self.inferred["session.started_at"] = None
        return found

    def _outcome(self) -> str:
        """How the session ended. Its last words are told; that it was completed is taken from nothing else."""
        main = self.main
        if main.ending:
            return main.ending
        self.inferred["session.outcome"] = None
        cut_short = any(call.message == main.last_message for call in main.calls.values())
        return "interrupted" if cut_short else "completed"

    def _title(self) -> str:
        main = self.main
        for key in ("customTitle", "aiTitle", "agentName"):
            if key in main.titles:
                return main.titles[key]
        self.inferred["session.title"] = None
        said = [*main.prompts[:1], main.command_line, main.opening]
        return next((heading(one) for one in said if heading(one)), "Claude Code session")

    def _usage(self, told: list[Chain]) -> None:
        tokens = [chain.tokens() for chain in told]
        counts = {key: sum(one[key] for one in tokens) for key in tokens[0]}
        models = list(dict.fromkeys(model for chain in told for model in chain.models))
        known = counts if any(chain.usage for chain in told) else {}
        interrupts = {"interrupts": self.main.interrupts} if self.main.interrupts else {}
        if known or models or interrupts:
            latest = max((chain.now for chain in told), default="")
            self.timeline.add(latest, "usage", models=models, **known, **interrupts)

    # -- what was done --------------------------------------------------------------------------------------------

    def _chains(self) -> list[Chain]:
        """Tell the main chain and, below their delegations, those linked to it; all that were told."""
        told: list[Chain] = []
        waiting: list[tuple[Chain, str | None, str | None]] = [(self.main, None, None)]
        while waiting:
            chain, task, agent = waiting.pop()
            told.append(chain)
            self._todos(chain, task, agent)
            self._facts(chain, task)
            waiting += self._delegations(chain, task, agent)
        return told

    def _todos(self, chain: Chain, parent: str | None, agent: str | None) -> None:
        ids: dict[str, str] = {}
        for at, key, op, fields in chain.todos.changes:
            if op == "task.add":
                ids[key] = self.ids.new("t", key)
                fields = {**fields, "parent_task_id": parent, "assigned_to": agent}
            elif "dependencies" in fields:
                fields = {"dependencies": [ids[one] for one in fields["dependencies"] if one in ids]}
            self.timeline.add(at, op, id=ids[key], **fields)
        if chain.todos.dropped:
            self.inferred["tasks.status"] = None
        if chain.todos.unnamed:
            self.inferred["tasks.description"] = None

    def _facts(self, chain: Chain, task: str | None) -> None:
        for at, op, fields in chain.facts:
            if op == "phase" and chain is not self.main:
                continue  # a sub-agent's plan is no phase of the session
            if op == "file":
                fields = {**fields, "path": self.timeline.path(fields["path"], self.root), "task": task}
            self.timeline.add(at, op, **fields)
        for command in chain.commands:
            self.timeline.add(command.at, "command", **command.fields, task=task)
        for asked_at, question, answer, at in chain.approvals:
            name = self.ids.new("a")
            self.timeline.add(asked_at, "approval.ask", id=name, question=question)
            if answer:
                self.timeline.add(max(asked_at, at), "approval.answer", id=name, answer=answer)
        if any("seconds" in command.fields for command in chain.commands):
            self.inferred["commands.seconds"] = None  # they hold the time that a person took to permit it
        self.inferred |= chain.inferred

    def _delegations(
        self, chain: Chain, parent: str | None, agent: str | None
    ) -> list[tuple[Chain, str | None, str | None]]:
        """Tell what a chain handed over; the sub-agents' chains that are known, with their tasks."""
        below: list[tuple[Chain, str | None, str | None]] = []
        together: dict[str, list[tuple[str, str]]] = {}
        for delegation in sorted(chain.delegations, key=lambda one: one.at):
            task = self.ids.new("t")
            together.setdefault(delegation.message, []).append((delegation.at, task))
            name = self._delegation(delegation, task, parent, agent)
            if delegation.own is not None:
                self.places[id(delegation.own)] = f"#{task}"
                below.append((delegation.own, task, name))
        for message, members in together.items():  # what one message handed over runs side by side
            if message and len(members) > 1:
                tasks = [task for _, task in members]
                self.timeline.add(members[-1][0], "group.add", id=self.ids.new("pg"), tasks=tasks)
        return below

    def _delegation(self, delegation: Delegation, task: str, parent: str | None, agent: str | None) -> str:
        own, tokens = delegation.own, delegation.tokens
        name = delegation.agent or (own.agent_type if own else "")
        if not name:
            name = _DEFAULT_AGENT
            self.inferred["delegations.agent"] = None
        if own is not None and own.usage:
            tokens = sum(own.tokens().values())
        elif tokens is not None:
            self.inferred["delegations.tokens_used"] = None  # of its last request only
        at, add = delegation.at, self.timeline.add
        number = self.ids.new("d")
        add(at, "task.add", id=task, description=delegation.description, parent_task_id=parent, assigned_to=agent)
        add(at, "delegation.open", id=number, task_id=task, agent=name, prompt=delegation.prompt)
        paths = [fields["path"] for _, op, fields in own.facts if op == "file"] if own else []
        made = list(dict.fromkeys(self.timeline.path(path, self.root) for path in paths))
        if delegation.status != "running" or tokens or made:
            told = {"status": delegation.status, "result": delegation.result, "tokens_used": tokens, "artifacts": made}
            add(delegation.closed_at or at, "delegation.close", id=number, **told)
        return name


def _moment(second: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(second)
    except ValueError:
        return None
    return moment.replace(tzinfo=None) if moment.tzinfo else moment


def _metadata(main: Chain) -> dict[str, Any]:
    facts = {"prompts": len(main.prompts), "compactions": main.compactions, "effort": main.effort}
    return {key: value for key, value in facts.items() if value}


def _active(main: Chain, moments: list[datetime]) -> int:
    """Minutes of work: the host's turn durations where each turn has one, else the gaps, long ones cut short."""
    if main.turn_times and len(main.turn_times) >= main.turns:
        return rounded_minutes(sum(main.turn_times) / 1000)
    gaps = ((later - earlier).total_seconds() for earlier, later in pairwise(moments))
    return rounded_minutes(sum(min(gap, PAUSE) for gap in gaps))
