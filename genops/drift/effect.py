"""The effect of a two-sample test: how far apart two windows are, in one unit for every test.

The **separation** is 2 AUC - 1 of a cross-fitted witness: of a current and a reference row drawn at random, how much
more often the current one looks more current than the other way round (Somers' D). 0 where the windows cannot be told
apart, 1 where they always can. If a share s of the current rows is of a kind that the reference has none of, and the
rest is as it was, it is s: so people can say how much matters to them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from genops.drift.samples import Codes, Samples
from genops.stats import Interval

METHOD = "cross-fitted separation, DeLong by groups"


def separation(samples: Samples, witness: NDArray[np.float64], folds: Codes, level: float = 0.95) -> Interval:
    """2 AUC - 1 of a witness, with its interval.

    A current row is compared with the reference rows of its own fold only, as each fold's witness was fitted anew. The
    variance is that of E. DeLong, D. DeLong and D. Clarke-Pearson, Comparing the areas under two or more correlated
    receiver operating characteristic curves, Biometrics 44 (1988), over groups: N. A. Obuchowski, Nonparametric
    analysis of clustered ROC curve data, Biometrics 53 (1997).

    Args:
        samples: The rows.
        witness: How much each speaks for the current window, of shape (n,).
        folds: Of each row, of shape (n,).
        level: Of confidence.
    """
    told = (_fold(samples, witness, folds == fold) for fold in np.unique(folds))
    parts = [part for part in told if part is not None]
    groups = int(samples.groups.max()) + 1
    clusters = groups if groups < samples.n else None
    if not parts:
        missing = "too few groups for one fold to hold rows of both windows"
        return Interval(float("nan"), None, level, samples.n, METHOD, missing, clusters)
    weights = np.array([part[0] for part in parts])
    estimate = float(weights @ np.array([part[1] for part in parts]) / weights.sum())
    influence = np.zeros(groups)
    for weight, _, own in parts:
        influence += weight / weights.sum() * own
    spread, degrees = _spread(influence, samples)
    if degrees < 1:
        missing = "one group of a window tells nothing of the spread"
        return Interval(estimate, None, level, samples.n, METHOD, missing, clusters)
    reach = float(special.stdtrit(degrees, (1 + level) / 2)) * spread
    bounds = max(-1.0, estimate - reach), min(1.0, estimate + reach)
    return Interval(estimate, bounds, level, samples.n, METHOD, "", clusters)


def _fold(
    samples: Samples, witness: NDArray[np.float64], inside: NDArray[np.bool_]
) -> tuple[int, float, NDArray[np.float64]] | None:
    """Rows of the current window, the separation, and each group's influence on it; None without rows of both."""
    current = inside & samples.is_current
    reference = inside & ~samples.is_current
    m, n = int(reference.sum()), int(current.sum())
    if not m or not n:
        return None
    both = stats.rankdata(np.concatenate([witness[reference], witness[current]]))
    above = (both[m:] - stats.rankdata(witness[current])) / m  # share of reference rows below each current one
    below = 1 - (both[:m] - stats.rankdata(witness[reference])) / n  # share of current rows above each reference one
    area = float(above.mean())
    influence = np.zeros(int(samples.groups.max()) + 1)
    np.add.at(influence, samples.groups[current], 2 * (above - area) / n)
    np.add.at(influence, samples.groups[reference], 2 * (below - area) / m)
    return n, 2 * area - 1, influence


def _spread(influence: NDArray[np.float64], samples: Samples) -> tuple[float, int]:
    """The standard error, and the degrees of freedom: of the window with fewer groups."""
    variance, degrees = 0.0, np.inf
    for part in (samples.groups[: samples.reference], samples.groups[samples.reference :]):
        own = influence[np.unique(part)]
        degrees = min(degrees, len(own) - 1)
        variance += float((own**2).sum()) * len(own) / max(1, len(own) - 1)
    return float(np.sqrt(variance)), int(degrees)
