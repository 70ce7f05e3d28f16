"""Delegations of a Codex session: agents it spawned, and reviews it had made.

What came back is told in several places and versions (the outputs of waiting and closing, events, notices); the last
final word counts, and closing an agent that was done changes nothing. Where the session has no word of it, the
agent's own rollout decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from akislog.exchange.codex.output import agent_statuses, raw_text
from akislog.exchange.shared.fields import Fields, first_line, mapping, mappings, parsed, text
from akislog.exchange.shared.story import Story
from akislog.exchange.shared.toolcalls import Handover

_STATUSES = {
    "completed": "success",
    "errored": "failure",
    "failed": "failure",
    "not_found": "failure",
    "interrupted": "partial",
    "shutdown": "partial",
}
_FINAL = ("success", "failure")


@dataclass
class Handed:
    """A task that was handed over. ``key`` is how the session calls the agent: its thread, or its path."""

    story: Story
    key: str = ""
    call_id: str = ""
    review: bool = False
    status: str = ""
    result: str = ""
    at: str = ""
    found: bool = False

    def told(self, at: str, status: str, result: str) -> None:
        """Take in what is said of the agent's end."""
        if not status or (status == "partial" and self.status in _FINAL) or (status, result) == (self.status, ""):
            return
        if (status, result) != (self.status, self.result):
            self.status, self.result, self.at = status, result or self.result, at


class Agents:
    """All delegations of one session, in the order they were made."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.all: list[Handed] = []
        self._by_key: dict[str, Handed] = {}
        self._by_call: dict[str, Handed] = {}
        self._reviews: list[Handed] = []  # not back yet

    def spawn(self, at: str, call_id: str, args: Fields) -> None:
        """An agent is asked for, by the call that spawns it or by the event that tells of it."""
        if call_id and call_id in self._by_call:
            return
        items = "\n".join(text(one, "text") for one in mappings(args, "items"))
        prompt = text(args, "message", "prompt") or items
        named = text(args, "task_name") or first_line(prompt)
        handed = self._hand(at, text(args, "agent_type", "new_agent_role") or "default", named, prompt)
        handed.call_id = call_id
        self._by_call[call_id] = handed

    def spawned(self, at: str, call_id: str, output: Any) -> None:
        """What came of asking: the agent's thread or path, else why there is none."""
        handed = self._by_call.get(call_id)
        if handed is None:
            return
        said = raw_text(output)
        answer = parsed(said)
        self._known_as(handed, text(answer, "agent_id", "task_name"))
        if not handed.key:
            handed.told(at, "failure", said)

    def announced(self, at: str, event: Fields) -> None:
        """The event that an agent was spawned: it names the thread also where a script in code mode asked for it."""
        call_id = text(event, "call_id")
        self.spawn(at, call_id, event)
        self._known_as(self._by_call[call_id], text(event, "new_thread_id"))
        self.told(at, text(event, "new_thread_id"), event.get("status"))

    def waited(self, at: str, said: Fields) -> None:
        """Statuses of several agents, as waiting for them gives them."""
        for key, status in agent_statuses(said).items():
            self.told(at, key, status)

    def told(self, at: str, key: str, status: Any) -> None:
        """The status of one agent: a word, or an object with the word as its only key and a message."""
        handed = self._by_key.get(key)
        if handed is not None:
            word = next(iter(status), "") if isinstance(status, dict) else status
            result = text(status, word) if isinstance(status, dict) else ""
            handed.told(at, _STATUSES.get(word, "") if isinstance(word, str) else "", result)

    def noticed(self, at: str, notice: str) -> None:
        """A notice in the conversation that an agent has ended."""
        said = parsed(notice)
        if isinstance(said, dict):
            self.told(at, text(said, "agent_id", "agent_path"), said.get("status"))

    def heard(self, author: str, said: str) -> None:
        """A message of an agent to the one that spawned it: its result, where it turns out to have ended."""
        handed = self._by_key.get(author)
        if handed is not None and said and not handed.status:
            handed.result = said

    def review(self, at: str, event: Fields) -> None:
        """A review was begun, which another agent makes."""
        hint = first_line(text(event, "user_facing_hint"))
        handed = self._hand(at, "review", f"Review {hint}".strip(), text(event, "prompt"))
        handed.review = True
        self._reviews.append(handed)

    def reviewed(self, at: str, event: Fields) -> None:
        """A review came back; without findings of any kind it was broken off."""
        if self._reviews:
            handed = self._reviews.pop()
            output = mapping(event, "review_output")
            handed.told(at, "success" if output else "partial", text(output, "overall_explanation"))

    def of(self, meta: Fields, at: str) -> Handed:
        """The delegation that a rollout belongs to; a new one where the session does not tell of it."""
        source = mapping(meta, "source")
        spawn = mapping(mapping(source, "subagent"), "thread_spawn")
        path = text(spawn, "agent_path") or text(meta, "agent_path")
        handed = self._by_key.get(text(meta, "id", "session_id")) or self._by_key.get(path)
        if handed is None and source.get("subagent") == "review":
            handed = next((one for one in self.all if one.review and not one.found), None)
        if handed is None or handed.found:
            role = text(spawn, "agent_role") or text(meta, "agent_role") or text(source, "subagent") or "default"
            handed = self._hand(at, role, text(spawn, "agent_nickname"), "")
        handed.found = True
        return handed

    def _hand(self, at: str, agent: str, description: str, prompt: str) -> Handed:
        handed = Handed(self.story.delegate(at, Handover(agent, description, prompt)))
        self.all.append(handed)
        return handed

    def _known_as(self, handed: Handed, key: str) -> None:
        if key:
            handed.key = handed.key or key
            self._by_key.setdefault(key, handed)
