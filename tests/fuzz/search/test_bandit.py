"""The bandit: what pays is tried more, and nothing starves."""

from collections import Counter
from random import Random

import pytest

from genops.fuzz.search.bandit import Bandit

ARMS = [f"arm{number}" for number in range(10)]


def chosen(bandit, tries, pays, seed=0):
    rng = Random(seed)
    counts = Counter()
    for _ in range(tries):
        arm = bandit.choose(rng)
        bandit.observe(arm, pays(arm, rng))
        counts[arm] += 1
    return counts


def test_the_arm_that_pays_is_chosen_most():
    counts = chosen(Bandit(ARMS), 2000, lambda arm, rng: arm == "arm7" and rng.random() < 0.3)
    assert counts.most_common(1)[0][0] == "arm7"
    assert counts["arm7"] > 1000


def test_no_arm_falls_below_its_part_of_the_floor():
    counts = chosen(Bandit(ARMS, floor=0.2), 5000, lambda arm, rng: arm == "arm7")
    assert min(counts[arm] for arm in ARMS) > 5000 * 0.2 / 10 / 2


def test_the_same_chances_give_the_same_choices():
    runs = [chosen(Bandit(ARMS), 200, lambda arm, rng: rng.random() < 0.5, seed=3) for _ in range(2)]
    assert runs[0] == runs[1]


def test_tries_of_unknown_arms_are_left_out():
    bandit = Bandit(["known"])
    bandit.observe("unknown", True)
    assert bandit.rate("known") == 0.5


@pytest.mark.parametrize(("arms", "floor"), [([], 0.1), (["a", "a"], 0.1), (["a"], 1.5)])
def test_what_cannot_be_chosen_from_is_refused(arms, floor):
    with pytest.raises(ValueError, match=r"arm|share"):
        Bandit(arms, floor)
