"""Names of steps and tools that scorers look for are held against the chains before anything runs."""

import pytest

from genops.chains import Step, step_kind
from genops.errors import DefinitionError
from genops.evals.scorers.tool_calls import tool_calls
from genops.evals.trace_names import Names
from tests.evals.conftest import lab, site

__all__ = ["lab", "site"]

INNER = """
inputs: {text: str}
steps:
  look: {prompt: ask, with: {question: "{{ inputs.text }}"}}
output: "{{ steps.look.output }}"
"""
WHOLE = """
inputs: {text: str}
steps:
  each:
    map: [1, 2]
    do:
      steps:
        double: {tool: echo, with: {text: a}}
  again:
    loop:
      steps:
        rethink: {chain: inner, with: {text: "{{ inputs.text }}"}}
    until: "{{ true }}"
  pick:
    branch:
      - when: "{{ inputs.text == 'start' }}"
        steps:
          left: {tool: echo, with: {text: l}}
      - steps:
          right: {tool: echo, with: {text: r}}
  act:
    agent: ask
    with: {question: "{{ inputs.text }}"}
    tools: [{tool: echo, name: say}, {chain: inner}]
    fallback:
      - {chain: inner, with: {text: "{{ inputs.text }}"}}
output: "{{ steps.act.output }}"
"""


@pytest.fixture
def names(lab):
    lab.site.write("chains/inner.yaml", INNER)
    calls = "[{name: inner, arguments: {text: b}}, {name: say, arguments: {text: c}}]"
    first = f"{{when: {{expression: '{{{{ tools and turn == 0 }}}}'}}, tool_calls: {calls}}}"
    lab.site.scripted(f"rules:\n  - {first}\n  - {{text: done}}")
    return Names.of(lab.site.chain(WHOLE, "whole").closure)


@pytest.mark.parametrize(
    "step",
    [
        "each",
        "double",
        "each[0]/double",
        "each[7]/double",
        "each[*]/double",
        "*/double",
        "d*le",
        "again[3]/rethink",
        "again[0]/rethink/inner/look",
        "again[*]/rethink#2/inner/look",
        "pick[1]/right",
        "act[2]/inner[0]/look",
        "act|1/inner/look",
        "look",
    ],
)
def test_steps_at_any_depth_and_number_are_known(names, step):
    assert names.has("step", step)


def test_every_step_and_tool_of_a_run_is_known(names, lab):
    trace = lab.site.trace(lab.site.chain(WHOLE, "whole").run_sync({"text": "start"}))
    ran = [span for span in trace.spans if span.kind in ("step", "agent") and span.status == "ok"]
    assert {span.name for span in ran} == {"each", "double", "again", "rethink", "look", "pick", "left", "act"}
    assert all(names.has("step", span.path) for span in ran)
    assert {call.name for call in tool_calls(trace)} == {"echo", "say", "inner"}


@pytest.mark.parametrize(
    "step", ["eech", "each/double", "each[*]/dubble", "inner", "again[0]/look", "*x*", "act[0]/look"]
)
def test_steps_that_cannot_be_are_not(names, step):
    assert not names.has("step", step)


def test_tools_are_known_by_the_names_that_chains_and_models_call_them(names):
    assert names.tools == {"echo", "say", "inner"}
    assert names.agents == {"act"}
    assert not names.has("agent", "each")


def refused(lab, scorers, rows=("a",), **more):
    with pytest.raises(DefinitionError) as caught:
        lab.plan(lab.suite(list(rows), scorers, **more))
    return str(caught.value)


@pytest.mark.parametrize("scorer", ["step_ran", "step_did_not_run"])
def test_a_misspelled_step_is_refused_with_its_line_and_the_nearest(lab, scorer):
    text = f"kind: suite\nchain: echo\ndataset: [{{text: a}}]\nscorers:\n  - contains: a\n  - {scorer}: sy\n"
    with pytest.raises(DefinitionError) as caught:
        lab.plan(lab.file(text))
    assert f"evals/demo.yaml:6: '{scorer}' looks for the step 'sy', which 'echo' does not have" in str(caught.value)
    assert "did you mean say?" in str(caught.value)


@pytest.mark.parametrize(
    ("scorer", "words"),
    [
        ({"tool_called": "ecko", "at_most": 0}, "'tool_called' looks for the tool 'ecko'"),
        ({"tool_sequence": ["echo", "ecko"]}, "looks for the tool 'ecko'"),
        ({"turns": 3, "agent": "echo"}, "looks for the agent 'echo'"),
    ],
)
def test_tools_and_agents_are_looked_up_too(lab, scorer, words):
    assert words in refused(lab, [scorer])


def test_names_that_cases_give_are_looked_up_case_by_case(lab):
    rows = [
        {"id": "fine", "text": "a", "metadata": {"step": "say"}},
        {"id": "off", "text": "b", "metadata": {"step": "sya"}},
    ]
    assert "'sya', which 'echo' does not have (case 'off')" in refused(lab, [{"step_ran": "{{ metadata.step }}"}], rows)


def test_scorers_of_a_case_are_looked_up(lab):
    rows = [{"id": "own", "text": "a", "scorers": [{"step_did_not_run": "sya"}]}]
    assert "'sya', which 'echo' does not have (case 'own')" in refused(lab, ["contains"], rows)


def test_names_that_only_the_output_tells_are_left_to_the_run(lab):
    assert lab.plan(lab.suite(["a"], [{"step_ran": "{{ output }}"}])).cases == 1


def test_every_variant_must_have_the_step_unless_a_condition_says_which(lab):
    lab.site.write("chains/other.yaml", "inputs: {text: str}\nsteps: {tell: {tool: echo, with: {text: a}}}\n")
    variants = {"chain": ["echo", "other"]}
    text = refused(lab, [{"step_ran": "say"}], variants=variants)
    assert "the step 'say', which 'other' does not have" in text
    condition = "{{ variant != 'other' }}"
    assert f'when: "{condition}"' in text
    assert lab.plan(lab.suite(["a"], [{"step_ran": "say", "when": condition}], variants=variants)).cases == 1
    assert "'sya'" in refused(lab, [{"step_ran": "sya", "when": condition}], variants=variants)


def test_what_a_plug_in_runs_is_its_own(lab):
    @step_kind("anything")
    class Anything(Step):
        anything: str

        async def run(self, context):
            return self.anything

    lab.site.write("chains/free.yaml", "inputs: {text: str}\nsteps: {free: {anything: x}}\n")
    lab.plan(lab.suite(["a"], [{"step_ran": "free/deep[2]/inside"}, {"tool_called": "whatever"}], chain="free"))
    assert "'fre'" in refused(lab, [{"step_ran": "fre"}], chain="free")
