"""McNemar's test of two that pass or fail the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genops.stats.distributions import binomial_share


@dataclass(frozen=True, slots=True)
class McNemarTest:
    """The cases that two pass or fail, and whether the one passes more.

    Attributes:
        both: Cases that both pass.
        only_first: Cases that the first passes and the second fails.
        only_second: Cases that the second passes and the first fails.
        neither: Cases that both fail.
        p: The exact two-sided probability, were it chance who passes where they differ.
        mid_p: The same with half the probability of what was observed: less cautious, and in practice closer to the
            level (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13, 2013), but not guaranteed.
        method: Of the test.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    mid_p: float
    method: str = "exact McNemar"

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.both + self.only_first + self.only_second + self.neither


def mcnemar_test(first: Sequence[bool] | NDArray[np.bool_], second: Sequence[bool] | NDArray[np.bool_]) -> McNemarTest:
    """Whether two pass equally many of the same cases, from the cases that only one of them passes.

    Q. McNemar, Note on the sampling error of the difference between correlated proportions, Psychometrika 12 (1947); in
    its exact form a sign test.

    Args:
        first: Whether the first passes each case.
        second: Whether the second does.

    Raises:
        ValueError: There are no cases, or not the same number for both.
    """
    left, right = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if left.ndim != 1 or left.shape != right.shape or not len(left):
        raise ValueError("two are compared on the same cases, of which there is at least one")
    only_first, only_second = int((left & ~right).sum()), int((~left & right).sum())
    fewer, differing = min(only_first, only_second), only_first + only_second
    tail, below = (binomial_share(count, differing, 0.5) for count in (fewer, fewer - 1))
    p = min(1.0, 2 * tail)
    mid_p = 1.0 if only_first == only_second else tail + below
    return McNemarTest(int((left & right).sum()), only_first, only_second, int((~left & ~right).sum()), p, mid_p)
