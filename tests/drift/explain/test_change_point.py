import json
from dataclasses import asdict

import numpy as np
import pytest

from genops.drift.explain.change_point import find_change_point
from genops.errors import InputError
from tests.drift.unchanged import most

HOUR = 3_600 * 10**9
START = 1_700_000_000 * 10**9


def series(random, n=200, at=0.6, by=1.5):
    values = random.normal(size=n)
    values[int(at * n) :] += by
    return values, START + HOUR * np.arange(n)


def literal(values, times):
    """The cut whose ranks before and after differ most for their number, one cut at a time."""
    order = np.argsort(times, kind="stable")
    ranks = np.argsort(np.argsort(values[order])) + 1.0
    n, best = len(values), None
    for cut in range(int(np.ceil(0.05 * n)), n - int(np.ceil(0.05 * n)) + 1):
        apart = abs(ranks[cut:].mean() - ranks[:cut].mean()) * np.sqrt(cut * (n - cut) / n)
        if times[order][cut] > times[order][cut - 1] and (best is None or apart > best[0] + 1e-9):
            best = apart, times[order][cut]
    return best[1]


def test_the_time_is_found_with_its_interval_and_what_changed():
    values, times = series(np.random.default_rng(0))
    found = find_change_point(values, times, relabellings=199)
    assert found.p == pytest.approx(1 / 200)
    assert abs(found.at - times[120]) <= 5 * HOUR
    assert found.low <= times[120] <= found.high
    assert found.high - found.low < 30 * HOUR
    assert times[found.row] == found.at
    assert found.after.estimate - found.before.estimate == pytest.approx(1.5, abs=0.3)
    assert found.separation.bounds[0] > 0.5
    json.dumps(asdict(found))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_where_a_plain_loop_finds_it(seed):
    random = np.random.default_rng(seed)
    values, times = series(random, 60, by=0.5)
    times = times // (3 * HOUR) * (3 * HOUR)
    assert find_change_point(values, times, relabellings=9).at == literal(values, times)


def test_rows_out_of_order_are_sorted():
    values, times = series(np.random.default_rng(1))
    shuffled = np.random.default_rng(2).permutation(len(values))
    one = find_change_point(values, times, relabellings=99)
    other = find_change_point(values[shuffled], times[shuffled], relabellings=99)
    assert (one.at, one.low, one.high, one.p) == (other.at, other.low, other.high, other.p)
    assert shuffled[other.row] == one.row


def test_rows_of_one_time_are_not_parted():
    values = np.array([0.0, 0, 0, 5, 5, 5, 5, 5])
    times = np.array([1, 1, 1, 1, 1, 2, 2, 2]) * HOUR
    assert find_change_point(values, times, relabellings=9).at == 2 * HOUR
    assert find_change_point(values, np.full(8, HOUR), relabellings=9) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["normal", "heavy", "ties", "sessions"])
def test_chance_alone_is_called_a_change_no_more_often_than_it_says(kind):
    alarms = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 19])
        n, groups = 80, None
        values = {"heavy": random.standard_t(1.2, n), "ties": random.integers(3, size=n).astype(float)}.get(
            kind, random.normal(size=n)
        )
        times = START + HOUR * random.permutation(n)
        if kind == "sessions":
            groups = random.integers(16, size=n)
            values, times = values + 2 * random.normal(size=16)[groups], START + HOUR * (10 * groups + np.arange(n))
            groups = groups.tolist()
        alarms += find_change_point(values, times, groups, relabellings=99, resamples=9, seed=seed).p <= 0.05
    assert alarms <= most()


@pytest.mark.slow
def test_the_interval_holds_the_time_about_as_often_as_it_says():
    held = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 23])
        values, times = series(random, 150, by=1.0)
        found = find_change_point(values, times, relabellings=9, resamples=200, seed=seed)
        held += found.low <= times[90] <= found.high
    assert held >= 178


def test_one_odd_session_is_no_change_of_all():
    random = np.random.default_rng(3)
    values, times = series(random, 120, by=0)
    values[60:90] += 2
    groups = [f"s{row // 3}" for row in range(60)] + ["odd"] * 30 + [f"s{row // 3}" for row in range(90, 120)]
    assert find_change_point(values, times, relabellings=199).p < 0.02
    assert find_change_point(values, times, groups, relabellings=199).p > 0.02


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="not 2"):
        find_change_point(np.zeros(3), np.zeros(2, np.int64))
    with pytest.raises(InputError, match="finite"):
        find_change_point(np.array([0.0, np.nan]), np.array([1, 2]))


def test_few_or_equal_values_are_no_change():
    assert find_change_point(np.zeros(1), np.zeros(1, np.int64)) is None
    assert find_change_point(np.ones(20), np.arange(20), relabellings=19).p == 1.0
    assert find_change_point(np.array([0.0, 1.0]), np.array([1, 2]), relabellings=19).p == 1.0
