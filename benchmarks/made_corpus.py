"""A corpus that is made up, for benchmarks of retrieval: texts of Zipf-distributed words, vectors without a model.

A text's vector is a point of a low-rank mixture of Gaussians chosen by the text's hash: clustered as real embeddings
are, and the same in every process. Nothing is said about meaning by it; only sizes and times are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

import numpy as np

from genops.plugins import registry
from genops.retrieval import Document

DIMENSION = 384
RANK = 48
CLUSTERS = 256
WORDS = 30_000
_WORD = re.compile(r"\w+")


class MadeEmbedder:
    """Vectors by the hash of a text."""

    name = "made"
    dimension = DIMENSION
    window = 512
    languages = ()

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self._centres = rng.normal(size=(CLUSTERS, RANK)).astype(np.float32)
        self._basis = rng.normal(size=(RANK, DIMENSION)).astype(np.float32)

    def identity(self) -> dict[str, object]:
        """See ``Embedder``."""
        return {"model": "made", "version": 1}

    def count_tokens(self, text: str) -> int:
        """See ``Embedder``."""
        return 2 + len(_WORD.findall(text))

    def encode(self, texts: Sequence[str], role: str = "passage") -> np.ndarray:
        """See ``Embedder``."""
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts]
        points = np.stack(
            [
                self._centres[seed % CLUSTERS] + 0.6 * np.random.default_rng(seed).normal(size=RANK).astype(np.float32)
                for seed in seeds
            ]
        )
        vectors = points.astype(np.float32) @ self._basis
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def register() -> None:
    registry.add("embedder", "made", MadeEmbedder)


def texts(count: int, words: int, seed: int = 0) -> Iterator[str]:
    """Texts of so many words, whose frequencies fall as 1 / rank."""
    rng = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, WORDS + 1)
    weights /= weights.sum()
    vocabulary = np.array([f"w{number:05d}" for number in range(WORDS)])
    for _ in range(0, count, 1_000):
        for row in rng.choice(WORDS, size=(1_000, words), p=weights):
            yield " ".join(vocabulary[row])


def documents(count: int, words: int = 60) -> Iterator[Document]:
    """Documents of one passage each; ``part`` is the number modulo 100, so that one value keeps 1%."""
    for number, text in zip(range(count), texts(count, words), strict=False):
        yield Document(f"d{number}", f"d{number}", text, metadata={"part": number % 100})
