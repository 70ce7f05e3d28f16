"""The Claude Code importer: real transcripts against truth computed apart from it, own fixtures, and damaged input."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from akislog.checks.schema import check_schema
from akislog.core.session import Session
from akislog.exchange import claude_code
from akislog.exchange.transcript import Imported, Settings, Transcript, Unreadable
from akislog.text import document
from akislog.text.clean import cleaner
from tests.paths import TRANSCRIPTS, need

REAL = TRANSCRIPTS / "claude-code"
OWN = Path(__file__).parents[1] / "fixtures" / "transcripts" / "claude-code"
SETTINGS = Settings("akislog test")
SESSIONS = [
    "entire/planmode_ask_mcp",
    "entire/subagents6_todos",
    "entire/subagents8",
    "entire/taskcreate",
    "entire/tiny_edit_bash",
    "entire/tiny_one_edit",
    "entire/todowrite_small",
    "entire/two_models",
    "vscode/30530d66-37fb-4f3b-aa5f-d92b6a8afae2",
    "vscode/b3a7bd3c-5a10-4e7b-8ff0-7fc0cd6d1093",
    "spotter/short",
    "spotter/subagent",
    "spotter/tool_heavy",
    "agtrace/claude_session",
]
OTHERS = [
    "agtrace/claude_agent",
    "stage0/small",
    "stage0/large",
    "stage0/schema_drift",
    "stage0/subagent/0a1b2c3d-4e5f-4061-8071-2a3b4c5d6e7f",
]


def opened(path: Path) -> Transcript:
    """A transcript as the command hands it to the importer, with what its sub-agents wrote."""
    folder = path.with_suffix("") / "subagents"
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    children = {one.name: one.read_bytes().splitlines(keepends=True) for one in below}
    return Transcript(path.name, path.read_bytes().splitlines(keepends=True), children)


def real(name: str) -> Path:
    return need(REAL / f"{name}.jsonl")


def record_of(imported: Imported) -> dict[str, Any]:
    """The record of an imported session, once it has gone through everything a log goes through."""
    session = Session.replay(imported.events)
    record = session.finish().record
    assert session.state["unplaced"] == []
    assert [event["seq"] for event in imported.events] == list(range(1, len(imported.events) + 1))
    read_back = document.parse(document.render(record))
    assert read_back.findings == ()
    assert read_back.log.record == record
    assert check_schema(record) == []
    return dict(record)


def imported(name: str) -> dict[str, Any]:
    return record_of(claude_code.read(opened(OWN / f"{name}.jsonl"), SETTINGS))


# -- the truth of a real transcript, by plain code over its records -------------------------------------------------


class Truth:
    """What a transcript says, computed from its records without the importer."""

    def __init__(self, path: Path) -> None:
        self.records = [json.loads(line) for line in path.read_bytes().splitlines()]
        below = sorted((path.with_suffix("") / "subagents").glob("agent-*.jsonl"))
        self.below = [json.loads(line) for one in below for line in one.read_bytes().splitlines()]
        self.cwd = next(one["cwd"] for one in self.records if one.get("cwd"))
        self.uses = [block for one in self.records for block in self.blocks(one, "tool_use")]
        self.answers = {
            block["tool_use_id"]: (block, one) for one in self.records for block in self.blocks(one, "tool_result")
        }

    @staticmethod
    def blocks(record: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        content = (record.get("message") or {}).get("content")
        return [one for one in content if one.get("type") == kind] if isinstance(content, list) else []

    def called(self, *names: str) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
        """Input, result block and record of the result, of every call that was answered."""
        for use in self.uses:
            if use["name"] in names and use["id"] in self.answers:
                yield (use["input"], *self.answers[use["id"]])

    def files(self) -> dict[str, list[Any]]:
        """Per path: whether it was created, and the lines added and removed by patches."""
        found: dict[str, list[Any]] = {}
        for _, _, record in self.called("Edit", "Write"):
            result = record["toolUseResult"]
            if isinstance(result, str):
                continue
            path = result["filePath"]
            inside = path.startswith(f"{self.cwd}/")
            name = path[len(self.cwd) + 1 :] if inside else f"<outside>/{path.split('/')[-1]}"
            entry = found.setdefault(name, [result.get("type") == "create", 0, 0])
            marks = [line[0] for hunk in result["structuredPatch"] for line in hunk["lines"]]
            if result.get("type") == "create":
                marks = ["+"] * len(result["content"].splitlines())
            entry[1] += marks.count("+")
            entry[2] += marks.count("-")
        return found

    def commands(self) -> list[tuple[str, bool | None]]:
        """The commands that were run, and whether they succeeded; nobody knows of one left in the background."""
        refused = ("The user doesn't want", "<tool_use_error>", "Permission")
        return [
            (given["command"], None if "backgroundTaskId" in record["toolUseResult"] else not block.get("is_error"))
            for given, block, record in self.called("Bash")
            if not (block.get("is_error") and str(block["content"]).startswith(refused))
        ]

    def todos(self) -> dict[str, str]:
        """The to-dos at the end, by their text."""
        written = [given["todos"] for given, _, _ in self.called("TodoWrite")]
        found = {one["content"]: one["status"] for one in written[-1]} if written else {}
        subjects = {}
        for _, _, record in self.called("TaskCreate"):
            task = record["toolUseResult"]["task"]
            subjects[task["id"]] = task["subject"]
            found[task["subject"]] = "pending"
        for _, _, record in self.called("TaskUpdate"):
            result = record["toolUseResult"]
            found[subjects[result["taskId"]]] = result["statusChange"]["to"]
        return found

    def delegations(self) -> dict[str, tuple[str, str]]:
        """Agent and outcome by description; what ran in the background is closed by a later look at it."""
        looks = [record["toolUseResult"]["task"] for _, _, record in self.called("TaskOutput")]
        found = {}
        for given, _, record in self.called("Task"):
            result = record["toolUseResult"]
            later = {one["status"] for one in looks if one["task_id"] == result["agentId"]}
            done = result["status"] == "completed" or "completed" in later
            found[given["description"]] = (given["subagent_type"], "success" if done else "running")
        return found

    def tokens(self, *fields: str) -> list[int]:
        """Sums of usage fields: of one message the largest number counts, of each agent all messages."""
        largest: dict[tuple[str, str], int] = {}
        for one in [*self.records, *self.below]:
            message = one.get("message") or {}
            if one["type"] == "assistant" and message["model"] != "<synthetic>":
                for field in fields:
                    key = (message["id"], field)
                    largest[key] = max(largest.get(key, 0), message["usage"].get(field, 0))
        return [sum(count for key, count in largest.items() if key[1] == field) for field in fields]

    def models(self) -> set[str]:
        messages = [one["message"] for one in [*self.records, *self.below] if one["type"] == "assistant"]
        return {message["model"] for message in messages} - {"<synthetic>"}

    def minutes(self) -> int:
        times = [one["timestamp"] for one in [*self.records, *self.below] if "timestamp" in one]
        first, last = (datetime.strptime(at[:19], "%Y-%m-%dT%H:%M:%S") for at in (min(times), max(times)))
        return int((last - first).total_seconds() + 30) // 60


STATUS = {"pending": "pending", "in_progress": "working", "completed": "done"}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_log_says_what_the_transcript_says(name: str) -> None:
    truth = Truth(real(name))
    record = record_of(claude_code.read(opened(real(name)), SETTINGS))
    changes = {one["path"]: [one["added"], one["removed"]] for one in record.get("changes", [])}
    assert changes == {path: counts for path, (_, *counts) in truth.files().items()}
    created = {path for path, (new, *_) in truth.files().items() if new}
    assert {one["path"] for one in record["files"].get("created", [])} == created
    assert {one["path"] for one in record["files"]["modified"]} == set(truth.files()) - created
    own = [one for one in record.get("commands", []) if "task" not in one]
    assert sorted(map(str, truth.commands())) == sorted(str((one["cmd"], one.get("success"))) for one in own)
    plain = {one["description"]: one["status"] for one in record["tasks"] if one["delegation_depth"] == 0}
    todos = truth.todos()
    assert {text: plain[text] for text in todos} == {text: STATUS[word] for text, word in todos.items()}
    assert {status for text, status in plain.items() if text not in todos} <= {"done", "cancelled"}
    tasks = {one["id"]: one["description"] for one in record["tasks"]}
    handed = {tasks[one["task_id"]]: (one["agent"], one["status"]) for one in record.get("delegations", [])}
    assert handed == truth.delegations()
    usage = record["usage"]
    assert [usage["input_tokens"], usage["output_tokens"]] == truth.tokens("input_tokens", "output_tokens")
    cached = truth.tokens("cache_read_input_tokens", "cache_creation_input_tokens")
    assert [usage["cache_read_tokens"], usage["cache_write_tokens"]] == cached
    assert set(usage["models"]) == truth.models()
    assert record["session"]["duration_minutes"] == truth.minutes()


def test_the_truth_itself_sees_something() -> None:
    """The comparison above means something only if the samples hold something of each kind."""
    truths = [Truth(real(name)) for name in SESSIONS]
    assert sum(len(one.files()) for one in truths) > 15
    assert sum(len(one.commands()) for one in truths) > 30
    assert sum(len(one.todos()) for one in truths) > 12
    assert sum(len(one.delegations()) for one in truths) >= 19


# What the companions say otherwise, and why. They were written when a commit was made: `files_touched` are the files
# of that commit, whoever changed them, and nothing outside the repository.
ONLY_IN_COMMIT = {
    "planmode_ask_mcp": {"cmd/entire/cli/hook_registry.go"},  # changed by an earlier session or by hand
    "taskcreate": {"TASK.md"},  # put into the commit by hand
    "todowrite_small": {"docs/requirements/soph-chunking/review-01.md"},  # by a second session beside this one
}
ONLY_IN_LOG = {"planmode_ask_mcp": {"<outside>/greedy-mixing-hennessy.md"}}  # the plan, in the person's home
COUNTED_FROM = {"two_models": 46}  # its tokens are those since the commit before; the others count the whole file


@pytest.mark.parametrize("name", [one.removeprefix("entire/") for one in SESSIONS if one.startswith("entire/")])
def test_files_and_tokens_agree_with_the_companion(name: str) -> None:
    meta = json.loads(need(REAL / "entire" / f"{name}.meta.json").read_text())
    transcript = opened(real(f"entire/{name}"))
    record = record_of(claude_code.read(transcript, SETTINGS))
    paths = {one["path"] for kind in ("created", "modified") for one in record["files"].get(kind, [])}
    assert set(meta["files_touched"]) - paths == ONLY_IN_COMMIT.get(name, set())
    assert paths - set(meta["files_touched"]) == ONLY_IN_LOG.get(name, set())
    if "token_usage" in meta:
        since = list(transcript.lines)[COUNTED_FROM.get(name, 0) :]
        usage = record_of(claude_code.read(Transcript(transcript.name, since), SETTINGS))["usage"]
        theirs = meta["token_usage"]
        assert usage["input_tokens"] == theirs["input_tokens"]
        assert usage["output_tokens"] == theirs["output_tokens"]
        assert usage["cache_read_tokens"] == theirs["cache_read_tokens"]
        assert usage["cache_write_tokens"] == theirs["cache_creation_tokens"]


@pytest.mark.parametrize("name", [*SESSIONS, *OTHERS])
def test_importing_twice_gives_the_same(name: str) -> None:
    settings = Settings("akislog test", cleaner())
    first, second = (claude_code.read(opened(real(name)), settings) for _ in range(2))
    assert first == second
    assert claude_code.claims([json.loads(line) for line in opened(real(name)).lines])
    record_of(first)
    for child in first.children:
        assert record_of(child)["session"]["parent"].startswith(record_of(first)["session"]["id"])


def test_other_agents_transcripts_are_not_claimed() -> None:
    samples = [one for one in need(TRANSCRIPTS).rglob("*.json*") if "claude-code" not in one.parts]
    assert len(samples) > 10
    for path in samples:
        data = path.read_bytes()
        lines = [data] if path.suffix == ".json" else [line for line in data.split(b"\n") if line.strip()]
        records = [json.loads(line) for line in lines]
        assert not claude_code.claims(records), path.name


# -- a session that ran ---------------------------------------------------------------------------------------------


def test_a_plan_that_was_refused_and_a_question_that_was_answered() -> None:
    record = record_of(claude_code.read(opened(real("entire/planmode_ask_mcp")), SETTINGS))
    assert [one["answer"] for one in record["approvals"]] == ["rejected"] * 4
    assert [one["to_phase"] for one in record["phases"]] == ["planning", "executing"]
    assert "phases" in record["provenance"]["inferred"]  # nothing said when plan mode began
    assert record["notes"][0].endswith("Homebrew formula? Pre-built binaries (Recommended)")
    assert record["usage"]["interrupts"] == 1
    assert (record["session"]["outcome"], record["session"]["active_minutes"]) == ("completed", 29)


def test_a_session_whose_last_turn_was_interrupted() -> None:
    record = record_of(claude_code.read(opened(real("spotter/short")), SETTINGS))
    assert record["session"]["outcome"] == "interrupted"
    assert "commands" not in record  # the only one was refused
    assert [one["question"] for one in record["approvals"]] == ["Use Bash?", "Use Glob?"]


def test_sub_agents_are_part_of_the_session_and_logs_of_their_own() -> None:
    transcript = opened(real("vscode/b3a7bd3c-5a10-4e7b-8ff0-7fc0cd6d1093"))
    imported = claude_code.read(transcript, SETTINGS)
    record = record_of(imported)
    of_task = {one["task"]: one["cmd"] for one in record["commands"]}
    assert {one["prompt"]: of_task[one["task_id"]] for one in record["delegations"]} == {
        f"Run: sleep {n}": f"sleep {n}" for n in (1, 2, 3, 4)
    }
    usages = [record_of(child)["usage"] for child in imported.children]
    parts = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    apart = sorted(sum(usage[part] for part in parts) for usage in usages)
    assert sorted(one["tokens_used"] for one in record["delegations"]) == apart
    assert len({child.host_id for child in imported.children}) == 4
    alone = claude_code.read(Transcript(transcript.name, transcript.lines), SETTINGS)
    rest = record_of(alone)
    assert all(rest["usage"][part] + sum(one[part] for one in usages) == record["usage"][part] for part in parts)
    assert "delegations.tokens_used" in rest["provenance"]["inferred"]  # the host counts the last request only


# -- what no real sample holds ----------------------------------------------------------------------------------------


def test_agents_in_the_background() -> None:
    transcript = opened(OWN / "agents.jsonl")
    imported = claude_code.read(transcript, SETTINGS)
    record = record_of(imported)
    told = {one["prompt"]: one for one in record["delegations"]}
    catalogue = told["Look for dead links in the catalogue."]
    assert (catalogue["status"], catalogue["result"]) == ("success", "Two dead links, both mended.")
    assert (catalogue["completed_at"], catalogue["tokens_used"]) == ("2026-09-01T10:03:00Z", 1402)
    assert catalogue["artifacts"] == ["catalogue/a.html"]
    failed = told["Look for dead links in the help pages."]
    assert (failed["status"], failed["result"]) == (
        "failure",
        'Agent "Search the help pages" failed: the site did not answer',
    )
    running = told["Measure how fast the pages load."]
    assert (running["status"], running["agent"]) == ("running", "general-purpose")
    assert "delegations.agent" in record["provenance"]["inferred"]
    below = told["Mend the link in b.html."]
    assert (below["parent_task_id"], below["delegation_depth"], below["tokens_used"]) == (catalogue["task_id"], 2, 422)
    assert record["parallel_groups"] == [
        {"id": "pg1", "tasks": [catalogue["task_id"], failed["task_id"]], "status": "failed"}
    ]
    assert record["changes"] == [
        {"path": "catalogue/a.html", "added": 1, "removed": 1, "task": catalogue["task_id"]},
        {"path": "catalogue/b.html", "added": 1, "removed": 0, "task": below["task_id"]},
    ]
    assert record["commands"][0] == {"cmd": "npm run crawl", "success": False, "exit_code": 7}
    assert record["usage"]["output_tokens"] == 40 + 30 + 20 + 60 + (9 + 9 + 9 + 12) + (7 + 3)  # no compaction helper
    assert record["metadata"] == {"prompts": 1, "effort": "high"}
    assert record["session"]["active_minutes"] == 4  # the turn took 245 seconds, says the host
    session = record["session"]["id"]
    assert [child.events[0]["parent"] for child in imported.children] == [
        f"{session}#{catalogue['task_id']}",
        f"{session}#{below['task_id']}",
    ]
    alone = claude_code.read(opened(OWN / "agents" / "subagents" / "agent-a11.jsonl"), SETTINGS)
    assert alone.host_id == imported.children[0].host_id  # the same session, however it is found


def test_task_tools() -> None:
    record = imported("tasks")
    tasks = {one["id"]: one for one in record["tasks"]}
    assert {key: (one["description"], one["status"]) for key, one in tasks.items()} == {
        "1": ("Choose a search library", "done"),  # only the host's reminder tells of it
        "2": ("Build the index", "done"),
        "3": ("Draw the search box", "working"),
        "4": ("Write a banner", "cancelled"),
        "9": ("Task 9", "done"),  # made before the transcript began
    }
    assert (tasks["3"]["dependencies"], tasks["3"]["assigned_to"]) == (["2"], "painter")
    assert tasks["2"]["completed_at"] == "2026-09-01T10:01:00Z"
    assert "tasks.description" in record["provenance"]["inferred"]


def test_edits_commits_and_refusals() -> None:
    record = imported("edits")
    assert record["changes"] == [
        {"path": "prices.py", "added": 3, "removed": 2},
        {"path": "NOTES.md", "added": 3, "removed": 1},
        {"path": "site/page.html", "added": 1, "removed": 0},
    ]
    assert [one["path"] for one in record["files"]["created"]] == ["NOTES.md", "site/page.html"]
    assert [one["path"] for one in record["files"]["modified"]] == ["prices.py", "study.ipynb"]
    assert [(one["cmd"], one["success"], one.get("exit_code")) for one in record["commands"]] == [
        ("pytest -q", False, 1),
        ("grep -c rounded prices.py", True, None),  # grep ended with 1, which is no failure
        ("sleep 600", False, None),
        ("git commit -qam 'Round the prices'", True, 0),
        ("git commit -m 'Add notes' NOTES.md", True, 0),
        ("gh pr create --fill", True, 0),
    ]
    assert record["commands"][0]["seconds"] == 12.5
    assert record["commits"] == [
        {"sha": "1a2b3c4d5e6f7081920a1b2c3d4e5f6071829304", "subject": "Round the prices"},
        {"sha": "99ffee1", "subject": "Add notes"},
    ]
    assert record["pull_requests"] == ["https://example.org/shop/pull/12", "https://example.org/shop/pull/13"]
    assert [(one["question"], one["answer"]) for one in record["approvals"]] == [("Use Edit on shop.css?", "rejected")]
    assert record["session"]["title"] == "Round the prices."
    assert (record["session"]["outcome"], record["usage"]["interrupts"]) == ("interrupted", 1)
    assert record["skills"]["loaded"] == []  # /clear is no skill


def test_titles_modes_compaction_and_errors() -> None:
    record = imported("modes")
    session = record["session"]
    assert (session["title"], session["outcome"]) == ("Sale: the plan", "failed")
    assert [(one["to_phase"], one["at"][11:19]) for one in record["phases"]] == [
        ("planning", "10:00:00"),
        ("executing", "10:02:12"),
        ("planning", "10:02:32"),
        ("executing", "10:02:41"),
    ]
    assert record["approvals"][0] == {
        "asked_at": "2026-09-01T10:01:12Z",
        "question": "Go ahead with the plan: Sale in week one?",
        "answer": "approved",
        "answered_at": "2026-09-01T10:02:12Z",
    }
    assert record["skills"]["loaded"] == ["campaigns", "pricing", "ship-it"]
    assert record["notes"] == ["Which week? The first"]
    assert record["errors"] == [{"type": "overloaded", "message": "API Error: the service is overloaded"}]
    assert record["metadata"] == {"prompts": 2, "compactions": 1, "effort": "high"}  # one was typed in mid-turn
    assert record["usage"]["output_tokens"] == 5 + 5 + 5 + 90
    assert record["provenance"]["inferred"] == ["session.complexity"]


def test_side_chains_in_the_main_file_and_a_torn_last_line() -> None:
    read = claude_code.read(opened(OWN / "sidechains.jsonl"), SETTINGS)
    record = record_of(read)
    assert read.bad_lines == 1
    (delegation,) = record["delegations"]
    assert (delegation["status"], delegation["result"], delegation["tokens_used"]) == ("success", "Query 3.", 97)
    assert [(one["cmd"], one["task"]) for one in record["commands"]] == [("tail -n 5 query.log", delegation["task_id"])]
    todos = [(one["description"], one["status"]) for one in record["tasks"] if one["delegation_depth"] == 0]
    assert todos == [("Add an index", "done"), ("Add an index", "working"), ("Tell the team", "cancelled")]
    assert {"tasks.status", "session.outcome"} <= set(record["provenance"]["inferred"])
    assert record["session"]["outcome"] == "interrupted"  # the last call has no result


def test_paths_are_told_from_the_project_and_the_home() -> None:
    lines = opened(OWN / "edits.jsonl").lines
    settings = Settings("akislog test", root="/home/sam/shop/site", home="/home/sam")
    record = record_of(claude_code.read(Transcript("edits.jsonl", lines), settings))
    assert [one["path"] for one in record["changes"]] == ["~/shop/prices.py", "~/shop/NOTES.md", "page.html"]


def test_what_is_not_read_is_counted() -> None:
    lines = [*opened(OWN / "modes.jsonl").lines, b'{"type":"novelty","sessionId":"x"}\n', b"[1]\n", b"{}\n"]
    progress = b'{"parentUuid":null,"type":"progress","data":{"type":"bash_progress"},"timestamp":"%s"}\n'
    lines.append(progress % b"2026-09-01T10:09:00.000Z")
    read = claude_code.read(Transcript("modes.jsonl", lines), SETTINGS)
    assert read.skipped == {"novelty": 1, "NoneType": 1}
    assert read.bad_lines == 1
    assert record_of(read)["session"]["ended_at"] == "2026-09-01T10:09:00Z"  # progress is work


def session_of(*calls: tuple[dict[str, Any], str]) -> list[bytes]:
    """A transcript of calls and the errors they gave."""
    lines = []
    for number, (call, said) in enumerate(calls):
        use = {"type": "tool_use", "id": f"c{number}", **call}
        result = {"type": "tool_result", "tool_use_id": f"c{number}", "is_error": True, "content": said}
        for kind, block in (("assistant", use), ("user", result)):
            message = {"id": f"m{number}", "model": "m", "content": [block]}
            at = f"2026-09-01T10:00:{len(lines):02}.000Z"
            lines.append(json.dumps({"type": kind, "sessionId": "s", "timestamp": at, "message": message}).encode())
    return lines


def test_a_command_that_was_refused_by_what_it_talked_to() -> None:
    push, fetch = ({"name": "Bash", "input": {"command": f"git {verb}"}} for verb in ("push", "fetch"))
    lines = session_of((push, "Permission denied (publickey)."), (fetch, "Permission to use Bash has been denied."))
    record = record_of(claude_code.read(Transcript("s.jsonl", lines), SETTINGS))
    assert [(one["cmd"], one["success"]) for one in record["commands"]] == [("git push", False)]


@pytest.mark.parametrize("name", [*SESSIONS, *OTHERS])
def test_lines_that_are_not_decoded_hold_nothing(name: str) -> None:
    """With blanks between its parts a record is not known by its bytes and is decoded: nothing more comes of it."""
    transcript = opened(real(name))
    spaced = [json.dumps(json.loads(line)).encode() for line in transcript.lines]
    decoded = claude_code.read(Transcript(transcript.name, spaced, transcript.children), SETTINGS)
    assert decoded == claude_code.read(transcript, SETTINGS)


def test_a_call_that_looks_like_progress() -> None:
    call = {"name": "Bash", "input": {"command": "ls", "type": "progress", "data": {"type": "bash_progress"}}}
    lines = [line.replace(b", ", b",").replace(b": ", b":") for line in session_of((call, "Exit code 2"))]
    assert b'"type":"progress","data":{' in lines[0]
    record = record_of(claude_code.read(Transcript("s.jsonl", lines), SETTINGS))
    assert [one["exit_code"] for one in record["commands"]] == [2]


# -- damaged input ----------------------------------------------------------------------------------------------------


def test_a_transcript_without_a_time() -> None:
    with pytest.raises(Unreadable, match=r"empty\.jsonl"):
        claude_code.read(Transcript("empty.jsonl", []), SETTINGS)
    record = record_of(claude_code.read(Transcript("a.jsonl", [b"{}"], modified="2026-09-01T10:00:00Z"), SETTINGS))
    assert record["session"]["started_at"] == "2026-09-01T10:00:00Z"
    assert "session.started_at" in record["provenance"]["inferred"]


@pytest.mark.parametrize("name", ["agents", "edits", "real"])
def test_a_transcript_cut_anywhere(name: str) -> None:
    transcript = opened(real("agtrace/claude_session") if name == "real" else OWN / f"{name}.jsonl")
    data = b"".join(transcript.lines)
    random_ = random.Random(20261121)
    for _ in range(200):
        cut = data[: random_.randrange(len(data))]
        lines = cut.splitlines(keepends=True)
        dated = any(json.loads(line).get("timestamp") for line in lines[:-1])
        try:
            record_of(claude_code.read(Transcript("cut.jsonl", lines, transcript.children), SETTINGS))
        except Unreadable:
            assert not dated
            assert name != "agents"  # its sub-agents have times


WRONG = (None, True, -7, 10**30, 1.5, "", "x", "2026-13-99T99:99:99.000Z", [], [None, 3, ["y"]], {}, {"k": {"type": 1}})


NOTHING = (None, True, 1.5, "", [], {})


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field and entry in a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*steps, key)
        yield from places(inner, (*steps, key))


@pytest.mark.parametrize("name", ["agents", "tasks", "edits", "modes", "sidechains"])
def test_wrong_types_in_every_field(name: str) -> None:
    """Every wrong value in every kind of field of every kind of record gives a log."""
    transcript = opened(OWN / f"{name}.jsonl")
    lines = [line for line in transcript.lines if line.endswith(b"}\n")]
    met: set[tuple[Any, ...]] = set()
    for number, line in enumerate(lines):
        kind = json.loads(line).get("type")
        for steps in places(json.loads(line)):
            shape = (kind, *(step for step in steps if isinstance(step, str)))
            for wrong in WRONG if shape not in met else ():
                record = json.loads(line)
                inner = record
                for step in steps[:-1]:
                    inner = inner[step]
                inner[steps[-1]] = wrong
                changed = [*lines[:number], json.dumps(record).encode(), *lines[number + 1 :]]
                read = claude_code.read(Transcript("changed.jsonl", changed, transcript.children), SETTINGS)
                if wrong in NOTHING:
                    Session.replay(read.events).finish()
                else:
                    record_of(read)
            met.add(shape)
    assert len(met) > 60


def test_records_of_nothing_but_wrong_types() -> None:
    random_ = random.Random(7)
    kinds = ["user", "assistant", "system", "attachment", "queue-operation", "pr-link", "permission-mode", 3, None, []]
    keys = "message toolUseResult attachment content isSidechain uuid parentUuid agentId sessionId cwd permissionMode"
    for _ in range(300):
        records = [
            {"type": random_.choice(kinds), "timestamp": "2026-09-01T10:00:00.000Z"}
            | {key: random_.choice(WRONG) for key in keys.split()}
            for _ in range(5)
        ]
        lines = [json.dumps(one).encode() for one in records]
        record_of(claude_code.read(Transcript("odd.jsonl", lines, {"agent-x.jsonl": lines}), SETTINGS))


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00 not text at all",
        b'{"type":"user","message":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"type":"user","timestamp":"2026-09-01T10:00:30.000Z","message":{"content":"' + b"a" * 10_000_000 + b'"}}',
        b'{"type":"user","message":{"content":"<task-notification>' + b"<task-id>" * 200_000 + b'"}}',
        b'{"type":"user","message":{"content":"' + b"<task-notification>" * 100_000 + b'"}}',
    ],
)
def test_hostile_lines(line: bytes) -> None:
    lines = [*opened(OWN / "modes.jsonl").lines, line + b"\n"]
    record_of(claude_code.read(Transcript("hostile.jsonl", lines), SETTINGS))
