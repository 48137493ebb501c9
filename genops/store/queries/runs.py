"""Runs and their spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)

from genops.errors import InputError, ReferenceNotFound
from genops.store.engine import reading
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import CANDIDATES, begins_with, unique_prefix
from genops.store.records.runs import RunFilter, RunRecord, SpanRecord, StoreCounts
from genops.store.tables import lock_component, payload, run, run_tag, run_text, span

_PAGE = 500
_run_search = table("run_search", column("rowid"), column("run_search"))
_words_vector: ColumnElement[Any] = literal_column("run_text.words")
_WITH_TEXT = select(run, run_text.c.text).outerjoin(run_text, run_text.c.run == run.c.key)
_JOINED = run.c.trace_id != run.c.id
_SPAN = [c for c in span.columns if c.name != "run"]


class Runs(Opened):
    """Runs and their spans, which the writer writes."""

    def runs(self, wanted: RunFilter | None = None, limit: int = 50, before: str | None = None) -> list[RunRecord]:
        """Runs that fit, newest first.

        Args:
            wanted: Which; all when not given.
            limit: How many at most.
            before: Whole id of a run: only older ones; the last of a page asks for the next page.

        Raises:
            ReferenceNotFound: There is no run ``before``.
            InputError: ``wanted.text`` has no word in it.
        """
        with reading(self._engine) as connection:
            below = None if before is None else _run_key(connection, before)
            return [
                _run_record(row) for row in connection.execute(_page(connection, wanted or RunFilter(), limit, below))
            ]

    def iter_runs(self, wanted: RunFilter | None = None) -> Iterator[RunRecord]:
        """All runs that fit, newest first, in flat memory."""
        below: int | None = None
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(_page(connection, wanted or RunFilter(), _PAGE, below)).all()
                records = [_run_record(row) for row in rows]
            yield from records
            if len(rows) < _PAGE:
                return
            below = rows[-1].key

    def run(self, prefix: str) -> RunRecord:
        """The run whose id, or the id of the trace that it joined, begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do; the message lists candidates.
        """
        with reading(self._engine) as connection:
            found = unique_prefix(connection, prefix, "run", select(run.c.id), select(run.c.trace_id).where(_JOINED))
            row = connection.execute(_WITH_TEXT.where(run.c.id == found)).one_or_none()
            return _run_record(row if row is not None else _only_run_of_trace(connection, found))

    def spans(self, run_id: str) -> list[SpanRecord]:
        """The spans of a run, given by its whole id, in the order of starting.

        Raises:
            ReferenceNotFound: There is no such run.
        """
        with reading(self._engine) as connection:
            key = _run_key(connection, run_id)
            rows = connection.execute(select(*_SPAN).where(span.c.run == key).order_by(span.c.number))
            return [SpanRecord(run=run_id, **row._mapping) for row in rows]

    def counts(self) -> StoreCounts:
        """How much there is."""
        with reading(self._engine) as connection:
            sizes = [connection.scalar(select(func.count()).select_from(t)) or 0 for t in (run, span, payload)]
        return StoreCounts(*sizes)


def _only_run_of_trace(connection: Connection, trace_id: str) -> Row[Any]:
    query = _WITH_TEXT.where(run.c.trace_id == trace_id, _JOINED).order_by(run.c.key.desc())
    rows = connection.execute(query.limit(CANDIDATES + 1)).all()
    if len(rows) == 1:
        return rows[0]
    listed = [f"{row.id[:12]}  {_local_time(row.started)}  {row.chain}" for row in rows[:CANDIDATES]]
    more = ["…"] if len(rows) > CANDIDATES else []
    raise ReferenceNotFound(
        f"several runs are part of the trace {trace_id[:12]}", hint="\n  ".join(["give the id of one:", *listed, *more])
    )


def _local_time(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // 1_000_000_000).astimezone():%Y-%m-%d %H:%M:%S}"


def _run_key(connection: Connection, run_id: str) -> int:
    key: int | None = connection.scalar(select(run.c.key).where(run.c.id == run_id))
    if key is None:
        unique_prefix(connection, run_id, "run", select(run.c.id))
        raise ReferenceNotFound(f"{run_id!r} is not the whole id of a run")
    return key


def _page(connection: Connection, wanted: RunFilter, limit: int, below: int | None) -> Select[Any]:
    conditions = list(_conditions(wanted))
    order: ColumnElement[int] = run.c.key
    if wanted.text is not None:
        found, order = _search(connection, _words(wanted.text))
        conditions += found
    if wanted.tag is not None:
        conditions += [run_tag.c.tag == wanted.tag, run_tag.c.run == run.c.key]
        order = run_tag.c.run if wanted.text is None else order
    if below is not None:
        conditions.append(order < below)
    return _WITH_TEXT.where(*conditions).order_by(order.desc()).limit(limit)


def _conditions(wanted: RunFilter) -> Iterator[ColumnElement[bool]]:
    for name in ("chain", "status", "mode", "session", "user", "origin"):
        value = getattr(wanted, name)
        if value is not None:
            yield run.c[name] == value
    if wanted.since is not None:
        yield run.c.key >= wanted.since
        yield run.c.started >= wanted.since
    if wanted.until is not None:
        yield run.c.started < wanted.until
    latency = run.c.ended - run.c.started
    if wanted.min_latency is not None:
        yield latency >= round(wanted.min_latency * 1e9)
    if wanted.max_latency is not None:
        yield latency <= round(wanted.max_latency * 1e9)
    if wanted.min_cost is not None:
        yield run.c.cost >= wanted.min_cost
    if wanted.max_cost is not None:
        yield run.c.cost <= wanted.max_cost
    if wanted.component is not None:
        pinned = select(lock_component.c.lock).where(*begins_with(lock_component.c.digest, wanted.component.lower()))
        yield run.c.lock.in_(pinned)


def _words(query: str) -> list[str]:
    words = re.findall(r"[^\W_]+", query)
    if not words:
        raise InputError(f"{query!r} has no word to search for")
    return words


def _search(connection: Connection, words: list[str]) -> tuple[list[ColumnElement[bool]], ColumnElement[int]]:
    """Conditions under which a run has all words, and the column whose order is the index's own."""
    if connection.dialect.name == "sqlite":
        match = _run_search.c.run_search.op("MATCH")(" ".join(f'"{word}"' for word in words))
        # the sum keeps SQLite from looking up every run in the index, when the index can list the runs
        return [match, run.c.key == literal(0) + _run_search.c.rowid], _run_search.c.rowid
    return [_words_vector.op("@@")(func.plainto_tsquery("simple", " ".join(words)))], run.c.key


def _run_record(row: Row[Any]) -> RunRecord:
    values = dict(row._mapping)
    del values["key"]
    return RunRecord(**{**values, "text": values["text"] or ""})
