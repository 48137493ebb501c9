"""The mixture of Gaussians of F. Biggs, A. Schrab and A. Gretton, MMD-FUSE, 2023, arXiv:2306.08777."""

import numpy as np

from genops.drift.samples import Samples

CENTRES = 20.0 * np.array([[1, 1], [-1, 1], [1, -1], [-1, -1]])


def mixtures(seed: int, *, n: int = 500, sigma: float = 0.6) -> Samples:
    """Four clusters in the plane, of standard deviation 1; in the current window that of the last is sigma."""
    random = np.random.default_rng([seed, 13])

    def window(last: float) -> np.ndarray:
        cluster = random.integers(4, size=n)
        return CENTRES[cluster] + random.normal(size=(n, 2)) * np.where(cluster == 3, last, 1.0)[:, None]

    return Samples.of_vectors(window(1.0), window(sigma))
