"""What the output of a Codex tool call says of the command it ran: exit code, duration, refusal.

Known are the JSON of the first versions, the headed texts of later ones (plain, of unified exec, of scripts in code
mode), and lists of such texts. Only the head or tail that Codex writes is looked at, never what a command printed.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from akislog.core.values import NUMBER_LIMIT
from akislog.exchange.shared.fields import Fields, mapping, mappings, number, parsed, text

_METADATA = re.compile(r'"metadata":\s*\{"exit_code":\s*(-?\d{1,9}),\s*"duration_seconds":\s*([0-9.]{1,20})\}\}\s*$')
_HEADS = ("Exit code:", "Wall time", "Chunk ID:", "Process ", "Script ", "Total output lines:")
_HEAD_WIDTH = 400
_LONGEST_SCRIPT = 100_000  # characters; nothing an agent writes comes near
_EXIT = re.compile(r"^(?:Exit code:|Process exited with code) (-?\d{1,9})\b", re.MULTILINE)
_WALL = re.compile(r"^Wall time:? ([0-9.]{1,20}) seconds?", re.MULTILINE)
_RUNNING = re.compile(r"^(?:Process running with session ID|Script running with cell ID) (\S{1,64})", re.MULTILINE)
_INNER_EXIT = re.compile(r'"exit_code":\s*(-?\d{1,9})\b|^Process exited with code (-?\d{1,9})\b', re.MULTILINE)
_ABORTED = re.compile(r"aborted by user(?: after ([0-9.]{1,20})s)?")
_FAILED = ("execution error", "failed ", "exec_command failed", "command timed out", "unsupported ", "Script failed")
_COMMAND = re.compile(
    r"""\bcmd["']?\s*:\s*(?P<text>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|`[^`\\]*(?:\\.[^`\\]*)*`)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Output(NamedTuple):
    """How a call ended. ``running`` names what goes on in the background; ``refused``: a person did not allow it."""

    exit_code: int | None = None
    seconds: float | None = None
    success: bool | None = None
    running: str = ""
    refused: bool = False


def outcome(value: Any) -> Output:
    """What an output says of how the call ended; nothing where it has no form that is known."""
    if isinstance(value, dict) and "metadata" in value:
        return _by_metadata(mapping(value, "metadata"))
    said = raw_text(value)
    if said.startswith("{"):
        found = _METADATA.search(said, max(0, len(said) - 200))
        if found:
            return _ended(int(found[1]), _seconds(found[2]))
        return _by_metadata(mapping(parsed(said), "metadata"))
    told = _by_head(said[:_HEAD_WIDTH])
    flag = value.get("success") if isinstance(value, dict) else None
    return told._replace(success=flag) if told == Output() and isinstance(flag, bool) else told


def raw_text(value: Any) -> str:
    """The text of an output as it was written: its items one after another where it is a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return text(value, "text", "content", "output") or raw_text(value.get("content_items"))
    if isinstance(value, list):
        return "\n".join(text(one, "text") for one in value if isinstance(one, dict))
    return ""


def printed(value: Any) -> str:
    """What the command printed: without the JSON that early versions put around it."""
    said = raw_text(value)
    inside = text(parsed(said), "output") if said.startswith('{"') else ""
    return inside or said


def inner_exit(value: Any) -> int | None:
    """The exit code that a script in code mode passed on from the command it ran, if it did."""
    found = _INNER_EXIT.search(raw_text(value)[:4000])
    return int(found[1] or found[2]) if found else None


def script_commands(source: str) -> list[str]:
    """The commands that a script in code mode runs, as far as they are written out in it."""
    if "exec_command" not in source:
        return []
    return [_unquoted(found["text"]) for found in _COMMAND.finditer(source[:_LONGEST_SCRIPT])]


def event_outcome(event: Fields) -> Output:
    """How a command ended, from the event Codex keeps of it (``exec_command_end``, ``CommandExecution``)."""
    code, passed = _whole(event, "exit_code"), mapping(event, "duration")
    seconds = number(passed, "secs")
    if seconds is not None:
        seconds = round(seconds + (number(passed, "nanos") or 0) / 1e9, 3)
    if text(event, "status") == "declined":
        return Output(refused=True)
    return _ended(code, seconds) if code is not None else Output(seconds=seconds)


def agent_statuses(event: Fields) -> dict[str, Any]:
    """Statuses of agents by their id, in the two forms they are told in."""
    statuses = {**mapping(event, "statuses"), **mapping(event, "status")}
    for one in mappings(event, "agent_statuses"):
        statuses[text(one, "thread_id")] = one.get("status")
    return statuses


def _by_metadata(metadata: Fields) -> Output:
    code = _whole(metadata, "exit_code")
    return Output() if code is None else _ended(code, number(metadata, "duration_seconds"))


def _by_head(said: str) -> Output:
    aborted = _ABORTED.match(said)
    if aborted:
        return Output(None, _seconds(aborted[1] or ""), False)
    if "rejected by user" in said[:200]:
        return Output(refused=True)
    head = said.partition("\nOutput:")[0]
    seconds = _seconds(found[1]) if said.startswith(_HEADS) and (found := _WALL.search(head)) else None
    if said.startswith(_FAILED):
        return Output(None, seconds, False)
    if not said.startswith(_HEADS):
        return Output()
    code, running = _EXIT.search(head), _RUNNING.search(head)
    if code:
        return _ended(int(code[1]), seconds)
    return Output(None, seconds, None, running[1] if running else "")


def _ended(code: int, seconds: float | None) -> Output:
    return Output(code, seconds, code == 0)


def _whole(record: Fields, key: str) -> int | None:
    value = record.get(key)
    return value if type(value) is int and abs(value) < NUMBER_LIMIT else None


def _seconds(digits: str) -> float | None:
    try:
        return float(digits)
    except ValueError:
        return None


def _unquoted(literal: str) -> str:
    """The value of a string of JavaScript; its rarer escapes are left as they are."""
    value = parsed(literal) if literal.startswith('"') else None
    if isinstance(value, str):
        return value.strip()
    return _ESCAPE.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), literal[1:-1]).strip()
