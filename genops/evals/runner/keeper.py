"""Keeps samples, tries and findings: they are finished when a commit that they may share is acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from genops.errors import StoreError, StoreUnavailable
from genops.store.writer import Writer

R = TypeVar("R")

_WAITING = 4_096
_PAUSE = 0.02
_PATIENCE_WITH_TRACES = 5.0
_PATIENCE = 30.0
_RETRY_PAUSE = 0.5


class Keeper(Generic[R]):
    """Takes records and writes them, in the order in which they came: the first at once, more after a moment each.

    While the store is locked or full it takes no more, so that little is made in vain, and tries again for a while.

    Args:
        traces: Writes the traces that records lead to: they are on disk first, so that no record leads nowhere.
        write: Puts records on disk; called in a thread.
        kept: Told of each record once it is on disk.
    """

    def __init__(
        self, traces: Writer, write: Callable[[Sequence[R]], None], kept: Callable[[R], None] | None = None
    ) -> None:
        self._traces = traces
        self._write = write
        self._kept = kept
        self._waiting: list[R] = []
        self._writing = asyncio.Lock()
        self._some = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._failing_since: float | None = None

    async def keep(self, *records: R) -> None:
        """Hands over records, which go into one commit; waits where the store is far behind or cannot be written."""
        self._waiting += records
        self._some.set()
        if len(self._waiting) >= _WAITING:
            self._flowing.clear()
        await self._flowing.wait()

    async def run(self) -> None:
        """Writes what comes, until cancelled.

        Raises:
            StoreError: The store does not take it; what was written before stays.
        """
        while True:
            await self._some.wait()
            self._some.clear()
            await self.finish()
            await asyncio.sleep(_PAUSE)  # what comes meanwhile shares the next commit

    async def finish(self) -> None:
        """Writes what is there, also what :meth:`run` was about to write when it was cancelled.

        Raises:
            StoreError: The store does not take it, or has not for a while.
        """
        written = await self._written()
        while not written:
            await asyncio.sleep(_RETRY_PAUSE)
            written = await self._written()

    async def _written(self) -> bool:
        """Whether all that was there is written; what is not goes on waiting."""
        async with self._writing:
            records = list(self._waiting)
            if not records:
                return True
            try:
                await asyncio.to_thread(self._put, records)
            except StoreUnavailable:
                self._flowing.clear()
                self._failing_since = self._failing_since or time.monotonic()
                if time.monotonic() - self._failing_since > _PATIENCE:
                    raise
                return False
            del self._waiting[: len(records)]
            self._failing_since = None
            self._flowing.set()
            if self._kept is not None:
                for record in records:
                    self._kept(record)
            return True

    def _put(self, records: Sequence[R]) -> None:
        if not self._traces.flush(_PATIENCE_WITH_TRACES, begun=False):
            why = self._traces.failure or StoreError("the store does not keep up with the traces of what is made")
            raise StoreUnavailable(why.message, hint=why.hint)
        self._write(records)
