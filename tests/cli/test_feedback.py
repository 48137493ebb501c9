"""``genops feedback``: what users think is kept beside the trace."""

import json


def test_feedback_is_added_to_a_run_and_listed(genops):
    trace = genops("run", "say", "-i", "what=hello").trace
    assert (
        f"helpful 0.25 for trace {trace}"
        in genops("feedback", "add", trace, "--value", "0.25", "--name", "helpful", "-m", "no use").err
    )
    genops("feedback", "add", "last", "--good")
    found = json.loads(genops("feedback", "list", "--json").out)
    assert [(one["name"], one["value"], one["comment"]) for one in found] == [
        ("feedback", 1.0, ""),
        ("helpful", 0.25, "no use"),
    ]
    assert {one["trace"] for one in found} == {trace}


def test_feedback_that_says_nothing_or_two_things_is_refused(genops):
    genops("run", "say", "-i", "what=hello")
    assert "one of" in genops("feedback", "add", "last", code=2).err
    assert "one of" in genops("feedback", "add", "last", "--good", "--bad", code=2).err
    genops("feedback", "add", "last", "--value", "3", code=2)
    assert "no feedback was given here" in genops("feedback", "list").err
