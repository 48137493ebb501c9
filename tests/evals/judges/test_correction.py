"""A judge's mean, corrected by labels."""

import math
import random

import pytest

from genops.evals.judges.correction import planned_labels, prediction_powered, scores_of, worth
from genops.evals.judges.labels import Labels
from tests.evals.judges import people


@pytest.fixture
def labels(tmp_path):
    def load(human, **more):
        rows = [{"id": case, "human": word, **more.get(case, {})} for case, word in human.items()]
        return Labels.load(people.write(tmp_path / "labels.jsonl", rows))

    return load


def suite(n=400, seed=0):
    """Scores of a judge that is half a point too kind to bad cases, and what people would say."""
    random_ = random.Random(seed)
    truth = {f"c{i}": random_.random() < 0.6 for i in range(n)}
    scores = {case: 1.0 if good else 0.5 * (random_.random() < 0.8) + 0.2 for case, good in truth.items()}
    return scores, truth


def told(truth, count):
    return {case: "yes" if good else "no" for case, good in list(truth.items())[:count]}


def test_a_kind_judge_is_corrected_and_sharpens_the_labels(labels):
    scores, truth = suite()
    found = prediction_powered(scores, labels(told(truth, 80)))
    share = sum(truth.values()) / len(truth)
    assert found.predictions_alone > share + 0.1
    assert found.interval.bounds[0] <= share <= found.interval.bounds[1]
    width, alone = (high - low for low, high in (found.interval.bounds, found.labels_alone.bounds))
    assert width < 0.85 * alone
    assert (found.interval.n, found.unlabelled) == (80, 320)


def test_chosen_labels_do_not_count_and_their_scores_do(labels):
    scores, truth = suite()
    human = told(truth, 80)
    hard = {case: {"drawn": "chosen"} for case in list(human)[60:]}
    found = prediction_powered(scores, labels(human, **hard))
    assert (found.interval.n, found.unlabelled) == (60, 340)


def test_a_case_that_could_not_be_scored_stays_a_case(labels):
    scores, truth = suite()
    holes = {case: None if number % 10 == 0 else score for number, (case, score) in enumerate(scores.items())}
    found = prediction_powered(holes, labels(told(truth, 80)))
    assert (found.interval.n, found.unlabelled) == (80, 320)
    share = sum(truth.values()) / len(truth)
    assert found.interval.bounds[0] <= share <= found.interval.bounds[1]


@pytest.mark.parametrize("scale", [(0.5, 1), (1, 2), (1, 5)])
def test_every_label_of_a_scale_counts(labels, scale):
    human = {f"c{n}": scale[n % 2] for n in range(40)}
    found = prediction_powered(dict.fromkeys(human, 0.5), labels(human))
    assert found.interval.estimate == pytest.approx(sum(scale) / 2)


def test_labels_of_other_cases_say_nothing(labels):
    scores, truth = suite(50)
    human = told(truth, 10) | {"elsewhere": "yes"}
    assert prediction_powered(scores, labels(human)).interval.n == 10


@pytest.mark.parametrize(
    ("human", "scores"),
    [
        ({"c1": "yes", "c2": "no"}, {"c1": 1.0, "c2": 0.0, "c3": 1.0}),
        ({"c1": "yes", "c2": "no", "c3": "no", "c4": "unsure"}, {"c1": 1.0, "c2": 0.0, "c3": 1.0, "c4": 0.0}),
        ({"c1": "red", "c2": "blue", "c3": "red"}, {"c1": 1.0, "c2": 0.0, "c3": 1.0}),
        ({"c1": "yes", "c2": "no", "c3": "no"}, {"c1": None, "c2": None, "c3": None}),
    ],
    ids=["two labels", "a label that is no number", "no numbers", "no scores"],
)
def test_where_there_is_nothing_to_correct_with(labels, human, scores):
    assert prediction_powered(scores, labels(human)) is None


def test_cases_of_a_cluster_are_not_taken_for_independent(labels):
    scores, truth = suite(200)
    human = told(truth, 40)
    apart = prediction_powered(scores, labels(human))
    clusters = {case: {"cluster": f"of {number // 4}"} for number, case in enumerate(human)}
    together = prediction_powered(scores, labels(human, **clusters))
    assert (together.interval.n, together.interval.clusters) == (40, 10)
    assert together.interval.method.startswith("PPI++, power-tuned, cluster-robust")
    assert together.interval.bounds != apart.interval.bounds
    one = {case: {"cluster": "one"} for case in human}
    assert prediction_powered(scores, labels(human, **one)).interval.bounds is None


def test_clusters_and_weights_of_a_suite_count(labels):
    scores, truth = suite(200)
    weights = {case: 3.0 if good else 1.0 for case, good in truth.items()}
    clusters = {case: number // 2 for number, case in enumerate(scores)}
    found = prediction_powered(scores, labels(told(truth, 100)), clusters=clusters, weights=weights)
    share = sum(weights[case] for case, good in truth.items() if good) / sum(weights.values())
    assert found.interval.bounds[0] <= share <= found.interval.bounds[1]
    assert found.interval.clusters == 50


def test_clusters_take_more_labels(labels):
    scores, truth = suite(400)
    human = dict(sorted(told(truth, 80).items(), key=lambda item: item[1]))  # alike within a cluster
    plan = planned_labels(scores, labels(human), 0.15)
    clusters = {case: {"cluster": f"of {number // 4}"} for number, case in enumerate(human)}
    wider = planned_labels(scores, labels(human, **clusters), 0.15)
    assert wider.labels is None or wider.labels > plan.labels
    assert wider.width == plan.width
    assert all(wide > narrow for (_, wide), (_, narrow) in zip(wider.curve, plan.curve, strict=True))
    assert planned_labels(scores, labels(human, **{case: {"cluster": "one"} for case in human}), 0.15) is None


def test_verdicts_as_scores_are_the_mean_of_both_orders(tmp_path):
    rows = [
        {"id": 1, "judge": "j", "forward": "1", "swapped": "2"},
        {"id": 2, "judge": "j", "forward": "2", "swapped": None},
        {"id": 3, "judge": "j", "forward": None, "swapped": None},
    ]
    read = Labels.load(people.write(tmp_path / "l.jsonl", rows))
    assert scores_of(read, read.judges["j"]) == {"1": 0.5, "2": 0.0, "3": None}


def test_what_a_label_is_worth(labels):
    scores, truth = suite()
    found = prediction_powered(scores, labels(told(truth, 80)))
    assert worth(found) == pytest.approx(1 / (1 - found.correlation**2))
    assert worth(found) > 2
    assert worth(prediction_powered(dict.fromkeys(scores, 1.0), labels(told(truth, 80)))) is None
    assert worth(None) is None


def test_how_many_labels_reach_a_width(labels):
    scores, truth = suite()
    read = labels(told(truth, 50))
    plan = planned_labels(scores, read, 0.15)
    widths = [width for _, width in plan.curve if math.isfinite(width)]
    assert widths == sorted(widths, reverse=True)
    assert plan.labels is not None
    assert planned_labels(scores, read, 0.12).labels > plan.labels
    assert planned_labels(scores, read, 0.001).labels is None
