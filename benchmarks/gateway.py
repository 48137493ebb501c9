"""What the gateway adds to a model call: 2,000 calls, 100 at a time, against a server that answers after 50 ms.

Run it with ``python -m benchmarks.gateway``. The bare loop and the gateway take turns in one process, and the least of
three rounds counts.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import orjson

from genops.models import Gateway, ModelRequest, resolve_model
from genops.settings import ModelAlias, Settings

CALLS = 2_000
AT_ONCE = 100
ROUNDS = 3


async def timed(one: Callable[[int], Awaitable[None]]) -> tuple[float, float]:
    """Wall and CPU seconds of all calls."""
    numbers = iter(range(CALLS))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return time.perf_counter() - wall, time.process_time() - cpu


async def measure(url: str) -> None:
    """Prints both and their ratio."""
    settings = Settings(models={"loopback": ModelAlias(model="openai/test-model", base_url=url)})
    model = resolve_model(settings, "loopback")
    gateway = Gateway(settings)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def bare(number: int) -> None:
            body = {"model": "test-model", "messages": [{"role": "user", "content": f"question {number}"}]}
            async with session.post(f"{url}/chat/completions", json=body) as answer:
                assert orjson.loads(await answer.read())["choices"]

        async def through_gateway(number: int) -> None:
            request = ModelRequest([{"role": "user", "content": f"question {number}"}])
            assert (await gateway.call(model, request)).text

        rounds = [(await timed(bare), await timed(through_gateway)) for _ in range(ROUNDS)]
    await gateway.close()
    (bare_wall, bare_cpu), (wall, cpu) = (
        tuple(min(each[which][part] for each in rounds) for part in (0, 1)) for which in (0, 1)
    )
    print(f"bare aiohttp  {bare_wall:6.3f} s wall  {bare_cpu / CALLS * 1000:.3f} ms CPU a call")
    print(f"gateway       {wall:6.3f} s wall  {cpu / CALLS * 1000:.3f} ms CPU a call")
    print(f"ratio         {wall / bare_wall:6.2f}         +{(cpu - bare_cpu) / CALLS * 1000:.3f} ms CPU a call")


def main() -> None:
    """Starts the server in a process of its own and measures."""
    command = [sys.executable, "-m", "benchmarks.loopback_server", "--latency", "0.05"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        asyncio.run(measure(server.stdout.readline().strip()))
        server.stdin.close()


if __name__ == "__main__":
    main()
