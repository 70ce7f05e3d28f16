"""One Codex rollout, record by record: what it says of the session itself, the rest handed on."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from akislog.core.values import word
from akislog.exchange.codex.agents import Agents
from akislog.exchange.codex.calls import Calls
from akislog.exchange.codex.output import raw_text
from akislog.exchange.shared.fields import Fields, count, first_line, listed, mapping, number, text
from akislog.exchange.shared.shell import command_line
from akislog.exchange.shared.span import Span, rounded_minutes
from akislog.exchange.shared.story import Story
from akislog.exchange.transcript import Tally, records

ENVELOPES = frozenset(
    {"session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state"}
    | {"inter_agent_communication_metadata"}
)
_SILENT_ITEMS = frozenset(  # what a log tells nothing of
    {"reasoning", "web_search_call", "tool_search_call", "tool_search_output", "ghost_snapshot", "compaction"}
    | {"image_generation_call", "context_compaction", "other"}
)
_SILENT_EVENTS = frozenset(
    {"agent_reasoning", "agent_reasoning_raw_content", "context_compacted", "mcp_tool_call_end", "web_search_end"}
    | {"image_generation_end", "view_image_tool_call", "thread_rolled_back", "undo_completed", "thread_goal_updated"}
    | {"thread_settings_applied", "dynamic_tool_call_request", "dynamic_tool_call_response", "sub_agent_activity"}
    | {"collab_agent_interaction_end", "collab_resume_end"}
)
# Lines of which a log needs the time alone, or the last one of a kind: told by their head, so that they need not be
# parsed. They are most of a rollout's bytes.
_HEAD = re.compile(
    rb'\{"timestamp":"([0-9T:.Z-]{19,32})",(?:"ordinal":[0-9]+,)?"type":"(?:(?:compacted|world_state)"|(turn_context)"|'
    rb'event_msg","payload":\{"type":"(?:(token_count)|agent_reasoning|web_search_end|mcp_tool_call_end)"|'
    rb'response_item","payload":\{"type":"reasoning")'
)
_NOTICE = re.compile(r"\s*<subagent_notification>(.*)</subagent_notification>", re.DOTALL)
_SKILL = re.compile(r"\s*<skill>\s*<name> *([^<\s][^<\n]{0,100})</name>")
_REQUEST = "## My request for Codex:"
_NO_PROMPT = ("<", "# AGENTS.md instructions")
_ANSWERS = {"approved": "approved", "denied": "rejected", "timed_out": "expired", "aborted": "cancelled"}


class Rollout:
    """A rollout while it is read. What it tells goes to ``story``, the sums of the session stay here."""

    def __init__(self, story: Story, tally: Tally) -> None:
        self.story = story
        self.tally = tally
        self.span = Span()
        self.agents = Agents(story)
        self.calls = Calls(story, self.agents)
        self.meta: Fields = {}
        self.title = ""
        self.last_message = ""
        self._tokens: Fields = {}
        self._turns: list[float] = []
        self._turn = ""  # how the last turn stands: open, completed, interrupted, failed
        self._planning = False
        self._marks = 0  # interrupts that are only told in the conversation
        self._asked: dict[str, str] = {}

    @property
    def id(self) -> str:
        """The thread's id."""
        return text(self.meta, "id", "session_id")

    def take(self, lines: Iterable[bytes]) -> None:
        """Read all records, then sum up."""
        for record in records(self._telling(lines), self.tally):
            self._record(record)
        for at in (self.span.first, self.span.last):
            self.story.see(at)
        if self.calls.open and self._turn in ("", "open"):
            self._turn = "broken"
        self.calls.finish(self.span.last)
        self.story.interrupts = max(self.story.interrupts, self._marks)
        sent, cached = count(self._tokens, "input_tokens") or 0, count(self._tokens, "cached_input_tokens") or 0
        self.story.spend(
            input_tokens=max(0, sent - cached),
            cache_read_tokens=cached,
            cache_write_tokens=count(self._tokens, "cache_write_input_tokens"),
            output_tokens=count(self._tokens, "output_tokens"),
        )

    def _telling(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines to parse: all but silent ones, contexts that are the same again, and counts but the last two
        (the very last may be torn)."""
        counts: deque[bytes] = deque(maxlen=2)
        context = b""
        for line in lines:
            head = _HEAD.match(line)
            if head is None:
                yield line
                continue
            self.span.note(head[1].decode())
            if head[2] and line[head.end() :] != context:
                context = line[head.end() :]
                yield line
            elif head[3] and b'"total_token_usage"' in line:
                counts.append(line)
        yield from counts

    def outcome(self) -> tuple[str, bool]:
        """How the session ended, an empty text where nothing tells; and whether that is a guess."""
        if self._turn in ("open", "broken"):
            return "interrupted", True
        return self._turn, False

    def delegation_status(self) -> str:
        """How the session ended, as its giver sees it."""
        return {"completed": "success", "failed": "failure", "interrupted": "partial"}.get(self._turn, "")

    def active_minutes(self) -> int:
        """Minutes of activity: those of the turns where Codex tells them, else the time without long pauses."""
        return rounded_minutes(sum(self._turns) / 1000) if self._turns else self.span.minutes

    # -- records --------------------------------------------------------------------------------------------

    def _record(self, record: Mapping[str, Any]) -> None:
        kind, payload = record.get("type"), record.get("payload")
        at = self.span.note(record.get("timestamp"))
        if not isinstance(payload, dict):
            self._bare(at, record)
        elif kind == "response_item":
            self._hand_on(_ITEMS, _SILENT_ITEMS, at, payload, "response_item")
        elif kind == "event_msg":
            self._hand_on(_EVENTS, _SILENT_EVENTS, at, payload, "event_msg")
        elif kind == "turn_context":
            self._turn_context(at, payload)
        elif kind == "session_meta":
            self._session_meta(payload)
        elif not isinstance(kind, str) or kind not in ENVELOPES:
            self.tally.skip(kind)

    def _bare(self, at: str, record: Fields) -> None:
        """A record of the first versions, which had no envelope; times stand only in the first one."""
        kind = record.get("type")
        if kind is None and "record_type" in record:
            return
        if kind is None and text(record, "id") and "instructions" in record:
            self._session_meta(record)
        elif isinstance(kind, str) and kind not in ENVELOPES:
            self._hand_on(_ITEMS, _SILENT_ITEMS, at, record, "")
        else:
            self.tally.skip(kind)

    def _hand_on(self, table: Handlers, silent: frozenset[str], at: str, payload: Fields, of: str) -> None:
        kind = payload.get("type")
        handler = table.get(kind) if isinstance(kind, str) else None
        if handler is not None:
            handler(self, at, payload)
        elif not isinstance(kind, str) or kind not in silent:
            self.tally.skip(f"{of} {kind}".strip() if isinstance(kind, str) else of or kind)

    def _session_meta(self, payload: Fields) -> None:
        """The first one counts: those of a parent whose history was taken over come after it."""
        if not self.meta:
            self.meta = payload
            self.span.note(payload.get("timestamp"))
            self.story.cwd = self.calls.cwd = text(payload, "cwd") or self.story.cwd

    def _turn_context(self, at: str, payload: Fields) -> None:
        self.calls.cwd = text(payload, "cwd") or self.calls.cwd
        self.story.cwd = self.story.cwd or self.calls.cwd
        model = text(payload, "model")
        if model:
            self.story.models[model] = None
        self._mode(at, text(mapping(payload, "collaboration_mode"), "mode"))

    def _mode(self, at: str, mode: str) -> None:
        planning = mode == "plan"
        if mode and planning != self._planning:
            self._planning = planning
            if self.story.above is None:
                self.story.add(at, "phase", to_phase="planning" if planning else "executing")

    # -- the conversation -----------------------------------------------------------------------------------

    def _message(self, at: str, payload: Fields) -> None:
        said = raw_text(payload.get("content"))
        if payload.get("role") == "assistant":
            self.last_message = said or self.last_message
        elif payload.get("role") == "user":
            self._user_said(at, said)

    def _user_message(self, at: str, payload: Fields) -> None:
        if text(payload, "kind") in ("", "plain"):
            self._user_said(at, text(payload, "message"))

    def _user_said(self, at: str, said: str) -> None:
        if not said.lstrip().startswith(_NO_PROMPT):
            if self._turn in ("interrupted", "failed"):
                self._turn = ""  # it went on; versions without events of turns say so only here
            self.story.ask(said.partition(_REQUEST)[2] if _REQUEST in said else said)
            return
        notice, skill = _NOTICE.match(said), _SKILL.match(said)
        if notice:
            self.agents.noticed(at, notice[1])
        elif skill:
            self.story.add(at, "skill", name=skill[1].strip())
        elif said.lstrip().startswith("<turn_aborted>"):
            self._marks += 1

    def _agent_message(self, _at: str, payload: Fields) -> None:
        self.last_message = text(payload, "message") or self.last_message

    def _from_agent(self, _at: str, payload: Fields) -> None:
        self.agents.heard(text(payload, "author"), raw_text(payload.get("content")))

    # -- turns ----------------------------------------------------------------------------------------------

    def _turn_started(self, at: str, payload: Fields) -> None:
        self._turn = "open"
        self._mode(at, text(payload, "collaboration_mode_kind"))

    def _turn_ended(self, at: str, payload: Fields) -> None:
        self._turn = "completed"
        self._took(payload)
        self.last_message = text(payload, "last_agent_message") or self.last_message
        error = mapping(payload, "error")
        if error:
            self._error(at, error)

    def _turn_aborted(self, _at: str, payload: Fields) -> None:
        """Only what a person broke off is an interrupt; a turn may also give way to another."""
        self._took(payload)
        if text(payload, "reason") in ("", "interrupted"):
            self._turn = "interrupted"
            self.story.interrupts += 1
        else:
            self._turn = "completed"

    def _took(self, payload: Fields) -> None:
        milliseconds = number(payload, "duration_ms")
        if milliseconds is not None and milliseconds >= 0:
            self._turns.append(milliseconds)

    def _error(self, at: str, payload: Fields) -> None:
        info = payload.get("codex_error_info")
        kind = next(iter(info), "") if isinstance(info, dict) else info
        self._turn = "failed"
        self.story.error(at, word(kind) if isinstance(kind, str) and kind else "codex_error", text(payload, "message"))

    def _tokens_counted(self, _at: str, payload: Fields) -> None:
        self._tokens = mapping(mapping(payload, "info"), "total_token_usage") or self._tokens

    def _named(self, _at: str, payload: Fields) -> None:
        self.title = first_line(text(payload, "thread_name")) or self.title

    # -- what events tell of calls --------------------------------------------------------------------------

    def _patched(self, at: str, payload: Fields) -> None:
        self.calls.patched(at, text(payload, "call_id"), payload)

    def _executed(self, at: str, payload: Fields) -> None:
        self.calls.executed(at, text(payload, "call_id"), payload)

    def _item_completed(self, at: str, payload: Fields) -> None:
        item = mapping(payload, "item")
        if text(item, "type") == "CommandExecution":
            self.calls.executed(at, text(item, "id"), item)
        elif text(item, "type") == "FileChange":
            self.calls.patched(at, text(item, "id"), item)

    def _assessed(self, at: str, payload: Fields) -> None:
        """A reviewer in the place of a person was asked whether a call may go on, or has answered."""
        key, status = text(payload, "id"), text(payload, "status")
        if key not in self._asked:
            self._asked[key] = self.story.ids.new("a")
            action = mapping(payload, "action")
            files = ", ".join(one for one in listed(action, "files") if isinstance(one, str))
            asked = command_line(action.get("command")) or text(action, "tool_title", "tool_name", "type") or "approval"
            self.story.add(at, "approval.ask", id=self._asked[key], question=f"{asked} {files}".strip())
        if status in _ANSWERS:
            self.story.add(at, "approval.answer", id=self._asked[key], answer=_ANSWERS[status])

    def _call(self, at: str, payload: Fields) -> None:
        self.calls.call(at, payload)

    def _output(self, at: str, payload: Fields) -> None:
        self.calls.output(at, payload)

    def _spawned(self, at: str, payload: Fields) -> None:
        self.agents.announced(at, payload)

    def _waited(self, at: str, payload: Fields) -> None:
        self.agents.waited(at, payload)

    def _agent_closed(self, at: str, payload: Fields) -> None:
        self.agents.told(at, text(payload, "receiver_thread_id"), payload.get("status"))

    def _review(self, at: str, payload: Fields) -> None:
        self.agents.review(at, payload)

    def _reviewed(self, at: str, payload: Fields) -> None:
        self.agents.reviewed(at, payload)


Handlers = Mapping[str, Callable[[Rollout, str, Fields], None]]

_ITEMS: Handlers = {
    "message": Rollout._message,
    "function_call": Rollout._call,
    "custom_tool_call": Rollout._call,
    "local_shell_call": Rollout._call,
    "function_call_output": Rollout._output,
    "custom_tool_call_output": Rollout._output,
    "agent_message": Rollout._from_agent,
}
_EVENTS: Handlers = {
    "user_message": Rollout._user_message,
    "agent_message": Rollout._agent_message,
    "token_count": Rollout._tokens_counted,
    "task_started": Rollout._turn_started,
    "turn_started": Rollout._turn_started,
    "task_complete": Rollout._turn_ended,
    "turn_complete": Rollout._turn_ended,
    "turn_aborted": Rollout._turn_aborted,
    "error": Rollout._error,
    "thread_name_updated": Rollout._named,
    "patch_apply_end": Rollout._patched,
    "exec_command_end": Rollout._executed,
    "item_completed": Rollout._item_completed,
    "guardian_assessment": Rollout._assessed,
    "collab_agent_spawn_end": Rollout._spawned,
    "collab_waiting_end": Rollout._waited,
    "collab_close_end": Rollout._agent_closed,
    "entered_review_mode": Rollout._review,
    "exited_review_mode": Rollout._reviewed,
}
