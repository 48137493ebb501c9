"""What makes two runs of a target the same kind of run."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genops.fuzz.search import Regions, behaviour, closeness
from genops.fuzz.search.behaviour import place
from genops.store.records.runs import SpanRecord


def span(number, path, kind="step", **fields):
    return SpanRecord("r", number, None, f"{number:016x}", path, kind, path.split("/")[-1], 0, **fields)


def features(*spans, values=None, output="an answer", scores=None):
    return behaviour(spans, (values or {}).__getitem__, output, scores or {})


def test_positions_have_no_numbers_of_items_rounds_and_attempts_but_of_fallbacks():
    assert place("each[3]/answer#2/model") == "each[]/answer#/model"
    assert place("answer|1/step2") == "answer|1/step2"


def test_one_more_item_is_nothing_new_and_many_more_are():
    def items(count):
        return features(*(span(at, f"each[{at}]/answer", status="ok") for at in range(count)))

    assert items(4) == items(7)
    assert items(7) != items(8)
    assert "step each[]/answer 8" in items(15)


def test_a_step_that_fails_differs_by_its_status_and_the_class_of_its_error():
    plain = features(span(1, "answer", status="ok"))
    failed = features(span(1, "answer", status="error", error={"type": "OutputInvalid", "message": "number 17"}))
    assert plain != failed
    assert {"status answer error", "error answer OutputInvalid"} <= failed


def test_a_tool_call_is_known_by_its_name_and_the_names_of_its_arguments():
    values = {"d": {"tool": "0", "arguments": {"to": "me", "amount": 3}}, "e": {"tool": "0", "arguments": {}}}
    assert "tool pay amount,to" in features(span(1, "agent[0]/pay", "tool", input="d"), values=values)
    assert "tool pay " in features(span(1, "agent[0]/pay", "tool", input="e"), values=values)
    assert "tool pay " in features(span(1, "agent[0]/pay", "tool"))


def test_why_a_model_stopped_and_how_long_the_output_is_are_behaviour():
    stopped = span(1, "answer/model", "model", attributes={"gen_ai.response.finish_reasons": ["length"]})
    assert "finish answer/model length" in features(stopped)
    assert features(output="a" * 100) == features(output="b" * 120) != features(output="c" * 300)
    assert features(output=None) != features(output="")


def test_detectors_guide_by_tenths_and_labels_and_unscored_ones_say_nothing():
    scores = {"leak": {"value": 0.3, "label": "partial"}, "judge": {"unscored": "the judge answered prose"}}
    assert features(scores=scores) - features() == {"near leak 3", "label leak partial"}
    assert closeness(scores) == 0.3
    assert closeness({}) == 0.0


@given(st.permutations(range(6)))
def test_the_order_in_which_spans_ended_up_changes_nothing(order):
    spans = [span(at, f"each[{at % 3}]/{'ab'[at % 2]}", status="ok") for at in range(6)]
    assert features(*spans) == features(*(spans[at] for at in order))


def test_outputs_near_a_leader_share_its_region_and_far_ones_found_their_own():
    regions = Regions(distance=0.1)
    assert regions.feature([1, 0, 0]) == "region 0"
    assert regions.feature([5, 0.5, 0]) == "region 0"
    assert regions.feature([0, 1, 0]) == "region 1"
    assert regions.feature([0.2, 3, 0]) == "region 1"
    assert regions.feature([0, 0, 0]) == regions.feature([float("nan"), 0, 1]) == "region none"


def test_there_are_never_more_regions_than_allowed():
    regions = Regions(distance=0.01, most=4)
    vectors = np.random.default_rng(0).normal(size=(200, 16))
    assert len({regions.feature(vector) for vector in vectors}) == 4
