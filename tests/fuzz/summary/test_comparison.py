"""Two sweeps, paired by seed and mutation."""

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
    with pytest.raises(UsageError, match="no attack of their sweeps in common"):
        compared(searched, searched)


def test_objectives_are_corrected_together_and_those_without_pairs_are_named(compared):
    names = ("prompt_extraction", "crash", "pii_leak")
    both = [{**one, "objective": name} for name in names[:2] for one in sweep(range(40))]
    after = [{**one, "outcome": "safe"} for one in both]
    lone = [{"objective": "pii_leak"}] * 3
    found = compared(both + lone, after, objectives=names)
    assert [one.objective for one in found.objectives] == list(names[:2])
    assert found.objectives[0].adjusted == pytest.approx(2 * found.objectives[0].p)
    assert found.unpaired == {"pii_leak": 3}
