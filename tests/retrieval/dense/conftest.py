import numpy as np
import pytest

from genops.retrieval.dense import open_dense, write_dense


@pytest.fixture
def clustered():
    """Makes unit vectors that lie in clusters of low rank, as embeddings do."""

    def make(rows, dimension=32, seed=0):
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((20, dimension))
        spread = rng.standard_normal((8, dimension))
        noise = rng.standard_normal((rows, 8)) @ spread * 0.3 + rng.standard_normal((rows, dimension)) * 0.05
        vectors = centres[rng.integers(0, 20, rows)] + noise
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    return make


@pytest.fixture
def built(tmp_path):
    """Writes and opens an index."""

    def build(vectors, kind):
        folder = tmp_path / f"{kind}-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        names = write_dense(folder, vectors, kind)
        assert sorted(names) == sorted(path.name for path in folder.iterdir())
        return open_dense(folder, kind, *vectors.shape)

    return build
