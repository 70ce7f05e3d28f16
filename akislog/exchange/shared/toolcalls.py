"""What a tool call did, told from its name and arguments: the tools of several agents in one place.

Agents share their tools' names and shapes widely, and trajectories of any agent may come as ATIF. A name that is
not known here does nothing that a log would tell.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from akislog.exchange.shared.fields import Fields, mappings, text
from akislog.exchange.shared.patches import Change, of_patch, of_replacement
from akislog.exchange.shared.shell import command_line


class Item(NamedTuple):
    """One item of a to-do list, its state in the host's own word."""

    id: str
    description: str
    status: str


class Handover(NamedTuple):
    """Work that was handed to another agent."""

    agent: str
    description: str
    prompt: str


_SHELLS = frozenset(
    {"bash", "execute_bash", "bash_command", "shell", "shell_command", "run_shell_command", "local_shell"}
    | {"exec_command", "execute_command", "run_command", "run_in_terminal", "run_terminal_cmd"}
    | {"run_terminal_command", "terminal"}
)
_WRITE = frozenset({"write", "write_file"})
_CREATE = frozenset({"create_file", "create"})
_REPLACE = frozenset({"edit", "replace", "edit_file", "replace_string_in_file", "str_replace"})
_MULTIPLE = frozenset({"multiedit", "multi_edit"})
_UNCOUNTED = frozenset({"notebookedit", "edit_notebook_file", "insert_edit_into_file"})
_EDITORS = frozenset({"str_replace_editor", "str_replace_based_edit_tool", "file_editor"})
_TODOS = frozenset({"todowrite", "todo_write", "write_todos", "manage_todo_list", "update_plan", "task_tracker"})
_HANDOVERS = frozenset(
    {"task", "agent", "runsubagent", "run_subagent", "spawn_agent", "invoke_agent", "delegate_to_agent", "delegate"}
)

_PATH = ("file_path", "filePath", "path", "notebook_path", "notebookPath", "target_file")
_CONTENT = ("content", "file_text", "contents")
_OLD = ("old_string", "oldString", "old_str")
_NEW = ("new_string", "newString", "new_str")
_CREATED = re.compile(r"\bcreated\b", re.IGNORECASE)
_EXIT = re.compile(r"xit(?:ed with)? [Cc]ode:? (-?\d{1,10})\b")  # begins with letters, for a fast search
_BEFORE_EXIT = ("\n", "\\n", "Process ", "[The command completed with ")  # some write line ends as two characters
_END = 1000  # characters at either end of a result in which an exit code is looked for


def plain(name: str) -> str:
    """A tool's name without the name space some agents put before it, in lower case."""
    return name.rsplit(".", 1)[-1].lower()


def command(name: str, args: Fields) -> str:
    """The command line that the call runs; empty where it runs none."""
    if plain(name) not in _SHELLS or text(args, "is_input") == "true":
        return ""
    return next((line for key in ("command", "cmd", "keystrokes") if (line := command_line(args.get(key)))), "")


def exit_code(result: str) -> int | None:
    """The exit code that a shell tool wrote into its result, on a line of its own; the last one counts.

    It stands at one of the ends of the result, before or after what the command wrote.
    """
    for part in (result[-_END:], result[:_END] if len(result) > _END else ""):
        for found in reversed(list(_EXIT.finditer(part))):
            before = part[: found.start() - 1]  # the E may be a small one
            if not before or before.endswith(_BEFORE_EXIT):
                return int(found[1])
    return None


def todos(name: str, args: Fields) -> list[Item] | None:
    """The whole to-do list that the call sets; None where it sets none."""
    if plain(name) not in _TODOS:
        return None
    for key in ("todos", "todoList", "plan", "task_list"):
        if isinstance(args.get(key), list):
            return items(mappings(args, key))
    return None


def items(listed: list[Fields]) -> list[Item]:
    """The to-dos in a list that say something."""
    return [item for one in listed if (item := as_item(one)).description]


def as_item(fields: Fields) -> Item:
    """One to-do of any agent."""
    host_id = fields.get("id")
    given = str(host_id) if isinstance(host_id, (str, int)) and not isinstance(host_id, bool) else ""
    description = text(fields, "title", "content", "step", "subject", "description")
    return Item(given[:64], description.strip(), text(fields, "status"))


def handover(name: str, args: Fields) -> Handover | None:
    """What the call hands to another agent; None where it hands over nothing."""
    return as_handover(args) if plain(name) in _HANDOVERS else None


def as_handover(args: Fields, agent: str = "") -> Handover:
    """A hand-over from its arguments, in the words of any agent. ``agent`` stands in where they name none."""
    prompt = text(args, "prompt", "objective", "message", "instructions", "query", "task")
    named = text(args, "subagent_type", "agentName", "agent_name", "agent_type", "agent") or agent or "subagent"
    return Handover(named, text(args, "description", "title"), prompt)


def edits(name: str, args: Fields, result: str = "") -> list[Change]:
    """The files that the call changed, if it succeeded. ``result`` may tell a new file from an overwritten one."""
    tool, path = plain(name), text(args, *_PATH)
    if tool == "apply_patch":
        return of_patch(text(args, "input", "patch", "diff"))
    if tool == "multi_replace_string_in_file":
        return [_replaced(text(one, *_PATH), [one]) for one in mappings(args, "replacements") if text(one, *_PATH)]
    if not path:
        return []
    if tool in _CREATE or (tool in _WRITE and _CREATED.search(result[:200])):
        return [_created(path, args)]
    if tool in _WRITE or tool in _UNCOUNTED:
        return [Change(path, "modified")]
    if tool in _REPLACE:
        return [_replaced(path, [args])]
    if tool in _MULTIPLE:
        return [_replaced(path, mappings(args, "edits"))]
    return _edited(path, args) if tool in _EDITORS else []


def _edited(path: str, args: Fields) -> list[Change]:
    """What the editors with sub-commands do: create, str_replace, insert (view and undo tell nothing)."""
    sub = text(args, "command")
    if sub == "create":
        return [_created(path, args)]
    if sub == "str_replace":
        return [_replaced(path, [args])]
    added = len(text(args, "new_str", "insert_text").splitlines())
    return [Change(path, "modified", added, 0)] if sub == "insert" else []


def _created(path: str, args: Fields) -> Change:
    return Change(path, "created", len(text(args, *_CONTENT).splitlines()), 0)


def _replaced(path: str, pieces: list[Fields]) -> Change:
    counts = [of_replacement(text(one, *_OLD), text(one, *_NEW)) for one in pieces]
    return Change(path, "modified", sum(added for added, _ in counts), sum(removed for _, removed in counts))
