"""The maximum mean discrepancy by a kernel that was learned on one half of the rows and is tried on the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from genops.drift.kernels.distances import squared_euclidean
from genops.drift.kernels.points import Points, median_kernel
from genops.drift.kernels.quadratic import quadratic_forms
from genops.drift.relabelling import Relabellings, least_p_value
from genops.drift.samples import Codes, Samples
from genops.drift.two_sample import Tested, folds_of, two_sample

_REST = 1e-8
_BAND = 1_024
_SOME = 200


@two_sample("learned_kernel", of="vectors")
def learned_kernel(
    samples: Samples,
    relabellings: Relabellings,
    steps: NonNegativeInt = 50,
    units: PositiveInt = 30,
    rate: PositiveFloat = 0.01,
    batch: Annotated[int, Field(ge=2)] = 128,
) -> Tested:
    """The squared MMD of half of the rows, by the kernel that told the other half apart best.

    F. Liu et al., Learning deep kernels for non-parametric two-sample tests, 2020, arXiv:2002.09116. The kernel is
    ((1 - e) g(f(x), f(y)) + e) q(x, y), with Gaussian g and q and a small network f. Network, e and bandwidths are
    fitted, by gradient steps, to make the MMD large beside its spread, which is nearly to make the test powerful. The
    halves are of whole groups, and only groups of the half that was not learned from change sides, so that learning
    costs no validity, but half of the rows. It is worth that where the change has a shape that fixed kernels miss, and
    there are a few hundred rows or more; a plain shift is found sooner by any other test. The witness of either half is
    by the kernel of the other.

    Args:
        samples: Of vectors.
        relabellings: How many to draw, and their seed.
        steps: Of the fit; 0 for the kernel that it starts from.
        units: Of each of the network's two hidden layers, and of what it gives.
        rate: Of the steps (Adam).
        batch: Rows of either window that a step looks at.
    """
    points = Points.of(samples)
    folds = folds_of(samples, relabellings.seed, 2)
    median = median_kernel(points, "gaussian", relabellings.seed)
    if median is None:
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    rows = points[:] / median.bandwidth
    kernels = []
    for fold in (0, 1):
        random = np.random.default_rng([relabellings.seed, 5, fold])
        start = _Kernel.start(rows, units, random)
        learned = [rows[(folds == fold) & side] for side in (samples.is_current, ~samples.is_current)]
        kernels.append(_learn(start, learned[0], learned[1], steps, rate, batch, random))
    witness = np.zeros(samples.n)
    for fold, kernel in enumerate(kernels):
        witness[folds != fold] = _witness(kernel, rows, samples.is_current, folds == fold)
    half = folds == 1
    details: dict[str, Any] = {"tried_on": int(half.sum()), "learned_on": int((~half).sum())}
    tried = _part(samples, half)
    if not 0 < tried.reference < tried.n:
        return Tested(0.0, 1.0, witness, folds, details, 1.0)
    drawn = Relabellings.draw(tried, relabellings.count, relabellings.seed)
    tried_rows, network = rows[half], kernels[0].features(rows[half])

    def entries(some: slice, others: slice) -> NDArray[np.float64]:
        return kernels[0].values(tried_rows[some], network[some], tried_rows[others], network[others])

    def weights(part: slice) -> NDArray[np.floating]:
        return replace(drawn, current=drawn.current[:, part]).weights()

    statistics, _ = quadratic_forms(entries, 1 + drawn.count, weights, np.empty((tried.n, 0)))
    least_p = least_p_value(tried, relabellings.count)
    return Tested(float(statistics[0]), drawn.p_value(statistics), witness, folds, details, least_p)


@dataclass(frozen=True, slots=True, eq=False)
class _Kernel:
    """The deep kernel, in NumPy.

    Attributes:
        layers: A matrix and an offset each, of the network; a softplus stands between two.
        scales: Logarithm of the bandwidth on what the network gives, of that on the rows, and the logit of e.
    """

    layers: list[tuple[NDArray[np.float64], NDArray[np.float64]]]
    scales: NDArray[np.float64]

    @classmethod
    def start(cls, rows: NDArray[np.float64], units: int, random: np.random.Generator) -> _Kernel:
        """Drawn weights, and bandwidths that are the median distances of some rows, whatever their labels."""
        sizes = [(rows.shape[1], units), (units, units), (units, units)]
        spreads = [1.0, units**-0.5, units**-0.5]  # the median distance of two rows is 1, whatever their dimension
        layers = [
            (random.normal(0, spread, size=size), random.normal(0, 0.1, size=size[1]))
            for size, spread in zip(sizes, spreads, strict=True)
        ]
        made = cls(layers, np.array([0.0, 0.0, -2.0]))
        features = made.features(random.permutation(rows)[:_SOME])
        apart = squared_euclidean(features, features)
        made.scales[0] = np.log(np.median(apart[apart > 0])) / 2
        return made

    def features(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network gives for each row, of shape (n, units)."""
        for place, (matrix, offset) in enumerate(self.layers):
            rows = (np.logaddexp(0, rows) if place else rows) @ matrix + offset
        return rows

    def values(
        self,
        rows: NDArray[np.float64],
        features: NDArray[np.float64],
        others: NDArray[np.float64],
        other_features: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Of all rows with all others, each given with its features."""
        deep, plain = np.exp(2 * self.scales[:2])
        share = 1 / (1 + np.exp(-self.scales[2]))
        learned = np.exp(-squared_euclidean(features, other_features) / (2 * deep))
        return np.asarray(((1 - share) * learned + share) * np.exp(-squared_euclidean(rows, others) / (2 * plain)))


def _learn(
    kernel: _Kernel,
    current: NDArray[np.float64],
    reference: NDArray[np.float64],
    steps: int,
    rate: float,
    batch: int,
    random: np.random.Generator,
) -> _Kernel:
    """The kernel after some steps towards a greater MMD beside its spread, on as many rows of either window."""
    size = min(len(current), len(reference), batch)
    if size < 2 or not steps:
        return kernel
    import torch

    def tensor(values: NDArray[np.float64]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    layers = [(tensor(matrix), tensor(offset)) for matrix, offset in kernel.layers]
    scales = tensor(kernel.scales)
    descent = torch.optim.Adam([*(part for layer in layers for part in layer), scales], lr=rate)
    for _ in range(steps):
        drawn = [rows[random.permutation(len(rows))[:size]] for rows in (current, reference)]
        descent.zero_grad()
        (-_power(torch.from_numpy(np.concatenate(drawn)), layers, scales)).backward()
        descent.step()
    plain = [(matrix.detach().numpy(), offset.detach().numpy()) for matrix, offset in layers]
    return _Kernel(plain, scales.detach().numpy())


def _power(rows: Any, layers: list[tuple[Any, Any]], scales: Any) -> Any:
    """The unbiased squared MMD over its standard deviation under the alternative: Liu et al., equations 2 to 4.

    Args:
        rows: As many current ones as reference ones after them, a tensor.
        layers: Of the network, tensors.
        scales: Of the kernel, a tensor.
    """
    import torch

    features = rows
    for place, (matrix, offset) in enumerate(layers):
        features = (torch.nn.functional.softplus(features) if place else features) @ matrix + offset
    deep, plain = torch.exp(2 * scales[0]), torch.exp(2 * scales[1])
    share = torch.sigmoid(scales[2])
    learned = torch.exp(-_squared(features) / (2 * deep))
    kernel = ((1 - share) * learned + share) * torch.exp(-_squared(rows) / (2 * plain))
    n = len(rows) // 2
    pairs = kernel[:n, :n] + kernel[n:, n:] - kernel[:n, n:] - kernel[n:, :n]
    discrepancy = (pairs.sum() - pairs.diagonal().sum()) / (n * (n - 1))
    variance = 4 * (pairs.sum(dim=1) ** 2).sum() / n**3 - 4 * pairs.sum() ** 2 / n**4
    return discrepancy / torch.sqrt(variance.clamp(min=0) + _REST)


def _squared(rows: Any) -> Any:
    """Squared distances of all rows, a tensor; never below 0."""
    norms = (rows * rows).sum(dim=1)
    return (norms[:, None] + norms - 2 * rows @ rows.T).clamp(min=0)


def _witness(
    kernel: _Kernel, rows: NDArray[np.float64], current: NDArray[np.bool_], learned: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Of each row that was not learned from: its mean kernel with the current rows learned from, less the reference."""
    n, m = int((learned & current).sum()), int((learned & ~current).sum())
    others, tried = rows[learned], rows[~learned]
    if not (n and m and len(tried)):
        return np.zeros(len(tried))
    weights = np.where(current[learned], 1 / n, -1 / m)
    network = kernel.features(others)
    starts = range(0, len(tried), _BAND)
    bands = [tried[start : start + _BAND] for start in starts]
    return np.concatenate([kernel.values(band, kernel.features(band), others, network) @ weights for band in bands])


def _part(samples: Samples, chosen: NDArray[np.bool_]) -> Samples:
    groups: Codes = np.unique(samples.groups[chosen], return_inverse=True)[1]
    reference = int(chosen[: samples.reference].sum())
    contexts = None if samples.contexts is None else samples.contexts[chosen]
    return replace(samples, values=samples.values[chosen], reference=reference, groups=groups, contexts=contexts)
