import numpy as np
import pytest

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.novelty import novelty
from tests.drift.unchanged import KINDS, false_alarms, most


def literal_share(values, groups, current, k, beyond):
    """The share of current rows beyond the reference's quantile of leave-own-group-out distances."""
    distances = []
    for row in range(len(values)):
        others = [
            np.linalg.norm(values[row] - values[other])
            for other in range(len(values))
            if not current[other] and groups[other] != groups[row]
        ]
        distances.append(sorted(others)[k - 1])
    distances = np.array(distances)
    reference = np.sort(distances[~current])
    limit = next(d for d in reference if (reference > d).mean() <= beyond)
    return (distances[current] > limit).mean()


def test_the_statistic_of_each_relabelling_is_that_of_a_plain_loop(monkeypatch):
    random = np.random.default_rng(0)
    values, names = random.normal(size=(60, 3)), random.integers(12, size=60)
    samples = Samples.of_vectors(values[:30], values[30:], groups=(names[:30].tolist(), names[30:].tolist()))
    drawn = Relabellings.draw(samples, 20, 0)
    seen = []
    monkeypatch.setattr(Relabellings, "p_value", lambda self, statistics: seen.append(statistics) or 1.0)
    novelty(samples, drawn, neighbour=2, beyond=0.2)
    expected = [
        literal_share(samples.values.astype(float), samples.groups, drawn.current[:, column], 2, 0.2)
        for column in range(21)
    ]
    assert seen[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("groups", [None, 10])
def test_chance_alone_is_called_a_change_no_more_often_than_it_says(kind, groups):
    assert false_alarms("novelty", lambda *of: KINDS[kind](*of).astype(float), groups=groups) <= most()


def test_a_new_kind_of_row_is_found_and_its_share_is_the_effect():
    random = np.random.default_rng(1)
    reference, current = random.normal(size=(2, 400, 5))
    current[:60] += 6
    found = novelty.run(Samples.of_vectors(reference, current), relabellings=199)
    assert found.p == pytest.approx(1 / 200)
    assert found.details["share"] == pytest.approx(0.15 + 0.85 * 0.05, abs=0.04)
    assert found.separation.bounds[0] < 0.15 < found.separation.bounds[1] + 0.02
    assert found.witness[400:460].min() > found.witness[:400].max()


def test_a_kind_that_is_gone_is_nothing_new():
    random = np.random.default_rng(2)
    reference, current = random.normal(size=(2, 200, 5))
    reference[:60] += 6
    assert novelty.run(Samples.of_vectors(reference, current), relabellings=199).p > 0.2


def test_of_very_many_rows_whole_groups_are_drawn(monkeypatch):
    monkeypatch.setattr("genops.drift.tests_of_vectors.novelty.ROWS", 100)
    random = np.random.default_rng(3)
    reference, current = random.normal(size=(300, 4)), random.normal(size=(150, 4))
    current[:60] += 8
    names = [str(row // 5) for row in range(300)], [str(row // 5) for row in range(150)]
    found = novelty.run(Samples.of_vectors(reference, current, groups=names), relabellings=99)
    assert found.details["rows"] == 100
    assert found.p < 0.05
    assert np.isfinite(found.witness).all()
    assert found.witness[300:360].min() > found.witness[:300].max()


def test_a_window_that_is_one_session_says_nothing():
    random = np.random.default_rng(4)
    reference, current = random.normal(size=(2, 20, 3))
    found = novelty.run(Samples.of_vectors(reference, current + 5, groups=(["a"] * 20, ["b"] * 20)), relabellings=19)
    assert found.p == 1.0
    assert np.isfinite(found.witness).all()
