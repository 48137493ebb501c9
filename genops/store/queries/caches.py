"""The memo and the response cache."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, bindparam, func, select

from genops.errors import StoreUnavailable
from genops.store.engine import reading
from genops.store.queries.payloads import Payloads
from genops.store.queries.prefixes import begins_with
from genops.store.records.caches import CacheKind, CacheSize, MemoEntry
from genops.store.tables import cache_entry, payload

_PARAMETERS = 500
# asked for every few runs: made once, since making a query costs more than it does, and leaves garbage
_CACHED = select(cache_entry.c.key, cache_entry.c.value).where(
    cache_entry.c.kind == bindparam("kind"), cache_entry.c.key.in_(bindparam("keys", expanding=True))
)


class Caches(Payloads):
    """A run's lookups find nothing, and wait for nothing, while the database is in trouble."""

    def memo_results(self, keys: Sequence[str]) -> dict[str, tuple[MemoEntry, bytes]]:
        """What was memoised under some keys, written or still waiting, with the payloads that are still there."""
        entries = {key: MemoEntry.decode(value) for key, value in self._cached("memo", keys).items()}
        waiting = self._writer.waiting_payload if self._writer else lambda _: None
        payloads = {entry.payload: data for entry in entries.values() if (data := waiting(entry.payload)) is not None}
        missing = {entry.payload for entry in entries.values()} - payloads.keys()
        payloads |= self.payloads(missing) if missing else {}
        return {key: (entry, payloads[entry.payload]) for key, entry in entries.items() if entry.payload in payloads}

    def memo_has(self, beginning: str) -> bool:
        """Whether anything was memoised under a key that begins so, written or still waiting."""
        if self._writer is not None and self._writer.has_waiting("memo", beginning):
            return True
        return _has_cached(self._database.run_engine(), "memo", beginning)

    def memo_put(self, key: str, entry: MemoEntry) -> None:
        """Memoises a result, whose payload the writer has, in the background; what it cannot write is not memoised."""
        self.writer.cache("memo", key, entry.encode())

    def cached_response(self, key: str) -> bytes | None:
        """The response that was cached under a key."""
        return self._cached("response", [key]).get(key)

    def cache_response(self, key: str, response: bytes) -> None:
        """Caches a response in the background."""
        self.writer.cache("response", key, response)

    def cache_sizes(self) -> list[CacheSize]:
        """How much the memo and the response cache hold."""
        entries, of_kind = select(func.count()).select_from(cache_entry), cache_entry.c.kind
        with reading(self._engine) as connection:
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

    def _cached(self, kind: CacheKind, keys: Sequence[str]) -> dict[str, bytes]:
        """A run's lookup: it finds nothing, and does not wait, while the database is known to be in trouble."""
        waiting = self._writer.waiting_cache if self._writer else lambda _kind, _key: None
        found = {key: value for key in keys if (value := waiting(kind, key)) is not None}
        troubled = not self._database.ready or (self._writer is not None and self._writer.trouble is not None)
        if troubled or len(found) == len(keys):
            return found
        try:
            return found | _find_cached(self._database.run_engine(), kind, [key for key in keys if key not in found])
        except StoreUnavailable:
            return found


def _find_cached(engine: Engine, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
    """The entries of the memo or the response cache among some keys."""
    found: dict[str, bytes] = {}
    with reading(engine) as connection:
        for start in range(0, len(keys), _PARAMETERS):
            rows = connection.execute(_CACHED, {"kind": kind, "keys": keys[start : start + _PARAMETERS]})
            found.update({key: bytes(value) for key, value in rows})
    return found


def _has_cached(engine: Engine, kind: str, beginning: str) -> bool:
    """Whether a key of the memo or the response cache begins so."""
    query = select(cache_entry.c.key).where(cache_entry.c.kind == kind, *begins_with(cache_entry.c.key, beginning))
    with reading(engine) as connection:
        return connection.execute(query.limit(1)).first() is not None
