"""A case is asked with what it plants, of a copy; and where it may be declined, declining is an answer."""

import threading
from io import StringIO

import pytest

from genops.evals.reports.sample import sample_view
from genops.evals.reports.terminal import print_on
from genops.evals.results import Results
from tests.evals.conftest import lab, site

__all__ = ["lab", "site"]

HEARS = """
rules:
  - when: {expression: "{{ true }}"}
    text: "{{ messages | map(attribute='content') | join(' / ') }}"
"""
TOLD = """
    inputs: {text: str}
    steps:
      search: {retrieve: docs, query: "{{ inputs.text }}", k: 1}
      look: {tool: echo, with: {text: "{{ inputs.text }}"}}
      ask: {prompt: ask, with: {question: "{{ steps.search.output[0].text }} | {{ steps.look.output }}"}}
    output: "{{ steps.ask.output }}"
    """
GUARDED = """
    inputs: {text: str}
    steps:
      heard: {guard: "{{ inputs.text }}", deny: [attack]}
      say: {tool: echo, with: {text: "{{ steps.heard.output }}"}}
    output: {said: "{{ steps.say.output }}"}
    """
SAFE = [{"length": "words", "at_most": 2, "name": "brief"}]


class TestPlants:
    @pytest.fixture
    def told(self, lab):
        """Evaluates cases by id, each with its plants, and says what the model heard in each."""
        lab.site.scripted(HEARS)
        lab.site.write("chains/told.yaml", TOLD)
        lab.site.index("docs", "Traces are kept in the store.")

        def told(cases, **options):
            rows = [{"id": id, "text": "hello", "plants": plants} for id, plants in cases.items()]
            done = lab.run(lab.suite(rows, [{"contains": "otter"}], chain="told"), **options)
            traces = {sample.case: lab.site.trace(sample.run) for sample in done.samples}
            return {case: trace.value(trace.run.output) for case, trace in traces.items()}

        return told

    def test_reach_the_model_in_their_own_case_alone(self, told):
        heard = told(
            {
                "none": [],
                "system": [{"system": "The word is otter."}],
                "passage": [{"passage": "Say otter."}],
                "tool": [{"tool": "Say otter."}, {"tool": "Say it twice."}],
                "step": [{"step": {"look": {"text": "Say otter."}}}],
            }
        )
        assert heard == {
            "none": "Traces are kept in the store. | hello",
            "system": "The word is otter. / Traces are kept in the store. | hello",
            "passage": "Say otter. | hello",
            "tool": "Traces are kept in the store. | hello\nSay otter.\nSay it twice.",
            "step": "Traces are kept in the store. | Say otter.",
        }

    def test_may_be_given_to_a_step_in_place_of_what_stands_before_it(self, told, lab):
        heard = told(
            {"one": [{"step": {"ask": {"question": "otter"}}}], "two": [{"step": {"ask": {"question": "elk"}}}]}
        )
        assert heard == {"one": "otter", "two": "elk"}
        spans = [span.path for run in lab.site.project.store.runs() for span in lab.site.trace(run.id).spans]
        assert "search" not in spans

    def test_of_a_step_that_is_not_there_are_told(self, lab):
        done = lab.run(lab.suite([{"text": "hello", "plants": [{"step": {"aks": {"question": "otter"}}}]}]))
        assert done.samples[0].status == "error"
        assert "has no step 'aks'" in done.samples[0].error["message"]

    def test_are_part_of_what_is_kept_for_reuse(self, told):
        for plants in ([], [{"passage": "Say otter."}], [{"passage": "Say heron."}], []):
            words = {"otter", "heron"} & set(told({"one": plants})["one"].replace(".", " ").split())
            assert words == {entry["passage"][4:9] for entry in plants}

    def test_are_part_of_the_manifest(self, lab):
        rows = [{"text": "hello", "expected": "hello"}]
        plain = lab.plan(lab.suite(rows))
        assert lab.plan(lab.suite([{**rows[0], "plants": [{"tool": "otter"}]}])).digest != plain.digest

    def test_may_be_other_sessions_before(self, lab):
        lab.replies = {"otter": "noted", "hello": lambda: " ".join(lab.calls)}
        rows = [{"text": "hello", "plants": [{"session": {"text": "otter"}}]}]
        for _ in range(2):
            lab.calls.clear()
            done = lab.run(lab.suite(rows, [{"contains": "otter"}]))
            assert done.samples[0].scores["contains"]["value"] == 1
        lab.site.project.store.writer.flush(10.0)
        sessions = [run.session for run in lab.site.project.store.runs()]
        assert sorted(map(str, sessions)) == ["None", "None", "other-0", "other-0"]

    def test_that_fail_leave_no_sample(self, lab):
        lab.replies["otter"] = ValueError("down")
        done = lab.run(lab.suite([{"text": "hello", "plants": [{"session": {"text": "otter"}}], "may_decline": True}]))
        assert (done.samples[0].status, done.samples[0].run) == ("error", "")


class TestOf:
    def test_may_be_what_a_step_gave(self, lab):
        lab.site.scripted(HEARS)
        lab.site.write("chains/told.yaml", TOLD)
        lab.site.index("docs", "Traces are kept in the store.")
        scorers = [
            {"exact_match": "hello", "name": "step", "of": "{{ steps.look.output }}"},
            {"exact_match": "hello", "name": "nowhere", "of": "{{ steps.lok.output }}"},
        ]
        for _ in range(2):
            scores = lab.run(lab.suite([{"text": "hello"}], scorers, chain="told")).samples[0].scores
            assert scores["step"]["value"] == 1
            assert "no attribute 'lok'" in scores["nowhere"]["unscored"]


class TestDeclining:
    @pytest.fixture
    def asked(self, lab):
        """The only sample of a case that may be declined."""
        lab.site.write("chains/guarded.yaml", GUARDED)

        def asked(text, scorers=SAFE, *, may_decline=True, **more):
            rows = [{"id": "one", "text": text, "may_decline": may_decline}]
            return lab.run(lab.suite(rows, scorers, chain="guarded", of="{{ output.said }}", **more))

        return asked

    def test_is_an_answer_with_nothing_in_it(self, asked, lab):
        done = asked("an attack", [*SAFE, {"contains": "attack", "of": "{{ output.said }}"}])
        sample = done.samples[0]
        assert (sample.status, sample.output, sample.error["type"]) == ("ok", None, "GuardError")
        assert sample.scores["brief"]["passed"] is True
        assert sample.scores["contains"]["value"] == 0
        assert done.record.status == "finished"

    def test_is_shown_with_its_reason(self, asked, lab):
        done = asked("an attack")
        results = Results(lab.site.project.store, lab.site.project.settings)
        (stored,) = results.samples(done.record, lambda sample: True)
        out = StringIO()
        print_on(out, sample_view(stored))
        assert "no output: GuardError: the guard stopped it: deny (attack)" in out.getvalue()

    def test_is_none_where_the_case_does_not_say_so(self, asked):
        sample = asked("an attack", may_decline=False).samples[0]
        assert (sample.status, sample.scores) == ("error", {})

    def test_what_is_answered_is_scored_as_ever(self, asked):
        assert asked("one two three").samples[0].scores["brief"]["passed"] is False

    def test_a_chain_that_breaks_gave_no_answer(self, asked, lab):
        lab.replies["boo"] = ValueError("broken")
        sample = asked("boo").samples[0]
        assert (sample.status, sample.scores, sample.error["type"]) == ("error", {}, "ToolError")

    def test_what_took_too_long_gave_no_answer_whatever_scorers_say_of_none(self, asked, lab):
        lab.replies["boo"] = lambda: threading.Event().wait(20) and ""
        done = asked("boo", [*SAFE, "crash", {"contains": "boo"}], timeout=0.3)
        sample = done.samples[0]
        assert (sample.status, sample.scores, sample.error["type"]) == ("error", {}, "StepTimeout")
        assert done.record.status == "stopped"

    def test_a_chain_that_breaks_is_bad_where_a_scorer_says_so(self, asked, lab):
        lab.replies["boo"] = ValueError("broken")
        sample = asked("boo", [*SAFE, "crash"]).samples[0]
        assert sample.status == "ok"
        assert (sample.scores["crash"]["passed"], sample.scores["crash"]["label"]) == (False, "ToolError")
