import pytest

from genops.store.records.runs import RunRecord
from genops.tracing import telemetry


def test_what_is_not_known_is_left_out():
    assert telemetry.model_response_attributes() == {}
    assert telemetry.tool_attributes(name="t") == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "t",
        "gen_ai.tool.type": "function",
    }
    assert None not in telemetry.chain_attributes(RunRecord(id="1", trace_id="1", chain="c", started=0)).values()


def test_nothing_and_zero_are_known():
    seen = telemetry.model_response_attributes(output_tokens=0, cost=0.0)
    assert seen == {"gen_ai.usage.output_tokens": 0, "genops.cost.usd": 0.0}


@pytest.mark.parametrize(
    ("provider", "name"),
    [("openai", "openai"), ("bedrock", "aws.bedrock"), ("azure", "azure.ai.openai"), ("offline", "offline")],
)
def test_well_known_providers_have_their_conventional_names(provider, name):
    seen = telemetry.model_request_attributes(alias="a", provider=provider, model="m")
    assert seen["gen_ai.provider.name"] == name


def test_parameters_are_named_one_by_one():
    parameters = {"max_tokens": 9, "stop": "END", "n": 2, "top_p": None, "logit_bias": {"1": 2}}
    seen = telemetry.model_request_attributes(
        alias="a", provider="openai", model="m", parameters=parameters, json_output=True, stream=True
    )
    assert {name: value for name, value in seen.items() if ".request." in name or ".output." in name} == {
        "gen_ai.request.model": "m",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.stream": True,
        "gen_ai.output.type": "json",
    }


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "expected"),
    [
        ("model", "small", telemetry.model_request_attributes(alias="small", provider="o", model="m"), "chat m"),
        ("tool", "step", telemetry.tool_attributes(name="search"), "execute_tool search"),
        ("retrieve", "step", telemetry.retrieval_attributes(index="docs"), "retrieval docs"),
        ("agent", "step", telemetry.agent_attributes(name="helper"), "invoke_agent helper"),
        ("chain", "answer", {}, "invoke_workflow answer"),
        ("http", "step", telemetry.http_attributes(method="post", url="http://h/x"), "POST"),
        ("step", "rewrite", telemetry.prompt_attributes(name="p"), "rewrite"),
        ("clock", "", {}, "clock"),
    ],
)
def test_span_names_follow_the_conventions(kind, name, attributes, expected):
    assert telemetry.otel_span_name(kind, name, attributes) == expected


def test_urls_are_recorded_without_user_password_or_query():
    seen = telemetry.http_attributes(method="get", url="https://user:pw@example.org:8443/x?key=1#f")
    assert seen["url.full"] == "https://example.org:8443/x"
    assert (seen["server.address"], seen["server.port"]) == ("example.org", 8443)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("chain", "CHAIN"), ("step", "CHAIN"), ("model", "LLM"), ("tool", "TOOL"), ("retrieve", "RETRIEVER"),
     ("agent", "AGENT")],
)  # fmt: skip
def test_openinference_kinds(kind, expected):
    assert telemetry.openinference_attributes(kind, {})["openinference.span.kind"] == expected
