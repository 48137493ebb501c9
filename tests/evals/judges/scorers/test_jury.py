"""``jury``: several judges, an aggregation that is stated, and a quorum."""

import pytest

from genops.evals.judges.scorers.jury import Juror, aggregated, jury
from genops.evals.judging import NoAnswer, UnusableAnswer

SILENT = {"fault": {"kind": "refuse"}}


def seated(bench, **members):
    """A jury whose members give these levels, or nothing."""
    bench.site.top = f'default_model = "{next(iter(members))}"\n'
    for alias, level in members.items():
        rule = {"reasoning": alias, "quotes": [], "score": level} if isinstance(level, int) else level
        bench.says(rule, alias=alias)
    return bench.case("text"), jury.settings["judges"].check(list(members))


def test_the_median_of_those_who_answer(bench):
    court, judges = seated(bench, a=1, b=4, c=5)
    score = court.score(jury, criterion="Good?", judges=judges)
    assert score.value == 0.75
    assert [member["value"] for member in score.metadata["members"]] == [0.0, 0.75, 1.0]
    assert score.metadata["spread"] == 1.0
    assert score.explanation == "median of 0, 0.75, 1"


def test_a_member_without_an_answer_is_left_out(bench):
    court, judges = seated(bench, a=5, b=SILENT, c="prose", d=5, e=4)
    score = court.score(jury, criterion="Good?", judges=judges, aggregate="mean")
    assert score.value == pytest.approx((1 + 1 + 0.75) / 3)
    assert ["unscored" in member for member in score.metadata["members"]] == [False, True, True, False, False]


def test_below_the_quorum_there_is_no_score(bench):
    court, judges = seated(bench, a=5, b=SILENT, c="prose")
    assert "1 of 3 judges answered, 2 must" in str(court.unscored(jury, criterion="Good?", judges=judges))
    assert court.score(jury, criterion="Good?", judges=judges, quorum=1).value == 1.0


def test_a_quorum_that_no_jury_reaches_is_told_before_anyone_is_asked(bench):
    court, judges = seated(bench, a=5, b=4)
    assert "the quorum is 3, and the jury has 2 judges" in str(
        court.unscored(jury, criterion="Good?", judges=judges, quorum=3)
    )
    with pytest.raises(ValueError, match="`quorum`"):
        jury.settings["quorum"].check(0)


def test_why_there_is_no_score_is_told(bench):
    court, judges = seated(bench, a=SILENT, b=SILENT)
    assert isinstance(court.unscored(jury, criterion="Good?", judges=judges), NoAnswer)


def test_prose_of_all_is_unusable(bench):
    court, judges = seated(bench, a="prose", b=SILENT)
    assert isinstance(court.unscored(jury, criterion="Good?", judges=judges), UnusableAnswer)


def test_a_judge_that_stands_there_twice_is_asked_twice(bench):
    bench.says({"reasoning": "so", "quotes": [], "score": 3}).case("text")
    score = bench.score(jury, criterion="Good?", judges=[Juror(), Juror()])
    runs = [member["runs"][0] for member in score.metadata["members"]]
    assert [len([s for s in bench.site.trace(run).spans if s.kind == "model"]) for run in runs] == [1, 1]


@pytest.mark.parametrize(
    ("values", "aggregate", "value"),
    [
        ([0, 0.5, 1], "mean", 0.5),
        ([0, 0.2, 1], "median", 0.2),
        ([0.5, 0.6, 0], "majority", 1),
        ([0.5, 0.6, 0, 0], "majority", 0),
        ([0.5, 0.6], "unanimous", 1),
        ([0.5, 0.4], "unanimous", 0),
    ],
)
def test_aggregations(values, aggregate, value):
    assert aggregated(values, aggregate, 0.5) == value


def test_a_jury_has_two_members():
    with pytest.raises(ValueError, match="at least 2"):
        jury.settings["judges"].check(["alone"])
