"""Inverted file: vectors in clusters, compressed, and a search looks into the clusters nearest to the query.

``ivf_sq8`` keeps a byte for each number. ``ivf_pq`` keeps a byte for every four (product quantisation: Jégou, Douze and
Schmid, 2011, doi:10.1109/TPAMI.2010.57). The same vectors give the same bytes, whatever the number of threads.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from genops.retrieval.dense.gpu import Gpu
from genops.retrieval.dense.index import Mask, Rows, Vectors
from genops.retrieval.dense.library import building_threads, faiss_library, faiss_threads, selector
from genops.retrieval.dense.unit import unit_vectors

_PROBES = 64
_ROWS_PER_HIT = 100
_SAMPLE_PER_CLUSTER = 50
_SAMPLE_NUMBERS = 2**26
_ROUNDS = 10
_CODE_VALUES = 256
_ADDED_AT_ONCE = 16_384


class IvfCandidates:
    """See :class:`~genops.retrieval.dense.approximate.Candidates`.

    Args:
        index: A FAISS ``IndexIVF``.
        per_hit: Candidates for each hit that is wanted; the coarser the codes, the more.
        margin: Candidates beyond that.
    """

    def __init__(self, index: Any, per_hit: int, margin: int) -> None:
        self._index = index
        self._gpu = Gpu(index)
        self._per_hit = per_hit
        self._margin = margin

    def propose(self, queries: Vectors, k: int, effort: float, allowed: Mask | None) -> Rows:
        """See :meth:`Candidates.propose`."""
        rows_per_cluster = self._index.ntotal / self._index.nlist
        probes = math.ceil(max(_PROBES, _ROWS_PER_HIT * k / rows_per_cluster) * effort)
        probes = min(probes, self._index.nlist)
        fetch = min(self._index.ntotal, self._per_hit * k + self._margin)
        params = faiss_library().SearchParametersIVF(nprobe=probes, sel=selector(allowed))
        if self._gpu.takes(max(fetch, probes), allowed):
            return self._gpu.nearest(queries, fetch, params)
        with faiss_threads(len(queries)):
            rows: Rows = self._index.search(queries, fetch, params=params)[1]
        return rows

    def few(self, count: int, rows: int) -> bool:
        """See :meth:`Candidates.few`. It is so up to as many rows as are in the clusters of one search."""
        return bool(count * self._index.nlist <= rows * _PROBES)


def write_ivf(path: Path, vectors: Vectors, kind: str) -> None:
    """Writes the file of an index. The codes are in memory while it is built, the vectors are not.

    Args:
        path: Where to.
        vectors: One or more.
        kind: ``ivf_sq8`` or ``ivf_pq``.

    Raises:
        InputError: A vector is not finite or not of unit length.
    """
    faiss = faiss_library()

    rows, dimension = vectors.shape
    index = _untrained(kind, dimension, clusters=max(1, min(round(2 * math.sqrt(rows)), rows // _SAMPLE_PER_CLUSTER)))
    with faiss_threads(building_threads(rows)):
        index.train(_sample(vectors, _SAMPLE_PER_CLUSTER * index.nlist))
        for first in range(0, rows, _ADDED_AT_ONCE):
            index.add(unit_vectors(vectors[first : first + _ADDED_AT_ONCE], dimension, first))
    faiss.write_index(index, str(path))


def _untrained(kind: str, dimension: int, clusters: int) -> Any:
    faiss = faiss_library()

    centroids = faiss.IndexFlatIP(dimension)
    if kind == "ivf_sq8":
        code = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexIVFScalarQuantizer(centroids, dimension, clusters, code, faiss.METRIC_INNER_PRODUCT)
    else:
        parts = next(parts for parts in range(max(1, dimension // 4), 0, -1) if dimension % parts == 0)
        index = faiss.IndexIVFPQ(centroids, dimension, clusters, parts, 8, faiss.METRIC_INNER_PRODUCT)
        _cluster_by(index.pq.cp)
    _cluster_by(index.cp)
    index.own_fields = True
    centroids.this.disown()
    return index


def _cluster_by(parameters: Any) -> None:
    parameters.niter = _ROUNDS
    parameters.min_points_per_centroid = 1
    parameters.max_points_per_centroid = _SAMPLE_PER_CLUSTER


def _sample(vectors: Vectors, wanted: int) -> Vectors:
    """Vectors to train on, the same ones every time; repeated where there are fewer than an index can be trained on."""
    rows, dimension = vectors.shape
    size = min(rows, max(wanted, _CODE_VALUES * _SAMPLE_PER_CLUSTER), _SAMPLE_NUMBERS // dimension)
    chosen = np.sort(np.random.default_rng(0).choice(rows, size, replace=False))
    return unit_vectors(vectors[np.resize(chosen, max(size, _CODE_VALUES))], dimension)
