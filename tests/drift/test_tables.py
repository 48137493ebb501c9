import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.drift import tables
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tables import log_ratio_witness, quantile_bins, statistics

some = st.lists(st.integers(0, 6).map(float), min_size=2, max_size=40)


@given(some, some)
def test_each_relabelling_has_the_table_of_its_own_labels(reference, current):
    samples = Samples.of_numbers(reference, current)
    codes = np.unique(samples.values, return_inverse=True)[1]
    relabellings = Relabellings.draw(samples, 20)
    weights = np.arange(1, codes.max() + 2)[:, None] ** 2
    told = statistics(codes, relabellings, lambda now, then: (weights * (2 * now - then)).sum(axis=0))
    for label, value in zip(relabellings.current.T, told, strict=True):
        now, then = (np.bincount(codes[side], minlength=len(weights)) for side in (label, ~label))
        assert value == (weights[:, 0] * (2 * now - then)).sum()


def test_blocks_change_nothing(monkeypatch):
    random = np.random.default_rng(0)
    samples = Samples.of_numbers(random.normal(size=30), random.normal(size=20))
    relabellings, codes = Relabellings.draw(samples, 50), np.argsort(samples.values)
    whole = statistics(codes, relabellings, lambda now, then: (now * np.arange(50)[:, None]).sum(axis=0))
    monkeypatch.setattr(tables, "_BLOCK", 40 * 50 * 7)
    parts = statistics(codes, relabellings, lambda now, then: (now * np.arange(50)[:, None]).sum(axis=0))
    assert (whole == parts).all()


def test_bins_hold_about_as_many_rows_each():
    values = np.random.default_rng(1).normal(size=1_000)
    assert np.bincount(quantile_bins(values, 10)).tolist() == [100] * 10


def test_equal_values_share_a_bin_and_what_is_above_them_has_its_own():
    values = np.array([0.0] * 90 + [1.0] * 10)
    assert quantile_bins(values, 10).tolist() == [0] * 90 + [1] * 10


def test_a_bin_depends_on_the_order_of_the_values_alone():
    values = np.random.default_rng(2).normal(size=200)
    assert (quantile_bins(values, 7) == quantile_bins(np.exp(values), 7)).all()


def test_the_witness_is_the_log_ratio_of_the_other_folds():
    samples = Samples.of_categories(["a", "a", "b", "a"], ["b", "b", "a", "c"])
    folds = np.array([0, 1, 1, 1, 0, 1, 1, 1])
    witness = log_ratio_witness(samples, samples.values, folds)
    assert witness[0] == pytest.approx(np.log((1 / 3 + 1 / 6) / (2 / 3 + 1 / 6)))
    assert witness[4] == pytest.approx(np.log((1 / 3 + 1 / 6) / (1 / 3 + 1 / 6)))


def test_a_kind_that_the_other_folds_lack_speaks_for_neither():
    samples = Samples.of_categories(["a"] * 9 + ["new"], ["a"] * 3)
    folds = np.array([0, 1] * 4 + [0, 1] + [0, 1, 0])
    assert log_ratio_witness(samples, samples.values, folds)[9] == 0
