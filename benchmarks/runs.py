"""2,000 one-step runs, 100 at a time, against a server that answers in 50 ms: genops beside a bare aiohttp loop.

genops traces every run and its time ends when all records are durable.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.beside_aiohttp import Seconds, best_of, main_of, measure, rows_of, store_url
from benchmarks.report import Row

_MODULE = "benchmarks.runs"


def traced(url: str, count: int, at_once: int) -> float:
    """Seconds of the same calls as runs of a chain, every record durable."""
    from genops.executor import Chain, Project, run_sync
    from genops.settings import load_settings

    project = Project(load_settings())
    _ = project.store  # open: what is inside begins where everything is loaded
    chain = Chain.load("ask", project=project)

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
    project.close()
    return seconds


def check(root: Path, count: int) -> None:
    """Makes sure that every run is stored."""
    from genops.store import Store

    with Store.open(store_url(root)) as store:
        runs = store.counts().runs
    assert runs == count, f"{runs} of {count} runs are on record"


def run(count: int = 2_000, at_once: int = 100, repeats: int = 5) -> list[Row]:
    """Both sides, and their ratios."""

    def genops(url: str, root: Path) -> Seconds:
        seconds = measure(_MODULE, "genops", url, count, at_once, root)
        check(root, count)
        return seconds

    def bare(url: str, root: Path) -> Seconds:
        return measure(_MODULE, "bare", url, count, at_once, root)

    best, processor = best_of({"bare": bare, "genops": genops}, at_once, repeats)
    return [*rows_of(f"{count:,} one-step runs, {at_once} at a time, 50 ms server", best), processor]


if __name__ == "__main__":
    main_of(run, traced)
