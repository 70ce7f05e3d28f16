"""Searching in the index: which logs have all of the words and how often, and where the first of them stands.

Of each log the index keeps every word once and, of a word that comes again, how often it does (``read.words``). That
is enough to rank the logs that have some words; of phrases it is known only which logs may have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from akislog.core.query import Filter
from akislog.core.search import COLUMNS, Term
from akislog.store.corpus import Hit, first
from akislog.store.index.query import translate
from akislog.store.index.rows import Reader
from akislog.store.index.schema import AGAIN


class Ranked(NamedTuple):
    """A log by its number, and how often the words stand in it."""

    log: int
    path: str
    hits: int


def expression(term: Term) -> str:
    """A term as the tokenizer's expression: that a log has its words, wherever they stand."""
    words = [f'"{word}"' for word in term.words]
    return " AND ".join(words) + (" *" if term.prefix else "")


def ranking(reader: Reader, searched: Sequence[Term], wanted: Filter, limit: int) -> list[Ranked] | None:
    """The logs that have all of these words, in any part, and match: the most hits first, then by path.

    None for a phrase, and where SQL cannot say which logs match.
    """
    sql = translate(wanted.tree, "logs")
    irregular = reader.irregular and wanted.tree is not None
    if irregular or not sql.exact or any(len(term.words) > 1 for term in searched):
        return None
    counts = [_counts(term) for term in searched]
    tables = "".join(f" join ({text}) T{n} on T{n}.doc = L.log" for n, (text, _) in enumerate(counts))
    found = " + ".join(f"T{n}.hits" for n in range(len(counts)))
    text = f"select L.log, L.path, {found} as found from logs L{tables} where {sql.text} order by found desc, L.path"
    values = [one for _, own in counts for one in own] + [*sql.values, limit or -1]
    return [Ranked(*cells) for cells in reader.execute(sql, f"{text} limit ?", values)]


def _counts(term: Term) -> tuple[str, list[Any]]:
    """How often each log has a word: a statement, and the values in it."""
    (word,) = term.words
    again = f"instr(term, '{AGAIN}')"
    values: list[Any]
    if term.prefix:
        each = f"select doc, case {again} when 0 then 1 else cast(substr(term, {again} + 1) as integer) end as hits"
        each += " from words_counted where term >= ? and term < ?"
        values = [word, f"{word}\U0010ffff"]
    else:
        each = "select doc, 1 as hits from words_counted where term = ? union all"
        each += " select doc, cast(substr(term, ?) as integer) from words_counted where term >= ? and term < ?"
        values = [word, len(word) + 2, f"{word}{AGAIN}", f"{word}{chr(ord(AGAIN) + 1)}"]
    return f"select doc, sum(hits) as hits from ({each}) group by doc", values


def hits(
    reader: Reader, ranked: Sequence[Ranked], searched: Sequence[Term], needs: Collection[str] | None
) -> list[Hit]:
    """The hits of these logs in their order. ``needs`` are the sections of a record that the rows' user looks at."""
    left = {reader.full(one.path): one for one in ranked}
    found: dict[str, Hit] = {}
    for columns, sections in _steps(needs):
        if left:
            for row in reader.numbered([one.log for one in left.values()], sections):
                hit = first(row, left[row.path].hits, searched, columns)
                if hit:
                    found[row.path] = hit
        left = {path: one for path, one in left.items() if path not in found}
    return [found[path] for path in map(reader.full, (one.path for one in ranked)) if path in found]


def _steps(needs: Collection[str] | None) -> Iterator[tuple[tuple[str, ...], Collection[str] | None]]:
    """The parts of a log that are searched together, with the sections of the record that have to be there."""
    if needs is None:
        yield COLUMNS, None
        return
    for name in COLUMNS[:-2]:
        yield (name,), {*needs, name}
    yield COLUMNS[-2:], None
