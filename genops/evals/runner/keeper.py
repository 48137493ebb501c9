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
        async with self._writing:
            records = list(self._waiting)
            if not records:
                return True
            try:
                await asyncio.to_thread(self._write, records)
            except StoreUnavailable:
                self._flowing.clear()
                self._failing_since = self._failing_since or time.monotonic()
                if time.monotonic() - self._failing_since > _PATIENCE:
                    raise
                return False
            del self._waiting[: len(records)]
            self._failing_since = None
            self._flowing.set()
            return True
