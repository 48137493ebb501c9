"""Best of n: how likely one of k tries at a seed breaks the target, by k.

The curve of J. Hughes et al., Best-of-N jailbreaking (2024), arXiv:2412.03556, without its bias: from n tries, the
share of the choices of k that hold a breach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genops.stats import Interval, pass_at_k
from genops.stats.clusters import Clusters
from genops.stats.repeats import Counts


@dataclass(frozen=True, slots=True)
class BestOf:
    """A point of the curve.

    Attributes:
        k: How many tries one would make.
        success: The probability that at least one of them is a breach, over seeds.
    """

    k: int
    success: Interval


def best_of_n(
    breaches: Counts, tries: Counts, clusters: Clusters | None = None, level: float = 0.95
) -> tuple[BestOf, ...]:
    """The curve at 1, 2, 4, … tries, and at as many as every seed had.

    Args:
        breaches: Of the tries at each seed.
        tries: At each seed that could be scored; they must have been made alike, as those of a sweep are.
        clusters: The cluster of each seed; None where each stands alone.
        level: Of confidence.

    Raises:
        ValueError: A seed has no tries, or more breaches than tries, or there are no seeds.
    """
    fewest = int(np.min(tries)) if len(tries) else 0
    ks = [1 << power for power in range(max(fewest, 1).bit_length())]
    return tuple(BestOf(k, pass_at_k(breaches, tries, k, clusters, level)) for k in sorted({*ks, max(fewest, 1)}))
