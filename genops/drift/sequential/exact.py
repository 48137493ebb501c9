"""Arithmetic that cannot round, so that a result does not depend on how rows were batched, on BLAS or on its threads.

A matrix product sums in an order that depends on the shapes and on the machine, and so do its last bits. Numbers on a
grid have none: float64 holds their products and sums exactly, in any order, as long as these need 53 bits at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from genops.stats.interval import Floats

COARSE, FINE = 2.0**-16, 2.0**-20
"""Steps: of what is multiplied by frequencies, and of features and what weighs them."""


def on_grid(values: Any, step: float) -> Floats:
    """The nearest multiples of a step.

    Args:
        values: What to round.
        step: A power of two.
    """
    scaled = np.multiply(values, 1 / step, dtype=np.float64)
    np.rint(scaled, out=scaled)
    scaled *= step
    return np.asarray(scaled)
