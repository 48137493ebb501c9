"""What an alias may use at once and in a minute, first come first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from genops.models.retry import MAX_RETRY_AFTER
from genops.models.slots import Slots
from genops.settings import ModelLimits

MINUTE = 60.0
_LOOK_AGAIN = 1.0


@dataclass(slots=True)
class Spent:
    """An amount taken out of a window at a time."""

    time: float
    amount: int
    inside: bool = True


@dataclass(slots=True)
class Window:
    """A sliding minute in which no more than ``limit`` may be spent."""

    limit: int
    total: int = 0
    entries: deque[Spent] = field(default_factory=deque)

    def wait(self, amount: int, now: float) -> float:
        """Seconds until ``amount`` fits, as things stand; an amount above the limit fits into an empty window."""
        while self.entries and self.entries[0].time <= now - MINUTE:
            old = self.entries.popleft()
            old.inside = False
            self.total -= old.amount
        excess = self.total + min(amount, self.limit) - self.limit
        for entry in self.entries:
            if excess <= 0:
                break
            excess -= entry.amount
            if excess <= 0:
                return entry.time + MINUTE - now
        return 0.0

    def spend(self, amount: int, now: float) -> Spent:
        """Takes ``amount``."""
        entry = Spent(now, amount)
        self.entries.append(entry)
        self.total += amount
        return entry

    def correct(self, entry: Spent, amount: int) -> None:
        """Replaces an estimate by what was really spent."""
        if entry.inside:
            self.total += amount - entry.amount
            entry.amount = amount


class Limiter:
    """Admits the attempts of one alias in the order in which they came.

    Args:
        limits: The alias's.
        clock: Seconds, monotonic.
        sleep: Waits for seconds.
    """

    def __init__(
        self, limits: ModelLimits, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._slots = Slots(limits.concurrency, clock)
        self._closed_until = float("-inf")
        self._turn = asyncio.Lock()
        self._requests = Window(limits.requests_per_minute) if limits.requests_per_minute else None
        self._tokens = Window(limits.tokens_per_minute) if limits.tokens_per_minute else None
        self._clock = clock
        self._sleep = sleep

    @property
    def counts_tokens(self) -> bool:
        """Whether an estimate of the tokens is of any use."""
        return self._tokens is not None

    async def enter(self, tokens: int) -> Spent | None:
        """Waits for a slot and for room in the minute.

        Args:
            tokens: An estimate of input and output together.

        Returns:
            What :meth:`leave` is to be given.
        """
        if self._requests is None and self._tokens is None:
            if not self._slots.take():
                await self._slots.acquire()
            if self._closed_until > self._clock():
                await self._until_open()
            return None
        async with self._turn:
            await self._slots.acquire()
            await self._until_open()
            try:
                while (wait := self._wait(tokens)) > 0:
                    await self._sleep(min(wait, _LOOK_AGAIN))
            except BaseException:
                self._slots.release()
                raise
            now = self._clock()
            if self._requests is not None:
                self._requests.spend(1, now)
            return self._tokens.spend(tokens, now) if self._tokens is not None else None

    def leave(self, spent: Spent | None, tokens: int | None) -> None:
        """Gives the slot back and, where the provider counted, puts the real number of tokens for the estimate."""
        self._slots.release()
        if self._tokens is not None and spent is not None and tokens is not None:
            self._tokens.correct(spent, tokens)

    def answered(self) -> None:
        """Notes that the server took an attempt."""
        self._slots.answered()

    def refused(self, started: float, retry_after: float | None) -> bool:
        """Notes that the server refused an attempt for its rate, and holds others back for as long as it asked.

        Args:
            started: When the attempt began.
            retry_after: Seconds that the server asked for, believed up to five minutes.

        Returns:
            Whether fewer are under way since then.
        """
        now = self._clock()
        self._closed_until = max(self._closed_until, now + min(retry_after or 0.0, MAX_RETRY_AFTER))
        return self._slots.refused(started)

    async def _until_open(self) -> None:
        """Waits for as long as the server asked; a place that is waited in vain for is given back."""
        try:
            while (wait := self._closed_until - self._clock()) > 0:
                await self._sleep(wait)
        except BaseException:
            self._slots.release()
            raise

    def _wait(self, tokens: int) -> float:
        now = self._clock()
        requests = self._requests.wait(1, now) if self._requests is not None else 0.0
        return max(requests, self._tokens.wait(tokens, now) if self._tokens is not None else 0.0)
