"""``akislog search`` and ``akislog fields``: words in the logs, and what there is to ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from akislog.cli.output import complain
from akislog.cli.query import chosen_format, incomplete, show, the_corpus
from akislog.core.fields import SOURCES, Field, fields, own_fields
from akislog.core.rows import MISSING, Row, column
from akislog.core.shape import SHAPE
from akislog.errors import QueryError
from akislog.store.corpus import Corpus

_FOUND = ("session.date", "id", "hits", "where", "snippet")
_FIELDS = ("field", "type", "present", "of", "values")
_COMMONEST = 5
_MOST_VALUES = 10_000  # of a field that are counted; those that come later are hardly the commonest
_LONGEST = 40  # of a value that is shown: it is an example


def search_logs(
    text: str,
    within: str = "",
    where: str = "",
    limit: int = 0,
    form: str = "",
    on_error: str = "warn",
    directory: str | None = None,
    exit_status: bool = False,
) -> int:
    """Print the logs that have all words of ``text``, the best first; the exit code."""
    form = chosen_format(form)
    corpus = the_corpus(directory, on_error, words=True)
    parts = tuple(name.strip() for name in within.split(",") if name.strip())
    if hasattr(corpus, "needs"):
        corpus.needs = {"session"}
    hits = corpus.search(text, where, parts, limit)
    rows: Iterator[dict[str, Any]] = (
        {
            "session.date": hit.row["session.date"],
            "id": hit.row.id,
            "hits": hit.hits,
            "where": hit.column,
            "snippet": hit.snippet,
            "log.path": hit.row.path,
        }
        for hit in hits
    )
    show(("log.path",) if form == "paths" else _FOUND, rows, form, corpus)
    return incomplete(corpus, on_error) or int(exit_status and not hits)


def list_fields(name: str, form: str, on_error: str, directory: str | None) -> int:
    """Print the fields of a source, or those of logs whose name begins so; the exit code."""
    form = chosen_format(form, without=("paths",))
    source, wanted = _wanted(name)
    corpus = the_corpus(directory, on_error)
    show(_FIELDS, _described(wanted, source, corpus, unknown=name in ("", source)), form, corpus)
    complain("name one as it stands here; a key that no schema knows is extra.KEY")
    if source != "logs":
        complain(f"{source} are asked for the fields of their log too: akislog fields lists those")
    return incomplete(corpus, on_error)


def _wanted(name: str) -> tuple[str, list[Field]]:
    """The source, and its fields; of a source that is not logs its own."""
    if name in SOURCES and name != "logs":
        of_file = [field for field in fields(name).values() if field.of == "file"]
        return name, [*own_fields(name).values(), *of_file]
    every = fields("logs").values()
    if name in ("", "logs"):
        return "logs", list(every)
    wanted = [one for one in every if one.name.startswith(name)]
    if not wanted:
        column(name)  # says what is near
        raise QueryError(f"no field begins with {name!r}; akislog fields lists them all")
    return "logs", wanted


def _described(wanted: list[Field], source: str, corpus: Corpus, *, unknown: bool) -> Iterator[dict[str, Any]]:
    columns = [(one, column(one.name, source).found) for one in wanted]
    present: Counter[str] = Counter()
    values: dict[str, Counter[Any]] = {one.name: Counter() for one in wanted}
    total = 0
    for row in corpus.rows(source):
        total += 1
        for field, read in columns:
            found = [one for one in read(row) if one is not MISSING]
            present[field.name] += bool(found)
            if field.steps != ("body",):
                _count(values[field.name], found)
        for key, value in _unknown(row) if unknown else ():
            present[key] += 1
            _count(values.setdefault(key, Counter()), [value])
    yield from (_line(field.name, _kind(field), present, total, values) for field in wanted)
    beyond = sorted(key for key in values if key.startswith("extra."))
    yield from (_line(key, "any", present, total, values) for key in beyond)


def _count(values: Counter[Any], found: list[Any]) -> None:
    for one in found:
        for leaf in one if isinstance(one, list) else (one,):
            if isinstance(leaf, (str, int, float, bool)) and (len(values) < _MOST_VALUES or leaf in values):
                values[leaf] += 1


def _unknown(row: Row) -> Iterator[tuple[str, Any]]:
    """The keys of a row that no schema knows, as a query names them; those inside a section among them."""
    entity = SOURCES[row.source]
    known: Mapping[str, str] = SHAPE.get(entity, {})
    own = own_fields(row.source)
    for key, value in row.own.items():
        if key not in known and key not in own:
            yield f"extra.{key}", value
        elif known.get(key) in SHAPE and isinstance(value, dict):
            inner = SHAPE[known[key]]
            yield from ((f"extra.{key}.{one}", held) for one, held in value.items() if one not in inner)


def _kind(field: Field) -> str:
    return f"list of {field.kind}" if field.many else field.kind


def _line(
    name: str, kind: str, present: Counter[str], total: int, values: Mapping[str, Counter[Any]]
) -> dict[str, Any]:
    commonest = [_example(value) for value, _ in values[name].most_common(_COMMONEST)]
    return {"field": name, "type": kind, "present": present[name], "of": total, "values": commonest}


def _example(value: Any) -> Any:
    return f"{value[:_LONGEST]}…" if isinstance(value, str) and len(value) > _LONGEST else value
