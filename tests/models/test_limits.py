import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from genops.models.limits import MINUTE, Limiter, Window
from genops.settings import ModelLimits


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


async def admit(limiter: Limiter, clock: Clock, tokens: list[int]) -> list[tuple[float, int]]:
    """When each of these was admitted, all having come at once, each taking no time."""
    admitted = []

    async def one(number: int, amount: int) -> None:
        spent = await limiter.enter(amount)
        admitted.append((clock.now, number))
        limiter.leave(spent, None)

    await asyncio.gather(*(one(number, amount) for number, amount in enumerate(tokens)))
    return admitted


def limiter_of(clock: Clock, **limits: int) -> Limiter:
    return Limiter(ModelLimits(**limits), clock, clock.sleep)


async def test_requests_a_minute():
    clock = Clock()
    admitted = await admit(limiter_of(clock, requests_per_minute=3), clock, [0] * 8)
    times = [time for time, _ in admitted]
    assert times[:3] == [0.0] * 3
    assert all(60 <= time < 61.1 for time in times[3:6])
    assert all(120 <= time < 122.2 for time in times[6:])


async def test_tokens_a_minute():
    clock = Clock()
    admitted = await admit(limiter_of(clock, tokens_per_minute=100), clock, [60, 40, 1])
    assert [time for time, _ in admitted][:2] == [0.0, 0.0]
    assert admitted[2][0] >= MINUTE


async def test_a_small_request_does_not_overtake_a_large_one():
    clock = Clock()
    admitted = await admit(limiter_of(clock, tokens_per_minute=100), clock, [80, 90, 1, 1])
    assert [number for _, number in admitted] == [0, 1, 2, 3]


async def test_a_request_above_the_limit_goes_alone_and_does_not_wait_for_ever():
    clock = Clock()
    admitted = await admit(limiter_of(clock, tokens_per_minute=100), clock, [500, 1])
    assert admitted[0] == (0.0, 0)
    assert admitted[1][0] >= MINUTE


async def test_the_real_count_takes_the_place_of_the_estimate():
    clock = Clock()
    limiter = limiter_of(clock, tokens_per_minute=100)
    limiter.leave(await limiter.enter(90), 10)
    await limiter.enter(90)
    assert clock.now == 0.0
    await limiter.enter(1)
    assert clock.now >= MINUTE


async def test_giving_up_while_waiting_gives_the_slot_back():
    clock = Clock()
    waiting = asyncio.Event()

    async def never(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    limiter = Limiter(ModelLimits(concurrency=2, requests_per_minute=1), clock, never)
    await limiter.enter(0)
    task = asyncio.create_task(limiter.enter(0))
    await waiting.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    clock.now = MINUTE
    await asyncio.wait_for(limiter.enter(0), 1)


@settings(max_examples=60)
@given(st.integers(1, 50), st.lists(st.tuples(st.integers(0, 60), st.floats(0, 40)), max_size=30))
def test_no_minute_holds_more_than_the_limit(limit, steps):
    window, now, spent = Window(limit), 0.0, []
    for amount, pause in steps:
        now, amount = now + pause, min(amount, limit)
        while (wait := window.wait(amount, now)) > 0:
            now += wait
        window.spend(amount, now)
        spent.append((now, amount))
    for start, _ in spent:
        assert sum(amount for time, amount in spent if start <= time < start + MINUTE) <= limit
