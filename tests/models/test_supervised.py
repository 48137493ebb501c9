"""A record says "ready" until somebody ends it; a server without a living supervisor is asked nothing all the same."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pytest

from genops.errors import NotServed
from genops.models.servers import OLD, Servers
from genops.models.supervised import GONE
from genops.serving.supervisor.standing import hold
from genops.store import Store
from tests.models.served_world import ServedWorld, record


@pytest.fixture
async def world(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        world = ServedWorld(store, tmp_path)
        yield world
        await world.gateway.close()


@pytest.fixture
def held(tmp_path):
    """The folder of servers that this process supervises, until the lock is let go; the log of one of them."""
    folder = tmp_path / "serving"
    folder.mkdir()
    lock = hold(folder)
    yield Held(str(folder / "replica-0.log"), lambda: os.close(lock))
    with suppress(OSError):
        os.close(lock)


class Held(NamedTuple):
    log: str
    let_go: Callable[[], None]


async def test_a_ready_server_whose_supervisor_died_gets_neither_key_nor_prompt(world, server, ask, held):
    server.key = "secret-1"
    world.serve(server, supervisor=os.getpid(), log=held.log)
    held.let_go()
    with pytest.raises(NotServed, match="no server of the model alias 'local' runs"):
        await world.gateway.call(world.model(), ask("hi"))
    assert (server.requests, world.slept) == ([], [])


async def test_a_supervisor_that_was_only_slow_to_write_is_one(world, server, ask, held):
    world.serve(server, supervisor=os.getpid(), log=held.log, beat=time.time_ns() - 120 * 10**9)
    assert (await world.gateway.call(world.model(), ask("hi"))).text == "pong"


async def test_the_number_of_a_dead_supervisor_may_be_anothers_by_now(world, server, ask, held):
    world.serve(server, supervisor=os.getppid(), log=held.log)  # alive, and not who holds the lock
    with pytest.raises(NotServed):
        await world.gateway.call(world.model(), ask("hi"))
    assert server.requests == []


@pytest.mark.parametrize("where", [{"host": "elsewhere"}, {"log": "/no/such/place"}])
async def test_where_no_lock_is_seen_a_ready_server_is_one_for_as_long_as_it_is_heard_of(world, where):
    servers = Servers("local", None, world.store)
    ready = record("http://10.0.0.1:8000/v1", **where)
    world.store.keep_served(ready)
    assert (await servers.choose(world.model(), [])).record.id == "0" * 32
    await servers.close()
    world.store.keep_served(replace(ready, beat=time.time_ns() - int((GONE + 1) * 10**9)))
    with pytest.raises(NotServed):
        await servers.choose(world.model(), [])


async def test_a_server_that_died_while_nobody_called_is_not_asked(world, server, ask, held):
    """A monitor that calls every few minutes would otherwise ask the server that it knew last time."""
    now = [0.0]
    servers = Servers("local", None, world.store, lambda: now[0])
    world.serve(server, supervisor=os.getpid(), log=held.log)
    await servers.choose(world.model(), [])
    held.let_go()
    now[0] = OLD + 1
    chosen = await asyncio.gather(*(servers.choose(world.model(), []) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in chosen] == [NotServed] * 5
    await servers.close()
