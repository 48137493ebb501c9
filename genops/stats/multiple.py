"""Many hypotheses at once: what is still significant when each had its chance to be so by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genops.stats.interval import Floats


@dataclass(frozen=True, slots=True)
class Correction:
    """Hypotheses tested together, in the order in which they were given.

    Attributes:
        adjusted: The least alpha at which each would be rejected.
        rejected: Whether each is, at ``alpha``.
        alpha: What ``method`` keeps the error below.
        n: How many hypotheses there are.
        method: How they were corrected, and which error it keeps.
    """

    adjusted: tuple[float, ...]
    rejected: tuple[bool, ...]
    alpha: float
    n: int
    method: str


def holm(p_values: Sequence[float] | Floats, alpha: float = 0.05) -> Correction:
    """Keep the probability of any false rejection below alpha, however the tests depend on one another.

    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: One a hypothesis.
        alpha: The probability of one false rejection or more.

    Raises:
        ValueError: A p-value or alpha is not between 0 and 1.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _corrected(order, np.minimum(stepped, 1.0), alpha, "Holm, family-wise error rate")


def benjamini_hochberg(p_values: Sequence[float] | Floats, alpha: float = 0.05) -> Correction:
    """Keep the expected share of false rejections below alpha, where tests depend on one another in the same direction.

    Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society B 57
    (1995); that positive dependence does no harm: Y. Benjamini and D. Yekutieli, The control of the false discovery
    rate in multiple testing under dependency, Annals of Statistics 29 (2001).

    Args:
        p_values: One a hypothesis.
        alpha: The expected share of false ones among the rejections.

    Raises:
        ValueError: A p-value or alpha is not between 0 and 1.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    return _corrected(order, np.minimum(stepped, 1.0), alpha, "Benjamini-Hochberg, false discovery rate")


def e_benjamini_hochberg(e_values: Sequence[float] | Floats, alpha: float = 0.05) -> Correction:
    """Keep the expected share of false rejections below alpha, however the e-values depend on one another.

    R. Wang and A. Ramdas, False discovery rate control with e-values, Journal of the Royal Statistical Society B 84
    (2022), arXiv:2009.02824. E-values of tests that were stopped at any time may be given.

    Args:
        e_values: One a hypothesis, not below zero.
        alpha: The expected share of false ones among the rejections.

    Raises:
        ValueError: An e-value is below zero, or alpha is not between 0 and 1.
    """
    e = np.asarray(e_values, dtype=np.float64)
    if not (e >= 0).all():
        raise ValueError("an e-value is not below zero")
    order = np.argsort(-e, kind="stable")
    with np.errstate(divide="ignore", over="ignore"):
        needed = len(e) / (np.arange(1, len(e) + 1) * e[order])
    stepped = np.minimum.accumulate(needed[::-1])[::-1]
    return _corrected(order, np.minimum(stepped, 1.0), alpha, "e-BH, false discovery rate")


def _checked(p_values: Sequence[float] | Floats) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a p-value lies between 0 and 1")
    return p


def _corrected(order: NDArray[np.intp], stepped: Floats, alpha: float, method: str) -> Correction:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
    adjusted = np.empty(len(order))
    adjusted[order] = stepped
    return Correction(tuple(adjusted.tolist()), tuple((adjusted <= alpha).tolist()), alpha, len(order), method)
