"""The same 2,000 calls by genops and by a bare aiohttp loop, each in a process of its own, in turns.

"inside" is the time of a side's calls, aiohttp being imported before on both sides; "whole" is that of its process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.one_step import write_project
from benchmarks.report import Row, table

Side = Callable[[str, int, int], float]
"""Given the server's URL, the number of calls and how many are under way at once: seconds inside."""


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
    Store.open(f"sqlite:///{root}/.genops/genops.db").close()


def measure(module: str, side: str, url: str, count: int, at_once: int, root: Path) -> dict[str, float]:
    """Inside and whole seconds of one side, in a fresh process of its own inside of the project."""
    command = [sys.executable, "-m", module, "--side", side, "--url", url]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "--count", str(count), "--at-once", str(at_once)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "GENOPS_ROOT": str(root)},
    )
    whole = time.perf_counter() - start
    return {"inside": json.loads(done.stdout.splitlines()[-1])["inside"], "whole": whole}


def compare(module: str, what: str, count: int, at_once: int, repeats: int) -> list[Row]:
    """The best of some repeats of each side, in turns, and their ratios.

    Args:
        module: The benchmark, which runs a side of it as a command (:func:`main_of`).
        what: What is measured.
        count: How many calls.
        at_once: How many of them are under way.
        repeats: Of each side.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.loopback_server", "--latency", "0.05"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    root = Path(tempfile.mkdtemp())
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        prepare(root, url, at_once)
        taken: dict[str, list[dict[str, float]]] = {side: [] for side in ("bare", "genops")}
        for _ in range(repeats):
            for side, times in taken.items():
                times.append(measure(module, side, url, count, at_once, root))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(root, ignore_errors=True)
    best = {side: {k: min(t[k] for t in times) for k in ("inside", "whole")} for side, times in taken.items()}
    return [
        Row(
            f"{count:,} {what}, {at_once} at a time, 50 ms server: {kind}",
            f"{best['genops'][kind]:.2f} s",
            f"bare aiohttp {best['bare'][kind]:.2f} s",
            best["genops"][kind] / best["bare"][kind],
            limit,
        )
        for kind, limit in (("inside", 1.5), ("whole", 2.0))
    ]


def main_of(module: str, what: str, genops: Side) -> None:
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
    sys.stdout.write(table(compare(module, what, options.count, options.at_once, repeats=3)))
