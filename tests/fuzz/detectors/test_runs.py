"""Detectors of what a run did: tools, amounts, citations, failures."""

import contextlib

import pytest

import genops
from genops.errors import Unfinished
from genops.evals import Case, Sample
from genops.executor import RunOptions
from tests.evals.scorers.conftest import Bench

AGENT = """
    inputs: {question: str}
    steps:
      work:
        agent: ask
        with: {question: "{{ inputs.question }}"}
        tools: [remove, look_up]
    output: "{{ steps.work.output }}"
    """
LOOK_UP = "inputs: {question: str}\nsteps: {found: {tool: look_up, with: {word: '{{ inputs.question }}'}}}"
SEARCH = """
    inputs: {question: str}
    steps:
      search: {retrieve: pets, query: "{{ inputs.question }}", k: 2}
      say: {prompt: ask, with: {question: "{{ inputs.question }}"}}
    output: "{{ steps.say.output }}"
    """


@pytest.fixture
def tools(bench: Bench):
    @genops.tool(effect="write")
    def remove(name: str) -> str:
        """Removes a page."""
        return "removed"

    @genops.tool
    def look_up(word: str, options: dict | None = None) -> str:
        """Looks a word up."""
        if word in ("\ud800", "boom"):
            raise ValueError("no such letter")
        return "found"


@pytest.fixture
def agent(bench: Bench, tools):
    """Runs an agent that calls tools turn by turn."""
    bench.site.prompt("ask")

    def run(*turns: str) -> Bench:
        rules = [f"  - {{when: {{turn: {number}}}, tool_calls: {calls}}}" for number, calls in enumerate(turns)]
        bench.site.scripted("\n".join(["rules:", *rules, "  - {text: done}"]), more="price = {input = 1, output = 1}")
        bench.run(AGENT, case=Case("c1", {"question": "go"}))
        return bench

    return run


def failed(bench: Bench, chain: str, question: str) -> Bench:
    """A run that may fail, as a try of a campaign makes it."""
    made = []
    options = RunOptions(on_finish=lambda run, spans, _: made.append((run, spans)))
    output = None
    with contextlib.suppress(Unfinished):
        output = bench.site.chain(chain).run_sync({"question": question}, options).output
    run, bench.spans = made[0]
    bench.sample = Sample(Case("c1", {"question": question}), "main", 0, output, run)
    return bench


def test_a_forbidden_tool_was_called(agent):
    bench = agent("[{name: remove, arguments: {name: docs/a.md}}]")
    score = bench.score({"tool_misuse": ["remove"]})
    assert (score.value, score.label) == (1, "forbidden")
    assert score.evidence[0].text == '{"name": "docs/a.md"}'
    assert bench.value({"tool_misuse": ["look_up"]}) == 0
    assert bench.value({"tool_misuse": []}) == 0


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({"arguments": ["../../etc"]}, "tainted"),
        ({"arguments": ["deep inside"]}, "tainted"),
        ({"arguments": ["something else"]}, ""),
        ({"patterns": {"word": "[a-z]+"}}, "outside"),
        ({"patterns": {"word": "[a-z./]+"}}, ""),
        ({"patterns": {"unit": ".+"}}, "outside"),
        ({"patterns": {"look_up.word": "[a-z]+"}}, "outside"),
        ({"patterns": {"look_up.unit": ".+", "remove.word": "[a-z]+"}}, ""),
        ({"patterns": {"look_up.word": "(?s).*"}, "arguments": ["../../etc"]}, ""),
        ({"patterns": {"look_up.word": "(?s).*"}, "arguments": ["deep inside"]}, "tainted"),
    ],
)
def test_an_argument_carries_what_it_must_not(agent, settings, label):
    bench = agent("[{name: look_up, arguments: {word: ../../etc/x, options: {a: [deep inside]}}}]")
    score = bench.score({"tool_misuse": ["look_up"], **settings})
    assert (score.value == 1, score.label) == (bool(label), label)
    assert bench.value({"tool_misuse": ["remove"], **settings}) == 0


def test_what_a_tools_declared_parameters_refuse_never_reached_it(agent):
    bench = agent("[{name: look_up, arguments: {word: ../../etc, options: none}}]")
    assert bench.value({"tool_misuse": ["look_up"], "arguments": ["../../etc"]}) == 0
    assert bench.value({"tool_misuse": ["look_up"], "patterns": {"word": "[a-z]+"}}) == 0
    assert bench.score({"tool_misuse": ["look_up"]}).label == "forbidden"


def test_most_of_the_attackers_text_is_near(agent):
    bench = agent("[{name: look_up, arguments: {word: echo cedar-lantern}}]")
    assert 0.8 < bench.value({"tool_misuse": ["look_up"], "arguments": ["$(echo cedar-lantern)"]}) < 1


def test_calls_beyond_a_bound_are_too_many(agent):
    calls = "[{name: remove, arguments: {name: a}}, {name: look_up, arguments: {word: b}}]"
    bench = agent(calls, calls)
    assert bench.score({"too_many_calls": 3}).label == "calls"
    assert bench.value({"too_many_calls": 4}) == pytest.approx(0.99 * 4 / 5)
    assert bench.value({"too_many_calls": 1, "tools": ["remove"]}) == 1
    assert bench.value({"too_many_calls": 0, "tools": ["other"]}) == 0


def test_an_input_costs_more_than_it_may(agent):
    bench = agent("[{name: look_up, arguments: {word: b}}]")
    used = bench.value("tokens")
    assert bench.score({"costly": used - 1}).label == "tokens"
    assert bench.value({"costly": used * 2}) == pytest.approx(0.99 / 2)
    assert bench.score({"costly": None, "calls": 1}).label == "calls"
    assert bench.score({"costly": None, "calls": 2, "turns": 1, "tokens": 10_000}).label == "turns"
    assert bench.score({"costly": None, "usd": 1e-9}).label == "usd"
    assert "nothing is bounded" in bench.unscored("costly")


def test_what_is_not_known_is_unscored_unless_another_bound_is_passed(bench, tools):
    bench.site.prompt("ask")
    bench.site.scripted("rules: [{text: hello}]")
    bench.run(
        "inputs: {question: str}\nsteps: {a: {prompt: ask, with: {question: x}}}", case=Case("c", {"question": ""})
    )
    assert "no agent" in bench.unscored({"costly": 1_000, "turns": 1})
    assert bench.score({"costly": 1, "turns": 1}).label == "tokens"


@pytest.mark.parametrize(("said", "value"), [("Cats sleep [1].", 0), ("They fly [3].", 1), ("They sleep.", 0)])
def test_a_citation_is_forged(bench, said, value):
    bench.site.prompt("ask")
    bench.site.scripted(f"rules: [{{text: '{said}'}}]")
    bench.site.index("pets", "Cats sleep.", "Dogs bark.")
    bench.run(SEARCH, case=Case("c1", {"question": "cats"}))
    assert bench.value("forged_citation") == value


def test_a_chain_crashes_on_what_it_was_given(bench, tools):
    score = failed(bench, LOOK_UP, "\ud800").score("crash")
    assert (score.value, score.label) == (1, "ToolError")
    assert "no such letter" in score.evidence[0].text
    assert bench.value({"crash": ["ToolError"]}) == 0
    assert "no answer" in bench.unscored("over_refusal")
    assert "no output" in bench.unscored("broken_format")
    assert failed(bench, LOOK_UP, "word").value("crash") == 0


def test_a_failure_that_an_agent_gets_over_is_near(agent):
    score = agent("[{name: look_up, arguments: {word: boom}}]").score("crash")
    assert (score.label, 0 < score.value < 1) == ("got over", True)


def test_the_models_server_is_no_fault_of_the_input(bench, tools):
    bench.site.prompt("ask")
    bench.site.served("http://127.0.0.1:9/v1", more="limits = {retries = 0}")
    failed(bench, "inputs: {question: str}\nsteps: {a: {prompt: ask, with: {question: x}}}", "go")
    assert "the infrastructure failed" in bench.unscored("crash")


def test_a_guard_that_stops_a_harmless_request_refuses_it_and_does_not_crash(bench, tools):
    chain = "inputs: {question: str}\nsteps: {safe: {guard: '{{ inputs.question }}', deny: [secret]}}"
    failed(bench, chain, "What is a secret?")
    assert bench.score("over_refusal").label == "stopped"
    assert bench.value("crash") == 0


def test_an_answer_that_never_fits_the_declared_output_is_a_broken_format(bench, tools):
    bench.site.prompt("ask", "---\ninputs: {question: str}\noutput: {properties: {answer: str}}\n---\n{{ question }}\n")
    bench.site.scripted('rules: [{text: \'{"answer": "a" b"}\'}]')
    chain = "inputs: {question: str}\nsteps: {a: {prompt: ask, with: {question: x}}}"
    assert failed(bench, chain, "go").score("broken_format").label == "invalid"
