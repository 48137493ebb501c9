"""New concepts: rows of the current window that are far from everything that the reference has, grouped and named.

Whether there are more of them than chance would bring is tested by relabelling the whole procedure
(:mod:`genops.drift.tests_of_vectors.novelty`). Those that there are are grouped by average linkage (R. Sokal and
C. Michener, A statistical method for evaluating systematic relationships, 1958): rows are of one concept where they are
nearer to one another, on average, than to what else the reference has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genops.drift.log_odds import Corpora
from genops.drift.relabelling import RELABELLINGS
from genops.drift.samples import Samples
from genops.drift.shares import change_interval, share_interval
from genops.drift.terms import count_terms
from genops.drift.tests_of_vectors.novelty import novelty
from genops.stats import Interval

_LINKED = 2_000


@dataclass(frozen=True, slots=True)
class Concept:
    """Rows that are far from the rest of the reference and near to one another.

    Attributes:
        before: Their share of the reference's rows: a new concept has next to none.
        now: Their share of the current window's rows.
        change: Now less before, above 0.
        rows: Rows of the current window, from 0.
        telling: Words and phrases that tell its texts from all others; empty where there are no texts.
        examples: Rows of the current window nearest to its centre.
    """

    before: Interval
    now: Interval
    change: Interval
    rows: tuple[int, ...]
    telling: tuple[str, ...]
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Concepts:
    """What is new in the current window.

    Attributes:
        far: Share of its rows that are beyond the reference's own quantile of distances.
        expected: Share of the reference's own rows that are.
        excess: The one less the other: about the share of current rows that are of a new kind.
        p: How often chance alone brings as many, by relabelling.
        least_p: The least that it can be.
        relabellings: How many were drawn.
        threshold: The distance from which on a row counts as far.
        concepts: Groups of far rows that are more frequent now, those that grew most first.
        scattered: Far rows of the current window that are in none of them.
        distances: Of each row to the reference, the reference's first.
    """

    far: Interval
    expected: Interval
    excess: Interval
    p: float
    least_p: float
    relabellings: int
    threshold: float
    concepts: tuple[Concept, ...]
    scattered: int
    distances: NDArray[np.float64] = field(compare=False)


def find_concepts(
    samples: Samples,
    texts: tuple[Sequence[str], Sequence[str]] | None = None,
    *,
    neighbour: int = 3,
    beyond: float = 0.05,
    least: int = 3,
    examples: int = 3,
    telling: int = 5,
    relabellings: int = RELABELLINGS,
    seed: int = 0,
    level: float = 0.95,
) -> Concepts:
    """Finds what the current window has and the reference has not.

    Args:
        samples: Of vectors.
        texts: Of the rows of either window, to name concepts by; None where there are none.
        neighbour: Which nearest row of the reference a distance is taken to.
        beyond: Share of the reference's own rows that count as far.
        least: Groups of the current window that a concept has at the least; rows, where none are known.
        examples: Rows to name for each.
        telling: Words to name for each.
        relabellings: How many to draw.
        seed: Of all that is drawn.
        level: Of the intervals.
    """
    settings = {"neighbour": neighbour, "beyond": beyond}
    tested = novelty.run(samples, settings, relabellings=relabellings, seed=seed, level=level)
    threshold = float(tested.details["threshold"])
    is_far = tested.witness > threshold
    expected, far = _shares(samples, is_far, level)
    rows = np.flatnonzero(is_far)
    clusters = _clusters(samples.values[rows], tested.witness[rows], seed)
    kept = [rows[clusters == number] for number in range(int(clusters.max(initial=-1)) + 1)]
    kept = [own for own in kept if len(np.unique(samples.groups[own[own >= samples.reference]])) >= least]
    terms = count_terms([*texts[0], *texts[1]], samples.groups) if texts is not None and kept else None
    concepts = []
    for own in kept:
        inside = np.isin(np.arange(samples.n), own)
        before, now = _shares(samples, inside, level)
        if now.estimate <= before.estimate:
            continue
        words = () if terms is None else Corpora(terms, inside).telling(telling)
        current = own[own >= samples.reference]
        nearest = current[_central(samples.values[current])[:examples]] - samples.reference
        change = change_interval(before, now)
        found = tuple((current - samples.reference).tolist())
        concepts.append(Concept(before, now, change, found, words, tuple(nearest.tolist())))
    concepts.sort(key=lambda concept: -concept.change.estimate)
    return Concepts(
        far,
        expected,
        change_interval(expected, far),
        tested.p,
        tested.least_p,
        relabellings,
        threshold,
        tuple(concepts),
        int((rows >= samples.reference).sum()) - sum(len(concept.rows) for concept in concepts),
        tested.witness,
    )


def _shares(samples: Samples, inside: NDArray[np.bool_], level: float) -> tuple[Interval, Interval]:
    """Of the reference's and of the current window's rows."""
    windows = slice(0, samples.reference), slice(samples.reference, samples.n)
    before, now = (share_interval(inside[window], samples.groups[window], level) for window in windows)
    return before, now


def _clusters(values: NDArray[np.float32], distances: NDArray[np.float64], seed: int) -> NDArray[np.intp]:
    """A number from 0 for each far row; -1 where it is near to none of the clusters of those that were linked.

    Args:
        values: Of the rows.
        distances: Of each to the reference.
        seed: Of which rows are linked, where there are very many.
    """
    if len(values) < 2:
        return np.zeros(len(values), np.intp)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    some = np.sort(np.random.default_rng([seed, 4]).permutation(len(values))[:_LINKED])
    one, other = np.triu_indices(len(some), 1)
    nearer = np.minimum(distances[some][one], distances[some][other])
    linked = linkage(pdist(values[some]) / np.maximum(nearer, 1e-300), "average")
    found = fcluster(linked, 1, "distance").astype(np.intp) - 1
    sums = np.zeros((found.max() + 1, values.shape[1]))
    np.add.at(sums, found, values[some])
    centres = sums / np.bincount(found)[:, None]
    clusters = np.empty(len(values), np.intp)
    for start in range(0, len(values), _LINKED):
        rows = values[start : start + _LINKED].astype(np.float64)
        apart = (rows**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * rows @ centres.T
        near = apart.min(axis=1) < distances[start : start + _LINKED] ** 2
        clusters[start : start + _LINKED] = np.where(near, apart.argmin(axis=1), -1)
    clusters[some] = found
    return clusters


def _central(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows by their distance from the mean of all, the nearest first; of equal ones only the first."""
    distances = np.linalg.norm(values - values.mean(axis=0), axis=1)
    return np.asarray(np.unique(np.round(distances, 5), return_index=True)[1])
