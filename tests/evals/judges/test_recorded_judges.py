"""Recorded verdicts of six judges on pairs that people labelled (LLMBar), where the file lies beside the repository."""

from pathlib import Path

import numpy as np
import pytest

from genops.evals.judges.check import check_judges
from genops.evals.judges.correction import scores_of
from genops.evals.judges.labels import Labels
from genops.stats import cluster_prediction_powered_mean, prediction_powered_mean

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "llmbar" / "natural.jsonl"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not RECORDED.exists(), reason="the recorded verdicts are not here")]
RUNS = 1_000
LABELS = 50


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The labels, and the verdicts of each judge as numbers."""
    labels = Labels.load(RECORDED)
    human = np.array([labels.value(word) for word in labels.human.values()])
    judges = {}
    for name, rows in labels.judges.items():
        scores = scores_of(labels, rows)
        known = [score for score in scores.values() if score is not None]
        judges[name] = np.array([np.mean(known) if (s := scores[case]) is None else s for case in labels.human])
    return labels, human, judges


def test_the_judges_are_ranked_and_the_weak_ones_found(recorded):
    report = check_judges(recorded[0])
    names = [judge.judge for judge in report.judges]
    assert names[0] == "GPT-4"
    assert names.index("PaLM2") < names.index("ChatGPT") < names.index("Falcon")
    assert any("no better than chance" in word or "order" in word for word in report.judges[-1].weak)


JUDGES = ["GPT-4", "PaLM2", "LLaMA2", "ChatGPT", "ChatGPT-0301", "Falcon"]


@pytest.mark.parametrize("judge", JUDGES)
def test_means_of_independent_cases_are_covered(recorded, judge):
    _, human, judges = recorded
    random, covered, widths, alone = np.random.default_rng(1), 0, [], []
    for _ in range(RUNS):
        at = random.integers(0, len(human), 1_000)
        labels, scores = human[at], judges[judge][at]
        found = prediction_powered_mean(labels[:LABELS], scores[:LABELS], scores[LABELS:])
        covered += inside(found, human.mean())
        widths.append(width(found.interval))
        alone.append(width(found.labels_alone))
    assert covered / RUNS >= 0.93
    assert np.mean(widths) < (0.95 if judge in {"GPT-4", "PaLM2"} else 1.08) * np.mean(alone)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("judge", JUDGES)
def test_means_of_clustered_cases_are_covered(recorded, judge, weighted):
    """Clusters of four cases, sorted by label within tens so that those of one cluster are alike."""
    _, human, judges = recorded
    order = np.concatenate([ten[np.argsort(human[ten], kind="stable")] for ten in np.arange(100).reshape(5, 20)])
    groups = order.reshape(25, 4)
    weights = np.random.default_rng(5).choice([1.0, 2.0, 4.0], len(human)) if weighted else np.ones(len(human))
    random, covered, truth = np.random.default_rng(2), 0, np.average(human, weights=weights)
    for _ in range(RUNS):
        drawn = random.integers(0, len(groups), 100)
        at, codes = groups[drawn].ravel(), np.repeat(np.arange(100), 4)
        labels = np.where(random.permutation(len(at)) < LABELS, human[at], np.nan)
        found = cluster_prediction_powered_mean(labels, judges[judge][at], codes, weights[at] if weighted else None)
        covered += inside(found, truth)
    assert covered / RUNS >= 0.93


def inside(found, truth):
    low, high = found.interval.bounds
    return low <= truth <= high


def width(interval):
    low, high = interval.bounds
    return high - low
