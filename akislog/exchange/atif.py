"""ATIF trajectories (Agent Trajectory Interchange Format, 1.0 to 1.7), the neutral form of Harbor and others.

Tested on a trajectory of OpenHands; sub-agents, to-dos and edits of other agents are known from the documentation
only. The format has no word for failure, exit codes or to-dos: they are told from what the tools of known agents
write. A trajectory may hold no time at all; then the file's own stands in and is listed as inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from akislog.exchange.shared import toolcalls
from akislog.exchange.shared.fields import Fields, count, first_line, mapping, mappings, number, text
from akislog.exchange.shared.story import DEEPEST, Story
from akislog.exchange.transcript import Imported, Settings, Tally, Transcript, children, document

NAME = "atif"

_SILENT = frozenset({"system", "environment"})  # sources of steps that tell nothing of the work


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether this is a trajectory."""
    return bool(records) and _is_trajectory(records[0])


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of one trajectory; those of its sub-agents, embedded or in ``children``, are told within it.

    The root agent is the trajectory's own. Raises Unreadable where the transcript is no trajectory.
    """
    tally = Tally()
    whole = document(transcript, claims, tally)[0]
    files = {name: found[0] for name, found in children(transcript, claims, tally).items()}
    story = Story(settings)
    Teller(story, tally, dict(files)).tell(whole)
    embedded = [one for one in mappings(whole, "subagent_trajectories") if _is_trajectory(one)]
    below = [(_id(one) or f"{transcript.name}#{number}", one) for number, one in enumerate(embedded, 1)]
    alone = [_alone(name, one, settings) for name, one in [*below, *files.items()] if settings.separate]
    return _imported(story, whole, transcript, tally, alone)


def _alone(name: str, whole: Fields, settings: Settings) -> Imported:
    story, tally = Story(settings), Tally()
    Teller(story, tally, {}).tell(whole)
    return _imported(story, whole, Transcript(name, ()), tally, [], _id(whole))


def _imported(
    story: Story, whole: Fields, transcript: Transcript, tally: Tally, alone: Sequence[Imported], host_id: str = ""
) -> Imported:
    agent, totals = mapping(whole, "agent"), mapping(whole, "final_metrics")
    facts = {
        "schema_version": text(whole, "schema_version"),
        "continued_in": text(whole, "continued_trajectory_ref"),
        "cost_usd": number(totals, "total_cost_usd"),
    }
    return story.imported(
        transcript,
        tally,
        agent=first_line(text(agent, "name"), 64) or NAME,
        host_id=host_id or text(whole, "session_id", "trajectory_id"),
        version=text(agent, "version"),
        start={"metadata": {key: value for key, value in facts.items() if value}},
        children=alone,
    )


def _is_trajectory(record: Any) -> bool:
    return text(record, "schema_version").startswith("ATIF-") and isinstance(record.get("steps"), list)


def _id(whole: Fields) -> str:
    """What names a sub-agent's trajectory: its own id, before 1.7 its session's."""
    return text(whole, "trajectory_id", "session_id")


class Teller:
    """Tells one trajectory and what it refers to: embedded trajectories by id, files by name, each of them once."""

    def __init__(self, story: Story, tally: Tally, files: dict[str, Fields]) -> None:
        self.story, self.tally, self.files = story, tally, files
        self.below: dict[str, Fields] = {}
        self.at = ""

    def tell(self, whole: Fields) -> None:
        """Tell all steps but those copied from an earlier trajectory, then the sub-agents nobody referred to."""
        for child in mappings(whole, "subagent_trajectories"):
            name = _id(child)
            self.below[name if name and name not in self.below else f"{name}#{len(self.below)}"] = child
        steps = [step for step in mappings(whole, "steps") if step.get("is_copied_context") is not True]
        for step in steps:
            self.at = self.story.see(step.get("timestamp")) or self.at
            source = text(step, "source")
            if source == "user":
                self.story.ask(_content(step.get("message")))
            elif source == "agent":
                self._step(step)
            elif source not in _SILENT:
                self.tally.skip(source or "step without source")
        self._spend(whole, steps)
        if text(whole, "notes"):
            self.story.add(self.at, "note", text=text(whole, "notes"))
        for held in (self.below,) if self.story.above else (self.below, self.files):
            while held:
                child = held.pop(next(iter(held)))
                self._hand_over(toolcalls.as_handover({}, _agent(child)), [child], "success", "")

    def _spend(self, whole: Fields, steps: list[Fields]) -> None:
        """Tokens as the trajectory sums them up, else summed over its steps. Those of the prompt hold the cached."""
        totals = mapping(whole, "final_metrics")
        metrics = [mapping(step, "metrics") for step in steps]
        sums = {}
        for key in ("prompt_tokens", "completion_tokens", "cached_tokens"):
            told = count(totals, f"total_{key}")
            sums[key] = sum(count(one, key) or 0 for one in metrics) if told is None else told
        prompt, cached = sums["prompt_tokens"], sums["cached_tokens"]
        output = sums["completion_tokens"]
        self.story.spend(input_tokens=max(0, prompt - cached), output_tokens=output, cache_read_tokens=cached)
        if not self.story.models:
            self.story.spend(text(mapping(whole, "agent"), "model_name"))

    def _step(self, step: Fields) -> None:
        self.story.spend(text(step, "model_name"))
        calls, results = mappings(step, "tool_calls"), mappings(mapping(step, "observation"), "results")
        by_call: dict[str, list[Fields]] = {}
        for result in results:
            alone = text(calls[0], "tool_call_id") if len(calls) == 1 else ""
            by_call.setdefault(text(result, "source_call_id") or alone, []).append(result)
        for call in calls:
            self._call(call, by_call.pop(text(call, "tool_call_id"), []))
        for left in by_call.values():  # delegations that no call stands for
            children = self._children(left)
            if children:
                given = toolcalls.as_handover({}, _agent(children[0]))
                self._hand_over(given, children, "success", _said(left))

    def _call(self, call: Fields, results: list[Fields]) -> None:
        name, args = text(call, "function_name"), mapping(call, "arguments")
        children, said = self._children(results), _said(results)
        given, command = toolcalls.handover(name, args), toolcalls.command(name, args)
        todos = toolcalls.todos(name, args)
        failed = _failed(results, said)
        if given or children:
            given = given or toolcalls.as_handover(args, _agent(children[0]))
            status = "failure" if failed else "success" if results else ""
            self._hand_over(given, children, status, said)
        elif command:
            code = toolcalls.exit_code(said)
            success = False if failed or code else True if code == 0 else None
            self.story.command(self.at, command, exit_code=code, success=success, output=said)
        elif todos is not None:
            self.story.todos(self.at, todos)
        elif results and not failed:
            for change in toolcalls.edits(name, args, said):
                self.story.file(self.at, change)

    def _children(self, results: list[Fields]) -> list[Fields]:
        """The trajectories that these results refer to, as far as they are at hand."""
        found: list[Fields] = []
        for ref in [one for result in results for one in mappings(result, "subagent_trajectory_ref")]:
            path = text(ref, "trajectory_path").replace("\\", "/").rsplit("/", 1)[-1]
            ways = (text(ref, "trajectory_id"), self.below), (text(ref, "session_id"), self.below), (path, self.files)
            name, held = next(((name, held) for name, held in ways if name in held), ("", self.below))
            if name in held:
                found.append(held.pop(name))
        return found

    def _hand_over(self, given: toolcalls.Handover, children: list[Fields], status: str, said: str) -> None:
        agent, end = self.story.delegate(self.at, given), self.at
        for child in children:
            if agent.depth > DEEPEST:
                self.tally.skip("sub-agent too deep")
                continue
            teller = Teller(agent, self.tally, self.files)
            teller.at = self.at
            teller.tell(child)
            end = max(end, teller.at)
            said = said or _last_word(child)
        agent.close(end, status, said)


def _agent(whole: Fields) -> str:
    return first_line(text(mapping(whole, "agent"), "name"), 64)


def _content(value: Any) -> str:
    """Text, or since 1.6 a list of parts, of which the text ones count."""
    parts = value if isinstance(value, list) else []
    return value if isinstance(value, str) else "\n".join(found for part in parts if (found := text(part, "text")))


def _said(results: list[Fields]) -> str:
    return "\n".join(found for one in results if (found := _content(one.get("content"))))


def _last_word(whole: Fields) -> str:
    words = (
        _content(step.get("message")) for step in reversed(mappings(whole, "steps")) if step.get("source") == "agent"
    )
    return next((word for word in words if word), "")


def _failed(results: list[Fields], said: str) -> bool:
    """Whether a call failed, by a mark of the exporting tool or by the first word of its result."""
    marked = any(mapping(one, "extra").get("is_error") is True for one in results)
    return marked or said.lstrip()[:5].lower() == "error"
