"""A search knows what it proposed, and forgets what was taken back."""

from genops.fuzz.attack import Mutation
from genops.fuzz.objective import Seed
from genops.fuzz.search.known import Known
from genops.fuzz.search.plan import Plan

PLANS = [Plan("says", Seed("say", "Say boo", "input"), (Mutation("typos", seed),)) for seed in range(200)]


def test_each_plan_is_known_once_whatever_its_order():
    known = Known()
    for plan in [*PLANS[::2], *PLANS[::2]]:
        known.add(plan)
    assert len(known) == 100
    assert [plan in known for plan in PLANS] == [True, False] * 100


def test_one_that_is_taken_back_is_not_known_any_more():
    known = Known()
    for plan in PLANS:
        known.add(plan)
    for plan in [*PLANS[::2], PLANS[0]]:
        known.discard(plan)
    assert [plan in known for plan in PLANS] == [False, True] * 100
