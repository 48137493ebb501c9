"""Runs are drawn by their ids with known probabilities, the more often where it matters."""

from hypothesis import given
from hypothesis import strategies as st

from genops.monitoring.sampling import Rates, Sampling
from genops.store.records.runs import RunRecord
from genops.syntax import compile_value


def run(number, status="ok"):
    return RunRecord(f"{number:032x}", f"{number:032x}", "answer", 1, status=status)


def sampling(name="live", strata=(), **rates):
    own = dict(strata)
    return Sampling(name, Rates(**rates, strata=own), {each: compile_value(each) for each in own})


def drawn(by, numbers=range(4_000), **more):
    return {number for number in numbers if by.draw(run(number), {}, bad_feedback=False, **more)}


def test_the_rate_of_runs_is_drawn_and_another_monitor_draws_others():
    first, second = drawn(sampling(rate=0.1)), drawn(sampling("other", rate=0.1))
    assert 320 < len(first) < 480
    assert first != second
    assert drawn(sampling(rate=0.1)) == first


def test_a_greater_rate_draws_the_same_runs_and_more():
    assert drawn(sampling(rate=0.05)) < drawn(sampling(rate=0.2))


def test_failed_runs_and_bad_feedback_are_all_drawn_unless_said_otherwise():
    by = sampling(rate=0.0)
    assert by.draw(run(1), {}, bad_feedback=False) is None
    assert by.draw(run(1, "error"), {}, bad_feedback=False).stratum == "errors"
    assert by.draw(run(1), {}, bad_feedback=True).stratum == "feedback"
    assert sampling(rate=0.0, errors=0.0).draw(run(1, "error"), {}, bad_feedback=False) is None


def test_a_stratum_has_its_own_rate_and_what_cannot_be_read_is_in_none():
    by = sampling(rate=0.0, strata={"{{ run.user == 'ann' }}": 1.0})
    assert by.draw(run(1), {"run": {"user": "ann"}}, bad_feedback=False).probability == 1.0
    assert by.draw(run(1), {"run": {"user": "bob"}}, bad_feedback=False) is None
    assert by.draw(run(1), {}, bad_feedback=False) is None


def test_the_largest_weight_is_of_the_least_rate_that_draws_any():
    assert Rates(rate=0.2).largest_weight == 5.0
    assert Rates(rate=0.0, strata={"{{ true }}": 0.1}).largest_weight == 10.0
    assert Rates(rate=0.0, errors=0.0, feedback=0.0).largest_weight == 1.0


@given(st.integers(0, 2**100), st.floats(0, 1), st.floats(0, 1))
def test_the_probability_told_is_the_greatest_rate_that_applies(number, rate, errors):
    found = sampling(rate=rate, errors=errors).draw(run(number, "error"), {}, bad_feedback=False)
    if found is not None:
        assert found.probability == max(rate, errors) > 0
