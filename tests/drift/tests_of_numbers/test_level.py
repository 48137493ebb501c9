import pytest

from tests.drift.quiet_values import NUMBERS, false_alarms
from tests.drift.unchanged import most

TESTS = ("kolmogorov_smirnov", "cramer_von_mises", "population_stability")


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("test", TESTS)
def test_quiet_windows_are_called_changed_no_more_often_than_alpha(test, kind):
    assert false_alarms(test, NUMBERS[kind]) <= most()


@pytest.mark.parametrize("kind", ["heavy tails", "four values"])
@pytest.mark.parametrize("test", TESTS)
def test_nor_where_the_rows_of_a_group_are_alike(test, kind):
    assert false_alarms(test, NUMBERS[kind], groups=10) <= most()
