"""The same 2,000 calls by genops and by a bare aiohttp loop, each in a process of its own, in turns.

"inside" is the time of a side's calls, aiohttp being imported before on both sides; "whole" is that of its process.
Every repeat has a project with a store of its own, which is looked into afterwards: everything is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.installed import compile_modules
from benchmarks.one_step import write_project
from benchmarks.report import Row, table

LIMITS = (("inside", 1.5), ("whole", 2.0))
Seconds = dict[str, float]
Calls = Callable[[str, int, int], float]
"""Given the server's URL, the number of calls and how many are under way at once: seconds inside."""
Side = Callable[[str, Path], Seconds]
"""Given the server's URL and the folder of a project: seconds, inside and whole."""


def bare(url: str, count: int, at_once: int) -> float:
    """Seconds of the calls alone."""
    import aiohttp

    async def loop() -> float:
        rows = iter(range(count))
        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def work() -> None:
                for row in rows:
                    body = {"model": "m", "messages": [{"role": "user", "content": f"Question {row}?"}]}
                    async with session.post(f"{url}/chat/completions", json=body) as response:
                        answer = await response.json()
                        assert "pong" in answer["choices"][0]["message"]["content"]

            start = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(at_once)))
            return time.perf_counter() - start

    return asyncio.run(loop())


def prepare(root: Path, url: str, at_once: int) -> None:
    """Writes the project and makes its database, once, as in a project that has been used before."""
    from genops.store import Store

    write_project(
        root,
        f'default_model = "m"\n[models.m]\nmodel = "openai/m"\nbase_url = "{url}"\n'
        f"price = {{input = 1.0, output = 1.0}}\nlimits = {{concurrency = {at_once}}}\n",
    )
    (root / ".genops").mkdir()
    Store.open(store_url(root)).close()


def store_url(root: Path) -> str:
    """Of a project's store."""
    return f"sqlite:///{root}/.genops/genops.db"


@contextmanager
def projects(at_once: int) -> Iterator[tuple[str, Callable[[], Path]]]:
    """The URL of a server that answers after 50 ms, and what makes one project after the other that asks it."""
    compile_modules()
    command = [sys.executable, "-m", "benchmarks.loopback_server", "--latency", "0.05"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folder = Path(tempfile.mkdtemp())
    numbers = itertools.count()

    def made() -> Path:
        root = folder / str(next(numbers))
        root.mkdir()
        prepare(root, url, at_once)
        return root

    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        yield url, made
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def timed(command: list[str], root: Path) -> tuple[str, float]:
    """What a command prints, and the seconds of its process, which finds the project in ``root``."""
    environment = {**os.environ, "GENOPS_ROOT": str(root)}
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return done.stdout, time.perf_counter() - start


def measure(module: str, side: str, url: str, count: int, at_once: int, root: Path) -> Seconds:
    """Inside and whole seconds of one side of a benchmark, in a fresh process of its own (:func:`main_of`)."""
    command = [sys.executable, "-m", module, "--side", side, "--url", url]
    said, whole = timed([*command, "--count", str(count), "--at-once", str(at_once)], root)
    return {"inside": json.loads(said.splitlines()[-1])["inside"], "whole": whole}


def best_of(sides: Mapping[str, Side], at_once: int, repeats: int) -> tuple[dict[str, Seconds], Row]:
    """The best of some repeats of each side, in turns, and how fast the processor was meanwhile."""
    taken: dict[str, list[Seconds]] = {name: [] for name in sides}
    speeds = []
    with projects(at_once) as (url, made):
        for _ in range(repeats):
            speeds.append(plain_python())
            for name, side in sides.items():
                taken[name].append(side(url, made()))
    what = "a million steps of plain Python meanwhile"
    processor = Row(what, "", f"{1e3 * min(speeds):.0f} to {1e3 * max(speeds):.0f} ms, n {repeats}")
    return {name: {kind: min(t[kind] for t in times) for kind in times[0]} for name, times in taken.items()}, processor


def plain_python() -> float:
    """Seconds of a million steps of a loop: bare calls wait for the server, genops's time follows the processor."""
    start = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number * number % 7
    return time.perf_counter() - start


def rows_of(what: str, best: Mapping[str, Seconds]) -> list[Row]:
    """The ratios of ``genops`` to ``bare``."""
    return [beside_bare(f"{what}: {kind}", best["genops"][kind], best["bare"][kind], limit) for kind, limit in LIMITS]


def beside_bare(what: str, ours: float, bare: float, limit: float) -> Row:
    """One ratio of seconds."""
    return Row(what, f"{ours:.2f} s", f"bare aiohttp {bare:.2f} s", ours / bare, limit)


def main_of(run: Callable[[], list[Row]], genops: Calls) -> None:
    """The command of a benchmark: the whole of it, or one side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", choices=("bare", "genops"))
    parser.add_argument("--url", default="")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, default=100)
    options = parser.parse_args()
    if options.side:
        import aiohttp  # noqa: F401

        side = bare if options.side == "bare" else genops
        sys.stdout.write(json.dumps({"inside": side(options.url, options.count, options.at_once)}) + "\n")
        return
    sys.stdout.write(table(run()))
