"""Whether memory stays flat over many runs: the resident size of one process that runs one chain again and again."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.one_step import write_project
from benchmarks.report import Row, table

PORTION = 5_000


def resident() -> int:
    """Bytes of memory of its own that this process holds now; pages of mapped files (the store's) are not its own."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def growth(what: str, count: int, last: int, early: int, first: int) -> Row:
    """How much more memory is held at the end than when caches were full.

    Args:
        what: Was made, in the plural.
        count: How many.
        last: Bytes held then.
        early: How many at the first look.
        first: Bytes held then.
    """
    name, beside = f"resident memory after {count:,} {what}", f"after {early:,} {what} {first / 2**20:.0f} MiB"
    return Row(name, f"{last / 2**20:.0f} MiB", beside, last / first, 1.1)


def run(count: int = 100_000) -> list[Row]:
    """Resident size after three tenths of the runs and after all of them."""
    from genops.executor import Chain, Project, run_sync
    from genops.settings import load_settings

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_project(root)
        project = Project(load_settings(root))
        chain = Chain.load("ask", project=project)

        async def some(rows: Iterator[int]) -> None:
            for row in rows:
                await chain.run_with({"question": f"Is {row} a number?"})

        async def all_of(rows: Iterator[int]) -> None:
            await asyncio.gather(*(some(rows) for _ in range(16)))

        def portions(begin: int, end: int) -> int:
            for at in range(begin, end, PORTION):
                run_sync(all_of(iter(range(at, min(at + PORTION, end)))))
                project.store.writer.flush(60.0)
            return resident()

        early = 3 * count // 10  # by then the database's page cache is full
        first = portions(0, early)
        last = portions(early, count)
        runs = project.store.counts().runs
        project.close()
    assert runs == count, f"{runs} of {count} runs are on record"
    return [growth("runs", count, last, early, first)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    sys.stdout.write(table(run(parser.parse_args().count)))
