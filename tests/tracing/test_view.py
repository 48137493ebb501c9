"""What people see of a trace."""

import pytest

from genops.tracing.quantities import dollars, seconds
from genops.tracing.readable import conversation, cut, readable, visible
from genops.tracing.view import run_view, span_views
from tests.tape import Tape, everything


@pytest.fixture(scope="module")
def views():
    return {view.span.path: view for view in span_views(everything())}


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("", "chain answer_docs"),
        ("answer", "prompt answer"),
        ("answer/model", "model gpt-4o-mini"),
        ("find/search", "search docs"),
        ("check/check_citations", "tool check_citations"),
        ("research", "agent research"),
        ("research[1]", "turn [1]"),
        ("each[2]", "item [2]"),
        ("each[2]/shout/GET", "http GET"),
    ],
)
def test_a_span_is_labelled_by_kind_and_name(views, path, label):
    assert views[path].label == label


def test_what_was_out_of_the_ordinary_is_marked(views):
    assert views["each[2]/shout"].marks == ("2 failed attempts",)
    assert "re-ask 1" in views["answer/model[1]"].marks
    assert "4 passages" in views["find/search"].marks
    assert views["answer/model"].first_token == pytest.approx(0.25875)


def test_a_span_that_has_not_ended_is_unfinished(views):
    late = views["late"]
    assert (late.status, late.duration, late.duration_text) == ("unfinished", None, "unfinished")


def test_usage_is_summed_over_what_is_inside(views):
    assert views["answer"].usage.tokens_text == "1,763 in, 200 out"
    assert views["check"].usage.tokens_text == ""


def test_an_unknown_price_is_not_nothing(views):
    assert views["research"].usage.cost_text == "cost unknown"
    assert views["check"].usage.cost_text == ""
    assert run_view(everything()).usage.cost_text == "cost unknown"


def test_model_calls_of_a_replay_come_from_the_record_and_use_nothing():
    tape = Tape()
    root = tape.span(None, "chain", "c", "", 0, None)
    span = tape.model(root, "model", 1, 2, [], "x")
    span.attributes = {name: value for name, value in span.attributes.items() if "request" in name}
    tape.run.mode = "replay"
    view = span_views(tape.finish(3, inputs={}, output="x"))[1]
    assert view.marks == ("from the record",)
    assert view.usage.calls == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0000851, "85 µs"),
        (0.00123, "1.23 ms"),
        (0.312, "312 ms"),
        (0.9996, "1.00 s"),
        (1.239, "1.24 s"),
        (59.94, "59.9 s"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
    ],
)
def test_durations_have_the_unit_that_suits_them(value, text):
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "cost unknown"), (0, "$0"), (0.00031, "$0.00031"), (0.0000145, "$0.0000145"), (1.256, "$1.26")],
)
def test_costs_are_dollars(value, text):
    assert dollars(value) == text


def test_a_terminal_gets_nothing_to_obey():
    hostile = "a\x1b[31m\r\x07\x9b\u202e\ud83d\U000e0041"
    assert visible(hostile) == "a\\x1b[31m\\x0d\\x07\\x9b\\u202e\\ud83d\\U000e0041"
    assert visible("naïve 👩\u200d💻\n\tשלום") == "naïve 👩\u200d💻\n\tשלום"


def test_values_are_indented_json_with_texts_as_blocks():
    assert readable({"a": "x\ny", "b": [1, {}], "c": b"\x00"}).splitlines() == [
        "{",
        '  "a": |',
        "    x",
        "    y",
        '  "b": [',
        "    1,",
        "    {}",
        "  ],",
        '  "c": "1 byte, sha256 6e340b9cffb3"',
        "}",
    ]


def test_a_conversation_has_roles_tool_calls_and_the_answer():
    call = {"id": "1", "function": {"name": "f", "arguments": '{"x": 1}'}}
    request = {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "content": "no", "tool_call_id": "1"}]}
    said = conversation(request, {"text": "", "tool_calls": [call], "finish_reason": "tool_calls"})
    assert [(message.role, message.text) for message in said] == [
        ("user", "hi"),
        ("tool", "no"),
        ("assistant", '→ f({"x": 1})'),
    ]
    assert conversation("no request", None) == []


def test_a_cut_text_says_how_much_was_left_out():
    assert cut("abcdef", 3) == "abc … (3 more characters)"
    assert cut("abc", 3) == "abc"
