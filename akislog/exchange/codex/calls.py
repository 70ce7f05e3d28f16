"""Tool calls of a Codex session: commands, patches, plans and delegations, once their outcome is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from akislog.exchange.codex.agents import Agents
from akislog.exchange.codex.output import (
    Output,
    event_outcome,
    inner_exit,
    outcome,
    printed,
    raw_text,
    script_commands,
)
from akislog.exchange.shared.fields import Fields, first_line, mapping, mappings, parsed_mapping, text
from akislog.exchange.shared.patches import BEGIN, Change, moved, of_diff, of_patch
from akislog.exchange.shared.shell import command_line, skill_read, tells_of_commits
from akislog.exchange.shared.span import passed
from akislog.exchange.shared.story import Story
from akislog.exchange.shared.toolcalls import Item

_SHELLS = frozenset({"shell", "container.exec", "shell_command", "exec_command", "local_shell", "unified_exec"})
_SCRIPTS = frozenset({"exec", "functions.exec"})
_WAITING = frozenset({"wait", "wait_agent"})
_PATCHING = re.compile(r"(?:cd +(\S[^\n;&|]{0,300}?) *&& *)?['\"]?apply_patch\b")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]|~|\\\\")
_CHANGES = {"add": "created", "update": "modified", "delete": "deleted"}


@dataclass
class Call:
    """A call whose output has not been met. ``told``: events have told already of the commands a script ran."""

    id: str
    name: str
    at: str
    source: str
    args: Fields
    cwd: str
    line: str = ""
    told: bool = False


class Calls:
    """The calls of one session. ``cwd`` is the folder commands run in unless they name another."""

    def __init__(self, story: Story, agents: Agents) -> None:
        self.story = story
        self.agents = agents
        self.cwd = ""
        self.open: dict[str, Call] = {}
        self._background: dict[str, Call] = {}  # by the id of the process, while it runs
        self._processes: dict[str, str] = {}  # the ids of these by that of their call
        self._scripts: list[Call] = []  # those that were begun since an event told of a command
        self._patched: set[str] = set()  # calls whose changes are told, or known not to have been made
        self._ended: set[str] = set()  # commands that an event has told of
        self._endings: dict[str, Output] = {}

    def call(self, at: str, payload: Fields) -> None:
        """A tool is called. A plan and a delegation count from here on, all else when the output comes."""
        given = payload.get("arguments") if "arguments" in payload else payload.get("input")
        args = mapping(payload, "action") or parsed_mapping(given)
        name = text(payload, "name") or ("local_shell" if payload.get("type") == "local_shell_call" else "")
        call = Call(text(payload, "call_id", "id"), name, at, given if isinstance(given, str) else "", args, self.cwd)
        call.line = command_line(args.get("command")) or command_line(args.get("cmd"))
        if name == "update_plan":
            self._plan(at, args)
        elif name == "spawn_agent":
            self.agents.spawn(at, call.id, args)
        elif name in _SCRIPTS:
            self._scripts.append(call)
        self.open[call.id] = call

    def output(self, at: str, payload: Fields) -> None:
        """The output of a call has come."""
        call = self.open.pop(text(payload, "call_id", "id"), None)
        if call is None:
            return
        value = payload.get("output")
        if call.name in _SCRIPTS and not call.line:
            self._script_ended(at, call, value)
        elif call.name in _SHELLS or call.name in _SCRIPTS:
            self._command_ended(at, call, value)
        elif call.name == "apply_patch":
            self._patch_ended(at, call, text(call.args, "input", "patch") or call.source, outcome(value), value)
        elif call.name == "write_stdin" or call.name in _WAITING:
            self._waited(at, call, value)
        elif call.name == "spawn_agent":
            self.agents.spawned(at, call.id, value)
        elif call.name == "close_agent":
            answer = parsed_mapping(raw_text(value))
            status = answer.get("status", answer.get("previous_status"))
            self.agents.told(at, text(call.args, "id", "target", "agent_id"), status)

    def patched(self, at: str, call_id: str, event: Fields) -> None:
        """The event that a patch was applied or was not."""
        if call_id in self._patched:
            return
        self._patched.add(call_id)
        call = self.open.get(call_id)
        if event.get("success") is True or (event.get("success") is None and text(event, "status") == "completed"):
            self._tell(at, _of_event(mapping(event, "changes")), call.cwd if call else self.cwd)

    def executed(self, at: str, call_id: str, event: Fields) -> None:
        """The event that a command has ended. Of one that a script ran there is no other trace."""
        if call_id in self._ended:
            return
        self._ended.add(call_id)
        ending = event_outcome(event)
        process = self._background.pop(self._processes.get(call_id, ""), None)
        if call_id in self.open:
            self._endings[call_id] = ending
        elif process is not None:
            self._command(at, process.line, ending, text(event, "aggregated_output"))
        elif not ending.refused:
            for script in self._scripts:
                script.told = script.told or script.id in self.open
            self._scripts = []
            self._command(at, command_line(event.get("command")), ending, text(event, "aggregated_output"))

    def finish(self, at: str) -> None:
        """The session is over: of commands that were not seen to end it is only known that they began."""
        for call in [*self._background.values(), *self.open.values()]:
            if call.name in _SHELLS:
                self._command(at, call.line, self._endings.get(call.id, Output()), "")
            elif call.name in _SCRIPTS and not call.told:
                for line in script_commands(call.source):
                    self._command(at, line, Output(), "")
        self.open, self._background = {}, {}

    # -- commands -------------------------------------------------------------------------------------------

    def _command_ended(self, at: str, call: Call, value: Any) -> None:
        ending = outcome(value)
        told = self._endings.pop(call.id, None)
        if told is not None:
            ending = told if told.exit_code is not None or told.refused else ending
        patching = _PATCHING.match(call.line) if BEGIN in call.line else None
        if patching:
            call.cwd = _within(_within(call.cwd, text(call.args, "workdir")), (patching[1] or "").strip("'\""))
            self._patch_ended(at, call, call.line, ending, value)
        elif ending.refused:
            self._refused(at, call, call.line)
        elif ending.running:
            self._background[ending.running], self._processes[call.id] = call, ending.running
        else:
            self._command(at, call.line, ending, printed(value) if tells_of_commits(call.line) else "")

    def _command(self, at: str, line: str, ending: Output, output: str) -> None:
        if not line:
            return
        self.story.command(
            at, line, exit_code=ending.exit_code, success=ending.success, seconds=ending.seconds, output=output
        )
        skill = skill_read(line) if ending.success is not False else ""
        if skill:
            self.story.add(at, "skill", name=skill)

    def _waited(self, at: str, call: Call, value: Any) -> None:
        """Waiting for a process in the background, or for agents."""
        for key in ("session_id", "cell_id"):
            process = call.args.get(key)
            if isinstance(process, (str, int)) and str(process) in self._background:
                return self._background_ended(at, str(process), outcome(value), value)
        return self.agents.waited(at, parsed_mapping(raw_text(value)))

    def _background_ended(self, at: str, process: str, ending: Output, value: Any) -> None:
        if ending.running:
            return
        call = self._background.pop(process)
        ending = ending._replace(seconds=passed(call.at, at))
        if call.name in _SCRIPTS:
            self._script_commands(at, call, ending, value)
        else:
            self._command(at, call.line, ending, printed(value))

    def _script_ended(self, at: str, call: Call, value: Any) -> None:
        ending = outcome(value)
        if ending.running:
            self._background[ending.running], self._processes[call.id] = call, ending.running
        elif ending.refused:
            self._refused(at, call, "; ".join(script_commands(call.source)))
        else:
            self._script_commands(at, call, ending, value)

    def _script_commands(self, at: str, call: Call, ending: Output, value: Any) -> None:
        """A script's commands. How one ended is only known where it was the only one."""
        lines = [] if call.told else script_commands(call.source)
        code = inner_exit(value) if len(lines) == 1 else None
        success = ending.success if code is None else code == 0
        single = Output(code, ending.seconds, success) if len(lines) == 1 else Output()
        for line in lines:
            self._command(at, line, single, raw_text(value))

    def _refused(self, at: str, call: Call, question: str) -> None:
        """A person did not allow it, so it was not run."""
        approval = self.story.ids.new("a")
        asked = text(call.args, "justification") or first_line(question) or call.name
        self.story.add(call.at, "approval.ask", id=approval, question=asked)
        self.story.add(at, "approval.answer", id=approval, answer="rejected")

    # -- files and plans ------------------------------------------------------------------------------------

    def _patch_ended(self, at: str, call: Call, patch: str, ending: Output, value: Any) -> None:
        if call.id in self._patched:
            return
        self._patched.add(call.id)
        if ending.refused:
            files = ", ".join(one.path for one in of_patch(patch))
            self._refused(at, call, f"apply_patch {files}".strip())
        elif ending.success or (ending.success is None and raw_text(value).startswith("Success")):
            self._tell(at, of_patch(patch), call.cwd)

    def _tell(self, at: str, changes: Iterable[Change], base: str) -> None:
        for one in changes:
            self.story.file(at, Change(_within(base, one.path), one.action, one.added, one.removed))

    def _plan(self, at: str, args: Fields) -> None:
        if isinstance(args.get("plan"), list):
            items = [Item("", text(one, "step").strip(), text(one, "status")) for one in mappings(args, "plan")]
            self.story.todos(at, [item for item in items if item.description])


def _within(base: str, path: str) -> str:
    """``path`` seen from the folder ``base``, as far as that is known."""
    if not path or not _ABSOLUTE.match(base) or _ABSOLUTE.match(path):
        return path or base
    return f"{base}/{path}"


def _of_event(changes: Fields) -> Iterator[Change]:
    """The changes of the event: ``{path: {type, content | unified_diff, move_path}}``, or ``{path: {type: {…}}}``."""
    for path, change in changes.items():
        kind = text(change, "type") or next((one for one in _CHANGES if mapping(change, one)), "")
        body = mapping(change, kind) or change
        action = _CHANGES.get(kind, "modified")
        content = text(body, "content").splitlines()
        if action == "created":
            yield Change(path, action, len(content), 0)
        elif action == "deleted":
            yield Change(path, action, 0, len(content)) if "content" in body else Change(path, action)
        else:
            added, removed = of_diff(text(body, "unified_diff"))
            to = text(body, "move_path")
            yield from moved(path, to, added, removed) if to else [Change(path, action, added, removed)]
