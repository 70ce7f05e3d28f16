"""What a hostile or careless file can hold: the attack lists that tests, fuzzing and the benchmark share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

SIZE = 64 * 1024
FRONT = "---\n{}\n---\nbody\n"


def front(yaml: str) -> bytes:
    """A file with this front matter."""
    return FRONT.replace("{}", yaml).encode()


def filled(piece: str, size: int = SIZE) -> str:
    """``piece`` again and again, ``size`` bytes of it."""
    return piece * max(1, size // len(piece.encode()))


def rows(row: Callable[[int], str], size: int = SIZE) -> str:
    """Numbered pieces, together ``size`` bytes."""
    made: list[str] = []
    length = number = 0
    while length < size:
        made.append(row(number))
        length += len(made[-1].encode())
        number += 1
    return "".join(made[:-1])


@cache
def documents(size: int = SIZE) -> dict[str, bytes]:
    """Files of about ``size`` bytes that are made to cost a reader much time or memory."""
    n = size - 100
    return {
        name: data.encode() if isinstance(data, str) else data for name, data in {**_yaml(n), **_markdown(n)}.items()
    }


def _yaml(n: int) -> dict[str, bytes]:
    return {
        "texts for gotchas": front("gotchas: [" + filled("x,", n) + "]"),
        "texts for gotchas, in a block": front("gotchas:\n" + filled("- x\n", n)),
        "numbers for root causes": front("root_causes: [" + filled("1,", n) + "]"),
        "numbers for tasks": front("tasks: [" + filled("1,", n) + "]"),
        "tasks without anything": front("tasks: [" + filled("{},", n) + "]"),
        "tasks in tasks": front("tasks: [" + "{subtasks: [" * 30 + filled("{id: a},", n - 500) + "]}" * 30 + "]"),
        "tasks in a circle": front("tasks:\n" + rows(lambda i: f"- {{id: t{i}, parent_id: t{i + 1}}}\n", n)),
        "tasks in a chain": front("tasks:\n" + rows(lambda i: f"- {{id: t{i + 1}, parent_task_id: t{i}}}\n", n)),
        "delegations": front("delegations:\n" + filled("- {id: d, task_id: t1, status: q}\n", n)),
        "skills": front("skills: {loaded: [" + filled("akis-development,", n) + "]}"),
        "texts for files": front("files: {modified: [" + filled("a,", n) + "]}"),
        "keys": front(rows(lambda i: f"k{i}: 1\n", n)),
        "keys in flow": front("{" + rows(lambda i: f"k{i}: 1, ", n) + "}"),
        "keys, the first one twice": front(rows(lambda i: f"k{i}: 1\n", n) + "k0: 1"),
        "one text": front("a: " + "x" * n),
        "a plain text over lines": front("a: " + filled("x\n ", n)),
        "escapes": front('a: "' + filled("\\x41", n) + '"'),
        "quotes": front("a: '" + filled("''", n) + "'"),
        "comments": front(filled("#\n", n)),
        "brackets": front("a: " + filled("[", n)),
        "braces": front("a: " + filled("{", n)),
        "braces with keys": front("a: " + filled("{b: ", n)),
        "question marks": front(filled("? ", n)),
        "dashes": front(filled("- ", n)),
        "colons": front(filled(": ", n)),
        "commas": front("[" + filled(",", n) + "]"),
        "tabs": front("a:" + filled("\t", n)),
        "a long key": front("? " + filled("k", n) + "\n: 1"),
        "no end of a text": front('a: "' + filled("x\n", n)),
        "almost closed": b"---\n" + filled("---x\n", n).encode(),
        "ended with dots": b"---\n" + filled("...\n", n).encode(),
        "anchors": front(filled("&a ", n)),
        "aliases": front("[" + filled("*a,", n) + "]"),
        "tags": front(filled("!a ", n)),
        "a bomb of aliases": front("a: &a [x]\n" + rows(lambda i: f"b{i}: &b{i} [*a,*a]\n", n)),
        "merge keys": front(rows(lambda i: f"b{i}: {{<<: [*a, *a]}}\n", n)),
        "a literal text": front("a: |\n" + filled("  x\n", n)),
        "a folded text": front("a: >\n" + filled("  x\n\n", n)),
        "a giant number": front("a: " + filled("9", n)),
        "a giant time": front("a: " + filled("1:", n) + "1"),
        "hours": front('session: {duration: "' + filled("1 h ", n) + '"}'),
    }


def _markdown(n: int) -> dict[str, str]:
    return {
        "hashes": filled("#", n),
        "headings": filled("# x\n", n),
        "stars": filled("*", n),
        "fields": filled("**a:** b\n", n),
        "ticked tasks": "# S\n## Tasks Completed\n" + filled("- [x] a\n", n),
        "tasks, ever deeper": "## Tasks\n" + rows(lambda i: " " * (2 * i) + "- [ ] a\n", n),
        "a table": "# S\n## Files Modified\n" + filled("| a | b |\n", n),
        "bars": "## Files Modified\n| File | Changes |\n|---|---|\n" + filled("| ", n),
        "fences": filled("```\n", n),
        "a drawn tree": "## Worktree\n```\n" + filled("├─ ✓ a\n", n),
        "margins": "## Worktree\n```\n" + filled("│  ", n),
        "ticks": filled("`", n),
        "blanks": filled(" ", n),
        "empty lines": filled("\n", n),
        "gotchas": "## Gotchas\n" + filled("- x\n", n),
        "problems": filled("**Problem**: x\n**Solution**: y\n", n),
        "digits": filled("1", n),
        "numbered": filled("1. x\n", n),
        "brackets without front matter": filled("[", n),
        "minutes": filled("1 min ", n),
        "a title of bars": "# " + filled("a | ", n),
        "dates": filled("2026-01-01 ", n),
        "JSON in a fence": "```json\n" + filled('{"a":', n),
    }


# Ids that may not touch a path, and those that may. Every one is judged by the strictest system's rules.
BAD_IDS = (
    "",
    ".",
    "..",
    "...",
    "../x",
    "a/../b",
    "a..b",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..\\x",
    "C:x",
    "a:b",
    "~",
    "~root",
    "-rf",
    "--help",
    "_a",
    ".git",
    ".hidden",
    "a\n",
    "\na",
    "a\r",
    "a\t",
    "a b",
    " a",
    "a ",
    "a\0",
    "a\0.md",
    "a\x1b[31m",
    "a\x7f",
    "\ufeffa",
    "a\u200b",
    "a\u202eb",
    "caf\u00e9",
    "cafe\u0301",
    "\u212a",
    "\uff41",
    "a\u2215b",
    "a\u2028",
    "\U0001f600",
    "a\ud800",
    "a*",
    "a?",
    "a<b",
    "a|b",
    'a"b',
    "a'b",
    "a$b",
    "$(id)",
    "a`b",
    "a;b",
    "a%2e%2e",
    "a%00",
    "CON",
    "con",
    "nul.md",
    "COM1",
    "lpt9.txt",
    "aux.tar.gz",
    "a" * 121,
    "a" * 300,
)
GOOD_IDS = (
    "a",
    "A",
    "0",
    "a.b",
    "a-b",
    "a_b",
    "a.md",
    "a-",
    "a.",
    "console",
    "com",
    "com10",
    "nul-1",
    "a" * 120,
    "2026-01-15_144530_implement-authentication_1f0c9a2e",
)

# What a terminal would obey, and what a person could not see.
CONTROLS = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1bPq\x1b\\",
    "\x9b31m",
    "\x9d0;x\x9c",
    "over\rwritten",
    "back\b\b\bspace",
    "bell\x07",
    "\x7f",
    "nul\x00",
    "form\x0cfeed \x0b",
    "bidi \u202egnp.exe",
    "isolate \u2066x\u2069",
    "zero\u200bwidth",
    "\ufeffbom",
    "line\u2028sep\u2029",
    "nel\x85",
    "soft\u00adhyphen",
    "tag\U000e0041\U000e0042",
)


def seen_raw(text: str) -> list[str]:
    """The characters in ``text`` that a terminal would obey or a person could not see, but for line feed and tab."""
    refused = set("\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028\u2029\ufeff")
    ranges = ((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x202A, 0x202E), (0x2060, 0x206F), (0xD800, 0xDFFF))
    ranges += ((0xFFF9, 0xFFFB), (0xE0000, 0xE007F))
    return [char for char in text if char in refused or any(low <= ord(char) <= high for low, high in ranges)]
