"""Finding how many attempts a server takes at once."""

import asyncio

from genops.models.slots import Slots


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


async def test_admits_as_many_as_the_limit_in_the_order_in_which_they_came():
    slots, admitted = Slots(2, Clock()), []

    async def one(number):
        await slots.acquire()
        admitted.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert admitted == [0, 1]
    slots.release()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert admitted == [0, 1, 2]
    slots.release()
    await asyncio.gather(*tasks)
    assert admitted == [0, 1, 2, 3]


async def test_a_refusal_halves_once_for_all_that_were_under_way():
    clock = Clock()
    slots = Slots(100, clock)
    for _ in range(100):
        await slots.acquire()
    started = clock()
    for _ in range(95):
        slots.release()
        assert slots.refused(started)
    assert slots.limit == 50


async def test_answers_give_back_what_a_refusal_took_and_no_more():
    clock = Clock()
    slots = Slots(8, clock)
    for _ in range(8):
        await slots.acquire()
    slots.release()
    slots.refused(clock())
    assert slots.limit == 4
    for _ in range(4):
        slots.answered()
    assert 4.9 < slots.limit < 5
    for _ in range(100):
        slots.answered()
    assert slots.limit == 8


async def test_a_refusal_of_one_alone_is_not_for_being_too_many():
    clock = Clock()
    slots = Slots(8, clock)
    await slots.acquire()
    slots.release()
    assert not slots.refused(clock())
    assert slots.limit == 8


async def test_who_is_cancelled_while_waiting_takes_no_place():
    slots = Slots(1, Clock())
    await slots.acquire()
    waiting = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    slots.release()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert slots.under_way == 0
    await asyncio.wait_for(slots.acquire(), 1)


async def test_a_place_is_not_taken_from_who_waits_for_it():
    slots = Slots(1, Clock())
    assert slots.take()
    assert not slots.take()
    waiting = asyncio.ensure_future(slots.acquire())
    await asyncio.sleep(0)
    slots.release()  # it is that of who waits, who has not come to run yet
    assert not slots.take()
    await waiting
    slots.release()
    assert slots.take()
