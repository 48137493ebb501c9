"""Search by vectors over FAISS: kinds of index by size, one contract for all of them."""

from genops.retrieval.dense.bench import KindFigures, bench_kinds
from genops.retrieval.dense.choose import choose_kind
from genops.retrieval.dense.index import DenseIndex
from genops.retrieval.dense.storage import open_dense, write_blocks, write_dense

__all__ = ["DenseIndex", "KindFigures", "bench_kinds", "choose_kind", "open_dense", "write_blocks", "write_dense"]
