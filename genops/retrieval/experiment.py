"""Judged queries against real indexes: how well one finds, and which settings would find better."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from genops.errors import InputError
from genops.index_settings import IndexSettings, SearchSettings, search_settings
from genops.retrieval.build import Progress, build_index
from genops.retrieval.embedders import VectorCache
from genops.retrieval.quality import JudgedQueries, Run, Tuning, document_scores, tune
from genops.retrieval.search import Hit, Index, open_index
from genops.retrieval.snapshots.folder import index_settings
from genops.settings import Settings

CHUNK_TOKENS = "chunk_tokens"
_BATCH = 64
_WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_SATURATIONS = (0.9, 1.2, 1.5)
_LENGTHS = (0.4, 0.75)


def run_of(index: Index, queries: Mapping[str, str], judged: Iterable[str], how: SearchSettings | None = None) -> Run:
    """What an index finds for queries, as scores of documents.

    Args:
        index: Searched to the depth of its candidates, or of those that a cross-encoder reads.
        queries: Text by query id.
        judged: The ids of documents in the judgements. A record ``corpus.jsonl#42`` of the index is the judged ``42``.
        how: In place of the index's own settings.

    Returns:
        For each query the score of each document that was found: that of its best passage.
    """
    how, names = how or index.settings, frozenset(judged)
    texts, run = list(queries.items()), {}
    depth = 2 * how.candidates if how.rerank is None else how.rerank_top
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        found = index.search_many([text for _, text in batch], depth, how=how)
        for (query, _), hits in zip(batch, found, strict=True):
            run[query] = document_scores((_name(hit, names), hit.score) for hit in hits)
    return run


def tune_search(
    settings: Settings,
    name: str,
    judged: JudgedQueries,
    *,
    chunk_tokens: Sequence[int] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """Tries fusion, weights, BM25's parameters and sizes of chunks on half of the queries; tells the gain on the rest.

    Args:
        settings: The project's.
        name: The index's.
        judged: Queries with their judgements.
        chunk_tokens: Sizes of chunks beside the index's own; each is built for the trial, and removed.
        seed: Of the split.
        progress: Of each build.

    Raises:
        SnapshotError: The index was not built yet.
        InputError: There are too few judged queries, or an index with such chunks cannot be built.
    """
    documents = {document for grades in judged.qrels.values() for document in grades}
    current = open_index(settings, name)
    own = index_settings(settings, name).chunk_tokens
    with _built(settings, name, chunk_tokens, progress) as others:
        indexes = {own: current, **others}

        def search(configuration: Mapping[str, Any], query_ids: Sequence[str]) -> Run:
            changes = dict(configuration)
            index = indexes[changes.pop(CHUNK_TOKENS, own)]
            how = search_settings(current.settings, changes)
            return run_of(index, {query: judged.queries[query] for query in query_ids}, documents, how)

        default = {CHUNK_TOKENS: own, **_written(current.settings)}
        grid = [{CHUNK_TOKENS: size, **changes} for size in indexes for changes in _grid()]
        return tune(search, judged.qrels, grid, default, seed=seed)


_HERE = {"backend": "faiss", "backend_env": None}
"""A trial stays on this machine."""


def _grid() -> Iterator[dict[str, Any]]:
    yield {"mode": "dense"}
    for k1, b in product(_SATURATIONS, _LENGTHS):
        yield {"mode": "bm25", "k1": k1, "b": b}
        yield {"mode": "hybrid", "fusion": "rrf", "k1": k1, "b": b}
        for weight in _WEIGHTS:
            yield {"mode": "hybrid", "fusion": "scores", "dense_weight": weight, "k1": k1, "b": b}


def _written(how: SearchSettings) -> dict[str, Any]:
    """The index's own settings, as the grid would write them."""
    values = how.model_dump(include={"mode", "fusion", "dense_weight", "k1", "b"})
    unused = {"dense": {"fusion", "dense_weight", "k1", "b"}, "bm25": {"fusion", "dense_weight"}}.get(how.mode, set())
    if how.fusion == "rrf":
        unused = unused | {"dense_weight"}
    return {name: value for name, value in values.items() if name not in unused}


@contextmanager
def _built(
    settings: Settings, name: str, sizes: Sequence[int], progress: Progress | None
) -> Iterator[dict[int, Index]]:
    """Indexes like one of the settings but for the size of their chunks, in a folder that does not stay."""
    index = index_settings(settings, name)
    if sizes and not index.sources:
        raise InputError(
            f"index {name!r} has no `sources` in the settings, so no other sizes of chunks can be tried",
            hint="leave chunk sizes out",
        )
    resized = {size: _resized(index, size) for size in sizes}
    indexes = {}
    with tempfile.TemporaryDirectory(prefix="genops-trial-") as folder:
        for size, changed in resized.items():
            paths = settings.paths.model_copy(update={"data": Path(folder) / str(size)})
            trial = settings.model_copy(update={"indexes": {**settings.indexes, name: changed}, "paths": paths})
            build_index(trial, name, progress=progress, cache=VectorCache.of(settings))
            indexes[size] = open_index(trial, name)
        yield indexes


def _resized(index: IndexSettings, size: int) -> IndexSettings:
    """The settings with another size of chunks, as they could be written."""
    overlap = max(0, min(index.overlap_tokens, (size - 1) // 2))
    try:
        return IndexSettings.model_validate(
            {**index.model_dump(), **_HERE, "chunk_tokens": size, "overlap_tokens": overlap}
        )
    except ValidationError as error:
        raise InputError(
            f"chunk_tokens cannot be {size}: {error.errors()[0]['msg']}", hint="try sizes that the settings take"
        ) from None


def _name(hit: Hit, judged: frozenset[str]) -> str:
    """The document as the judgements name it."""
    return hit.document if hit.document in judged else hit.document.rpartition("#")[2]
