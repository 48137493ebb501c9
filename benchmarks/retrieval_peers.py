"""genops beside LangChain's FAISS store and Haystack's in-memory store, on the same texts and vectors.

Every store runs in a process of its own, and they take turns, one at work at a time; a figure is the median of the
rounds. The peers live in an environment of their own, named by ``--peers``: a Python with ``langchain-community``,
``haystack-ai`` and ``faiss-cpu``. What each store does in a step is said in ``retrieval_stores``. Vectors are given as
each interface takes them: arrays to genops, lists of numbers to the others. Imports are not counted. On a machine that
others use too, ``--one-thread`` and the processor's time say most.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import made_corpus, retrieval_stores

ASKED = 200
WORDS = 60
PEERS = ("LangChain", "Haystack")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

Taken = dict[str, tuple[float, float]]


class Side:
    """A store at work in a process of its own.

    Args:
        kind: Which.
        python: Runs it.
        folder: Holds the texts and vectors.
        environment: Variables that it gets beside this process's.
    """

    def __init__(self, kind: str, python: str, folder: Path, environment: dict[str, str]) -> None:
        self.kind = kind
        self._folder = folder
        self._process = subprocess.Popen(
            [python, "-W", "ignore", retrieval_stores.__file__, kind, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def round(self, number: int) -> Taken:
        """What every step took in one more round."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        folder = self._folder / f"{self.kind} {number}"
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.kind} ended with status {self._process.wait()}")
        shutil.rmtree(folder)
        return json.loads(line)

    def end(self) -> None:
        """Lets the process end."""
        self._process.communicate()


def run(peers: str, count: int = 10_000, rounds: int = 5, one_thread: bool = False) -> str:
    """The tables of all stores: by the clock, and in time of the processor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_work(folder, count)
        environment = ONE_THREAD if one_thread else {}
        pythons = {kind: peers if kind in PEERS else sys.executable for kind in retrieval_stores.STORES}
        sides = [Side(kind, python, folder, environment) for kind, python in pythons.items()]
        try:
            taken = [{side.kind: side.round(number) for side in sides} for number in range(rounds)]
        finally:
            for side in sides:
                side.end()
    what = f"{count:,} passages x {made_corpus.DIMENSION}, median of {rounds} rounds"
    return "\n".join(
        _table(f"{what}, {unit}", [{kind: _column(figures[kind], at) for kind in figures} for figures in taken])
        for at, unit in enumerate(("ms by the clock", "ms of the processor"))
    )


def _write_work(folder: Path, count: int) -> None:
    import numpy as np

    embedder = made_corpus.MadeEmbedder()
    texts = [text for _, text in zip(range(count), made_corpus.texts(count, WORDS), strict=False)]
    (folder / "texts.txt").write_text("\n".join(texts))
    np.save(folder / "vectors.npy", embedder.encode(texts))
    np.save(folder / "queries.npy", embedder.encode([f"query {number}" for number in range(ASKED)]))


def _column(taken: Taken, at: int) -> dict[str, float]:
    return {step: both[at] for step, both in taken.items()}


def _table(title: str, rounds: list[dict[str, dict[str, float]]]) -> str:
    """A row for each step: every store's median, and genops's by the peers'."""
    kinds = list(rounds[0])
    ratios = [(own, peer) for own in kinds if own not in PEERS for peer in PEERS]
    lines = [
        f"| {' | '.join([title, *kinds, *(f'{own} / {peer}' for own, peer in ratios)])} |",
        "| --- " * (1 + len(kinds) + len(ratios)) + "|",
    ]
    for step in rounds[0]["genops"]:
        median = {kind: statistics.median(figures[kind][step] for figures in rounds) for kind in kinds}
        cells = [f"{median[kind]:.2f}" for kind in kinds]
        whole = step not in ("cut", "build", "save")  # genops cuts and saves while it builds
        cells += [f"{median[own] / median[peer]:.2f}" if whole else "" for own, peer in ratios]
        lines.append(f"| {' | '.join([step, *cells])} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="a Python with langchain-community, haystack-ai and faiss-cpu")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-thread", action="store_true", help="the libraries compute on one thread")
    options = parser.parse_args(arguments)
    sys.stdout.write(run(options.peers, options.count, options.rounds, options.one_thread))


if __name__ == "__main__":
    main()
