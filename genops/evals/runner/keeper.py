"""Keeps samples, tries and findings: acknowledged commits, many of them each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from genops.errors import StoreUnavailable

R = TypeVar("R")

_WAITING = 4_096
_PAUSE = 0.1
_PATIENCE = 20.0
_RETRY_PAUSE = 0.5


class Keeper(Generic[R]):
    """Takes finished records and writes them, in the order in which they came.

    While the store is locked or full it takes no more, so that little is made in vain, and tries again for a while.

    Args:
        write: Puts records on disk; called in a thread.
    """

    def __init__(self, write: Callable[[Sequence[R]], None]) -> None:
        self._write = write
        self._waiting: asyncio.Queue[Sequence[R]] = asyncio.Queue(_WAITING)
        self._in_hand: list[R] = []
        self._writing = asyncio.Lock()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._failing_since: float | None = None

    async def keep(self, *records: R) -> None:
        """Hands over records, which go into one commit; waits where the store is far behind or cannot be written."""
        await self._waiting.put(records)
        await self._flowing.wait()

    async def run(self) -> None:
        """Writes what comes, until cancelled.

        Raises:
            StoreError: The store does not take it; what was written before stays.
        """
        while True:
            self._in_hand.extend(await self._waiting.get())
            await asyncio.sleep(_PAUSE)  # what comes meanwhile shares the commit
            await self.finish()

    async def finish(self) -> None:
        """Writes what is there, also what :meth:`run` had in hand when it was cancelled.

        Raises:
            StoreError: The store does not take it, or has not for a while.
        """
        written = await self._written()
        while not written:
            await asyncio.sleep(_RETRY_PAUSE)
            written = await self._written()

    async def _written(self) -> bool:
        """Whether all that is there is written; what is not stays in hand."""
        async with self._writing:
            while not self._waiting.empty():
                self._in_hand.extend(self._waiting.get_nowait())
            if not self._in_hand:
                return True
            written = list(self._in_hand)
            try:
                await asyncio.to_thread(self._write, written)
            except StoreUnavailable:
                self._flowing.clear()
                self._failing_since = self._failing_since or time.monotonic()
                if time.monotonic() - self._failing_since > _PATIENCE:
                    raise
                return False
            del self._in_hand[: len(written)]
            self._failing_since = None
            self._flowing.set()
            return True
