"""Evidence that paired values differ, as an e-value: it may be looked at whenever, and taken together by e-BH.

The two gamblers of ``SequentialTest`` bet on the differences, the one that they are above zero and the other that they
are below. Under the hypothesis that their mean is zero neither capital can be expected to grow, and so not the half of
each. With a claim about the population the capital does not depend on the order of the units, so that the e-value of an
evaluation is that of its gate's looks, whenever they stopped: I. Waudby-Smith and A. Ramdas, Estimating means of
bounded random variables by betting, Journal of the Royal Statistical Society B 86 (2024), arXiv:2010.09686.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genops.stats.betting import METHOD, Population
from genops.stats.clusters import Clusters, checked_weights, cluster_codes
from genops.stats.interval import Floats
from genops.stats.sequential import SequentialTest

EVIDENCE = f"e-value by {METHOD}"
_BLOCK = 4_096


def difference_e_value(
    differences: Sequence[float] | Floats,
    reach: float,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
) -> float:
    """The e-value against "the mean difference is zero": 1 says nothing, 20 is as much as a p-value of 0.05.

    Args:
        differences: One a pair.
        reach: How far a difference can be from zero, above zero.
        clusters: The cluster of each pair, bet on as a whole; None where each stands alone.
        weights: How much each pair counts, above zero; None where all count the same.

    Raises:
        ValueError: The lengths differ, a difference is out of reach, or a weight is not above zero.
    """
    sample = np.asarray(differences, dtype=np.float64)
    weight = checked_weights(weights, len(sample))
    codes, count = cluster_codes(clusters, len(sample))
    if not count:
        return 1.0
    totals = np.bincount(codes, weight, count).astype(np.float64)
    means = np.bincount(codes, weight * sample, count) / totals
    inside = np.clip(means, -reach, reach)
    if not np.allclose(inside, means, rtol=0, atol=1e-9 * reach):
        raise ValueError(f"a difference lies between {-reach} and {reach}")
    test = SequentialTest(0.0, Population(float(totals.max())), ends=(-reach, reach))
    for start in range(0, count, _BLOCK):
        test.update(inside[start : start + _BLOCK], weights=totals[start : start + _BLOCK])
    found = test.result()
    return (found.e_at_least + found.e_below) / 2
