"""A made-up history: transcripts of past sessions in the agents' own folders, the same for the same seed.

Four fifths are Claude Code's, one fifth Codex's. Sizes and shares follow what was counted over some hundred real
sessions: 1.3 MB and some 350 records each, a third of a Claude Code session progress, messages of one to five records
with one id, whole files in the results of reading and editing, sub-agents with files of their own. Session n is the
same however many are made, as long as no limit cuts it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from benchmarks import words

ROOT = "/home/dev/orchard"  # the project that all sessions were about
_FIRST_DAY = datetime(2025, 3, 1, 8, tzinfo=timezone.utc)
_MU, _SIGMA, _LEAST = 13.48, 0.9, 20_000  # of the bytes of a session: log-normal, 1.3 MB on average
_CODE = tuple(
    line
    for name in ("row", "page", "basket", "label", "route", "token_count", "order", "window")
    for line in (
        f"def load_{name}(source, *, limit=50):",
        f'    """Read one {name} at a time."""',
        f"    for number, {name} in enumerate(source.all('{name}')):",
        f"        if {name}.active and number < limit:",
        f"            yield {name}.id, {name}.title  # \t the first ones only",
        "",
        f"    logger.debug(\"%s: %d left\", '{name}', limit)",
        f"class {name.title().replace('_', '')}View(View):",
        f'    template = "{name}/list.html"',
        "        return self.render({'items': items, 'total': len(items)})",
    )
)
_TOOLS: tuple[tuple[str, int], ...] = (
    *(("Bash", 26), ("Read", 22), ("Edit", 15), ("Glob", 9), ("Grep", 7), ("TodoWrite", 9), ("Write", 6)),
    *(("Task", 5), ("WebFetch", 3)),
)
_COMMANDS = ("pytest -q tests/{}", "npm run build -- --filter {}", "git diff --stat {}", "ls -la src/{}", "make {}")


def write_history(home: Path, megabytes: float, seed: int) -> int:
    """Write a history of this size below ``home``; how many sessions it has."""
    left, number = int(megabytes * 1e6), 0
    limit = max(_LEAST, left // 8)
    while left > 0:
        random = Random(f"{seed}:{number}")
        wanted = min(limit, left, int(random.lognormvariate(_MU, _SIGMA)))
        started = _FIRST_DAY + timedelta(minutes=97 * number + random.randint(0, 60))
        kind = _Codex if number % 5 == 4 else _Claude
        left -= kind(random, started, max(_LEAST, wanted)).write(home)
        number += 1
    return number


def _lines(random: Random, characters: int) -> str:
    """Source text of about this length."""
    start, many = random.randrange(len(_CODE)), max(1, characters // 42)
    lines = (_CODE * (1 + (start + many) // len(_CODE)))[start : start + many]
    return "\n".join((f"# {words.sentence(random)}", *lines))


class _Transcript:
    """The records of one file while they are made."""

    def __init__(self, random: Random, started: datetime) -> None:
        self.random, self.now = random, started
        self.id = self.uuid()
        self.records: list[bytes] = []
        self.size = 0

    def uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def letters(self, many: int) -> str:
        return f"{self.random.getrandbits(4 * many):0{many}x}"

    def later(self, most: float = 9) -> str:
        """A moment later than the last one, as transcripts write it."""
        self.now += timedelta(milliseconds=int(self.random.random() ** 3 * most * 1000) + 3)
        return f"{self.now:%Y-%m-%dT%H:%M:%S}.{self.now.microsecond // 1000:03d}Z"

    def put(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        self.records.append(line)
        self.size += len(line)

    def save(self, path: Path) -> int:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(self.records))
        return self.size


class _Claude(_Transcript):
    """A session of Claude Code, or with ``parent`` that of one of its sub-agents."""

    def __init__(self, random: Random, started: datetime, wanted: int, parent: _Claude | None = None) -> None:
        super().__init__(random, started)
        self.wanted, self.agents = wanted, list[tuple[str, str, _Claude]]()
        self.agent = self.letters(7) if parent else ""
        self.session = parent.session if parent else self.id
        self.last: str | None = None
        self.todos: list[dict[str, str]] = []

    def write(self, home: Path) -> int:
        """Write the session and its sub-agents' files; their bytes."""
        self.tell(words.sentence(self.random))
        folder = home / ".claude" / "projects" / ROOT.replace("/", "-")
        size = self.save(folder / f"{self.session}.jsonl")
        for name, kind, agent in self.agents:
            path = folder / self.session / "subagents" / f"agent-{name}.jsonl"
            size += agent.save(path)
            path.with_suffix(".meta.json").write_text(json.dumps({"agentType": kind, "spawnDepth": 1}))
        return size

    def tell(self, prompt: str) -> None:
        """Turns until there is enough."""
        if not self.agent:
            self.put({"type": "summary", "summary": words.topic(self.random), "leafUuid": self.uuid()})
        while True:
            self._user(prompt)
            for _ in range(self.random.randint(3, 14)):
                self._message()
                if self.size + sum(agent.size for _, _, agent in self.agents) > self.wanted:
                    return self._said(words.prose(self.random, 4), "end_turn")
            self._said(words.prose(self.random, 4), "end_turn")
            self._record(type="system", subtype="turn_duration", durationMs=self.random.randint(9_000, 400_000))
            prompt = words.prose(self.random, self.random.randint(1, 6))

    # -- records ----------------------------------------------------------------------------------------------

    def _record(self, **fields: Any) -> None:
        """One record, with what stands in each of them; ``late`` fields follow its time."""
        late = fields.pop("late", {})
        own, at = self.uuid(), self.later()
        places = {"userType": "external", "cwd": ROOT, "sessionId": self.session, "version": "2.1.37"}
        branch = {"gitBranch": "main", **({"agentId": self.agent} if self.agent else {}), "slug": "quiet-amber-heron"}
        head = {"parentUuid": self.last, "isSidechain": bool(self.agent), **places, **branch}
        self.put({**head, **fields, "uuid": own, "timestamp": at, **late})
        self.last = own

    def _user(self, prompt: str) -> None:
        if not self.agent:
            backup = {"messageId": self.uuid(), "trackedFileBackups": {}, "timestamp": self.later()}
            self.put({"type": "file-history-snapshot", "messageId": backup["messageId"], "snapshot": backup})
        self._record(type="user", message={"role": "user", "content": prompt})

    def _message(self) -> None:
        """One message of the model, in several records with one id and growing counts, and what came of it."""
        random = self.random
        message, request, stop = f"msg_{self.letters(24)}", f"req_{self.letters(24)}", "tool_use"
        usage = {"input_tokens": random.randint(3, 20), "cache_creation_input_tokens": random.randint(200, 9_000)}
        usage["cache_read_input_tokens"] = random.randint(9_000, 150_000)
        if random.random() < 0.45:
            thought = words.prose(random, random.randint(2, 9))
            block = {"type": "thinking", "thinking": thought, "signature": self.letters(random.randint(300, 1400))}
            self._block(block, message, request, usage | {"output_tokens": 1}, None)
        if random.random() < 0.4:
            text = {"type": "text", "text": words.prose(random, random.randint(1, 6))}
            self._block(text, message, request, usage | {"output_tokens": 4}, None)
        tools, weights = zip(*_TOOLS, strict=True)
        for name in random.choices(tools, weights, k=random.choice((1, 1, 1, 1, 1, 2, 3))):
            if name == "Task" and self.agent:
                name = "Bash"
            given, result = getattr(self, f"_{name.lower()}")()
            call = f"toolu_{self.letters(24)}"
            use = {"type": "tool_use", "id": call, "name": name, "input": given}
            self._block(use, message, request, usage | {"output_tokens": random.randint(60, 900)}, stop)
            self._progress(name, call)
            self._result(call, *result)

    def _said(self, text: str, stop: str) -> None:
        usage = {"input_tokens": 4, "cache_read_input_tokens": 60_000, "output_tokens": self.random.randint(50, 700)}
        block = {"type": "text", "text": text}
        self._block(block, f"msg_{self.letters(24)}", f"req_{self.letters(24)}", usage, stop)

    def _block(
        self, block: dict[str, Any], message: str, request: str, usage: dict[str, int], stop: str | None
    ) -> None:
        told = {"model": "claude-opus-4-5-20251101", "id": message, "type": "message", "role": "assistant"}
        told |= {"content": [block], "stop_reason": stop, "stop_sequence": None}
        told["usage"] = {**usage, "service_tier": "standard"}
        self._record(message=told, requestId=request, type="assistant")

    def _result(self, call: str, said: str, failed: bool, data: Any) -> None:
        block = {"tool_use_id": call, "type": "tool_result", "content": said, **({"is_error": True} if failed else {})}
        self._record(type="user", message={"role": "user", "content": [block]}, late={"toolUseResult": data})

    def _progress(self, tool: str, call: str) -> None:
        """Hooks before and after a tool, and what it shows while it runs: a third of all records."""
        shown: list[dict[str, Any]] = [
            {"type": "hook_progress", "hookEvent": event, "hookName": f"{event}:{tool}", "command": "make hook"}
            for event in ("PreToolUse", "PostToolUse")
            if self.random.random() < 0.3
        ]
        if tool == "Bash":
            for second in range(self.random.choice((0, 1, 2, 4))):
                output = _lines(self.random, 60 + 90 * second)
                shown.append({"type": "bash_progress", "output": output, "fullOutput": output * 3})
        elif tool == "Task":
            for text in (_lines(self.random, 4_000) for _ in range(self.random.randint(4, 12))):
                told = {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": text}]}}
                shown.append({"message": told, "normalizedMessages": [], "type": "agent_progress", "prompt": ""})
        for number, data in enumerate(shown):
            late = {"toolUseID": f"{data['type']}-{number}", "parentToolUseID": call}
            self._record(type="progress", data=data, **late)

    # -- tools: their input, and (text, failed, the host's account) -----------------------------------------------

    def _bash(self) -> tuple[Any, Any]:
        random = self.random
        line = random.choice(_COMMANDS).format(words.path(random))
        output = _lines(random, int(random.lognormvariate(6.4, 1.0)))
        given = {"command": line, "description": words.topic(random)}
        if random.random() < 0.12:
            return given, (f"Exit code 1\n{output}", True, f"Error: Exit code 1\n{output}")
        if random.random() < 0.06:
            given["command"] = f'git commit -m "{words.topic(random)}"'
            output = f"[main {self.letters(7)}] {words.topic(random)}\n 2 files changed"
        return given, (output, False, {"stdout": output, "stderr": "", "interrupted": False, "isImage": False})

    def _read(self) -> tuple[Any, Any]:
        path = f"{ROOT}/{words.path(self.random)}"
        content = _lines(self.random, min(60_000, int(self.random.lognormvariate(9.0, 0.9))))
        numbered = "\n".join(f"{number:6}→{line}" for number, line in enumerate(content.split("\n"), 1))
        file = {"filePath": path, "content": content, "numLines": content.count("\n"), "startLine": 1}
        return {"file_path": path}, (numbered, False, {"type": "text", "file": file})

    def _edit(self) -> tuple[Any, Any]:
        path, old, new = f"{ROOT}/{words.path(self.random)}", _lines(self.random, 200), _lines(self.random, 420)
        given = {"file_path": path, "old_string": old, "new_string": new}
        if self.random.random() < 0.05:
            said = "<tool_use_error>String to replace not found in file.</tool_use_error>"
            return given, (said, True, f"Error: {said}")
        before = _lines(self.random, int(self.random.lognormvariate(9.2, 0.8)))
        changed = [*(f"-{line}" for line in old.split("\n")), *(f"+{line}" for line in new.split("\n"))]
        patch = {"oldStart": 12, "oldLines": 5, "newStart": 12, "newLines": 10, "lines": changed}
        data = {"filePath": path, "oldString": old, "newString": new, "originalFile": before}
        data |= {"structuredPatch": [patch], "userModified": False, "replaceAll": False}
        return given, (f"The file {path} has been updated.\n{new}", False, data)

    def _write(self) -> tuple[Any, Any]:
        path, content = f"{ROOT}/{words.path(self.random)}", _lines(self.random, self.random.randint(500, 6_000))
        data = {"type": "create", "filePath": path, "content": content, "structuredPatch": [], "originalFile": None}
        return {"file_path": path, "content": content}, (f"File created successfully at: {path}", False, data)

    def _glob(self) -> tuple[Any, Any]:
        names = [f"{ROOT}/{words.path(self.random)}" for _ in range(self.random.randint(1, 40))]
        data = {"filenames": names, "durationMs": 12, "numFiles": len(names), "truncated": False}
        return {"pattern": "**/*.py"}, ("\n".join(names), False, data)

    def _grep(self) -> tuple[Any, Any]:
        content = _lines(self.random, self.random.randint(100, 8_000))
        data = {"mode": "content", "numFiles": 0, "filenames": [], "content": content, "numLines": 60}
        return {"pattern": "def load_", "output_mode": "content"}, (content, False, data)

    def _todowrite(self) -> tuple[Any, Any]:
        before = [dict(todo) for todo in self.todos]
        for todo in self.todos:
            todo["status"] = "in_progress" if todo["status"] == "pending" else "completed"
        if not self.todos or all(todo["status"] == "completed" for todo in self.todos):
            topics = [words.topic(self.random) for _ in range(self.random.randint(2, 6))]
            self.todos = [{"content": one, "status": "pending", "activeForm": f"Now: {one}"} for one in topics]
        now = [dict(todo) for todo in self.todos]
        said = "Todos have been modified successfully. Please proceed with the current tasks if applicable"
        return {"todos": now}, (said, False, {"oldTodos": before, "newTodos": now})

    def _webfetch(self) -> tuple[Any, Any]:
        text = words.prose(self.random, 30)
        data = {"bytes": 40_000, "code": 200, "codeText": "OK", "result": text, "durationMs": 900}
        return {"url": "https://docs.example.org/views", "prompt": words.topic(self.random)}, (text, False, data)

    def _task(self) -> tuple[Any, Any]:
        random, kind = self.random, self.random.choice(("Explore", "general-purpose", "code-reviewer"))
        prompt, result = words.prose(random, random.randint(3, 25)), words.prose(random, random.randint(5, 60))
        agent = _Claude(Random(random.random()), self.now, random.randint(8_000, 60_000), self)
        agent.tell(prompt)
        self.now = max(self.now, agent.now)
        self.agents.append((agent.agent, kind, agent))
        given = {"description": words.topic(random), "prompt": prompt, "subagent_type": kind}
        data = {"status": "completed", "prompt": prompt, "agentId": agent.agent, "totalDurationMs": 90_000}
        data |= {"content": [{"type": "text", "text": result}], "totalTokens": 30_000, "totalToolUseCount": 9}
        return given, (f"{result}\nagentId: {agent.agent} (for resuming)", False, data)


class _Codex(_Transcript):
    """A rollout of Codex: an envelope around each record."""

    def __init__(self, random: Random, started: datetime, wanted: int) -> None:
        super().__init__(random, started)
        self.wanted, self.begun, self.sent = wanted, started, 0

    def write(self, home: Path) -> int:
        """Write the rollout; its bytes."""
        git = {"commit_hash": self.letters(40), "branch": "main", "repository_url": "https://git.example.org/orchard"}
        meta = {"id": self.id, "timestamp": self.later(), "cwd": ROOT, "originator": "codex_cli_rs", "git": git}
        self._put("session_meta", {**meta, "cli_version": "0.66.0", "instructions": words.prose(self.random, 60)})
        while self.size < self.wanted:
            self._turn()
        name = f"rollout-{self.begun:%Y-%m-%dT%H-%M-%S}-{self.id}.jsonl"
        return self.save(home / ".codex" / "sessions" / f"{self.begun:%Y/%m/%d}" / name)

    def _put(self, kind: str, payload: dict[str, Any]) -> None:
        self.put({"timestamp": self.later(), "type": kind, "payload": payload})

    def _turn(self) -> None:
        random, prompt = self.random, words.prose(self.random, 3)
        self._put("response_item", _spoken("user", "input_text", prompt))
        self._put("event_msg", {"type": "user_message", "message": prompt, "kind": "plain"})
        for number in range(random.randint(4, 30)):
            self._thought()
            if number % 9 == 3:
                states = ("completed", "in_progress", "pending")
                steps = [{"step": words.topic(random), "status": one} for one in states]
                self._call("update_plan", {"plan": steps}, "Plan updated")
            elif number % 7 == 5:
                self._patch()
            else:
                code, passed = int(random.random() < 0.1), round(random.random() * 4, 1)
                output = _lines(random, int(random.lognormvariate(7.2, 1.0)))
                told = {"output": output, "metadata": {"exit_code": code, "duration_seconds": passed}}
                line = random.choice(_COMMANDS).format(words.path(random))
                self._call("shell", {"command": ["bash", "-lc", line], "workdir": ROOT}, json.dumps(told))
        answer = words.prose(random, 5)
        self._put("event_msg", {"type": "agent_message", "message": answer})
        self._put("response_item", _spoken("assistant", "output_text", answer))

    def _thought(self) -> None:
        """What stands before each call: the context again, hidden thoughts, counts."""
        random = self.random
        context = {"cwd": ROOT, "approval_policy": "on-request", "sandbox_policy": {"mode": "workspace-write"}}
        self._put("turn_context", {**context, "model": "gpt-5-codex", "effort": "high", "summary": "auto"})
        title = f"**{words.title(random)}**"
        self._put("event_msg", {"type": "agent_reasoning", "text": title})
        hidden = {"type": "reasoning", "summary": [{"type": "summary_text", "text": title}], "content": None}
        self._put("response_item", {**hidden, "encrypted_content": self.letters(random.randint(600, 2_600))})
        self.sent += random.randint(4_000, 60_000)
        total = {"input_tokens": self.sent, "cached_input_tokens": self.sent * 4 // 5, "output_tokens": self.sent // 90}
        info = {"total_token_usage": total, "last_token_usage": total, "model_context_window": 272_000}
        self._put("event_msg", {"type": "token_count", "info": info, "rate_limits": {"primary": None}})

    def _call(self, name: str, args: dict[str, Any], output: str) -> None:
        call = f"call_{self.letters(24)}"
        told = {"type": "function_call", "name": name, "arguments": json.dumps(args), "call_id": call}
        self._put("response_item", told)
        self._put("response_item", {"type": "function_call_output", "call_id": call, "output": output})

    def _patch(self) -> None:
        call, path = f"call_{self.letters(24)}", words.path(self.random)
        lines = "\n".join(f"+{line}" for line in _lines(self.random, 900).split("\n"))
        patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n-    pass\n{lines}\n*** End Patch"
        told = {"type": "custom_tool_call", "status": "completed", "call_id": call, "name": "apply_patch"}
        self._put("response_item", {**told, "input": patch})
        said = f"Success. Updated the following files:\nM {path}\n"
        output = json.dumps({"output": said, "metadata": {"exit_code": 0, "duration_seconds": 0.1}})
        self._put("response_item", {"type": "custom_tool_call_output", "call_id": call, "output": output})


def _spoken(role: str, kind: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
