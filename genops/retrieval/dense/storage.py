"""Writing and opening the files of an index, whichever its kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genops.errors import InputError, Location, SnapshotError
from genops.retrieval.dense.approximate import ApproximateIndex
from genops.retrieval.dense.flat import FlatIndex, write_flat
from genops.retrieval.dense.hnsw import HnswCandidates, write_hnsw
from genops.retrieval.dense.index import DenseIndex, Ties, Vectors
from genops.retrieval.dense.ivf import IvfCandidates, write_ivf
from genops.retrieval.dense.library import faiss_library

INDEX, VECTORS = "index.faiss", "vectors.faiss"
_READ_AT_ONCE = 16_384
_CLASSES = {
    "flat": "IndexFlatIP",
    "hnsw": "IndexHNSWFlat",
    "ivf_sq8": "IndexIVFScalarQuantizer",
    "ivf_pq": "IndexIVFPQ",
}


def write_dense(folder: Path, vectors: Vectors, kind: str) -> list[str]:
    """Writes an index of vectors into an existing folder.

    Args:
        folder: Where to.
        vectors: float32, rows x dimension, of unit length; may be memory-mapped and larger than memory.
        kind: See :func:`choose_kind`.

    Returns:
        The names of the files.

    Raises:
        InputError: A vector is not finite or not of unit length; or there is none, and the kind is not ``flat``.
    """
    rows, dimension = vectors.shape
    blocks = (vectors[first : first + _READ_AT_ONCE] for first in range(0, rows, _READ_AT_ONCE))
    return write_blocks(folder, blocks, rows, dimension, kind)


def write_blocks(folder: Path, blocks: Iterable[Vectors], rows: int, dimension: int, kind: str) -> list[str]:
    """As :func:`write_dense`, from vectors that come block by block; no more than one is in memory of a flat index."""
    if kind not in _CLASSES:
        raise ValueError(f"no kind of index is called {kind!r}")
    if kind == "flat":
        write_flat(folder / INDEX, blocks, rows, dimension)
        return [INDEX]
    if not rows:
        raise InputError(f"no vectors to build an index of kind {kind!r} of", hint="an empty index can only be flat")
    vectors = write_flat(folder / VECTORS, blocks, rows, dimension)
    if kind == "hnsw":
        write_hnsw(folder / INDEX, vectors)
        (folder / VECTORS).unlink()  # the graph's file has them too
        return [INDEX]
    write_ivf(folder / INDEX, vectors, kind)
    return [INDEX, VECTORS]


def open_dense(folder: Path, kind: str, rows: int, dimension: int, ties: Ties | None = None) -> DenseIndex:
    """The index that :func:`write_dense` wrote, memory-mapped. Only for files whose hashes were checked.

    Args:
        folder: Where it is.
        kind: What it was written as.
        rows: How many vectors it has.
        dimension: Numbers in each.
        ties: A number of each row that orders equal scores; by default the row.

    Raises:
        SnapshotError: A file is missing, damaged, or of another kind or size than said.
    """
    if kind not in _CLASSES:
        raise SnapshotError(f"no kind of index is called {kind!r}", at=Location(folder))
    index = _read(folder / INDEX, _CLASSES[kind], rows, dimension)
    if kind == "flat":
        return FlatIndex(index, ties)
    if kind == "hnsw":
        vectors = FlatIndex(faiss_library().downcast_index(index.storage), ties)
        return ApproximateIndex(kind, HnswCandidates(index), vectors)
    vectors = FlatIndex(_read(folder / VECTORS, _CLASSES["flat"], rows, dimension), ties)
    per_hit, margin = (2, 16) if kind == "ivf_sq8" else (4, 100)
    return ApproximateIndex(kind, IvfCandidates(index, per_hit, margin), vectors)


def _read(path: Path, name: str, rows: int, dimension: int) -> Any:
    """A FAISS index whose arrays stay in the file."""
    faiss = faiss_library()
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise SnapshotError(f"not an index of vectors: {str(error).splitlines()[0]}", at=Location(path)) from None
    found, wanted = (type(index).__name__, index.ntotal, index.d), (name, rows, dimension)
    if found != wanted:
        said = "{} of {} vectors of {} numbers".format
        raise SnapshotError(f"a {said(*found)}, where a {said(*wanted)} belongs", at=Location(path))
    return index
