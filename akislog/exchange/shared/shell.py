"""Shell commands as transcripts hold them: the line that was typed, and what its output says of commits."""

from __future__ import annotations

import re
import shlex
from typing import Any

_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish", "powershell", "pwsh"})
_COMMIT = re.compile(r"^\[[^\s\]]+(?: \([^)\n]*\))? ([0-9a-f]{7,40})\] ([^\n]*)", re.MULTILINE)
_PULL_REQUEST = re.compile(r"https://[^\s\"'<>/]+/[^\s\"'<>/]+/[^\s\"'<>/]+/pull/[0-9]+")
_SKILL = re.compile(r"skills/(?:\.?[A-Za-z0-9_-]+/)?([A-Za-z0-9][A-Za-z0-9_-]*)/SKILL\.md")


def command_line(command: Any) -> str:
    """The command as a line: a text as it is, of ``["bash", "-lc", line]`` the line, other words joined."""
    if isinstance(command, str):
        return command.strip()
    if not isinstance(command, list) or not all(isinstance(one, str) for one in command):
        return ""
    if len(command) >= 3 and _name(command[0]) in _SHELLS and command[-2].lower() in ("-c", "-lc", "-ic", "-command"):
        return str(command[-1]).strip()
    return shlex.join(command)


def published(command: str, output: str) -> dict[str, Any]:
    """The commits and pull requests that a command's output tells of, as fields of a session."""
    found: dict[str, Any] = {}
    if "git" in command and "commit" in command:
        found["commits"] = [{"sha": sha, "subject": subject.strip()} for sha, subject in _COMMIT.findall(output)]
    if "gh pr create" in command:
        found["pull_requests"] = list(dict.fromkeys(_PULL_REQUEST.findall(output)))
    return {key: value for key, value in found.items() if value}


def tells_of_commits(command: str) -> bool:
    """Whether it is worth reading this command's output for commits and pull requests."""
    return "commit" in command or "gh pr create" in command


def skill_read(command: str) -> str:
    """The skill whose description a command reads, or an empty text."""
    found = _SKILL.search(command) if "SKILL.md" in command else None
    return found.group(1) if found else ""


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1].lower().removesuffix(".exe")
