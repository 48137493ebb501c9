"""The same index on this machine, in PostgreSQL with pgvector and in Qdrant: pushing, and searching.

A server is used where its URL is given; Qdrant's local mode, which is for tests, stands in where there is none.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import made_corpus
from benchmarks.report import Row, table
from benchmarks.retrieval_search import timed

if TYPE_CHECKING:
    from genops.retrieval import Document
    from genops.settings import Settings

DEPTH = 200
SEARCHES: dict[str, tuple[str, Any]] = {
    "dense": ("dense", None),
    "bm25": ("bm25", None),
    "hybrid": ("hybrid", None),
    "hybrid, a filter that keeps 1%": ("hybrid", {"part": 7}),
}


def run(urls: dict[str, str], count: int = 20_000, asked: int = 20) -> list[Row]:
    """Times each backend against the index on this machine, whose row stands first."""
    os.environ["OMP_NUM_THREADS"] = "1"
    from genops.index_settings import IndexSettings
    from genops.settings import Settings

    made_corpus.register()
    documents = list(made_corpus.documents(count))
    changed = [next(iter(made_corpus.documents(1, words=50)))]
    queries = [" ".join(text.split()[:8]) for text in made_corpus.texts(asked, 60, seed=1)][:asked]
    rows: list[Row] = []
    first: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, url in {"faiss": "faiss", **urls}.items():
            root = Path(folder) / name
            root.mkdir()
            url = f"qdrant+path:{root / 'qdrant'}" if url == "local" else url
            settings = Settings(root=root, indexes={"made": IndexSettings(embedder="made", backend=url)})
            took = measured(settings, documents, changed, queries, 1 if url.startswith("qdrant+path") else 3)
            first = first or took
            rows += [
                Row(f"{name}: {what}", f"{value:.2f}", f"faiss {first[what]:.2f}", value / first[what])
                for what, value in took.items()
            ]
    return rows


def measured(
    settings: Settings, documents: list[Document], changed: list[Document], queries: list[str], rounds: int
) -> dict[str, float]:
    """How long an index takes to build, to change by one document, and to answer a query."""
    from genops.index_settings import SearchSettings
    from genops.retrieval import build_index, open_index, update_index

    took: dict[str, float] = {}
    start = time.perf_counter()
    build_index(settings, "made", documents)
    took["build, s"] = time.perf_counter() - start
    start = time.perf_counter()
    update_index(settings, "made", changed)
    took["one document changed, s"] = time.perf_counter() - start
    index = open_index(settings, "made")
    index.search_many(queries, 10)  # from here on their vectors are known
    for what, (mode, where) in SEARCHES.items():
        how = SearchSettings(mode=mode, candidates=DEPTH)  # type: ignore[arg-type]
        took[f"{what}, ms"] = timed(partial(index.search, k=10, how=how, where=where), queries, rounds)
    return took


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument("--postgresql", metavar="URL", help="An empty database with pgvector.")
    parser.add_argument("--qdrant", metavar="URL", help="A server, or `local` for a folder.")
    options = parser.parse_args(arguments)
    urls = {"postgresql": options.postgresql, "qdrant": options.qdrant}
    sys.stdout.write(table(run({name: url for name, url in urls.items() if url}, options.count, options.queries)))


if __name__ == "__main__":
    main()
