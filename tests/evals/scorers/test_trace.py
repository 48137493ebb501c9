"""Scorers of what a run did: steps, tools, turns, failures, time, money and tokens, and expressions over the trace."""

import re

import pytest

import genops
from benchmarks.loopback_server import Fault, LoopbackServer
from genops.errors import DefinitionError
from genops.evals import Case
from tests.evals.scorers.conftest import Bench

AGENT = """
    inputs: {question: str}
    steps:
      work:
        agent: ask
        with: {question: "{{ inputs.question }}"}
        tools: [double, broken, {index: pets, name: search_pets, k: 1}, {chain: shout}]
    output: "{{ steps.work.output }}"
    """
STEPS = """
    inputs: {hard: bool, items: {type: list, items: int}}
    steps:
      think: {prompt: ask, with: {question: think}, when: "{{ inputs.hard }}"}
      each:
        map: "{{ inputs.items }}"
        do:
          steps: {twice: {tool: double, with: {n: "{{ item }}"}}}
          output: "{{ steps.twice.output }}"
    output: "{{ steps.each.output }}"
    """


def script(*turns: str) -> str:
    """Rules of a model that calls these tools, one list a turn, and then answers."""
    rules = [f"  - {{when: {{turn: {number}}}, tool_calls: {calls}}}" for number, calls in enumerate(turns)]
    return "\n".join(["rules:", *rules, "  - {text: done}"])


@pytest.fixture
def agent(bench: Bench):
    """Runs an agent that calls tools turn by turn; all of it is scored."""

    @genops.tool
    def double(n: int, unit: str = "") -> int:
        """Doubles."""
        return n * 2

    @genops.tool
    def broken(n: int) -> int:
        """Breaks."""
        raise ValueError(f"cannot do {n}")

    bench.site.prompt("ask")

    def run(*turns: str, price: str = "price = {input = 2000000, output = 1000000}") -> Bench:
        bench.site.scripted(script(*turns), more=price)
        bench.site.index("pets", "Cats sleep.", "Dogs bark.")
        bench.site.write(
            "chains/shout.yaml", 'inputs: {word: str}\nsteps: {d: {tool: double, with: {n: 1}}}\noutput: "!"'
        )
        bench.run(AGENT, case=Case("c1", {"question": "go"}, expected=4))
        return bench

    return run


@pytest.fixture
def stepwise(bench: Bench):
    """Runs a chain of a skipped or taken step and a map."""

    @genops.tool
    def double(n: int) -> int:
        """Doubles."""
        return n * 2

    bench.site.prompt("ask")
    bench.site.scripted("rules: [{text: thought}]")

    def run(hard: bool = False, items=(1, 2, 3), memo: bool = False) -> Bench:
        bench.run(STEPS, case=Case("c1", {"hard": hard, "items": list(items)}), memo=memo)
        return bench

    return run


def test_a_step_is_named_by_name_or_position(stepwise):
    bench = stepwise()
    for step in ("each", "twice", "each[0]/twice", "each[*]/twice", "*twice"):
        assert bench.value({"step_ran": step}) == 1
        assert bench.value({"step_did_not_run": step}) == 0
    assert bench.score({"step_ran": "twice"}).metadata == {"times": 3}
    assert bench.value({"step_ran": "each[3]/twice"}) == 0
    assert bench.value({"step_ran": "each[*]"}) == 0  # an item is no step


def test_a_skipped_step_did_not_run(stepwise):
    assert stepwise(hard=False).value({"step_did_not_run": "think"}) == 1
    assert stepwise(hard=True).value({"step_ran": "think"}) == 1


def test_a_step_runs_often_enough_and_not_too_often(stepwise):
    bench = stepwise()
    assert bench.value({"step_ran": "twice", "at_least": 3}) == 1
    assert bench.score({"step_ran": "twice", "at_least": 4}).explanation == "twice ran 3 times"
    assert bench.value({"step_ran": "twice", "at_most": 2}) == 0


def test_what_was_reused_from_an_earlier_run_ran(stepwise):
    stepwise(hard=True, memo=True)
    bench = stepwise(hard=True, memo=True)
    assert any("genops.memo.run" in span.attributes for span in bench.spans)
    assert bench.value({"step_ran": "each[1]/twice"}) == 1
    assert bench.value({"tool_called": "double", "arguments": {"n": 2}}) == 1
    assert bench.value("tokens") > 0


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"tool_called": "double"}, 1),
        ({"tool_called": "broken"}, 0),
        ({"tool_called": "double", "arguments": {"n": 2}}, 1),
        ({"tool_called": "double", "arguments": {"n": 3}}, 0),
        ({"tool_called": "double", "arguments": {"n": 2}, "match": "equal"}, 0),
        ({"tool_called": "double", "arguments": {"n": 2, "unit": "m"}, "match": "equal"}, 1),
        ({"tool_called": "double", "where": "{{ arguments.n > 1 and result == expected }}"}, 1),
        ({"tool_called": "double", "where": "{{ arguments.n > 5 }}"}, 0),
        ({"tool_called": "double", "at_least": 2}, 0),
        ({"tool_called": "double", "at_most": 0}, 0),
        ({"tool_called": "broken", "at_most": 0}, 1),
    ],
)
def test_a_tool_is_called_with_arguments(agent, entry, value):
    bench = agent("[{name: double, arguments: {n: 2, unit: m}}]")
    assert bench.value(entry) == value


def test_searches_and_chains_of_an_agent_are_tools_by_either_name(agent):
    bench = agent("[{name: search_pets, arguments: {query: cats}}, {name: shout, arguments: {word: hey}}]")
    assert bench.value({"tool_called": "search_pets", "arguments": {"query": "cats"}, "match": "equal"}) == 1
    assert bench.value({"tool_called": "pets"}) == 1
    assert bench.value({"tool_called": "shout", "arguments": {"word": "hey"}}) == 1


def test_what_was_called_instead_is_the_evidence(agent):
    score = agent("[{name: double, arguments: {n: 7}}]").score({"tool_called": "double", "arguments": {"n": 2}})
    assert score.explanation == "0 such calls, of 1 of double"
    assert [(piece.text, piece.source) for piece in score.evidence] == [('{"n": 7}', "work[0]/double[0]")]


@pytest.mark.parametrize(
    ("tools", "match", "value"),
    [
        (["double", "search_pets", "double"], "exact", 1),
        (["double", "double", "search_pets"], "exact", 0),
        (["double", "double"], "exact", 0),
        (["double", "double"], "in_order", 1),
        (["search_pets", "double"], "in_order", 1),
        (["double", "double", "search_pets"], "in_order", 0),
        (["double", "double", "search_pets"], "any_order", 1),
        (["search_pets"], "any_order", 1),
        (["double", "double", "double"], "any_order", 0),
        (["double", "pets", "double"], "exact", 1),
        (["pets", "double"], "in_order", 1),
        (["pets", "double"], "any_order", 1),
        (["pets", "search_pets"], "any_order", 0),
        ([], "exact", 0),
    ],
)
def test_tools_are_called_in_sequence(agent, tools, match, value):
    bench = agent(
        "[{name: double, arguments: {n: 1}}, {name: search_pets, arguments: {query: x}}]",
        "[{name: double, arguments: {n: 2}}, {name: no_such_tool, arguments: {}}]",
    )
    score = bench.score({"tool_sequence": tools, "match": match})
    assert score.value == value
    assert score.explanation == ("" if value else "called: double, search_pets, double")


def test_turns_are_model_calls_of_agents(agent):
    bench = agent("[{name: double, arguments: {n: 1}}]", "[{name: double, arguments: {n: 2}}]")
    assert bench.score({"turns": 3}).metadata == {"turns": 3}
    assert bench.value({"turns": 3, "at_least": 3, "agent": "work"}) == 1
    assert bench.score({"turns": 2}).explanation == "3 turns, not 0 to 2"
    assert "this needs an agent step" in bench.unscored({"turns": 2, "agent": "other"})


def test_failures_that_were_got_over_are_counted_where_they_began(agent):
    assert agent("[{name: double, arguments: {n: 1}}]").value("error_spans") == 0


def test_a_failed_tool_is_an_error_span(agent):
    score = agent("[{name: broken, arguments: {n: 1}}, {name: broken, arguments: {n: 2}}]").score("error_spans")
    assert score.value == 2
    assert score.evidence[0].source == "work[0]/broken[0]"
    assert "cannot do 1" in score.evidence[0].text


def test_a_failure_that_a_fallback_got_over_is_one_however_far_it_went_up(bench: Bench):
    @genops.tool
    def broken(n: int) -> int:
        """Breaks."""
        raise ValueError(f"cannot do {n}")

    bench.run("""
        steps:
          each:
            map: "{{ [1] }}"
            do: {steps: {bad: {tool: broken, with: {n: "{{ item }}"}}}, output: "{{ steps.bad.output }}"}
            fallback: [{value: none}]
        output: "{{ steps.each.output }}"
        """)
    score = bench.score("error_spans")
    assert sum(span.status == "error" for span in bench.spans) > 1
    assert [piece.source for piece in score.evidence] == ["each[0]/bad/broken"]


def test_latency_is_that_of_the_run(agent):
    bench = agent()
    run = bench.sample.run
    assert bench.value("latency") == (run.ended - run.started) / 1e9 > 0


@pytest.mark.parametrize("times", [1, 2])
def test_latency_of_a_run_that_reused_every_step_is_that_of_the_run_that_made_them(stepwise, times):
    made = stepwise(memo=True)
    first = made.sample.run
    seconds = made.value("latency")
    for _ in range(times):
        bench = stepwise(memo=True)
        assert bench.sample.run.id != first.id
        score = bench.score("latency")
        assert score.value == seconds == (first.ended - first.started) / 1e9
        assert first.id[:12] in score.explanation


def test_latency_of_a_run_that_reused_some_steps_is_not_known(stepwise):
    stepwise(hard=True, items=(1, 2), memo=True)
    bench = stepwise(hard=True, items=(1, 2, 3), memo=True)
    assert [bool(span.attributes.get("genops.memo.hit")) for span in bench.spans if span.path == "think"] == [True]
    assert "run with --no-memo" in bench.unscored("latency")


def test_latency_of_a_run_that_reused_what_a_longer_run_made_is_not_known(stepwise):
    stepwise(hard=True, memo=True)
    assert "run with --no-memo" in stepwise(memo=True).unscored("latency")


def test_latency_with_an_answer_of_the_response_cache_is_not_known(bench):
    bench.site.prompt("ask")
    bench.site.scripted("rules: [{text: thought}]")
    chain = "inputs: {}\nsteps: {think: {prompt: ask, with: {question: think}}}"
    for known in (True, False):
        bench.run(chain, cache=True)
        assert known or "run without --cache" in bench.unscored("latency")


def test_cost_and_tokens_are_those_of_the_model_calls(agent):
    bench = agent("[{name: double, arguments: {n: 1}}]")
    run = bench.sample.run
    assert bench.value("cost") == pytest.approx(run.cost)
    assert run.cost > 0
    assert bench.value("tokens") == run.input_tokens + run.output_tokens
    assert bench.value({"tokens": "input"}) == run.input_tokens
    assert bench.value({"tokens": "output"}) == run.output_tokens


def test_an_unknown_price_or_count_is_unscored(bench: Bench):
    bench.site.prompt("ask")
    with LoopbackServer() as server:
        choice = {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
        server.fail(Fault("status", 200, body={"object": "chat.completion", "choices": [choice]}))
        bench.site.served(server.url)
        bench.run("steps: {say: {prompt: ask, with: {question: go}}}")
    assert "give the alias a `price`" in bench.unscored("cost")
    assert "does not say how many tokens" in bench.unscored("tokens")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("{{ output == 'done' }}", 1),
        ("{{ expected == 5 }}", 0),
        ("{{ output | length / 8 }}", 0.5),
        ("{{ spans | selectattr('kind', 'equalto', 'tool') | list | length == 1 }}", 1),
        ("{{ span['work[0]/double[0]'].output == expected }}", 1),
        ("{{ span['work[0]/double[0]'].input.arguments.n == 2 }}", 1),
        ("{{ span['work'].status == 'ok' and span['work'].seconds > 0 }}", 1),
        ("{{ 'other' in span }}", 0),
        ("{{ span['work'].attributes['genops.step.kind'] == 'agent' }}", 1),
        ("{{ inputs.question == 'go' and run.model_calls == 2 }}", 1),
    ],
)
def test_an_expression_reads_the_sample_and_its_trace(agent, expression, value):
    assert agent("[{name: double, arguments: {n: 2}}]").value({"expression": expression}) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("{{ output }}", "gave str"),
        ("{{ span['other'].output }}", "undefined|no attribute|has no"),
        ("{{ spans | length * 100 }}", "outside of its range 0 to 1"),
        ("{{ spans[0]._trace }}", ""),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ 0.0 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_an_expression_that_gives_no_score_is_unscored(agent, expression, why):
    assert re.search(why, agent().unscored({"expression": expression}))


@pytest.mark.parametrize("expression", ["output == 'done'", "{{ output", 1])
def test_an_expression_that_is_none_is_refused_when_the_suite_is_read(agent, expression):
    with pytest.raises(DefinitionError, match=r"expression|\{\{ output"):
        agent().score({"expression": expression})


def test_text_of_the_output_is_never_evaluated(bench: Bench):
    bench.site.prompt("ask")
    bench.site.scripted("""rules: [{text: "{{ '{{ 1 == 1 }}' }}"}]""")
    assert bench.run("steps: {say: {prompt: ask, with: {question: go}}}") == "{{ 1 == 1 }}"
    assert "gave str" in bench.unscored({"expression": "{{ output }}"})
