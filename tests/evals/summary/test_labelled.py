"""Labels of people beside scores: every score of every variant is corrected, or says why not."""

import json

import pytest

from tests.evals.stored import contains

CASES = 120


def judged(case):
    """What the judge says; people say less often yes."""
    return case % 4 != 0


def human(case, kind=3):
    return "yes" if judged(case) and case % kind else "no"


@pytest.fixture
def summary(evaluations):
    """The summary of an evaluation whose suite has labels: rows of a file."""

    def summarised(rows, variants=("old", "new"), scorers=("contains",), repeat=1, cases=None, **options):
        (evaluations.settings.root / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        samples = [
            {"case": n, "variant": variant, "repeat": r, "scores": {s: contains(judged(n + r)) for s in scorers}}
            for n in range(CASES)
            for variant in variants
            for r in range(repeat)
        ]
        record = evaluations.add(
            samples, variants=variants, scorers=scorers, repeat=repeat, labels="labels.jsonl", cases=cases, **options
        )
        return evaluations.summary(record)

    return summarised


def metric(summary, variant=0, name="contains"):
    return summary.variants[variant].metrics[name]


def labelled(count=60, **more):
    return [{"id": f"c{n}", "human": human(n), **more} for n in range(count)]


def test_each_variant_is_corrected_by_the_labels_of_its_own_outputs(summary):
    rows = labelled(variant="old") + [{"id": f"c{n}", "human": human(n, 5), "variant": "new"} for n in range(60)]
    found = summary(rows)
    old, new = metric(found).corrected, metric(found, 1).corrected
    assert (old.n, new.n) == (60, 60)
    assert old.value == pytest.approx(0.5, abs=0.05)
    assert new.value == pytest.approx(0.6, abs=0.05)
    assert found.notes == ()


def test_labels_that_name_no_variant_are_of_the_first_and_the_others_say_so(summary):
    found = summary(labelled())
    assert metric(found).corrected.n == 60
    other = metric(found, 1).corrected
    assert other.value is None
    assert other.missing == "no case of it has a label; labels that name no `variant` are of old"
    assert found.notes == ("labels of people that name no variant are taken to be of the outputs of old",)


def test_one_variant_of_an_evaluation_keeps_its_own_labels(evaluations, summary):
    found = summary(labelled(), locks={"old": "a" * 64, "new": "b" * 64})
    tally = evaluations.results.find("b" * 12)
    assert tally.variant == "new"
    (only,) = evaluations.results.summary(tally).variants
    assert only.metrics["contains"].corrected.missing == metric(found, 1).corrected.missing


def test_every_score_is_corrected_by_labels_of_its_own(summary):
    rows = labelled(metric="kind") + [{"id": f"c{n}", "human": 1 + 4 * judged(n), "metric": "brief"} for n in range(40)]
    found = summary(rows, variants=("one",), scorers=("brief", "kind", "other"))
    assert metric(found, name="kind").corrected.value == pytest.approx(0.5, abs=0.05)
    assert metric(found, name="brief").corrected.value == pytest.approx(4, abs=0.3)
    assert metric(found, name="brief").corrected.n == 40
    assert metric(found, name="other").corrected.missing == "no case of it has a label"


def test_a_score_without_bounds_is_corrected_where_labels_name_it(summary):
    ranges = {"contains": [0.0, None]}
    found = summary(labelled(), variants=("one",), ranges=ranges)
    assert "it has no bounds, and no label names it" in metric(found).corrected.missing
    assert metric(summary(labelled(metric="contains"), variants=("one",), ranges=ranges)).corrected.n == 60


def test_clusters_of_the_suite_make_the_interval_robust(summary):
    cases = [{"id": f"c{n}", "inputs": {"q": "x"}, "cluster": f"of {n // 12}"} for n in range(CASES)]
    robust = metric(summary(labelled(), variants=("one",), cases=cases)).corrected
    alone = metric(summary(labelled(), variants=("one",))).corrected
    assert (robust.n, robust.clusters, alone.clusters) == (60, 5, None)
    assert "cluster-robust" in robust.method
    assert robust.high - robust.low > alone.high - alone.low


def test_weights_of_the_suite_count(summary):
    cases = [{"id": f"c{n}", "inputs": {"q": "x"}, "weight": 5 if human(n) == "yes" else 1} for n in range(CASES)]
    found = metric(summary(labelled(), variants=("one",), cases=cases)).corrected
    assert found.value == pytest.approx(5 / 6, abs=0.08)
    assert "weighted" in found.method


def test_repeats_are_averaged_within_a_case_first(summary):
    once, thrice = (metric(summary(labelled(), variants=("one",), repeat=repeat)) for repeat in (1, 3))
    assert once.corrected.n == thrice.corrected.n == 60
    assert thrice.mean.n == CASES
    assert thrice.corrected.low is not None


def test_labels_that_are_of_nothing_here_are_said(summary):
    rows = [
        *labelled(),
        {"id": "gone", "human": "yes"},
        {"id": "away", "human": "no"},
        {"id": "c1", "human": "no", "variant": "newest"},
        {"id": "c1", "human": "no", "metric": "contians"},
    ]
    assert summary(rows, variants=("one",)).notes == (
        "2 labels of people name a case that is not here: gone, away",
        "1 label of people name a variant that is not here: newest",
        "1 label of people name a metric that is not here: contians",
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (labelled(2), "2 labels that estimates may rest on, of 2: three are needed"),
        (labelled(2) + labelled(9, drawn="chosen")[2:], "of 9: three are needed (7 chosen for reading)"),
        ([{"id": f"c{n}", "human": "blue"} for n in range(5)], "of 5: three are needed (5 no number, yes or no)"),
        (
            [*labelled(9), {"id": "c20", "human": "unsure"}, {"id": "c21", "human": "split", "drawn": "chosen"}],
            "1 of 10 labels with neither a number nor yes or no: unsure",
        ),
    ],
    ids=["few", "chosen", "words", "a word among them"],
)
def test_where_labels_do_not_suffice_the_report_says_why(summary, rows, why):
    found = metric(summary(rows, variants=("one",))).corrected
    assert found.value is None
    assert found.missing.endswith(why)


def test_labels_of_too_few_clusters_give_an_estimate_without_an_interval(summary):
    cases = [{"id": f"c{n}", "inputs": {"q": "x"}, "cluster": f"of {n // 60}"} for n in range(CASES)]
    found = metric(summary(labelled(), variants=("one",), cases=cases)).corrected
    assert (found.low, found.missing) == (None, "fewer than three clusters with labels tell too little")
