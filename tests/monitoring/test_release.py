"""Scores of production are compared with those at release, and only a plain difference is called one."""

import pytest

from genops.errors import DefinitionError, ReferenceNotFound
from genops.evals import scorer
from genops.evals.score import Range
from genops.evals.summary import Measure
from genops.executor import Chain
from genops.monitoring.doubts import doubts_of_release
from genops.monitoring.examples import examples_of
from genops.monitoring.monitor import Monitor
from genops.monitoring.release import AtRelease, Release
from genops.monitoring.ruling import apply_rules
from genops.monitoring.spec import MonitorSpec

SCORE = "contains"


def evaluate(lab, good=54, name="release"):
    """Evaluates 60 cases, of which so many are good."""
    rows = [{"text": "yes" if number < good else "no", "expected": "yes"} for number in range(60)]
    lab.run(lab.suite(rows, name=name))


def release_of(lab, reference="release"):
    return Release(lab.site.project.store, lab.site.project.settings, reference)


@pytest.fixture
def compared(lab):
    evaluate(lab)
    known = release_of(lab).read()

    def run(now, lower=False):
        return known.compared(SCORE, now, lower)

    return run


def test_a_plain_fall_is_worse_and_for_small_values_better(compared):
    found = compared(Measure(0.5, "score", 200, 0.4, 0.6))
    assert (found.name, found.release.value, found.direction) == (SCORE, 0.9, "worse")
    assert found.difference.value == pytest.approx(-0.4)
    assert found.difference.high < 0
    assert found.difference.level == pytest.approx(0.9)
    assert found.regression.value == pytest.approx(0.4)
    assert (found.regression.low, found.regression.high) == (-found.difference.high, -found.difference.low)
    other = compared(Measure(0.5, "score", 200, 0.4, 0.6), lower=True)
    assert other.direction == "better"
    assert other.regression == other.difference


def test_what_may_be_chance_is_not_told_apart(compared):
    assert compared(Measure(0.85, "score", 20, 0.6, 0.95)).direction == "not told apart"
    nothing = compared(Measure.none("score", "no scores"))
    assert (nothing.direction, nothing.regression.value) == ("not told apart", None)


def test_an_evaluation_that_is_not_there_is_named(lab):
    evaluate(lab)
    with pytest.raises(ReferenceNotFound, match="other"):
        release_of(lab, "other").find()
    assert "other" in release_of(lab, "other").read().missing
    assert "no score 'length'" in release_of(lab).read().compared("length", Measure(1.0, "score", 9)).regression.missing


def test_the_evaluation_that_is_meant_may_be_another_by_and_by(lab):
    known = release_of(lab)
    assert known.read() == AtRelease(missing=known.read().missing)
    for good in (54, 30):
        evaluate(lab, good)
        assert known.read().scores[SCORE].value == good / 60


def monitor_of(lab, *rules, **more):
    data = {"kind": "monitor", "chain": "echo", "sample": {"rate": 1.0}, "scorers": [{SCORE: "yes"}], **more}
    data |= {"channels": {"ops": {"command": ["true"]}}, "rules": list(rules)}
    return Monitor(MonitorSpec.from_data({"release": "eval:release", **data}, "live"), lab.site.project)


def say(lab, *texts):
    chain = Chain.load("echo", project=lab.site.project)
    for text in texts:
        chain.run_sync({"text": text})
    lab.site.project.store.writer.flush(10.0)


def state(monitor):
    monitor.look()
    _, (record,) = apply_rules(monitor)
    return record.state


def test_a_rule_on_the_regression_alarms_where_the_interval_of_the_difference_says_so(lab):
    evaluate(lab)
    monitor = monitor_of(lab, f"regression.{SCORE} > 0.2")
    assert state(monitor) == "no data"
    say(lab, *["yes"] * 9)
    assert state(monitor) == "no data"  # `least` is 10
    say(lab, *["yes"] * 9)
    assert state(monitor) == "ok"
    say(lab, *["no"] * 15)
    assert state(monitor) == "warning"
    say(lab, *["no"] * 85)
    assert state(monitor) == "alert"
    message = lab.site.project.store.deliveries()[-1].body
    figure = message["figure"]
    assert (figure["name"], figure["level"]) == (f"regression.{SCORE}", pytest.approx(0.9))
    assert 0.2 < figure["low"] < figure["value"] < figure["high"]
    reading = monitor.reading()
    assert [one.text[:4] for one in examples_of(monitor, reading, monitor.spec.rules[0])] == ["0.00"] * 3


def test_without_an_amount_noise_does_not_even_warn(lab):
    evaluate(lab)
    monitor = monitor_of(lab, f"regression.{SCORE} > 0")
    say(lab)
    monitor.look()
    say(lab, *["yes"] * 16, *["no"] * 4)
    assert state(monitor) == "ok"
    assert monitor.reading().figures(3_600.0)[f"regression.{SCORE}"].value == pytest.approx(0.1)
    say(lab, *["no"] * 80)
    assert state(monitor) == "alert"


def test_where_small_values_are_good_a_rise_is_a_regression(lab):
    @scorer("noise", range=Range(lower_is_better=True))
    def noise(output: str) -> float:
        return float("no" in output)

    lab.run(lab.suite(["yes"] * 60, ["noise"], name="release"))
    monitor = monitor_of(lab, "regression.noise > 0.2", scorers=["noise"])
    monitor.look()
    say(lab, *["no"] * 80)
    assert state(monitor) == "alert"
    assert monitor.reading().figures(3_600.0)["regression.noise"].value == 1.0
    reading = monitor.reading()
    assert [one.text[:4] for one in examples_of(monitor, reading, monitor.spec.rules[0])] == ["1.00"] * 3


def test_an_evaluation_that_goes_away_is_no_data_with_the_reason(lab):
    evaluate(lab)
    monitor = monitor_of(lab, f"regression.{SCORE} > 0")
    monitor.look()
    store = lab.site.project.store
    store.delete_evaluations([one.id for one in store.evaluations()])
    say(lab, *["no"] * 30)
    assert state(monitor) == "no data"
    assert "there is no evaluation 'release'" in monitor.reading().figures(3_600.0)[f"regression.{SCORE}"].missing


def test_a_rule_without_a_release_is_an_error_with_its_line(lab):
    with pytest.raises(DefinitionError, match="names no evaluation to compare with") as refused:
        monitor_of(lab, f"regression.{SCORE} > 0", release="")
    assert "release: eval:NAME" in refused.value.hint


def test_a_score_that_the_evaluation_has_not_is_told_before_it_is_waited_for(lab):
    evaluate(lab)
    scorers = [{SCORE: "yes"}, {"regex": "y"}]
    assert doubts_of_release(monitor_of(lab, scorers=scorers)) != []
    with pytest.raises(ReferenceNotFound, match="has no score 'regex'") as refused:
        doubts_of_release(monitor_of(lab, "regression.regex > 0.1", scorers=scorers))
    assert SCORE in refused.value.hint


def test_a_scorer_with_other_settings_than_at_release_is_told(lab):
    lab.run(lab.suite(["yes"], [{SCORE: "yes"}], name="release"))
    assert doubts_of_release(monitor_of(lab)) == []
    (doubt,) = doubts_of_release(monitor_of(lab, scorers=[{SCORE: "no"}]))
    assert doubt.startswith(f"score {SCORE!r}: the evaluation release (")
    assert "other settings" in doubt


def test_an_evaluation_of_too_few_cases_for_a_rule_is_told(lab):
    lab.run(lab.suite(["yes"] * 4, [{SCORE: "yes"}], name="release"))
    (doubt,) = doubts_of_release(monitor_of(lab, f"regression.{SCORE} > 0"))
    assert "will have no data" in doubt
    assert "has 4 cases, and the rule wants 10" in doubt
    assert doubts_of_release(monitor_of(lab, {"rule": f"regression.{SCORE} > 0", "least": 4})) == []
