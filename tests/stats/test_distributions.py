"""Against scipy.special."""

import subprocess
import sys
from itertools import product
from math import ceil, inf

import pytest
from scipy import special

from genops.stats.distributions import (
    beta_quantile,
    beta_share,
    binomial_quantile,
    binomial_share,
    normal_quantile,
    normal_share,
    student_quantile,
)

SHARES = (1e-6, 0.001, 0.025, 0.05, 0.3, 0.5, 0.9, 0.975, 0.999, 0.99999)
SHAPES = (0.5, 1, 2, 7.3, 40, 300, 5_000)


@pytest.mark.parametrize("share", SHARES)
def test_the_normal_distribution(share):
    assert normal_quantile(share) == pytest.approx(special.ndtri(share), rel=1e-12, abs=1e-15)
    assert normal_share(normal_quantile(share)) == pytest.approx(share, rel=1e-9)


def test_the_normal_distribution_ends_at_infinity():
    assert (normal_quantile(0), normal_quantile(1)) == (-inf, inf)


@pytest.mark.parametrize("freedom", [0.5, 1, 1.3, 2, 3, 9.7, 30, 199.5, 1_999, 19_999, 100_000])
def test_students_distribution(freedom):
    found = [student_quantile(freedom, share) for share in SHARES]
    assert found == pytest.approx(special.stdtrit(freedom, SHARES), rel=1e-9, abs=1e-12)


def test_with_a_million_degrees_of_freedom_seven_digits_hold():
    assert student_quantile(1_000_000, 0.975) == pytest.approx(special.stdtrit(1_000_000, 0.975), rel=1e-7)


@pytest.mark.parametrize(("a", "b"), [*product(SHAPES, repeat=2)])
def test_the_beta_distribution(a, b):
    values = (1e-6, 0.01, 0.3, 0.5, 0.77, 0.99)
    assert [beta_share(a, b, value) for value in values] == pytest.approx(special.betainc(a, b, values), abs=1e-10)
    assert [beta_quantile(a, b, share) for share in SHARES] == pytest.approx(special.betaincinv(a, b, SHARES), rel=1e-9)


def test_the_beta_distribution_at_its_ends():
    assert [beta_share(2, 3, value) for value in (0, 1)] == [0, 1]


@pytest.mark.parametrize("n", [1, 2, 5, 40, 333, 20_000])
@pytest.mark.parametrize("p", [0.01, 0.25, 0.9, 0.999])
def test_the_binomial_distribution(n, p):
    for share in (0.005, 0.025, 0.05, 0.5, 0.95, 0.975):
        count = ceil(special.bdtrik(share, n, p))
        wanted = count - 1 if count > 0 and special.bdtr(count - 1, n, p) >= share else count
        assert binomial_quantile(share, n, p) == wanted
        assert binomial_share(wanted, n, p) == pytest.approx(special.bdtr(wanted, n, p), rel=1e-9)


def test_a_share_that_a_count_reaches_exactly_is_reached():
    assert binomial_quantile(0.5, 5, 0.5) == 2
    assert [binomial_share(count, 4, 0.5) for count in (-1, 4)] == [0, 1]


def test_intervals_of_means_proportions_and_quantiles_do_not_load_scipy():
    work = (
        "import sys, genops.stats as s\n"
        "values = [float(i % 7) for i in range(60)]\n"
        "s.mean_interval(values), s.proportion_interval(3, 9), s.proportion_interval(30, 90)\n"
        "s.cluster_quantile_interval(values, 0.5), s.ratio_interval(values, [1.0] * 60)\n"
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", work], check=False).returncode == 0
