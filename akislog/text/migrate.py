"""What an older log needs to be one of format 1: the fields that every log has, filled by stated rules, and an account
of every value of its front matter that the new record does not say in the same words.

A rule is used only where the front matter is silent: first what its Markdown states, then what its file name tells,
then a fixed value. What was filled so is listed in ``provenance.inferred``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from akislog.core.ids import safe_id, slug
from akislog.core.shape import COMPLEXITIES, OUTCOMES, fits
from akislog.core.task import DELEGATION_STATUSES, STATUSES
from akislog.core.values import file_type, timestamp, word
from akislog.errors import InvalidValue
from akislog.text.document import Document
from akislog.text.legacy.fields import child
from akislog.text.legacy.markdown import from_markdown

Record = dict[str, Any]

_DATED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[_T]([0-9]{2})([0-9]{2})([0-9]{2})(?![0-9]))?")
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?")
_STATUS_OF = {"done": "success", "failed": "failure", "paused": "partial"}


class NoDate(Exception):
    """Nothing in a log says on which day its session was."""


def completed(document: Document) -> tuple[Record, list[str]]:
    """The record of an older log with every field that a log must have, and the paths of those that were filled.

    Raises NoDate where no date is known: that is the one thing that no rule can give.
    """
    assert document.log is not None
    record: Record = json.loads(json.dumps(document.log.record))
    name = re.split(r"[/\\]", document.path or "")[-1]
    told = from_markdown(document.split.body.decode("utf-8", "replace"), name).record.get("session", {})
    given = record.get("session")
    filler = _Filler(given if isinstance(given, dict) else {}, told)
    filler.fill(record)
    record["session"] = filler.session
    inferred = [f"session.{key}" for key in filler.filled] + _work(record)
    _types(record)
    return record, inferred


class _Filler:
    """Fills the session of one log. ``told`` is what its Markdown and its file name say of it."""

    def __init__(self, session: Record, told: Mapping[str, Any]) -> None:
        self.session = dict(session)
        self.filled: list[str] = []
        self._told = told

    def fill(self, record: Mapping[str, Any]) -> None:
        """Fill what is missing or of no use, in the order in which one field follows from another."""
        self._identity()
        self._times()
        self._first("title", _has_text, self._told.get("title"), self.session.get("summary"), self.session["id"])
        tasks = record.get("tasks")
        number = len(tasks) if isinstance(tasks, list) else 0
        by_tasks = COMPLEXITIES[(number > 2) + (number > 5)]
        self._first("complexity", COMPLEXITIES.__contains__, self._told.get("complexity"), by_tasks)
        self._first("outcome", OUTCOMES.__contains__, self._told.get("outcome"), "completed")
        self._first("domain", _has_text, self._told.get("domain"), "unspecified")
        self.session["domain"] = word(self.session["domain"])

    def _identity(self) -> None:
        given = self.session.get("id")
        moments = (self.session.get("started_at"), self.session.get("ended_at"))
        days = [one[1] for text in (given, *moments) if isinstance(text, str) and (one := _DATED.match(text))]
        self._first("date", _is_date, *(one for one in (self._told.get("date"), *days) if one))
        if not _is_date(self.session.get("date")):
            raise NoDate
        made = f"{self.session['date']}_{slug(str(self.session.get('title') or self._told.get('title') or ''))}"
        self._first("id", _is_id, self._told.get("id"), made)

    def _times(self) -> None:
        date = self.session["date"]
        clocks = [self._told.get("started_at"), _clock(self.session["id"]), f"{date}T00:00:00Z"]
        self._moment("started_at", [one for one in clocks if one and one[:10] == date])
        minutes = self.session.get("duration_minutes")
        start = self.session["started_at"]
        self._moment("ended_at", [_later(start, minutes)])

    def _moment(self, key: str, guesses: list[str]) -> None:
        """A time as it is given; in another zone or form the same moment; without a zone taken for UTC; or a guess."""
        given = self.session.get(key)
        if isinstance(given, str) and not fits(given, "time"):
            try:
                self.session[key] = timestamp(given)
            except InvalidValue:
                local = _LOCAL.fullmatch(given.strip())
                guesses = [f"{local[1]}T{local[2]}{local[3] or ':00'}Z", *guesses] if local else guesses
        self._first(key, lambda one: fits(one, "time"), *guesses)

    def _first(self, key: str, right: Any, *guesses: Any) -> None:
        """The first guess that is right, where the field is not."""
        if self._is(self.session.get(key), right):
            return
        found = next((one for one in guesses if self._is(one, right)), None)
        if found is not None:
            self.session[key] = found
            self.filled.append(key)

    @staticmethod
    def _is(value: Any, right: Any) -> bool:
        return isinstance(value, str) and bool(right(value))


def _has_text(value: str) -> bool:
    return bool(value.strip())


def _is_id(value: str) -> bool:
    return safe_id(value)


def _is_date(value: Any) -> bool:
    try:
        return bool(datetime.strptime(value, "%Y-%m-%d").strftime("%Y-%m-%d") == value)
    except (TypeError, ValueError):
        return False


def _clock(session_id: str) -> str:
    """The start that the beginning of an id tells; empty where it tells none."""
    found = _DATED.match(session_id)
    made = f"{found[1]}T{found[2]}:{found[3]}:{found[4]}Z" if found and found[2] else ""
    return made if fits(made, "time") else ""


def _later(start: str, minutes: Any) -> str:
    try:
        moment = datetime.fromisoformat(start[:-1]) + timedelta(minutes=minutes)
        return moment.isoformat() + "Z"
    except (TypeError, ValueError, OverflowError):
        return start


def _work(record: Record) -> list[str]:
    """Fill what tasks and delegations must have; the paths of what was filled."""
    filled: list[str] = []
    status: dict[Any, Any] = {}
    for number, task in _maps(record, "tasks"):
        guesses = {"description": str(task.get("id")), "status": "done" if task.get("completed_at") else "pending"}
        filled += _filled(task, guesses, STATUSES, f"tasks[{number}]")
        if isinstance(task.get("id"), str):
            status[task["id"]] = task["status"]
    for number, one in _maps(record, "delegations"):
        end = status.get(one["task_id"], "") if isinstance(one.get("task_id"), str) else ""
        guesses = {"id": f"d{number + 1}", "agent": "agent", "status": _STATUS_OF.get(str(end), "running")}
        filled += _filled(one, guesses, DELEGATION_STATUSES, f"delegations[{number}]")
    return filled


def _maps(record: Record, section: str) -> Iterator[tuple[int, Record]]:
    values = record.get(section)
    for number, one in enumerate(values if isinstance(values, list) else []):
        if isinstance(one, dict):
            yield number, one


def _filled(entry: Record, guesses: Mapping[str, str], words: Sequence[str], place: str) -> list[str]:
    """Put guesses in the place of what is missing, and of a status that is none of ``words``."""
    missing = [
        key for key in guesses if entry.get(key) in (None, "", []) or (key == "status" and entry[key] not in words)
    ]
    entry.update({key: guesses[key] for key in missing})
    return [f"{place}.{key}" for key in missing]


def _types(record: Record) -> None:
    """Count the files by type where nobody has; numbers that are there stay."""
    files = record.get("files")
    if not isinstance(files, dict) or isinstance(files.get("types"), dict):
        return
    lists = [files[key] for key in ("created", "modified", "deleted") if isinstance(files.get(key), list)]
    paths = [one for listed in lists for one in listed if isinstance(one, dict) and isinstance(one.get("path"), str)]
    kinds = [one["type"] if isinstance(one.get("type"), str) else file_type(one["path"]) for one in paths]
    files["types"] = dict(Counter(kinds))


def lost(old: Any, new: Mapping[str, Any], inferred: Iterable[str]) -> dict[str, Any]:
    """The values of the old front matter that the new record does not hold, each under the pointer it had.

    A value may have moved, but it must be there as often as it was. What was only filled in does not count as found.
    """
    before = dict(leaves(old))
    filled = {"/" + re.sub(r"[.\[]", "/", path).replace("]", "") for path in inferred}
    after = {
        at: value
        for at, value in leaves(new)
        if at not in filled and (at in before or not at.startswith("/provenance/"))
    }
    moved = {at: value for at, value in before.items() if _sign(after.get(at)) != _sign(value)}
    free = Counter(_sign(value) for at, value in after.items() if at not in before or at in moved)
    missing: dict[str, Any] = {}
    for at, value in moved.items():
        if free[_sign(value)] > 0:
            free[_sign(value)] -= 1
        else:
            missing[at] = value
    return missing


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every text, number and truth in ``value`` with its pointer; what says nothing (null, empty text) is no value."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, child(at, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from leaves(one, child(at, number))
    elif value is not None and value != "":
        yield at, value


def _sign(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value)
