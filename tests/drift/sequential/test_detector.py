import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.sequential import Baseline, Detector
from genops.errors import InputError


def normal(seed, n, d=6, shift=0.0):
    return (np.random.default_rng(seed).standard_normal((n, d)) + shift).astype(np.float32)


@pytest.fixture(scope="module")
def baseline():
    return Baseline.of_vectors(normal(0, 600))


STREAM = np.concatenate([normal(1, 700), normal(2, 500, shift=0.5)])


@pytest.fixture(scope="module")
def whole(baseline):
    detector = Detector(baseline, 5_000)
    return detector.update(STREAM), detector


def test_a_shift_is_found_soon_after_it_began_and_told_again(whole):
    alarms, detector = whole
    first = alarms[0]
    assert 700 <= first.item < 800
    assert 660 <= first.since <= first.item
    assert first.mean > first.bound > first.reference
    assert 0 < first.change <= 1
    assert first.evidence >= 5_000
    assert len(alarms) > 1
    assert detector.alarms == alarms
    assert detector.items == len(STREAM)


@settings(max_examples=5, deadline=None)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_batches_do_not_matter_to_the_last_bit(baseline, whole, cuts):
    detector = Detector(baseline, 5_000)
    found = [alarm for part in np.split(STREAM, sorted(cuts)) for alarm in detector.update(part)]
    assert tuple(found) == whole[0]
    assert detector.state() == whole[1].state()


def test_one_by_one_is_the_same_to_the_last_bit(baseline, whole):
    detector = Detector(baseline, 5_000)
    found = [alarm for row in STREAM for alarm in detector.update(row[None])]
    assert tuple(found) == whole[0]
    assert detector.state() == whole[1].state()


def test_a_restart_forgets_nothing(baseline, whole):
    first = Detector(baseline, 5_000)
    found = first.update(STREAM[:777])
    kept = json.loads(json.dumps([first.state(), baseline.state()]))
    second = Detector.from_state(kept[0], Baseline.from_state(kept[1]))
    assert found + second.update(STREAM[777:]) == whole[0]
    assert second.state() == whole[1].state()


def test_a_state_keeps_its_size(baseline):
    detector = Detector(baseline, 300)
    sizes = []
    for seed in range(3):
        detector.update(normal(seed, 3_000, shift=1.0))
        sizes.append(len(json.dumps(detector.state())))
    assert detector.alarms_raised > 300
    assert len(detector.alarms) == 100
    assert max(sizes) < 1.01 * min(sizes)


def test_a_state_of_another_baseline_is_refused(baseline):
    with pytest.raises(InputError, match="is of the baseline"):
        Detector.from_state(Detector(baseline).state(), Baseline.of_vectors(normal(9, 600)))


def test_a_new_kind_of_item_is_found_by_its_distance(baseline):
    stream = normal(3, 2_000)
    stream[1_000::10] = normal(4, 100) * 0.01 + 8
    alarms = Detector(baseline, 5_000).update(stream)
    assert 1_000 <= alarms[0].item < 1_300
    assert alarms[0].witness == "distance to the nearest topic"
    assert alarms[0].change == pytest.approx(0.1, abs=0.06)


def test_a_change_that_no_fixed_witness_sees_is_learned():
    def drawn(seed, n, changed):
        random = np.random.default_rng(seed)
        rows = random.choice([-1.0, 1.0], (n, 8)) + 0.1 * random.standard_normal((n, 8))
        if changed:
            rows[:, 1] = np.abs(rows[:, 1]) * np.where(random.random(n) < 0.8, 1, -1)
        return rows

    detector = Detector(Baseline.of_vectors(drawn(0, 1_500, changed=False)), 5_000)
    assert detector.update(drawn(1, 1_000, changed=False)) == ()
    alarms = detector.update(drawn(2, 2_000, changed=True))
    assert alarms[0].item < 2_000
    assert "learned" in alarms[0].witness


def test_a_score_that_falls_is_found_and_told_downwards():
    random = np.random.default_rng(5)
    baseline = Baseline.of_numbers(random.beta(8, 2, 400), ends=(0, 1))
    detector = Detector(baseline, 5_000)
    assert detector.update(random.beta(8, 2, 1_000)) == ()
    (alarm, *_) = detector.update(random.beta(6, 4, 500))
    assert alarm.item < 1_200
    assert (alarm.witness, alarm.reading) == ("value, downwards", "mean")
    assert alarm.mean == pytest.approx(0.4, abs=0.1)


def test_a_latency_that_doubles_is_found_by_its_rank():
    random = np.random.default_rng(6)
    detector = Detector(Baseline.of_numbers(random.lognormal(0, 1, 500)), 5_000)
    assert detector.update(random.lognormal(0, 1, 1_000)) == ()
    (alarm, *_) = detector.update(random.lognormal(np.log(2), 1, 600))
    assert alarm.witness == "value"
    assert alarm.item < 1_500


def test_a_category_whose_share_rises_is_named():
    random = np.random.default_rng(7)
    before, now = (random.choice(["en", "es"], 400, p=[share, 1 - share]).tolist() for share in (0.9, 0.6))
    detector = Detector(Baseline.of_categories(before), 5_000)
    assert detector.update(before) == ()
    (alarm, *_) = detector.update(now)
    assert (alarm.witness, alarm.reading) == ("es", "share")
    assert Detector.from_state(detector.state(), Baseline.from_state(detector.baseline.state())).items == 800


def test_a_given_rate_needs_no_reference():
    baseline = Baseline.given(0.0, 0.02)
    detector = Detector(baseline, 10_000)
    random = np.random.default_rng(7)
    assert detector.update((random.random(3_000) < 0.02).astype(float)) == ()
    (alarm, *_) = detector.update((random.random(1_000) < 0.1).astype(float))
    assert alarm.item < 3_400
    assert alarm.bound == 0.02


def test_sessions_are_items():
    random = np.random.default_rng(8)

    def sessions(count, mean):
        own = np.clip(random.normal(mean, 0.1, count), 0, 1)
        return np.repeat(own, 5), np.repeat(np.arange(count), 5).tolist()

    rows, groups = sessions(300, 0.5)
    baseline = Baseline.of_numbers(rows, groups, ends=(0, 1))
    detector = Detector(baseline, 5_000)
    quiet = sessions(500, 0.5)
    order = random.permutation(len(quiet[0]))
    assert detector.update(quiet[0][order], [quiet[1][at] for at in order]) == ()
    assert detector.items == 500
    assert detector.update(*sessions(300, 0.65))
    with pytest.raises(InputError, match="name none"):
        detector.update(rows)


@pytest.mark.parametrize("kind", ["heavy tails", "nearly all equal", "many dimensions"])
def test_batches_do_not_matter_whatever_the_vectors_are(kind):
    random = np.random.default_rng(11)
    rows = {
        "heavy tails": lambda: random.standard_cauchy((900, 3)),
        "nearly all equal": lambda: np.where(
            random.random((900, 1)) < 0.45, 0.0, 1e-3 * random.standard_normal((900, 2))
        ),
        "many dimensions": lambda: random.standard_normal((900, 700)),
    }[kind]()
    baseline = Baseline.of_vectors(rows[:300])
    whole, single = Detector(baseline, 500), Detector(baseline, 500)
    alarms = whole.update(rows[300:])
    assert alarms == tuple(alarm for row in rows[300:] for alarm in single.update(row[None]))
    assert whole.state() == single.state()


def test_sessions_of_vectors_do_not_depend_on_batches():
    def stream(seed, count):
        random = np.random.default_rng(seed)
        codes = np.repeat(np.arange(count), random.integers(1, 5, count))
        return random.standard_normal((len(codes), 4)) + 0.5 * random.standard_normal((count, 4))[codes], codes

    rows, codes = stream(0, 200)
    baseline = Baseline.of_vectors(rows, codes.tolist())
    rows, codes = stream(1, 700)
    whole, parts = Detector(baseline, 2_000), Detector(baseline, 2_000)
    whole.update(rows, codes.tolist())
    for part in np.array_split(np.arange(700), 9):
        inside = np.isin(codes, part)
        parts.update(rows[inside], codes[inside].tolist())
    assert whole.items == 700
    assert whole.state() == parts.state()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 5)), "6 and of 5 dimensions"),
        (np.zeros(6), "rows of a matrix"),
        (np.array([[0.0] * 6, [np.nan] * 6]), "row 2 holds"),
    ],
)
def test_rows_unlike_the_baseline_are_refused_and_nothing_is_taken(baseline, rows, message):
    detector = Detector(baseline)
    with pytest.raises(InputError, match=message):
        detector.update(rows)
    assert detector.items == 0


def test_bad_baselines_are_refused():
    for make, message in (
        (lambda: Baseline.of_vectors(normal(0, 20)), "at least 30 rows, not 20"),
        (lambda: Baseline.of_numbers([0.5] * 40 + [2.0], ends=(0, 1)), "row 41 is 2.0"),
        (lambda: Baseline.of_numbers([0.5] * 40, ends=(1, 0)), "cannot lie between 1 and 0"),
        (lambda: Baseline.of_numbers([0.5] * 40, error=0.0), "between 0 and 1"),
        (lambda: Baseline.of_categories(["a"] * 20), "at least 30 rows, not 20"),
        (lambda: Baseline.given(0.3, 0.2), "no range"),
        (lambda: Baseline.given(0.0, 0.0), "no range"),
        (lambda: Detector(Baseline.given(0.1, 0.2), 1), "above 1"),
    ):
        with pytest.raises(InputError, match=message):
            make()


@pytest.mark.parametrize("rows", [np.ones((60, 3)), np.ones((60, 1)) * np.arange(60)[:, None] % 2])
def test_constant_and_two_valued_references_do_not_fail(rows):
    detector = Detector(Baseline.of_vectors(rows), 1_000)
    assert detector.update(np.tile(rows, (10, 1))) == ()
    assert detector.update(rows + 5)


def test_a_larger_reference_sees_smaller_changes():
    found = [Baseline.of_vectors(normal(0, n)).smallest_change for n in (100, 400, 3_200)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.01


def test_a_baseline_is_the_same_for_the_same_seed():
    rows = normal(0, 300)
    assert Baseline.of_vectors(rows).digest == Baseline.of_vectors(rows.astype(np.float64)).digest
    assert Baseline.of_vectors(rows).digest != Baseline.of_vectors(rows, seed=1).digest
    assert asdict(Baseline.of_numbers(rows[:, 0]).readings[0])["name"] == "rank"
