"""What comes in from outside of a run, and when its steps may begin, fail and end (DESIGN, replay by position)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from genops.artifacts import Value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was given, which may be null."""

    value: Value


class Effects(Protocol):
    """The world, or a record of it: decides at every position of a run what happens there."""

    def perform(self, path: str, request: str, live: Callable[[], Awaitable[Value]]) -> Awaitable[Value]:
        """What an effect gives: what ``live`` gives when it is performed, or what is on record.

        Args:
            path: Its position.
            request: Digest of what is asked.
            live: Performs it.

        Raises:
            GenopsError: It failed, now or when it was recorded.
        """
        ...

    def read_clock(self, path: str, request: str, live: Callable[[], str]) -> Value:
        """As :meth:`perform`, for a reading of the clock, which cannot wait."""
        ...

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """The output of a step that was itself a memo hit, of the same components, when it was recorded."""
        ...

    async def begin(self, path: str) -> None:
        """Waits where the recorded run did not begin a step, until what kept it from that has happened again."""
        ...

    async def attempt(self, step: str, path: str, number: int) -> None:
        """As :meth:`begin`, for an attempt (from 1) of a step."""
        ...

    def timeout(
        self, step: str, path: str, number: int, seconds: float, message: str
    ) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """Bounds an attempt (from 1) of a step, as ``asyncio.timeout`` does.

        Args:
            step: The step's position.
            path: The attempt's.
            number: From 1.
            seconds: The bound.
            message: What the failure says.
        """
        ...

    async def pause(self, path: str, seconds: float) -> None:
        """Waits between two attempts of a step."""
        ...

    async def fail(self, path: str) -> None:
        """Waits before a step fails until all is done that was done before that in the recorded run."""
        ...


class Live:
    """Every effect is performed, and nothing waits."""

    def perform(self, path: str, request: str, live: Callable[[], Awaitable[Value]]) -> Awaitable[Value]:
        """What ``live`` gives."""
        return live()

    def read_clock(self, path: str, request: str, live: Callable[[], str]) -> Value:
        """What ``live`` gives."""
        return live()

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """None."""
        return None

    async def begin(self, path: str) -> None:
        """At once."""

    async def attempt(self, step: str, path: str, number: int) -> None:
        """At once."""

    def timeout(
        self, step: str, path: str, number: int, seconds: float, message: str
    ) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """By the clock."""
        return asyncio.timeout(seconds)

    async def pause(self, path: str, seconds: float) -> None:
        """By the clock."""
        await asyncio.sleep(seconds)

    async def fail(self, path: str) -> None:
        """At once."""
