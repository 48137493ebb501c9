"""Keeps samples: acknowledged commits, many samples each."""

from __future__ import annotations

import asyncio
import time

from genops.errors import StoreUnavailable
from genops.store import Store
from genops.store.records import SampleRecord

_WAITING = 4_096
_PAUSE = 0.1
_PATIENCE = 20.0
_RETRY_PAUSE = 0.5


class Keeper:
    """Takes finished samples and writes them, in the order in which they came.

    While the store is locked or full it takes no more, so that little is made in vain, and tries again for a while.

    Args:
        store: Where they go.
        evaluation: Id of the evaluation.
    """

    def __init__(self, store: Store, evaluation: str) -> None:
        self._store = store
        self._evaluation = evaluation
        self._waiting: list[SampleRecord] = []
        self._some = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._failing_since: float | None = None

    async def keep(self, sample: SampleRecord) -> None:
        """Hands a sample over; waits where the store is far behind or cannot be written."""
        self._waiting.append(sample)
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
            await asyncio.sleep(_PAUSE)  # what comes meanwhile shares the commit
            self._some.clear()
            await self.finish()

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
        samples = list(self._waiting)
        if not samples:
            return True
        try:
            await asyncio.to_thread(self._store.add_samples, self._evaluation, samples)
        except StoreUnavailable:
            self._flowing.clear()
            self._failing_since = self._failing_since or time.monotonic()
            if time.monotonic() - self._failing_since > _PATIENCE:
                raise
            return False
        del self._waiting[: len(samples)]
        self._failing_since = None
        self._flowing.set()
        return True
