import numpy as np
import pytest

from genops.errors import Unfinished
from genops.retrieval import VectorCache, embed_texts
from genops.retrieval.embedders import embedding
from tests.retrieval.hashing import BrokenEmbedder, HashingEmbedder

TEXTS = [f"text number {number} " + "more " * (number % 7) for number in range(200)]


@pytest.fixture
def cache(tmp_path):
    return VectorCache(tmp_path / "vectors.db")


def test_vectors_have_unit_length():
    vectors = embed_texts(HashingEmbedder(), ["one", "two words", "x " * 500])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_short_texts_get_the_embedders_own_vectors_in_their_order():
    embedder = HashingEmbedder()
    assert embed_texts(embedder, ["a b", "c", "a b"]) == pytest.approx(embedder.encode(["a b", "c", "a b"]))


def test_a_long_text_gets_the_mean_of_all_its_pieces():
    embedder = HashingEmbedder()
    vector = embed_texts(embedder, ["short", "alpha " * 62 + "omega " * 62, "also short"])[1]
    assert embedder.encoded[:2] == ["alpha " * 61 + "alpha", "omega " * 61 + "omega"]
    alpha, omega = embedder.encode(["alpha", "omega"])
    assert vector @ alpha == pytest.approx(vector @ omega) == pytest.approx(0.5**0.5, abs=1e-6)


@pytest.mark.parametrize("broken", ["cut \ud83d", "cut \ud83d" + " more" * 200])
def test_a_lone_surrogate_is_embedded_as_the_replacement_character(broken, cache):
    embedder = HashingEmbedder()
    vectors = embed_texts(embedder, [broken, "whole"], cache=cache)
    assert all(text.isascii() or "\ufffd" in text for text in embedder.encoded)
    assert np.array_equal(embed_texts(embedder, [broken], cache=cache)[0], vectors[0])


def test_the_role_reaches_the_embedder(cache):
    class ByRole(HashingEmbedder):
        def encode(self, texts, role="passage"):
            return super().encode([f"{role} {text}" for text in texts])

    query, passage = (embed_texts(ByRole(), ["text"], role, cache) for role in ("query", "passage"))
    assert not np.array_equal(query, passage)
    assert np.array_equal(embed_texts(ByRole(), ["text"], "query", cache), query)


def test_only_what_the_cache_does_not_know_is_embedded(cache):
    first = HashingEmbedder()
    before = embed_texts(first, TEXTS[:150], cache=cache)
    second = HashingEmbedder()
    told = []
    after = embed_texts(second, TEXTS, cache=cache, progress=lambda *numbers: told.append(numbers))
    assert sorted(second.encoded) == sorted(TEXTS[150:])
    assert np.array_equal(after[:150], before)
    assert after == pytest.approx(HashingEmbedder().encode(TEXTS), abs=1e-6)
    assert told == [(0, 50), (50, 50)]


def test_a_text_that_occurs_often_is_embedded_once():
    embedder = HashingEmbedder()
    assert embed_texts(embedder, ["same", "other", "same"]).shape == (3, 64)
    assert sorted(embedder.encoded) == ["other", "same"]


def test_texts_of_a_batch_are_of_one_length_the_longest_first():
    embedder = HashingEmbedder()
    embed_texts(embedder, TEXTS)
    lengths = [len(text) for text in embedder.encoded]
    assert lengths == sorted(lengths, reverse=True)


def test_batches_grow_while_they_are_quick(monkeypatch):
    def batches(quick):
        monkeypatch.setattr(embedding, "_QUICK", quick)
        told = []
        embed_texts(
            HashingEmbedder(), [f"text {number}" for number in range(5000)], progress=lambda *n: told.append(n[0])
        )
        return np.diff(told).tolist()

    assert batches(quick=60.0) == [64, 128, 256, 512, 1024, 2048, 968]
    assert batches(quick=0.0) == [64] * 78 + [8]


def test_what_was_embedded_before_an_interruption_is_kept(cache):
    class Interrupted(HashingEmbedder):
        def encode(self, texts, role="passage"):
            if self.encoded:
                raise KeyboardInterrupt
            return super().encode(texts, role)

    with pytest.raises(KeyboardInterrupt):
        embed_texts(Interrupted(), TEXTS, cache=cache)
    embedder = HashingEmbedder()
    embed_texts(embedder, TEXTS, cache=cache)
    assert len(embedder.encoded) == len(TEXTS) - 64


def test_no_texts_give_no_vectors():
    assert embed_texts(HashingEmbedder(), []).shape == (0, 64)


def test_numbers_that_are_not_finite_are_refused_and_not_kept(cache):
    with pytest.raises(Unfinished, match="not finite"):
        embed_texts(BrokenEmbedder(), ["text"], cache=cache)
    assert cache.get(BrokenEmbedder(), "passage", ["text"]) == {}


def test_so_is_a_vector_of_zeros():
    with pytest.raises(Unfinished, match="'hashing' gave a vector of zeros, which points nowhere"):
        embed_texts(HashingEmbedder(), [" "])


def test_vectors_of_another_shape_are_refused():
    class Short(HashingEmbedder):
        def encode(self, texts, role="passage"):
            return super().encode(texts)[:, :10]

    with pytest.raises(Unfinished, match=r"shape \(1, 10\), not \(1, 64\)"):
        embed_texts(Short(), ["text"])
