"""Search by words: texts to tokens, postings of them, and BM25 over postings."""

from genops.retrieval.lexical.analyzer import Analyzer, query_tokens
from genops.retrieval.lexical.bm25 import BM25
from genops.retrieval.lexical.postings import Postings

__all__ = ["BM25", "Analyzer", "Postings", "query_tokens"]
