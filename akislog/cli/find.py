"""``akislog search`` and ``akislog fields``: words in the logs, and what there is to ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from akislog.cli.output import complain
from akislog.cli.query import incomplete, show, the_corpus
from akislog.core.fields import SOURCES, Field, fields
from akislog.core.rows import column
from akislog.errors import QueryError
from akislog.store.corpus import Corpus

_FOUND = ("session.date", "id", "hits", "where", "snippet")
_FIELDS = ("field", "type", "logs", "of", "values")
_COMMONEST = 5


def search_logs(
    text: str,
    within: str,
    where: str,
    limit: int,
    form: str,
    on_error: str,
    directory: str | None,
    exit_status: bool,
) -> int:
    """Print the logs that have all words of ``text``, the best first; the exit code."""
    corpus = the_corpus(directory, on_error)
    parts = tuple(name.strip() for name in within.split(",") if name.strip())
    hits = corpus.search(text, where, parts)
    rows: Iterator[dict[str, Any]] = (
        {
            "session.date": hit.row["session.date"],
            "id": hit.row.id,
            "hits": hit.hits,
            "where": hit.column,
            "snippet": hit.snippet,
            "log.path": hit.row.path,
        }
        for hit in islice(hits, limit or None)
    )
    show(_FOUND, rows, form)
    return incomplete(corpus, on_error) or int(exit_status and not hits)


def list_fields(name: str, form: str, on_error: str, directory: str | None) -> int:
    """Print the fields of a source, or those whose name begins so; the exit code."""
    source = name if name in SOURCES else "logs"
    wanted = [one for one in fields(source).values() if name in SOURCES or one.name.startswith(name)]
    if not wanted:
        raise QueryError(f"no field begins with {name!r}; akislog fields lists them all")
    corpus = the_corpus(directory, on_error)
    show(_FIELDS, _described(wanted, source, corpus), form)
    complain("name one as it stands here; a key that no schema knows is extra.KEY")
    return incomplete(corpus, on_error)


def _described(wanted: list[Field], source: str, corpus: Corpus) -> list[dict[str, Any]]:
    columns = [(one, column(one.name, source)) for one in wanted]
    present: Counter[str] = Counter()
    values: dict[str, Counter[Any]] = {one.name: Counter() for one in wanted}
    total = 0
    for row in corpus.rows(source):
        total += 1
        for field, read in columns:
            leaves = [leaf for leaf in read.leaves(row) if isinstance(leaf, (str, int, float, bool))]
            present[field.name] += bool(leaves)
            values[field.name].update(leaves)
    return [_line(field, present[field.name], total, values[field.name]) for field in wanted]


def _line(field: Field, present: int, total: int, values: Counter[Any]) -> dict[str, Any]:
    commonest = [value for value, _ in values.most_common(_COMMONEST)]
    kind = f"list of {field.kind}" if field.many else field.kind
    return {"field": field.name, "type": kind, "logs": present, "of": total, "values": commonest}
