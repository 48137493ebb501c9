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
    """A value whose reader waits for it the first time, and after a long while without one. Used inside one event loop.

    While it cannot be read, what was known stays.

    Args:
        read: Reads it, in a thread; what it raises beside :class:`~genops.errors.StoreError` is not expected.
        age: Seconds after which it is old.
        clock: Seconds, monotonic.
        limit: Seconds after which what was known is too old to be taken for what is.
    """

    def __init__(
        self,
        read: Callable[[], T],
        age: float,
        clock: Callable[[], float] = time.monotonic,
        limit: float = float("inf"),
    ) -> None:
        self._read = read
        self._age = age
        self._clock = clock
        self._limit = limit
        self._old_at = float("-inf")
        self._too_old_at = float("inf")
        self._awaited = False
        self._known: list[T] = []
        self._reading: asyncio.Task[None] | None = None

    async def known(self) -> T:
        """The value as it was at most a while ago, or where it cannot be read, as it was last.

        Raises:
            StoreError: It was never read and cannot be.
        """
        if not self._known or self._is_too_old():
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

    def _is_too_old(self) -> bool:
        """Whether to wait for a reading; not for one that began in time and is slow."""
        under_way = self._reading is not None and not self._reading.done()
        return self._awaited if under_way else self._clock() >= self._too_old_at

    def _begin(self) -> asyncio.Task[None]:
        if self._reading is None or self._reading.done():
            now = self._clock()
            self._awaited = now >= self._too_old_at
            self._old_at = now + self._age
            self._reading = asyncio.create_task(self._fetch())
            self._reading.add_done_callback(_noticed)
        return self._reading

    async def _fetch(self) -> None:
        try:
            self._known[:] = [await asyncio.to_thread(self._read)]
        finally:
            self._too_old_at = self._clock() + self._limit


def _noticed(task: asyncio.Task[None]) -> None:
    """Takes the error of a reading that nobody waits for."""
    if not task.cancelled():
        task.exception()
