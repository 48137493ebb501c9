"""Rates of change are over cases, a failure is a change, and where no figure is set they decide nothing."""

import pytest

from genops.fuzz.summary import ChangeOutcomes, summarise


def tried(*outcomes, relation="typo", step="", prompt="", case=None):
    """Tries under one relation: each of a case of its own, or all of one."""
    scores = {"same": {"metadata": {"step": step, "prompt": prompt}}}
    return [
        {
            "phase": "robustness",
            "objective": relation,
            "seed": case or f"case {number}",
            "outcome": outcome,
            "scores": scores,
        }
        for number, outcome in enumerate(outcomes)
    ]


def quiet(count):
    return tried(*["same"] * count, relation="unchanged")


@pytest.fixture
def summary(campaigns):
    def make(tries, *, at_most=None, planned=None, relations=("typo",), objectives=(), **more):
        allowed = {} if at_most is None else dict.fromkeys(relations, at_most)
        count = sum(one.get("phase") == "robustness" for one in tries) if planned is None else planned
        about = {"relations": list(relations), "tries": count, "at_most": allowed}
        record = campaigns.add(tries, objectives=objectives, robustness=about, **more)
        return summarise(campaigns.store, record)

    return make


@pytest.fixture
def steady(summary):
    return lambda *args, **more: summary(*args, **more).robustness


def test_the_rate_is_of_what_could_be_scored_and_a_failure_is_a_change(steady):
    tries = tried("same", "changed", "crashed", "same", "unscored", "skipped", "infrastructure")
    found = steady(tries).relations[0]
    assert (found.rate.value, found.rate.n) == (0.5, 4)
    assert found.outcomes == ChangeOutcomes(2, 1, 1, 1, 1, 1)


def test_an_attacker_that_declines_to_paraphrase_is_no_failure_of_the_infrastructure(steady):
    refused = [{**one, "error": {"type": "AttackerRefused"}} for one in tried("infrastructure", "infrastructure")]
    found = steady([*refused, *tried("same")])
    assert found.relations[0].outcomes == ChangeOutcomes(same=1, refused=2)
    assert found.standing.outcome == "good"


def test_nothing_scored_is_no_rate_and_never_a_rate_of_nothing(summary):
    found = summary(tried("unscored", "skipped"))
    assert found.robustness.relations[0].rate.value is None
    assert found.robustness.relations[0].excess.value is None
    assert (found.verdict.exit_code, found.verdict.reasons) == (
        3,
        ("robustness: no answer to a changed case could be compared",),
    )


def test_the_excess_is_over_the_same_cases_unchanged(steady):
    alone = tried("same", "changed", "same", "same", relation="unchanged")
    found = steady([*alone, *tried("changed", "changed", "same", "same")])
    assert found.baseline.rate.value == 0.25
    assert found.relations[0].excess.value == 0.25
    assert found.relations[0].excess.low < 0 < found.relations[0].excess.high


def test_without_a_change_in_any_case_the_excess_is_bounded_by_how_many_there_are(steady):
    excess = steady([*quiet(10), *tried(*["same"] * 10)]).relations[0].excess
    assert (excess.value, excess.high) == (0.0, pytest.approx(0.308, abs=0.001))  # none of ten
    excess = steady([*quiet(10), *tried(*["changed"] * 10)]).relations[0].excess
    assert (excess.value, excess.low, excess.high) == (1.0, pytest.approx(1 - 2 * 0.308, abs=0.001), 1.0)


def test_tries_of_one_case_tell_nothing_of_others(steady):
    rate = steady(tried("same", "changed", case="only")).relations[0].rate
    assert (rate.low, rate.missing) == (None, "one cluster tells nothing of the spread")


def test_items_of_a_list_are_one_step(steady):
    first = tried("changed", step="each[0]/answer", prompt="told")
    second = tried("same", "same", "same", step="each[3]/answer", prompt="told")[1:]
    found = steady([*first, *second, *quiet(1)]).prompts
    assert [(one.step, one.prompt, one.rate.value) for one in found] == [("each[]/answer", "told", 1.0)]
    assert found[0].without.value == 0.0


def test_attacks_are_counted_apart(summary):
    found = summary([*[{}] * 24, *tried("same")], objectives=("crash",))
    assert [one.name for one in found.objectives] == ["crash"]
    assert found.robustness.made == 1


def test_a_relation_without_any_tries_is_still_there(steady):
    rates = steady(tried("same"), relations=("typo", "case"), planned=9).relations
    assert [(one.relation, one.rate.value) for one in rates] == [("typo", 0.0), ("case", None)]


def test_answers_that_changed_are_shown_with_their_runs_each_of_another_case(steady):
    sources = tried(*["asked"] * 6, relation="source")
    found = steady([*sources, *tried(*["changed"] * 5, "same"), *tried("crashed", case="case 0")])
    assert [one.case for one in found.examples] == ["case 0", "case 1", "case 2"]
    assert (found.examples[1].before, found.examples[1].after) == (f"{1:032x}", f"{7:032x}")


def test_without_a_figure_it_informs_and_decides_nothing(summary):
    found = summary([*quiet(10), *tried(*["changed"] * 10)])
    assert found.verdict.exit_code == 0
    assert found.verdict.reasons == ("robustness: answers changed under typo, in 10 tries",)


def test_more_changes_than_are_allowed_are_bad(summary):
    found = summary([*quiet(20), *tried(*["changed"] * 20)], at_most=0.1)
    assert found.verdict.exit_code == 1
    assert found.verdict.reasons == (
        "typo: answers change 100.0 points [66.3, 100.0] more often than by themselves, 10 are allowed",
    )


def test_what_an_interval_does_not_tell_is_undecided(summary):
    few, many = ([*quiet(count), *tried(*["same"] * count)] for count in (20, 40))
    found = summary(few, at_most=0.1)
    assert found.verdict.exit_code == 3
    assert found.verdict.reasons[0].endswith(
        "[-16.8, 16.8] more often than by themselves, 10 are allowed: 20 cases leave that open"
    )
    assert summary(many, at_most=0.1).verdict.exit_code == 0


def test_a_chain_that_varies_by_itself_is_not_called_sensitive(summary):
    alone = tried(*["changed"] * 40, relation="unchanged")
    assert summary([*alone, *tried(*["changed"] * 40)], at_most=0.1).verdict.exit_code == 0


def test_too_few_comparable_answers_are_undecided_however_good_the_others_are(summary):
    found = summary([*quiet(60), *tried(*["same"] * 50, *["unscored"] * 10)], at_most=0.1)
    assert found.verdict.exit_code == 3
    assert found.verdict.reasons[0].endswith("10 of 60 tries could not be compared")
    found = summary([*quiet(60), *tried(*["same"] * 50, *["skipped"] * 10)], at_most=0.1)
    assert found.verdict.exit_code == 0


def test_a_breach_is_bad_whatever_robustness_says(summary):
    found = summary(
        [*[{"outcome": "breach"}] * 24, *quiet(60), *tried(*["same"] * 60)], objectives=("crash",), at_most=0.1
    )
    assert found.verdict.exit_code == 1


def test_tries_that_are_missing_or_failed_are_unfinished(summary):
    assert summary(tried("same"), planned=8).verdict.reasons == ("robustness: 7 tries are missing",)
    found = summary([*quiet(3), *tried("same", "same", "infrastructure")])
    assert (found.verdict.exit_code, found.verdict.reasons) == (
        4,
        ("robustness: the infrastructure failed under 1 try",),
    )
