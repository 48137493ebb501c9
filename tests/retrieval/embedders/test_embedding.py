import numpy as np
import pytest

from genops.errors import Unfinished
from genops.retrieval import embed_texts
from tests.retrieval.hashing import BrokenEmbedder, HashingEmbedder


def test_vectors_have_unit_length():
    vectors = embed_texts(HashingEmbedder(), ["one", "two words", "x " * 500])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_short_texts_get_the_embedders_own_vectors():
    embedder = HashingEmbedder()
    assert embed_texts(embedder, ["a b", "c"]) == pytest.approx(embedder.encode(["a b", "c"]))


def test_a_long_text_gets_the_mean_of_all_its_pieces():
    embedder = HashingEmbedder()
    vector = embed_texts(embedder, ["short", "alpha " * 62 + "omega " * 62, "also short"])[1]
    assert embedder.encoded[1:3] == ["alpha " * 61 + "alpha", "omega " * 61 + "omega"]
    alpha, omega = embedder.encode(["alpha", "omega"])
    assert vector @ alpha == pytest.approx(vector @ omega) == pytest.approx(0.5**0.5, abs=1e-6)


def test_no_texts_give_no_vectors():
    assert embed_texts(HashingEmbedder(), []).shape == (0, 64)


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(Unfinished, match="not finite"):
        embed_texts(BrokenEmbedder(), ["text"])


def test_vectors_of_another_shape_are_refused():
    class Short(HashingEmbedder):
        def encode(self, texts):
            return super().encode(texts)[:, :10]

    with pytest.raises(Unfinished, match=r"shape \(1, 10\), not \(1, 64\)"):
        embed_texts(Short(), ["text"])
