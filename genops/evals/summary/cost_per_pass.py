"""What one passing sample costs: the number by which variants of unlike quality and price can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from genops.evals.rules import PASSED
from genops.evals.summary.arms import Arm, floats, ints
from genops.evals.summary.cases import Cases
from genops.evals.summary.measure import Measure, case_means, resamples_of
from genops.stats.bootstrap import ratio_interval


@dataclass(frozen=True, slots=True)
class CostPerPass:
    """What the chain's runs cost for each sample that passes every threshold.

    Attributes:
        measure: US dollars: the mean cost of a case by the mean share of its samples that pass.
        unknown: Samples that are left out, as their price is not known or whether they pass is not.
    """

    measure: Measure
    unknown: int


def cost_per_pass(arm: Arm, cases: Cases) -> CostPerPass | None:
    """What a variant's passing samples cost, over runs that reused nothing; None where they cost nothing.

    Repeats are averaged within a case first. The interval is that of a ratio of two sums, from drawing whole clusters
    again (bootstrap).
    """
    cost, passes = floats(arm.cost), floats(arm.scores[PASSED].values) if PASSED in arm.scores else np.empty(0)
    known = ~(np.isnan(cost) | np.isnan(passes))
    unknown, known = len(known) - int(known.sum()), known & arm.whole
    if not known.any():
        return CostPerPass(Measure.none("USD", "no known values of whole runs"), unknown)
    places = cases.places(ints(arm.cases)[known])
    there, costs, _ = case_means(cost[known], places)
    if not costs.any():
        return None
    shares = case_means(passes[known], places)[1]
    if not shares.any():
        return CostPerPass(Measure.none("USD", "nothing passed"), unknown)
    weights, clusters = cases.weights_of(there), cases.clusters_of(there)
    weight = np.ones(len(there)) if weights is None else weights
    codes = None if clusters is None else clusters.tolist()
    found = ratio_interval(weight * costs, weight * shares, codes, resamples=resamples_of(len(there)))
    return CostPerPass(replace(Measure.of(found, "USD"), n=len(there)), unknown)
