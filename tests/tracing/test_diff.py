"""Two traces side by side: the first step that differs, and what caused it."""

import pytest

from genops.artifacts import Component, Lock
from genops.tracing.diff import diff_traces, text_diff
from tests.tape import ANSWER, SYSTEM, Tape, answered

NEW_SYSTEM = SYSTEM.replace("brief", "thorough")


def lock(template="one", model="m", extra=()):
    template = Component("prompt", "answer_question", {"text": template})
    return Lock.of("answer_docs", [template, Component("model", "fast", {"id": model}), *extra])


def digest(of: Lock, kind="prompt", name="answer_question"):
    return of.find(kind, name).digest


def of(diff, path):
    return next(found for found in diff.differences if found.path == path)


def test_equal_runs_have_no_difference():
    diff = diff_traces(answered(), answered(id="b" * 32))
    assert diff.identical
    assert diff.first is None
    assert diff.lock == ()


class TestATemplateThatChanged:
    @pytest.fixture
    def diff(self):
        old, new = lock("one"), lock("two")
        return diff_traces(
            answered(lock=old, template=digest(old)),
            answered(lock=new, template=digest(new), system=NEW_SYSTEM, answer="Short.", id="b" * 32),
        )

    def test_the_step_that_renders_it_is_the_first_difference_and_the_cause(self, diff):
        assert (diff.first.path, diff.first.cause, diff.first.what) == ("answer", True, ("output",))
        assert diff.first.explanation == "the same input gave something else; changed: prompt answer_question"

    def test_what_follows_from_it_is_no_cause(self, diff):
        assert [found.path for found in diff.causes] == ["answer"]
        assert of(diff, "answer/model").what == ("input", "output")
        assert of(diff, "check").what == ("input",)
        assert of(diff, "").explanation == "it follows from what differs inside of it"

    def test_steps_before_it_do_not_differ(self, diff):
        assert not {"rewrite", "find"} & {found.path for found in diff.differences}

    def test_the_request_is_compared_line_by_line(self, diff):
        lines = diff.input_diff(of(diff, "answer/model")).splitlines()
        changed = [
            line.replace("        ", "") for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")
        ]
        assert [line[0] for line in changed] == ["-", "+"]
        assert "Be brief" in changed[0]
        assert "Be thorough" in changed[1]

    def test_the_lock_is_compared_component_by_component(self, diff):
        assert [(change.kind, change.name) for change in diff.lock] == [("prompt", "answer_question")]
        assert diff.first.components == diff.lock


def test_a_request_that_changed_without_effect_is_explained_by_its_step():
    old, new = lock("one"), lock("two")
    diff = diff_traces(
        answered(lock=old, template=digest(old)), answered(lock=new, template=digest(new), system=NEW_SYSTEM)
    )
    assert (diff.first.path, diff.first.what) == ("answer/model", ("input",))
    assert diff.first.explanation == "another request by a step with the same input; changed: prompt answer_question"
    assert diff.first.components == diff.lock


def test_a_model_that_answers_the_same_request_otherwise_is_the_cause():
    diff = diff_traces(answered(), answered(answer="Other.", id="b" * 32))
    assert diff.first.path == "answer/model"
    assert diff.first.cause
    assert "answered differently" in diff.first.explanation
    assert "-" + ANSWER.split("\n")[0][:20] in diff.output_diff(of(diff, "")).replace("- ", "-")


def test_other_inputs_come_first():
    tape = Tape(id="b" * 32)
    tape.span(None, "chain", "answer_docs", "", 0, None)
    other = tape.finish(5, inputs={"question": "Another?"}, output=ANSWER)
    diff = diff_traces(answered(), other)
    assert diff.first.path == ""
    assert diff.first.explanation == "the run was given other inputs"
    assert of(diff, "rewrite").what == ("missing",)


def test_a_step_of_its_own_is_extra():
    tape = Tape(id="b" * 32)
    root = tape.span(None, "chain", "c", "", 0, None)
    tape.span(root, "step", "new", "new", 1, 2)
    plain = Tape()
    plain.span(None, "chain", "c", "", 0, None)
    diff = diff_traces(plain.finish(5, inputs={}, output=1), tape.finish(5, inputs={}, output=1))
    assert [(found.path, found.what) for found in diff.differences] == [("new", ("extra",))]


def test_a_failure_is_a_difference_of_status():
    def run(error):
        tape = Tape()
        root = tape.span(None, "chain", "c", "", 0, None)
        tape.span(root, "tool", "t", "t", 1, 2, status="error" if error else "ok", error=error, input=1)
        return tape.finish(5, inputs={}, output=1)

    diff = diff_traces(run(None), run({"type": "ToolError", "message": "no"}))
    assert diff.first.what == ("status", "output", "error")
    assert "+ToolError: no" in diff.output_diff(diff.first)
    other = diff_traces(run({"type": "ToolError", "message": "yes"}), run({"type": "ToolError", "message": "no"}))
    assert other.first.what == ("error",)


def test_components_that_were_added_removed_or_wired_otherwise_are_listed():
    old = lock(extra=[Component("tool", "gone", {})])
    wired = Lock.of("answer_docs", [Component("prompt", "p", {})], {("prompt", "p"): ("model:fast",)})
    rewired = Lock.of("answer_docs", [Component("prompt", "p", {})], {("prompt", "p"): ("model:big",)})
    assert [str(c).split(" (")[0] for c in diff_traces(answered(lock=old), answered(lock=lock())).lock] == [
        "tool gone: removed"
    ]
    assert [str(c) for c in diff_traces(answered(lock=wired), answered(lock=rewired)).lock] == [
        "prompt p: uses model:fast -> model:big"
    ]


def test_deltas_are_of_the_second_run_over_the_first():
    tape = Tape()
    root = tape.span(None, "chain", "c", "", 0, None)
    tape.model(root, "model", 1, 3, [], "x", tokens=(10, 2), cost=0.5)
    small = Tape()
    small.span(None, "chain", "c", "", 0, None)
    deltas = diff_traces(small.finish(10, inputs={}, output=1), tape.finish(15, inputs={}, output=1)).deltas
    assert deltas.seconds == pytest.approx(0.005)
    assert (deltas.input_tokens, deltas.output_tokens, deltas.cost, deltas.model_calls) == (10, 2, 0.5, 1)


def test_an_unknown_cost_and_an_unfinished_run_have_no_delta():
    tape = Tape()
    tape.span(None, "chain", "c", "", 0, None)
    tape.run.cost = None
    deltas = diff_traces(answered(), tape.trace()).deltas
    assert deltas.cost is None
    assert deltas.seconds is None


def test_a_payload_that_was_pruned_does_not_stop_the_comparison():
    a, b = answered(), answered(answer="Other.", id="b" * 32)
    b.store.kept.clear()
    diff = diff_traces(a, b)
    assert "is not in the store" in diff.output_diff(diff.first)


def test_texts_too_long_to_compare_are_counted():
    assert text_diff("a\n" * 30_000, "b\n" * 2) == "(30,000 lines and 2 lines: too many to compare line by line)"
