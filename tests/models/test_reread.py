import asyncio
import threading

import pytest

from genops.errors import StoreError, StoreUnavailable
from genops.models.reread import Reread


class Source:
    """A value in another thread, with a clock."""

    def __init__(self, limit=float("inf")):
        self.value, self.reads, self.now = 1, 0, 0.0
        self.away = False
        self.gate = threading.Event()
        self.gate.set()
        self.reread = Reread(self.read, 1.0, lambda: self.now, limit)

    def read(self):
        self.gate.wait(10)
        self.reads += 1
        if self.away:
            raise StoreUnavailable("away")
        return self.value


async def test_it_is_read_once_until_it_is_old():
    source = Source()
    assert [await source.reread.known() for _ in range(5)] == [1] * 5
    assert source.reads == 1


async def test_what_is_old_is_read_again_and_nobody_waits_for_it():
    source = Source()
    await source.reread.known()
    source.value, source.now = 2, 1.0
    source.gate.clear()
    assert await asyncio.wait_for(source.reread.known(), 5) == 1
    source.gate.set()
    await source.reread._reading
    assert await source.reread.known() == 2
    assert source.reads == 2


async def test_readings_that_are_wanted_at_once_are_one():
    source = Source()
    assert await asyncio.gather(*(source.reread.now() for _ in range(20))) == [1] * 20
    assert source.reads == 1


async def test_while_it_cannot_be_read_what_was_known_stays():
    source = Source()
    source.away = True
    with pytest.raises(StoreError):
        await source.reread.known()
    source.away = False
    assert await source.reread.known() == 1
    source.away, source.now = True, 1.0
    assert await source.reread.now() == 1
    assert await source.reread.known() == 1
    await source.reread.close()


async def test_a_caller_that_gives_up_does_not_end_the_reading_of_others():
    source = Source()
    source.gate.clear()
    first, second = asyncio.create_task(source.reread.now()), asyncio.create_task(source.reread.now())
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1
    assert first.cancelled() or first.cancelling()


async def test_what_is_too_old_is_waited_for_by_everybody_who_asks():
    source = Source(limit=5.0)
    await source.reread.known()
    source.value, source.now = 2, 5.0
    source.gate.clear()
    first = asyncio.create_task(source.reread.known())
    await asyncio.sleep(0.01)
    second = asyncio.create_task(source.reread.known())
    await asyncio.sleep(0.01)
    source.gate.set()
    assert await asyncio.gather(first, second) == [2, 2]
    assert source.reads == 2


async def test_a_slow_reading_that_began_in_time_is_not_waited_for():
    source = Source(limit=5.0)
    await source.reread.known()
    source.gate.clear()
    source.now = 1.0
    assert await source.reread.known() == 1
    source.now = 20.0
    assert await asyncio.wait_for(source.reread.known(), 5) == 1
    source.gate.set()
    await source.reread.close()


async def test_what_cannot_be_read_is_waited_for_once_in_a_while():
    source = Source(limit=5.0)
    await source.reread.known()
    source.away, source.now = True, 5.0
    assert [await source.reread.known() for _ in range(5)] == [1] * 5
    assert source.reads == 2
