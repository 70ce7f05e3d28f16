"""The project: its root, its configuration, where its logs go and where akislog keeps what is not finished.

The root is the nearest folder upwards with ``.akislog.toml``, a ``[tool.akislog]`` table in ``pyproject.toml``, or
``.git``; where there is none, the folder itself. A repository's configuration cannot name paths outside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from akislog.errors import PublishError, UsageError
from akislog.store.git import main_worktree
from akislog.store.surroundings import STATE_DIR

if TYPE_CHECKING:
    from akislog.text.clean import TextPolicy

DEFAULT_DIR = "log/workflow"


class Config(NamedTuple):
    """What a project may settle. ``dir``: the folder of its logs, below the root. ``text``: how much text is kept.
    ``agent``: the name of the root agent, where nobody says it."""

    dir: str = DEFAULT_DIR
    text: TextPolicy = "summary"
    agent: str = ""


class Project(NamedTuple):
    """A project's places and choices."""

    root: Path
    state: Path
    config: Config

    @property
    def logs(self) -> Path:
        """The folder of the logs; it may not exist yet."""
        return self.root / self.config.dir


def find_project(start: Path, environment: Mapping[str, str], directory: str | None = None) -> Project:
    """The project that ``start`` lies in. ``directory`` overrides where logs go; UsageError for a bad configuration."""
    start = start.resolve()
    root, found = _root(start)
    config = _config(*found) if found else Config()
    if directory is not None:
        root, config = _at(directory, root, config)
    return Project(root, _state(root, environment), config)


def _root(start: Path) -> tuple[Path, tuple[Path, Mapping[str, Any]] | None]:
    """The root, and the file and table of its configuration if it has one."""
    for folder in (start, *start.parents):
        own = folder / ".akislog.toml"
        if own.is_file():
            return folder, (own, _toml(own))
        shared = folder / "pyproject.toml"
        if shared.is_file():
            tools = _toml(shared).get("tool")
            if isinstance(tools, dict) and "akislog" in tools:
                return folder, (shared, tools["akislog"])
        if (folder / ".git").exists():
            return folder, None
    return start, None


def _toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return table
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}") from None


def _config(path: Path, table: Any) -> Config:
    from akislog.text.clean import POLICIES  # with the rules for secrets: a query does without them

    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.akislog] must be a table")
    for key, value in table.items():
        if key not in Config._fields:
            from difflib import get_close_matches  # slow to load, and rarely needed

            near = get_close_matches(key, Config._fields, 1)
            raise UsageError(f"{path}: unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{path}: {key} must be text, not {value!r}")
    config = Config(**table)
    if config.text not in POLICIES:
        raise UsageError(f"{path}: text must be one of {', '.join(POLICIES)}, not {config.text!r}")
    parts = config.dir.replace("\\", "/").strip("/").split("/")
    if Path(config.dir).is_absolute() or config.dir.startswith(("/", "~")) or {"..", "", ".git"} & set(parts):
        raise UsageError(f"{path}: dir must be a folder inside the project, not {config.dir!r}")
    return config._replace(dir="/".join(part for part in parts if part != ".") or ".")


def _at(directory: str, root: Path, config: Config) -> tuple[Path, Config]:
    """Logs in a folder the user named: inside the project if it is there, else on its own."""
    target = _user_path(directory)
    try:
        return root, config._replace(dir=target.relative_to(root).as_posix())
    except ValueError:
        return target, config._replace(dir=".")


def _state(root: Path, environment: Mapping[str, str]) -> Path:
    named = environment.get("AKISLOG_STATE")
    if named:
        return _user_path(named)
    main = main_worktree(root)
    return (main if _writable(main) else root) / STATE_DIR


def _user_path(path: str) -> Path:
    """A path as a person gives it, ``~`` allowed."""
    try:
        return Path(path).expanduser().resolve()
    except RuntimeError as error:
        raise UsageError(f"{path}: {error}; write the path out") from None


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


def open_state(state: Path) -> Path:
    """The state folder, made if it is not there: private, and ignored by git through its own ``.gitignore``."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        # A power cut may leave an empty one, or zeros; an own one stays.
        if not ignore.exists() or not ignore.read_bytes().strip(b"\0 \t\r\n"):
            ignore.write_text("*\n", "utf-8")
    except OSError as error:
        raise PublishError(
            f"{state}: {error.strerror}; make it writable or set AKISLOG_STATE to another folder"
        ) from error
    return state
