"""What moves in a replay, so that something can wait until nothing does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from genops.executor.record import around, is_inside


class Motion:
    """Moves of a replay by position: effects that are answered, and effects under way in the world."""

    def __init__(self) -> None:
        self._moves: Counter[str] = Counter()
        self._under_way: list[str] = []
        self._landed = asyncio.Event()

    def move(self, path: str) -> None:
        """Notes that something happened at a position."""
        self._moves.update(around(path))

    @contextmanager
    def under_way(self, path: str) -> Iterator[None]:
        """Notes that the world is waited for at a position."""
        self._under_way.append(path)
        try:
            yield
        finally:
            self._under_way.remove(path)
            self.move(path)
            self._landed.set()
            self._landed.clear()

    async def rest(
        self, inside: str, rounds: int, busy: Callable[[], Iterable[str]], unless: Callable[[], bool] = lambda: False
    ) -> None:
        """Waits until nothing inside of a position has moved for some rounds of the event loop.

        Args:
            inside: The position.
            rounds: How many.
            busy: Gives the positions of what is about to move: none of them may be inside.
            unless: Ends the waiting when it is true.
        """
        still, seen = 0, -1
        while still < rounds and not unless():
            while any(is_inside(path, inside) for path in self._under_way):
                await self._landed.wait()
            await asyncio.sleep(0)
            moves = self._moves[inside]
            resting = moves == seen and not any(is_inside(path, inside) for path in busy())
            still, seen = still + 1 if resting else 0, moves
