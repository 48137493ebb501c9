import numpy as np
import pytest
from scipy import stats

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.context_mmd import context_mmd
from genops.drift.two_sample import find_test
from genops.errors import InputError
from tests.drift.unchanged import KINDS, most

EVEN, SKEWED = (1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1)
PLACES = 2 * np.random.default_rng(99).normal(size=(3, 6))


def window(random, n, mix, shift=(0.0, 0.0, 0.0)):
    """Rows of three contexts that lie in different places, each shifted by so much."""
    return placed(random, random.normal(size=(n, 6)), mix, shift)


def placed(random, rows, mix, shift):
    contexts = random.choice(3, size=len(rows), p=mix)
    d = rows.shape[1]
    rows = rows + PLACES[contexts, :d] + np.asarray(shift)[contexts, None] * (np.arange(d) == 0)
    return rows, contexts.tolist()


def found(one, other, groups=None, settings=None, seed=0):
    samples = Samples.of_vectors(one[0], other[0], contexts=(one[1], other[1]), groups=groups)
    return find_test("context_mmd").run(samples, settings, relabellings=99, seed=seed)


def rejections(
    n,
    mixes,
    shift=(0.0, 0.0, 0.0),
    draw=KINDS["normal"],
    repetitions=200,
    test="context_mmd",
    known=True,
    **settings,
):
    alarms = 0
    for seed in range(repetitions):
        random = np.random.default_rng([seed, 12])
        rows = draw(random, 2 * n)
        one = placed(random, rows[:n], mixes[0], (0.0, 0.0, 0.0))
        other = placed(random, rows[n:], mixes[1], shift)
        contexts = (one[1], other[1]) if known else None
        samples = Samples.of_vectors(one[0], other[0], contexts=contexts)
        alarms += find_test(test).run(samples, settings, relabellings=99, seed=seed).p <= 0.05
    return alarms


def literal(rows, contexts, current, alike, widths):
    """Sum over pairs of contexts of the inner products of their differences of mean embeddings, by the kernel trick."""
    squared = np.square(rows[:, None] - rows[None]).sum(axis=2)
    median = np.median(np.sqrt(squared[np.triu_indices(len(rows), 1)]))
    kernel = np.mean([np.exp(-squared / (2 * (width * median) ** 2)) for width in widths], axis=0)
    names = sorted(set(contexts))
    sides = {name: [np.flatnonzero((contexts == name) & (current == side)) for side in (False, True)] for name in names}
    overlap = {name: len(r) * len(c) / (len(r) + len(c)) for name, (r, c) in sides.items()}

    def mean(one, other):
        return np.mean([kernel[i, j] for i in one for j in other])

    total = 0.0
    for a, (ra, ca) in sides.items():
        for b, (rb, cb) in sides.items():
            inner = mean(ca, cb) - mean(ca, rb) - mean(ra, cb) + mean(ra, rb)
            total += (1.0 if a == b else alike) * overlap[a] * overlap[b] * inner
    return total / sum(overlap.values())


@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_it_is_the_discrepancy_at_one_mix_of_contexts(alike):
    random = np.random.default_rng(0)
    one, other = window(random, 20, EVEN), window(random, 15, SKEWED)
    samples = Samples.of_vectors(one[0], other[0], contexts=(one[1], other[1]))
    assert samples.contexts is not None
    tested = context_mmd(samples, Relabellings.draw(samples, 9), alike=alike, widths=(1.0, 3.0))
    rows = samples.values.astype(float)
    expected = literal(rows, samples.contexts, samples.is_current, alike, (1.0, 3.0))
    assert tested.statistic == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_pure_change_of_mix_is_quiet(kind):
    assert rejections(50, (EVEN, SKEWED), draw=KINDS[kind]) <= most()


def test_what_knows_of_no_contexts_is_not_quiet():
    assert rejections(50, (EVEN, SKEWED), repetitions=20, test="centroid", known=False) > 15


@pytest.mark.slow
@pytest.mark.parametrize("test", ["centroid", "classifier", "lsdd", "mmd", "mmd_agg", "mmd_fuse", "novelty"])
def test_a_pure_change_of_mix_is_quiet_to_every_test_that_is_told_the_contexts(test):
    assert rejections(50, (EVEN, SKEWED), repetitions=100, test=test) <= most(100)


def test_the_same_change_of_mix_with_a_shift_inside_one_context_is_found():
    assert rejections(200, (EVEN, SKEWED), shift=(0.0, 1.4, 0.0), repetitions=20) >= 18


def test_contexts_that_change_each_their_own_way_are_found_where_none_are_alike():
    opposite = (1.0, -1.0, 0.0)
    assert rejections(150, (EVEN, EVEN), shift=opposite, repetitions=20, alike=0.0) >= 18


def sessions(random, count, mix, several):
    """Rows of sessions of one to five, each with something of its own and one context, or a few."""
    rows, names, contexts = [], [], []
    for session in range(count):
        size = int(random.integers(1, 6))
        own = np.resize(random.choice(3, size=size if several else 1, p=mix), size)
        rows.append(random.normal(size=(size, 6)) + random.normal(size=6) + PLACES[own])
        names += [session] * size
        contexts += own.tolist()
    return np.concatenate(rows), contexts, names


@pytest.mark.slow
@pytest.mark.parametrize("several", [False, True])
def test_a_pure_change_of_mix_is_quiet_where_rows_come_in_sessions(several):
    alarms = missed = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        one, other = sessions(random, 20, EVEN, several), sessions(random, 20, SKEWED, several)
        result = found(one[:2], other[:2], groups=(one[2], other[2]), seed=seed)
        alarms += result.p <= 0.05
        assert result.separation.bounds is not None
        missed += not result.separation.bounds[0] <= 0 <= result.separation.bounds[1]
    assert alarms <= most()
    assert missed <= stats.binom.isf(1e-4, 200, 0.07)


def test_the_effect_of_a_pure_change_of_mix_is_none():
    random = np.random.default_rng(3)
    effect = found(window(random, 300, EVEN), window(random, 300, SKEWED)).separation
    assert effect.bounds is not None
    assert effect.bounds[0] < 0 < effect.bounds[1]
    shifted = found(window(random, 300, EVEN), window(random, 300, SKEWED, (2.0, 2.0, 2.0))).separation
    assert shifted.bounds is not None
    assert shifted.bounds[0] > 0.5


def test_contexts_of_one_window_are_left_out_and_told():
    random = np.random.default_rng(4)
    one, other = random.normal(size=(40, 4)), random.normal(size=(40, 4))
    other[30:] += 50
    contexts = ["en"] * 30 + ["de"] * 10, ["en"] * 30 + ["fr"] * 10
    result = found((one, contexts[0]), (other, contexts[1]))
    assert result.p > 0.05
    assert (result.details["only_in_reference"], result.details["only_in_current"]) == ([1], [2])
    assert (result.details["contexts"], result.details["rows_left_out"]) == (1, 20)
    assert (result.witness[30:40] == 0).all()


def test_windows_that_share_no_context_tell_nothing():
    result = found((np.zeros((5, 2)), ["en"] * 5), (np.ones((5, 2)), ["de"] * 5))
    assert (result.p, result.least_p, result.statistic, result.separation.bounds) == (1, 1, 0, None)


def test_its_least_p_value_is_that_of_relabelling_within_contexts():
    rows = np.random.default_rng(5).normal(size=(4, 2))
    result = found((rows, ["en", "en", "de", "de"]), (rows, ["en", "en", "de", "de"]))
    assert result.least_p == pytest.approx(1 / 36)


def test_one_context_for_all_is_the_plain_discrepancy():
    random = np.random.default_rng(6)
    rows = random.normal(size=(60, 4))
    one, other = (rows[:30], ["all"] * 30), (rows[30:] + 1, ["all"] * 30)
    results = [found(one, other, settings={"alike": alike}) for alike in (0.0, 1.0)]
    assert results[0].statistic == pytest.approx(results[1].statistic)
    assert results[0].p == 0.01


def test_the_order_of_contexts_unit_and_place_do_not_matter():
    random = np.random.default_rng(7)
    one, other = window(random, 30, EVEN, (0.5, 0.5, 0.5)), window(random, 30, SKEWED)
    plain = found(one, other)
    named = found((one[0], [str(9 - c) for c in one[1]]), (other[0], [str(9 - c) for c in other[1]]))
    moved = found((5 + 100 * one[0], one[1]), (5 + 100 * other[0], other[1]))
    assert (plain.statistic, plain.p) == (named.statistic, named.p)
    assert (plain.statistic, plain.p) == (pytest.approx(moved.statistic, abs=1e-4), moved.p)


def test_rows_without_contexts_are_refused():
    with pytest.raises(InputError, match="no contexts"):
        find_test("context_mmd").run(Samples.of_vectors(np.zeros((3, 2)), np.ones((3, 2))))


def test_equal_rows_are_no_change():
    result = found((np.ones((6, 2)), list("aabbcc")), (np.ones((6, 2)), list("aabbbc")))
    assert (result.p, result.separation.estimate) == (1, 0)
