"""Relabelling: what a statistic would have been, had chance decided which rows are of the current window.

R. A. Fisher, The Design of Experiments (1935); E. J. G. Pitman, Significance tests which may be applied to samples from
any populations (1937). Under no change every relabelling is as likely as the observed one, so that a p-value of
(1 + k) / (1 + B), with k of B drawn relabellings at least as extreme, keeps its level exactly, whatever the statistic
and however many rows are equal (B. Phipson and G. K. Smyth, Permutation p-values should never be zero, 2010,
arXiv:1603.05766). Rows of one group change sides together: it is groups that are exchangeable, not their rows.

Where contexts are known (language, tenant, topic) it is groups of the same contexts that are: they change sides among
themselves, so that each context keeps its number of groups in either window (E. S. Edgington, Randomization Tests
(1980): restricted randomization). A changed mix of contexts is then the same in every relabelling, and the p-value is
that of "the same within each context".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Samples

RELABELLINGS = 999
"""Drawn when nothing is said: the least p-value is 0.001."""
_TIE = 1e-6
_BLOCK = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Relabellings:
    """Ways to say which rows are of the current window: the observed one first, then drawn ones.

    Attributes:
        current: Whether each row is, of shape (n, 1 + B).
        seed: Of the draws, and of whatever else a test draws.
    """

    current: NDArray[np.bool_]
    seed: int

    @classmethod
    def draw(cls, samples: Samples, count: int = RELABELLINGS, seed: int = 0) -> Relabellings:
        """Whole groups change sides with those of their stratum; each keeps its number of groups of either window.

        Args:
            samples: What is relabelled.
            count: B.
            seed: Of the draws.
        """
        chosen = _drawn(_sides(samples).tobytes(), samples.strata.tobytes(), count, seed)
        return cls(chosen if len(chosen) == samples.n else chosen[samples.groups], seed)

    @property
    def count(self) -> int:
        """B, the drawn ones."""
        return int(self.current.shape[1]) - 1

    def weights(self, dtype: type[np.float32] | type[np.float64] = np.float64) -> NDArray[np.floating]:
        """Of each row in a difference of means, current minus reference, by each relabelling's own counts: (n, 1 + B).

        Args:
            dtype: Of the result: float32 halves the memory of a product.
        """
        return _weights(self.current, dtype)

    def blocks(
        self, dtype: type[np.float32] | type[np.float64] = np.float64
    ) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        """The same in blocks of columns of bounded memory, each with where it stands.

        Args:
            dtype: Of the weights.
        """
        size = max(1, _BLOCK // (len(self.current) * np.dtype(dtype).itemsize))
        for start in range(0, self.current.shape[1], size):
            part = slice(start, start + size)
            yield part, _weights(self.current[:, part], dtype)

    def p_value(self, statistics: NDArray[np.floating]) -> float:
        """(1 + k) / (1 + B), where k drawn relabellings are at least as extreme as the observed one.

        Args:
            statistics: One a relabelling, of shape (1 + B,); the greater, the more extreme. One that is no number says
                nothing, and counts as though it were as extreme.
        """
        observed, drawn = float(statistics[0]), statistics[1:]
        slack = _TIE * max(abs(observed), float(np.abs(drawn).max(initial=0.0)))
        return (1 + int((~(drawn < observed - slack)).sum())) / (1 + len(drawn))


def least_p_value(samples: Samples, count: int = RELABELLINGS) -> float:
    """The least p-value that relabelling whole groups can give: more than alpha means that nothing could be told.

    Args:
        samples: What would be relabelled.
        count: B.
    """
    strata = samples.strata
    every, moved = np.bincount(strata).tolist(), np.bincount(strata[_sides(samples)], minlength=strata.max() + 1)
    ways = 1
    for groups, taken in zip(every, moved.tolist(), strict=True):
        if 0 < taken < groups:
            ways *= groups if groups > count else comb(groups, taken)  # more than B is enough to know
        if ways > count:
            return 1 / (1 + count)
    return 1 / ways


def _sides(samples: Samples) -> NDArray[np.bool_]:
    """Whether each group is of the current window, of shape (groups,)."""
    sides = np.zeros(int(samples.groups.max()) + 1, dtype=np.bool_)
    sides[samples.groups[samples.reference :]] = True
    return sides


@lru_cache(maxsize=1)
def _drawn(sides: bytes, strata: bytes, count: int, seed: int) -> NDArray[np.bool_]:
    """Whether each group is of the current window, of shape (groups, 1 + B); most questions of a check share it."""
    random = np.random.default_rng(seed)
    current, stratum = np.frombuffer(sides, dtype=np.bool_), np.frombuffer(strata, dtype=np.intp)
    chosen = np.zeros((1 + count, len(current)), dtype=np.bool_)
    chosen[0] = current
    side_by_side = current[np.lexsort((~current, stratum))]
    for row in chosen[1:]:
        order = random.permutation(len(current))
        row[order[np.argsort(stratum[order], kind="stable")][side_by_side]] = True
    chosen = np.ascontiguousarray(chosen.T)
    chosen.flags.writeable = False
    return chosen


def _weights(current: NDArray[np.bool_], dtype: type[np.float32] | type[np.float64]) -> NDArray[np.floating]:
    counts = current.sum(axis=0)
    above, below = 1 / np.maximum(counts, 1), -1 / np.maximum(len(current) - counts, 1)
    return np.asarray(np.where(current, above.astype(dtype), below.astype(dtype)))
