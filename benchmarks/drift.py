"""Two-sample tests on vectors beside the plain way to make them, and the memory of large windows.

MMD with 500 relabellings on 2,000 x 2,000 x 384 stands beside the loop that copies the Gram matrix for each, written
here; that loop is timed for a few of them, and the rest is counted as if they were made, for they take a minute. Two
windows of 50,000 are tested in a process of its own, whose memory above that of the windows is watched from the drawing
of the relabellings to the effect.

Times are of the processor, all on one thread, the best of a few in turns; with more threads the products take less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.memory import resident
from benchmarks.report import Row, table
from genops.drift.samples import Samples
from genops.drift.two_sample import find_test

DIMENSION, RELABELLINGS = 384, 500
SECONDS, GIB = 0.5, 2**30


def windows(rows: int, shift: float = 0.0) -> Samples:
    """Two windows of unit vectors, as an embedder gives them."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((2 * rows, DIMENSION), dtype=np.float32)
    vectors[rows:, 0] += np.float32(shift)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Samples.of_vectors(vectors[:rows], vectors[rows:])


def checks(name: str, samples: Samples, relabellings: int = RELABELLINGS) -> Callable[[], object]:
    """What runs a test, from its relabellings to its effect."""
    return lambda: find_test(name).run(samples, relabellings=relabellings)


def best_in_turns(sides: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Processor seconds of the best round of each side, after a round to warm up."""
    taken = [[_seconds(side) for side in sides] for _ in range(rounds + 1)][1:]
    return [min(times) for times in zip(*taken, strict=True)]


def mmd(rows: int = 2_000, rounds: int = 3) -> list[Row]:
    """One kernel beside the loop, and twenty kernels beside one."""
    samples = windows(rows)
    with threadpool_limits(1):
        one, many = best_in_turns([checks("mmd", samples), checks("mmd_fuse", samples)], rounds)
        loop = copying_loop(samples.values, rows)
    what = f"MMD, {RELABELLINGS} relabellings of {rows:,} x {rows:,} x {DIMENSION}"
    return [
        Row(f"{what}: beside the loop", _shown(one), f"a hundredth of {_shown(loop)}", 100 * one / loop, 1.0),
        Row(f"{what}: in time", _shown(one), _shown(SECONDS), one / SECONDS, 1.0),
        Row("MMD-FUSE, 20 kernels, the same", _shown(many), f"one kernel {_shown(one)}", many / one, 15.0),
    ]


def copying_loop(vectors: np.ndarray, reference: int, timed: int = 20) -> float:
    """Seconds of a permutation test that copies the Gram matrix in each permuted order."""
    random = np.random.default_rng(0)
    begin = time.process_time()
    norms = (vectors**2).sum(axis=1)
    squared = np.maximum(norms[:, None] + norms - 2 * vectors @ vectors.T, 0)
    gram = np.exp(-squared / np.median(squared))
    once = time.process_time() - begin
    begin = time.process_time()
    for _ in range(timed):
        order = random.permutation(len(gram))
        permuted = gram[order][:, order]
        m, n = reference, len(gram) - reference
        xx, yy, xy = permuted[:m, :m], permuted[m:, m:], permuted[:m, m:]
        (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1)) - 2 * xy.mean()
    return once + (time.process_time() - begin) / timed * RELABELLINGS


def large(rows: int = 50_000) -> list[Row]:
    """Windows whose Gram matrix would take 40 GB: by Fourier features."""
    figures = []
    for name, relabellings in (("mmd", 999), ("mmd_fuse", 99)):
        command = [sys.executable, "-m", "benchmarks.drift", "--large", name, str(rows), str(relabellings)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        what = f"{name}, {relabellings} relabellings of {rows:,} x {rows:,} x {DIMENSION}"
        beside = f"{told['seconds']:.0f} s of one core; windows {8 * rows * DIMENSION / 2**20:.0f} MiB"
        figures.append(Row(what, f"peak {told['peak'] / 2**20:.0f} MiB of its own", beside, told["peak"] / GIB, 1.0))
    return figures


def watched(name: str, rows: int, relabellings: int) -> dict[str, float]:
    """Seconds of a test in this process, and the most memory of its own above what it began with."""
    samples, peak, done = windows(rows, shift=0.5), [0], threading.Event()
    checks(name, windows(100), 9)()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], resident())

    at_rest = resident()
    watcher = threading.Thread(target=watch)
    watcher.start()
    with threadpool_limits(1):
        seconds = _seconds(checks(name, samples, relabellings))
    done.set()
    watcher.join()
    return {"seconds": seconds, "peak": peak[0] - at_rest}


def run(share: int = 1) -> list[Row]:
    """All of it, or one part in ``share`` of the sizes."""
    return [*mmd(2_000 // share), *large(50_000 // share)]


def _seconds(call: Callable[[], object]) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="a part of the sizes: 10 for a tenth")
    parser.add_argument("--large", nargs=3, metavar=("TEST", "ROWS", "RELABELLINGS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.large:
        name, rows, relabellings = args.large
        sys.stdout.write(json.dumps(watched(name, int(rows), int(relabellings))))
    else:
        sys.stdout.write(table(run(args.share)))
