"""Tool calls of a Copilot CLI session: commands, edits and to-dos, once their outcome is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from akislog.exchange.copilot_cli.todos import TodoTable, checkboxes
from akislog.exchange.shared.fields import Fields, count, mapping, mappings, number, parsed_mapping, text
from akislog.exchange.shared.patches import Change, of_diff, of_patch
from akislog.exchange.shared.shell import command_line
from akislog.exchange.shared.span import passed
from akislog.exchange.shared.story import Story
from akislog.exchange.shared.toolcalls import edits

_SHELLS = frozenset({"bash", "powershell", "shell", "local_shell"})
_DENIED = frozenset({"denied", "rejected", "permission_denied", "user_rejected"})
_EXIT = re.compile(r"\bexit(?:ed)? (?:with )?(?:exit )?code:? (-?\d{1,9})\b", re.IGNORECASE)
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[/\\]|~|\\\\")


@dataclass
class Call:
    """A call that was asked for or begun. ``parent`` is the call that started the agent it belongs to."""

    id: str
    name: str
    args: Any
    at: str
    parent: str
    begun: bool = False

    def line(self) -> str:
        """The command line, if it runs one."""
        return command_line(parsed_mapping(self.args).get("command")) if self.name in _SHELLS else ""


class Tools:
    """The calls of one session. ``told`` are the files that edits have told of."""

    def __init__(self) -> None:
        self.cwd = ""
        self.open: dict[str, Call] = {}
        self.told: set[str] = set()
        self.refused: set[str] = set()
        self.interrupted = False
        self._todos = TodoTable()

    def asked(self, at: str, request: Fields, parent: str) -> None:
        """The model asks for a call."""
        call_id = text(request, "toolCallId")
        self.open.setdefault(call_id, Call(call_id, text(request, "name"), request.get("arguments"), at, parent))

    def started(self, at: str, data: Fields) -> None:
        """A call begins; the time before was spent waiting for leave."""
        call_id, parent = text(data, "toolCallId"), text(data, "parentToolCallId")
        asked = self.open.get(call_id)
        args = data.get("arguments") or (asked.args if asked else None)
        name = text(data, "toolName") or (asked.name if asked else "")
        self.open[call_id] = Call(call_id, name, args, at, parent or (asked.parent if asked else ""), True)

    def ended(self, call_id: str) -> Call | None:
        """The call that has come back, if it is known."""
        return self.open.pop(call_id, None)

    def unanswered(self) -> Iterator[Call]:
        """Commands that were begun and not seen to end."""
        for call in self.open.values():
            if call.begun:
                self.interrupted = True
                if call.line():
                    yield call

    def tell_of(self, at: str, story: Story, call: Call, data: Fields) -> None:
        """Tell what a call did, now that it has come back."""
        worked = data.get("success") is True
        if call.id in self.refused or (not worked and text(mapping(data, "error"), "code").lower() in _DENIED):
            return
        if call.name in _SHELLS:
            self._command(at, story, call, data)
        elif worked:
            self._changed(at, story, call, data)

    def _command(self, at: str, story: Story, call: Call, data: Fields) -> None:
        line, flag = call.line(), data.get("success")
        said = text(mapping(data, "result"), "content") or text(mapping(data, "error"), "message")
        code = _exit_code(data, said)
        spent = number(mapping(mapping(data, "toolTelemetry"), "metrics"), "durationMs")
        seconds = round(spent / 1000, 3) if spent is not None and spent >= 0 else None
        if seconds is None and call.begun:
            seconds = passed(call.at, at)
        success = code == 0 if code is not None else flag if isinstance(flag, bool) else None
        if line:
            story.command(at, line, exit_code=code, success=success, seconds=seconds, output=said)

    def _changed(self, at: str, story: Story, call: Call, data: Fields) -> None:
        """To-dos and files: what calls that worked have changed."""
        args = parsed_mapping(call.args)
        if call.name == "sql":
            if self._todos.run(text(args, "query")):
                story.todos(at, self._todos.items())
        elif call.name == "update_todo":
            story.todos(at, checkboxes(text(args, "todos")))
        else:
            self._edited(at, story, call, args, data)

    def _edited(self, at: str, story: Story, call: Call, args: Fields, data: Fields) -> None:
        patch = call.args if call.name == "apply_patch" and isinstance(call.args, str) else ""
        changes = edits(call.name, args) or of_patch(patch)
        if len(changes) == 1:
            metrics = mapping(mapping(data, "toolTelemetry"), "metrics")
            changes = [_counted(changes[0], metrics, text(mapping(data, "result"), "detailedContent"))]
        for change in changes:
            self.tell(at, story, change)

    def tell(self, at: str, story: Story, change: Change) -> None:
        """Tell of a change of one file."""
        path = self.resolved(change.path)
        self.told.add(path)
        story.file(at, Change(path, change.action, change.added, change.removed))

    def resolved(self, path: str) -> str:
        """``path`` seen from the session's folder."""
        return path if _ABSOLUTE.match(path) or not _ABSOLUTE.match(self.cwd) else f"{self.cwd}/{path}"


def _counted(change: Change, metrics: Fields, detail: str) -> Change:
    """The change with the lines that the host counted, or that its diff shows."""
    added, removed = count(metrics, "linesAdded"), count(metrics, "linesRemoved")
    if (added is None or removed is None) and "\n@@ " in detail:
        added, removed = of_diff(detail.lstrip("\n"))
    if added is None or removed is None:
        return change
    return Change(change.path, change.action, added, removed)


def _exit_code(data: Fields, said: str) -> int | None:
    """The exit code: a field of its own in new versions, before that the end of what was printed."""
    for one in (mapping(data, "shellExecution"), *mappings(mapping(data, "result"), "contents")):
        code = one.get("exitCode")
        if type(code) is int and abs(code) < 10**9:
            return code
    found = _EXIT.findall(said[-200:])
    return int(found[-1]) if found else None
