"""2,000 one-step runs, 100 at a time, against a server that answers in 50 ms: genops beside a bare aiohttp loop.

genops traces every run and its time ends when all records are durable.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.beside_aiohttp import compare, main_of
from benchmarks.report import Row

MODULE, WHAT = "benchmarks.runs", "one-step runs"


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


def run(count: int = 2_000, at_once: int = 100, repeats: int = 3) -> list[Row]:
    """Both sides, and their ratios."""
    return compare(MODULE, WHAT, count, at_once, repeats)


if __name__ == "__main__":
    main_of(MODULE, WHAT, traced)
