"""The sync API: from anywhere but genops's own loop, and after a fork."""

import asyncio
import os
import threading

import pytest

import genops
from benchmarks.loopback_server import LoopbackServer, Received, Reply
from genops.executor import run_sync
from genops.models import loop_thread

CHAIN = "inputs: {n: int}\nsteps: {a: {tool: twice, with: {n: '{{ inputs.n }}'}}}"


@pytest.fixture
def chain(site):
    @genops.tool
    def twice(n: int) -> int:
        return n * 2

    return site.chain(CHAIN)


async def test_works_where_a_loop_runs_already_as_in_a_notebook(chain):
    assert chain.run(n=2).output == 4
    assert (await chain.arun(n=3)).output == 6


def test_works_from_many_threads_at_once(chain, site):
    outputs = {}
    threads = [threading.Thread(target=lambda n=n: outputs.update({n: chain.run(n=n).output})) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outputs == {n: n * 2 for n in range(20)}
    site.project.store.writer.flush()
    assert site.project.store.counts().runs == 20


def test_works_inside_of_a_sync_tool(chain, site):
    @genops.tool
    def outer(n: int) -> int:
        return chain.run(n=n).output

    assert site.chain(CHAIN.replace("twice", "outer"), name="outer").run(n=4).output == 8


def test_is_refused_inside_of_an_async_tool(chain, site):
    @genops.tool
    async def outer(n: int) -> int:
        return chain.run(n=n).output

    with pytest.raises(genops.GenopsError, match="await the async one"):
        site.chain(CHAIN.replace("twice", "outer"), name="outer").run(n=4)
    assert chain.run(n=1).output == 2


async def test_what_is_cancelled_outside_is_cancelled_inside_and_waited_for(site):
    begun, ended = threading.Event(), threading.Event()

    @genops.tool
    async def hang(n: int) -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.3)
            ended.set()
        return n

    task = asyncio.create_task(site.chain(CHAIN.replace("twice", "hang")).arun(n=1))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_is_cancelled_before_it_began_never_begins():
    ran, free = [], threading.Event()
    loop_thread.loop().call_soon_threadsafe(free.wait)

    async def work():
        ran.append(True)

    task = asyncio.create_task(loop_thread.on_loop(work()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    free.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    assert ran == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own(chain, site):
    assert chain.run(n=1).output == 2
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if chain.run(n=5).output == 10 and site.project.store.writer.flush(10) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert chain.run(n=2).output == 4
    site.project.store.writer.flush()
    assert site.project.store.counts().runs == 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(site):
    site.prompt("ask")
    chain = "inputs: {question: str}\nsteps: {ask: {prompt: ask, with: {question: '{{ inputs.question }}'}}}"
    with LoopbackServer(0.2, lambda body: Reply(Received({}, body).last)) as server:
        site.settings(f"[models.m]\nmodel = 'vllm/m'\nbase_url = '{server.url}'\nlimits = {{retries = 0, timeout = 5}}")
        asked = site.chain(chain)
        assert asked.run(question="before").output == "before"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if asked.run(question="child").output == "child" else 2
            finally:
                os._exit(code)
        assert asked.run(question="parent").output == "parent"
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert asked.run(question="after").output == "after"


def test_there_is_one_loop():
    async def here():
        return asyncio.get_running_loop()

    assert run_sync(here()) is run_sync(here()) is loop_thread.loop()
