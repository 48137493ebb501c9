"""A small embedder that needs no model: hashed bags of words, so that shared words mean similar vectors."""

import re
import zlib

import numpy as np

from genops.plugins import registry

_WORD = re.compile(r"\w+|[^\w\s]")


class HashingEmbedder:
    name = "hashing"
    dimension = 64
    window = 64
    languages = ()

    def __init__(self, salt=0):
        self.salt = salt
        self.encoded = []

    def identity(self):
        return {"model": "hashing", "salt": self.salt, "dimension": self.dimension}

    def count_tokens(self, text):
        return 2 + len(_WORD.findall(text))

    def encode(self, texts, role="passage"):
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()):
                vectors[row, zlib.crc32(word.encode("utf-8"), self.salt) % self.dimension] += 1.0
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def register(registry=registry):
    registry.add("embedder", "hashing", HashingEmbedder)
    registry.add("embedder", "hashing-salted", salted)
    registry.add("embedder", "hashing-drifting", DriftingEmbedder)
    registry.add("embedder", "hashing-broken", BrokenEmbedder)


def salted():
    return HashingEmbedder(salt=7)


class DriftingEmbedder(HashingEmbedder):
    """Claims to be the same, and computes something else once ``drifted`` is set."""

    drifted = False

    def encode(self, texts, role="passage"):
        vectors = super().encode(texts, role)
        return np.roll(vectors, 1, axis=1) if self.drifted else vectors


class BrokenEmbedder(HashingEmbedder):
    """Gives what is not a number."""

    def encode(self, texts, role="passage"):
        return np.full((len(texts), self.dimension), np.nan, dtype=np.float32)
