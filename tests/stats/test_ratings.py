import numpy as np
import pytest
import statsmodels.api as sm

from genops.stats import bradley_terry

AGRESTI = {  # American League baseball, 1987: home and away wins taken together
    ("Milwaukee", "Detroit"): (7, 6), ("Milwaukee", "Toronto"): (9, 4), ("Milwaukee", "New York"): (7, 6),
    ("Milwaukee", "Boston"): (7, 6), ("Milwaukee", "Cleveland"): (9, 4), ("Milwaukee", "Baltimore"): (11, 2),
    ("Detroit", "Toronto"): (7, 6), ("Detroit", "New York"): (5, 8), ("Detroit", "Boston"): (11, 2),
    ("Detroit", "Cleveland"): (9, 4), ("Detroit", "Baltimore"): (9, 4), ("Toronto", "New York"): (7, 6),
    ("Toronto", "Boston"): (7, 6), ("Toronto", "Cleveland"): (8, 5), ("Toronto", "Baltimore"): (12, 1),
    ("New York", "Boston"): (6, 7), ("New York", "Cleveland"): (7, 6), ("New York", "Baltimore"): (10, 3),
    ("Boston", "Cleveland"): (7, 6), ("Boston", "Baltimore"): (12, 1), ("Cleveland", "Baltimore"): (6, 7),
}  # fmt: skip


def games(table):
    played = [
        (first, second, outcome)
        for (first, second), (wins, losses) in table.items()
        for outcome in [1] * wins + [0] * losses
    ]
    return [list(column) for column in zip(*played, strict=True)]


def drawn(random, strengths, n, tie=0.0):
    """Comparisons of random pairs, so many of them tied."""
    first = random.integers(len(strengths), size=n)
    second = (first + random.integers(1, len(strengths), size=n)) % len(strengths)
    chance = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    outcomes = (random.uniform(size=n) < chance).astype(float)
    return first, second, np.where(random.uniform(size=n) < tie, 0.5, outcomes)


class TestStrengths:
    def test_the_published_fit_of_a_baseball_season(self):
        """Agresti, Categorical Data Analysis, section 10.6: strengths relative to Baltimore's."""
        ratings = {rating.name: rating.strength.estimate for rating in bradley_terry(*games(AGRESTI), ridge=1e-9)}
        found = {team: round(strength - ratings["Baltimore"], 2) for team, strength in ratings.items()}
        assert found == {
            "Milwaukee": 1.58, "Detroit": 1.44, "Toronto": 1.29, "New York": 1.25, "Boston": 1.11, "Cleveland": 0.68,
            "Baltimore": 0.0,
        }  # fmt: skip

    def test_it_is_the_logistic_regression_of_statsmodels_with_its_sandwich(self):
        first, second, outcomes = drawn(np.random.default_rng(0), np.array([0.0, 0.5, 1.2]), 400)
        clusters = np.arange(400) // 4
        design = (np.eye(3)[first] - np.eye(3)[second])[:, 1:]
        fit = sm.Logit(outcomes, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": clusters})
        found = bradley_terry(first.tolist(), second.tolist(), outcomes, clusters, ridge=1e-9)
        ratings = sorted(found, key=lambda rating: rating.name)
        centre = (np.eye(3) - 1 / 3)[:, 1:]
        assert [r.strength.estimate for r in ratings] == pytest.approx(centre @ fit.params)
        errors = np.sqrt(np.diag(centre @ fit.cov_params() @ centre.T))
        widths = [(r.strength.bounds[1] - r.strength.bounds[0]) / 2 for r in ratings]
        assert widths == pytest.approx(1.984 * errors, rel=0.01)
        assert [r.strength.clusters for r in ratings] == [100] * 3

    def test_the_strongest_come_first_with_their_tallies(self):
        ratings = bradley_terry("aabbca", "bcccab", [1, 1, 0.5, 1, 0, 0.5])
        assert [(r.name, r.wins, r.ties, r.losses, r.strength.n) for r in ratings] == [
            ("a", 3, 1, 0, 4), ("b", 1, 2, 1, 4), ("c", 0, 1, 3, 4),
        ]  # fmt: skip
        assert sum(r.strength.estimate for r in ratings) == pytest.approx(0)
        assert ratings[0].win_rate > 0.5 > ratings[2].win_rate

    def test_those_who_always_tie_are_not_known_to_be_equal(self):
        for rating in bradley_terry(["a"] * 4, ["b"] * 4, [0.5] * 4):
            low, high = rating.strength.bounds
            assert low < -0.5 < 0.5 < high

    def test_who_never_lost_is_strong_and_not_infinitely_so(self):
        best, worst = bradley_terry(["a"] * 20, ["b"] * 20, [1] * 20)
        assert 1 < best.strength.estimate < 5
        assert best.strength.bounds[1] - best.strength.bounds[0] > 1
        assert worst.strength.estimate == pytest.approx(-best.strength.estimate)


@pytest.mark.slow
@pytest.mark.parametrize("tie", [0.0, 0.4])
def test_intervals_cover(tie):
    """500 tournaments of 5 with 300 comparisons: 2,500 intervals at 95%, less 1.5% that 3.5 standard errors allow.

    With ties the strengths are those that the half wins have, of which a tournament of 400,000 tells.
    """
    random, strengths = np.random.default_rng(1), np.array([-1.0, -0.3, 0.0, 0.4, 0.9])
    large = bradley_terry(*(side.tolist() for side in drawn(random, strengths, 400_000, tie)))
    truth = {rating.name: rating.strength.estimate for rating in large}
    covered = []
    for _ in range(500):
        for rating in bradley_terry(*(side.tolist() for side in drawn(random, strengths, 300, tie))):
            low, high = rating.strength.bounds
            covered.append(low <= truth[rating.name] <= high)
    assert 0.935 <= np.mean(covered) <= 0.975


@pytest.mark.parametrize(
    ("first", "second", "outcomes", "complaint"),
    [
        ([], [], [], "at least one"),
        (["a"], ["b"], [1, 0], "an outcome"),
        (["a"], ["a"], [1], "'a' is compared with itself"),
        (["a"], ["b"], [0.7], "1, 0 or 0.5"),
    ],
)
def test_what_is_no_comparison_is_refused(first, second, outcomes, complaint):
    with pytest.raises(ValueError, match=complaint):
        bradley_terry(first, second, outcomes)
