import subprocess
import sys

import pytest

from benchmarks.loopback_server import Fault, Reply
from genops.errors import ModelRefused, ModelTimeout, RateLimited, ServerFailed, StreamBroken, UsageError
from genops.models import Call, Usage

pytestmark = pytest.mark.slow

TOOL = {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}
CALL = {"id": "call_9", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


@pytest.fixture
def model(world, monkeypatch):
    """A model that litellm is asked for by name, on the loopback server."""
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")
    return world.model(
        model="litellm/openai/test-model", api_key_env="LOOPBACK_KEY", limits=world.limits(timeout=60, retries=0)
    )


@pytest.fixture(params=["whole", "streamed"])
def call(request):
    return Call({"traceparent": "00-abc"}, on_text=(lambda text: None) if request.param == "streamed" else None)


async def test_the_answer_comes_back_with_everything_the_server_said(world, ask, model, call):
    world.server.answer = lambda body: Reply(text="forty two", prompt_tokens=11, completion_tokens=2)
    response = await world.gateway.call(model, ask("what?", parameters={"temperature": 0}), call)
    assert response.text == "forty two"
    assert (response.usage.input_tokens, response.usage.output_tokens) == (11, 2)
    assert response.finish_reason == "stop"
    assert 0 < response.time_to_first_token <= response.latency
    received = world.server.requests[0]
    assert received.body["temperature"] == 0
    assert received.headers["traceparent"] == "00-abc"
    assert received.headers["Authorization"] == "Bearer s3cret"


async def test_tool_calls_are_put_together(world, ask, model, call):
    world.server.answer = lambda body: Reply(text="", tool_calls=[CALL], finish_reason="tool_calls")
    response = await world.gateway.call(model, ask("1", tools=[TOOL]), call)
    assert response.tool_calls == [CALL]
    assert world.server.requests[0].body["tools"] == [TOOL]
    assert "_skip_mcp_handler" not in world.server.requests[0].body
    assert response.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", 429), RateLimited),
        (Fault("status", 500), ServerFailed),
        (Fault("status", 400), ModelRefused),
        (Fault("status", 401), ModelRefused),
        (Fault("reset"), ServerFailed),
        (Fault("wrong_json"), ServerFailed),
        (Fault("not_json"), ServerFailed),
        (Fault("no_choices"), ServerFailed),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_each_fault_has_its_own_error_and_litellm_does_not_retry(world, ask, model, call, fault, error):
    world.server.fail(fault)
    with pytest.raises(error) as caught:
        await world.gateway.call(model, ask("hi"), call)
    assert type(caught.value) is error
    assert len(world.server.requests) == 1


async def test_a_provider_that_litellm_does_not_know_comes_with_the_nearest(world, ask):
    model = world.model(model="antropic/claude", base_url=None, api_key_env=None)
    with pytest.raises(ModelRefused, match="no provider is called so") as caught:
        await world.gateway.call(model, ask("hi"))
    assert "anthropic" in caught.value.hint


async def test_a_broken_stream_is_one(world, ask, model):
    world.server.answer = lambda body: Reply(text=" ".join(map(str, range(100))))
    world.server.fail(Fault("half"))
    with pytest.raises(StreamBroken):
        await world.gateway.call(model, ask("hi"), Call(on_text=lambda text: None))


async def test_a_timeout_is_one(world, ask, model):
    await world.gateway.call(model, ask("litellm is loaded now"))
    world.server.fail(Fault("hang"))
    hasty = world.model(
        "hasty",
        model="litellm/openai/test-model",
        api_key_env="LOOPBACK_KEY",
        limits=world.limits(timeout=0.2, retries=0),
    )
    with pytest.raises(ModelTimeout):
        await world.gateway.call(hasty, ask("hi"))


async def test_retry_after_is_honoured(world, ask, model):
    patient = world.model(
        "patient", model=model.alias.model, api_key_env="LOOPBACK_KEY", limits=world.limits(retries=1)
    )
    world.server.fail(Fault("status", 429, {"Retry-After": "17"}))
    await world.gateway.call(patient, ask("hi"))
    assert 17 <= world.slept[0] <= 17.5


async def test_a_missing_key_and_an_unknown_provider_are_named(world, ask, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(ModelRefused, match="set ANTHROPIC_API_KEY"):
        await world.gateway.call(world.model("a", model="anthropic/claude-sonnet-4-5", base_url=None), ask("hi"))
    with pytest.raises(ModelRefused, match="nonsense/foo"):
        await world.gateway.call(world.model("b", model="nonsense/foo", base_url=None), ask("hi"))


async def test_an_adapter_is_not_dropped_in_silence(world, ask):
    with pytest.raises(UsageError, match="adapter"):
        await world.gateway.call(world.model(model="litellm/openai/x", adapter="legal"), ask("hi"))


async def test_the_providers_own_settings_are_found_in_the_environment(world, ask, monkeypatch):
    monkeypatch.setenv("LITELLM_PROXY_API_BASE", world.server.url)
    monkeypatch.setenv("LITELLM_PROXY_API_KEY", "k")
    response = await world.gateway.call(world.model(model="litellm_proxy/test-model", base_url=None), ask("hi"))
    assert response.text == "pong"
    assert response.usage == Usage(7, 3, 0)
    assert response.cost is None


STREAMED = """
import asyncio, sys
from genops.models import Call, Gateway, ModelRequest, resolve_model
from genops.settings import ModelAlias, Settings

async def main(url):
    alias = ModelAlias(model="litellm/openai/test-model", base_url=url, api_key_env="LOOPBACK_KEY")
    settings = Settings(models={"m": alias})
    gateway = Gateway(settings)
    request = ModelRequest([{"role": "user", "content": "hi"}])
    for call in (Call(), Call(on_text=lambda text: None)):
        await gateway.call(resolve_model(settings, "m"), request, call)
    await gateway.close()

asyncio.run(main(sys.argv[1]))
"""


def test_litellm_prints_nothing(server, monkeypatch):
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")
    done = subprocess.run([sys.executable, "-c", STREAMED, server.url], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(server.requests) == 2
