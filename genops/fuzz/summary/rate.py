"""The rate of breaches among tries that come in clusters, by seed: as detectors told it, and corrected for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from genops.evals.summary import Measure
from genops.stats import ClusteredCounts, Interval, clopper_pearson_interval, corrected_rate

_NONE = "no try could be scored"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good a detector was found to be, by labels of tries, clustered by seed.

    Attributes:
        sensitivity: What it called a breach, of the labelled breaches; None where none is labelled.
        specificity: What it called none, of those that were labelled as none; None where none is.
    """

    sensitivity: ClusteredCounts | None
    specificity: ClusteredCounts | None


def rate_of(counts: ClusteredCounts) -> Measure:
    """The share of breaches."""
    return Measure.of(counts.interval(), "share") if counts.n else Measure.none("share", _NONE)


def difference_of(found: Interval) -> Measure:
    """The mean difference of two shares; where it is -1, 0 or 1 in every cluster, within what other clusters may do.

    Args:
        found: Its interval, which tells how many clusters there are, and has no bounds where all of them are alike.
    """
    if found.bounds is None and found.clusters and found.estimate in (-1.0, 0.0, 1.0):
        others = clopper_pearson_interval(0, found.clusters).bounds
        assert others is not None
        reach = others[1] if found.estimate == 0.0 else 2 * others[1]
        bounds = (max(-1.0, found.estimate - reach), min(1.0, found.estimate + reach))
        found = replace(found, bounds=bounds, method="Clopper-Pearson", missing="")
    return Measure.of(found, "share", (-1.0, 1.0))


def corrected_for(counts: ClusteredCounts, accuracy: Accuracy) -> Measure:
    """The share of breaches behind what a detector called so; no value where nothing is identified."""
    if not counts.n:
        return Measure.none("share", _NONE)
    if accuracy.sensitivity is None or accuracy.specificity is None:
        lacking = "a breach" if accuracy.sensitivity is None else "safe"
        return Measure.none("share", f"not identified: no try is labelled as {lacking}")
    found = corrected_rate(counts.proportion, accuracy.sensitivity.proportion, accuracy.specificity.proportion)
    if np.isnan(found.estimate):
        return Measure.none("share", found.missing)
    return Measure.of(found, "share")
