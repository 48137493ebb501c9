"""2,000 one-step runs, 100 at a time, against a server that answers in 50 ms: genops beside a bare aiohttp loop.

Each side runs in a process of its own: "inside" is the time of its calls, "whole" that of its process. genops traces
every run and its time ends when all records are durable.
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
from pathlib import Path
from typing import Any

from benchmarks.one_step import write_project
from benchmarks.report import Row, table


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


def traced(url: str, count: int, at_once: int) -> float:
    """Seconds of the same calls as runs of a chain, every record durable."""
    from genops.executor import Chain, Project, run_sync
    from genops.settings import load_settings

    project = Project(load_settings())
    chain = Chain.load("ask", project=project)
    before = project.store.counts().runs

    async def loop() -> None:
        rows = iter(range(count))

        async def work() -> None:
            for row in rows:
                result = await chain.run_with({"question": f"Question {row}?"})
                assert "pong" in result.output

        await asyncio.gather(*(work() for _ in range(at_once)))

    start = time.perf_counter()
    run_sync(loop())
    assert project.store.writer.flush(30.0)
    seconds = time.perf_counter() - start
    runs = project.store.counts().runs - before
    assert runs == count, f"{runs} of {count} runs are on record"
    project.close()
    return seconds


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


SIDES = {"bare": bare, "genops": traced}


def measure(side: str, url: str, count: int, at_once: int, root: Path) -> dict[str, float]:
    """Inside and whole seconds of one side, in a fresh process of its own inside of the project."""
    command = [sys.executable, "-m", "benchmarks.runs", "--side", side, "--url", url]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "--count", str(count), "--at-once", str(at_once)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "GENOPS_ROOT": str(root)},
    )
    whole = time.perf_counter() - start
    return {"inside": json.loads(done.stdout)["inside"], "whole": whole}


def run(count: int = 2_000, at_once: int = 100, repeats: int = 3) -> list[Row]:
    """The best of some repeats of each side, in turns, and their ratios."""
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
        taken: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(repeats):
            for side in SIDES:
                taken[side].append(measure(side, url, count, at_once, root))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(root, ignore_errors=True)
    best = {side: {k: min(t[k] for t in times) for k in ("inside", "whole")} for side, times in taken.items()}
    what = f"{count:,} one-step runs, {at_once} at a time, 50 ms server"
    return [
        Row(
            f"{what}: {kind}",
            f"{best['genops'][kind]:.2f} s",
            f"bare aiohttp {best['bare'][kind]:.2f} s",
            best["genops"][kind] / best["bare"][kind],
            limit,
        )
        for kind, limit in (("inside", 1.5), ("whole", 2.0))
    ]


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark, or one side of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=sorted(SIDES))
    parser.add_argument("--url", default="")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, default=100)
    options = parser.parse_args(arguments)
    if options.side:
        inside: Any = SIDES[options.side](options.url, options.count, options.at_once)
        sys.stdout.write(json.dumps({"inside": inside}) + "\n")
        return
    sys.stdout.write(table(run(options.count, options.at_once)))


if __name__ == "__main__":
    main()
