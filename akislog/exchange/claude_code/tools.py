"""What the tools of Claude Code did, from a call and its result.

A result that is an error because the tool was never run (a person said no, the input was wrong, a call beside it
failed) changes nothing. Edits made by a shell command cannot be seen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from akislog.exchange.claude_code.chain import Call, Chain, Command, Delegation, content_text, heading
from akislog.exchange.shared.fields import Fields, count, listed, mapping, mappings, text
from akislog.exchange.shared.shell import published, tells_of_commits
from akislog.exchange.shared.span import passed

_SAID_NO = ("The user doesn't want to", "User rejected tool use")
_NOT_RUN = (*_SAID_NO, "<tool_use_error>", "Sibling tool call errored", "Permission to ", "Permission for ")
_EXIT_CODE = re.compile(r"(?:Error: )?Exit code (-?\d{1,9})\b")
_AGENT_ID = re.compile(r"\bagentId: ([A-Za-z0-9_-]{1,64})")
_TASK_NUMBER = re.compile(r"Task #([A-Za-z0-9_-]{1,64}) ")
_AGENT_NOTE = "\nagentId: "
_SLASHES = re.compile(r"[\\/]")


@dataclass
class Answer:
    """What came back for a call. ``data`` is the host's own account of it, where there is one."""

    at: str
    text: str
    data: Fields
    failed: bool
    not_run: bool


def answered(chain: Chain, record: Fields, block: Fields, alone: bool) -> None:
    """Take one result block of ``record``. The host's account belongs to it only where it is the only one."""
    call_id = block.get("tool_use_id")
    call = chain.calls.pop(call_id, None) if isinstance(call_id, str) else None
    if call is None:
        return
    said, failed = content_text(block.get("content")), block.get("is_error") is True
    denied = text(record, "toolDenialKind")
    not_run = failed and (bool(denied) or said.startswith(_NOT_RUN))
    answer = Answer(chain.now, said, mapping(record, "toolUseResult") if alone else {}, failed, not_run)
    if not_run and (denied == "user-rejected" or said.startswith(_SAID_NO)):
        _refused(chain, call, answer)
    tool = TOOLS.get(call.name)
    if tool and not not_run:
        tool(chain, call, answer)


def unanswered(chain: Chain) -> None:
    """Take the calls that never got a result: the transcript ends before it, or was cut there."""
    for call in chain.calls.values():
        if call.name in _AGENT_TOOLS:
            _delegation(chain, call)
        elif call.name == "TodoWrite":
            chain.todos.write(call.at, mappings(call.input, "todos"))
        elif call.name in _PLAN_TOOLS:
            _planned(chain, call)
            chain.approvals.append((call.at, _plan_question(call, {}), "", ""))


def _refused(chain: Chain, call: Call, answer: Answer) -> None:
    if call.name in _PLAN_TOOLS:
        _planned(chain, call)
        question = _plan_question(call, answer.data)
    elif call.name == "AskUserQuestion":
        return  # a question that was not answered is no permission that was refused
    else:
        path = text(call.input, "file_path", "notebook_path")
        question = f"Use {call.name} on {_SLASHES.split(path)[-1]}?" if path else f"Use {call.name}?"
    chain.approvals.append((call.at, question, "rejected", answer.at))


# -- files and commands -----------------------------------------------------------------------------------------


def _edited(chain: Chain, call: Call, answer: Answer) -> None:
    path = text(answer.data, "filePath") or text(call.input, "file_path", "notebook_path")
    if answer.failed or not path:
        return
    if chain.cwd and not path.startswith(("/", "~")) and path[1:2] != ":":
        path = f"{chain.cwd}/{path}"
    created = _is_new(call, answer)
    action = "created" if created else "modified"
    added, removed = _lines_changed(call, answer, created)
    chain.fact(answer.at, "file", path=path, action=action, added=added, removed=removed)


def _is_new(call: Call, answer: Answer) -> bool:
    if call.name == "Write":
        kind = text(answer.data, "type")
        return kind == "create" or (not kind and answer.text.startswith("File created"))
    before = answer.data.get("originalFile") or answer.data.get("originalFileContents")
    edits = mappings(call.input, "edits")
    first = edits[0] if edits else call.input
    return bool(answer.data) and first.get("old_string") == "" and not before


def _lines_changed(call: Call, answer: Answer, created: bool) -> tuple[int | None, int | None]:
    """Lines added and removed: of the patch, of a new file its lines; None where nothing tells."""
    patch, diff = answer.data.get("structuredPatch"), mapping(answer.data, "gitDiff")
    if isinstance(patch, list) and (patch or not created):
        lines = [line for hunk in mappings(answer.data, "structuredPatch") for line in listed(hunk, "lines")]
        texts = [line for line in lines if isinstance(line, str)]
        return sum(line[:1] == "+" for line in texts), sum(line[:1] == "-" for line in texts)
    content = call.input.get("content")
    if created and isinstance(content, str):
        return content.count("\n") + (content[-1:] not in ("", "\n")), 0
    return count(diff, "additions"), count(diff, "deletions")


def _ran(chain: Chain, call: Call, answer: Answer) -> None:
    cmd = text(call.input, "command")
    if not cmd.strip():
        return
    fields: dict[str, Any] = {"cmd": cmd, "success": not answer.failed, "seconds": passed(call.at, answer.at)}
    command = Command(call.at, fields)
    chain.commands.append(command)
    code = _EXIT_CODE.match(answer.text)
    job = text(answer.data, "backgroundTaskId")
    if job:  # it still runs: how it ends is told later, if at all
        chain.background[job] = command
        del fields["success"], fields["seconds"]
    elif answer.data.get("interrupted") is True or "timedOutAfterMs" in answer.data:
        fields["success"] = False
    elif answer.failed and code:
        fields["exit_code"] = int(code[1])
    elif not answer.failed and not answer.data.get("returnCodeInterpretation"):
        fields["exit_code"] = 0
    if not answer.failed:
        _git(chain, cmd, answer)


def _git(chain: Chain, cmd: str, answer: Answer) -> None:
    """Take commits and pull requests: what the host says of them, else what the command printed."""
    output = text(answer.data, "stdout") or answer.text
    told = published(cmd, output) if tells_of_commits(cmd) else {}
    operation = mapping(answer.data, "gitOperation")
    sha, url = text(mapping(operation, "commit"), "sha"), text(mapping(operation, "pr"), "url")
    if sha:
        printed = [one for one in told.get("commits", []) if sha.startswith(one["sha"])]
        told["commits"] = [{**one, "sha": sha} for one in printed[:1]] or [{"sha": sha}]
    if url:
        told["pull_requests"] = [url]
    if told:
        chain.fact(answer.at, "session.set", **told)


# -- to-dos -----------------------------------------------------------------------------------------------------


def _list_written(chain: Chain, call: Call, answer: Answer) -> None:
    if not answer.failed:
        chain.todos.write(call.at, mappings(call.input, "todos"))


def _task_created(chain: Chain, call: Call, answer: Answer) -> None:
    number = _TASK_NUMBER.match(answer.text)
    key = text(mapping(answer.data, "task"), "id") or (number[1] if number else "")
    subject = text(call.input, "subject") or text(mapping(answer.data, "task"), "subject")
    if key and subject and not answer.failed:
        chain.todos.see(answer.at, key, subject)


def _task_updated(chain: Chain, call: Call, answer: Answer) -> None:
    key = text(call.input, "taskId", "task_id", "id")
    if key and not answer.failed and answer.data.get("success") is not False:
        chain.todos.update(answer.at, key, call.input)


def remember(chain: Chain, at: str, tasks: list[Fields]) -> None:
    """Take a task list that the host repeats: it names tasks that were made before this transcript began."""
    for task in tasks:
        key, subject = text(task, "id"), text(task, "subject")
        if key and subject and key not in chain.todos.states:
            chain.todos.see(at, key, subject, text(task, "status"))


def _tasks_listed(chain: Chain, _call: Call, answer: Answer) -> None:
    remember(chain, answer.at, mappings(answer.data, "tasks"))


# -- delegations ------------------------------------------------------------------------------------------------


def _delegation(chain: Chain, call: Call) -> Delegation:
    prompt = text(call.input, "prompt")
    description = text(call.input, "description") or heading(prompt) or "Delegated work"
    delegation = Delegation(call.at, text(call.input, "subagent_type"), description, prompt, call.message)
    chain.delegations.append(delegation)
    return delegation


def _delegated(chain: Chain, call: Call, answer: Answer) -> None:
    delegation, data = _delegation(chain, call), answer.data
    agent_id = text(data, "agentId", "agent_id", "taskId")
    named = None if agent_id else _AGENT_ID.search(answer.text[-4000:])
    delegation.agent_id = named[1] if named else agent_id
    delegation.agent = delegation.agent or text(data, "agentType")
    if delegation.agent_id:
        chain.background[delegation.agent_id] = delegation
    delegation.tokens = count(data, "totalTokens")
    status = "failed" if answer.failed else text(data, "status")
    if not status:
        status = "running" if answer.text.startswith("Async agent launched") else "completed"
    if status == "completed" or answer.failed:
        told = content_text(data.get("content")) or _without_note(answer.text)
        delegation.close(status, told, answer.at)


def _without_note(told: str) -> str:
    """A sub-agent's result without the lines that the host adds for the agent that called it."""
    note = told.rfind(_AGENT_NOTE)
    return told[:note] if note >= 0 and len(told) - note < 400 else told


def _output_read(chain: Chain, call: Call, answer: Answer) -> None:
    """A look at background work: TaskOutput, and the tools that were there before it."""
    task = mapping(answer.data, "task") or answer.data
    name = text(call.input, "task_id", "bash_id", "agentId")
    status = text(task, "status")
    code = task.get("exitCode")
    told = f"exit code {code}" if type(code) is int else text(task, "result", "output")
    chain.settle(name, status, told, answer.at)


def _stopped(chain: Chain, call: Call, answer: Answer) -> None:
    if not answer.failed:
        chain.settle(text(call.input, "task_id", "shell_id"), "stopped", "", answer.at)


# -- skills, questions, plans -------------------------------------------------------------------------------------


def _skill_used(chain: Chain, call: Call, answer: Answer) -> None:
    name = text(call.input, "skill", "command").strip("/ ").partition(" ")[0]
    if name and not answer.failed:
        chain.fact(answer.at, "skill", name=name)


def _asked(chain: Chain, _call: Call, answer: Answer) -> None:
    for question, reply in mapping(answer.data, "answers").items():
        if isinstance(reply, str) and reply:
            chain.fact(answer.at, "note", text=f"{question} {reply}")


def _plan_entered(chain: Chain, _call: Call, answer: Answer) -> None:
    if not answer.failed:
        chain.plan(answer.at, True)


def _plan_left(chain: Chain, call: Call, answer: Answer) -> None:
    _planned(chain, call)
    verdict = "rejected" if answer.failed else "approved"
    chain.approvals.append((call.at, _plan_question(call, answer.data), verdict, answer.at))
    if not answer.failed:
        chain.plan(answer.at, False)


def _planned(chain: Chain, call: Call) -> None:
    """Who leaves plan mode was in it. Where nothing said so before, when it began is a guess."""
    if not chain.planning:
        chain.inferred["phases"] = None
        chain.plan(call.at, True)


def _plan_question(call: Call, data: Fields) -> str:
    title = heading(text(call.input, "plan") or text(data, "plan"))
    return f"Go ahead with the plan: {title}?" if title else "Go ahead with the plan?"


_AGENT_TOOLS = frozenset({"Task", "Agent"})
_PLAN_TOOLS = frozenset({"ExitPlanMode", "exit_plan_mode"})
TOOLS: Mapping[str, Callable[[Chain, Call, Answer], None]] = {
    **dict.fromkeys(("Edit", "MultiEdit", "Write", "NotebookEdit"), _edited),
    **dict.fromkeys(("Bash", "PowerShell"), _ran),
    **dict.fromkeys(_AGENT_TOOLS, _delegated),
    **dict.fromkeys(("TaskOutput", "AgentOutputTool", "BashOutput"), _output_read),
    **dict.fromkeys(("TaskStop", "KillShell", "KillBash"), _stopped),
    **dict.fromkeys(("Skill", "SlashCommand"), _skill_used),
    **dict.fromkeys(_PLAN_TOOLS, _plan_left),
    "EnterPlanMode": _plan_entered,
    "AskUserQuestion": _asked,
    "TodoWrite": _list_written,
    "TaskCreate": _task_created,
    "TaskUpdate": _task_updated,
    "TaskList": _tasks_listed,
}
