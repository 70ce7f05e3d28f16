"""Every code explained: why it matters, how to mend it, an example. ``akislog explain`` and docs/rules.md print this.

``python -m akislog.checks.explained`` prints the page.
"""

from __future__ import annotations

from akislog.checks.explained.beside import BESIDE
from akislog.checks.explained.meaning import MEANING
from akislog.checks.explained.reading import READING
from akislog.checks.explained.text import Explanation
from akislog.checks.registry import CATALOGUE
from akislog.core.finding import RuleInfo

EXPLAINED: dict[str, Explanation] = {**READING, **MEANING, **BESIDE}

_GROUPS = (
    ("AKL0", "Files and YAML", "What keeps a file from being read. One file has at most one of these, and no other."),
    ("AKL1", "The schema", "What the published schema of the workflow log does not allow."),
    ("AKL2", "Meaning", "What a schema cannot see. In logs of an older format an error is only a warning."),
    ("AKL3", "Other logs and git", "Known only where a whole folder is checked; the last two with `--git`."),
    ("AKL4", "Portability", "What other readers, older or stricter ones, take in another way."),
)
_TOP = """# Rules

Every code of `akislog check`: how grave it is, what it asks for, why, and how to mend it. `akislog explain AKL203`
prints one of them. This page is made from the program: `python -m akislog.checks.explained > docs/rules.md`.

Codes never change meaning. `--select` and `--ignore` take codes and their beginnings.
"""


def section(rule: RuleInfo) -> str:
    """A code explained, as Markdown."""
    why, mend, wrong, right = EXPLAINED[rule.code]
    parts = [f"### {rule.code}", f"**{rule.name}**, {rule.severity}. {rule.doc}", why, f"**Mend it:** {mend}"]
    if wrong:
        parts += ["Wrong:", _fenced(wrong)]
    if right:
        parts += ["Right:", _fenced(right)]
    return "\n\n".join(parts)


def page() -> str:
    """The page of all codes, docs/rules.md."""
    parts = [_TOP.rstrip()]
    for beginning, title, about in _GROUPS:
        parts += [f"## {title}", about]
        parts += [section(rule) for code, rule in CATALOGUE.items() if code.startswith(beginning)]
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    return f"```yaml\n{text}\n```"
