"""Which of many statistics moved: p-values that hold for all of them together, by the maximum over each relabelling.

P. H. Westfall and S. S. Young, Resampling-Based Multiple Testing (1993), single step: a statistic counts as moved where
it is beyond what the greatest of all of them reaches by chance. The probability of naming any that did not move stays
below alpha, however they depend on one another; the least of the p-values is that of the test by the maximum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TIE = 1e-6


def max_t(observed: NDArray[np.float64], greatest: NDArray[np.float64]) -> NDArray[np.float64]:
    """The adjusted p-value of each statistic, of the shape of ``observed``.

    Args:
        observed: The greater, the more extreme, in a unit that makes them comparable.
        greatest: The maximum over all of them under each relabelling, of shape (1 + B,), the observed one first.
    """
    drawn = np.sort(greatest[1:])
    slack = _TIE * np.maximum(np.abs(observed), np.abs(drawn).max(initial=0.0))
    return np.asarray((1 + len(drawn) - np.searchsorted(drawn, observed - slack)) / (1 + len(drawn)))
