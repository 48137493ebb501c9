"""Closed loops wait for answers, open loops do not; latencies count from when a request was due."""

import asyncio
import itertools
import time

import pytest

from genops.serving.load.pacing import Load, put_on
from genops.serving.load.sending import Timing


class Server:
    """Answers one request at a time, and stands still once."""

    def __init__(self, seconds, stall=0.0, stalls_at=-1):
        self.seconds, self.stall, self.stalls_at = seconds, stall, stalls_at
        self.lock = asyncio.Lock()
        self.asked = []
        self.under_way = self.busiest = 0

    async def __call__(self, request, intended):
        sent = time.perf_counter()
        self.asked.append(request)
        self.under_way += 1
        self.busiest = max(self.busiest, self.under_way)
        async with self.lock:
            await asyncio.sleep(self.stall if len(self.asked) - 1 == self.stalls_at else self.seconds)
        self.under_way -= 1
        return Timing(intended, sent, first=time.perf_counter(), ended=time.perf_counter())


async def test_a_closed_loop_keeps_so_many_under_way_and_leaves_the_warm_up_out():
    server = Server(0.001)
    measured = await put_on(Load("closed", 4, requests=30, warmup=6), server, itertools.count())
    assert server.busiest == 4
    assert server.asked == list(range(36))
    assert (len(measured.timings), len(measured.warmup)) == (30, 6)
    assert max(one.intended for one in measured.warmup) <= min(one.intended for one in measured.timings)


async def test_more_users_than_requests_are_no_trouble():
    measured = await put_on(Load("closed", 50, requests=3, warmup=0), Server(0), itertools.count())
    assert len(measured.timings) == 3


async def test_an_open_loop_sends_when_requests_are_due_though_the_server_is_behind():
    server = Server(0.02)
    measured = await put_on(Load("open", 400, requests=40, warmup=0, seed=1), server, itertools.count())
    assert server.busiest > 10
    assert [one.end_to_end for one in measured.timings[-5:]] > [one.end_to_end for one in measured.timings[:5]]


async def test_arrivals_are_the_same_for_the_same_seed_and_come_at_the_rate():
    loads = [Load("open", 500, requests=200, warmup=0, seed=seed) for seed in (3, 3, 4)]
    runs = [await put_on(load, Server(0), itertools.count()) for load in loads]
    gaps = [[b.intended - a.intended for a, b in itertools.pairwise(run.timings)] for run in runs]
    assert gaps[0] == pytest.approx(gaps[1])
    assert gaps[0] != pytest.approx(gaps[2])
    assert sum(gaps[0]) / len(gaps[0]) == pytest.approx(1 / 500, rel=0.3)  # four standard errors of 200 arrivals


async def test_a_stall_is_in_the_latency_of_every_request_that_was_due_in_it():
    """Coordinated omission: who waits for answers asks nothing while the server stands still, and sees one slow one."""
    waiting = await put_on(
        Load("closed", 1, requests=100, warmup=0), Server(0.001, stall=0.4, stalls_at=20), itertools.count()
    )
    arriving = await put_on(
        Load("open", 100, requests=100, warmup=0, seed=1), Server(0.001, stall=0.4, stalls_at=20), itertools.count()
    )
    assert sum(one.end_to_end > 0.2 for one in waiting.timings) <= 3
    slow = [one for one in arriving.timings if one.end_to_end > 0.2]
    assert len(slow) >= 8  # some 20 arrive in the first half of the stall
