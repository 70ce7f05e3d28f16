"""The vocabulary of the common corpus, and sentences made from it. Common words come often, rare ones seldom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

DOMAINS = ("backend_only", "frontend_only", "fullstack", "testing", "documentation", "devops", "database", "debugging")
AGENTS = ("code", "review", "testing", "research", "docs", "devops", "debugger")
SKILLS = ("backend-api", "testing", "frontend-react", "debugging", "docker", "documentation", "database", "planning")
GATES = ("G1", "G2", "G3", "G4", "G5", "G6", "G7")
MODELS = ("large-3", "small-3", "large-2.1")
PHASES = ("planning", "executing", "verifying", "reviewing")
ERRORS = ("TypeError", "KeyError", "TimeoutError", "AssertionError", "ImportError", "ConnectionError", "E0602")
FOLDERS = ("app/api", "app/core", "app/models", "web/src/pages", "web/src/widgets", "tests/api", "docs", "ops", ".")
SUFFIXES = ("py", "py", "py", "ts", "tsx", "md", "yml", "sql", "json", "css")
COMMANDS = (
    "pytest -q",
    "npm run build",
    'git commit -m "{topic}"',
    "ruff check app tests",
    "docker compose up -d db",
    "grep -rn '{topic}' app | head -20",
    "python -m app.migrate --to head",
    "curl -s http://localhost:8000/health | jq '.status'",
    'for f in tests/*.py; do echo "$f"; done',
    "sed -i 's/\\bold\\b/new/g' app/core/settings.py",
)

_ACTIONS = ("add", "mend", "split", "move", "document", "simplify", "cache", "rename", "retire", "speed up", "guard")
_THINGS = (
    "login endpoint",
    "search page",
    "export of orders",
    "migration of accounts",
    "upload queue",
    "price table",
    "mail template",
    "test harness",
    "audit trail",
    "settings panel",
    "retry policy",
    "image cache",
    "invoice parser",
    "role check",
    "map widget",
    "nightly report",
    "release script",
    "session store",
    "webhook receiver",
    "calendar feed",
)
_WHERE = (
    "for guests",
    "in the worker",
    "on small screens",
    "behind the proxy",
    "for large accounts",
    "in the test suite",
    "during deployment",
    "with old clients",
    "at midnight",
    "under load",
    "after a restart",
    "without a network",
)
_FACTS = (
    "it answers within the limit",
    "rows are locked in a fixed order",
    "the old path still works",
    "errors name the field",
    "the cache is cleared on write",
    "a second call changes nothing",
    "the clock is handed in",
    "pages are read one at a time",
    "the key is taken from the request",
    "only changed files are built",
)
_FAULTS = (
    "requests hang",
    "the list is empty",
    "a row is counted twice",
    "the build breaks",
    "an old value comes back",
    "the time is an hour off",
    "accents are lost",
    "memory grows",
)

AWKWARD: Mapping[str, tuple[str, ...]] = {
    "quotes": ("say \"ready\", then 'go'", "it's 5\" wide", '""', "'quoted'"),
    "colons": ("a: b", "key: {x: [1, 2]}, # no comment", "- item: - nested", "http://localhost:8000/a?b=c#d", "::"),
    "rules": ("---", "before\n---\nafter", "--- a/app.py\n+++ b/app.py", "... and so on", "===="),
    "lines": ("first line\nsecond line", "a\n\n  indented\n\ttabbed\n", "one\r\ntwo", "ends with a break\n"),
    "emoji": ("done 🎉", "👩‍💻 paired, 🚀 shipped", "✅ tests, ⚠️ one skipped", "🇪🇺 flag"),
    "escapes": ("C:\\temp\\new", "\\d+\\.\\w{2,}", "tab\there", "bell \x07 and \x1b[31mred\x1b[0m", "\\u0041 \\n \\\\"),
    "words": ("no", "yes", "null", "true", "~", "Off", "N", "on"),
    "numbers": ("0o14", "1e3", "1234567", "012", "1_000", "0x1F", "1.10", ".inf", "1:30", "12e4567"),
    "dates": ("2026-01-11", "2026-01-15T14:45:30Z", "11.01.2026", "2026-02-30"),
    "markup": ("# not a heading", "* [x](y)", "| cell |", "<b>bold</b> &amp; `code`", "1. first", "![i](j)"),
    "marks": ("& anchor", "*alias", "!tag value", "%directive", "@at", "`tick", "? key", "> folded", "| literal", "<<"),
    "blanks": (" leading", "trailing ", "two  blanks", "no\u00a0break", "line\u2028separator", "\ufeffmark"),
    "scripts": (
        "修正登录页面的错误",
        "добавить проверку прав",
        "إضافة اختبار",
        "ログイン画面を直す",
        "größere Übersicht",
        "नया परीक्षण",
    ),
}
"""Texts that careless writers or readers of YAML and Markdown get wrong, by what is awkward in them."""


def often(random: Random, words: Sequence[T]) -> T:
    """One of ``words``, the first ones more often than the last."""
    return words[int(len(words) * random.random() ** 1.7)]


def topic(random: Random) -> str:
    """A few words that name a piece of work."""
    return f"{often(random, _ACTIONS)} {often(random, _THINGS)} {often(random, _WHERE)}"


def title(random: Random) -> str:
    """The same as a title."""
    words = topic(random)
    return words[0].upper() + words[1:]


def sentence(random: Random) -> str:
    """What was done, and what holds now."""
    return f"{title(random)}: {often(random, _FACTS)}."


def fault(random: Random) -> str:
    """What went wrong, and where."""
    words = f"{often(random, _FAULTS)} in the {often(random, _THINGS)} {often(random, _WHERE)}"
    return words[0].upper() + words[1:]


def awkward(random: Random) -> str:
    """One awkward text, every class as often as any other."""
    return random.choice(AWKWARD[random.choice(tuple(AWKWARD))])


def prose(random: Random, sentences: int = 1) -> str:
    """Some sentences; one text in eight has something awkward in it, or is nothing else."""
    chance = random.random()
    if chance < 0.04:
        return awkward(random)
    text = " ".join(sentence(random) for _ in range(sentences))
    return f"{text} {awkward(random)}" if chance < 0.125 else text


def long_line(random: Random) -> str:
    """One line of 600 to 3000 characters."""
    wanted = random.randint(600, 3000)
    parts: list[str] = []
    size = 0
    while size < wanted:
        parts.append(sentence(random))
        size += len(parts[-1]) + 1
    return " ".join(parts)[:wanted]


def path(random: Random) -> str:
    """The path of a file in a project."""
    folder, suffix = often(random, FOLDERS), often(random, SUFFIXES)
    name = often(random, _THINGS).replace(" ", "_")
    return f"{name}.{suffix}" if folder == "." else f"{folder}/{name}.{suffix}"
