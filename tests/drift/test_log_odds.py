from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.drift.log_odds import Corpora, log_odds_ratio
from genops.drift.terms import count_terms

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8).filter(
    lambda counts: sum(a for a, _ in counts) and sum(b for _, b in counts)
)


def literal(now, before, weight):
    """Equations 15, 16, 20 and 21 of Monroe, Colaresi and Quinn (2008), one word at a time."""
    n_now, n_before = sum(now), sum(before)
    alpha = [weight * (a + b) for a, b in zip(now, before, strict=True)]
    alpha_0 = sum(alpha)
    z = []
    for y_i, y_j, a in zip(now, before, alpha, strict=True):
        delta = log((y_i + a) / (n_now + alpha_0 - y_i - a)) - log((y_j + a) / (n_before + alpha_0 - y_j - a))
        z.append(delta / sqrt(1 / (y_i + a) + 1 / (y_j + a)))
    return z


def z_scores(now, before, weight=0.1):
    ratio, variance = log_odds_ratio(
        np.array(now, float), np.array(before, float), np.array(float(sum(now))), np.array(float(sum(before))), weight
    )
    return ratio / np.sqrt(variance)


def test_they_are_those_of_the_paper():
    now, before = [10, 0, 3, 200], [2, 5, 3, 180]
    assert z_scores(now, before) == pytest.approx(literal(now, before, 0.1), abs=1e-9)


@given(COUNTS)
def test_swapping_the_corpora_turns_the_sign(counts):
    now, before = zip(*counts, strict=True)
    here, there = z_scores(now, before), z_scores(before, now)
    assert np.nan_to_num(here) == pytest.approx(-np.nan_to_num(there), abs=1e-9)


def test_a_word_seen_once_does_not_lead_the_list():
    ratio = z_scores([1, 40, 1000], [0, 10, 1000])
    assert ratio.argmax() == 1


def test_telling_words_need_no_list_of_stop_words():
    about_cats = [f"the cat number {n} is on the sofa" for n in range(20)]
    about_tax = [f"the tax number {n} is in the form" for n in range(20)]
    corpora = Corpora(count_terms(about_cats + about_tax), np.arange(40) < 20)
    told = corpora.telling(5)
    assert any("cat" in term for term in told)
    assert any("sofa" in term for term in told)
    assert not any("tax" in term or term in ("the", "is", "number") for term in told)


def test_a_topic_without_words_has_none():
    assert Corpora(count_terms(["", "", ""]), np.array([True, False, False])).telling() == ()
