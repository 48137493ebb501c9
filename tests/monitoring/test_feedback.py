"""Feedback is kept beside its trace, redacted, and refused where it says nothing."""

import pytest

from genops.errors import ReferenceNotFound, UsageError
from genops.executor import Chain
from genops.monitoring.feedback import add_feedback


@pytest.fixture
def run(lab):
    lab.site.settings("[redaction]\nemail = true\n")
    done = Chain.load("echo", project=lab.site.project).run_sync({"text": "hello"})
    lab.site.project.store.writer.flush(10.0)
    return done.id


def test_feedback_is_of_a_run_by_the_beginning_of_its_id(lab, run):
    project = lab.site.project
    kept = add_feedback(project, run[:8], 0.25, "helpful", "no use; write to ann@example.org")
    assert project.store.feedback([run]) == [kept]
    assert (kept.run, kept.name, kept.value) == (run, "helpful", 0.25)
    assert "ann@example.org" not in kept.comment
    assert "<EMAIL:1>" in kept.comment


@pytest.mark.parametrize(
    ("value", "name"), [(1.5, "feedback"), (-0.1, "feedback"), (float("nan"), "feedback"), (1, "a b")]
)
def test_what_says_nothing_is_refused(lab, run, value, name):
    with pytest.raises(UsageError):
        add_feedback(lab.site.project, run, value, name)
    assert lab.site.project.store.feedback() == []


def test_a_run_that_is_not_there_is_named(lab):
    with pytest.raises(ReferenceNotFound, match="abcdef"):
        add_feedback(lab.site.project, "abcdef", 1.0)
