"""Vectors of texts by the project's embedder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genops.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def text_embedder(settings: Settings) -> Callable[[list[str]], NDArray[np.float32]]:
    """A function that gives the normalised vectors of texts: n x dimension."""
    from genops.retrieval import default_embedder, embed_texts

    embedder = default_embedder(settings)
    return lambda texts: embed_texts(embedder, texts)
