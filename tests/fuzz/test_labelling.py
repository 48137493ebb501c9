"""Labelling tries by hand: drawn at random from the sweep, without a verdict, resumable."""

import json

import pytest

from genops.errors import UsageError
from genops.fuzz.labelling import TryLabelling
from genops.fuzz.labels import read_labels
from tests.fuzz.stored import Campaigns

SWEEP = [{"run": f"{n:032x}", "outcome": "breach" if n % 4 == 0 else "safe"} for n in range(60)]


@pytest.fixture
def campaigns(tmp_path):
    made = Campaigns(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def record(campaigns):
    return campaigns.add(SWEEP)


@pytest.fixture
def labelling(campaigns, record, tmp_path):
    def make(objectives=(), name="labels.jsonl", of=record, **more):
        return TryLabelling(campaigns.store, of, tmp_path / name, objectives, **more)

    return make


def runs(labelling):
    """All that are asked, without a label for any."""
    return [task.case for task in labelling.tasks() if labelling.skip(task) is None]


def test_tries_are_drawn_whatever_their_verdict(labelling):
    drawn = runs(labelling(count=40))
    assert len(set(drawn)) == 40
    breaches = sum(int(run, 16) % 4 == 0 for run in drawn)
    assert 4 <= breaches <= 15, "a quarter of all are breaches"


def test_a_seed_draws_the_same_and_a_larger_count_adds_to_it(labelling):
    few, many = runs(labelling(count=10)), runs(labelling(count=25))
    assert many[:10] == few
    assert runs(labelling(count=10, seed=1)) != few


def test_only_scored_tries_of_the_sweep_are_drawn(campaigns, labelling):
    odd = [{"outcome": kind, "run": f"{n}"} for n, kind in enumerate(("crashed", "unscored", "infrastructure"))]
    led = [{"phase": phase, "outcome": "breach", "run": phase} for phase in ("search", "strategy")]
    assert runs(labelling(of=campaigns.add([*odd, *led, {"outcome": "safe", "run": "good"}]))) == ["good"]
    with pytest.raises(UsageError, match="the sweep has no try with a verdict"):
        labelling(of=campaigns.add([*odd, *led]))


def test_each_objective_has_its_own_draw(campaigns, labelling):
    tries = [{"objective": name, "run": f"{name}{n}"} for name in ("pii_leak", "crash") for n in range(9)]
    record = campaigns.add(tries, objectives=("pii_leak", "crash"))
    drawn = runs(labelling(of=record, count=3))
    assert [run[:-1] for run in drawn] == ["pii_leak"] * 3 + ["crash"] * 3
    assert runs(labelling(("crash",), of=record, count=3)) == drawn[3:]
    with pytest.raises(UsageError, match="no objective 'crush'") as caught:
        labelling(("crush",), of=record)
    assert "did you mean crash" in str(caught.value)


def test_labels_are_kept_as_they_are_read_and_a_later_session_goes_on(labelling, tmp_path):
    first = labelling(count=5)
    for task, word in zip(first.tasks(), ("yes", "no"), strict=False):
        first.label(task, word, "hard" if word == "no" else "")
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    order = runs(labelling(name="other.jsonl", count=5))
    assert rows == [
        {"run": order[0], "objective": "prompt_extraction", "label": True},
        {"run": order[1], "objective": "prompt_extraction", "label": False, "note": "hard"},
    ]
    again = labelling(count=5)
    assert again.progress == (2, 5)
    assert again.kinds == {"prompt_extraction": (1, 1)}
    assert runs(again) == order[2:]


def test_undo_takes_back_a_label_of_this_draw_and_of_no_other_campaign(campaigns, labelling, tmp_path):
    other = campaigns.add([{"run": "other"}])
    for of in (None, other):
        one = labelling(count=1) if of is None else labelling(of=of)
        one.label(next(one.tasks()), "yes")
    mine = labelling(count=1)
    assert mine.undo() == runs(labelling(name="new.jsonl", count=1))[0]
    assert mine.undo() is None
    assert list(read_labels(tmp_path / "labels.jsonl")) == ["other"]


def test_a_run_that_is_not_stored_any_more_is_told(labelling):
    one = labelling(count=1)
    shown = dict(one.shown(next(one.tasks())))
    assert "no run begins with" in shown["Its run cannot be shown, so skip it"]
    assert not {"breach", "safe"} & set(" ".join([*shown, *shown.values()]).split()), "nothing of a verdict"
