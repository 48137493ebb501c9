"""Stores of passages with known vectors, each timed by the same steps: genops, LangChain's FAISS, Haystack's in-memory.

A process of its own for each store, started by ``retrieval_peers`` with the Python that has it: it reads folders from
its standard input, goes through the steps in each, and writes a line of JSON with what every step took.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

K = 10
KEPT = 100
SIZE, OVERLAP = 200, 40
WARM_UP = 500
FIRST = 20
"""Searches of a store before it is one that is searched often."""


@dataclass(frozen=True)
class Work:
    """What every store is given.

    Attributes:
        texts: Passages.
        vectors: float32, one row for each.
        queries: float32, one row a query.
    """

    texts: list[str]
    vectors: Any
    queries: Any

    @classmethod
    def of(cls, folder: Path) -> Work:
        """What the parent wrote."""
        import numpy as np

        texts = (folder / "texts.txt").read_text().splitlines()
        return cls(texts, np.load(folder / "vectors.npy"), np.load(folder / "queries.npy"))

    def first(self, count: int) -> Work:
        """Some of the passages."""
        return Work(self.texts[:count], self.vectors[:count], self.queries)

    def metadata(self) -> list[dict[str, int]]:
        """A mapping for each passage; one value of ``part`` keeps 1 in ``KEPT``."""
        return [{"part": number % KEPT} for number in range(len(self.texts))]


class Store(Protocol):
    """A store, made of the work and an empty folder; what that takes is not counted."""

    def cut(self) -> None:
        """Texts into passages of at most ``SIZE`` words, where building does not do that; every text is one."""
        ...

    def build(self) -> None:
        """From passages, vectors and metadata in memory to what can be searched."""
        ...

    def save(self) -> None:
        """Onto the disk, where building has not done that."""
        ...

    def load(self) -> None:
        """What was saved, ready for the first search."""
        ...

    def search(self, number: int) -> object:
        """The ``K`` nearest passages of a query."""
        ...

    def filtered(self, number: int) -> object:
        """The same among those that a filter keeps."""
        ...

    def close(self) -> None:
        """Lets go of what a process keeps beyond this object: the next round is to find its memory free."""
        ...


class Genops:
    """Documents are checked, hashed and cut; everything is written, synced and hashed, and published in one move."""

    index: ClassVar[dict[str, Any]] = {"chunker": "tokens", "search": {"mode": "dense"}}

    def __init__(self, work: Work, folder: Path) -> None:
        from genops.index_settings import IndexSettings, SearchSettings
        from genops.plugins import registry
        from genops.settings import Settings

        self._work = work
        self._how = SearchSettings(mode="dense")
        known = dict(zip(work.texts, work.vectors, strict=True))
        known |= {f"query {number}": vector for number, vector in enumerate(work.queries)}
        embedder = f"known-{folder.name}"
        registry.add("embedder", embedder, lambda: KnownVectors(known, work.vectors[0]))
        index = IndexSettings.model_validate({"embedder": embedder, "kind": "flat", **self.index})
        self._settings = Settings(root=folder, indexes={"made": index})

    def build(self) -> None:
        """See :meth:`Store.build`."""
        from genops.retrieval import VectorCache

        self._build(VectorCache(None))

    def cut(self) -> None:
        """Building does it."""

    def _build(self, cache: Any) -> None:
        from genops.retrieval import Document, build_index

        rows = enumerate(zip(self._work.texts, self._work.metadata(), strict=True))
        documents = [Document(f"d{number}", f"d{number}", text, metadata=meta) for number, (text, meta) in rows]
        build_index(self._settings, "made", documents, cache=cache)

    def save(self) -> None:
        """Building has done it."""

    def load(self) -> None:
        """See :meth:`Store.load`."""
        from genops.retrieval import open_index

        self._index = open_index(self._settings, "made")

    def search(self, number: int) -> object:
        """See :meth:`Store.search`."""
        return self._index.search(f"query {number}", K, how=self._how)

    def filtered(self, number: int) -> object:
        """See :meth:`Store.filtered`."""
        return self._index.search(f"query {number}", K, how=self._how, where={"part": 7})

    def close(self) -> None:
        """A process keeps the indexes that it opened; their removed files would stay in memory."""
        from genops.retrieval.search import index

        index._opened.clear()


class GenopsDefaults(Genops):
    """By the defaults: cut between sentences, words for hybrid search too, vectors kept for later builds."""

    index: ClassVar[dict[str, Any]] = {}

    def build(self) -> None:
        """See :meth:`Store.build`."""
        from genops.retrieval import VectorCache

        self._build(VectorCache.of(self._settings))


class KnownVectors:
    """An embedder that looks vectors up; the canaries' are any."""

    name, window, languages = "known", 512, ()

    def __init__(self, known: dict[str, Any], other: Any) -> None:
        self._known = known
        self._other = other
        self.dimension = len(other)

    def identity(self) -> dict[str, str]:
        """See ``Embedder``."""
        return {"model": "known"}

    def count_tokens(self, text: str) -> int:
        """See ``Embedder``."""
        return text.count(" ") + 3

    def encode(self, batch: Any, role: str = "passage") -> Any:
        """See ``Embedder``."""
        import numpy as np

        return np.array([self._known.get(text, self._other) for text in batch])


class LangChain:
    """``FAISS.from_embeddings``; ``save_local`` writes the vectors and a pickle."""

    def __init__(self, work: Work, folder: Path) -> None:
        self._folder = str(folder / "store")
        self._pairs = list(zip(work.texts, work.vectors.tolist(), strict=True))
        self._metadata = work.metadata()
        self._queries = work.queries.tolist()

    def cut(self) -> None:
        """See :meth:`Store.cut`."""
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            chunk_size=SIZE, chunk_overlap=OVERLAP, length_function=lambda text: text.count(" ") + 1
        )
        passages = splitter.create_documents([text for text, _ in self._pairs], self._metadata)
        assert len(passages) == len(self._pairs)

    def build(self) -> None:
        """See :meth:`Store.build`."""
        from langchain_community.vectorstores import FAISS
        from langchain_community.vectorstores.utils import DistanceStrategy

        self._store = FAISS.from_embeddings(
            self._pairs,
            _no_embedder(),
            metadatas=self._metadata,
            distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
        )

    def save(self) -> None:
        """See :meth:`Store.save`."""
        self._store.save_local(self._folder)

    def load(self) -> None:
        """See :meth:`Store.load`."""
        from langchain_community.vectorstores import FAISS

        self._store = FAISS.load_local(self._folder, _no_embedder(), allow_dangerous_deserialization=True)

    def search(self, number: int) -> object:
        """See :meth:`Store.search`."""
        return self._store.similarity_search_with_score_by_vector(self._queries[number], k=K)

    def filtered(self, number: int) -> object:
        """See :meth:`Store.filtered`."""
        return self._store.similarity_search_with_score_by_vector(
            self._queries[number], k=K, filter={"part": 7}, fetch_k=len(self._pairs)
        )

    def close(self) -> None:
        """Nothing is kept."""


def _no_embedder() -> Any:
    from langchain_core.embeddings import FakeEmbeddings

    return FakeEmbeddings(size=1)


class Haystack:
    """``InMemoryDocumentStore.write_documents``; ``save_to_disk`` writes JSON."""

    def __init__(self, work: Work, folder: Path) -> None:
        self._path = str(folder / "store.json")
        self._rows = list(zip(work.texts, work.vectors.tolist(), work.metadata(), strict=True))
        self._queries = work.queries.tolist()

    def cut(self) -> None:
        """See :meth:`Store.cut`."""
        from haystack import Document
        from haystack.components.preprocessors import DocumentSplitter

        splitter = DocumentSplitter(split_by="word", split_length=SIZE, split_overlap=OVERLAP)
        passages = splitter.run([Document(content=text, meta=dict(meta)) for text, _, meta in self._rows])["documents"]
        assert len(passages) == len(self._rows)

    def build(self) -> None:
        """See :meth:`Store.build`."""
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._store.write_documents([Document(content=t, embedding=v, meta=dict(m)) for t, v, m in self._rows])

    def save(self) -> None:
        """See :meth:`Store.save`."""
        self._store.save_to_disk(self._path)

    def load(self) -> None:
        """See :meth:`Store.load`."""
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._store = InMemoryDocumentStore.load_from_disk(self._path)

    def search(self, number: int) -> object:
        """See :meth:`Store.search`."""
        return self._store.embedding_retrieval(self._queries[number], top_k=K)

    def filtered(self, number: int) -> object:
        """See :meth:`Store.filtered`."""
        where = {"field": "meta.part", "operator": "==", "value": 7}
        return self._store.embedding_retrieval(self._queries[number], top_k=K, filters=where)

    def close(self) -> None:
        """Nothing is kept."""


STORES: dict[str, Callable[[Work, Path], Store]] = {
    "genops": Genops,
    "genops defaults": GenopsDefaults,
    "LangChain": LangChain,
    "Haystack": Haystack,
}


def _taken(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor in all threads."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


def _settle() -> None:
    """What is given, and what was made before, costs the next step no collection."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _sum(*taken: tuple[float, float]) -> tuple[float, float]:
    wall, processor = map(sum, zip(*taken, strict=True))
    return wall, processor


def _median(taken: list[tuple[float, float]]) -> tuple[float, float]:
    wall, processor = map(statistics.median, zip(*taken, strict=True))
    return wall, processor


def steps(kind: str, work: Work, folder: Path) -> dict[str, tuple[float, float]]:
    """What every step of a store took."""
    folder.mkdir()
    store = STORES[kind](work, folder)
    _settle()
    taken = {name: _taken(getattr(store, name)) for name in ("cut", "build", "save")}
    taken["cut, build and save"] = _sum(taken["cut"], taken["build"], taken["save"])
    taken["build and save"] = _sum(taken["build"], taken["save"])
    loaded = STORES[kind](work, folder)
    _settle()
    taken["load and first search"] = _taken(lambda: (loaded.load(), loaded.search(0)))
    for name, search in (("search", loaded.search), ("filtered search", loaded.filtered)):
        each = [_taken(partial(search, number)) for number in range(len(work.queries))]
        taken[f"{name}, the first {FIRST}"], taken[name] = _median(each[:FIRST]), _median(each[FIRST:])
    loaded.close()
    return taken


def main(kind: str, given: str) -> None:
    """Serves one store until its input ends; a small round before the first loads what is imported late."""
    work = Work.of(Path(given))
    steps(kind, work.first(WARM_UP), Path(given) / f"warm-up {kind}")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(steps(kind, work, Path(line.strip()))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
