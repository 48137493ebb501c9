"""Payloads: stored values by their digests."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from genops.store.engine import reading
from genops.store.queries.opened import Opened
from genops.store.tables import payload

_PARAMETERS = 500
# asked for every few runs: made once, since making a query costs more than it does, and leaves garbage
_PAYLOADS = select(payload).where(payload.c.digest.in_(bindparam("digests", expanding=True)))


class Payloads(Opened):
    """Values that the writer writes."""

    def payload(self, digest: str) -> bytes | None:
        """The bytes of a payload, written or still waiting; None when there is none."""
        waiting = self._writer.waiting_payload(digest) if self._writer else None
        return waiting if waiting is not None else self.payloads([digest]).get(digest)

    def payloads(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The written payloads among ``digests``."""
        wanted = sorted(set(digests))
        found: dict[str, bytes] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _PARAMETERS):
                rows = connection.execute(_PAYLOADS, {"digests": wanted[start : start + _PARAMETERS]})
                found.update({row.digest: bytes(row.data) for row in rows})
        return found
