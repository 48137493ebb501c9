"""Keeps samples: acknowledged commits, many samples each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from genops.store import Store
from genops.store.records import SampleRecord

_WAITING = 4_096
_PAUSE = 0.1


class Keeper:
    """Takes finished samples and writes them, in the order in which they came.

    Args:
        store: Where they go.
        evaluation: Id of the evaluation.
        on_kept: Told of samples when they are on disk.
    """

    def __init__(
        self, store: Store, evaluation: str, on_kept: Callable[[Sequence[SampleRecord]], None] | None = None
    ) -> None:
        self._store = store
        self._evaluation = evaluation
        self._on_kept = on_kept
        self._waiting: asyncio.Queue[SampleRecord | None] = asyncio.Queue(_WAITING)

    async def keep(self, sample: SampleRecord) -> None:
        """Hands a sample over; waits where the store is far behind."""
        await self._waiting.put(sample)

    async def close(self) -> None:
        """Says that no more samples come."""
        await self._waiting.put(None)

    async def run(self) -> None:
        """Writes until :meth:`close`.

        Raises:
            StoreError: The store does not take them; what was written before stays.
        """
        ended = False
        while not ended:
            first = await self._waiting.get()
            if first is not None:
                await asyncio.sleep(_PAUSE)  # what comes meanwhile shares the commit
            batch = [] if first is None else [first]
            while not self._waiting.empty():
                if (sample := self._waiting.get_nowait()) is not None:
                    batch.append(sample)
                else:
                    ended = True
            ended = ended or first is None
            if batch:
                await asyncio.to_thread(self._store.add_samples, self._evaluation, batch)
                if self._on_kept is not None:
                    self._on_kept(batch)
