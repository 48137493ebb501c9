"""A kernel on what a small network makes of rows, learned to tell two samples apart.

F. Liu et al., Learning deep kernels for non-parametric two-sample tests, 2020, arXiv:2002.09116. The kernel is
((1 - e) g(f(x), f(y)) + e) q(x, y), with Gaussian g and q and a small network f. The gradient is written out: networks
of this size take longer to record than to differentiate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genops.blas import one_blas_thread
from genops.drift.kernels.distances import squared_euclidean

Floats = NDArray[np.float64]

_REST = 1e-8
_SOME = 200
_WHOLE = 1_024


@dataclass(frozen=True, slots=True, eq=False)
class DeepKernel:
    """The kernel with its network.

    Attributes:
        parameters: A matrix and an offset for each of the network's layers, between two of which stands a softplus; and
            last the logarithm of the bandwidth on what the network gives, of that on the rows, and the logit of e.
    """

    parameters: tuple[Floats, ...]

    @classmethod
    def start(cls, rows: Floats, units: int, random: np.random.Generator) -> DeepKernel:
        """Drawn weights, and bandwidths that are the median distances of some rows, whatever their labels.

        Args:
            rows: In the unit of their median distance, of shape (n, d).
            units: Of each of the two hidden layers, and of what the network gives.
            random: What draws.
        """
        sizes = [(rows.shape[1], units), (units, units), (units, units)]
        spreads = [1.0, units**-0.5, units**-0.5]  # the median distance of two rows is 1, whatever their dimension
        network: list[Floats] = []
        for size, spread in zip(sizes, spreads, strict=True):
            network += [random.normal(0, spread, size=size), random.normal(0, 0.1, size=size[1])]
        features = cls((*network, np.zeros(3))).features(random.permutation(rows)[:_SOME])
        apart = squared_euclidean(features, features)
        return cls((*network, np.array([np.log(np.median(apart[apart > 0])) / 2, 0.0, -2.0])))

    def features(self, rows: Floats) -> Floats:
        """What the network gives for each row, of shape (n, units)."""
        return self._passes(rows)[-1].given

    def values(self, rows: Floats, features: Floats, others: Floats, other_features: Floats) -> Floats:
        """Of all rows with all others, each given with its features."""
        deep, plain, share = self._scales()
        learned = np.exp(squared_euclidean(features, other_features) / (-2 * deep))
        return np.asarray(((1 - share) * learned + share) * np.exp(squared_euclidean(rows, others) / (-2 * plain)))

    def power(self, rows: Floats, apart: Floats) -> tuple[float, list[Floats]]:
        """The unbiased squared MMD over its standard deviation under the alternative, and its gradient.

        Liu et al., equations 2 to 4.

        Args:
            rows: As many current ones as reference ones after them, of shape (2n, d).
            apart: Their squared distances.

        Returns:
            The ratio, and its derivative by each of the parameters.
        """
        passes = self._passes(rows)
        deep, plain, share = self._scales()
        output = passes[-1].given
        squares = np.einsum("ij,ij->i", output, output)
        between = np.maximum(squares[:, None] + squares - 2 * (output @ output.T), 0)
        alike, given = np.exp(between / (-2 * deep)), np.exp(apart / (-2 * plain))
        kernel = ((1 - share) * alike + share) * given
        ratio, by_kernel = _ratio(kernel)
        by_given = by_kernel * given
        by_alike = (1 - share) * by_given * alike
        scales = [
            np.vdot(by_alike, between) / deep,
            np.vdot(by_kernel * kernel, apart) / plain,
            share * (1 - share) * (by_given.sum() - np.vdot(by_given, alike)),
        ]
        by_output = (by_alike @ output - by_alike.sum(axis=1)[:, None] * output) * (2 / deep)
        return ratio, [*self._backwards(passes, by_output), np.array(scales)]

    def _scales(self) -> tuple[float, float, float]:
        """The squared bandwidths of g and q, and e."""
        deep, plain, logit = self.parameters[-1].tolist()
        return float(np.exp(2 * deep)), float(np.exp(2 * plain)), float(1 / (1 + np.exp(-logit)))

    def _passes(self, rows: Floats) -> list[_Pass]:
        """What each layer takes and gives, the first one first."""
        found: list[_Pass] = []
        for place in range(0, len(self.parameters) - 1, 2):
            taken = np.logaddexp(0, found[-1].given) if found else rows
            found.append(_Pass(taken, taken @ self.parameters[place] + self.parameters[place + 1]))
        return found

    def _backwards(self, passes: list[_Pass], by_given: Floats) -> list[Floats]:
        """The derivatives by the matrices and offsets, from those by what the network gives."""
        found: list[Floats] = []
        for layer in reversed(range(len(passes))):
            taken = passes[layer].taken
            found = [taken.T @ by_given, by_given.sum(axis=0), *found]
            if layer:
                by_given = by_given @ self.parameters[2 * layer].T * -np.expm1(-taken)  # what a softplus rises by
        return found


class _Pass(NamedTuple):
    """What a layer takes, and what it gives."""

    taken: Floats
    given: Floats


def learned(
    kernel: DeepKernel,
    current: Floats,
    reference: Floats,
    steps: int,
    rate: float,
    batch: int,
    random: np.random.Generator,
) -> DeepKernel:
    """The kernel after some steps towards a greater MMD beside its spread, on as many rows of either window.

    Args:
        kernel: To start from.
        current: Rows, of shape (n, d).
        reference: Rows, of shape (m, d).
        steps: How many; by D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, arXiv:1412.6980.
        rate: Of the steps.
        batch: Rows of either window that a step looks at, at most.
        random: What draws them.
    """
    size = min(len(current), len(reference), batch)
    if size < 2:
        return kernel
    rows = np.concatenate([current, reference])
    apart = squared_euclidean(rows, rows) if len(rows) <= _WHOLE else None
    mean, square = ([np.zeros_like(part) for part in kernel.parameters] for _ in range(2))
    with one_blas_thread():
        for step in range(1, 1 + steps):
            drawn = [random.permutation(len(window))[:size] for window in (current, reference)]
            places = np.concatenate([drawn[0], len(current) + drawn[1]])
            some = rows[places]
            between = squared_euclidean(some, some) if apart is None else apart[np.ix_(places, places)]
            _, gradient = kernel.power(some, between)
            mean = [0.9 * old + 0.1 * new for old, new in zip(mean, gradient, strict=True)]
            square = [0.999 * old + 0.001 * new**2 for old, new in zip(square, gradient, strict=True)]
            moved = [
                part + rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + _REST)
                for part, m, s in zip(kernel.parameters, mean, square, strict=True)
            ]
            kernel = DeepKernel(tuple(moved))
    return kernel


def _ratio(kernel: Floats) -> tuple[float, Floats]:
    """The unbiased squared MMD over its standard deviation, and its derivative by each entry, as symmetric as they."""
    n = len(kernel) // 2
    pairs = kernel[:n, :n] + kernel[n:, n:] - kernel[:n, n:] - kernel[n:, :n]
    by_row, total = pairs.sum(axis=1), pairs.sum()
    discrepancy = (total - pairs.trace()) / (n * (n - 1))
    variance = max(0.0, 4 * (by_row**2).sum() / n**3 - 4 * total**2 / n**4)
    spread = np.sqrt(variance + _REST)
    steepness = -discrepancy / (2 * spread**3) if variance else 0.0
    by_variance = steepness * 4 * (by_row / n**3 - total / n**4)
    by_pair = by_variance[:, None] + by_variance + (1 - np.eye(n)) / (n * (n - 1) * spread)
    derivative = np.empty_like(kernel)
    derivative[:n, :n] = derivative[n:, n:] = by_pair
    derivative[:n, n:] = derivative[n:, :n] = -by_pair
    return float(discrepancy / spread), derivative
