"""Logistic regression with covariances that hold for outcomes between 0 and 1 and for clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genops.stats.interval import Floats

_STEPS = 100
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Coefficients and how well they are known.

    Attributes:
        coefficients: One a column of the design.
        model: Their covariance, were every outcome an independent 0 or 1.
        robust: Their covariance by the outcomes at hand, whole clusters together (the sandwich, with CR1's factor).
        clusters: How many there are.
    """

    coefficients: Floats
    model: Floats
    robust: Floats
    clusters: int


def fit_logistic(design: Floats, outcomes: Floats, codes: NDArray[np.intp], clusters: int, ridge: float) -> LogisticFit:
    """Fit by Newton's method, with a penalty of half the ridge times the sum of squares.

    The penalty keeps coefficients finite where the outcomes are separated. Covariances: K.-Y. Liang and S. Zeger,
    Longitudinal data analysis using generalized linear models, Biometrika 73 (1986).

    Args:
        design: Of shape (cases, coefficients).
        outcomes: Between 0 and 1; a half is a tie.
        codes: The cluster of each case, from 0.
        clusters: How many there are.
        ridge: Above zero.
    """
    from scipy import special

    penalty = ridge * np.eye(design.shape[1])
    coefficients = np.zeros(design.shape[1])

    def objective(at: Floats) -> float:
        line = design @ at
        return float((np.logaddexp(0, line) - outcomes * line).sum() + ridge * (at @ at) / 2)

    for _ in range(_STEPS):
        chance = special.expit(design @ coefficients)
        information = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(information, design.T @ (outcomes - chance) - ridge * coefficients)
        before = objective(coefficients)
        while objective(coefficients + step) > before + _CLOSE:
            step = step / 2
        coefficients = coefficients + step
        if np.abs(step).max() < _CLOSE:
            break
    chance = special.expit(design @ coefficients)
    model = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design + penalty)
    scores = np.zeros((clusters, design.shape[1]))
    np.add.at(scores, codes, design * (outcomes - chance)[:, None])
    factor = clusters / (clusters - 1) if clusters > 1 else float("nan")
    return LogisticFit(coefficients, model, factor * model @ (scores.T @ scores) @ model, clusters)
