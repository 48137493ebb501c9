from math import log

import numpy as np
import pytest
from scipy import optimize, stats

from genops.drift.sequential.allowance import chosen_bets, upper_means


def test_a_bound_is_where_the_capital_of_the_literal_gambler_reaches_one_over_the_error():
    values = np.random.default_rng(0).random((150, 2)) ** 3
    bets = np.array([0.1, 0.4])
    found = upper_means(values, bets, 0.01)
    for column, bet in enumerate(bets):

        def capital(mean, column=column, bet=bet):
            return sum(log(1 + bet * ((1 - value) / (1 - mean) - 1)) for value in values[:, column]) - log(100)

        exact = optimize.brentq(capital, values[:, column].mean(), 0.999)
        assert exact <= found[column] <= exact + 1e-3


def test_values_at_an_end_are_bounded():
    bounds = upper_means(np.array([[0.0, 1.0]] * 100), np.array([0.9, 0.9]), 0.01)
    assert bounds[0] == pytest.approx(1 - 1 / (1 + (100 ** (1 / 100) - 1) / 0.9), abs=1e-3)
    assert bounds[1] == 1


def test_a_chosen_bet_comes_close_to_the_exact_binomial_bound():
    random = np.random.default_rng(1)
    for share in (0.01, 0.1, 0.5):
        fitted, held = (random.random((n, 1)) < share for n in (600, 1_400))
        bets = chosen_bets(fitted.astype(float), len(held), 1e-3)
        bound = float(upper_means(held.astype(float), bets, 1e-3)[0])
        exact = stats.beta.ppf(1 - 1e-3, held.sum() + 1, len(held) - held.sum())
        assert exact < bound < held.mean() + 1.35 * (exact - held.mean())


@pytest.mark.parametrize("draw", [lambda r, n: r.random(n) < 0.03, lambda r, n: r.beta(0.2, 0.6, n)])
def test_a_bound_is_wrong_no_more_often_than_its_error(draw):
    random = np.random.default_rng(2)
    mean = float(np.mean(draw(random, 1_000_000)))
    fitted = draw(random, 100)[:, None].astype(float)
    bets = np.repeat(chosen_bets(fitted, 200, 0.1), 2_000)
    held = draw(random, 200 * 2_000).reshape(200, 2_000).astype(float)
    wrong = int((upper_means(held, bets, 0.1) < mean).sum())
    assert stats.binom.sf(wrong - 1, 2_000, 0.1) > 1e-4


def test_values_that_are_counted_are_bounded_as_those_that_stand_one_by_one():
    random = np.random.default_rng(3)
    counts = random.integers(0, 40, size=(8, 3)) + np.eye(8, 3, dtype=int)
    values = np.linspace(0, 1, 8)[:, None] ** [1.0, 2.0, 3.0]
    bets = np.array([0.1, 0.4, 0.8])
    found = upper_means(values, bets, 0.01, counts)
    for column in range(3):
        singly = np.repeat(values[:, column], counts[:, column])[:, None]
        assert found[column] == pytest.approx(upper_means(singly, bets[[column]], 0.01)[0], abs=1e-12)
