"""The records of a Claude Code transcript, read into chains.

A transcript is JSONL in file order: after a compaction the parent links begin anew, so links are followed for
sub-agents only. One message is several records; a sub-agent's records are marked ``isSidechain``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from akislog.exchange.claude_code.chain import Call, Chain, content_text
from akislog.exchange.claude_code.tools import TOOLS, answered, remember, unanswered
from akislog.exchange.shared.fields import Fields, count, mapping, mappings, text
from akislog.exchange.transcript import Tally, records

SYNTHETIC = "<synthetic>"
_NOT_SAID = ("<local-command-", "<command-name>", "<bash-", "<system-reminder>", "<ide_", "Caveat:")
_NOTIFICATIONS = ("<task-notification>", "<agent-notification>")
_PLAN_TAKEN_UP = "Implement the following plan:"  # the host's words for a plan carried out in a new context
_PROGRESS, _HEAD = b'"type":"progress","data":{', 800
_SNAPSHOT = b'{"type":"file-history-'
_MESSAGE = b'"message":'
_RESULT, _FAILED = b'"tool_use_id":"', b'"is_error":true'
_TIME = b'"timestamp":"'


def chains(lines: Iterable[bytes], tally: Tally) -> list[Chain]:
    """The chains of one transcript, the main agent's first; a file of a sub-agent alone has that one."""
    idle: dict[str, Chain] = {}
    main = Chain(idle=idle)
    sides: dict[str, Chain] = {}
    links: dict[str, Chain] = {}
    for record in records(_read(lines, main), tally):
        kind = record.get("type")
        take = _TAKEN.get(kind) if isinstance(kind, str) else None
        if take is None:
            if not isinstance(kind, str) or kind not in UNUSED:
                tally.skip(kind)
            if kind == "progress":
                _moment(main, text(record, "timestamp"))
            continue
        chain = _side(record, sides, links, idle) if record.get("isSidechain") is True else main
        _seen(chain, record)
        take(chain, record)
    if not main.speaks and sides:
        first = sides.pop(next(iter(sides)))
        first.titles, first.seconds = {**first.titles, **main.titles}, first.seconds | main.seconds
        main = first
    found = [main, *sides.values()]
    for chain in found:
        unanswered(chain)
    return found


def _read(lines: Iterable[bytes], main: Chain) -> Iterator[bytes]:
    """``lines`` without those of which only the time matters; they are whole and known by their bytes.

    They show progress, back up files, or are the results of tools that change nothing, such as Read: up to half of a
    transcript, which is not decoded.
    """
    for line in lines:
        progress = _shows_progress(line)
        if progress or line.startswith(_SNAPSHOT):
            if _is_whole(line):
                _moment(main, _time(line) if progress else "")  # who shows progress is at work
                continue
        elif main.idle:
            chain = _idle(line, main.idle)
            if chain is not None:
                _moment(chain, _time(line))
                continue
        yield line


def _is_whole(line: bytes) -> bool:
    return line.rstrip().endswith(b"}")


def _shows_progress(line: bytes) -> bool:
    found = line.find(_PROGRESS, 0, _HEAD)
    return found >= 0 and line.find(_MESSAGE, 0, found) < 0


def _idle(line: bytes, idle: dict[str, Chain]) -> Chain | None:
    """The chain whose call of an idle tool is answered by this record, if that is all there is in it."""
    start = line.find(_RESULT) + len(_RESULT)
    name = line[start : line.find(b'"', start)].decode("ascii", "replace") if start >= len(_RESULT) else ""
    if name not in idle or _FAILED in line or line.find(_RESULT, start) >= 0 or not _is_whole(line):
        return None
    chain = idle.pop(name)
    chain.calls.pop(name, None)
    return chain


def _time(line: bytes) -> str:
    start = line.rfind(_TIME) + len(_TIME)
    return line[start : start + 24].decode("ascii", "replace") if start >= len(_TIME) else ""


def _side(record: Fields, sides: dict[str, Chain], links: dict[str, Chain], idle: dict[str, Chain]) -> Chain:
    """The chain of a sub-agent's record: by the agent's id, else by the record it follows."""
    agent, parent, own = text(record, "agentId"), text(record, "parentUuid"), text(record, "uuid")
    chain = sides.get(f"agent {agent}") if agent else links.get(parent)
    if chain is None:
        chain = Chain(agent_id=agent, idle=idle)
        sides[f"agent {agent}" if agent else f"record {own or len(sides)}"] = chain
    if own and not agent:
        links[own] = chain
    return chain


def _moment(chain: Chain, at: str) -> None:
    """Note that something happened at ``at``, to the second; other zones than UTC do not occur."""
    if len(at) >= 20 and at[10] == "T":
        chain.seconds.add(at[:19])


def _seen(chain: Chain, record: Fields) -> None:
    """What every record tells: time, place, version."""
    at = record.get("timestamp")
    if isinstance(at, str) and len(at) >= 20 and at[10] == "T":
        chain.now = at
        chain.seconds.add(at[:19])
    places = (record.get("cwd"), record.get("gitBranch"), record.get("version"), record.get("sessionId"))
    if places != chain.places:
        chain.places = places
        chain.cwd, chain.branch = text(record, "cwd") or chain.cwd, text(record, "gitBranch") or chain.branch
        chain.root, chain.version = chain.root or chain.cwd, text(record, "version") or chain.version
        if text(record, "sessionId"):
            chain.session_ids[text(record, "sessionId")] = None


# -- records by type ----------------------------------------------------------------------------------------------


def _assistant(chain: Chain, record: Fields) -> None:
    message = mapping(record, "message")
    chain.speaks = True
    model, content = text(message, "model"), message.get("content")
    if chain.agent_id:
        chain.agent_type = chain.agent_type or text(record, "attributionAgent")
    if model == SYNTHETIC:
        if record.get("isApiErrorMessage") is True:
            _failed(chain, text(record, "error") or "api_error", content_text(content))
        return
    chain.ending = "interrupted" if record.get("isAbortedMidStream") is True else ""
    if "effort" in record:
        chain.effort = text(record, "effort") or chain.effort
    if model:
        chain.models[model] = None
    own = text(message, "id") or text(record, "requestId") or text(record, "uuid")
    chain.last_message = own
    chain.count(own or f"record {len(chain.usage)}", mapping(message, "usage"))
    if not isinstance(content, list):
        return
    for block in content:
        if isinstance(block, dict) and block.get("type") == "tool_use":
            name = text(block, "id") or f"call {len(chain.calls)}"
            if text(block, "name") not in TOOLS:
                chain.idle[name] = chain
            chain.calls[name] = Call(text(block, "name"), mapping(block, "input"), chain.now, own)


def _failed(chain: Chain, kind: str, message: str) -> None:
    chain.ending = "failed"
    chain.fact(chain.now, "error", type=kind, message=message)


def _user(chain: Chain, record: Fields) -> None:
    chain.speaks = True
    _mode(chain, record)
    if text(record, "planContent"):
        chain.plan(chain.now, False)
    content = mapping(record, "message").get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    blocks = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    results = sum(block.get("type") == "tool_result" for block in blocks)
    for block in blocks:
        if block.get("type") == "tool_result":
            answered(chain, record, block, alone=results == 1)
    if results == len(blocks) or record.get("isMeta") is True or record.get("isCompactSummary") is True:
        return
    human = mapping(record, "origin").get("kind") != "task-notification"
    said = [text(block, "text") for block in blocks if block.get("type") == "text"]
    if _said(chain, said, human):
        chain.turns += 1


def _said(chain: Chain, texts: list[str], human: bool = True) -> bool:
    """Take what was said to the agent, several blocks as one prompt; whether that began a turn."""
    prompt: list[str] = []
    turn = False
    for one in filter(None, map(str.strip, texts)):
        chain.opening = chain.opening or one
        start = one[:40]
        if start.startswith("[Request interrupted by user"):
            chain.interrupts += 1
            chain.ending = "interrupted"
        elif start.startswith(_NOTIFICATIONS):
            chain.notify(one, chain.now)
        elif start.startswith("<command-message>"):
            turn = _commanded(chain, one) or turn
        elif human and not start.startswith(_NOT_SAID):
            prompt.append(one)
    if prompt:
        chain.prompts.append("\n".join(prompt))
        if prompt[0].startswith(_PLAN_TAKEN_UP):
            chain.plan(chain.now, False)
    if prompt or turn:
        chain.ending = ""
    return bool(prompt) or turn


def _commanded(chain: Chain, said: str) -> bool:
    """Take a slash command that became a prompt: a skill was loaded. Commands of the program itself begin otherwise."""
    name = _between(said, "<command-name>", "</command-name>").lstrip("/")
    if name:
        chain.fact(chain.now, "skill", name=name)
        arguments = _between(said, "<command-args>", "</command-args>")
        chain.command_line = chain.command_line or f"/{name} {arguments}".strip()
    return bool(name)


def _between(said: str, start: str, end: str) -> str:
    return said.partition(start)[2].partition(end)[0].strip() if start in said else ""


def _mode(chain: Chain, record: Fields) -> None:
    mode = text(record, "permissionMode")
    if mode:
        chain.plan(chain.now, mode == "plan")


def _system(chain: Chain, record: Fields) -> None:
    kind, spent = record.get("subtype"), count(record, "durationMs")
    if kind == "turn_duration" and spent is not None:
        chain.turn_times.append(spent)
    elif kind == "compact_boundary":
        chain.compactions += 1
    elif kind == "api_refusal":
        _failed(chain, "api_refusal", text(record, "apiRefusalExplanation") or text(record, "content"))


def _attachment(chain: Chain, record: Fields) -> None:
    attachment = mapping(record, "attachment")
    kind = attachment.get("type")
    if kind == "queued_command" and attachment.get("commandMode") != "bash" and attachment.get("isMeta") is not True:
        _said(chain, [content_text(attachment.get("prompt"))])
    elif kind == "invoked_skills":
        for name in filter(None, (text(one, "name") for one in mappings(attachment, "skills"))):
            chain.fact(chain.now, "skill", name=name)
    elif kind in ("plan_mode", "plan_mode_exit"):
        chain.plan(chain.now, kind == "plan_mode")
    elif kind == "task_reminder":
        remember(chain, chain.now, mappings(attachment, "content"))


def _queue(chain: Chain, record: Fields) -> None:
    content = text(record, "content")  # a prompt comes again, as a user record or an attachment
    if content.startswith(_NOTIFICATIONS):
        chain.notify(content, chain.now)


def _title(chain: Chain, record: Fields) -> None:
    for key in ("customTitle", "aiTitle", "agentName"):
        if text(record, key).strip():
            chain.titles[key] = text(record, key).strip()


def _pull_request(chain: Chain, record: Fields) -> None:
    if text(record, "prUrl"):
        chain.fact(chain.now, "session.set", pull_requests=[text(record, "prUrl")])


_TAKEN: Mapping[str, Callable[[Chain, Fields], None]] = {
    "assistant": _assistant,
    "user": _user,
    "system": _system,
    "attachment": _attachment,
    "queue-operation": _queue,
    "permission-mode": _mode,
    "pr-link": _pull_request,
    **dict.fromkeys(("custom-title", "ai-title", "agent-name"), _title),
}
UNUSED = frozenset({"progress", "summary", "file-history-snapshot", "file-history-delta", "mode", "last-prompt"}) | {
    *("agent-setting", "bridge-session", "worktree-state", "relocated", "frame-link", "started", "result"),
    "atis-latch",
}
"""Types of records that are known and tell nothing that a log holds."""
KNOWN = UNUSED | frozenset(_TAKEN)
