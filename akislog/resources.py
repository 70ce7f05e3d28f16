"""The files that come with akislog: schemas, templates and example logs. There is one copy of each.

In a checkout they stand at the top level; an installed package carries them in ``akislog/data``.
"""

from __future__ import annotations

import os

from akislog.errors import AkislogError, UsageError

TYPE_CHECKING = False  # known to type checkers; typing itself would cost more than all of this

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = "schemas"
TEMPLATES = "templates"
EXAMPLE_LOGS = "log/workflow"

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_SUFFIXES = {SCHEMAS: ".schema.json", TEMPLATES: ".j2", EXAMPLE_LOGS: ".md"}


def text(kind: str, name: str) -> str:
    """The text of one file: ``kind`` is SCHEMAS, TEMPLATES or EXAMPLE_LOGS, ``name`` with or without its suffix.

    Raises UsageError for a kind or name that is not there.
    """
    present = names(kind)
    stem = name.removesuffix(_SUFFIXES[kind])
    if stem not in present:
        raise UsageError(f"no file {name!r} in {kind}{_instead(stem, present)}")
    path = os.path.join(_folder(kind), stem + _SUFFIXES[kind])
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise AkislogError(f"{path}: a file of akislog cannot be read: {error.strerror}") from error


def names(kind: str) -> list[str]:
    """The names of one kind of file, without their suffix, in order."""
    if kind not in _SUFFIXES:
        raise UsageError(f"no files of the kind {kind!r}{_instead(kind, list(_SUFFIXES))}")
    suffix, folder = _SUFFIXES[kind], _folder(kind)
    try:
        return sorted(name.removesuffix(suffix) for name in os.listdir(folder) if name.endswith(suffix))
    except OSError as error:
        raise AkislogError(f"{folder}: a folder of akislog cannot be read: {error.strerror}") from error


def schema(name: str) -> str:
    """The JSON text of a published schema: ``workflow-log.v1``, or ``workflow-log`` for its newest version."""
    versions = [one for one in names(SCHEMAS) if one.rpartition(".v")[0] == name]
    return text(SCHEMAS, max(versions, key=lambda one: int(one.rpartition(".v")[2]), default=name))


def schema_names() -> list[str]:
    """The names ``schema`` takes, in order."""
    return names(SCHEMAS)


def template(name: str) -> str:
    """The text of a template, for example ``workflow-log.md``."""
    return text(TEMPLATES, name)


def example_logs() -> Path:
    """The folder of the example logs."""
    from pathlib import Path

    return Path(_folder(EXAMPLE_LOGS))


def _folder(kind: str) -> str:
    installed = os.path.join(_PACKAGE, "data", *kind.split("/"))
    if os.path.isdir(installed):
        return installed
    checkout = os.path.join(os.path.dirname(_PACKAGE), *kind.split("/"))
    if os.path.isdir(checkout):
        return checkout
    raise AkislogError(f"the files of akislog are incomplete: {installed} is missing; install akislog again")


def _instead(name: str, present: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, present, 3, 0.5)
    if near:
        return f"; did you mean {' or '.join(repr(one) for one in near)}?"
    return f"; there are {', '.join(present)}" if present else "; there are none"
