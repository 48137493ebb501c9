"""Numbers as people read them."""

from genops.evals.reports import wording
from genops.evals.rule_test import RuleVerdict


def test_nothing_is_less_than_nothing():
    """A score whose small values are good is turned around for the test, and turned back."""
    found = RuleVerdict("ter <= 0.3", "ter", "one", "pass", -0.0, -0.0, 0.2, 0.95, 5, 0, False)
    assert wording.rule(found) == "passed: ter <= 0.3 (one): 0.000 [0.000, 0.200] at all times, n 5"
