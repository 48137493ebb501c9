"""The vectors of windows: those of texts by an embedder, those that are given as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.windows import Window
from genops.index_settings import IndexSettings
from genops.settings import Settings


@dataclass(frozen=True)
class Vectors:
    """Gives windows their vectors; a text is embedded once, and kept in the project's cache of vectors.

    Attributes:
        settings: The project's.
        embedder: Name of the embedder; None for the one that indexes have by default.
        progress: Is told how many of the texts that the cache does not know are embedded, and how many there are.
    """

    settings: Settings
    embedder: str | None = None
    progress: Callable[[int, int], None] | None = None

    @property
    def name(self) -> str:
        """Of the embedder."""
        default: str = IndexSettings.model_fields["embedder"].default
        return self.embedder or default

    def identity(self) -> dict[str, Any]:
        """What the vectors follow from.

        Raises:
            UsageError: There is no such embedder.
        """
        from genops.retrieval import embedder_named

        return embedder_named(self.settings, self.name).identity()

    def of(self, window: Window) -> NDArray[np.float32] | None:
        """The vectors of a window's rows, of shape (n, d); None where rows are numbers or categories.

        Raises:
            GenopsError: The embedder fails.
        """
        if window.kind == "vector":
            return np.asarray(window.values, dtype=np.float32)
        return self.of_texts(window.values) if window.kind == "text" else None

    def of_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, of shape (n, d), of unit length.

        Raises:
            GenopsError: The embedder fails.
        """
        from genops.retrieval import VectorCache, embed_texts, embedder_named

        cache = VectorCache.of(self.settings)
        try:
            embedder = embedder_named(self.settings, self.name)
            return embed_texts(embedder, list(map(_encodable, texts)), cache=cache, progress=self.progress)
        finally:
            cache.close()


def _encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which no tokenizer takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
