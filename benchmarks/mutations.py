"""How many mutations a second one core makes without a model, over all mutators, and the slowest of them."""

from __future__ import annotations

import asyncio
import random
import sys
import time

from benchmarks.report import Row, table
from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.mutator import find_mutator
from genops.plugins import registry

WANTED = 10_000
LENGTH = 200
SLOWEST = 3
_TEXT = "How is a trace replayed, and what does the lock say of it? Naïve readers ask; nobody answers in 2 words."


def run(each: int = 2_000) -> list[Row]:
    """The rate over ``each`` mutations by every mutator, all counted alike, and the rates of the slowest."""
    names = [name for name in registry.names("mutator") if not find_mutator(name).asks]
    texts = _texts(100)
    seconds = {name: asyncio.run(_seconds(name, texts, each)) for name in names}
    rate = each * len(names) / sum(seconds.values())
    what = f"{len(names)} mutators, texts of {LENGTH} characters"
    rows = [Row(what, _shown(rate), _shown(WANTED), WANTED / rate, 1.0)]
    slowest = sorted(names, key=seconds.__getitem__, reverse=True)[:SLOWEST]
    return rows + [Row(f"{name}, one of the slowest", _shown(each / seconds[name]), "") for name in slowest]


async def _seconds(name: str, texts: list[str], count: int) -> float:
    """Of the processor; what a mutator builds on first use is no part of it."""
    await mutated(texts[0], [Mutation(name, 0)])
    started = time.process_time()
    for seed in range(count):
        await mutated(texts[seed % len(texts)], [Mutation(name, seed)])
    return time.process_time() - started


def _texts(count: int) -> list[str]:
    draw = random.Random(0)
    return [" ".join(draw.choices(_TEXT.split(), k=LENGTH))[:LENGTH] for _ in range(count)]


def _shown(rate: float) -> str:
    return f"{rate:,.0f} /s"


if __name__ == "__main__":
    sys.stdout.write(table(run()))
