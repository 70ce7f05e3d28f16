"""VS Code Copilot chats: the session file, its newer form as a log of changes, and "Chat: Export Session…".

Tested on real exports (agent mode with built-in and MCP tools). Terminals, edits, to-dos, sub-agents and the log of
changes are known from the documentation only. A chat tells the time of a request and how long it took, not of single
calls; it holds no tokens, and an export not even an id: its first request's stands in for it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from akislog.exchange.shared import toolcalls
from akislog.exchange.shared.fields import Fields, count, first_line, mapping, mappings, number, parsed_mapping, text
from akislog.exchange.shared.patches import Change
from akislog.exchange.shared.story import Story
from akislog.exchange.transcript import Imported, Settings, Tally, Transcript, document
from akislog.exchange.vscode_copilot import oplog

NAME = "vscode-copilot"

_TOLD_NOTHING = frozenset(  # parts of a response that a log has no place for
    {"prepareToolInvocation", "thinking", "inlineReference", "undoStop", "progressTaskSerialized", "progressMessage"}
    | {"codeblockUri", "markdownContent", "markdownVuln", "mcpServersStarting", "warning", "command", "confirmation"}
    | {"elicitationSerialized", "hook", "extensions", "references", "codeCitation", "treeData", "multiDiffData"}
)
_DENIED, _BY_PERSON, _SKIPPED = 0, 4, 5  # why a tool was let run, or not
_ANSWERS = {_DENIED: "rejected", _BY_PERSON: "approved", _SKIPPED: "cancelled"}


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these are records of a VS Code chat."""
    first = records[0] if records else {}
    return _is_chat(first) or (oplog.is_entry(first) and _is_chat(first["v"]))


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of one chat. Raises Unreadable where the transcript is none."""
    tally = Tally()
    records = document(transcript, claims, tally)
    chat = records[0] if _is_chat(records[0]) else oplog.replayed(records, tally)
    requests = mappings(chat, "requests")
    story = Story(settings)
    story.see(chat.get("creationDate"))
    for request in requests:
        _Turn(story, request, tally).tell()
    last = requests[-1] if requests else {}
    agent = mapping(last, "agent")
    return story.imported(
        transcript,
        tally,
        agent=NAME,
        host_id=text(chat, "sessionId"),
        stand_in=text(requests[0], "requestId") if requests else "",
        version=text(agent, "extensionVersion"),
        title=first_line(text(chat, "customTitle")),
        outcome=_outcome(last),
        guess="completed" if mapping(last, "result") else "interrupted",
        active_minutes=_minutes(requests),
    )


def _is_chat(record: Any) -> bool:
    named = ("sessionId", "responderUsername", "requesterUsername")
    return isinstance(record, dict) and isinstance(record.get("requests"), list) and bool(text(record, *named))


def _outcome(last: Fields) -> str:
    """How the last turn ended, where the chat says so."""
    if last.get("isCanceled") is True:
        return "interrupted"
    return "failed" if mapping(mapping(last, "result"), "errorDetails") else ""


def _minutes(requests: list[Fields]) -> int | None:
    """Minutes that the requests took, where the chat holds it."""
    took = [number(mapping(mapping(request, "result"), "timings"), "totalElapsed") for request in requests]
    known = [one for one in took if one is not None and one > 0]
    return int(sum(known) / 60_000 + 0.5) if known else None


class _Turn:
    """One request and what was done to answer it."""

    def __init__(self, story: Story, request: Fields, tally: Tally) -> None:
        self.story, self.request, self.tally = story, request, tally
        self.at = story.see(request.get("timestamp"))
        self.result = mapping(request, "result")
        self.calls: dict[str, deque[Fields]] = defaultdict(deque)
        self.agents: dict[str, Story] = {}
        self.edited: dict[str, None] = {}

    def tell(self) -> None:
        """Tell the turn in the order of its response."""
        story, request = self.story, self.request
        story.ask(text(request, "message") or text(mapping(request, "message"), "text"))
        story.spend(text(request, "modelId"))
        rounds = mappings(mapping(self.result, "metadata"), "toolCallRounds")
        calls = [call for one in rounds for call in mappings(one, "toolCalls")]
        for call in calls:
            self.calls[text(call, "name")].append(call)
        for part in mappings(request, "response"):
            self._part(part)
        self._files(calls)
        for agent in self.agents.values():
            agent.close(self._end())
        self._finish()

    def _end(self) -> str:
        """When the turn ended: its length is told, else its start is all there is."""
        start, took = number(self.request, "timestamp"), number(mapping(self.result, "timings"), "totalElapsed")
        return self.story.see(start + took) if start and took else self.at

    def _finish(self) -> None:
        end, failure = self._end(), mapping(self.result, "errorDetails")
        if self.request.get("isCanceled") is True:
            self.story.interrupts += 1
        elif failure:
            self.story.error(end, "request_error", text(failure, "message"))

    def _part(self, part: Fields) -> None:
        kind = text(part, "kind")
        if kind in ("toolInvocationSerialized", "toolInvocation"):
            self._tool(part)
        elif kind in ("textEditGroup", "notebookEditGroup"):
            path = _path(part.get("uri"))
            if path:
                self.edited[path] = None
        elif not kind:
            base = _path(part.get("baseUri"))
            self.story.cwd = self.story.cwd or base
        elif kind not in _TOLD_NOTHING:
            self.tally.skip(kind)

    # -- tools ----------------------------------------------------------------------------------------------

    def _tool(self, part: Fields) -> None:
        """One call of a tool. Those of one name stand in the same order here and in the calls of the model."""
        name, special, call = text(part, "toolId"), mapping(part, "toolSpecificData"), self._next(text(part, "toolId"))
        args, result = parsed_mapping(call.get("arguments")), self._returned(call)
        command = _command(special) or toolcalls.command(name, args)
        asked = _confirmed(part)
        if asked in _ANSWERS:
            self.story.approval(self.at, f"{name}: {command}" if command else _label(part) or name, _ANSWERS[asked])
        if asked in (_DENIED, _SKIPPED):
            return
        todos = toolcalls.items(mappings(special, "todoList")) if text(special, "kind") == "todoList" else None
        todos = toolcalls.todos(name, args) if todos is None else todos
        if command:
            self._command(part, command, result)
        elif todos is not None:
            self.story.todos(self.at, todos)
        elif text(special, "kind") == "subagent" or toolcalls.handover(name, args):
            self._agent(part, args, result)
        details = mapping(part, "resultDetails")
        if details.get("isError") is True:
            said = next((text(one, "value") for one in mappings(details, "output")), "")
            self.story.error(self.at, "tool_error", f"{name}: {said}")

    def _next(self, name: str) -> Fields:
        waiting = self.calls.get(name)
        return waiting.popleft() if waiting else {}

    def _command(self, part: Fields, command: str, result: str) -> None:
        special = mapping(part, "toolSpecificData")
        state = mapping(special, "terminalCommandState")
        code = state.get("exitCode") if type(state.get("exitCode")) is int else None
        took, ended = number(state, "duration"), self.story.see(state.get("timestamp"))
        self.at = max(self.at, ended)
        self._teller(part).command(
            self.at,
            command,
            exit_code=code,
            success=None if code is None else code == 0,
            seconds=None if took is None else took / 1000,
            output=text(mapping(special, "terminalCommandOutput"), "text") or result,
        )

    def _agent(self, part: Fields, args: Fields, result: str) -> None:
        """A sub-agent. What it did stands after it, marked with its call's id; it is closed at the turn's end."""
        special = mapping(part, "toolSpecificData")
        agent = self._teller(part).delegate(self.at, toolcalls.as_handover({**args, **special}))
        answer = text(special, "result") or result
        failed = mapping(part, "resultDetails").get("isError") is True
        status = "failure" if failed else "success" if part.get("isComplete") is True and answer else ""
        agent.spend(text(special, "modelName"))
        agent.returned(status, answer)
        self.agents[text(part, "toolCallId")] = agent

    def _teller(self, part: Fields) -> Story:
        """Whose story a call belongs to."""
        return self.agents.get(text(part, "subAgentInvocationId"), self.story)

    def _returned(self, call: Fields) -> str:
        """The text that the model got back from a call."""
        results = mapping(mapping(self.result, "metadata"), "toolCallResults")
        content = mappings(mapping(results, text(call, "id")), "content")
        return next((found for one in content if (found := text(one, "value"))), "")

    # -- files ----------------------------------------------------------------------------------------------

    def _files(self, calls: list[Fields]) -> None:
        """Files by the edits that the editor applied; the calls behind them tell new files and numbers of lines."""
        told = set()
        for call in calls:
            result = self._returned(call)
            if not result or result.lstrip("\n ")[:5].lower() == "error":
                continue
            for change in toolcalls.edits(text(call, "name"), parsed_mapping(call.get("arguments")), result):
                told.add(_same(change.path))
                self.story.file(self.at, change)
        for path in self.edited:
            if _same(path) not in told:
                self.story.file(self.at, Change(path, "modified"))


def _command(special: Fields) -> str:
    """The command line that a terminal got: as a person or the tool changed it, else as the model wrote it."""
    if text(special, "kind") != "terminal":
        return ""
    return text(mapping(special, "commandLine"), "userEdited", "toolEdited", "original") or text(special, "command")


def _confirmed(part: Fields) -> int | None:
    """Why the call was let run or not, as VS Code counts it; None where it does not say."""
    if part.get("isConfirmed") is False:
        return _DENIED
    return count(mapping(part, "isConfirmed"), "type")


def _label(part: Fields) -> str:
    return text(part, "invocationMessage") or text(mapping(part, "invocationMessage"), "value")


def _path(uri: Any) -> str:
    """The path of a file's URI, in the forms that VS Code serializes; empty for other things."""
    if isinstance(uri, str):
        scheme, colon, rest = uri.partition("://")
        path = unquote(rest) if colon and scheme == "file" else ""
    else:
        path = text(uri, "path") if text(uri, "scheme") in ("", "file", "vscode-remote", "vscode-notebook-cell") else ""
    return path[1:] if path[:1] == "/" and path[2:3] == ":" else path  # /c:/x is c:/x


def _same(path: str) -> str:
    """A path as VS Code compares it: its tools and its URIs write Windows drives differently."""
    plain = path.replace("\\", "/")
    return plain.lower() if plain[1:2] == ":" else plain
