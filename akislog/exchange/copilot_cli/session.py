"""The events of one Copilot CLI session, one by one: the session itself, its sub-agents and approvals."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from akislog.core.values import word
from akislog.exchange.copilot_cli.tools import Call, Tools
from akislog.exchange.shared.fields import Fields, count, first_line, listed, mapping, parsed_mapping, text
from akislog.exchange.shared.patches import Change
from akislog.exchange.shared.span import Span
from akislog.exchange.shared.story import DEEPEST, Story
from akislog.exchange.shared.toolcalls import as_handover
from akislog.exchange.transcript import Tally

_SILENT = frozenset(  # what a log tells nothing of
    {f"session.{one}" for one in ("info", "warning", "idle", "truncation", "snapshot_rewind", "usage_checkpoint")}
    | {f"session.{one}" for one in ("usage_info", "compaction_start", "compaction_complete", "plan_changed")}
    | {f"session.{one}" for one in ("todos_changed", "auto_mode_resolved", "workspace_file_changed", "handoff")}
    | {f"session.{one}" for one in ("context_cleared", "binary_asset", "remote_steerable_changed", "tools_updated")}
    | {f"session.{one}" for one in ("permissions_changed", "session_limits_changed", "mode_notice_delivered")}
    | {f"session.{one}" for one in ("background_tasks_changed", "skills_loaded", "custom_agents_updated")}
    | {f"session.{one}" for one in ("mcp_servers_loaded", "mcp_server_status_changed", "extensions_loaded")}
    | {f"session.{one}" for one in ("schedule_created", "schedule_cancelled", "schedule_rearmed")}
    | {f"assistant.{one}" for one in ("intent", "reasoning", "reasoning_delta", "message_start", "message_delta")}
    | {f"assistant.{one}" for one in ("streaming_delta", "tool_call_delta", "idle")}
    | {"tool.execution_partial_result", "tool.execution_progress", "tool_search.activated", "hook.start", "hook.end"}
    | {"hook.progress", "system.message", "subagent.selected", "subagent.deselected", "subagent.configured"}
    | {"user_input.requested", "user_input.completed", "elicitation.requested", "elicitation.completed"}
    | {"command.queued", "command.execute", "command.completed", "pending_messages.modified"}
)
_NOT_TYPED = ("skill-", "agent-", "system", "command", "schedule")  # origins of messages that no person wrote
_KINDS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadTokens": "cache_read_tokens",
    "cacheWriteTokens": "cache_write_tokens",
}
_DETAILS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}


@dataclass
class Handed:
    """A task that was handed to a sub-agent, and what is known of its end."""

    story: Story
    background: bool
    prompt: str
    status: str = ""
    result: str = ""
    at: str = ""

    def told(self, at: str, status: str, result: str = "") -> None:
        """Take in what is said of the sub-agent's end; the first word on it counts, a result may follow."""
        if not self.status:
            self.status, self.at = status, at
        self.result = self.result or result


class SessionEvents:
    """A session while its events are read. What they tell goes to ``story``, sums and state stay here."""

    def __init__(self, story: Story, tally: Tally) -> None:
        self.story = story
        self.tally = tally
        self.span = Span()
        self.tools = Tools()
        self.known = 0
        self.id = ""
        self.version = ""
        self.title = ""
        self._opening: Fields = {}
        self._context: Fields = {}
        self._state = ""  # how the last turn stands: interrupted, failed, completed
        self._selected = ""
        self._planning = False
        self._counted: Counter[str] = Counter()
        self._account: Counter[str] = Counter()
        self._handed: dict[str, Handed] = {}
        self._prompts: dict[str, deque[Handed]] = {}
        self._asked: dict[str, tuple[str, str]] = {}

    def take(self, found: Iterable[Fields]) -> None:
        """Read all events, then sum up."""
        for record in found:
            self._event(record)
        for at in (self.span.first, self.span.last):
            self.story.see(at)
        for call in self.tools.unanswered():
            self._story(call.parent).command(call.at, call.line())
        for handed in reversed(self._handed.values()):  # those that others handed out come before their givers
            handed.story.close(handed.at, handed.status, handed.result)
        if self._selected and not self.story.models:
            self.story.models[self._selected] = None
        self.story.tokens = self._account or self._counted or self.story.tokens
        head = text(self._context, "headCommit")
        if head and head != text(self._opening, "headCommit"):
            self.story.add(self.span.last, "session.set", head_commit=head)

    def start(self) -> dict[str, Any]:
        """What is known of the session from its beginning."""
        metadata = {"repository": text(self._context, "repository")}
        return {
            "branch": text(self._context, "branch"),
            "base_commit": text(self._opening, "headCommit", "baseCommit"),
            "metadata": {key: value for key, value in metadata.items() if value},
        }

    def outcome(self) -> tuple[str, bool]:
        """How the session ended, an empty text where nothing tells; and whether that is a guess."""
        if not self._state and self.tools.interrupted:
            return "interrupted", True
        return self._state, False

    # -- events ---------------------------------------------------------------------------------------------

    def _event(self, record: Fields) -> None:
        kind, data = record.get("type"), record.get("data")
        at = self.span.note(record.get("timestamp"))
        handler = EVENTS.get(kind) if isinstance(kind, str) else None
        if handler is not None and isinstance(data, dict):
            self.known += 1
            handler(self, at, data)
        elif not isinstance(kind, str) or kind not in _SILENT:
            self.tally.skip(kind)

    def _story(self, parent: str) -> Story:
        """The story of the agent that a call belongs to, told by the call that started the agent."""
        handed = self._handed.get(parent)
        return self.story if handed is None else handed.story

    def _started(self, _at: str, data: Fields) -> None:
        self.id = self.id or text(data, "sessionId")
        self.version = text(data, "copilotVersion") or self.version
        self._selected = self._model(text(data, "selectedModel")) or self._selected
        self.span.note(data.get("startTime"))
        self._changed_context(_at, mapping(data, "context"))

    def _resumed(self, _at: str, data: Fields) -> None:
        self._selected = self._model(text(data, "selectedModel")) or self._selected
        self._state = ""
        self._changed_context(_at, mapping(data, "context"))

    def _changed_context(self, _at: str, context: Fields) -> None:
        self._context = {**self._context, **{key: value for key, value in context.items() if value}}
        self._opening = self._opening or self._context
        self.story.cwd = self.story.cwd or text(context, "gitRoot", "cwd")
        self.tools.cwd = text(context, "cwd") or self.tools.cwd

    def _model_changed(self, _at: str, data: Fields) -> None:
        self._selected = self._model(text(data, "newModel")) or self._selected

    def _mode_changed(self, at: str, data: Fields) -> None:
        planning = text(data, "newMode") == "plan"
        if planning != self._planning:
            self._planning = planning
            self.story.add(at, "phase", to_phase="planning" if planning else "executing")

    def _user_said(self, _at: str, data: Fields) -> None:
        typed = not text(data, "source").startswith(_NOT_TYPED) and data.get("isAutopilotContinuation") is not True
        if typed and not text(data, "parentAgentTaskId"):
            self._state = ""
            self.story.ask(text(data, "content"))

    def _assistant_said(self, at: str, data: Fields) -> None:
        parent = text(data, "parentToolCallId")
        story = self._story(parent)
        self._count_model(story, text(data, "model"))
        story.spend(output_tokens=count(data, "outputTokens"))
        self._state = "" if self._state == "failed" else self._state
        for request in listed(data, "toolRequests"):
            if isinstance(request, dict):
                self.tools.asked(at, request, parent)

    def _used(self, _at: str, data: Fields) -> None:
        self._count_model(self.story, text(data, "model"))
        self._counted.update(_tokens(data))

    def _turn(self, _at: str, _data: Fields) -> None:
        """A turn begins or ends; only its time counts."""

    def _aborted(self, _at: str, _data: Fields) -> None:
        self._state = "interrupted"
        self.story.interrupts += 1

    def _failed(self, at: str, data: Fields) -> None:
        self._state = "failed"
        self.story.error(at, word(text(data, "errorType"), "session_error"), text(data, "message"))

    def _completed(self, at: str, data: Fields) -> None:
        summary = text(data, "summary")
        if summary:
            self.story.add(at, "session.set", summary=summary)

    def _titled(self, _at: str, data: Fields) -> None:
        self.title = first_line(text(data, "title")) or self.title

    def _skill(self, at: str, data: Fields) -> None:
        if text(data, "name"):
            self.story.add(at, "skill", name=text(data, "name"))

    def _shut_down(self, at: str, data: Fields) -> None:
        """The session's account of itself. Of several, after it was taken up again, the last is the whole."""
        if text(data, "shutdownType") == "error":
            self._state = "failed"
            self.story.error(at, "session_error", text(data, "errorReason"))
        elif text(data, "shutdownType") == "routine":
            self._state = self._state or "completed"
        metrics = {model: one for model, one in mapping(data, "modelMetrics").items() if isinstance(one, dict)}
        for model in metrics:
            self._count_model(self.story, model)
        self._account = _account(data, metrics) or self._account
        for path in listed(mapping(data, "codeChanges"), "filesModified"):
            if isinstance(path, str) and path and self.tools.resolved(path) not in self.tools.told:
                self.tools.tell(at, self.story, Change(path, "modified"))

    # -- tools and sub-agents -------------------------------------------------------------------------------

    def _tool_started(self, at: str, data: Fields) -> None:
        self.tools.started(at, data)

    def _tool_ended(self, at: str, data: Fields) -> None:
        call = self.tools.ended(text(data, "toolCallId"))
        if call is None:
            return
        if call.name == "task":
            self._task_ended(at, call, data)
        else:
            self.tools.tell_of(at, self._story(call.parent), call, data)

    def _task_ended(self, at: str, call: Call, data: Fields) -> None:
        """The call that started a sub-agent came back: with its result, or at once where it runs on its own."""
        handed = self._hand(call.at, call.id, call)
        said = text(mapping(data, "result"), "content") or text(mapping(data, "error"), "message")
        if data.get("success") is False:
            handed.told(at, "failure", said)
        elif not handed.background:
            handed.told(at, "success", said)

    def _hand(self, at: str, call_id: str, call: Call | None, data: Fields | None = None) -> Handed:
        handed = self._handed.get(call_id)
        if handed is None:
            args = parsed_mapping(call.args) if call else {}
            given = as_handover(args, text(data, "agentName", "agentDisplayName"))
            giver = self._story(call.parent if call else "")
            giver = giver if giver.depth < DEEPEST else self.story
            background = text(args, "mode") == "background" or text(data, "executionMode") == "background"
            named = given.description or text(data, "agentDisplayName")
            handed = Handed(giver.delegate(at, given._replace(description=named)), background, given.prompt)
            self._handed[call_id] = handed
            self._prompts.setdefault(handed.prompt, deque()).append(handed)
        return handed

    def _agent_started(self, at: str, data: Fields) -> None:
        call_id = text(data, "toolCallId")
        handed = self._hand(at, call_id, self.tools.open.get(call_id), data)
        self._count_model(handed.story, text(data, "model"))

    def _agent_completed(self, at: str, data: Fields) -> None:
        self._agent_ended(at, data, "partial" if data.get("cancelled") is True else "success")

    def _agent_failed(self, at: str, data: Fields) -> None:
        self._agent_ended(at, data, "failure", text(data, "error"))

    def _agent_ended(self, at: str, data: Fields, status: str, result: str = "") -> None:
        call_id = text(data, "toolCallId")
        handed = self._hand(at, call_id, self.tools.open.get(call_id), data)
        handed.told(at, status, result)
        self._count_model(handed.story, text(data, "model"))
        total, written = count(data, "totalTokens") or 0, handed.story.tokens["output_tokens"]
        if total > written:
            handed.story.tokens["input_tokens"] = total - written

    def _notified(self, at: str, data: Fields) -> None:
        """A sub-agent in the background has ended; which one is told by what it was asked."""
        kind = mapping(data, "kind")
        if text(kind, "type") != "agent_completed":
            return None
        status = {"completed": "success", "failed": "failure", "cancelled": "partial"}.get(text(kind, "status"), "")
        asked = self._prompts.get(text(kind, "prompt"), deque())
        while status and asked:
            handed = asked.popleft()
            if not handed.status:
                return handed.told(at, status)
        return None

    # -- approvals ------------------------------------------------------------------------------------------

    def _permission_asked(self, at: str, data: Fields) -> None:
        request = mapping(data, "permissionRequest")
        wanted = text(request, "fullCommandText", "intention", "fileName", "path", "url", "toolTitle", "toolName")
        if data.get("resolvedByHook") is not True:
            self._ask(at, text(data, "requestId"), wanted or text(request, "kind"), text(request, "toolCallId"))

    def _permission_given(self, at: str, data: Fields) -> None:
        kind = text(mapping(data, "result"), "kind")
        answer = "approved" if kind.startswith("approved") else "cancelled" if kind == "cancelled" else "rejected"
        if kind:
            self._answer(at, text(data, "requestId"), answer)

    def _plan_shown(self, at: str, data: Fields) -> None:
        self._ask(
            at, text(data, "requestId"), first_line(text(data, "summary", "planContent")) or "Carry out the plan?"
        )

    def _plan_judged(self, at: str, data: Fields) -> None:
        if isinstance(data.get("approved"), bool):
            self._answer(at, text(data, "requestId"), "approved" if data["approved"] else "rejected")

    def _ask(self, at: str, request: str, question: str, call_id: str = "") -> None:
        if question and request not in self._asked:
            self._asked[request] = self.story.ids.new("a"), call_id
            self.story.add(at, "approval.ask", id=self._asked[request][0], question=question)

    def _answer(self, at: str, request: str, answer: str) -> None:
        approval, call_id = self._asked.get(request, ("", ""))
        if approval:
            self.story.add(at, "approval.answer", id=approval, answer=answer)
            if answer != "approved":
                self.tools.refused.add(call_id)

    # -- models and tokens ----------------------------------------------------------------------------------

    @staticmethod
    def _model(name: str) -> str:
        return "" if name == "auto" else name

    def _count_model(self, story: Story, name: str) -> None:
        if name not in story.models and self._model(name):
            story.models[name] = None


def _tokens(usage: Fields) -> Counter[str]:
    """Tokens by kind, the input without what came from the cache."""
    found = Counter({ours: count(usage, theirs) or 0 for theirs, ours in _KINDS.items()})
    if found["input_tokens"] >= found["cache_read_tokens"]:
        found["input_tokens"] -= found["cache_read_tokens"]
    return +found


def _account(data: Fields, metrics: Mapping[str, Fields]) -> Counter[str]:
    """Tokens of the whole session: by billed kind where they are told so, else summed over the models."""
    details = mapping(data, "tokenDetails")
    billed = Counter({ours: count(mapping(details, kind), "tokenCount") or 0 for kind, ours in _DETAILS.items()})
    return +billed or sum((_tokens(mapping(one, "usage")) for one in metrics.values()), Counter())


EVENTS: Mapping[str, Callable[[SessionEvents, str, Fields], None]] = {
    "session.start": SessionEvents._started,
    "session.resume": SessionEvents._resumed,
    "session.context_changed": SessionEvents._changed_context,
    "session.model_change": SessionEvents._model_changed,
    "session.mode_changed": SessionEvents._mode_changed,
    "session.title_changed": SessionEvents._titled,
    "session.error": SessionEvents._failed,
    "session.task_complete": SessionEvents._completed,
    "session.shutdown": SessionEvents._shut_down,
    "user.message": SessionEvents._user_said,
    "assistant.turn_start": SessionEvents._turn,
    "assistant.turn_end": SessionEvents._turn,
    "assistant.message": SessionEvents._assistant_said,
    "assistant.usage": SessionEvents._used,
    "abort": SessionEvents._aborted,
    "tool.user_requested": SessionEvents._tool_started,
    "tool.execution_start": SessionEvents._tool_started,
    "tool.execution_complete": SessionEvents._tool_ended,
    "skill.invoked": SessionEvents._skill,
    "subagent.started": SessionEvents._agent_started,
    "subagent.completed": SessionEvents._agent_completed,
    "subagent.failed": SessionEvents._agent_failed,
    "system.notification": SessionEvents._notified,
    "permission.requested": SessionEvents._permission_asked,
    "permission.completed": SessionEvents._permission_given,
    "exit_plan_mode.requested": SessionEvents._plan_shown,
    "exit_plan_mode.completed": SessionEvents._plan_judged,
}
