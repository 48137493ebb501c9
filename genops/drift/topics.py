"""Topics and intents: what the reference is about, and whether it is talked about as often as before.

Topics are found by spherical k-means (I. Dhillon and D. Modha, Concept decompositions for large sparse text data using
clustering, Machine Learning 42, 2001; FAISS) on a part of the reference that the test then leaves out. Rows that
centroids were fitted to lie nearer to them than rows that come later, so that counts of the whole reference would not
be comparable with those of the current window even if nothing had changed; the rest of the reference and the current
window are, whole groups at a time, and relabelling them is exact. Where contexts are known, about the same share of
each is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from genops.drift.log_odds import Corpora
from genops.drift.max_t import max_t
from genops.drift.relabelling import RELABELLINGS, Relabellings
from genops.drift.samples import Codes, Samples, in_proportion
from genops.drift.shares import change_interval, share_interval
from genops.drift.terms import Terms, count_terms
from genops.drift.two_sample import TwoSampleResult, find_test
from genops.errors import InputError
from genops.retrieval.dense.library import faiss_library, faiss_threads
from genops.stats import Interval

MOST_TOPICS = 50
_ROWS_A_TOPIC = 256
_ROUNDS = 25
_STARTS = 3
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, before and now.

    Attributes:
        number: Which of the centroids it is.
        before: Share of the reference's rows that were not used to find the topics.
        now: Share of the current window's rows.
        change: Now less before.
        p: How often chance alone changes the share of any topic as much, by relabelling.
        telling: Words and phrases that tell its texts from those of other topics; empty where there are no texts.
        examples_before: Rows of the reference nearest to its centre, from 0.
        examples_now: Rows of the current window nearest to its centre, from 0.
    """

    number: int
    before: Interval
    now: Interval
    change: Interval
    p: float
    telling: tuple[str, ...]
    examples_before: tuple[int, ...]
    examples_now: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Topics:
    """How the topics of two windows differ.

    Attributes:
        topics: Those whose share changed most first.
        statistic: Chi-square of topics by window.
        p: Its p-value by relabelling.
        least_p: The least that it can be.
        relabellings: How many were drawn.
        separation: The effect (:mod:`genops.drift.effect`).
        fitted: Rows of the reference that the topics were found in, and that the test leaves out.
        reference: Rows of the reference that were compared.
        current: Rows of the current window.
        compared: Numbers of the rows that were compared, those of the current window after all of the reference.
        samples: Their topics, as categories named by the topics' numbers.
        result: Of the test, with what each of them says.
    """

    topics: tuple[Topic, ...]
    statistic: float
    p: float
    least_p: float
    relabellings: int
    separation: Interval
    fitted: int
    reference: int
    current: int
    compared: Codes = field(compare=False)
    samples: Samples = field(compare=False)
    result: TwoSampleResult = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class TopicModel:
    """Centres of topics.

    Attributes:
        centroids: Of unit length, of shape (topics, dimensions).
        fitted: Whether each row of the samples was one that they were fitted to.
    """

    centroids: Vectors
    fitted: NDArray[np.bool_]

    def nearness(self, vectors: Vectors) -> Vectors:
        """The cosine of each row and each centre, of shape (rows, topics)."""
        return unit(vectors) @ self.centroids.T

    def assign(self, vectors: Vectors) -> NDArray[np.intp]:
        """The topic of each row."""
        return np.asarray(self.nearness(vectors).argmax(axis=1), dtype=np.intp)


def fit_topics(samples: Samples, topics: int | None = None, seed: int = 0) -> TopicModel:
    """Finds topics in at most half of the reference, whole groups of it.

    Args:
        samples: Of vectors.
        topics: How many; None takes the square root of half as many as the rows they are found in, 2 to 50.
        seed: Of the choice of groups and of where k-means starts; the result does not depend on threads.

    Raises:
        InputError: The reference has but one group, so that no part of it could be left out.
    """
    fitted = _part(samples, (topics or MOST_TOPICS) * _ROWS_A_TOPIC, seed)
    rows = unit(samples.values[fitted])
    wanted = topics or min(MOST_TOPICS, max(2, round(sqrt(len(rows) / 2))))
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= wanted:
        return TopicModel(distinct, fitted)
    faiss = faiss_library()
    with faiss_threads(1):
        means = faiss.Kmeans(
            rows.shape[1],
            wanted,
            niter=_ROUNDS,
            nredo=_STARTS,
            seed=seed + 1,
            spherical=True,
            min_points_per_centroid=1,
            max_points_per_centroid=len(rows),
        )
        means.train(rows)
    return TopicModel(np.asarray(means.centroids, dtype=np.float32), fitted)


def compare_topics(
    samples: Samples,
    texts: tuple[Sequence[str], Sequence[str]] | None = None,
    *,
    topics: int | None = None,
    examples: int = 3,
    telling: int = 5,
    relabellings: int = RELABELLINGS,
    seed: int = 0,
    level: float = 0.95,
) -> Topics:
    """Compares how often the topics of the reference come up.

    Args:
        samples: Of vectors.
        texts: Of the rows of either window, to name topics by; None where there are none.
        topics: How many; None decides by the rows (:func:`fit_topics`).
        examples: Rows of either window to name for each.
        telling: Words to name for each.
        relabellings: How many to draw.
        seed: Of all that is drawn.
        level: Of the intervals.

    Raises:
        InputError: The reference has but one group.
    """
    model = fit_topics(samples, topics, seed)
    nearness = model.nearness(samples.values)
    which = nearness.argmax(axis=1)
    rows = np.flatnonzero(~model.fitted)
    compared = _categories(samples, which, rows)
    tested = find_test("chi_square").run(compared, relabellings=relabellings, seed=seed, level=level)
    p = _moved(compared, which[rows], len(model.centroids), relabellings, seed)
    terms = None if texts is None else count_terms([*texts[0], *texts[1]], samples.groups)
    told = [
        _topic(number, samples, which, nearness[:, number], model.fitted, terms, (examples, telling), level)
        for number in range(len(model.centroids))
    ]
    found = [
        Topic(number, before, now, change_interval(before, now), float(p[number]), words, *nearest)
        for number, (before, now, words, nearest) in enumerate(told)
    ]
    return Topics(
        tuple(sorted(found, key=lambda topic: -abs(topic.change.estimate))),
        tested.statistic,
        tested.p,
        tested.least_p,
        relabellings,
        tested.separation,
        int(model.fitted.sum()),
        compared.reference,
        compared.current,
        rows,
        compared,
        tested,
    )


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Vectors of unit length; one of zeros stays so."""
    rows = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _part(samples: Samples, most: int, seed: int) -> NDArray[np.bool_]:
    """Whole groups of the reference, at most half of them and of its rows where that leaves any."""
    own = samples.groups[: samples.reference]
    names, sizes = np.unique(own, return_counts=True)
    if len(names) < 2:
        raise InputError(
            "topics need two groups of the reference: one to find them in, and one to compare",
            hint="take a longer reference",
        )
    order = in_proportion(np.random.default_rng([seed, 2]).permutation(len(names)), samples.strata[names])
    reach = np.cumsum(sizes[order])
    count = int(np.searchsorted(reach, min(most, samples.reference / 2), side="right"))
    chosen = names[order[: min(max(1, count), len(names) // 2)]]
    return np.isin(samples.groups, chosen)


def _categories(samples: Samples, which: NDArray[np.intp], rows: NDArray[np.intp]) -> Samples:
    windows = [rows[rows < samples.reference], rows[rows >= samples.reference]]
    names = [[f"{topic:04d}" for topic in which[own]] for own in windows]
    groups = samples.groups[windows[0]].tolist(), samples.groups[windows[1]].tolist()
    known = samples.contexts
    contexts = None if known is None else (known[windows[0]].tolist(), known[windows[1]].tolist())
    return Samples.of_categories(names[0], names[1], groups=groups, contexts=contexts)


def _moved(
    compared: Samples, which: NDArray[np.intp], topics: int, relabellings: int, seed: int
) -> NDArray[np.float64]:
    """The adjusted p-value of each topic: of the change of its share, by the spread of its count over groups."""
    from scipy import sparse

    ones = np.ones(compared.n)
    inside = sparse.csr_array((ones, (which, np.arange(compared.n))), shape=(topics, compared.n))
    own = sparse.csr_array((ones, (np.arange(compared.n), compared.groups)))
    share = np.asarray(inside.mean(axis=1))[:, None]
    spread = np.sqrt((((inside @ own).toarray() - share * own.sum(axis=0)) ** 2).sum(axis=1))
    scale = np.where(spread > 0, spread, 1)[:, None]
    drawn = Relabellings.draw(compared, relabellings, seed)
    changes = [np.abs(inside @ weights) / scale for _, weights in drawn.blocks()]
    return max_t(changes[0][:, 0], np.concatenate([change.max(axis=0) for change in changes]))


def _topic(
    number: int,
    samples: Samples,
    which: NDArray[np.intp],
    nearness: Vectors,
    fitted: NDArray[np.bool_],
    terms: Terms | None,
    most: tuple[int, int],
    level: float,
) -> tuple[Interval, Interval, tuple[str, ...], tuple[tuple[int, ...], tuple[int, ...]]]:
    inside = which == number
    windows = ~samples.is_current & ~fitted, samples.is_current
    before, now = (share_interval(inside[rows], samples.groups[rows], level) for rows in windows)
    words = Corpora(terms, inside).telling(most[1]) if terms is not None and inside.any() else ()
    return before, now, words, _nearest(nearness, inside, samples.reference, most[0])


def _nearest(
    nearness: Vectors, inside: NDArray[np.bool_], reference: int, most: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows of either window that are nearest to a centre; of equal ones the first."""
    found = []
    for start, end in ((0, reference), (reference, len(nearness))):
        rows = np.flatnonzero(inside[start:end])
        first = np.unique(-np.round(nearness[start + rows], 5), return_index=True)[1]
        found.append(tuple(rows[first[:most]].tolist()))
    return found[0], found[1]
