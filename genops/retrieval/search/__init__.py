"""Search over an index snapshot: rankers, fusion, diversity, reranking, hits."""

from genops.retrieval.search.hit import Hit, Rank
from genops.retrieval.search.index import Index, Retriever, open_index

__all__ = ["Hit", "Index", "Rank", "Retriever", "open_index"]
