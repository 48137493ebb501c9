"""How many attempts may be under way: as many as an alias allows, and fewer where the server says that is too many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Slots:
    """Admits attempts in the order in which they came, and finds how many a server takes at once.

    A refusal (429) halves how many may be under way, once for all attempts that were under way then; every answer gives
    a little back: additive increase, multiplicative decrease (D. Chiu and R. Jain, Analysis of the increase and
    decrease algorithms for congestion avoidance in computer networks, 1989).

    Args:
        most: As many as the alias allows; what it begins with.
        clock: Seconds, monotonic.

    Attributes:
        limit: How many may be under way now.
        under_way: How many are.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.limit = float(most)
        self.under_way = 0
        self._most = most
        self._clock = clock
        self._halved = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Takes a place where there is one that nobody waits for; whether there was."""
        free = self.under_way < int(self.limit) and not self._waiting
        self.under_way += free
        return free

    async def acquire(self) -> None:
        """Waits for a place."""
        if self.take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the place came at the same moment
                self.release()
            raise

    def release(self) -> None:
        """Gives a place back."""
        self.under_way -= 1
        self._admit()

    def answered(self) -> None:
        """Notes that the server took an attempt."""
        if self.limit < self._most:
            self.limit = min(float(self._most), self.limit + 1.0 / self.limit)
            self._admit()

    def refused(self, started: float) -> bool:
        """Notes that the server refused an attempt that began at ``started`` and has given its place back.

        Returns:
            Whether fewer are under way since then, so that another attempt has better prospects.
        """
        if started > self._halved and self.under_way:
            self.limit = max(1.0, min(self.limit, self.under_way + 1) // 2)
            self._halved = self._clock()
        return started <= self._halved

    def _admit(self) -> None:
        while self._waiting and self.under_way < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)
