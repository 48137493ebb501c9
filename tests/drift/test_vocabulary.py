import json
from dataclasses import asdict
from math import log, sqrt

import numpy as np
import pytest

from genops.drift.vocabulary import compare_vocabulary
from genops.errors import InputError
from tests.drift.unchanged import most

WORDS = [
    "invoice",
    "refund",
    "order",
    "parcel",
    "account",
    "password",
    "login",
    "address",
    "courier",
    "late",
    "broken",
    "please",
    "the",
    "a",
    "my",
    "is",
    "to",
]


def made(random, n, extra="", share=0.0):
    """Texts of eight words, a share of which end with something more."""
    return [" ".join(random.choice(WORDS, size=8)) + (f" {extra}" if random.random() < share else "") for _ in range(n)]


def terms(found):
    return [change.term for change in found.changes]


def test_new_words_come_first_with_counts_rates_and_examples():
    random = np.random.default_rng(0)
    before, now = made(random, 200), made(random, 200, "kubernetes", 0.2)
    before, now = before + ["my parcel"] * 60, now + ["my refund refund"] * 60
    found = compare_vocabulary(before, now, relabellings=199)
    first = next(change for change in found.changes if change.term == "kubernetes")
    assert [change.new for change in found.changes] == sorted((change.new for change in found.changes), reverse=True)
    assert (first.new, first.counts[0], first.p) == (True, 0, 1 / 200)
    assert first.counts[1] == sum("kubernetes" in text for text in now)
    assert first.rates[1] == pytest.approx(1000 * first.counts[1] / found.words[1])
    assert all("kubernetes" in now[row] for row in first.examples)
    assert found.p == pytest.approx(1 / 200)
    fell = next(change for change in found.changes if change.z < 0)
    assert all(fell.term in before[row] for row in fell.examples)


def test_a_phrase_that_its_words_explain_is_not_listed_twice():
    random = np.random.default_rng(1)
    found = compare_vocabulary(made(random, 300), made(random, 300, "kubernetes", 0.5), relabellings=199)
    assert terms(found) == ["kubernetes"]


def test_words_that_only_stand_in_a_phrase_are_listed_as_that_phrase():
    random = np.random.default_rng(2)
    found = compare_vocabulary(made(random, 300), made(random, 300, "as an assistant", 0.3), relabellings=199)
    assert terms(found) == ["as an assistant"]


def test_a_phrase_of_old_words_is_told():
    random = np.random.default_rng(3)
    swapped = [" ".join(reversed(text.split())) for text in made(random, 200)]
    before = ["late the parcel is"] * 100 + made(random, 200)
    now = ["the parcel is late"] * 100 + swapped
    assert "is late" in " ".join(terms(compare_vocabulary(before, now, relabellings=199)))


def test_the_score_is_that_of_the_paper_under_the_design_effect():
    before, now = ["cat cat cat", "dog", "dog", "dog cat"], ["cat", "dog", "bird dog", "bird bird bird bird"]
    found = {c.term: c for c in compare_vocabulary(before, now, relabellings=19, alpha=1.0, most=100).changes}
    change = found["bird"]
    n_now, n_before, y_now, y_before = 8, 7, 5, 0
    prior, prior_words = 0.1 * (y_now + y_before), 0.1 * (n_now + n_before)
    ratio = log((y_now + prior) / (n_now + prior_words - y_now - prior)) - log(
        (y_before + prior) / (n_before + prior_words - y_before - prior)
    )
    share = y_now / n_now
    groups = [(0, 1), (0, 1), (1, 2), (4, 4)]
    effect = sum((y - share * n) ** 2 for y, n in groups) / (y_now * (1 - share))
    assert effect > 1
    assert change.log_odds == pytest.approx(ratio, abs=1e-6)
    assert change.z == pytest.approx(ratio / sqrt(effect * (1 / (y_now + prior) + 1 / (y_before + prior))), abs=1e-6)


def test_one_talkative_session_is_no_change():
    random = np.random.default_rng(4)
    before, now = made(random, 100), made(random, 60) + ["my hovercraft is full of eels"] * 40
    groups = [str(n // 5) for n in range(100)], [str(n // 5) for n in range(60)] + ["one"] * 40
    assert compare_vocabulary(before, now, relabellings=199).p < 0.01
    assert compare_vocabulary(before, now, groups, relabellings=199).p > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("grouped", [False, True])
def test_chance_alone_is_called_a_change_no_more_often_than_it_says(grouped):
    alarms = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 7])
        topics = random.dirichlet(np.full(len(WORDS), 0.3), size=20)
        names = [random.integers(10, size=40) for _ in range(2)]
        texts = [
            [" ".join(random.choice(WORDS, size=6, p=topics[10 * window + name] if grouped else None)) for name in own]
            for window, own in enumerate(names)
        ]
        groups = (names[0].tolist(), names[1].tolist()) if grouped else None
        alarms += compare_vocabulary(*texts, groups, relabellings=99, seed=seed).p <= 0.05
    assert alarms <= most()


def test_the_same_texts_in_another_order_give_the_same_terms():
    random = np.random.default_rng(5)
    before, now = made(random, 80), made(random, 80, "eels", 0.3)
    one = compare_vocabulary(before, now, relabellings=99)
    other = compare_vocabulary(before[::-1], now[::-1], relabellings=99)
    scores = [{change.term: round(change.z, 6) for change in found.changes} for found in (one, other)]
    assert scores[0] == scores[1]
    assert "eels" in scores[0]
    assert compare_vocabulary(before, now, relabellings=99) == one


def test_any_texts_are_taken_and_the_result_is_plain_json():
    found = compare_vocabulary(["", "\ud800", "a b"], ["", "a", "x" * 100_000], relabellings=19, alpha=1.0)
    json.dumps(asdict(found))
    assert compare_vocabulary([""], [""], relabellings=19).changes == ()
    with pytest.raises(InputError, match="current window"):
        compare_vocabulary(["a"], [])
