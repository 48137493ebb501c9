"""What a chain gets from a model that a real vLLM serves, and what its trace says of it."""

from __future__ import annotations

import json
import time
from itertools import groupby
from typing import Any

import pytest

from genops.artifacts import decode
from genops.executor import Project
from genops.models import ModelRequest, resolve_model
from tests.vllm.served_project import ServedProject

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]

_TOOL = {
    "type": "function",
    "function": {
        "name": "mark",
        "description": "Marks a word.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"enum": ["red", "blue"]}},
            "required": ["word"],
            "additionalProperties": False,
        },
    },
}


def test_a_chain_is_answered_by_its_alias_alone(served: ServedProject) -> None:
    result = served.run("say")
    assert result["run"]["status"] == "ok"
    assert isinstance(result["output"], str)
    assert result["run"]["output_tokens"] == 8


def test_a_streamed_answer_is_the_answer(served: ServedProject) -> None:
    whole = served.run("say", "stream this")["output"]
    streamed = served.done("run", "say", "--input", "question=stream this", "--stream")
    assert streamed.strip() == whole.strip()


def test_structured_output_keeps_to_its_schema_though_the_model_knows_nothing(served: ServedProject) -> None:
    for question in ("is it so?", "and this?", "who knows"):
        assert served.run("decide", question)["output"] in ({"verdict": "yes"}, {"verdict": "no"})


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "mark"}}])
async def test_a_tool_that_must_be_called_is_called_with_arguments_that_fit(
    served: ServedProject, choice: str | dict[str, object]
) -> None:
    project = Project.current(served.root)
    try:
        request = ModelRequest(
            [{"role": "user", "content": "mark a word"}],
            parameters={"max_tokens": 200, "temperature": 2.0, "seed": 3},  # at 0 it repeats itself for ever
            tools=[_TOOL],  # type: ignore[list-item]
            tool_choice=choice,
        )
        response = await project.gateway.call(resolve_model(project.settings, "tiny"), request)
        await project.gateway.close()
    finally:
        project.close()
    assert [call["function"]["name"] for call in response.tool_calls] == ["mark"]
    assert json.loads(response.tool_calls[0]["function"]["arguments"])["word"] in ("red", "blue")


def test_a_suite_is_evaluated_through_it(served: ServedProject) -> None:
    served.done("eval", "run", "say", "--name", "through-vllm")
    shown = json.loads(served.done("eval", "show", "through-vllm", "--json"))
    assert "through-vllm" in json.dumps(shown)
    with served.store() as store:
        samples = list(store.samples(store.evaluations()[0].id))
    assert [sample.status for sample in samples] == ["ok"] * 3
    assert all(sample.scores["long"]["passed"] for sample in samples)


def test_an_agent_works_through_it(served: ServedProject) -> None:
    result = served.run("agent", "do something")
    assert result["run"]["status"] == "ok"
    kinds = [span.kind for span in served.last_spans()]
    assert kinds.count("agent") == 1
    assert kinds.count("model") >= 1


def test_an_agent_s_tool_is_called_and_its_result_told_to_the_model(served: ServedProject) -> None:
    ended = served.command("run", "obliged", "--input", "question=mark something")
    assert "did not answer within 2 turns" in ended.stderr  # since it must call a tool in each
    spans = [span for span in served.last_spans() if span.kind in ("model", "tool")]
    turns = [(kind, list(each)) for kind, each in groupby(spans, key=lambda span: span.kind)]
    assert [kind for kind, _ in turns] == ["model", "tool", "model", "tool"]
    with served.store() as store:
        given = [decode(store.payload(span.output)) for span in turns[1][1]]
        asked = decode(store.payload(turns[2][1][0].input))
    assert all(one.startswith("*") and one.endswith("*") for one in given)
    assert [one["content"] for one in asked["messages"] if one["role"] == "tool"] == given


def test_the_trace_of_a_call_has_the_figures_of_the_engine(served: ServedProject) -> None:
    served.run("say", "measured")
    span = next(span for span in served.last_spans() if span.kind == "model")
    figures = {name: value for name, value in span.attributes.items() if name.startswith("genops.engine.")}
    for name in ("queue_s", "prefill_s", "decode_s", "time_to_first_token_s"):
        assert figures[f"genops.engine.{name}"] >= 0
    assert figures["genops.engine.name"].startswith("vllm 0.")
    assert len(figures["genops.engine.weights"]) == 64


def test_the_engine_s_own_span_joins_the_trace_below_the_call_that_it_worked_for(served: ServedProject) -> None:
    served.run("say", "join me")
    spans = _with_engine(served)
    model = next(span for span in spans if span.kind == "model")
    engine = next(span for span in spans if span.kind == "engine")
    assert (engine.run, engine.parent) == (model.run, model.number)  # by the trace id and the parent that vLLM sent
    for name in ("queue", "model_prefill", "model_decode"):
        assert engine.attributes[f"gen_ai.latency.time_in_{name}"] >= 0
    assert engine.attributes["gen_ai.latency.time_to_first_token"] > 0
    assert model.started <= engine.started <= (engine.ended or 0) <= (model.ended or 0)


def _with_engine(served: ServedProject) -> list[Any]:
    """The spans of the newest run once the engine's has come, which vLLM sends every five seconds."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        spans = served.last_spans()
        if any(span.kind == "engine" for span in spans):
            return spans
        time.sleep(0.5)
    raise AssertionError("no span of the engine in a minute")


def test_base_and_adapter_stand_side_by_side_in_one_chain(served: ServedProject) -> None:
    result = served.run("both", "compare us")
    assert result["output"]["base"] != result["output"]["adapted"]
    named = [span.attributes.get("genops.adapter.digest") for span in served.last_spans() if span.kind == "model"]
    assert sorted(value is not None for value in named) == [False, True]
