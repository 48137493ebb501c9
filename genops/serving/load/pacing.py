"""When requests are sent: by users who wait for their answers, or as they arrive, whatever the server does."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from genops.models import ModelRequest
from genops.serving.load.sending import Clock, Send, Timing

Loop: TypeAlias = Literal["closed", "open"]


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked at once.

    Attributes:
        loop: ``closed`` keeps so many requests under way; ``open`` lets so many arrive a second, by a Poisson process.
        level: Requests under way, or arriving a second.
        requests: How many are measured.
        warmup: How many come before them and are left out.
        seed: Of the arrivals.
    """

    loop: Loop
    level: float
    requests: int
    warmup: int
    seed: int = 0

    @property
    def unit(self) -> str:
        """Of the level."""
        return "at once" if self.loop == "closed" else "requests/s"


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a load.

    Attributes:
        load: Which.
        timings: Of the measured requests, in the order in which they were due.
        warmup: Of those before them, whose tokens may still come while the others are measured.
    """

    load: Load
    timings: tuple[Timing, ...]
    warmup: tuple[Timing, ...] = ()


async def put_on(
    load: Load,
    send: Send,
    requests: Iterator[ModelRequest],
    clock: Clock = time.perf_counter,
    on_done: Callable[[int, int], None] | None = None,
) -> Measured:
    """Puts a load on a model and waits until all of it is answered.

    Args:
        load: Which.
        send: Sends a request.
        requests: What is asked, without an end.
        clock: The one of ``send``.
        on_done: Told how many requests are answered, of how many.
    """
    total = load.warmup + load.requests
    timings: list[Timing | None] = [None] * total
    done = 0

    async def one(number: int, intended: float) -> None:
        nonlocal done
        timings[number] = await send(next(requests), intended)
        done += 1
        if on_done is not None:
            on_done(done, total)

    if load.loop == "closed":
        await _closed(int(load.level), total, one, clock)
    else:
        await _open(load, total, one, clock)
    there = sorted((timing for timing in timings if timing is not None), key=lambda timing: timing.intended)
    return Measured(load, tuple(there[load.warmup :]), tuple(there[: load.warmup]))


_One: TypeAlias = Callable[[int, float], Coroutine[Any, Any, None]]


async def _closed(users: int, total: int, one: _One, clock: Clock) -> None:
    """Each user asks again as soon as the last answer is there."""
    numbers = iter(range(total))

    async def user() -> None:
        for number in numbers:
            await one(number, clock())

    async with asyncio.TaskGroup() as group:
        for _ in range(min(users, total)):
            group.create_task(user())


async def _open(load: Load, total: int, one: _One, clock: Clock) -> None:
    """Requests come at their times, also while the server is behind: that is what makes it show."""
    chance = random.Random(load.seed)
    due = clock()
    async with asyncio.TaskGroup() as group:
        for number in range(total):
            due += chance.expovariate(load.level)
            wait = due - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one(number, due))
