"""A rate that an imperfect detector measured, corrected for what it misses and for its false alarms.

W. Rogan and B. Gladen, Estimating prevalence from the results of a screening test, American Journal of Epidemiology 107
(1978): the rate is (apparent rate + specificity - 1) / (sensitivity + specificity - 1). The interval is that of Z. Lang
and J. Reiczigel, Confidence limits for prevalence of disease adjusted for estimated sensitivity and specificity,
Preventive Veterinary Medicine 113 (2014): all three are estimates, and the uncertainty of each is carried through, with
as many trials as each is worth where they come in clusters.
"""

from __future__ import annotations

from math import sqrt

from genops.stats.distributions import normal_quantile
from genops.stats.interval import Interval, check_level
from genops.stats.proportions import Proportion

METHOD = "Rogan-Gladen, Lang-Reiczigel"
NOT_IDENTIFIED = "not identified: sensitivity and specificity together are not above 1"
TOO_FEW_LABELS = "no interval: the labels are too few to tell the detector from chance"


def corrected_rate(
    apparent: Proportion, sensitivity: Proportion, specificity: Proportion, level: float = 0.95
) -> Interval:
    """The rate behind an apparent one, clipped to 0 and 1.

    Where the detector is not known to be better than chance, nothing is identified: the estimate is NaN and there are
    no bounds. Where only the estimates are, and one of them could as well be chance (the shrunk values of the paper are
    not above 1 together), there are no bounds either.

    Args:
        apparent: What the detector called positive, of all.
        sensitivity: What it called positive, of the labelled positives.
        specificity: What it called negative, of the labelled negatives.
        level: Of confidence.

    Raises:
        ValueError: The level is not between 0 and 1.
    """
    check_level(level)
    gain = sensitivity.share + specificity.share - 1
    if gain <= 0:
        return Interval(float("nan"), None, level, apparent.n, METHOD, NOT_IDENTIFIED)
    estimate = _clipped((apparent.share + specificity.share - 1) / gain)
    bounds = _bounds(apparent, sensitivity, specificity, level)
    return Interval(estimate, bounds, level, apparent.n, METHOD, "" if bounds else TOO_FEW_LABELS)


def _bounds(
    apparent: Proportion, sensitivity: Proportion, specificity: Proportion, level: float
) -> tuple[float, float] | None:
    """Equations 6 to 17 of Lang and Reiczigel."""
    z = normal_quantile((1 + level) / 2)
    n = apparent.worth + z * z
    share = (apparent.worth * apparent.share + z * z / 2) / n
    (found, n_found), (passed, n_passed) = _shrunk(sensitivity), _shrunk(specificity)
    gain = found + passed - 1
    if gain <= 0:
        return None
    rate = (share + passed - 1) / gain
    of_found, of_passed = found * (1 - found) / n_found, passed * (1 - passed) / n_passed
    centre = rate + 2 * z * z * (rate * of_found - (1 - rate) * of_passed)
    reach = z * sqrt(share * (1 - share) / n + rate**2 * of_found + (1 - rate) ** 2 * of_passed) / gain
    return _clipped(centre - reach), _clipped(centre + reach)


def _shrunk(proportion: Proportion) -> tuple[float, float]:
    """With a success and a failure more: the share, and the number of trials."""
    n = proportion.worth + 2
    return (proportion.worth * proportion.share + 1) / n, n


def _clipped(share: float) -> float:
    return min(1.0, max(0.0, share))
