"""Coverage of 2,000 intervals at 95%: with 3 standard errors of Monte Carlo (1.5%), 93% wanted is 91.5% or more seen.

The populations are like those of recorded judges: labels of 0 and 1, a judge that agrees with people so often, and in
some a judge that was asked in both orders and whose prediction is a half where its verdicts differ.
"""

import numpy as np
import pytest

from genops.stats import labels_for_width, mean_interval, prediction_powered_mean, proportion_interval

RUNS = 2_000
LEAST = 0.93 - 0.015


def judged(random, n, share=0.5, agree=0.8, ties=0.0):
    """Labels of which so many are 1, and a judge that agrees so often and ties so often."""
    labels = random.binomial(1, share, n).astype(float)
    predictions = np.where(random.uniform(size=n) < agree, labels, 1 - labels)
    return labels, np.where(random.uniform(size=n) < ties, 0.5, predictions)


def simulated(draw, truth, n=50, finite=False, runs=RUNS):
    """Coverage, and the mean width as a share of that of the labels alone."""
    covered, widths, alone = 0, [], []
    for _ in range(runs):
        labels, predictions = draw()
        found = prediction_powered_mean(labels[:n], predictions[:n], predictions[n:], finite=finite)
        wanted = labels.mean() if finite else truth
        low, high = found.interval.bounds
        covered += low - 1e-9 <= wanted <= high + 1e-9
        widths.append(high - low)
        alone.append(np.subtract(*found.labels_alone.bounds[::-1]))
    return covered / runs, np.mean(widths) / np.mean(alone)


GOOD = {
    "agrees always but for 1%": {"agree": 0.99},
    "agrees often": {"agree": 0.95},
    "agrees often, where most are good": {"share": 0.8, "agree": 0.95},
    "agrees often, where nearly all are good": {"share": 0.93, "agree": 0.98},
    "agrees, and ties": {"agree": 0.9, "ties": 0.3},
    "agrees fairly": {"agree": 0.8},
}
POOR = {
    "tosses a coin": {"agree": 0.5},
    "tosses a coin, where nearly all are good": {"share": 0.95, "agree": 0.5},
    "contradicts": {"agree": 0.3},
    "ties mostly": {"agree": 0.6, "ties": 0.9},
}


@pytest.mark.parametrize("total", [100, 2_000])
class TestFiftyLabels:
    @pytest.mark.parametrize("name", GOOD)
    def test_of_a_judge_that_agrees_cover_and_are_narrower(self, name, total):
        random = np.random.default_rng(1)
        covered, width = simulated(lambda: judged(random, total, **GOOD[name]), GOOD[name].get("share", 0.5))
        assert covered >= LEAST
        assert width < (0.97 if total == 100 else 0.92)

    @pytest.mark.parametrize("name", POOR)
    def test_of_a_judge_that_does_not_cover_and_are_never_much_wider(self, name, total):
        random = np.random.default_rng(2)
        covered, width = simulated(lambda: judged(random, total, **POOR[name]), POOR[name].get("share", 0.5))
        assert covered >= LEAST
        assert width <= 1.08


class TestMean:
    def test_a_biased_judge_is_corrected(self):
        random = np.random.default_rng(3)
        labels = random.uniform(size=4_000)
        predictions = np.clip(labels + 0.2 + 0.05 * random.normal(size=4_000), 0, 1)
        found = prediction_powered_mean(labels[:200], predictions[:200], predictions[200:])
        assert found.predictions_alone == pytest.approx(0.68, abs=0.03)
        assert found.interval.bounds[0] < 0.5 < found.interval.bounds[1]
        assert found.effective_labels > 1_000
        assert found.interval.method == "PPI++, power-tuned, Student's t"

    def test_its_power_is_that_of_the_paper(self):
        """Example 6.1 of Angelopoulos et al.: Cov(Y, f) / ((1 + n / N) Var(f)), with the variance over all cases."""
        random = np.random.default_rng(4)
        predictions = random.normal(size=500)
        labels = 0.5 * predictions + random.normal(size=500)
        found = prediction_powered_mean(labels[:100], predictions[:100], predictions[100:])
        power = np.cov(labels[:100], predictions[:100])[0, 1] / (1.25 * predictions.var(ddof=1))
        lead = predictions[100:].mean() - predictions[:100].mean()
        assert found.power == pytest.approx(power)
        assert found.interval.estimate == pytest.approx(labels[:100].mean() + power * lead)
        residuals = labels[:100] - power * predictions[:100]
        variance = residuals.var(ddof=2) / 100 + power**2 * predictions.var(ddof=1) / 400
        low, high = found.interval.bounds
        assert (high - low) / 2 == pytest.approx(1.984 * np.sqrt(variance), rel=1e-3)

    def test_scores_on_a_scale_are_covered(self):
        random = np.random.default_rng(5)

        def draw():
            skill = random.normal(size=300)
            return 1 / (1 + np.exp(-skill - random.normal(size=300))), np.round(1 / (1 + np.exp(-skill)), 1)

        covered, width = simulated(draw, 0.5)
        assert covered >= LEAST
        assert width < 0.9

    def test_differences_of_two_variants_are_covered(self):
        random = np.random.default_rng(6)

        def draw():
            (before, first), (after, second) = judged(random, 400, 0.6, 0.9), judged(random, 400, 0.7, 0.9)
            return after - before, second - first

        covered, width = simulated(draw, 0.1, n=80)
        assert covered >= LEAST
        assert width < 0.9

    @pytest.mark.parametrize("agree", [0.95, 0.5])
    def test_of_these_cases_alone_it_is_narrower_and_covers(self, agree):
        random = np.random.default_rng(7)
        covered, width = simulated(lambda: judged(random, 100, 0.7, agree), 0.7, finite=True)
        assert covered >= LEAST
        assert width < 0.8

    def test_of_these_cases_alone_all_of_which_are_labelled_it_is_the_mean(self):
        found = prediction_powered_mean([1, 0, 1, 1], [1, 1, 0, 1], [], finite=True)
        assert found.interval.bounds == pytest.approx((0.75, 0.75))

    def test_without_unlabelled_cases_the_judge_is_of_no_use(self):
        labels = [0.2, 0.5, 0.4, 0.9]
        found = prediction_powered_mean(labels, labels, [])
        assert (found.power, found.unlabelled) == (0, 0)
        assert found.interval.estimate == pytest.approx(0.5)
        assert found.labels_alone == mean_interval(labels)

    def test_labels_that_are_all_good_still_have_bounds(self):
        found = prediction_powered_mean([1] * 50, [1] * 48 + [0] * 2, [1, 0] * 50)
        low, high = found.interval.bounds
        assert (low, high) == (pytest.approx(0.93, abs=0.02), 1)
        assert (found.power, found.labels_alone) == (0, proportion_interval(50, 50))
        assert np.isnan(found.correlation)

    def test_two_labels_tell_too_little(self):
        found = prediction_powered_mean([1, 0], [1, 0], [1, 0, 1])
        assert found.interval.bounds is None
        assert np.isnan(found.effective_labels)

    @pytest.mark.parametrize(
        ("labels", "predictions", "unlabelled", "complaint"),
        [
            ([], [], [1.0], "at least one"),
            ([1.0], [1.0, 0.0], [1.0], "1 predictions, not 2"),
            ([1.0], [1.0], [float("nan")], "finite"),
            ([float("inf")], [1.0], [1.0], "finite"),
        ],
    )
    def test_what_is_missing_is_refused(self, labels, predictions, unlabelled, complaint):
        with pytest.raises(ValueError, match=complaint):
            prediction_powered_mean(labels, predictions, unlabelled)


class TestPlan:
    def pilot(self, n=60, total=1_000, **judge):
        labels, predictions = judged(np.random.default_rng(8), total, **judge)
        return labels[:n], predictions[:n], predictions[n:]

    def test_so_many_labels_give_about_that_width(self):
        """Over 200 pilots of 100 labels, the width of as many as were planned is what was asked for within 6%."""
        random = np.random.default_rng(9)
        widths = []
        for _ in range(200):
            labels, predictions = judged(random, 1_000, agree=0.9)
            n = labels_for_width(labels[:100], predictions[:100], predictions[100:], width=0.1).labels
            low, high = prediction_powered_mean(labels[:n], predictions[:n], predictions[n:]).interval.bounds
            widths.append(high - low)
        assert np.mean(widths) == pytest.approx(0.1, rel=0.06)

    def test_a_better_judge_saves_labels(self):
        needed = [labels_for_width(*self.pilot(agree=agree), width=0.12).labels for agree in (0.97, 0.85, 0.5)]
        assert needed == sorted(needed)
        assert needed[0] < 0.5 * needed[-1]

    def test_a_narrower_interval_takes_more(self):
        needed = [labels_for_width(*self.pilot(), width=width).labels for width in (0.3, 0.15, 0.1)]
        assert needed == sorted(needed)

    def test_its_curve_falls(self):
        plan = labels_for_width(*self.pilot(), width=0.1, level=0.9)
        widths = [width for _, width in plan.curve]
        assert widths == sorted(widths, reverse=True)
        assert (plan.curve[-1][0], plan.level, plan.width) == (1_000, 0.9, 0.1)

    def test_what_all_cases_together_do_not_reach_is_said(self):
        assert labels_for_width(*self.pilot(), width=0.001).labels is None
        assert labels_for_width(*self.pilot(), width=0.001, finite=True).labels is not None

    def test_a_width_is_above_zero(self):
        with pytest.raises(ValueError, match="width"):
            labels_for_width(*self.pilot(), width=0)
