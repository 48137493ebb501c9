"""A timeout that does not count the time in which calls wait for their turn at a model.

How long that takes says how much else asks the model at once, and nothing of who waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self


class OwnTime:
    """As ``asyncio.timeout``, but its clock stands still while a call inside waits for its turn.

    Args:
        seconds: That it lasts; None for ever.
    """

    def __init__(self, seconds: float | None) -> None:
        self._limit = asyncio.timeout(seconds)
        self._waiting = 0
        self._left: float | None = None
        self._token: Token[OwnTime | None] | None = None

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        if self._limit.when() is not None:
            self._token = _CURRENT.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
            self._token = None
        await self._limit.__aexit__(kind, error, trace)

    @property
    def expired(self) -> bool:
        """Whether the time was up."""
        return self._limit.expired()

    def stop(self) -> None:
        """Stops the clock, until as many have started it again."""
        self._waiting += 1
        when = self._limit.when()
        if self._waiting == 1 and when is not None and self._runs:
            self._left = when - asyncio.get_running_loop().time()
            self._limit.reschedule(None)

    def start(self) -> None:
        """Lets the clock go on."""
        self._waiting -= 1
        if not self._waiting and self._left is not None and self._runs:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._left)
            self._left = None

    @property
    def _runs(self) -> bool:
        """Whether it can still expire: what is shared with others may outlast it."""
        return self._token is not None and not self.expired


_CURRENT: ContextVar[OwnTime | None] = ContextVar("own time", default=None)
_NO_CLOCK = nullcontext()


def waiting_for_turn() -> AbstractContextManager[None]:
    """Stops the clock of the timeout that this call is inside of."""
    clock = _CURRENT.get()
    return _NO_CLOCK if clock is None else _stopped(clock)


@contextmanager
def _stopped(clock: OwnTime) -> Iterator[None]:
    clock.stop()
    try:
        yield
    finally:
        clock.start()
