"""How often each two-sample test alarms when nothing changed: at most alpha, on every kind of data.

Each test is run on windows that are drawn alike, of n = 50, 200 and 1,000 rows each: Gaussian, heavy-tailed (Student's
t of 2 degrees of freedom), discrete, duplicated (each row about five times) and real embeddings (paragraphs of this
project's documentation by MiniLM, drawn with replacement). The share of p-values of at most 0.05 stands with its
binomial interval; a test whose lower end is above 0.05 fails. Run it with ``python -m benchmarks.drift_level``; the
whole grid takes hours, ``--runs`` and ``--sizes`` make it smaller.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test
from genops.plugins import registry
from genops.stats import clopper_pearson_interval

ALPHA, DIMENSION = 0.05, 8
DATA = ("gaussian", "heavy-tailed", "discrete", "duplicated", "embeddings")
CONTEXTS = 3
_BATCH = 25


def main() -> None:
    """Prints the grid as Markdown."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--runs", type=int, default=1_000)
    asked.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 1_000])
    asked.add_argument("--tests", nargs="+", default=registry.names("test"))
    asked.add_argument("--data", nargs="+", default=list(DATA))
    asked.add_argument("--relabellings", type=int, default=99, help="39 are enough for a p-value of 0.05")
    given = asked.parse_args()
    print(f"| test | n | {' | '.join(given.data)} | |\n| --- | --- |{' --- |' * (len(given.data) + 1)}", flush=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for test, n in product(given.tests, given.sizes):
            cells, kept = [], True
            for data in given.data:
                batches = [(test, n, data, given.relabellings, seeds) for seeds in batches_of(given.runs)]
                found = clopper_pearson_interval(sum(pool.map(alarmed, batches)), given.runs)
                assert found.bounds is not None
                kept &= found.bounds[0] <= ALPHA
                cells.append(f"{found.estimate:.3f} [{found.bounds[0]:.3f}, {found.bounds[1]:.3f}]")
            print(f"| {test} | {n:,} | {' | '.join(cells)} | {'kept' if kept else 'FAILED'} |", flush=True)


def batches_of(runs: int) -> Iterator[range]:
    """The seeds of runs, as many together as a process takes at a time."""
    return (range(start, min(start + _BATCH, runs)) for start in range(0, runs, _BATCH))


def alarmed(batch: tuple[str, int, str, int, range]) -> int:
    """How many of some runs have a p-value of at most alpha."""
    name, n, data, relabellings, seeds = batch
    test = find_test(name)
    with threadpool_limits(1):
        return sum(
            test.run(windows(test.of, n, data, seed), relabellings=relabellings, seed=seed).p <= ALPHA for seed in seeds
        )


def windows(of: str, n: int, data: str, seed: int) -> Samples:
    """Two windows that are drawn alike."""
    random = np.random.default_rng([seed, n, DATA.index(data)])
    rows = drawn(data, 2 * n, random)
    contexts = random.integers(CONTEXTS, size=2 * n).tolist()
    known = (contexts[:n], contexts[n:])
    match of:
        case "vectors":
            return Samples.of_vectors(rows[:n], rows[n:], contexts=known)
        case "numbers":
            return Samples.of_numbers(rows[:n, 0], rows[n:, 0])
        case _:
            names = [f"{value:.0f}" for value in np.round(2 * rows[:, 0] / rows[:, 0].std())]
            return Samples.of_categories(names[:n], names[n:])


def drawn(data: str, count: int, random: np.random.Generator) -> NDArray[np.floating]:
    """Rows of one kind, in an order that says nothing."""
    match data:
        case "gaussian":
            return random.standard_normal((count, DIMENSION))
        case "heavy-tailed":
            return random.standard_t(2, (count, DIMENSION))
        case "discrete":
            return random.poisson(1.0, (count, DIMENSION)).astype(np.float64)
        case "duplicated":
            different = random.standard_normal((count // 5 + 1, DIMENSION))
            return different[random.integers(len(different), size=count)]
        case _:
            vectors = embeddings()
            return vectors[random.integers(len(vectors), size=count)]


def embeddings() -> NDArray[np.float32]:
    """Paragraphs of the documentation by MiniLM; made once a process."""
    if not _kept:
        from genops.retrieval.embedders.minilm import MiniLM

        _kept.append(MiniLM().encode(list(paragraphs()), "passage"))
    return _kept[0]


def paragraphs() -> Iterator[str]:
    """Of ``docs/``: prose of some length."""
    for path in sorted((Path(__file__).parents[1] / "docs").glob("*.md")):
        for part in path.read_text("utf-8").split("\n\n"):
            if 80 < len(part) < 600 and not part.startswith(("#", "|", "`", "-")):
                yield part


_kept: list[NDArray[np.float32]] = []

if __name__ == "__main__":
    main()
