"""Two-sample tests that factor once, beside the plain way to make them.

The statistic within contexts stands beside the form that makes a matrix of the rows for each relabelling, and the
density difference beside a model that is fitted anew for each; both are written here. They are timed for a few
relabellings, and the rest is counted as if it were made. genops's times are of the whole test: distances, projection,
witness and p-value. Times are by the clock, the best of a few in turns, both sides with all threads.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.report import Row, table
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.context_mmd import context_mmd, overlap_weights
from genops.drift.tests_of_vectors.lsdd import lsdd

DIMENSION, RELABELLINGS, TIMED = 384, 500, 5


def windows(rows: int) -> Samples:
    """Two windows of unit vectors, as an embedder gives them, in five contexts."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((2 * rows, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    contexts = random.integers(5, size=2 * rows).tolist()
    return Samples.of_vectors(vectors[:rows], vectors[rows:], contexts=(contexts[:rows], contexts[rows:]))


def within_contexts(rows: int, rounds: int) -> Row:
    """The sum of (K W) * W beside a tensor of relabellings x rows x rows."""
    samples = windows(rows)
    assert samples.contexts is not None
    relabellings = Relabellings.draw(samples, RELABELLINGS)
    weights = overlap_weights(samples.contexts, relabellings.current[:, :TIMED]).T.astype(np.float32)
    kernel = np.exp(-samples.values @ samples.values.T)

    def tensor() -> None:
        (kernel * (weights[:, :, None] * weights[:, None, :])).sum(axis=(1, 2))

    slow = best(tensor, rounds) / TIMED * RELABELLINGS
    fast = best(lambda: context_mmd(samples, relabellings), rounds)
    what = f"context-aware MMD, {RELABELLINGS} relabellings of {rows:,} x {rows:,} x {DIMENSION}: beside the tensor"
    return Row(what, f"{fast:.2f} s", f"a 25th of {slow:.1f} s", 25 * fast / slow, 1.0)


def densities(rows: int, rounds: int, centres: int = 200) -> Row:
    """One factored matrix beside a model that is fitted for each relabelling; one width and penalty for both."""
    samples = windows(rows)
    relabellings = Relabellings.draw(samples, RELABELLINGS)
    points = samples.values.astype(np.float64)
    squared = ((points**2).sum(axis=1)[:, None] + (points[:centres] ** 2).sum(axis=1)) - 2 * points @ points[:centres].T
    width = np.median(squared)

    def refits() -> None:
        for column in relabellings.current.T[:TIMED]:
            bumps, matrix = np.exp(-squared / (2 * width)), np.exp(-squared[:centres] / (4 * width))
            means = bumps[column].mean(axis=0) - bumps[~column].mean(axis=0)
            fitted = np.linalg.solve(matrix + 0.1 * np.eye(centres), means)
            2 * means @ fitted - fitted @ matrix @ fitted

    slow = best(refits, rounds) / TIMED * RELABELLINGS
    fast = best(lambda: lsdd(samples, relabellings, centres=centres, widths=(1.0,), penalties=(0.1,)), rounds)
    what = f"density difference, {RELABELLINGS} relabellings of {rows:,} x {rows:,} x {DIMENSION}: beside refits"
    return Row(what, f"{fast:.2f} s", f"a 10th of {slow:.1f} s", 10 * fast / slow, 1.0)


def best(call: Callable[[], object], rounds: int) -> float:
    """Seconds of the best round, after one to warm up."""
    taken = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return min(taken[1:])


def run(share: int = 1, rounds: int = 3) -> list[Row]:
    """Both, or one part in ``share`` of the sizes."""
    return [within_contexts(2_000 // share, rounds), densities(2_000 // share, rounds)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="a part of the sizes: 10 for a tenth")
    sys.stdout.write(table(run(parser.parse_args().share)))
