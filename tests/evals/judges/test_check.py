"""Judges measured against people: ranks, weaknesses, cases to read."""

import json

import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from genops.errors import UsageError
from genops.evals.judges.check import check_judges
from genops.evals.judges.labels import Labels
from genops.evals.judges.requirement import Requirement
from genops.stats import confusion_table
from tests.evals.judges import people

EVERYBODY = {name: getattr(people, name) for name in ("coin", "front", "good", "long", "silent", "contrary")}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = people.write(tmp_path_factory.mktemp("labels") / "labels.jsonl", people.pairs(seed=1, **EVERYBODY))
    return check_judges(Labels.load(path))


@pytest.fixture
def checked(tmp_path):
    return lambda rows, **how: check_judges(Labels.load(people.write(tmp_path / "labels.jsonl", rows)), **how)


def weak(report, judge):
    return " | ".join(next(found for found in report.judges if found.judge == judge).weak)


def test_judges_are_ranked_by_kappa(report):
    names = [judge.judge for judge in report.judges]
    assert names[0] == "silent", "who answers seldom and then well is right when it answers"
    assert names[1] == "good"
    assert names[-2:] == ["coin", "contrary"]
    kappas = [judge.agreement.kappa.estimate for judge in report.judges]
    assert kappas == sorted(kappas, reverse=True)


def test_each_is_weak_where_it_was_made_so(report):
    assert "no better than chance" in weak(report, "coin")
    assert "worse than chance" in weak(report, "contrary")
    assert "prefers what stands first" in weak(report, "front")
    assert "flips with the order in" in weak(report, "front")
    assert "prefers the longer text more than people do" in weak(report, "long")
    assert "no verdict in" in weak(report, "silent")


def test_a_good_one_is_called_good(checked):
    (judge,) = checked(people.pairs(good=people.good)).judges
    assert judge.weak == ()
    assert judge.agreement.raw.estimate == pytest.approx(0.95, abs=0.03)
    assert judge.behind is None


def test_the_others_are_compared_with_the_best_case_by_case(report):
    best, *others = report.judges
    assert best.behind is None
    assert all(judge.behind is not None for judge in others)
    assert "right less often than the best" in weak(report, "coin")


def test_chance_is_where_kappa_ac1_and_alpha_are_zero(report):
    coin = next(judge for judge in report.judges if judge.judge == "coin")
    for interval in (coin.agreement.kappa, coin.agreement.ac1, coin.agreement.alpha):
        assert interval.bounds[0] < 0 < interval.bounds[1]


def test_unparsed_verdicts_are_counted_and_are_no_disagreement(report):
    silent = next(judge for judge in report.judges if judge.judge == "silent")
    assert silent.verdicts == 2 * people.CASES
    assert 0.2 < silent.unparsed / silent.verdicts < 0.4
    assert silent.agreement.raw.estimate == 1.0
    assert sum(n for (_, word), n in silent.confusion.items() if word is None) == silent.unparsed


def test_cases_to_read_begin_with_steady_contradictions(report):
    front = next(judge for judge in report.judges if judge.judge == "coin")
    reasons = [item.why for item in front.read]
    assert reasons[0] == "contradicts people"
    assert all(item.human not in item.verdicts for item in front.read if item.why == "contradicts people")


def test_where_most_judges_contradict_people_the_label_is_doubted(checked):
    rows = [
        {
            "id": n,
            "judge": judge,
            "human": "no" if n == 3 else "yes",
            "verdict": "yes" if n != 5 or judge == "a" else "no",
        }
        for n in range(12)
        for judge in "abc"
    ]
    assert checked(rows).doubtful == ("3", "5")


def test_a_judge_that_is_asked_again_and_says_otherwise(checked):
    words = ["yes", "no"]
    rows = [
        {"id": n, "human": "yes", "verdict": words[(n + k) % 2 if n < 20 else 0]} for n in range(30) for k in range(2)
    ]
    (judge,) = checked(rows).judges
    assert judge.consistency.estimate == pytest.approx(1 / 3)
    assert "says the same again in only 33%" in judge.weak


def test_numbers_are_compared_by_their_distance(checked):
    rows = [{"id": n, "human": n % 5 + 1, "verdict": min(5, n % 5 + 2), "length": 100 + n} for n in range(50)]
    report = checked(rows)
    (judge,) = report.judges
    assert report.kind == "number"
    assert judge.agreement.raw.estimate == pytest.approx(0.2)
    assert judge.agreement.kappa.estimate > 0.7, "nearly right is not wrong"


def test_a_judge_that_likes_long_texts_among_single_ones(checked):
    rows = [
        {"id": n, "human": human, "verdict": "yes" if n > 30 else human, "length": 10 * n}
        for n, human in enumerate(["yes", "no"] * 30)
    ]
    assert "prefers the longer text more than people do" in checked(rows).judges[0].weak


def test_clusters_widen_the_intervals(checked):
    rows = people.pairs(good=people.good)
    alone = checked(rows).judges[0].agreement.raw
    copies = [{**row, "id": f"{row['id']}-{k}", "cluster": row["id"]} for row in rows for k in range(4)]
    together = checked(copies).judges[0].agreement.raw
    assert together.estimate == pytest.approx(alone.estimate)
    width = together.bounds[1] - together.bounds[0]
    assert width == pytest.approx(alone.bounds[1] - alone.bounds[0], rel=0.15)


def test_cases_that_were_chosen_for_what_they_tell_are_left_out(checked):
    rows = people.pairs(good=people.good)
    hard = [
        {**row, "id": f"hard{n}", "drawn": "chosen", "forward": "1", "human": "2"} for n, row in enumerate(rows[:30])
    ]
    report = checked(rows + hard)
    assert (report.chosen, report.judges[0].cases) == (30, people.CASES)


def test_one_judge_can_be_picked(report, tmp_path):
    labels = Labels.load(people.write(tmp_path / "l.jsonl", people.pairs(**EVERYBODY)))
    assert [judge.judge for judge in check_judges(labels, "good").judges] == ["good"]
    with pytest.raises(UsageError, match="goood"):
        check_judges(labels, "goood")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": 1, "human": "yes"}], "no row has a judge's verdict"),
        ([{"id": 1, "verdict": "yes"}], "no row has a human"),
    ],
)
def test_without_verdicts_or_labels_there_is_nothing_to_measure(checked, rows, message):
    with pytest.raises(UsageError, match=message):
        checked(rows)


def test_a_dozen_labels_do_not_tell_a_good_judge_from_chance(checked):
    said = ["yes", "yes", "no", "yes", "yes", "no", "yes", "no", "no", "yes", "no", "yes"]
    rows = [
        {"id": n, "human": "no" if n in (2, 3, 5, 8, 10) else "yes", "verdict": word} for n, word in enumerate(said)
    ]
    assert "too few labels to tell it from chance" in checked(rows).judges[0].weak


def test_few_labels_are_too_few(checked):
    report = checked(people.pairs(good=people.good)[:4])
    assert not report.enough


def test_agreement_without_spread_has_no_interval_and_is_json_all_the_same(checked):
    rows = [{"id": n, "human": "yes", "verdict": "yes"} for n in range(20)]
    report = checked(rows)
    assert report.judges[0].agreement.kappa.bounds is None
    json.loads(json.dumps(report.to_json()), parse_constant=pytest.fail)


def paired(cases, wrong=()):
    """Rows of a judge that is right in both orders, but for the cases that are wrong."""
    return [
        {"id": n, "human": word, "forward": word if n not in wrong else "1", "swapped": word}
        for n in range(cases)
        for word in (str(1 + n % 2),)
    ]


def test_no_interval_goes_beyond_what_is_possible(checked):
    rows = [{**row, "length_1": 9, "length_2": 8} for row in paired(12, wrong=(3,))]
    (judge,) = checked([*rows, *({"id": f"more{n}", "forward": "1", "swapped": "2"} for n in range(20))]).judges
    assert judge.agreement.raw.bounds[1] <= 1
    assert all(-1 <= end <= 1 for interval in (judge.first, judge.length) for end in interval.bounds)
    again = [{"id": n, "human": "yes", "verdict": "no" if n == k == 3 else "yes"} for n in range(8) for k in range(4)]
    assert checked(again).judges[0].consistency.bounds[1] <= 1


def test_a_corrected_share_is_a_share(checked):
    rows = [{"id": n, "human": "tie" if n == 2 else "1", "forward": "1", "swapped": "2"} for n in range(4)]
    (judge,) = checked([*rows, *({"id": f"u{n}", "forward": "1", "swapped": "1"} for n in range(4))]).judges
    assert 0 <= judge.estimate.interval.bounds[0] <= judge.estimate.interval.bounds[1] <= 1


def test_a_judge_of_whom_nothing_is_known_stands_last(checked):
    rows = [{"id": n, "human": "no" if n % 2 else "yes"} for n in range(20)]
    judges = {
        "unknown": lambda word: "yes",
        "contrary": lambda word: {"yes": "no", "no": "yes"}[word],
        "good": lambda word: word,
    }
    said = [
        {**row, "judge": judge, "verdict": says(row["human"])}
        for judge, says in judges.items()
        for row in rows
        if judge != "unknown" or row["human"] == "yes"
    ]
    assert [judge.judge for judge in checked(said).judges] == ["good", "contrary", "unknown"]


def test_a_constant_judge_is_called_so(checked):
    rows = [{"id": n, "human": 1 + n % 5, "verdict": 3, "cluster": n // 2} for n in range(40)]
    (judge,) = checked(rows).judges
    assert (judge.agreement.kappa.estimate, judge.agreement.kappa.bounds) == (0, None)
    assert judge.weak == ("always says 3, which is no better than chance",)
    assert Requirement.parse("kappa=0.1").met_by(judge) is None


def test_people_of_one_word_among_numbers_tell_nobody_from_chance(checked):
    (judge,) = checked([{"id": n, "human": 3, "verdict": 1 + n % 5} for n in range(40)]).judges
    assert judge.agreement.kappa.bounds is None
    assert judge.weak == ("too few labels to tell it from chance",)


def test_what_no_interval_shows_is_not_said(checked):
    said = [("no", "yes"), ("yes", "no"), ("no", "no"), ("no", "yes"), ("yes", "no")]
    rows = [{"id": n, "human": human, "verdict": word, "cluster": "c"} for n, (human, word) in enumerate(said)]
    (judge,) = checked(rows).judges
    assert judge.agreement.kappa.estimate < 0
    assert judge.weak == ("too few labels to tell it from chance",)


def test_a_judge_that_always_takes_the_first_prefers_it_as_surely_as_there_are_cases(checked):
    rows = [{"id": n, "human": str(1 + n % 2), "forward": "1", "swapped": "2"} for n in range(12)]
    (judge,) = checked(rows).judges
    assert judge.first.estimate == 1
    assert judge.first.bounds == pytest.approx((2 * judge.flips.bounds[0] - 1, 1))
    assert "prefers what stands first" in judge.weak
    assert "prefers what stands first" not in checked(rows[:2]).judges[0].weak


def test_a_label_beside_a_perfect_judge_is_worth_no_number_of_labels(checked):
    values = [1, 2, 4, 5, 3, 1, 1, 5]
    (judge,) = checked([{"id": n, "human": values[n % 8] / 7, "verdict": values[n % 8] / 7} for n in range(30)]).judges
    assert judge.worth is None


def test_numbers_disagree_by_how_far_they_are_apart(checked):
    said = [(1, 1), (2, 5), (5, 5), (5, 2), (1, 2), (2, 2)] * 2
    (judge,) = checked([{"id": n, "human": human, "verdict": word} for n, (human, word) in enumerate(said)]).judges
    table = confusion_table(*zip(*said, strict=True), [1, 2, 3, 4, 5]).counts
    expected = cohens_kappa(table, wt="quadratic", return_results=False)
    assert judge.agreement.kappa.estimate == pytest.approx(expected)


def test_labels_of_one_word_tell_nobody_from_chance(checked):
    (judge,) = checked([{"id": n, "human": "yes", "verdict": "no" if n == 3 else "yes"} for n in range(40)]).judges
    assert judge.weak == ("too few labels to tell it from chance",)


@pytest.mark.parametrize(
    ("cases", "required", "met"),
    [
        (10, "raw=0.99", None),
        (10, "kappa=0.99", None),
        (200, "raw=0.9", True),
        (200, "kappa=0.9", True),
        (200, "alpha=0.9", True),
        (200, "kappa=0.99", None),
    ],
)
def test_a_perfect_judge_is_as_sure_as_its_labels_are_many(checked, cases, required, met):
    (judge,) = checked(paired(cases)).judges
    assert judge.agreement.raw.estimate == judge.agreement.kappa.estimate == 1.0
    assert Requirement.parse(required).met_by(judge) is met


def test_numbers_that_hardly_ever_meet(checked):
    rows = [{"id": n, "human": n / 7, "verdict": n / 7 + (n % 5) / 100} for n in range(500)]
    (judge,) = checked(rows).judges
    assert judge.agreement.kappa.estimate > 0.99
    assert judge.agreement.alpha.estimate == pytest.approx(1.0, abs=1e-3)
