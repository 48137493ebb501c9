"""Queries over runs, spans and payloads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)

from genops.errors import InputError, ReferenceNotFound
from genops.store.engine import reading
from genops.store.records import CacheSize, MemoEntry, RunFilter, RunRecord, SpanRecord, StoreCounts
from genops.store.tables import cache_entry, lock_component, payload, run, run_tag, run_text, span

SHORTEST_PREFIX = 4
_CANDIDATES = 5
_PAGE = 500
_PARAMETERS = 500
_run_search = table("run_search", column("rowid"), column("run_search"))
_words_vector: ColumnElement[Any] = literal_column("run_text.words")
_WITH_TEXT = select(run, run_text.c.text).outerjoin(run_text, run_text.c.run == run.c.key)
_JOINED = run.c.trace_id != run.c.id
_SPAN = [c for c in span.columns if c.name != "run"]
# asked for every few runs: made once, since making a query costs more than it does, and leaves garbage
_PAYLOADS = select(payload).where(payload.c.digest.in_(bindparam("digests", expanding=True)))
_CACHED = select(cache_entry.c.key, cache_entry.c.value).where(
    cache_entry.c.kind == bindparam("kind"), cache_entry.c.key.in_(bindparam("keys", expanding=True))
)


def find_runs(engine: Engine, wanted: RunFilter, limit: int, before: str | None) -> list[RunRecord]:
    """The newest runs that fit, newest first; with ``before`` those older than that run."""
    with reading(engine) as connection:
        below = None if before is None else _run_key(connection, before)
        return [_run_record(row) for row in connection.execute(_page(connection, wanted, limit, below))]


def iterate_runs(engine: Engine, wanted: RunFilter) -> Iterator[RunRecord]:
    """All runs that fit, newest first, a page in memory at a time."""
    below: int | None = None
    while True:
        with reading(engine) as connection:
            rows = connection.execute(_page(connection, wanted, _PAGE, below)).all()
            records = [_run_record(row) for row in rows]
        yield from records
        if len(rows) < _PAGE:
            return
        below = rows[-1].key


def find_run(engine: Engine, prefix: str) -> RunRecord:
    """The one run whose id, or the id of the trace that it joined, begins with ``prefix``."""
    with reading(engine) as connection:
        found = unique_prefix(connection, prefix, "run", select(run.c.id), select(run.c.trace_id).where(_JOINED))
        row = connection.execute(_WITH_TEXT.where(run.c.id == found)).one_or_none()
        return _run_record(row if row is not None else _only_run_of_trace(connection, found))


def _only_run_of_trace(connection: Connection, trace_id: str) -> Row[Any]:
    query = _WITH_TEXT.where(run.c.trace_id == trace_id, _JOINED).order_by(run.c.key.desc())
    rows = connection.execute(query.limit(_CANDIDATES + 1)).all()
    if len(rows) == 1:
        return rows[0]
    listed = [f"{row.id[:12]}  {_local_time(row.started)}  {row.chain}" for row in rows[:_CANDIDATES]]
    more = ["…"] if len(rows) > _CANDIDATES else []
    raise ReferenceNotFound(
        f"several runs are part of the trace {trace_id[:12]}", hint="\n  ".join(["give the id of one:", *listed, *more])
    )


def _local_time(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds // 1_000_000_000).astimezone():%Y-%m-%d %H:%M:%S}"


def find_spans(engine: Engine, run_id: str) -> list[SpanRecord]:
    """The spans of a run by number; raises ReferenceNotFound when there is no such run."""
    with reading(engine) as connection:
        key = _run_key(connection, run_id)
        rows = connection.execute(select(*_SPAN).where(span.c.run == key).order_by(span.c.number))
        return [SpanRecord(run=run_id, **row._mapping) for row in rows]


def find_payloads(engine: Engine, digests: Iterable[str]) -> dict[str, bytes]:
    """The payloads that there are, by digest."""
    wanted = sorted(set(digests))
    found: dict[str, bytes] = {}
    with reading(engine) as connection:
        for start in range(0, len(wanted), _PARAMETERS):
            rows = connection.execute(_PAYLOADS, {"digests": wanted[start : start + _PARAMETERS]})
            found.update({row.digest: bytes(row.data) for row in rows})
    return found


def find_cached(engine: Engine, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The entries of the memo or the response cache among some keys."""
    found: dict[str, bytes] = {}
    with reading(engine) as connection:
        for start in range(0, len(keys), _PARAMETERS):
            rows = connection.execute(_CACHED, {"kind": kind, "keys": keys[start : start + _PARAMETERS]})
            found.update({key: bytes(value) for key, value in rows})
    return found


def has_cached(engine: Engine, kind: str, beginning: str) -> bool:
    """Whether a key of the memo or the response cache begins so."""
    query = select(cache_entry.c.key).where(cache_entry.c.kind == kind, *begins_with(cache_entry.c.key, beginning))
    with reading(engine) as connection:
        return connection.execute(query.limit(1)).first() is not None


def cache_sizes(engine: Engine) -> list[CacheSize]:
    """How much each cache holds."""
    entries, of_kind = select(func.count()).select_from(cache_entry), cache_entry.c.kind
    with reading(engine) as connection:
        memo = connection.scalars(select(cache_entry.c.value).where(of_kind == "memo"))
        digests = sorted({MemoEntry.decode(bytes(value)).payload for value in memo})
        size = 0
        for start in range(0, len(digests), _PARAMETERS):
            part = payload.c.digest.in_(digests[start : start + _PARAMETERS])
            size += connection.scalar(select(func.sum(func.length(payload.c.data))).where(part)) or 0
        responses = select(func.sum(func.length(cache_entry.c.value))).where(of_kind == "response")
        return [
            CacheSize("memo", connection.scalar(entries.where(of_kind == "memo")) or 0, size),
            CacheSize(
                "response",
                connection.scalar(entries.where(of_kind == "response")) or 0,
                connection.scalar(responses) or 0,
            ),
        ]


def count_rows(engine: Engine) -> StoreCounts:
    """How much there is."""
    with reading(engine) as connection:
        sizes = [connection.scalar(select(func.count()).select_from(t)) or 0 for t in (run, span, payload)]
    return StoreCounts(*sizes)


def unique_prefix(connection: Connection, prefix: str, noun: str, *names: Select[tuple[str]]) -> str:
    """The one among some names, each of hexadecimal digits, that begins with ``prefix``.

    Args:
        connection: To the database.
        prefix: In either case.
        noun: What is named.
        names: Queries for one column each.

    Raises:
        ReferenceNotFound: There is none, there are several, or the prefix is too short to say.
    """
    prefix = prefix.lower()
    if len(prefix) < SHORTEST_PREFIX or not re.fullmatch("[0-9a-f]+", prefix):
        raise ReferenceNotFound(
            f"{prefix!r} is not the beginning of a {noun}'s id",
            hint=f"give {SHORTEST_PREFIX} hexadecimal digits or more",
        )
    found = _beginning_with(connection, prefix, names)
    if len(found) == 1 or prefix in found:
        return found[0]
    shown = ", ".join(value[:12] for value in found[:_CANDIDATES])
    if found:
        more = ", …" if len(found) > _CANDIDATES else ""
        raise ReferenceNotFound(f"{prefix!r} is the beginning of several {noun}s", hint=f"one of {shown}{more}")
    near = _beginning_with(connection, prefix[:SHORTEST_PREFIX], names) or _beginning_with(connection, "", names)
    shown = ", ".join(value[:12] for value in near[:_CANDIDATES])
    raise ReferenceNotFound(
        f"no {noun} begins with {prefix!r}", hint=f"there are {shown}" if shown else "there are none"
    )


def _beginning_with(connection: Connection, prefix: str, names: Iterable[Select[tuple[str]]]) -> list[str]:
    """The first names that begin so, in order, one more than is shown of them."""
    found: set[str] = set()
    for query in names:
        (digits,) = query.selected_columns
        wanted = query.where(*begins_with(digits, prefix)).distinct().order_by(digits).limit(_CANDIDATES + 1)
        found.update(connection.scalars(wanted))
    return sorted(found)


def begins_with(digits: ColumnElement[str], prefix: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """A range condition that an index serves: ``g`` is above every hexadecimal digit."""
    return digits >= prefix, digits < prefix + "g"


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
