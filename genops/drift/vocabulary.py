"""Vocabulary: the words and phrases that changed most between two windows.

By the log-odds ratio under an informative Dirichlet prior (:mod:`genops.drift.log_odds`). Its variance takes each word
for an independent draw; people repeat themselves, so that it is multiplied here by the **design effect**: how much more
the word's counts vary between groups of one window than independent draws would (L. Kish, Survey Sampling, 1965; never
below 1). No probability is read off such a z-score: the p-value of each term is calibrated by relabelling whole groups,
for all terms together (:mod:`genops.drift.max_t`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.log_odds import PRIOR, Corpora, Floats, log_odds_ratio
from genops.drift.max_t import max_t
from genops.drift.relabelling import RELABELLINGS, Relabellings
from genops.drift.samples import Labels, Samples
from genops.drift.terms import READ, Terms, count_terms, shown

_CANDIDATES = 500
_FEWEST = 199
_WORK = 1_200_000_000
_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True)
class TermChange:
    """A word or phrase that became more or less frequent.

    Attributes:
        term: As people write it, case folded.
        new: The reference has none of it.
        log_odds: By how much its log-odds rose, under the prior.
        z: The same in standard errors that know of groups; only for ranking.
        p: How often chance alone moves any term as far, by relabelling.
        counts: In the reference and now.
        rates: Per 1,000 words, in the reference and now.
        groups: How many groups have it, in the reference and now.
        examples: Rows that have it, of the current window where it rose, else of the reference, from 0; short ones.
    """

    term: str
    new: bool
    log_odds: float
    z: float
    p: float
    counts: tuple[int, int]
    rates: tuple[float, float]
    groups: tuple[int, int]
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How the words of two windows differ.

    Attributes:
        changes: New ones first, then by how far they moved.
        p: How often chance alone moves any term as far as the one that moved most, by relabelling.
        relabellings: How many were drawn.
        words: In the reference and now.
        terms: How many were compared.
        read: The share of all characters that was read.
    """

    changes: tuple[TermChange, ...]
    p: float
    relabellings: int
    words: tuple[int, int]
    terms: int
    read: float


def compare_vocabulary(
    reference: Sequence[str],
    current: Sequence[str],
    groups: tuple[Labels, Labels] | None = None,
    contexts: tuple[Labels, Labels] | None = None,
    *,
    most: int = 30,
    examples: int = 3,
    prior: float = PRIOR,
    alpha: float = 0.05,
    relabellings: int | None = None,
    seed: int = 0,
    read: int = READ,
) -> Vocabulary:
    """Compares the words and phrases (up to three words) of two windows.

    A phrase whose words explain its change is left out, and so is a word that the phrase around it explains.

    Args:
        reference: Texts, at least one.
        current: Texts, at least one.
        groups: Of the rows of either; None where each stands alone.
        contexts: Of the rows of either, within which they are relabelled; None where they are not known.
        most: Changes to list.
        examples: Rows to name for each.
        prior: See ``PRIOR``.
        alpha: A term is listed if chance alone moves none as far with this probability; 1 lists whatever moved most.
        relabellings: How many to draw; None draws 999, and fewer, at least 199, where the counts are very many.
        seed: Of the draws.
        read: Characters to read of all texts together, an even share of each (see :func:`count_terms`).

    Raises:
        InputError: A window is empty.
    """
    lengths = ([len(text) for text in texts] for texts in (reference, current))
    samples = Samples.of_numbers(*lengths, groups=groups, contexts=contexts)
    terms = count_terms([*reference, *current], samples.groups, read=read)
    units = _Units.of(terms, samples.groups)
    count = relabellings or max(_FEWEST, min(RELABELLINGS, _WORK // max(1, units.counts.nnz)))
    labels = Relabellings.draw(samples, count, seed).current[units.first]
    log_odds, z, greatest = _test(units, labels, prior)
    p = max_t(np.abs(z), greatest)
    corpora = Corpora(terms, samples.is_current)
    (now, before), words = corpora.counts, terms.sizes[:, 0]
    words_before, words_now = int(words[: samples.reference].sum()), int(words[samples.reference :].sum())
    groups_before, groups_now = units.having(~labels[:, 0]), units.having(labels[:, 0])
    ranked = [int(term) for term in np.argsort(-np.abs(z), kind="stable")[:_CANDIDATES] if p[term] <= alpha]
    listed = corpora.distinct(ranked, z)[:most]
    names = terms.named(listed)
    changes = [
        TermChange(
            shown(names[term]),
            bool(before[term] == 0),
            float(log_odds[term]),
            float(z[term]),
            float(p[term]),
            (int(before[term]), int(now[term])),
            (1000 * float(before[term]) / max(1, words_before), 1000 * float(now[term]) / max(1, words_now)),
            (int(groups_before[term]), int(groups_now[term])),
            _examples(terms, term, samples, bool(z[term] > 0))[:examples],
        )
        for term in listed
    ]
    return Vocabulary(
        tuple(sorted(changes, key=lambda change: not change.new)),
        float(p.min(initial=1.0)),
        count,
        (words_before, words_now),
        len(terms),
        terms.read,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Counts by group.

    Attributes:
        counts: Of terms, sparse, of shape (groups, terms).
        sizes: Runs of 1, 2, 3 words, of shape (groups, 3).
        lengths: Words of each term, of shape (terms,).
        first: A row of each group.
    """

    counts: Any
    sizes: Floats
    lengths: NDArray[np.int64]
    first: NDArray[np.intp]

    @classmethod
    def of(cls, terms: Terms, groups: NDArray[np.intp]) -> _Units:
        from scipy import sparse

        first = np.unique(groups, return_index=True)[1]
        shape = (len(first), len(groups))
        into = sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=shape)
        return cls((into @ terms.counts).tocsr(), into @ terms.sizes.astype(np.float64), terms.lengths, first)

    def having(self, chosen: NDArray[np.bool_]) -> Floats:
        """How many of the chosen groups have each term."""
        return np.asarray((self.counts > 0).T @ chosen.astype(np.float64))


def _test(units: _Units, labels: NDArray[np.bool_], prior: float) -> tuple[Floats, Floats, Floats]:
    """Log-odds and z-score of each term as observed, and the greatest |z| under each relabelling."""
    counts, order = units.counts, units.lengths - 1
    crossed = counts.copy()
    crossed.data *= units.sizes[np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr)), order[counts.indices]]
    moments = [matrix.T.tocsr() for matrix in (counts, counts.power(2), crossed)]
    of_words = units.sizes, units.sizes**2
    everything = [matrix.sum(axis=1)[:, None] for matrix in moments]
    words_total = [sizes.sum(axis=0)[order][:, None] for sizes in of_words]
    greatest = np.zeros(labels.shape[1])
    observed = np.zeros(len(order)), np.zeros(len(order))
    step = max(1, _BLOCK // max(1, len(order)))
    for start in range(0, labels.shape[1], step):
        chosen = labels[:, start : start + step].astype(np.float64)
        now = [matrix @ chosen for matrix in moments]
        words_now = [(sizes.T @ chosen)[order] for sizes in of_words]
        before = [total - part for total, part in zip(everything, now, strict=True)]
        words_before = [total - part for total, part in zip(words_total, words_now, strict=True)]
        ratio, variance = log_odds_ratio(now[0], before[0], words_now[0], words_before[0], prior)
        z = ratio / np.sqrt(variance * _design_effect((now, words_now), (before, words_before)))
        greatest[start : start + step] = np.abs(z).max(axis=0, initial=0.0)
        if not start:
            observed = ratio[:, 0].copy(), z[:, 0].copy()
    return *observed, greatest


def _design_effect(*windows: tuple[Sequence[Floats], Sequence[Floats]]) -> Floats:
    """How much more counts vary between the groups of a window than those of independent draws; at least 1.

    Of each window: sums over its groups of counts, squared counts and counts times words, and of words and words
    squared.
    """
    found, expected = np.zeros(1), np.zeros(1)
    for (counts, squares, crossed), (words, words_squared) in windows:
        rate = counts / np.maximum(words, 1)
        found = found + squares - 2 * rate * crossed + rate**2 * words_squared
        expected = expected + counts * (1 - rate)
    return np.maximum(1.0, found / np.maximum(expected, 1e-9))


def _examples(terms: Terms, term: int, samples: Samples, rose: bool) -> tuple[int, ...]:
    """The rows that have a term, of the window where it is more frequent, the shortest first."""
    rows = terms.having(term)
    rows = rows[(rows >= samples.reference) == rose]
    rows = rows[np.argsort(terms.sizes[rows, 0], kind="stable")]
    return tuple(int(row) - (samples.reference if rose else 0) for row in rows)
