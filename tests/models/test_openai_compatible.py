import socket

import pytest

from benchmarks.loopback_server import Fault, Reply
from genops.errors import (
    ModelRefused,
    ModelTimeout,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    StreamBroken,
    UsageError,
)
from genops.models import Call, Usage
from genops.models.chat_completion import Assembly, error_of, read_completion
from genops.models.embeddings import EmbeddingRequest, read_embeddings

TOOL = {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}
CALL = {"id": "call_9", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}


def once(world, **fields):
    """A model whose failures are not retried."""
    return world.model(limits=world.limits(retries=0, **fields))


@pytest.fixture(params=["whole", "streamed"])
def call(request):
    """The same call, whole and streamed."""
    return Call(on_text=(lambda text: None) if request.param == "streamed" else None)


async def test_the_answer_comes_back_with_everything_the_server_said(world, ask, call):
    world.server.answer = lambda body: Reply(text="forty two", prompt_tokens=11, completion_tokens=2, cached_tokens=4)
    response = await world.gateway.call(world.model(), ask("what?"), call)
    assert response.text == "forty two"
    assert response.usage == Usage(11, 2, 4)
    assert (response.model, response.fingerprint) == ("test-model", "fp_loopback")
    assert response.response_id == "chatcmpl-loopback"
    assert response.finish_reason == "stop"
    assert 0 < response.time_to_first_token <= response.latency


async def test_the_request_is_sent_as_it_is(world, ask):
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}, "strict": True}}
    request = ask("hi", parameters={"temperature": 0.5}, tools=[TOOL], tool_choice="auto", response_format=schema)
    await world.gateway.call(world.model(), request, Call(headers={"traceparent": "00-abc-def-01"}))
    received = world.server.requests[0]
    assert received.body == {
        "model": "test-model",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.5,
        "tools": [TOOL],
        "tool_choice": "auto",
        "response_format": schema,
    }
    assert received.headers["traceparent"] == "00-abc-def-01"
    assert "Authorization" not in received.headers


async def test_an_adapter_is_asked_for_by_its_name(world, ask):
    await world.gateway.call(world.model(adapter="legal-v2"), ask("hi"))
    assert world.server.requests[0].body["model"] == "legal-v2"


async def test_the_key_comes_from_the_named_variable(world, ask, monkeypatch):
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")
    await world.gateway.call(world.model(api_key_env="LOOPBACK_KEY"), ask("hi"))
    assert world.server.requests[0].headers["Authorization"] == "Bearer s3cret"


async def test_a_missing_key_is_named_before_anything_is_sent(world, ask, monkeypatch):
    monkeypatch.delenv("LOOPBACK_KEY", raising=False)
    with pytest.raises(UsageError, match=r"'smart'.*LOOPBACK_KEY"):
        await world.gateway.call(world.model("smart", api_key_env="LOOPBACK_KEY"), ask("hi"))
    assert world.server.requests == []


async def test_text_is_streamed_as_it_arrives(world, ask):
    world.server.answer = lambda body: Reply(text="one two three")
    pieces = []
    response = await world.gateway.call(world.model(), ask("count"), Call(on_text=pieces.append))
    assert pieces == ["one", " two", " three"]
    assert response.text == "one two three"


async def test_parameters_cannot_change_what_is_asked_and_may_ask_for_a_stream(world, ask):
    request = ask("hi", parameters={"stream": True, "model": "another", "messages": []})
    assert (await world.gateway.call(world.model(), request)).text == "pong"
    assert world.server.requests[0].body["model"] == "test-model"
    assert world.server.requests[0].last == "hi"


async def test_a_slow_drip_gives_the_same_answer(world, ask, call):
    world.server.answer = lambda body: Reply(text="häppchenweise 🦆 serviert")
    world.server.fail(Fault("drip"))
    assert (await world.gateway.call(world.model(), ask("hi"), call)).text == "häppchenweise 🦆 serviert"


async def test_tool_calls_are_put_together(world, ask, call):
    world.server.answer = lambda body: Reply(text="", tool_calls=[CALL], finish_reason="tool_calls")
    response = await world.gateway.call(world.model(), ask("1+2", tools=[TOOL]), call)
    assert response.tool_calls == [CALL]
    assert response.finish_reason == "tool_calls"
    assert response.text == ""


async def test_reasoning_and_logprobs_are_kept(world, ask, call):
    logprobs = {"content": [{"token": "x", "logprob": -0.1}]}
    world.server.answer = lambda body: Reply(
        text="", message={"reasoning_content": "hm"}, choice={} if body.get("stream") else {"logprobs": logprobs}
    )
    response = await world.gateway.call(world.model(), ask("hi"), call)
    assert response.extra["reasoning_content"] == "hm"
    if call.on_text is None:
        assert response.extra["logprobs"] == logprobs


async def test_text_that_json_can_hold_only_escaped_is_sent(world, ask):
    await world.gateway.call(world.model(), ask("lone \ud800 surrogate"))
    assert world.server.requests[0].last == "lone \ud800 surrogate"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", 429), RateLimited),
        (Fault("status", 500), ServerFailed),
        (Fault("status", 503), ServerFailed),
        (Fault("status", 408), ServerFailed),
        (Fault("status", 400), ModelRefused),
        (Fault("status", 401), ModelRefused),
        (Fault("status", 404), ModelRefused),
        (Fault("status", 302, {"Location": "http://else.where/"}), ModelRefused),
        (Fault("status", 429, body={"error": {"message": "pay", "code": "insufficient_quota"}}), ModelRefused),
        (Fault("wrong_json"), ServerFailed),
        (Fault("not_json"), ServerFailed),
        (Fault("no_choices"), ServerFailed),
        (Fault("half"), StreamBroken),
        (Fault("reset"), ServerUnreachable),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_each_fault_has_its_own_error(world, ask, call, fault, error):
    world.server.fail(fault)
    with pytest.raises(error) as caught:
        await world.gateway.call(once(world), ask("hi"), call)
    assert type(caught.value) is error
    assert len(caught.value.attempts) == 1


async def test_a_server_that_never_answers_is_a_timeout(world, ask, call):
    world.server.fail(Fault("hang"))
    with pytest.raises(ModelTimeout, match=r"0\.05 s"):
        await world.gateway.call(once(world, timeout=0.05), ask("hi"), call)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no such thing"}},
        {"error": "no such thing"},
        {"message": "no such thing"},
        {"detail": "no such thing"},
        "no such thing",
    ],
)
async def test_the_servers_own_words_are_in_the_message(world, ask, body):
    world.server.fail(Fault("status", 400, body=body))
    with pytest.raises(ModelRefused, match="no such thing"):
        await world.gateway.call(once(world), ask("hi"))


async def test_an_unreachable_server_is_named_with_what_to_do(world, ask):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    model = world.model("local", base_url=url, limits=world.limits(retries=0))
    with pytest.raises(ServerUnreachable) as caught:
        await world.gateway.call(model, ask("hi"))
    assert url in str(caught.value)
    assert "base_url of the model alias 'local'" in str(caught.value)


async def test_what_is_no_url_is_refused(world, ask):
    with pytest.raises(ModelRefused, match="not a URL"):
        await world.gateway.call(world.model(base_url="http://[nowhere/v1"), ask("hi"))


class TestStrangeAnswers:
    """What a server says in other types than it should."""

    def test_what_is_no_count_of_tokens_is_unknown(self):
        body = {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": -0.5, "completion_tokens": [2]}}
        assert read_completion(body).usage == Usage()
        assert read_embeddings(
            {"data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": "many"}}, EmbeddingRequest(["a"])
        ).usage == Usage(None, 0)

    @pytest.mark.parametrize("field", ["model", "id", "system_fingerprint"])
    def test_a_name_is_text_or_a_number(self, field):
        body = {"choices": [{"message": {"content": "x"}}], field: 7}
        response = read_completion(body)
        assert "7" in (response.model, response.response_id, response.fingerprint)
        with pytest.raises(ServerFailed, match="list where text belongs"):
            read_completion({**body, field: ["x"]})

    def test_tool_calls_of_a_stream_are_numbered(self):
        assembly = Assembly(None)
        with pytest.raises(ServerFailed, match="a tool call numbered 'b'"):
            assembly.add({"choices": [{"delta": {"tool_calls": [{"index": 0}, {"index": "b"}]}}]})

    @pytest.mark.parametrize(("code", "status"), [("429", 429), ("²", 500), ("9" * 5000, 500), ("200", 500)])
    def test_an_error_in_an_answer_has_the_status_that_its_code_says(self, code, status):
        assert error_of(200, {"error": {"code": code}}).status == status


METRICS = {"time_to_first_token_ms": 20.0, "generation_time_ms": 30.0, "queue_time_ms": 5.0, "mean_itl_ms": None}


async def test_what_the_engine_says_of_the_request_comes_back_in_seconds(world, ask, call):
    world.server.answer = lambda body: Reply(metrics=METRICS)
    response = await world.gateway.call(world.model(), ask("hi"), call)
    assert response.engine == {
        "queue_s": 0.005,
        "prefill_s": 0.02,
        "decode_s": 0.03,
        "time_to_first_token_s": 0.025,
    }


@pytest.mark.parametrize("odd", ["soon", -1.0, True, None, [1], 10**400], ids=lambda odd: str(odd)[:9])
async def test_a_time_that_is_none_is_null(world, ask, odd):
    world.server.answer = lambda body: Reply(metrics={**METRICS, "queue_time_ms": odd})
    engine = (await world.gateway.call(world.model(), ask("hi"))).engine
    assert (engine["queue_s"], engine["time_to_first_token_s"]) == (None, None)
    assert engine["prefill_s"] == 0.02


async def test_a_server_that_says_nothing_of_its_engine_leaves_nothing(world, ask, call):
    assert (await world.gateway.call(world.model(), ask("hi"), call)).engine == {}
