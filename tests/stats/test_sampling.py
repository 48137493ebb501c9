import numpy as np
import pytest

from genops.stats import draw_order, mean_bounds, mean_estimate


class TestOrder:
    def test_each_unit_comes_first_in_proportion_to_its_weight(self):
        """10,000 orders: 3.5 standard errors are at most 175."""
        first = np.bincount([draw_order([1, 2, 7], seed)[0] for seed in range(10_000)], minlength=3)
        assert np.abs(first - [1_000, 2_000, 7_000]).max() <= 175

    def test_it_is_an_order_that_the_seed_decides(self):
        orders = [draw_order(np.ones(50), seed).tolist() for seed in (1, 1, 2)]
        assert sorted(orders[0]) == list(range(50))
        assert orders[0] == orders[1] != orders[2]


class TestEstimate:
    def test_heavy_units_that_come_early_do_not_bias_it(self):
        """Units whose mean goes with their weight, a third of them seen: the mean of 1,000 estimates."""
        sizes = np.repeat([1, 10], [50, 10])
        means = np.where(sizes > 1, 0.9, 0.3)
        orders = [draw_order(sizes, seed)[:20] for seed in range(1_000)]
        found = [mean_estimate(means[order], sizes[order], sizes.sum()) for order in orders]
        assert np.mean(found) == pytest.approx(float(means @ sizes) / sizes.sum(), abs=0.01)

    def test_of_units_of_one_weight_it_is_the_mean_of_the_sample(self):
        assert mean_estimate([0.2, 0.4, 0.9], np.full(3, 2.0), 50) == pytest.approx(0.5)

    def test_when_all_are_seen_it_is_the_mean(self):
        assert mean_estimate([0.1, 0.9], [1, 3], 4) == pytest.approx(0.7)

    def test_of_nothing_there_is_none(self):
        with pytest.raises(ValueError, match="no values"):
            mean_estimate([], [], 4)


class TestBounds:
    def test_a_mean_is_what_its_parts_leave_open(self):
        assert mean_bounds([1.0, float("nan"), 0.0, 1.0]) == (0.5, 0.75)
        assert mean_bounds([0.5, float("nan")], [3, 1], ends=(-1, 1)) == (0.125, 0.625)
        assert mean_bounds([0.25, 0.75]) == (0.5, 0.5)

    @pytest.mark.parametrize("values", [[], [1.5], [float("inf")]])
    def test_what_is_no_unit_is_refused(self, values):
        with pytest.raises(ValueError, match="unit"):
            mean_bounds(values)
