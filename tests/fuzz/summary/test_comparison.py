"""Two sweeps are paired by seed and mutation, two robustness parts by case and change."""

import pytest

from genops.errors import UsageError
from genops.fuzz.summary import compare
from tests.fuzz.stored import under


@pytest.fixture
def compared(campaigns):
    return lambda first, second, **more: compare(
        campaigns.store, campaigns.add(first, **more), campaigns.add(second, **more)
    )


def sweep(breaches, count=48):
    kinds = [{"mutations": under(f"m{n % 5}")} for n in range(count)]
    return [{**kind, "outcome": "breach" if n in breaches else "safe"} for n, kind in enumerate(kinds)]


def test_a_hardened_chain_is_better_by_an_interval_and_tests(compared):
    found = compared(sweep(range(40)), sweep(())).objectives[0]
    assert found.difference.value == pytest.approx(-40 / 48)
    assert found.difference.high < 0
    assert found.difference.clusters == 12
    assert (found.mcnemar.only_first, found.mcnemar.only_second, found.mcnemar.n) == (40, 0, 48)
    assert found.mcnemar.p < found.p < 0.05
    assert (found.direction, found.unpaired) == ("better", 0)


def test_the_same_outcomes_are_the_same(compared):
    found = compared(sweep({1, 2}), sweep({1, 2})).objectives[0]
    assert (found.direction, found.difference.value, found.mcnemar.both) == ("same", 0.0, 2)
    assert found.difference.high == -found.difference.low == pytest.approx(0.2646, abs=0.001)


def test_what_one_of_them_could_not_score_is_unpaired(compared):
    second = sweep(())
    second[0]["outcome"] = "crashed"
    found = compared(sweep({0}), second).objectives[0]
    assert (found.mcnemar.n, found.unpaired, found.direction) == (47, 1, "same")


def test_the_order_of_tries_does_not_matter_and_other_mutations_are_unpaired(compared):
    first, second = ([{"seed": "a", "mutations": under(name)} for name in names] for names in ("xy", "zyx"))
    found = compared(first, second).objectives[0]
    assert (found.mcnemar.n, found.unpaired) == (2, 1)


def test_an_attack_that_was_drawn_again_is_paired_with_its_own(compared):
    same = {"seed": "a", "outcome": "breach"}
    found = compared([{**same, "outcome": "crashed"}, same], [same, {**same, "outcome": "safe"}]).objectives[0]
    assert (found.mcnemar.n, found.mcnemar.only_first, found.unpaired) == (1, 1, 1)


def test_the_search_is_never_paired(compared):
    searched = [{**one, "phase": "search"} for one in sweep(range(40))]
    with pytest.raises(UsageError, match="have no try in common"):
        compared(searched, searched)


def test_objectives_are_corrected_together_and_those_without_pairs_are_named(compared):
    names = ("prompt_extraction", "crash", "pii_leak")
    both = [{**one, "objective": name} for name in names[:2] for one in sweep(range(40))]
    after = [{**one, "outcome": "safe"} for one in both]
    lone = [{"objective": "pii_leak"}] * 3
    found = compared(both + lone, after, objectives=names)
    assert [one.name for one in found.objectives] == list(names[:2])
    assert found.objectives[0].adjusted == pytest.approx(2 * found.objectives[0].p)
    assert found.unpaired == {"pii_leak": 3}


ABOUT = {"relations": ["typo", "reordered_passages"], "tries": 0, "at_most": {}}


def answers(outcomes, relation="typo", changes=2):
    """Answers of twelve cases to changes of one relation, each try under mutations of its own or none."""
    mutated = relation == "typo"
    return [
        {
            "phase": "robustness",
            "objective": relation,
            "mutations": under(f"m{n // 12}") if mutated else [],
            "outcome": outcomes(n),
        }
        for n in range(12 * changes)
    ]


def test_answers_that_no_longer_change_are_better(compared):
    found = compared(answers(lambda n: "changed"), answers(lambda n: "same"), objectives=(), robustness=ABOUT)
    (typo,) = found.relations
    assert (found.objectives, typo.name, typo.direction) == ((), "typo", "better")
    assert (typo.difference.value, typo.difference.clusters, typo.mcnemar.only_first) == (-1.0, 12, 24)
    assert typo.difference.low == -1.0
    assert typo.difference.high == pytest.approx(-1 + 2 * 0.2646, abs=0.001)  # other cases may go otherwise


def test_a_chain_that_fails_has_changed_its_answer_and_what_is_unknown_is_unpaired(compared):
    unknown = {0: "skipped", 1: "unscored", 2: "infrastructure"}
    after = answers(lambda n: unknown.get(n, "crashed"))
    (typo,) = compared(answers(lambda n: "same"), after, objectives=(), robustness=ABOUT).relations
    assert (typo.mcnemar.only_second, typo.mcnemar.n, typo.unpaired, typo.direction) == (21, 21, 3, "worse")


def test_changes_of_passages_are_paired_in_their_order(compared):
    first, second = (
        answers(lambda n, odd=odd: "changed" if n // 12 == odd else "same", "reordered_passages") for odd in (0, 1)
    )
    (found,) = compared(first, second, objectives=(), robustness=ABOUT).relations
    assert (found.mcnemar.only_first, found.mcnemar.only_second, found.difference.value) == (12, 12, 0.0)


def test_relations_are_corrected_apart_from_objectives(compared):
    changed, same = (answers(lambda n, one=one: one) for one in ("changed", "same"))
    found = compared([*sweep(range(40)), *changed], [*sweep(()), *same], robustness=ABOUT)
    assert [one.p for one in found.objectives] == [one.adjusted for one in found.objectives]
    assert [one.p for one in found.relations] == [one.adjusted for one in found.relations]
    assert found.objectives[0].direction == found.relations[0].direction == "better"


def test_a_relation_of_one_campaign_alone_is_named(compared):
    first = [*answers(lambda n: "same"), *answers(lambda n: "same", "reordered_passages", changes=1)]
    found = compared(first, answers(lambda n: "same"), objectives=(), robustness=ABOUT)
    assert found.unpaired == {"reordered_passages": 12}
