import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test
from tests.drift.quiet_values import CATEGORIES, false_alarms
from tests.drift.unchanged import most

names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=30)


def run(reference, current, test="chi_square", **options):
    return find_test(test).run(Samples.of_categories(reference, current), relabellings=99, **options)


@settings(max_examples=50)
@given(names, names)
def test_the_statistic_is_that_of_scipy(reference, current):
    kinds = sorted({*reference, *current})
    table = [[rows.count(kind) for kind in kinds] for rows in (reference, current)]
    expected = stats.chi2_contingency(table, correction=False).statistic if len(kinds) > 1 else 0
    assert run(reference, current).statistic == pytest.approx(expected, abs=1e-9)


@settings(max_examples=25)
@given(names, names)
def test_stability_is_the_formula(reference, current):
    kinds, expected = sorted({*reference, *current}), 0.0
    for kind in kinds:
        p = (reference.count(kind) + 0.5) / (len(reference) + len(kinds) / 2)
        q = (current.count(kind) + 0.5) / (len(current) + len(kinds) / 2)
        expected += (q - p) * np.log(q / p)
    assert run(reference, current, "category_stability").statistic == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("test", ["chi_square", "category_stability"])
@pytest.mark.parametrize("kind", CATEGORIES)
@pytest.mark.parametrize("groups", [None, 10])
def test_quiet_windows_are_called_changed_no_more_often_than_alpha(test, kind, groups):
    assert false_alarms(test, CATEGORIES[kind], groups=groups) <= most()


@pytest.mark.parametrize("test", ["chi_square", "category_stability"])
def test_of_a_new_category_the_separation_is_its_share(test):
    found = run(["en"] * 300, ["en"] * 240 + ["es"] * 60, test)
    assert found.p == 0.01
    assert found.separation.estimate == pytest.approx(0.2)
    assert found.separation.bounds[0] > 0.1


def test_under_no_change_many_rare_categories_do_not_bias_the_separation():
    random = np.random.default_rng(0)
    found = [
        run(*random.zipf(1.5, size=(2, 60)).astype(str).tolist(), seed=seed).separation.estimate for seed in range(200)
    ]
    assert abs(np.mean(found)) <= 3.5 * np.std(found) / np.sqrt(200)
