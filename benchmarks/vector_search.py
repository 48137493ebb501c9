"""Search by vectors and by words beside bare FAISS and bare bm25s, and a million vectors from disk to answers.

Vectors: 2,000 clusters of very different size (shares from a Pareto law of 1.5) around normal centres in 48
dimensions; a vector is a normal deviation of 0.6 from its centre, mapped linearly at random to 384 dimensions, plus
noise of 0.15 in all of them, at unit length. Queries are further vectors of the same law, not among those stored. The
ten nearest of a million have cosines of about 0.75 to 0.9.

Passages: 100 words drawn by a Pareto law from 80,000 made-up ones; queries are 8 words of a passage.

All searches are of one query at a time on one thread; what is compared runs in turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.memory import resident
from benchmarks.report import Row, table
from genops.retrieval.dense import choose_kind, open_dense, write_dense
from genops.retrieval.lexical import BM25, Analyzer, Postings

DIMENSION, RANK, CLUSTERS, BLOCK = 384, 48, 2_000, 50_000
GOOD_RECALL, GOOD_MS = 0.95, 10.0


def clustered(rows: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Blocks of unit vectors, ``rows`` in all."""
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((RANK, DIMENSION), dtype=np.float32) / np.sqrt(RANK)
    centres = rng.standard_normal((CLUSTERS, RANK), dtype=np.float32)
    shares = rng.pareto(1.5, CLUSTERS) + 0.1
    shares /= shares.sum()
    for first in range(0, rows, BLOCK):
        size = min(BLOCK, rows - first)
        latent = centres[rng.choice(CLUSTERS, size, p=shares)]
        latent += 0.6 * rng.standard_normal(latent.shape, dtype=np.float32)
        vectors = latent @ basis + 0.15 * rng.standard_normal((size, DIMENSION), dtype=np.float32)
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_vectors(path: Path, rows: int, queries: int) -> np.ndarray:
    """Writes vectors to a file that may be larger than memory; gives queries back."""
    stored = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, DIMENSION))
    asked, at = [], 0
    for block in clustered(rows + queries):
        kept = block[: max(0, rows - at)]
        stored[at : at + len(kept)] = kept
        asked.append(block[len(kept) :])
        at += len(kept)
    stored.flush()
    return np.concatenate(asked)


def passages(rows: int) -> list[str]:
    """Made-up passages of 100 words."""
    rng = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(2, 11, 80_000)]
    drawn = (rng.pareto(0.9, rows * 100) * 10).astype(np.int64) % len(words)
    return [" ".join(words[word] for word in drawn[at : at + 100]) for at in range(0, len(drawn), 100)]


def in_turns(sides: Sequence[Callable[[int], object]], count: int) -> list[list[float]]:
    """Milliseconds of each call of each side, in turns; every side is called with 0, 1, … after a call to warm up."""
    taken: list[list[float]] = [[] for _ in sides]
    for side in sides:
        side(0)
    for number in range(count):
        for side, times in zip(sides, taken, strict=True):
            begin = time.perf_counter()
            side(number)
            times.append((time.perf_counter() - begin) * 1e3)
    return taken


def beside(what: str, sides: Sequence[Callable[[int], object]], count: int, peer: str, limit: float) -> Row:
    """One row: the median of the first side beside the median of the second."""
    mine, theirs = (float(np.median(times)) for times in in_turns(sides, count))
    return Row(what, f"{mine:.2f} ms", f"{peer} {theirs:.2f} ms", mine / theirs, limit)


def dense(rows: int = 100_000, queries: int = 200) -> list[Row]:
    """Exact search with and without filters beside FAISS's flat index."""
    import faiss

    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = write_vectors(folder / "vectors.npy", rows, queries)
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        kind = choose_kind(rows, DIMENSION)
        write_dense(folder, vectors, kind)
        index = open_dense(folder, kind, rows, DIMENSION)
        bare = faiss.IndexFlatIP(DIMENSION)
        bare.add(np.array(vectors))
        figures = [
            beside(
                f"{kind} index of {rows:,} vectors, the best {k}",
                (
                    lambda at, k=k: index.search(asked[at : at + 1], k),
                    lambda at, k=k: bare.search(asked[at : at + 1], k),
                ),
                queries,
                "faiss",
                1.3,
            )
            for k in (10, 200)
        ]
        for share in (0.01, 0.5, 0.99):
            allowed = np.random.default_rng(2).random(rows) < share
            sides = (
                lambda at, allowed=allowed: index.search(asked[at : at + 1], 10, allowed),
                lambda at: index.search(asked[at : at + 1], 10),
            )
            what = f"the best 10, filter that keeps {share:.0%}"
            figures.append(beside(what, sides, queries, "no filter", 1.0 if share == 0.01 else 1.3))
    return figures


def lexical(rows: int = 100_000, queries: int = 300) -> list[Row]:
    """BM25 beside bm25s, from text to scores."""
    import bm25s
    import Stemmer

    texts = passages(rows)
    analyzer = Analyzer.of("en")
    begin = time.perf_counter()
    postings = Postings.of(texts, analyzer)
    counting = time.perf_counter() - begin
    peer = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend="numpy")
    begin = time.perf_counter()
    stemmer = Stemmer.Stemmer("english")
    peer.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    indexing = time.perf_counter() - begin
    scorer = BM25([postings], np.ones(rows, dtype=bool), 1.2, 0.75)
    rng = np.random.default_rng(3)
    asked = [list(rng.choice(analyzer.tokens(texts[row]), 8)) for row in rng.integers(0, rows, queries)]
    for query in asked:
        np.testing.assert_allclose(scorer.scores(query), peer.get_scores(query), rtol=1e-5, atol=1e-5)
    sides = (lambda at: scorer.scores(asked[at]), lambda at: peer.get_scores(asked[at]))
    what = f"words of {rows:,} passages, tokenised and indexed"
    return [
        Row(what, f"{counting:.1f} s", f"bm25s {indexing:.1f} s", counting / indexing, 1.0),
        beside(f"BM25 of {rows:,} passages, a score for each", sides, queries, "bm25s", 1.1),
    ]


def large(rows: int = 1_000_000, queries: int = 500) -> list[Row]:
    """The kind of index that this size gets: built from disk in a process of its own, then searched."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = write_vectors(folder / "vectors.npy", rows, queries)
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        kind = choose_kind(rows, DIMENSION)
        command = [sys.executable, "-m", "benchmarks.vector_search", "--build", str(folder), kind]
        built = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        index = open_dense(folder, kind, rows, DIMENSION)
        found: dict[int, set[int]] = {}

        def search(at: int) -> None:
            found[at] = set(index.search(asked[at : at + 1], 10)[1][0].tolist())

        in_turns([search], queries)
        (taken,) = in_turns([search], queries)
        truth = nearest(vectors, asked, 10)
        recall = float(np.mean([len(found[at] & set(truth[at].tolist())) / 10 for at in range(queries)]))
        codes = (folder / "index.faiss").stat().st_size
    what, size = f"{kind} index of {rows:,} vectors", rows * DIMENSION * 4
    median, p95 = np.quantile(taken, [0.5, 0.95])
    share = built["peak"] / size
    return [
        Row(
            f"{what}: built from disk in {built['seconds']:.0f} s",
            f"peak {built['peak'] / 2**20:.0f} MiB of its own",
            f"vectors {size / 2**20:.0f} MiB, codes {codes / 2**20:.0f} MiB",
            share,
            0.5,
        ),
        Row(
            f"{what}: of the 10 nearest, missed (n = {queries})", f"{1 - recall:.3f}", "0.05", (1 - recall) / 0.05, 1.0
        ),
        Row(f"{what}: median of a search (n = {queries})", f"{median:.2f} ms", f"{GOOD_MS} ms", median / GOOD_MS, 1.0),
        Row(f"{what}: p95 of a search (n = {queries})", f"{p95:.2f} ms", f"{GOOD_MS} ms", p95 / GOOD_MS, 1.0),
    ]


def nearest(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The rows of the ``k`` nearest vectors of each query, by comparison with all of them."""
    scores = np.empty((len(queries), 0), dtype=np.float32)
    rows = np.empty((len(queries), 0), dtype=np.int64)
    for first in range(0, len(vectors), BLOCK):
        cosines = queries @ vectors[first : first + BLOCK].T
        scores = np.hstack([scores, cosines])
        rows = np.hstack([rows, np.broadcast_to(np.arange(first, first + cosines.shape[1]), cosines.shape)])
        best = np.argpartition(-scores, k - 1)[:, :k]
        scores, rows = np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)
    return rows


def build(folder: Path, kind: str) -> dict[str, float]:
    """Builds an index in this process: seconds, and the most memory of its own above what it began with."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], resident())

    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    at_rest = resident()
    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    write_dense(folder, vectors, kind)
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    return {"seconds": seconds, "peak": peak[0] - at_rest}


def run(share: int = 1) -> list[Row]:
    """All of it, or one part in ``share`` of the sizes."""
    return [*dense(100_000 // share), *lexical(100_000 // share), *large(1_000_000 // share)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=1, help="a part of the sizes: 10 for a tenth")
    parser.add_argument("--build", nargs=2, metavar=("FOLDER", "KIND"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.build:
        sys.stdout.write(json.dumps(build(Path(args.build[0]), args.build[1])))
    else:
        sys.stdout.write(table(run(args.share)))
