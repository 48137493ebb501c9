"""An objective is decided by the requests that break it; what is called met is met with the confidence that is said."""

import numpy as np
import pytest

from genops.errors import UsageError
from genops.serving.load.objective import Objective, design_effect, rule_on, together
from tests.serving.load.timed import measured, timing

FIRST = Objective("ttft", 0.95, 0.5)


def load(values):
    return measured([timing(due=place, ttft=value) for place, value in enumerate(values)])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ttft.p95 < 500ms", FIRST),
        ("ttft.p95<0.5s", FIRST),
        ("itl.p99 <= 50 ms", Objective("inter_token", 0.99, 0.05)),
        ("e2e.p50 < 2s", Objective("end_to_end", 0.5, 2.0)),
    ],
)
def test_it_is_read_as_people_write_it(text, read):
    assert Objective.parse(text) == read
    assert Objective.parse(str(read)) == read


@pytest.mark.parametrize("text", ["ttft < 5s", "speed.p95 < 1s", "ttft.p95 < 500", "ttft.p0 < 1s", "ttft.p95 > 1s", ""])
def test_what_is_none_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="no objective") as error:
        Objective.parse(text)
    assert "ttft.p95 < 500ms" in error.value.hint


def test_met_broken_and_undecided():
    assert rule_on(FIRST, load([0.1] * 200)).verdict == "met"
    assert rule_on(FIRST, load([0.1, 0.9] * 100)).verdict == "broken"
    assert rule_on(FIRST, load(([0.1] * 19 + [0.9]) * 10)).verdict == "undecided"
    assert rule_on(FIRST, load([0.1] * 20)).verdict == "undecided"


def test_as_many_requests_as_it_says_are_enough_where_none_breaks_it():
    n = FIRST.least_requests(0.01)
    assert rule_on(FIRST, load([0.1] * n), alpha=0.01).verdict == "met"
    assert rule_on(FIRST, load([0.1] * (n - 1)), alpha=0.01).verdict == "undecided"


def test_a_request_that_failed_keeps_nothing():
    timings = [timing(due=place, ttft=0.1) for place in range(100)]
    timings += [timing(due=100 + place, ttft=0.001, error="ServerFailed") for place in range(100)]
    ruling = rule_on(FIRST, measured(timings))
    assert (ruling.verdict, ruling.broken, ruling.n) == ("broken", 100, 200)


def test_a_load_at_the_limit_is_rarely_called_met():
    chance = np.random.default_rng(2)
    met = sum(rule_on(FIRST, load(np.where(chance.random(300) < 0.06, 0.9, 0.1))).verdict == "met" for _ in range(300))
    assert met <= 0.05 * 300


def test_requests_that_break_it_together_count_as_fewer():
    alone, chance = np.zeros(200), np.random.default_rng(1)
    alone[chance.choice(200, 40, replace=False)] = 1
    bunched = np.zeros(200)
    bunched[80:120] = 1
    assert design_effect(bunched) > 4 > design_effect(alone) >= 1
    apart, joined = (rule_on(FIRST, load(np.where(one == 1, 0.9, 0.1))) for one in (alone, bunched))
    assert joined.high - joined.low > apart.high - apart.low


def test_of_several_one_that_is_broken_decides():
    met, broken = rule_on(FIRST, load([0.1] * 200)), rule_on(FIRST, load([0.9] * 200))
    undecided = rule_on(FIRST, load([0.1] * 5))
    assert together([met, met]) == "met"
    assert together([met, undecided]) == "undecided"
    assert together([undecided, broken, met]) == "broken"
