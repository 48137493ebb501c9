import numpy as np
import pytest

from genops.stats import cluster_permutation_test, compare_paired, mcnemar_test, mean_interval


def test_it_tells_the_difference_and_who_is_ahead_how_often():
    first, second = [0.5, 0.25, 1.0, 0.75], [1.0, 0.25, 0.5, 1.0]
    found = compare_paired(first, second, level=0.9)
    assert (found.wins, found.ties, found.losses) == (2, 1, 1)
    assert found.difference.bounds == pytest.approx(mean_interval([0.5, 0, -0.5, 0.25], 0.9).bounds)
    assert (found.difference.level, found.difference.n, found.mcnemar) == (0.9, 4, None)
    assert found.p == found.permutation.p


def test_passes_and_failures_get_the_exact_test():
    random = np.random.default_rng(0)
    first, second = random.binomial(1, 0.6, 80), random.binomial(1, 0.8, 80)
    found = compare_paired(first, second)
    assert found.mcnemar == mcnemar_test(first == 1, second == 1)
    assert found.p == found.mcnemar.p


def test_clusters_are_kept_whole():
    random = np.random.default_rng(1)
    first, clusters = random.binomial(1, 0.6, 60), np.repeat(np.arange(15), 4)
    second = np.where(random.uniform(size=15) < 0.4, 1, first.reshape(15, 4).T).T.ravel()
    found = compare_paired(first, second, clusters)
    assert found.mcnemar is None
    assert (found.difference.clusters, found.permutation.clusters) == (15, 15)
    assert found.permutation == cluster_permutation_test(second - first, clusters)


def test_two_that_never_differ_have_a_difference_without_bounds():
    found = compare_paired([1, 0, 1], [1, 0, 1])
    assert (found.difference.estimate, found.difference.bounds, found.p, found.ties) == (0, None, 1.0, 3)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="same cases"):
        compare_paired([1.0], [1.0, 0.0])
