"""A timeout whose clock stands still while calls wait for their turn."""

import asyncio

import pytest

from genops.models.own_time import OwnTime, waiting_for_turn


async def wait(seconds):
    with waiting_for_turn():
        await asyncio.sleep(seconds)


def test_work_is_counted_and_waiting_is_not():
    async def used(work):
        async with OwnTime(1.0) as limit:
            await asyncio.sleep(0.05)
            await wait(1.2)
            await asyncio.sleep(work)
        return limit.expired

    assert asyncio.run(used(0.05)) is False
    with pytest.raises(TimeoutError):
        asyncio.run(used(2.0))


def test_it_goes_on_when_the_last_one_has_its_turn():
    async def work():
        async with OwnTime(0.2):
            await asyncio.gather(wait(0.1), wait(0.3), wait(0.3))
            await asyncio.sleep(1)

    with pytest.raises(TimeoutError):
        asyncio.run(work())


def test_without_an_end_nothing_ends():
    async def work():
        async with OwnTime(None) as limit:
            await wait(0.01)
        return limit.expired

    assert asyncio.run(work()) is False


def test_what_outlasts_it_may_wait_on():
    async def work():
        async with OwnTime(5.0):
            begun = asyncio.create_task(wait(0.1))
            await asyncio.sleep(0)
            later = asyncio.create_task(after(0.02))
        await asyncio.gather(begun, later)

    async def after(seconds):
        await asyncio.sleep(seconds)
        await wait(0.01)

    asyncio.run(work())


def test_outside_of_one_waiting_is_nothing_special():
    asyncio.run(wait(0))
