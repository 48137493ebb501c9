"""Searching an index: what the rankers find is fused, spread, reranked, cut and told as hits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, Unpack

from genops.artifacts import Component
from genops.errors import InputError
from genops.index_settings import SearchSettings
from genops.retrieval.backends.pushed import PushedSnapshot
from genops.retrieval.embedders import Embedder, embed_texts, embedder_named
from genops.retrieval.filters import MODIFIED, Filter, parse_filter, with_moments
from genops.retrieval.search.corpus import Corpus
from genops.retrieval.search.freshness import Freshness
from genops.retrieval.search.hit import Hit, Rank
from genops.retrieval.search.local import LocalCorpus
from genops.retrieval.search.rankers import by_both, by_vectors, by_words, joined
from genops.retrieval.search.ranking import Ranking, diverse
from genops.retrieval.search.rerank import reranked
from genops.retrieval.search.sameness import check_embedder, check_reranker, checked_analyzer
from genops.retrieval.search.widened import Span, widened
from genops.retrieval.snapshots.folder import find_snapshot, index_settings, shelf_of
from genops.retrieval.snapshots.pointer import Use
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.snapshot import Snapshot
from genops.settings import Settings

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

QUERY_CHARACTERS = 20_000
_REMEMBERED_QUERIES = 4_096


class SearchOptions(TypedDict, total=False):
    """What a search can be told beside its query.

    Attributes:
        where: Which documents may be found (see ``docs/retrieval.md``).
        how: In place of the index's own settings.
    """

    where: Mapping[str, Any] | Filter | None
    how: SearchSettings | None


class Retriever(Protocol):
    """What finds passages for a query.

    Attributes:
        component: What a lock pins of it.
    """

    @property
    def component(self) -> Component: ...  # noqa: D102

    def search(self, query: str | Sequence[str], k: int, **options: Unpack[SearchOptions]) -> list[Hit]:
        """At most ``k`` hits, best first.

        Args:
            query: A text; or several ways to say the same: a passage counts by the one that it fits best, and the
                first is what a cross-encoder reads.
            k: How many.
            options: See :class:`SearchOptions`.

        Raises:
            InputError: The query, ``k`` or the filter cannot be searched with.
        """
        ...

    async def asearch(self, query: str | Sequence[str], k: int, **options: Unpack[SearchOptions]) -> list[Hit]:
        """As :meth:`search`, without holding up the event loop."""
        ...


@dataclass
class Index:
    """A snapshot, open for search. Safe to use from several threads; models are loaded when first needed.

    Attributes:
        snapshot_in_use: What is searched.
        embedder: What turns a query into a vector; it must be what the snapshot was built with.
        root: The project's folder.
        history: Reads when which snapshot was put in use.
    """

    snapshot_in_use: Published
    embedder: Embedder
    root: Path
    history: Callable[[], Sequence[Use]]
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _query_vectors: dict[str, Vectors] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The index's name."""
        return self.snapshot_in_use.name

    @property
    def snapshot(self) -> str:
        """The snapshot's digest."""
        return self.snapshot_in_use.digest

    @property
    def component(self) -> Component:
        """What a lock pins of it."""
        return self.snapshot_in_use.component

    @property
    def settings(self) -> SearchSettings:
        """How it is searched where a search does not say otherwise."""
        return self.snapshot_in_use.manifest.identity.search

    def search(self, query: str | Sequence[str], k: int, **options: Unpack[SearchOptions]) -> list[Hit]:
        """The best passages for a query, best first; all that there are when they are fewer than ``k``.

        A query beyond the embedder's window is searched by the mean of its pieces' vectors.

        Raises:
            InputError: The query is empty, not text or beyond ``QUERY_CHARACTERS``, ``k`` is below 1, or the filter
                is none or names an unknown field.
            SnapshotError: A file of the snapshot is damaged, or the embedder is not the one that it was built with.
        """
        queries = _asked_for(query)
        where, how = self._asked(options)
        return self._hits(joined(self._rankings(queries, k, where, how)), queries[0], k, how)

    def search_many(self, queries: Sequence[str], k: int, **options: Unpack[SearchOptions]) -> list[list[Hit]]:
        """As :meth:`search`, for many queries at once: hits of each, in order; none for no query."""
        if isinstance(queries, str):
            raise InputError("search_many takes a list of queries, not one text", hint="give [query], or use search")
        if not queries:
            return []
        where, how = self._asked(options)
        rankings = self._rankings(queries, k, where, how)
        return [self._hits(ranking, query, k, how) for ranking, query in zip(rankings, queries, strict=True)]

    async def asearch(self, query: str | Sequence[str], k: int, **options: Unpack[SearchOptions]) -> list[Hit]:
        """As :meth:`search`, in a thread."""
        return await asyncio.to_thread(self.search, query, k, **options)

    def _asked(self, options: SearchOptions) -> tuple[Filter | None, SearchSettings]:
        where = options.get("where")
        if where is not None and not isinstance(where, Filter):
            where = parse_filter(where)
        if where is not None and MODIFIED not in self.snapshot_in_use.manifest.metadata:
            where = with_moments(where)
        return where, options.get("how") or self.settings

    def _rankings(self, queries: Sequence[str], k: int, where: Filter | None, how: SearchSettings) -> list[Ranking]:
        """Candidates of each query, best first."""
        for query in queries:
            _check(query, k)
        corpus, depth = self.corpus, _depth(k, how)
        if how.mode == "bm25":
            return [by_words(corpus.words(query, how.k1, how.b), depth, where) for query in queries]
        vectors = self._embedded(queries)
        nearest = corpus.dense(vectors, depth, where)
        if how.mode == "dense":
            return [by_vectors(best) for best in nearest]
        return [
            by_both(corpus, corpus.words(query, how.k1, how.b), vector, best, depth, where, how)
            for query, vector, best in zip(queries, vectors, nearest, strict=True)
        ]

    def _hits(self, ranking: Ranking, query: str, k: int, how: SearchSettings) -> list[Hit]:
        corpus = self.corpus
        ranking = ranking.by_score(corpus.ids)
        if how.rerank is not None:
            if (how.rerank, how.rerank_revision) == (self.settings.rerank, self.settings.rerank_revision):
                self.check_reranker()
            ranking = reranked(ranking, query, corpus, how, self.root, k)
            ranking = ranking.by_score(corpus.ids)
        if how.diversity > 0:
            wanted = len(ranking.rows) if how.neighbours else k
            ranking = diverse(ranking, corpus.vectors(ranking.rows), wanted, how.diversity)
        if how.threshold is not None:
            ranking = ranking.take(ranking.scores >= how.threshold)
        if not how.neighbours:
            return self._told(ranking.first(k))
        spans = widened(ranking, corpus, k, how.neighbours)
        return self._told(ranking.take(list(spans)), list(spans.values()))

    def _told(self, ranking: Ranking, spans: Sequence[Span] = ()) -> list[Hit]:
        """The candidates as hits, with their passages' text or that of wider spans."""
        hits = []
        found = self.corpus.passages(ranking.rows)
        stale = self._freshness.of(document for document, _ in found)
        scores, ranks, name, snapshot = ranking.scores.tolist(), _ranks(ranking), self.name, self.snapshot
        for place, (document, passage) in enumerate(found):
            span = spans[place] if spans else passage
            hit = Hit(  # in the order of its fields: names take a third longer
                passage.id,
                span.text,
                document.uri,
                span.start,
                span.end,
                scores[place],
                place + 1,
                passage.heading,
                name,
                snapshot,
                document.id,
                document.hash,
                document.title,
                document.metadata,
                ranks[place],
                document.page_of(span.start),
                stale[place],
            )
            hits.append(hit)
        return hits

    @property
    def here(self) -> Index:
        """The same with its passages on this machine: of an index on a server a copy, made once.

        Raises:
            UsageError: It is too large to be copied.
            Unfinished: The server cannot be reached.
        """
        with self._lock:
            return self._here

    def check_embedder(self) -> None:
        """Makes sure, once, that the embedder is the one that the snapshot was built with.

        Raises:
            SnapshotError: It is another, or gives other vectors.
        """
        with self._lock:
            _ = self._embedder_checked

    def check_reranker(self) -> None:
        """Makes sure, once, that the cross-encoder of its settings is the one that the snapshot was built with.

        Raises:
            SnapshotError: It is another.
            DefinitionError: It is not there, or is not pinned.
        """
        with self._lock:
            _ = self._reranker_checked

    def _embedded(self, queries: Sequence[str]) -> Vectors:
        import numpy as np

        self.check_embedder()
        known = self._query_vectors
        new = [query for query in dict.fromkeys(queries) if query not in known]
        if len(known) + len(new) > _REMEMBERED_QUERIES:
            known = self._query_vectors = {}
            new = list(dict.fromkeys(queries))
        if new:
            known.update(zip(new, embed_texts(self.embedder, new, "query"), strict=True))
        return np.array([known[query] for query in queries])

    @property
    def corpus(self) -> Corpus:
        """Its passages, row by row."""
        with self._lock:
            return self._corpus

    @cached_property
    def _corpus(self) -> Corpus:
        snapshot = self.snapshot_in_use
        analyzer = checked_analyzer(snapshot)
        snapshot.verify()
        if isinstance(snapshot, PushedSnapshot):
            return snapshot.backend.corpus(snapshot.manifest, analyzer)
        assert isinstance(snapshot, Snapshot)
        return LocalCorpus(snapshot, analyzer)

    @cached_property
    def _here(self) -> Index:
        from genops.retrieval.search.copied import copied

        return copied(self) if isinstance(self.snapshot_in_use, PushedSnapshot) else self

    @cached_property
    def _embedder_checked(self) -> bool:
        check_embedder(self.snapshot_in_use, self.embedder)
        return True

    @cached_property
    def _reranker_checked(self) -> bool:
        check_reranker(self.snapshot_in_use, self.root)
        return True

    @cached_property
    def _freshness(self) -> Freshness:
        return Freshness(self.root, self.snapshot_in_use, self.history)


def open_index(settings: Settings, name: str, snapshot: str | None = None) -> Index:
    """Opens an index, without loading the model: once in a process for each snapshot.

    Args:
        settings: The project's.
        name: The index's, as in the settings.
        snapshot: A digest or its beginning; None for the snapshot in use.

    Raises:
        ReferenceNotFound: No such index, snapshot or embedder.
        SnapshotError: It was not built yet, or a file is missing, damaged or of another format.
    """
    found = find_snapshot(settings, name, snapshot)
    embedder = embedder_named(settings, index_settings(settings, name).embedder)
    key = (settings.root, found.place, found.manifest.built_at, embedder)
    with _opening:
        if key not in _opened:
            found.verify()
            while len(_opened) >= _KEPT_OPEN:
                del _opened[next(iter(_opened))]
            _opened[key] = Index(found, embedder, settings.root, shelf_of(settings, name).history)
        return _opened[key]


_KEPT_OPEN = 16
_opened: dict[tuple[Path, str, str, Embedder], Index] = {}
_opening = threading.Lock()


def _depth(k: int, how: SearchSettings) -> int:
    """Passages that each ranker finds: the hits, or the candidates of what chooses among them."""
    chosen = how.mode == "hybrid" or how.rerank is not None or how.diversity > 0 or how.neighbours > 0
    return max(k, how.candidates) if chosen else k


def _ranks(ranking: Ranking) -> list[dict[str, Rank]]:
    """What each ranker says of each candidate."""
    ranks: list[dict[str, Rank]] = [{} for _ in ranking.rows]
    for name, told in ranking.rankers.items():
        columns = (told.ranks.tolist(), told.scores.tolist(), told.raw.tolist())
        for said, rank, score, raw in zip(ranks, *columns, strict=True):
            said[name] = Rank(rank or None, score, raw)
    return ranks


def _asked_for(query: str | Sequence[str]) -> list[str]:
    """The distinct texts of a query."""
    if isinstance(query, str):
        return [query]
    if not isinstance(query, Sequence):
        raise InputError(f"a query is text, not {query!r:.60}", hint="search for some text, or for a list of texts")
    if not query:
        raise InputError("there is no query", hint="search for some text")
    return [each for place, each in enumerate(query) if each not in query[:place]]


def _check(query: str, k: int) -> None:
    if not isinstance(query, str):
        raise InputError(f"a query is text, not {query!r:.60}", hint="search for some text, or for a list of texts")
    if not query.strip():
        raise InputError("the query is empty", hint="search for some text")
    if len(query) > QUERY_CHARACTERS:
        raise InputError(f"the query has {len(query):,} characters", hint=f"{QUERY_CHARACTERS:,} at most")
    if not query.isascii() and any("\ud800" <= character <= "\udfff" for character in query):
        raise InputError("the query holds a lone surrogate, which is not text", hint="check how it was decoded")
    if not isinstance(k, Integral):
        raise InputError(f"k is {k!r:.60}, not a whole number", hint="ask for 1 hit or more")
    if k < 1:
        raise InputError(f"k is {k}", hint="ask for 1 hit or more")
