"""Log-odds ratios of words under an informative Dirichlet prior: what tells one corpus from another.

B. Monroe, M. Colaresi and K. Quinn, Fightin' Words: lexical feature selection and evaluation for identifying the
content of political conflict, Political Analysis 16 (2008): under a prior that is spread as the words of both corpora
are, neither frequent words nor those seen once lead the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genops.drift.terms import Term, Terms, shown

PRIOR = 0.1
"""Weight of the prior, as a share of all words: of a hundred, as many more as ten are spread as in both corpora."""
TELLING_Z = 2.0
_SAME = 0.8
Floats = NDArray[np.float64]


def log_odds_ratio(
    now: Floats, before: Floats, words_now: Floats, words_before: Floats, weight: float = PRIOR
) -> tuple[Floats, Floats]:
    """The log-odds ratio of terms, and its variance for independent draws (equations 16 and 20).

    Args:
        now: Counts of the terms in the one corpus.
        before: In the other.
        words_now: Of the whole one corpus.
        words_before: Of the whole other.
        weight: See ``PRIOR``.
    """
    prior, prior_words = weight * (now + before), weight * (words_now + words_before)
    one, other = now + prior, before + prior
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(one / (words_now + prior_words - one)) - np.log(other / (words_before + prior_words - other))
        variance = 1 / one + 1 / other
    return np.where(now + before > 0, ratio, 0.0), variance


@dataclass(frozen=True, eq=False)
class Corpora:
    """Terms of texts that are in one of two corpora.

    Attributes:
        terms: Of all texts.
        inside: Whether each text is of the one corpus.
    """

    terms: Terms
    inside: NDArray[np.bool_]

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """Of each term, in the one corpus and in the other."""
        inside, outside = (np.asarray(self.terms.counts.T @ rows, np.float64) for rows in (self.inside, ~self.inside))
        return inside, outside

    @cached_property
    def words(self) -> tuple[Floats, Floats]:
        """Runs of as many words as each term has, in the one corpus and in the other."""
        lengths = self.terms.lengths - 1
        parts = (self.terms.sizes[rows].sum(axis=0).astype(np.float64) for rows in (self.inside, ~self.inside))
        inside, outside = (part[lengths] for part in parts)
        return inside, outside

    def telling(self, most: int = 5) -> tuple[str, ...]:
        """The words and phrases that tell the one corpus from the other, the most telling first.

        Args:
            most: How many.
        """
        ratio, variance = log_odds_ratio(*self.counts, *self.words)
        z = ratio / np.sqrt(variance)
        ranked = [int(term) for term in np.argsort(-z, kind="stable")[: 20 * most] if z[term] >= TELLING_Z]
        listed = self.distinct(ranked, z)[:most]
        names = self.terms.named(listed)
        return tuple(shown(names[term]) for term in listed)

    def distinct(self, ranked: list[int], z: Floats) -> list[int]:
        """Of terms in order, those that say something beyond the ones before them.

        A phrase is left out where its share of what it has in common with a listed term is as it was, a word where
        without the listed phrase around it it is as frequent as it was; of those in the same texts the longest stays.

        Args:
            ranked: The terms.
            z: How far each moved; what rose explains nothing of what fell.
        """
        texts = {term: self.terms.having(term) for term in ranked}
        names = self.terms.named(ranked)
        number = {name: term for term, name in names.items()}
        listed: list[int] = []
        taken: list[int] = []  # those too that a longer one stands for now
        for term in ranked:
            runs = {other: _common(names[term], names[other]) for other in taken if z[term] * z[other] > 0}
            same = [other for other in listed if runs.get(other) and _same(texts[term], texts[other])]
            near = [(other, number[run]) for other, run in runs.items() if run in number]
            if same and all(len(names[term]) > len(names[other]) for other in same):
                listed[listed.index(same[0])] = term
                listed = [other for other in listed if other not in same]
            elif not same and not any(self._explained(term, *pair, np.sign(z[term])) for pair in near):
                listed.append(term)
            else:
                continue
            taken.append(term)
        return listed

    def _explained(self, term: int, other: int, common: int, sign: float) -> bool:
        """Whether what a term has in common with another one says what moved it."""
        now, before = self.counts
        if common == term:
            first, second = (np.maximum(side[[term]] - side[[other]], 0) for side in self.counts)
            words = self.words
            ratio, variance = log_odds_ratio(first, second, words[0][[term]], words[1][[term]])
            moved = float((ratio / np.sqrt(variance))[0])
        else:
            moved = _share_rose(now[term], now[common], before[term], before[common])
        return sign * moved < TELLING_Z


def _same(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    """Whether two terms stand in nearly the same texts."""
    most = max(len(one), len(other))
    return min(len(one), len(other)) >= _SAME * most and len(np.intersect1d(one, other)) >= _SAME * most


def _share_rose(now: float, of_now: float, before: float, of_before: float) -> float:
    """The log-odds ratio of two shares in standard errors, a half added to each count (Haldane and Anscombe)."""
    counts = np.array([now, before, max(0.0, of_now - now), max(0.0, of_before - before)]) + 0.5
    ratio = np.log(counts[0] / counts[2]) - np.log(counts[1] / counts[3])
    return float(ratio / np.sqrt((1 / counts).sum()))


def _common(one: Term, other: Term) -> Term:
    """The longest run of words that two terms have in common; empty where there is none."""
    for length in range(min(len(one), len(other)), 0, -1):
        runs = {other[start : start + length] for start in range(len(other) - length + 1)}
        for start in range(len(one) - length + 1):
            if one[start : start + length] in runs:
                return one[start : start + length]
    return ()
