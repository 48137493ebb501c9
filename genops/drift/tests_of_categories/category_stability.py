"""The population stability index of categories, calibrated."""

from __future__ import annotations

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tables import log_ratio_witness, statistics
from genops.drift.tests_of_numbers.population_stability import stability_index
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("category_stability", of="categories")
def category_stability(samples: Samples, relabellings: Relabellings) -> Tested:
    """The population stability index (PSI) over categories.

    As ``population_stability``, with a category in the place of a bin.

    Args:
        samples: Of categories.
        relabellings: Which calibrate it.
    """
    indices = statistics(samples.values, relabellings, stability_index)
    folds = folds_of(samples, relabellings.seed)
    witness = log_ratio_witness(samples, samples.values, folds)
    return Tested(float(indices[0]), relabellings.p_value(indices), witness, folds)
