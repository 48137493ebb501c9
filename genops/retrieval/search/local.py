"""A corpus in segments on this machine: FAISS, BM25 over arrays, metadata as columns; all of it memory-mapped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from genops.retrieval.filters import Columns, Filter
from genops.retrieval.lexical import BM25, Analyzer, query_tokens
from genops.retrieval.search.corpus import Best
from genops.retrieval.snapshots.segment import DocumentRecord, Passage, Segment
from genops.retrieval.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genops.retrieval.embedders.embedder import Vectors

    Mask = NDArray[np.bool_]


class LocalCorpus:
    """The segments of a snapshot, numbered through; tombstones are never found.

    Equal scores are ordered by chunk id before the best are cut off: a layout leaves no trace in what is found.

    Args:
        snapshot: Verified.
        analyzer: As the snapshot was built with; None where it has no words.
    """

    def __init__(self, snapshot: Snapshot, analyzer: Analyzer | None) -> None:
        self._analyzer = analyzer
        self._segments = [segment for segment in snapshot.segments if segment.entry.chunks]
        self._firsts: list[int] = []
        self.rows = 0
        for segment in self._segments:
            self._firsts.append(self.rows)
            self.rows += segment.entry.chunks
        self._lock = threading.RLock()

    def dense(self, vectors: Vectors, depth: int, where: Filter | None) -> list[Best]:
        """The rows whose vectors are nearest to each query's, with cosines."""
        import numpy as np

        found: list[list[Best]] = []
        for segment, first, mask in self._parts(self.allowed(where)):
            scores, rows = segment.dense.search(vectors, min(depth, segment.entry.chunks), mask)
            if (rows[:, -1] < 0).any():
                counts = np.count_nonzero(rows >= 0, axis=1).tolist()
                found.append([Best(r[:n] + first, s[:n]) for r, s, n in zip(rows, scores, counts, strict=True)])
            else:
                found.append([Best(r + first, s) for r, s in zip(rows, scores, strict=True)])
        return [self._merged(parts, depth) for parts in zip(*found, strict=True)]

    def _merged(self, parts: Sequence[Best], depth: int) -> Best:
        import numpy as np

        if len(parts) == 1:
            return parts[0]
        rows, raw = (np.concatenate(columns) for columns in zip(*((p.rows, p.raw) for p in parts), strict=True))
        return best_of(rows, raw, depth, self.ids(rows))

    def cosines(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of one query's vector and each row's."""
        return self.vectors(rows) @ vector

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Unit vectors of rows."""
        import numpy as np

        found = np.empty((len(rows), self._dimension), dtype=np.float32)
        for segment, places, local in self._by_segment(rows):
            found[places] = segment.dense.vectors(local)
        return found

    def _by_segment(self, rows: NDArray[np.int64]) -> Iterator[tuple[Segment, NDArray[np.intp], NDArray[np.int64]]]:
        """Segments with the places in ``rows`` that are theirs, and their own numbers of these rows."""
        import numpy as np

        if len(self._segments) == 1:
            yield self._segments[0], np.arange(len(rows)), rows
            return
        which = np.searchsorted(self._firsts, rows, side="right") - 1
        for number, segment in enumerate(self._segments):
            places = np.flatnonzero(which == number)
            yield segment, places, rows[places] - self._firsts[number]

    @cached_property
    def _dimension(self) -> int:
        import numpy as np

        return int(self._segments[0].dense.vectors(np.zeros(1, dtype=np.int64)).shape[1])

    def words(self, query: str, k1: float, b: float) -> LocalWords:
        """BM25 of one query over the rows."""
        tokens = query_tokens(query, self._analyzer)
        with self._lock:
            scorer = self._scorers(k1, b)
        return LocalWords(self, scorer.scores(tokens), scorer.bound(tokens))

    @cached_property
    def _scorers(self) -> Any:
        return lru_cache(maxsize=4)(self._scorer)

    def _scorer(self, k1: float, b: float) -> BM25:
        import numpy as np

        alive = np.ones(self.rows, dtype=bool) if self._alive is None else self._alive
        return BM25([segment.postings for segment in self._segments], alive, k1, b)

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Chunk ids of rows, as numbers."""
        return self._ids[rows]

    @cached_property
    def _ids(self) -> NDArray[np.uint64]:
        import numpy as np

        return np.concatenate([segment.ids for segment in self._segments])

    def passages(self, rows: NDArray[np.int64]) -> list[tuple[DocumentRecord, Passage]]:
        """The passages of rows, with their documents."""
        if len(self._segments) == 1:
            return _told(self._segments[0], rows)
        found: dict[int, tuple[DocumentRecord, Passage]] = {}
        for segment, places, local in self._by_segment(rows):
            found.update(zip(places.tolist(), _told(segment, local), strict=True))
        return [found[place] for place in range(len(rows))]

    def around(self, row: int, neighbours: int) -> tuple[int, int, str]:
        """Start, end and text of a passage with its neighbours."""
        segment, local = self._at(row)
        rows = segment.rows(int(segment.document_of[local]))
        first, last = max(rows.start, local - neighbours), min(rows.stop - 1, local + neighbours)
        return segment.passage(first).start, segment.passage(last).end, segment.between(first, last)

    def _at(self, row: int) -> tuple[Segment, int]:
        number = max(n for n, first in enumerate(self._firsts) if first <= row)
        return self._segments[number], row - self._firsts[number]

    def _parts(self, allowed: Mask | None) -> list[tuple[Segment, int, Mask | None]]:
        return [
            (segment, first, None if allowed is None else allowed[first : first + segment.entry.chunks])
            for segment, first in zip(self._segments, self._firsts, strict=True)
        ]

    def living(self) -> NDArray[np.int64]:
        """All rows that are no tombstones, ascending."""
        import numpy as np

        return np.arange(self.rows) if self._alive is None else np.flatnonzero(self._alive)

    def allowed(self, where: Filter | None) -> Mask | None:
        """The living rows that a filter leaves; None for all."""
        if where is None:
            return self._alive
        with self._lock:
            mask: Mask = self._masks(where)
            return mask

    @cached_property
    def _masks(self) -> Any:
        return lru_cache(maxsize=64)(self._mask)

    def _mask(self, where: Filter) -> Mask:
        mask: Mask = self._columns.mask(where)[self._document_of]
        alive = self._alive
        return mask if alive is None else mask & alive

    @cached_property
    def _alive(self) -> Mask | None:
        """The rows that are no tombstones; None when there are none."""
        import numpy as np

        dead = [
            first + row
            for segment, first in zip(self._segments, self._firsts, strict=True)
            for row in segment.dead_rows()
        ]
        if not dead:
            return None
        alive = np.ones(self.rows, dtype=bool)
        alive[dead] = False
        return alive

    @cached_property
    def _columns(self) -> Columns:
        """One row for each document of all segments."""
        return Columns.of([record.filterable() for segment in self._segments for record in segment.records()])

    @cached_property
    def _document_of(self) -> NDArray[np.int64]:
        import numpy as np

        before, parts = 0, []
        for segment in self._segments:
            parts.append(segment.document_of + before)
            before += segment.entry.documents
        return np.concatenate(parts)


def _told(segment: Segment, rows: NDArray[np.int64]) -> list[tuple[DocumentRecord, Passage]]:
    """The passages of a segment's rows, with their documents."""
    passages = segment.passages(rows)
    return list(zip(segment.records([passage.document for passage in passages]), passages, strict=True))


@dataclass(frozen=True, slots=True)
class LocalWords:
    """One query's BM25 scores of every row."""

    corpus: LocalCorpus
    all: NDArray[np.float32]
    bound: float

    def best(self, depth: int, where: Filter | None) -> Best:
        """The rows with the highest BM25 scores, those above 0; tombstones have none."""
        import numpy as np

        found = self.all > 0
        if where is not None:
            mask = self.corpus.allowed(where)
            found = found if mask is None else found & mask
        rows = np.flatnonzero(found)
        return best_of(rows, self.all[rows], depth, self.corpus.ids(rows))

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The BM25 score of each row."""
        return self.all[rows]


def best_of(rows: NDArray[np.int64], raw: NDArray[np.float32], depth: int, ties: NDArray[Any]) -> Best:
    """The highest ``depth``, best first; of equal ones, that with the lower ``ties`` first."""
    import numpy as np

    if len(rows) > depth:
        top = np.flatnonzero(raw >= np.partition(raw, len(raw) - depth)[len(raw) - depth])
        rows, raw, ties = rows[top], raw[top], ties[top]
    order = np.lexsort((ties, -raw))[:depth]
    return Best(rows[order], raw[order])
