"""The effect of a two-sample test: how far apart two windows are, in one unit for every test.

The **separation** is 2 AUC - 1 of a cross-fitted witness: of a current and a reference row drawn at random, how much
more often the current one looks more current than the other way round (Somers' D). 0 where the windows cannot be told
apart, 1 where they always can. If a share s of the current rows is of a kind that the reference has none of, and the
rest is as it was, it is s: so people can say how much matters to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from genops.drift.samples import Codes, Samples
from genops.stats import Interval
from genops.stats.clusters import satterthwaite

METHOD = "cross-fitted separation, DeLong by groups"
_FITTED = 2.0


@dataclass(frozen=True, slots=True)
class _Spread:
    """What a window's rows add to the variance of the separation, and the degrees of freedom that tell it."""

    variance: float
    degrees: float


def separation(samples: Samples, witness: NDArray[np.float64], folds: Codes, level: float = 0.95) -> Interval:
    """2 AUC - 1 of a witness, with its interval: Student's, for what a witness of so many rows shows on average.

    Rows are compared within their own fold, as each fold's witness was fitted anew; a fold of m reference and n current
    rows weighs m n / (m + n), which is best where little has changed and treats both windows alike. The variance is
    that of E. DeLong, D. DeLong and D. Clarke-Pearson, Comparing the areas under two or more correlated receiver
    operating characteristic curves, Biometrics 44 (1988), over groups: N. A. Obuchowski, Nonparametric analysis of
    clustered ROC curve data, Biometrics 53 (1997).

    With more than one fold it is doubled. DeLong's variance takes the witnesses as given, but each is fitted to the
    rows that the others are tried on: that folds f and g resemble each other by chance is seen by the witness of f and
    once more by that of g. For a witness linear in the rows and no change the folds' separations have a correlation of
    1 / (folds - 1), whatever their number, and so their mean twice the variance; where the change is plain and the
    witness steady it is less, down to once. (The same thought as C. Nadeau and Y. Bengio, Inference for the
    generalization error, Machine Learning 52 (2003).)

    Args:
        samples: The rows.
        witness: How much each speaks for the current window, of shape (n,).
        folds: Of each row, of shape (n,); all the same where the witness was not fitted to the rows.
        level: Of confidence.
    """
    parts = _parts(samples, witness, folds)
    groups = int(samples.groups.max()) + 1
    clusters = groups if groups < samples.n else None
    if not parts:
        missing = "too few groups for one fold to hold rows of both windows"
        return Interval(float("nan"), None, level, samples.n, METHOD, missing, clusters)
    total = sum(part.weight for part in parts)
    estimate = sum(part.weight / total * (2 * part.area - 1) for part in parts)
    windows = [
        _spread([(part.weight / total, part.above, samples.groups[part.current]) for part in parts]),
        _spread([(part.weight / total, part.below, samples.groups[part.reference]) for part in parts]),
    ]
    if not all(window.degrees for window in windows):
        missing = "no fold holds two groups of each window, which tells nothing of the spread"
        return Interval(estimate, None, level, samples.n, METHOD, missing, clusters)
    variance = sum(window.variance for window in windows)
    degrees = variance**2 / sum(window.variance**2 / window.degrees for window in windows)
    fitted = _FITTED if len(np.unique(folds)) > 1 else 1.0
    reach = float(special.stdtrit(degrees, (1 + level) / 2) * np.sqrt(fitted * variance))
    bounds = max(-1.0, estimate - reach), min(1.0, estimate + reach)
    return Interval(estimate, bounds, level, samples.n, METHOD, "", clusters)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A fold with rows of both windows.

    Attributes:
        reference: Numbers of its reference rows.
        current: Numbers of its current rows.
        above: For each current row, the share of reference rows below it.
        below: For each reference row, the share of current rows above it.
    """

    reference: Codes
    current: Codes
    above: NDArray[np.float64]
    below: NDArray[np.float64]

    @property
    def area(self) -> float:
        return float(self.above.mean())

    @property
    def weight(self) -> float:
        return len(self.reference) * len(self.current) / (len(self.reference) + len(self.current))


def _parts(samples: Samples, witness: NDArray[np.float64], folds: Codes) -> list[_Part]:
    found = []
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds == fold)
        reference, current = inside[inside < samples.reference], inside[inside >= samples.reference]
        m, n = len(reference), len(current)
        if m and n:
            both = stats.rankdata(np.concatenate([witness[reference], witness[current]]))
            above = (both[m:] - stats.rankdata(witness[current])) / m
            below = 1 - (both[:m] - stats.rankdata(witness[reference])) / n
            found.append(_Part(reference, current, above, below))
    return found


def _spread(folds: list[tuple[float, NDArray[np.float64], Codes]]) -> _Spread:
    """The variance of one window's part in the separation, each group's deviation from its fold's mean corrected (CR2).

    A fold with one group tells nothing of it and counts as the others do. The variance is at least what one group would
    have added had it come out as differently as can be: windows that a witness tells apart without an error in
    a handful of groups are not known to differ always.

    Args:
        folds: Each with its weight, the shares of the other window's rows that its rows outrank, and their groups.
    """
    groups, where = np.unique(np.concatenate([names for _, _, names in folds]), return_inverse=True)
    off = np.zeros(len(groups))
    design = alone = freedom = 0.0
    start = 0
    for weight, shares, names in folds:
        own, codes = np.unique(where[start : start + len(names)], return_inverse=True)
        start += len(names)
        size = np.bincount(codes) / len(codes)
        square = weight**2 * float((size**2).sum())
        if len(own) == 1:
            alone += square
            continue
        apart = np.bincount(codes, 2 * (shares - shares.mean())) / len(codes)
        off[own] += weight * apart / np.sqrt(1 - size)
        design += square
        freedom += square**2 / satterthwaite(size)
    if not design:
        return _Spread(0.0, 0.0)
    variance = float((off**2).sum()) * (design + alone) / design
    return _Spread(max(variance, 1 / len(groups) ** 2), min(design**2 / freedom, len(groups) - 1))
