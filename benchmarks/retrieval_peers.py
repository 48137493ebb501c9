"""genops beside LangChain's FAISS store and Haystack's in-memory store, on the same texts and vectors.

Each side runs in a process of its own: build from texts with known vectors, search, search with a filter that keeps 1%,
save, and load until the first answer. The peers live in an environment of their own, named by ``--peers``: a Python
with ``langchain-community``, ``haystack-ai`` and ``faiss-cpu``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

K = 10
ASKED = 50
WORDS = 60
KEPT = 100


def _texts(folder: Path) -> list[str]:
    return (folder / "texts.txt").read_text().splitlines()


def _vectors(folder: Path, name: str = "vectors") -> Any:
    import numpy as np

    return np.load(folder / f"{name}.npy")


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median(work: Any) -> float:
    return statistics.median(_seconds(lambda n=n: work(n)) for n in range(ASKED))


def genops_side(folder: Path) -> dict[str, float]:
    """The whole of genops: documents checked, cut, embedded from memory, indexed by vectors and words, published."""
    from genops.index_settings import IndexSettings, SearchSettings
    from genops.plugins import registry
    from genops.retrieval import Document, build_index, open_index
    from genops.settings import Settings

    texts, vectors, asked = _texts(folder), _vectors(folder), _vectors(folder, "queries")
    rows = {text: vectors[row] for row, text in enumerate(texts)}
    rows |= {f"query {n}": asked[n] for n in range(ASKED)}

    class Known:
        name, dimension, window, languages = "known", vectors.shape[1], 512, ()

        def identity(self) -> dict[str, str]:
            return {"model": "known"}

        def count_tokens(self, text: str) -> int:
            return text.count(" ") + 3

        def encode(self, batch: Any, role: str = "passage") -> Any:
            import numpy as np

            return np.stack([rows[text] if text in rows else vectors[0] for text in batch])

    registry.add("embedder", "known", Known)
    index = IndexSettings(embedder="known", kind="flat", chunker="tokens")
    settings = Settings(root=folder / "genops", indexes={"made": index})
    documents = [Document(f"d{n}", f"d{n}", text, metadata={"part": n % KEPT}) for n, text in enumerate(texts)]
    how = SearchSettings(mode="dense")
    built = _seconds(lambda: build_index(settings, "made", documents))
    opened = open_index(settings, "made")
    opened.search_many([f"query {n}" for n in range(ASKED)], K, how=how)
    where = {"part": 7}
    searched = _median(lambda n: opened.search(f"query {n}", K, how=how))
    filtered = _median(lambda n: opened.search(f"query {n}", K, how=how, where=where))
    return {"build and save": built, "search": searched, "filtered search": filtered, "load": _fresh(folder, "genops")}


def genops_load(folder: Path) -> float:
    """Seconds from nothing but the files to the first answer; imports are not counted."""
    from genops.index_settings import IndexSettings, SearchSettings
    from genops.plugins import registry
    from genops.retrieval import open_index
    from genops.settings import Settings

    asked = _vectors(folder, "queries")

    class Known:
        name, dimension, window, languages = "known", asked.shape[1], 512, ()

        def identity(self) -> dict[str, str]:
            return {"model": "known"}

        def count_tokens(self, text: str) -> int:
            return 3

        def encode(self, batch: Any, role: str = "passage") -> Any:
            import numpy as np

            first = np.load(folder / "vectors.npy", mmap_mode="r")[0]
            return np.stack([asked[0] if text.startswith("query") else first for text in batch])

    registry.add("embedder", "known", Known)
    import faiss  # noqa: F401 - not counted on the other sides either

    index = IndexSettings(embedder="known", kind="flat", chunker="tokens")
    settings = Settings(root=folder / "genops", indexes={"made": index})
    how = SearchSettings(mode="dense")
    return _seconds(lambda: open_index(settings, "made").search("query 0", K, how=how))


def langchain_side(folder: Path) -> dict[str, float]:
    """``FAISS.from_embeddings``, ``similarity_search_by_vector``, ``save_local`` and ``load_local`` (a pickle)."""
    from langchain_community.vectorstores import FAISS

    texts = _texts(folder)
    vectors, asked = _vectors(folder).tolist(), _vectors(folder, "queries").tolist()
    metadata = [{"part": n % KEPT} for n in range(len(texts))]
    made: list[Any] = []
    pairs = list(zip(texts, vectors, strict=True))
    built = _seconds(lambda: made.append(FAISS.from_embeddings(pairs, _no_embedder(), metadatas=metadata)))
    store = made[0]
    searched = _median(lambda n: store.similarity_search_with_score_by_vector(asked[n], k=K))
    filtered = _median(
        lambda n: store.similarity_search_with_score_by_vector(asked[n], k=K, filter={"part": 7}, fetch_k=len(texts))
    )
    saved = _seconds(lambda: store.save_local(str(folder / "langchain")))
    return {
        "build and save": built + saved,
        "search": searched,
        "filtered search": filtered,
        "load": _fresh(folder, "langchain"),
    }


def langchain_load(folder: Path) -> float:
    """See :func:`genops_load`."""
    from langchain_community.vectorstores import FAISS

    asked = _vectors(folder, "queries").tolist()

    def work() -> None:
        store = FAISS.load_local(str(folder / "langchain"), _no_embedder(), allow_dangerous_deserialization=True)
        store.similarity_search_with_score_by_vector(asked[0], k=K)

    return _seconds(work)


def _no_embedder() -> Any:
    from langchain_core.embeddings import Embeddings

    class Known(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise NotImplementedError

        def embed_query(self, text: str) -> list[float]:
            raise NotImplementedError

    return Known()


def haystack_side(folder: Path) -> dict[str, float]:
    """``InMemoryDocumentStore``: ``write_documents``, ``embedding_retrieval``, ``save_to_disk``, ``load_from_disk``."""
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    texts = _texts(folder)
    vectors, asked = _vectors(folder).tolist(), _vectors(folder, "queries").tolist()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")

    def build() -> None:
        rows = enumerate(zip(texts, vectors, strict=True))
        store.write_documents([Document(content=t, embedding=v, meta={"part": n % KEPT}) for n, (t, v) in rows])

    built = _seconds(build)
    where = {"field": "meta.part", "operator": "==", "value": 7}
    searched = _median(lambda n: store.embedding_retrieval(asked[n], top_k=K))
    filtered = _median(lambda n: store.embedding_retrieval(asked[n], top_k=K, filters=where))
    saved = _seconds(lambda: store.save_to_disk(str(folder / "haystack.json")))
    return {
        "build and save": built + saved,
        "search": searched,
        "filtered search": filtered,
        "load": _fresh(folder, "haystack"),
    }


def haystack_load(folder: Path) -> float:
    """See :func:`genops_load`."""
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    asked = _vectors(folder, "queries").tolist()
    path = str(folder / "haystack.json")
    return _seconds(lambda: InMemoryDocumentStore.load_from_disk(path).embedding_retrieval(asked[0], top_k=K))


SIDES = {"genops": genops_side, "langchain": langchain_side, "haystack": haystack_side}
LOADS = {"genops": genops_load, "langchain": langchain_load, "haystack": haystack_load}


def _fresh(folder: Path, side: str) -> float:
    """Runs the loading in a new process of the same Python."""
    return float(_run(sys.executable, folder, side, "load"))


def _run(python: str, folder: Path, side: str, what: str) -> str:
    command = [python, __file__, "--side", side, "--what", what, "--folder", str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1]


def run(peers: str, count: int = 50_000) -> str:
    """The table of all sides."""
    import numpy as np

    from benchmarks import made_corpus

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "genops").mkdir()
        embedder = made_corpus.MadeEmbedder()
        texts = [text for _, text in zip(range(count), made_corpus.texts(count, WORDS), strict=False)]
        (folder / "texts.txt").write_text("\n".join(texts))
        np.save(folder / "vectors.npy", embedder.encode(texts))
        np.save(folder / "queries.npy", embedder.encode([f"query {n}" for n in range(ASKED)]))
        figures = {
            side: json.loads(_run(sys.executable if side == "genops" else peers, folder, side, "all")) for side in SIDES
        }
    lines = [f"| {count:,} passages x {made_corpus.DIMENSION} | genops | LangChain FAISS | ratio | Haystack | ratio |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for what in figures["genops"]:
        own, one, two = (figures[side][what] * 1e3 for side in SIDES)
        lines.append(f"| {what} | {own:.1f} ms | {one:.1f} ms | {own / one:.2f} | {two:.1f} ms | {own / two:.2f} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Runs the benchmark, or one side of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="a Python that has the peers")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--side", choices=sorted(SIDES))
    parser.add_argument("--what", choices=["all", "load"], default="all")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    if options.side:
        sides: dict[str, Any] = SIDES if options.what == "all" else LOADS
        sys.stdout.write(json.dumps(sides[options.side](options.folder)) + "\n")
    elif options.peers:
        sys.stdout.write(run(options.peers, options.count))
    else:
        parser.error("--peers is needed: a Python with langchain-community, haystack-ai and faiss-cpu")


if __name__ == "__main__":
    main()
