"""A question as SQL that is ready to be asked again: kept in a small file of the state folder, for the next process.

A plan holds the question and never the answer, so logs may come and go. It is for one command line in the same
surroundings, and for one index: that has a *token* nobody else can know, so a file that somebody put there is no plan.
Whatever is odd raises Unplanned, and the ordinary way answers: a value that is none of its column's kind, a log of no
regular shape, a file that is not as it was written.

This module is on the way of the hot query and imports the standard library's lightest parts only.
"""

from __future__ import annotations

import marshal
import os
from zlib import crc32

from akislog.store.index import sqlite
from akislog.store.index.place import Connection, connect, database, key

TYPE_CHECKING = False  # known to type checkers: typing itself would cost more than everything else here

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypedDict

    from akislog.store.index.scan import Scan
    from akislog.store.surroundings import Surroundings

    class Plan(TypedDict):
        """``root`` is the folder of the logs as its paths are shown; ``judges`` how many functions ``sql`` may call to
        judge odd values; ``kinds`` say of every cell how it is loaded. Cells behind those of ``columns`` are there to
        be sorted by: ``sort`` has the number of a cell, and whether its order is turned round."""

        root: str
        sql: str
        values: list[Any]
        judges: int
        columns: list[str]
        kinds: list[str]
        sort: list[tuple[int, bool]]
        grouped: bool
        limit: int
        form: str
        hints: list[str]


AS_IT_IS, FLAG, JSON, LIST = "as it is", "flag", "json", "list"
"""How a cell is loaded. A list is empty where there is nothing, and a value that is none is a list of one."""

MOST = 64  # plans in a state folder
_BEGIN = "query-plan-"
_LARGEST = 64 * 1024  # bytes of one
_VERSION = 1  # counts up with every change of what is kept, or of what it means
_ALLOWED = (sqlite.SQLITE_SELECT, sqlite.SQLITE_READ, sqlite.SQLITE_FUNCTION)


class Unplanned(Exception):
    """The ordinary way has to answer."""


def find(surroundings: Surroundings, directory: str | None) -> tuple[Plan, Connection, str, str]:
    """The plan for what is asked here, a connection to its sealed index, the folder of the logs, and that of the state.

    ``directory`` is that folder as the command line names it. Unplanned, Damaged, OSError or sqlite3.Error where there
    is none.
    """
    for state in surroundings.states:
        try:
            with open(_file(state, surroundings), "rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            continue
        folder, token, plan = _parts(data, surroundings)
        meant = folder if directory is None else os.path.expanduser(directory)
        if os.path.realpath(meant) != os.path.realpath(folder) or not os.path.isdir(folder):
            break
        connection = connect(database(state, folder), folder)
        if token and token == token_of(connection):
            return marshal.loads(plan), connection, folder, state  # the token says that it is ours
        connection.close()
        break
    raise Unplanned


def keep(plan: Plan, state: str, surroundings: Surroundings, token: str, now: int) -> None:
    """Keep a plan for another process. ``now`` is the time in nanoseconds. Nothing is said where it cannot be."""
    from akislog.store.index.scan import YOUNG

    if surroundings.youngest > now - YOUNG:  # may change again without its stamp changing
        return
    said = (_key(surroundings), os.fsencode(plan["root"]).hex(), token)
    text = "\n".join(said).encode() + b"\n" + marshal.dumps(dict(plan))
    data = b"%08x\n%s" % (crc32(text), text)
    path = _file(state, surroundings)
    if len(data) > _LARGEST:
        return
    try:
        if len(_kept(state)) >= MOST and not os.path.exists(path):
            forget(state)
        beside = f"{path}.{os.getpid()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            os.replace(beside, path)
        except OSError:
            os.remove(beside)
    except OSError:  # the folder is not to be written to, or the disk is full
        pass


def forget(state: str) -> None:
    """Remove every plan of a state folder, and what killed processes left of theirs."""
    for name in _kept(state):
        _remove(os.path.join(state, name))


def token_of(connection: Connection) -> str:
    """What tells this index from every other; ``""`` where it has none."""
    found = connection.meta.get("token")
    return found.hex() if isinstance(found, bytes) else ""


def compared(connection: sqlite.Connection, folder: str) -> tuple[bool, Scan | None]:
    """Whether the index surely says what the files say; and what was seen of them, if they were looked at."""
    from akislog.store.index.scan import Scan, compare, known_pieces

    if connection.execute("select 1 from young limit 1").fetchone():
        return False, None
    scan = Scan(folder)
    left_out = connection.execute("select path, why, severity from skipped").fetchall()
    return sorted(left_out) == sorted(scan.skipped) and not compare(scan, known_pieces(connection)), scan


def unread(connection: sqlite.Connection, root: str) -> list[tuple[str, int | None, int | None, str]]:
    """The files that could not be read: path, line, column and why. Of a folder the ordinary way tells."""
    if connection.execute("select 1 from skipped where severity = 'error' limit 1").fetchone():
        raise Unplanned
    text = (
        'select F.path, F.line, F."column", F.message from unread join findings F using (log) where n = 0'
        " order by F.path"
    )
    found = connection.execute(text).fetchall()
    if found and root == os.curdir:  # which is left out before their names
        raise Unplanned
    return [(os.path.join(root, path), line, column, why) for path, line, column, why in found]


def answered(plan: Plan, connection: sqlite.Connection) -> list[tuple[Any, ...]]:
    """The rows of the answer, with a value for each of the columns. The connection serves nothing else from now on."""
    if connection.execute("select 1 from logs where whole is not null limit 1").fetchone():
        raise Unplanned
    for name, (count, function) in _functions(plan).items():
        connection.create_function(name, count, function, deterministic=True)
    connection.set_authorizer(_allowed)
    cursor = connection.execute(plan["sql"], plan["values"])
    at_once = plan["limit"] and not (plan["grouped"] or plan["sort"])
    cells = cursor.fetchmany(plan["limit"]) if at_once else cursor.fetchall()
    return _arranged(plan, _loaded(cells, plan["kinds"]))


# --- steps ------------------------------------------------------------------------------------------------------------


def _file(state: str, surroundings: Surroundings) -> str:
    return os.path.join(state, f"{_BEGIN}{crc32(surroundings.name.encode()):08x}")


def _key(surroundings: Surroundings) -> str:
    return f"akislog-plan {_VERSION} {key()} {surroundings.text}"


def _kept(state: str) -> list[str]:
    """The names of plans: no others, for a state folder may be anybody's."""
    found = []
    for name in os.listdir(state):
        crc = name[len(_BEGIN) :].partition(".")[0]
        if name.startswith(_BEGIN) and len(crc) == 8 and not crc.strip("0123456789abcdef"):
            found.append(name)
    return found


def _remove(path: str) -> None:
    try:  # noqa: SIM105 - contextlib takes longer to load than this module
        os.remove(path)
    except FileNotFoundError:  # another process was first
        pass


def _parts(data: bytes, surroundings: Surroundings) -> tuple[str, str, bytes]:
    """The folder, the token and the plan in a file; Unplanned where it is damaged or for something else."""
    crc, _, text = data.partition(b"\n")
    said = text.split(b"\n", 3)
    if len(said) != 4 or crc != b"%08x" % crc32(text) or said[0] != _key(surroundings).encode():
        raise Unplanned
    return os.fsdecode(bytes.fromhex(said[1].decode())), said[2].decode(), said[3]


def _allowed(action: int, *_: str | None) -> int:
    return sqlite.SQLITE_OK if action in _ALLOWED else sqlite.SQLITE_DENY


def _functions(plan: Plan) -> dict[str, tuple[int, Callable[..., Any]]]:
    root = plan["root"]
    functions: dict[str, tuple[int, Callable[..., Any]]] = {
        "full_path": (1, lambda path: os.path.join(root, path)),
        "file_name": (1, lambda path: path.rpartition("/")[2]),
        "log_id": (2, _log_id),
        "address": (3, _address),
    }
    return functions | {f"judge_{number}": (1, _odd) for number in range(plan["judges"])}


def _log_id(found: Any, path: str) -> str:
    if isinstance(found, bytes):
        _odd(found)
    return found if isinstance(found, str) and found else path.rpartition("/")[2].removesuffix(".md")


def _address(log: str, own: Any, place: str) -> str:
    if isinstance(own, bytes):
        _odd(own)
    return f"{log}#{own if isinstance(own, str) and own else place}"


def _odd(value: Any) -> Any:
    raise Unplanned(value)


def _loaded(cells: list[tuple[Any, ...]], kinds: Sequence[str]) -> list[tuple[Any, ...]]:
    """The cells as the values of a record."""
    for row in cells:
        for cell in row:
            if cell.__class__ is bytes:
                _odd(cell)
    loaders = [_LOADERS.get(kind) for kind in kinds]
    if not any(loaders):
        return cells
    return [tuple([cell if load is None else load(cell) for load, cell in zip(loaders, row)]) for row in cells]  # noqa: B905


def _flag(cell: Any) -> bool | None:
    return None if cell is None else bool(cell)


def _json(cell: Any) -> Any:
    if cell is None:
        return None
    import json

    return json.loads(cell)


def _list(cell: Any) -> list[Any]:
    held = _json(cell)
    return held if isinstance(held, list) else [] if held is None else [held]


_LOADERS: dict[str, Callable[[Any], Any]] = {FLAG: _flag, JSON: _json, LIST: _list}


def _arranged(plan: Plan, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows in their order, or the groups that they fall into; no more than are wanted, no cell that is not."""
    limit = plan["limit"] or None
    if not (plan["grouped"] or plan["sort"]):
        return rows[:limit]
    from akislog.core.order import group_keys, group_values, leaves, sort_key

    if plan["grouped"]:
        counts: dict[tuple[tuple[int, Any], ...], int] = {}
        for row in rows:
            for one in group_keys([leaves(value) for value in row]):
                counts[one] = counts.get(one, 0) + 1
        rows = [(*group_values(one), counts[one]) for one in sorted(counts)]
    for number, turned in reversed(plan["sort"]):
        rows.sort(key=lambda row: sort_key(leaves(row[number]), turned), reverse=turned)
    width = len(plan["columns"])
    return [row[:width] for row in rows[:limit]]
