"""What another process may change: read once, and again in the background when it has grown old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from genops.errors import StoreError

T = TypeVar("T")


class Reread(Generic[T]):
    """A value whose reader never waits for it but the first time. Used inside one event loop.

    While it cannot be read, what was known stays.

    Args:
        read: Reads it, in a thread; what it raises beside :class:`~genops.errors.StoreError` is not expected.
        age: Seconds after which it is old.
        clock: Seconds, monotonic.
    """

    def __init__(self, read: Callable[[], T], age: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._age = age
        self._clock = clock
        self._old_at = float("-inf")
        self._known: list[T] = []
        self._reading: asyncio.Task[None] | None = None

    async def known(self) -> T:
        """The value as it was at most a while ago.

        Raises:
            StoreError: It was never read and cannot be.
        """
        if not self._known:
            return await self.now()
        if self._clock() >= self._old_at:
            self._begin()
        return self._known[0]

    async def now(self) -> T:
        """The value as it is now; readings that are wanted at once are one.

        Raises:
            StoreError: It was never read and cannot be.
        """
        reading = self._begin()
        try:
            await asyncio.shield(reading)
        except StoreError:
            if not self._known:
                raise
        return self._known[0]

    async def close(self) -> None:
        """Waits for a reading that is under way, and forgets the value."""
        if self._reading is not None:
            with suppress(StoreError):
                await self._reading
        self._known.clear()

    def _begin(self) -> asyncio.Task[None]:
        if self._reading is None or self._reading.done():
            self._old_at = self._clock() + self._age
            self._reading = asyncio.create_task(self._fetch())
            self._reading.add_done_callback(_noticed)
        return self._reading

    async def _fetch(self) -> None:
        self._known[:] = [await asyncio.to_thread(self._read)]


def _noticed(task: asyncio.Task[None]) -> None:
    """Takes the error of a reading that nobody waits for."""
    if not task.cancelled():
        task.exception()
