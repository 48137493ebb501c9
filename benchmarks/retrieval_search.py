"""Search over 100,000 passages of 384 dimensions on one thread: genops's hybrid beside bare FAISS and bare bm25s.

Query vectors are known beforehand on both sides; embedding a query costs the same whoever asks for it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import made_corpus
from benchmarks.report import Row, table

DEPTH = 200


def timed(work: Callable[[Any], object], queries: Sequence[Any], rounds: int = 3) -> float:
    """Milliseconds a query: the median over queries of the best of some rounds."""
    best = [float("inf")] * len(queries)
    for _ in range(rounds):
        for number, query in enumerate(queries):
            start = time.perf_counter()
            work(query)
            best[number] = min(best[number], time.perf_counter() - start)
    return 1e3 * statistics.median(best)


def run(count: int = 100_000, asked: int = 100) -> list[Row]:
    """Times hybrid, dense, words and filtered searches against the bare libraries on the same texts and vectors."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import bm25s
    import faiss
    import numpy as np

    from genops.index_settings import IndexSettings, SearchSettings
    from genops.retrieval import build_index, embedder_named, open_index
    from genops.retrieval.lexical import Analyzer
    from genops.settings import Settings

    faiss.omp_set_num_threads(1)
    made_corpus.register()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(root=Path(folder), indexes={"made": IndexSettings(embedder="made", kind="flat")})
        documents = list(made_corpus.documents(count))
        start = time.perf_counter()
        build_index(settings, "made", documents)
        built = time.perf_counter() - start
        start = time.perf_counter()
        index = open_index(settings, "made")
        queries = [" ".join(text.split()[:8]) for text in made_corpus.texts(asked, 60, seed=1)][:asked]
        index.search(queries[0], 10)
        opened = time.perf_counter() - start
        embedder = embedder_named(settings, "made")
        vectors = embedder.encode(queries)
        index.search_many(queries, 10)  # from here on their vectors are known

        matrix = embedder.encode([document.text for document in documents])
        flat = faiss.IndexFlatIP(made_corpus.DIMENSION)
        flat.add(matrix)
        analyzer = Analyzer.of("en")
        words = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
        words.index([analyzer.tokens(document.text) for document in documents], show_progress=False)
        tokens = [analyzer.tokens(query) for query in queries]

        numbers = list(range(asked))
        bare_dense = timed(lambda n: flat.search(vectors[n : n + 1], DEPTH), numbers)
        bare_words = timed(lambda n: words.retrieve([tokens[n]], k=DEPTH, show_progress=False, n_threads=1), numbers)
        one_percent = {"part": 7}

        def searching(mode: str, where: Any = None) -> float:
            how = SearchSettings(mode=mode, candidates=DEPTH)  # type: ignore[arg-type]
            return timed(lambda n: index.search(queries[n], 10, how=how, where=where), numbers)

        hybrid, dense, lexical = (searching(mode) for mode in ("hybrid", "dense", "bm25"))
        filtered = {mode: searching(mode, one_percent) for mode in ("hybrid", "dense", "bm25")}
        kept = np.count_nonzero([document.metadata["part"] == 7 for document in documents])
    what = f"{count:,} passages x {made_corpus.DIMENSION}, one thread, median of {asked} queries"
    both = bare_dense + bare_words
    rows = [
        Row(f"hybrid search, {what}", f"{hybrid:.2f} ms", f"bare FAISS + bm25s {both:.2f} ms", hybrid / both, 1.3),
        Row("dense search", f"{dense:.2f} ms", f"bare FAISS {bare_dense:.2f} ms", dense / bare_dense),
        Row("search by words", f"{lexical:.2f} ms", f"bare bm25s {bare_words:.2f} ms", lexical / bare_words),
    ]
    for mode, unfiltered in (("hybrid", hybrid), ("dense", dense), ("bm25", lexical)):
        share = f"a filter that keeps {kept:,} of {count:,}: {mode}"
        rows.append(
            Row(share, f"{filtered[mode]:.2f} ms", f"no filter {unfiltered:.2f} ms", filtered[mode] / unfiltered, 1.0)
        )
    rows.append(Row(f"build of {count:,} passages (made-up vectors)", f"{built:.1f} s", ""))
    rows.append(Row("opening with every hash checked, and the first search", f"{opened:.2f} s", ""))
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    options = parser.parse_args(arguments)
    sys.stdout.write(table(run(options.count)))


if __name__ == "__main__":
    main()
