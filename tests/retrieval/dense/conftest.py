import numpy as np
import pytest

from genops.retrieval.dense import open_dense, write_dense


def clusters(rows, dimension=32, seed=0):
    """Unit vectors that lie in clusters of low rank, as embeddings do."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((20, dimension))
    spread = rng.standard_normal((8, dimension))
    noise = rng.standard_normal((rows, 8)) @ spread * 0.3 + rng.standard_normal((rows, dimension)) * 0.05
    vectors = centres[rng.integers(0, 20, rows)] + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def clustered():
    """Makes unit vectors that lie in clusters of low rank, as embeddings do."""
    return clusters


@pytest.fixture(scope="session")
def build_once(tmp_path_factory):
    """Writes and opens the index of 4,000 clustered vectors of a kind, once a process."""
    opened = {}

    def build(kind):
        if kind not in opened:
            folder = tmp_path_factory.mktemp(kind)
            write_dense(folder, clusters(4000), kind)
            opened[kind] = open_dense(folder, kind, 4000, 32)
        return opened[kind]

    return build


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
