"""The body of a log: the record told for a person, by the template ``workflow-log.md.j2``.

Everything in it comes from the record. Session text is escaped here, once, before a template sees it: it can open no
heading, list item, table row, named link, image or HTML, whatever the template does with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from akislog import resources
from akislog.core.log import Delegation, Task, WorkflowLog
from akislog.core.task import FINAL, GLYPHS
from akislog.core.values import minutes_between
from akislog.errors import UsageError
from akislog.text.emit import INVISIBLE

if TYPE_CHECKING:
    import jinja2

TEXT_WIDTH = 160
PROMPT_WIDTH = 240
DEEPEST = 20  # levels of tasks that are indented, deeper ones are told in figures; else blanks could fill a file
OUTPUT_LIMIT = 4 * 1024 * 1024

# What expressions in somebody's own template may raise.
_TEMPLATE_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile(f"[{INVISIBLE}]")
_SPECIAL = re.compile(r"[\\`*\[\]<>|~]|_(?<![^\W_]_)|_(?![^\W_])|&(?=#?\w+;)")
_LEADING = re.compile(r"(?:[#+\-=]|[0-9]+(?=[.)]))")
_TRAILING = re.compile(r"(?<= )#+\Z")  # at the end of a heading they would be left out
_HARMLESS = re.compile(r"[A-Za-z][A-Za-z0-9 ,.;:!?'\"()/%$@^{}=+-]*")
_TICKS = re.compile(r"`+")


def one_line(text: str, width: int = TEXT_WIDTH) -> str:
    """``text`` on one line, without what cannot be seen, cut at ``width`` characters."""
    if len(text) <= width and text.isprintable() and "  " not in text and text == text.strip():
        return text  # as most are
    line = _UNSEEN.sub("", _BLANKS.sub(" ", text)).strip()
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def escape(text: str, width: int = TEXT_WIDTH) -> str:
    """``text`` as Markdown that reads as these characters and nothing else."""
    if not text or (len(text) <= width and _HARMLESS.fullmatch(text) and "  " not in text and text[-1] != " "):
        return text  # as most are
    line = _SPECIAL.sub(r"\\\g<0>", one_line(text, width))
    if line.endswith("#"):
        line = _TRAILING.sub(r"\\\g<0>", line)
    lead = _LEADING.match(line)
    if lead is None:
        return line
    at = 0 if line[0] in "#+-=" else lead.end()
    return f"{line[:at]}\\{line[at:]}"


def code(text: str, *, cell: bool = False) -> str:
    """``text`` as a code span; in a table cell its bars are escaped."""
    line = one_line(text) or " "
    longest = max((len(run) for run in _TICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    span = f"{fence}{pad}{line}{pad}{fence}"
    return span.replace("|", "\\|") if cell else span


def body(record: Mapping[str, Any], template: str | None = None) -> str:
    """The body of this record. ``template`` is the text of another template; UsageError where it fails."""
    context = _context(WorkflowLog(record))
    if template is None:
        return f"\n{_standard().render(context)}"
    import jinja2

    try:
        rendered = "".join(_limited(_compiled(template).generate(context)))
    except (jinja2.TemplateError, *_TEMPLATE_ERRORS) as error:
        raise UsageError(f"the template cannot be used: {type(error).__name__}: {error}") from None
    return "\n" + rendered.rstrip("\n") + "\n"


@cache
def _standard() -> jinja2.Template:
    """Our own template, read and compiled once a process: END must not depend on its file any more."""
    return _compiled(resources.template("workflow-log.md.j2"))


def _compiled(template: str) -> jinja2.Template:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.from_string(template)


def _limited(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of a rendered template, up to the limit of a file."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise ValueError(f"it gives more than {OUTPUT_LIMIT} characters")
        yield piece


def _context(log: WorkflowLog) -> dict[str, Any]:
    """What a template may say; all session text in it is escaped."""
    session = log.session
    tree = log.tree()
    return {
        "title": escape(session.title),
        "date": session.date,
        "minutes": session.duration_minutes or 0,
        "complexity": session.complexity,
        "summary": escape(session.summary, PROMPT_WIDTH) if session.summary else _sentence(log),
        "tasks": _tasks(log, tree),
        "left_open": [line for task, _ in tree for line in _open_lines(task)],
        "delegations": [_delegation(one, log) for one in log.delegations],
        "files": _files(log),
        "root_causes": [{"problem": escape(one.problem), "solution": escape(one.solution)} for one in log.root_causes],
        "gotchas": [
            {"pattern": escape(one.pattern), "lines": [escape(line) for line in (one.warning, one.solution) if line]}
            for one in log.gotchas
        ],
        "verification": [_command(one) for one in log.commands]
        + [f"{escape(one.check)}: {'passed' if one.ok else 'failed'}" for one in log.verification],
    }


def _sentence(log: WorkflowLog) -> str:
    """One sentence counted from the record, where nobody wrote a summary."""
    done = sum(task.status == "done" for task in log.tasks)
    files = log.files
    touched = len(files.created) + len(files.modified) + len(files.deleted)
    parts = [
        f"{done} of {len(log.tasks)} tasks done" if log.tasks else "",
        _counted(touched, "file touched", "files touched"),
        _counted(len(log.delegations), "delegation", "delegations"),
        _counted(len(log.commands), "command run", "commands run"),
    ]
    return f"Session {log.session.outcome or 'recorded'}: {', '.join(part for part in parts if part) or 'no work'}."


def _counted(number: int, single: str, plural: str) -> str:
    return f"{number} {single if number == 1 else plural}" if number else ""


def _tasks(log: WorkflowLog, tree: list[tuple[Task, int]]) -> list[dict[str, Any]]:
    returned = {one.task_id: one.result for one in log.delegations if one.result}
    agent = log.session.agent
    return [
        {
            "indent": "  " * min(level, DEEPEST),
            "glyph": GLYPHS.get(task.status, "○"),
            "description": escape(task.description),
            "note": _note(task, agent, level),
            "result": escape(task.result or returned.get(task.id, "")),
            "checklist": [{"item": escape(one.item), "done": one.done} for one in task.checklist],
        }
        for task, level in tree
    ]


def _note(task: Task, root_agent: str, level: int) -> str:
    minutes = minutes_between(task.started_at, task.completed_at)
    parts = [
        f"level {level}" if level > DEEPEST else "",
        escape(task.assigned_to) if task.assigned_to != root_agent else "",
        escape(task.skill),
        "" if minutes is None else f"{minutes} min",
    ]
    said = ", ".join(part for part in parts if part)
    return f" [{said}]" if said else ""


def _open_lines(task: Task) -> list[str]:
    """What a task leaves to do: itself, or the items a finished one never ticked."""
    if task.status not in FINAL:
        return [f"{GLYPHS.get(task.status, '○')} {escape(task.description)}"]
    items = [escape(one.item) for one in task.checklist if not one.done] if task.status == "done" else []
    return [f"[ ] {item} ({escape(task.description)})" for item in items]


def _delegation(one: Delegation, log: WorkflowLog) -> dict[str, str]:
    task = log.task(one.task_id)
    return {
        "agent": escape(one.agent),
        "status": escape(one.status),
        "task": escape(task.description if task else one.task_id),
        "prompt": escape(one.prompt, PROMPT_WIDTH),
        "result": escape(one.result),
    }


def _files(log: WorkflowLog) -> list[dict[str, str]]:
    lines: dict[str, tuple[int, int]] = {}
    for change in log.changes:
        added, removed = lines.get(change.path, (0, 0))
        lines[change.path] = added + (change.added or 0), removed + (change.removed or 0)
    rows = []
    actions = (("created", log.files.created), ("modified", log.files.modified), ("deleted", log.files.deleted))
    for action, files in actions:
        for file in files:
            added, removed = lines.get(file.path, (0, 0))
            counts = f" (+{added} −{removed})" if added or removed else ""
            rows.append({"path": code(file.path, cell=True), "changes": action + counts})
    return rows


def _command(command: Any) -> str:
    ending = "" if command.exit_code in (None, 0) else f" (exit code {command.exit_code})"
    return (
        f"{code(command.cmd)} {'passed' if command.success else 'failed'}{ending}"
        if command.success is not None
        else code(command.cmd)
    )
