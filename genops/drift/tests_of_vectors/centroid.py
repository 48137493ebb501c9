"""The distance of the centroids: the plainest question that can be asked of two clouds of points."""

from __future__ import annotations

import numpy as np

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("centroid", of="vectors")
def centroid(samples: Samples, relabellings: Relabellings) -> Tested:
    """The Euclidean distance of the two windows' mean vectors.

    It sees a shift of the whole and nothing else: windows of equal means and different spread are the same to it. The
    witness is the coordinate along the difference of the means of the other folds.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
    """
    vectors = samples.values.astype(np.float64)
    vectors -= vectors.mean(axis=0)
    distances = np.empty(1 + relabellings.count)
    for part, weights in relabellings.blocks():
        distances[part] = np.linalg.norm(vectors.T @ weights, axis=0)
    folds = folds_of(samples, relabellings.seed)
    witness = np.zeros(samples.n)
    for fold in np.unique(folds):
        inside, current = folds == fold, samples.is_current
        rest = [vectors[~inside & side] for side in (current, ~current)]
        if all(len(rows) for rows in rest):
            witness[inside] = vectors[inside] @ (rest[0].mean(axis=0) - rest[1].mean(axis=0))
    return Tested(float(distances[0]), relabellings.p_value(distances), witness, folds)
