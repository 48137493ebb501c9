"""What a campaign costs beside its runs: 2,000 tries, 16 at a time, against a server that answers in 50 ms.

Beside it the very same inputs as plain traced runs of the same planted chain, in a process of its own, in turns. Both
sides count until every record is durable; the plan of a campaign, its mutations, detectors, features, search and record
are its own, and so is reading what the runs left. "cpu" is the processor time of the process, all threads together,
in which the server has no part; "wall" is by the clock, the server's 50 ms included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.beside_aiohttp import projects, timed
from benchmarks.report import Row, table

_AT_ONCE = 16


def campaign(count: int, **changes: Any) -> Any:
    """Half a sweep and half a search, by every mutator that needs no model and keeps a text of moderate length."""
    from genops.fuzz.fuzzing import define_campaign
    from genops.fuzz.mutator import find_mutator
    from genops.plugins import registry

    known = {name: find_mutator(name) for name in registry.names("mutator")}
    settings: dict[str, Any] = {
        "chain": "ask",
        "dataset": [{"question": "What is a lock?"}],
        "objectives": ["prompt_extraction"],
        "mutators": [name for name, mutator in known.items() if not mutator.asks and mutator.family != "length"],
        "tries": {"sweep": count - count // 2, "search": count // 2},
        "concurrency": _AT_ONCE,
        **changes,
    }
    return define_campaign("attacks", **settings)


def attacked(count: int) -> dict[str, float]:
    """A whole campaign."""
    from genops.executor import Project
    from genops.fuzz.fuzzing import fuzz
    from genops.settings import load_settings

    project = Project(load_settings())
    made = campaign(count)

    def work() -> None:
        done = fuzz(made, project)
        assert done.progress.outcomes["safe"] == count, done.progress.outcomes

    return _taken(project, work)


def bare(count: int) -> dict[str, float]:
    """The runs of the newest campaign once more, and nothing else."""
    from genops.artifacts import decode
    from genops.executor import Project, RunOptions, run_chain, run_sync
    from genops.fuzz.runner import CampaignPlan
    from genops.settings import load_settings

    project = Project(load_settings())
    store = project.store
    (arena,) = CampaignPlan.make(campaign(count), project).arenas
    (record,) = store.campaigns(limit=1)
    inputs = []
    for made in store.tries(record.id):
        digest = store.run(made.run).inputs
        data = store.payload(digest) if digest is not None else None
        assert data is not None
        inputs.append(decode(data))

    async def runs() -> None:
        waiting = iter(inputs)

        async def some() -> None:
            for given in waiting:
                await run_chain(project, arena.closure, given, RunOptions(mode="fuzz", session="attacker"))

        await asyncio.gather(*(some() for _ in range(_AT_ONCE)))

    return _taken(project, lambda: run_sync(runs()))


def _taken(project: Any, work: Callable[[], None]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    assert project.store.writer.flush(60.0)
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    project.close()
    return taken


def run(count: int = 2_000, repeats: int = 3) -> list[Row]:
    """Both sides, and their ratios."""
    taken: dict[str, list[dict[str, float]]] = {"genops": [], "bare": []}
    with projects(_AT_ONCE) as (_, made):
        root = made()
        for _ in range(repeats):
            for side, times in taken.items():
                times.append(_measured(side, count, root))
    best = {side: {kind: min(one[kind] for one in times) for kind in times[0]} for side, times in taken.items()}
    return [
        Row(
            f"{count:,} tries of a campaign, {_AT_ONCE} at a time, 50 ms server: {kind}",
            f"{best['genops'][kind]:.2f} s",
            f"the same runs alone {best['bare'][kind]:.2f} s",
            best["genops"][kind] / best["bare"][kind],
            limit,
        )
        for kind, limit in (("wall", 1.1), ("cpu", None))
    ]


def _measured(side: str, count: int, root: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.fuzzing", "--side", side, "--count", str(count)]
    said, _ = timed(command, root)
    taken: dict[str, float] = json.loads(said.splitlines()[-1])
    return taken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=("genops", "bare"))
    parser.add_argument("--count", type=int, default=2_000)
    options = parser.parse_args()
    if options.side:
        sys.stdout.write(json.dumps((attacked if options.side == "genops" else bare)(options.count)) + "\n")
    else:
        sys.stdout.write(table(run(options.count)))
