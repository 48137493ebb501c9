import json

import numpy as np
import pytest

from genops.drift.sequential.evidence import FRACTIONS, Evidence


def literal(readings, means, threshold):
    """The recursions of the paper, one number at a time."""
    crossings, sums, runs, began = [], {}, {}, {}
    for item, row in enumerate(readings):
        for reading, value in enumerate(row):
            for bet in FRACTIONS:
                at = reading, bet
                factor = 1 + bet * (value / means[reading] - 1)
                sums[at] = (sums.get(at, 0.0) + 1) * factor
                if runs.get(at, 1.0) <= 1:
                    runs[at], began[at] = 1.0, item
                runs[at] *= factor
        evidence = sum(sums.values()) / len(sums)
        if evidence >= threshold:
            best = max(runs, key=lambda at: runs[at])
            since = began[best]
            mean = sum(row[best[0]] for row in readings[since : item + 1]) / (item + 1 - since)
            crossings.append((item, evidence, best[0], since, mean))
            sums, runs, began = {}, {}, {}
    return crossings, sum(sums.values()) / (len(FRACTIONS) * len(means))


def changing(seed=0, n=300):
    random = np.random.default_rng(seed)
    readings = random.random((n, 3))
    readings[n // 2 :, 1] = 1 - readings[n // 2 :, 1] ** 3
    return readings, np.array([0.55, 0.52, 0.6])


def test_the_sums_are_those_of_the_literal_recursion():
    readings, means = changing()
    evidence = Evidence(3, 200.0)
    found = evidence.add(readings, means)
    expected, left = literal(readings, means, 200.0)
    assert len(found) == len(expected) > 1
    for crossing, (item, value, reading, since, mean) in zip(found, expected, strict=True):
        assert (crossing.item, crossing.reading, crossing.since) == (item, reading, since)
        assert crossing.evidence == pytest.approx(value, rel=1e-9)
        assert crossing.mean == pytest.approx(mean, rel=1e-9)
    assert evidence.value == pytest.approx(left, rel=1e-9)


def test_batches_do_not_matter_to_the_last_bit():
    readings, means = changing(1)
    whole, single, uneven = (Evidence(3, 200.0) for _ in range(3))
    expected = whole.add(readings, means)
    assert [crossing for row in readings for crossing in single.add(row[None], means)] == expected
    parts = np.split(readings, [1, 2, 67, 131, 132, 250])
    assert [crossing for part in parts for crossing in uneven.add(part, means)] == expected
    assert whole.state() == single.state() == uneven.state()


def test_a_state_continues_after_json():
    readings, means = changing(2)
    whole = Evidence(3, 200.0)
    expected = whole.add(readings, means)
    first = Evidence(3, 200.0)
    found = first.add(readings[:170], means)
    second = Evidence.from_state(json.loads(json.dumps(first.state())))
    assert found + second.add(readings[170:], means) == expected
    assert second.state() == whole.state()


def test_no_item_is_no_evidence():
    evidence = Evidence(2, 100.0)
    assert evidence.add(np.empty((0, 2)), np.array([0.5, 0.5])) == []
    assert (evidence.items, evidence.value) == (0, 0.0)


def test_evidence_that_overflows_behind_an_alarm_is_none():
    evidence = Evidence(1, 1e6)
    with np.errstate(all="raise"):
        found = evidence.add(np.ones((500, 1)), np.array([1e-6]))
    assert len(found) > 100
    assert np.isfinite(evidence.value)


def test_readings_of_exactly_the_known_mean_alarm_no_more_often_than_was_promised():
    random = np.random.default_rng(3)
    length, streams = 2_000, 150
    alarmed = 0
    for _ in range(streams):
        evidence = Evidence(2, 4_000.0)
        alarmed += bool(evidence.add((random.random((length, 2)) < [0.5, 0.02]).astype(float), np.array([0.5, 0.02])))
    assert 0 < alarmed < streams * 0.5
