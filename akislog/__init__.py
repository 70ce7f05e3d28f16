"""akislog: the record of what coding agents did, one Markdown log per session.

Importing it imports nothing else; every public name is resolved when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # known to type checkers; typing itself would cost more than everything else here

if TYPE_CHECKING:
    from akislog.api import LiveSession, bind, current, session
    from akislog.core.finding import Finding
    from akislog.core.log import WorkflowLog
    from akislog.core.session import Session
    from akislog.errors import AkislogError
    from akislog.exchange.python_frontmatter import Handler
    from akislog.hosts.todo import build_delegation_chain, manage_todo_list
    from akislog.report.frame import frame
    from akislog.store.corpus import Corpus
    from akislog.text.document import Document, parse, render

__version__ = "0.1.0"

_HOMES = {
    "AkislogError": "akislog.errors",
    "Corpus": "akislog.store.corpus",
    "Document": "akislog.text.document",
    "Finding": "akislog.core.finding",
    "Handler": "akislog.exchange.python_frontmatter",
    "LiveSession": "akislog.api",
    "Session": "akislog.core.session",
    "WorkflowLog": "akislog.core.log",
    "bind": "akislog.api",
    "build_delegation_chain": "akislog.hosts.todo",
    "current": "akislog.api",
    "frame": "akislog.report.frame",
    "manage_todo_list": "akislog.hosts.todo",
    "parse": "akislog.text.document",
    "render": "akislog.text.document",
    "session": "akislog.api",
}

__all__ = [
    "AkislogError",
    "Corpus",
    "Document",
    "Finding",
    "Handler",
    "LiveSession",
    "Session",
    "WorkflowLog",
    "__version__",
    "bind",
    "build_delegation_chain",
    "current",
    "frame",
    "manage_todo_list",
    "parse",
    "render",
    "session",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'akislog' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
