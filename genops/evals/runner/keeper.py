"""Keeps samples: acknowledged commits, many samples each."""

from __future__ import annotations

import asyncio

from genops.store import Store
from genops.store.records import SampleRecord

_WAITING = 4_096
_PAUSE = 0.1


class Keeper:
    """Takes finished samples and writes them, in the order in which they came.

    Args:
        store: Where they go.
        evaluation: Id of the evaluation.
    """

    def __init__(self, store: Store, evaluation: str) -> None:
        self._store = store
        self._evaluation = evaluation
        self._waiting: asyncio.Queue[SampleRecord] = asyncio.Queue(_WAITING)
        self._in_hand: list[SampleRecord] = []

    async def keep(self, sample: SampleRecord) -> None:
        """Hands a sample over; waits where the store is far behind."""
        await self._waiting.put(sample)

    async def run(self) -> None:
        """Writes what comes, until cancelled.

        Raises:
            StoreError: The store does not take it; what was written before stays.
        """
        while True:
            self._in_hand.append(await self._waiting.get())
            await asyncio.sleep(_PAUSE)  # what comes meanwhile shares the commit
            await self.finish()

    async def finish(self) -> None:
        """Writes what is there, also what :meth:`run` had in hand when it was cancelled.

        Raises:
            StoreError: The store does not take it.
        """
        while not self._waiting.empty():
            self._in_hand.append(self._waiting.get_nowait())
        if self._in_hand:
            written = list(self._in_hand)
            await asyncio.to_thread(self._store.add_samples, self._evaluation, written)
            del self._in_hand[: len(written)]
