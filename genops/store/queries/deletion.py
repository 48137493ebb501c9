"""Deleting runs, what users said of them, and the payloads that nothing uses any more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    union,
)
from sqlalchemy import update as update_rows

from genops.store import tables
from genops.store.batch import PAYLOAD_LOCK
from genops.store.engine import exclude, writing
from genops.store.queries.opened import Opened
from genops.store.records.caches import CacheKind, MemoEntry
from genops.store.records.runs import StoreCounts
from genops.store.tables import cache_entry, payload, run, sample, span, sweep
from genops.store.tables.columns import Digest, Int64

_PART = 500
_temporary = MetaData()
_doomed = Table("doomed", _temporary, Column("key", Int64, primary_key=True), prefixes=["TEMPORARY"])
_candidate = Table("candidate", _temporary, Column("digest", Digest, primary_key=True), prefixes=["TEMPORARY"])
_SPAN_PAYLOADS = (span.c.input, span.c.output)
_RUN_PAYLOADS = (run.c.inputs, run.c.output)
_KEPT_PAYLOADS = (sample.c.output,)
_PATCHED = re.compile(r'"\$payload":\s*"([0-9a-f]{64})"')


class Deletion(Opened):
    """What is deleted takes along what users said of it, and the payloads that nothing else uses."""

    def delete(self, run_ids: Sequence[str]) -> StoreCounts:
        """Deletes runs by their whole ids, unknown ones passed over; what was deleted."""
        with writing(self._engine) as connection:
            _prepare(connection)
            for start in range(0, len(run_ids), _PART):
                part = run_ids[start : start + _PART]
                connection.execute(insert(_doomed).from_select(["key"], select(run.c.key).where(run.c.id.in_(part))))
            return _delete_doomed(connection)

    def prune(self, before: int, keep_last: int | None = None, status: str | None = None) -> StoreCounts:
        """Deletes old runs.

        Args:
            before: Runs that started before this, nanoseconds since the epoch.
            keep_last: The newest runs of the store that stay in any case.
            status: Only runs with this status.

        Returns:
            What was deleted.
        """
        old = select(run.c.key).where(run.c.started < before)
        if status is not None:
            old = old.where(run.c.status == status)
        if keep_last:
            newest = select(run.c.key).order_by(run.c.key.desc()).limit(keep_last)
            old = old.where(run.c.key.not_in(newest))
        with writing(self._engine) as connection:
            _prepare(connection)
            connection.execute(insert(_doomed).from_select(["key"], old))
            return _delete_doomed(connection)

    def clear_cache(self, kind: CacheKind) -> int:
        """Empties the memo or the response cache; the number of entries there were."""
        if self._writer is not None:
            self._writer.flush()
        of_kind = cache_entry.c.kind == kind
        with writing(self._engine) as connection:
            if kind == "response":  # an answer lies in its entry, a memoised result is a payload that runs may share
                return connection.execute(delete(cache_entry).where(of_kind)).rowcount
            _prepare(connection)
            named = connection.scalars(select(cache_entry.c.value).where(of_kind))
            _add_candidates(connection, {MemoEntry.decode(bytes(value)).payload for value in named})
            entries = connection.execute(delete(cache_entry).where(of_kind)).rowcount
            _delete_unused(connection)
        return entries


def _prepare(connection: Connection) -> None:
    exclude(connection, PAYLOAD_LOCK)
    _temporary.create_all(connection, checkfirst=False)


def _delete_doomed(connection: Connection) -> StoreCounts:
    of_span, of_run = span.c.run == _doomed.c.key, run.c.key == _doomed.c.key
    spans = connection.scalar(select(func.count()).select_from(span).join(_doomed, of_span)) or 0
    used = union(
        *(select(c).join(_doomed, of_span).where(c.is_not(None)) for c in _SPAN_PAYLOADS),
        *(select(c).join(_doomed, of_run).where(c.is_not(None)) for c in _RUN_PAYLOADS),
    )
    connection.execute(insert(_candidate).from_select(["digest"], used))
    patches = select(span.c.patch).join(_doomed, span.c.run == _doomed.c.key)
    _add_candidates(connection, _named_in_patches(connection, patches))
    doomed_ids = select(run.c.id).join(_doomed, of_run)
    connection.execute(delete(tables.feedback).where(tables.feedback.c.run.in_(doomed_ids)))
    runs = connection.execute(delete(run).where(run.c.key.in_(select(_doomed.c.key)))).rowcount
    return StoreCounts(runs, spans, _delete_unused(connection))


def _delete_unused(connection: Connection) -> int:
    """Deletes the candidates that no run, span, memo or evaluation names, and the temporary tables."""
    for c in (*_SPAN_PAYLOADS, *_RUN_PAYLOADS, *_KEPT_PAYLOADS):
        named = select(c).join(_candidate, _candidate.c.digest == c)
        connection.execute(delete(_candidate).where(_candidate.c.digest.in_(named)))
    memo = connection.scalars(select(cache_entry.c.value).where(cache_entry.c.kind == "memo"))
    kept = {MemoEntry.decode(bytes(value)).payload for value in memo}
    kept |= _named_in_patches(connection, select(span.c.patch))
    for digests in _parts(sorted(kept)):
        connection.execute(delete(_candidate).where(_candidate.c.digest.in_(digests)))
    deleted = connection.execute(delete(payload).where(payload.c.digest.in_(select(_candidate.c.digest)))).rowcount
    connection.execute(update_rows(sweep).values(count=sweep.c.count + 1))
    _temporary.drop_all(connection, checkfirst=False)
    return deleted


def _named_in_patches(connection: Connection, patches: Select[tuple[str]]) -> set[str]:
    with_payload = patches.with_only_columns(span.c.patch.cast(Text)).where(
        span.c.patch.cast(Text).contains("$payload")
    )
    return {digest for patch in connection.scalars(with_payload) for digest in _PATCHED.findall(patch)}


def _add_candidates(connection: Connection, digests: set[str]) -> None:
    known: set[str] = set()
    for part in _parts(sorted(digests)):
        known.update(connection.scalars(select(_candidate.c.digest).where(_candidate.c.digest.in_(part))))
    new = [{"digest": digest} for digest in sorted(digests - known)]
    if new:
        connection.execute(insert(_candidate), new)


def _parts(digests: list[str]) -> list[list[str]]:
    return [digests[start : start + _PART] for start in range(0, len(digests), _PART)]
