"""Scores of production are compared with those at release, and only a plain difference is called one."""

import pytest

from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.monitoring.release import since_release


@pytest.fixture
def compared(lab):
    rows = [{"text": "yes" if number < 54 else "no", "expected": "yes"} for number in range(60)]
    lab.run(lab.suite(rows, name="release"))

    def run(now, reference="release", lower=False):
        project = lab.site.project
        figures = {"score.contains": now, "error_rate": Measure(0.1, "share", 10)}
        return since_release(project.store, project.settings, reference, figures, {"contains": lower})

    return run


def test_a_plain_fall_is_worse_and_for_small_values_better(compared):
    (found,) = compared(Measure(0.5, "score", 200, 0.4, 0.6))
    assert (found.name, found.release.value, found.direction) == ("contains", 0.9, "worse")
    assert found.difference.value == pytest.approx(-0.4)
    assert found.difference.high < 0
    assert found.difference.level == pytest.approx(0.9)
    assert compared(Measure(0.5, "score", 200, 0.4, 0.6), lower=True)[0].direction == "better"


def test_what_may_be_chance_is_not_told_apart(compared):
    assert compared(Measure(0.85, "score", 20, 0.6, 0.95))[0].direction == "not told apart"
    assert compared(Measure.none("score", "no scores"))[0].direction == "not told apart"


def test_an_evaluation_that_is_not_there_is_named(compared):
    with pytest.raises(ReferenceNotFound, match="other"):
        compared(Measure(0.5, "score", 200, 0.4, 0.6), reference="other")
