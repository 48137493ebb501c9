"""A rule under test says after every unit what it would say were its test looked at after every unit."""

from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.evals.rule_test import Reading, RuleTest
from genops.evals.rules import Gate, Rule
from genops.evals.score import Range
from genops.stats import ConfidenceSequence, FiniteDataset, Population, SequentialTest


class Literal:
    """The test itself, looked at after every unit: slow."""

    def __init__(self, bound, claim, alpha, fail_alpha, ends):
        self.test = SequentialTest(bound, claim, alpha, ends)
        self.sequence = ConfidenceSequence(claim, 1 - alpha, ends)
        self.alpha, self.fail_alpha = alpha, fail_alpha

    def look(self, low, high, weight):
        self.test.update([low], [high], [weight])
        self.sequence.update([low], [high], [weight])

    @property
    def outcome(self):
        result = self.test.result()
        if result.exact:
            return "pass" if result.verdict == "at least" else "fail"
        if result.p_at_least <= self.alpha and result.e_at_least >= result.e_below:
            return "pass"
        return "fail" if result.p_below <= self.fail_alpha else "undecided"


def compare(values, bound, about="population", tests=1, weights=None, alpha=0.05, every=1):
    """Both over the same units: the outcome after each, and all that is shown after some and at the end."""
    weights = weights or [1.0] * len(values)
    gate = Gate((Rule.parse(f"score >= {bound}"),), alpha, about)
    rule = RuleTest.of(gate.rules[0], gate, tests, weights, Range(), "v")
    claim = Population(max(weights)) if about == "population" else FiniteDataset(sum(weights))
    literal = Literal(bound, claim, alpha, alpha / tests, (0.0, 1.0))
    found = []
    for number, (value, weight) in enumerate(zip(values, weights, strict=True)):
        rule.accept(rule.glance([[Reading(number, number, "v", {"score": value}, weight)]]))
        literal.look(*((value, value) if value == value else (0.0, 1.0)), weight)
        assert rule.outcome == literal.outcome, number
        found.append(rule.outcome)
        if number % every == every - 1 or number == len(values) - 1:
            shown, interval = rule.verdict(), literal.sequence.interval()
            assert (shown.low, shown.high) == pytest.approx(interval.bounds or (None, None), abs=1e-9)
            assert (shown.n, shown.exact) == (interval.n, literal.test.result().exact)
            known = any(value == value for value in values[: number + 1])
            assert shown.estimate == (pytest.approx(interval.estimate, abs=1e-9) if known else None)
    return found


values = st.lists(st.sampled_from([0.0, 0.3, 1.0, nan]), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    values,
    st.sampled_from([0.05, 0.5, 0.9, 1.0]),
    st.sampled_from(["population", "dataset"]),
    st.sampled_from([1, 5]),
    st.sampled_from([1, 7, 100]),
    st.randoms(use_true_random=False),
)
def test_any_values_and_weights(values, bound, about, tests, every, random):
    weights = [random.choice([1.0, 0.5, 3.0]) for _ in values]
    compare(values, bound, about, tests, weights, alpha=0.2, every=every)


LONG = {
    "at the bound": lambda random: random.binomial(1, 0.8, 900),
    "clearly good": lambda random: random.binomial(1, 0.95, 900),
    "clearly bad": lambda random: random.binomial(1, 0.6, 900),
    "scores": lambda random: random.beta(8, 2, 900),
    "all good": lambda random: np.ones(900),
    "good at first, bad later, and good again": lambda random: np.repeat([1.0, 0.0, 1.0], [300, 350, 250]),
    "bad at first, good later": lambda random: np.repeat([0.0, 1.0], [300, 600]),
}


@pytest.mark.parametrize("about", ["population", "dataset"])
@pytest.mark.parametrize("name", LONG)
def test_longer_than_is_watched_at_once(name, about):
    compare([float(value) for value in LONG[name](np.random.default_rng(1))], 0.8, about, tests=3, every=250)


def test_a_pass_is_taken_back_when_the_other_gambler_gets_ahead():
    found = compare([1.0] * 40 + [0.0] * 40, 0.8, every=80)
    assert found[30] == "pass"
    assert found[-1] == "fail"


def test_one_of_its_members_may_say_nothing():
    gate = Gate((Rule.parse("score >= 0.5"),), 0.05, "population")
    rule = RuleTest.of(gate.rules[0], gate, 1, [3.0], Range(), "v")
    first = [Reading(0, 0, "v", {"score": 0.25}), Reading(1, 1, "v", {}, 2.0)]
    rule.accept(rule.glance([first, [Reading(2, 2, "v", {})]]))
    assert (rule.verdict().n, rule.verdict().estimate) == (1, 0.25)


@pytest.mark.parametrize("about", ["population", "dataset"])
def test_numbers_of_numpy_are_numbers(about):
    values = list(np.repeat([1.0, 0.0, 1.0], [30, 20, 40]))
    assert compare(values, 0.6, about, weights=list(np.full(90, 2.0))) == compare(list(map(float, values)), 0.6, about)
