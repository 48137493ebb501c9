"""Writing and opening the files of an index, whichever its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genops.errors import Location, SnapshotError
from genops.retrieval.dense.flat import FlatIndex, write_flat
from genops.retrieval.dense.index import DenseIndex, Vectors

INDEX = "index.faiss"


def write_dense(folder: Path, vectors: Vectors, kind: str) -> list[str]:
    """Writes an index of vectors into an existing folder.

    Args:
        folder: Where to.
        vectors: float32, rows x dimension, of unit length; may be memory-mapped and larger than memory.
        kind: See :func:`choose_kind`.

    Returns:
        The names of the files.

    Raises:
        InputError: A vector is not finite or not of unit length.
    """
    write_flat(folder / INDEX, vectors)
    return [INDEX]


def open_dense(folder: Path, kind: str, rows: int, dimension: int) -> DenseIndex:
    """The index that :func:`write_dense` wrote, memory-mapped. Only for files whose hashes were checked.

    Raises:
        SnapshotError: A file is missing, damaged, or of another kind or size than said.
    """
    index = FlatIndex(read_mapped(folder / INDEX))
    if (index.rows, index.dimension) != (rows, dimension):
        raise SnapshotError(
            f"{index.rows} vectors of {index.dimension} numbers, where {rows} of {dimension} belong",
            at=Location(folder / INDEX),
        )
    return index


def read_mapped(path: Path) -> Any:
    """A FAISS index whose vectors stay in the file.

    Raises:
        SnapshotError: It cannot be read.
    """
    import faiss

    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise SnapshotError(f"not an index of vectors: {str(error).splitlines()[0]}", at=Location(path)) from None
