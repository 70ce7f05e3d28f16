"""Gemini CLI chats: one JSON object (until 0.39) or JSONL with header changes and rewinds (since 0.40).

Tested on real chats of the first form; of JSONL, to-dos, plan mode and sub-agents only the documented shapes are
known. A chat holds no working folder, branch or version, and no times of single commands. What a person rewound is
left out, as the agent itself does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from akislog.exchange.shared import toolcalls
from akislog.exchange.shared.fields import Fields, count, first_line, listed, mapping, mappings, text
from akislog.exchange.shared.patches import Change, of_diff
from akislog.exchange.shared.story import DEEPEST, Story
from akislog.exchange.shared.todos import STATUSES
from akislog.exchange.transcript import Imported, Settings, Tally, Transcript, children, document

NAME = "gemini-cli"

_CANCELLED = re.compile(r"request cancell?ed", re.IGNORECASE)
_TRACKED = re.compile(r"\b[0-9a-f]{6}\b")
_PHASES = {"enter_plan_mode": "planning", "exit_plan_mode": "executing"}


@dataclass
class Chat:
    """A chat as it stands at its end: its header, and its messages by id in order."""

    header: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Fields] = field(default_factory=dict)
    rewound: int = 0


def claims(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these are records of a Gemini CLI chat."""
    return any(_is_header(record) for record in records)


def read(transcript: Transcript, settings: Settings) -> Imported:
    """The session of one chat; those of its sub-agents, from ``transcript.children``, are told within it.

    Raises Unreadable where the transcript is no chat.
    """
    tally = Tally()
    chat = _chat(document(transcript, claims, tally), tally)
    below = {name: _chat(found, tally) for name, found in children(transcript, claims, tally).items()}
    by_id = {text(one.header, "sessionId") or name.rpartition(".")[0]: one for name, one in below.items()}
    story = Story(settings)
    _tell(story, chat, dict(by_id), tally)
    alone = [_alone(name, one, settings) for name, one in below.items() if settings.separate]
    return _imported(story, chat, transcript, tally, alone)


def _alone(name: str, chat: Chat, settings: Settings) -> Imported:
    story, tally = Story(settings), Tally()
    _tell(story, chat, {}, tally)
    return _imported(story, chat, Transcript(name, ()), tally, ())


def _imported(story: Story, chat: Chat, transcript: Transcript, tally: Tally, alone: Iterable[Imported]) -> Imported:
    return story.imported(
        transcript,
        tally,
        agent=NAME,
        host_id=text(chat.header, "sessionId"),
        title=first_line(text(chat.header, "summary")),
        outcome=_outcome(chat),
        guess="completed" if _answered(chat) else "interrupted",
        start={"metadata": {"rewound_messages": chat.rewound}} if chat.rewound else {},
        children=alone,
    )


# -- the chat -----------------------------------------------------------------------------------------------


def _is_header(record: Any) -> bool:
    if text(record, "sessionId") and text(record, "projectHash"):
        return True
    history = mappings(record, "history")  # a form of 2025 that names no session
    return bool(history) and all("parts" in turn and text(turn, "role") for turn in history)


def _chat(records: Iterable[Fields], tally: Tally) -> Chat:
    chat = Chat()
    for record in records:
        if isinstance(record.get("$rewindTo"), str):
            _rewind(chat, record["$rewindTo"])
        elif isinstance(record.get("$set"), dict):
            _head(chat, record["$set"])
        elif text(record, "id"):
            chat.messages[record["id"]] = record  # written again whenever it changed: the last one counts
        elif _is_header(record):
            _head(chat, record)
        else:
            tally.skip(text(record, "type") or "record without id")
    return chat


def _head(chat: Chat, record: Fields) -> None:
    """Take over a header or a change of it. A compressed history drops nothing: what happened has happened."""
    chat.header.update({key: value for key, value in record.items() if key not in ("messages", "history")})
    turns = [{**turn, "type": turn.get("role"), "timestamp": turn.get("ts")} for turn in mappings(record, "history")]
    for message in [*mappings(record, "messages"), *turns]:
        chat.messages.setdefault(text(message, "id") or f"#{len(chat.messages)}", message)


def _rewind(chat: Chat, to: str) -> None:
    """Drop the messages from ``to`` on; all of them where it is not there."""
    before = len(chat.messages)
    while chat.messages and chat.messages.popitem()[0] != to:
        pass
    chat.rewound += before - len(chat.messages)


def _outcome(chat: Chat) -> str:
    """How the last turn ended, where the chat says so."""
    for message in reversed(chat.messages.values()):
        kind = text(message, "type")
        if kind == "info" and _CANCELLED.search(_content(message)[:200]):
            return "interrupted"
        if kind == "error":
            return "failed"
        if kind not in ("info", "warning"):
            return ""
    return ""


def _answered(chat: Chat) -> bool:
    """Whether the last word was not a person's."""
    kinds = [text(message, "type") for message in chat.messages.values()]
    return not kinds or next((kind for kind in reversed(kinds) if kind not in ("info", "warning")), "") != "user"


def _content(message: Fields) -> str:
    for key in ("displayContent", "content", "parts"):
        value = message.get(key)
        if isinstance(value, str) and value:
            return value
        parts = [text(part, "text") for part in listed(message, key)]
        if any(parts):
            return "\n".join(part for part in parts if part)
    return ""


# -- the story ----------------------------------------------------------------------------------------------


def _tell(story: Story, chat: Chat, below: dict[str, Chat], tally: Tally) -> None:
    """Tell a chat, and those of its sub-agents where it calls them; what nobody called is told last."""
    for key in ("startTime", "start_time", "lastUpdated"):
        story.see(chat.header.get(key))
    tracked: dict[str, str] = {}
    for message in chat.messages.values():
        at, kind = story.see(message.get("timestamp")), text(message, "type")
        if kind == "user":
            story.ask(_content(message))
        elif kind in ("gemini", "model"):
            _spend(story, message)
            for call in mappings(message, "toolCalls"):
                _call(story, call, at, below, tracked, tally)
        elif kind == "error":
            story.error(at, "error", _content(message))
        elif kind == "info":
            story.interrupts += 1 if _CANCELLED.search(_content(message)[:200]) else 0
        elif kind != "warning":
            tally.skip(kind or "message")
    if story.above is None:
        for session, child in list(below.items()):
            _unasked(story, session, child, below, tally)


def _spend(story: Story, message: Fields) -> None:
    tokens = mapping(message, "tokens")
    if not tokens:
        story.spend(text(message, "model"))
        return
    cached = count(tokens, "cached") or 0
    story.spend(
        text(message, "model"),
        input_tokens=max(0, (count(tokens, "input") or 0) - cached) + (count(tokens, "tool") or 0),
        output_tokens=(count(tokens, "output") or 0) + (count(tokens, "thoughts") or 0),
        cache_read_tokens=cached,
    )


def _call(story: Story, call: Fields, at: str, below: dict[str, Chat], tracked: dict[str, str], tally: Tally) -> None:
    name, args, status, result = text(call, "name"), mapping(call, "args"), text(call, "status"), _result(call)
    at = story.see(call.get("timestamp")) or at
    command = toolcalls.command(name, args)
    if text(call, "agentId") or toolcalls.handover(name, args):
        _hand_over(story, call, at, below, tally)
    elif status == "cancelled":
        story.approval(at, f"{name}: {command or text(args, 'file_path', 'path')}", "cancelled")
    elif command:
        code = toolcalls.exit_code(result)
        ended = status in ("success", "error")
        success = (status == "success" and not code) if ended else None
        story.command(at, command, exit_code=code, success=success, output=_output(call, result))
    elif status == "error":
        story.error(at, "tool_error", f"{name}: {result}")
    elif status == "success":
        _success(story, call, at, tracked)


def _success(story: Story, call: Fields, at: str, tracked: dict[str, str]) -> None:
    """What a successful call other than a command changed."""
    name, args, result = text(call, "name"), mapping(call, "args"), _result(call)
    todos = toolcalls.todos(name, args)
    if todos is not None:
        story.todos(at, todos)
    elif name in ("tracker_create_task", "tracker_update_task"):
        _track(story, at, tracked, args, result)
    elif name == "activate_skill" and text(args, "name", "skill"):
        story.add(at, "skill", name=text(args, "name", "skill"))
    elif name in _PHASES:
        story.add(at, "phase", to_phase=_PHASES[name])
    else:
        for edit in toolcalls.edits(name, args, result):
            story.file(at, _counted(edit, mapping(call, "resultDisplay")))


def _track(story: Story, at: str, tracked: dict[str, str], args: Fields, result: str) -> None:
    """The task tracker creates and changes tasks one at a time; a new one's id stands in the result."""
    found, item = _TRACKED.search(result), toolcalls.as_item(args)
    key = text(args, "id") or (found[0] if found else f"#{len(tracked)}")
    if key not in tracked and item.description:
        tracked[key] = story.new_task(at, item.description, key)
    status = STATUSES.get(item.status)
    if key in tracked and status:
        story.add(at, "task.status", id=tracked[key], status=status)


def _counted(edit: Change, display: Fields) -> Change:
    """The edit with the counts that the tool itself shows, where it does: a person may have changed the text."""
    stat, diff = mapping(display, "diffStat"), text(display, "fileDiff")
    action = "created" if display.get("isNewFile") is True else edit.action
    if stat:
        kinds = [[count(stat, f"model_{way}_lines", f"ai_{way}_lines"), count(stat, f"user_{way}_lines")]
                 for way in ("added", "removed")]  # fmt: skip
        added, removed = (sum(one or 0 for one in kind) for kind in kinds)
        return replace(edit, action=action, added=added, removed=removed)
    if diff:
        added, removed = of_diff(diff)
        return replace(edit, action=action, added=added, removed=removed)
    return replace(edit, action=action)


def _result(call: Fields) -> str:
    """The text that the model got back from a call, else what the person was shown."""
    for part in mappings(call, "result"):
        found = text(mapping(mapping(part, "functionResponse"), "response"), "output", "error", "result")
        if found or text(part, "text"):
            return found or text(part, "text")
    return text(call, "result", "resultDisplay")


def _output(call: Fields, result: str) -> str:
    """What the command itself wrote."""
    return text(call, "resultDisplay") or result.partition("Output: ")[2] or result


# -- sub-agents ---------------------------------------------------------------------------------------------


def _hand_over(story: Story, call: Fields, at: str, below: dict[str, Chat], tally: Tally) -> None:
    """A call of a sub-agent. Its own chat, where it is at hand, is told within the delegation."""
    status = {"success": "success", "error": "failure", "cancelled": "failure"}.get(text(call, "status"), "")
    given = toolcalls.as_handover(mapping(call, "args"), text(call, "name"))
    child = below.pop(text(call, "agentId"), None)
    agent = story.delegate(_started(child) or at, given)
    if child is not None and agent.depth <= DEEPEST:
        _tell(agent, child, below, tally)
    agent.close(at, status, _result(call))


def _unasked(story: Story, session: str, child: Chat, below: dict[str, Chat], tally: Tally) -> None:
    """A sub-agent whose call is not in its giver's chat, such as one that was rewound."""
    if below.pop(session, None) is None:
        return  # told meanwhile, within another sub-agent
    prompt = next((_content(one) for one in child.messages.values() if text(one, "type") == "user"), "")
    agent = story.delegate(_started(child), toolcalls.Handover("subagent", first_line(prompt), prompt))
    _tell(agent, child, below, tally)
    calls: list[Fields] = [call for message in child.messages.values() for call in mappings(message, "toolCalls")]
    ended = next((call for call in reversed(calls) if text(call, "name") == "complete_task"), {})
    agent.close(child.header.get("lastUpdated"), "success" if ended else "", _answer(ended))


def _answer(call: Fields) -> str:
    return next((one for one in mapping(call, "args").values() if isinstance(one, str) and one), "")


def _started(chat: Chat | None) -> str:
    return text(chat.header, "startTime") if chat is not None else ""
