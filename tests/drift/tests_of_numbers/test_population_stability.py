import numpy as np
import pytest

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test


def run(reference, current, settings=None, **options):
    samples = Samples.of_numbers(reference, current)
    return find_test("population_stability").run(samples, settings, relabellings=99, **options)


def test_the_statistic_is_the_formula():
    random = np.random.default_rng(0)
    x, y = random.normal(size=150), random.normal(0.5, 1.5, size=90)
    edges = np.quantile(np.concatenate([x, y]), [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
    expected = 0.0
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        p = (((low < x) & (x <= high)).sum() + 0.5) / (150 + 2.5)
        q = (((low < y) & (y <= high)).sum() + 0.5) / (90 + 2.5)
        expected += (q - p) * np.log(q / p)
    assert run(x, y, {"bins": 5}).statistic == pytest.approx(expected, abs=1e-9)


def test_what_others_alarm_at_is_nothing_in_small_windows():
    """With 10 bins and 60 rows each an index above 0.1 is the rule, and above 0.25 nothing rare."""
    random = np.random.default_rng(1)
    found = [run(*random.normal(size=(2, 60)), seed=seed) for seed in range(200)]
    assert np.mean([one.statistic > 0.1 for one in found]) > 0.9
    assert np.mean([one.statistic > 0.25 for one in found]) > 0.3
    assert np.mean([one.p <= 0.05 for one in found]) < 0.12


def test_a_point_that_holds_most_rows_has_a_bin_of_its_own():
    found = run([0.0] * 95 + [1.0] * 5, [0.0] * 70 + [1.0] * 30)
    assert found.details == {"bins": 2}
    assert found.p == 0.01
    assert found.separation.estimate == pytest.approx(0.25)


def test_it_sees_a_change_of_scale():
    random = np.random.default_rng(2)
    assert run(random.normal(size=200), random.normal(0, 2, size=200)).p == 0.01
