"""How often detectors are right, by labels of tries of the sweep."""

from pathlib import Path

import pytest

from genops.errors import InputError, Location
from genops.fuzz.accuracy import detector_accuracy
from genops.fuzz.labels import TryLabel
from genops.fuzz.summary import summarise
from tests.fuzz.stored import Campaigns

MISSED, FOUND, FALSE_ALARM, PASSED = range(4)
VERDICTS = ["safe", "breach", "breach", "safe"]


@pytest.fixture
def campaigns(tmp_path):
    made = Campaigns(tmp_path)
    yield made
    made.store.close()


def made(prefix, outcomes, **values):
    return [{"run": f"{prefix}{n}", "outcome": outcome, **values} for n, outcome in enumerate(outcomes)]


def labels(*pairs, objective="prompt_extraction"):
    at = Location(Path("labels.jsonl"), 7)
    return {run: TryLabel(run, objective, breach, at) for run, breach in pairs}


def test_breaches_and_others_are_counted_apart(campaigns):
    record = campaigns.add(made("a", [*VERDICTS, "breach", "safe", "crashed"]))
    said = labels(("a0", True), ("a1", True), ("a2", False), ("a3", False), ("a4", True))
    accuracy = detector_accuracy(campaigns.store, record, said)["prompt_extraction"]
    assert rights(accuracy) == [(2, 3), (1, 2)]


def test_labels_of_one_seed_tell_less_than_those_of_many(campaigns):
    record = campaigns.add([*made("a", ["breach"] * 12), *made("b", ["breach"] * 12, seed="seed0")])
    many, one = (
        detector_accuracy(campaigns.store, record, labels(*((f"{runs}{n}", True) for n in range(12)))) for runs in "ab"
    )
    wide, narrow = (summarise(campaigns.store, record, found).objectives[0].sensitivity for found in (one, many))
    assert (narrow.n, narrow.clusters, wide.n, wide.clusters) == (12, 12, 12, 1)
    assert wide.low < 0.05 < 0.7 < narrow.low


def test_each_objective_has_its_own_and_one_without_labels_none(campaigns):
    tries = [*made("a", VERDICTS), *made("b", VERDICTS, objective="pii_leak"), *made("c", VERDICTS, objective="crash")]
    record = campaigns.add(tries, objectives=("prompt_extraction", "pii_leak", "crash"))
    said = labels(("a0", False)) | labels(("b1", True), objective="pii_leak")
    accuracy = detector_accuracy(campaigns.store, record, said)
    assert set(accuracy) == {"prompt_extraction", "pii_leak"}
    assert accuracy["pii_leak"].specificity is None
    shown = {one.name: one for one in summarise(campaigns.store, record, accuracy).objectives}
    assert shown["pii_leak"].sensitivity.value == 1.0
    assert shown["pii_leak"].specificity.missing == "no try is labelled as safe"
    assert shown["pii_leak"].corrected.missing == "not identified: no try is labelled as safe"
    assert shown["prompt_extraction"].corrected.missing == "not identified: no try is labelled as a breach"
    assert shown["crash"].corrected is shown["crash"].sensitivity is None


def test_a_labelled_sweep_gives_the_rate_of_its_labels(campaigns):
    """What was missed and what was raised falsely is made up for exactly, where every try is labelled."""
    outcomes = ["breach"] * 12 + ["safe"] * 28
    record = campaigns.add(made("a", outcomes))
    truly = [n not in (0, 1) and (n < 12 or n in (20, 21, 22)) for n in range(40)]
    said = labels(*((f"a{n}", breach) for n, breach in enumerate(truly)))
    accuracy = detector_accuracy(campaigns.store, record, said)
    (one,) = summarise(campaigns.store, record, accuracy).objectives
    assert one.rate.value == pytest.approx(12 / 40)
    assert one.corrected.value == pytest.approx(sum(truly) / 40)


def rights(accuracy):
    return [(one.proportion.count, one.n) if one else None for one in (accuracy.sensitivity, accuracy.specificity)]


class TestOtherCampaigns:
    """Their labels count where nothing that decides a verdict is different."""

    def test_the_same_chain_and_detectors(self, campaigns):
        record, before = campaigns.add(made("a", VERDICTS)), campaigns.add(made("b", VERDICTS))
        said = labels(("a1", True), ("b1", True), ("b2", False))
        accuracy = detector_accuracy(campaigns.store, record, said)["prompt_extraction"]
        assert rights(accuracy) == [(2, 2), (0, 1)]
        assert rights(detector_accuracy(campaigns.store, before, said)["prompt_extraction"]) == [(2, 2), (0, 1)]

    @pytest.mark.parametrize("other", [{"name": "prompt_extraction", "lock": "b"}, {"name": "pii_leak"}])
    def test_others_are_left_out(self, campaigns, other):
        record = campaigns.add(made("a", VERDICTS))
        elsewhere = campaigns.add(made("b", VERDICTS, objective=other["name"]), objectives=(other["name"],))
        body = {"manifest": {**elsewhere.body["manifest"], "objectives": [other]}}
        campaigns.store.change_campaign(elsewhere.id, body=body)
        said = labels(("a1", True)) | labels(("b1", True), objective=other["name"])
        accuracy = detector_accuracy(campaigns.store, record, said)
        assert {name: rights(found) for name, found in accuracy.items()} == {"prompt_extraction": [(1, 1), None]}


@pytest.mark.parametrize(
    ("run", "objective", "why"),
    [
        ("nobody", "prompt_extraction", "run nobody is of no try that is stored"),
        ("swept0", "pii_leak", "run swept0 was made for 'prompt_extraction', not for 'pii_leak'"),
        ("led0", "prompt_extraction", "run led0 is of the search, which goes where earlier tries led"),
        ("swept1", "prompt_extraction", r"run swept1 has no verdict to compare with \(crashed\)"),
    ],
)
def test_a_label_that_fits_no_try_is_named_with_its_line(campaigns, run, objective, why):
    record = campaigns.add([*made("swept", ["safe", "crashed"]), *made("led", ["breach"], phase="search")])
    with pytest.raises(InputError, match=why) as caught:
        detector_accuracy(campaigns.store, record, labels(("swept0", False)) | labels((run, True), objective=objective))
    assert "labels.jsonl:7" in str(caught.value)
